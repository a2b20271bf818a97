"""How what follows from the picture alone is kept, so that an edited outline costs no second look at the picture."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from .distances import PlaneBox


class FlowKind(StrEnum):
    """What is kept of a picture."""

    SCALE = "scale"
    """Numbers that bring all slices to one range of grey."""
    STEP = "step"
    """Where the pixels of a slice come from on its neighbour."""
    REACH = "reach"
    """Where the pixels of a slice come from on a key slice further away."""
    ASTRAY = "astray"
    """How far from its start a pixel ends that goes to a key slice and back."""


class FlowKey(NamedTuple):
    """What is kept, for which slice, seen from which other slice."""

    kind: FlowKind
    fixed: int
    moving: int


class FlowStore(Protocol):
    """Keeps arrays that depend on one image alone; whoever changes the image hands in a new store."""

    def box_for(self, needed: PlaneBox) -> PlaneBox:
        """The window everything is kept for; it holds the needed one, and stays as it is while it does."""

    def find(self, key: FlowKey) -> NDArray[Any] | None:
        """What was kept, or None."""

    def keep(self, key: FlowKey, values: NDArray[Any]) -> None:
        """Keep an array; the store may forget it."""


@dataclass
class FlowMemory:
    """A store in memory that forgets what was not used for longest.

    Parameters
    ----------
    most_bytes : int
        Room for arrays.
    """

    most_bytes: int = 2**29
    _box: PlaneBox | None = None
    _kept: OrderedDict[FlowKey, NDArray[Any]] = field(default_factory=OrderedDict)
    _n_bytes: int = 0

    def box_for(self, needed: PlaneBox) -> PlaneBox:
        """The window kept so far if it holds the needed one; else one that holds both, and all is forgotten."""
        kept = self._box
        if kept is not None and all(k.start <= n.start and n.stop <= k.stop for k, n in zip(kept, needed, strict=True)):
            return kept
        self._kept.clear()
        self._n_bytes = 0
        both = [needed] if kept is None else [needed, kept]
        rows, columns = (
            slice(min(box[axis].start for box in both), max(box[axis].stop for box in both)) for axis in (0, 1)
        )
        self._box = (rows, columns)
        return self._box

    def find(self, key: FlowKey) -> NDArray[Any] | None:
        """What was kept, or None."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def keep(self, key: FlowKey, values: NDArray[Any]) -> None:
        """Keep an array, and forget the oldest ones if there is no room."""
        replaced = self._kept.pop(key, None)
        self._n_bytes += values.nbytes - (0 if replaced is None else replaced.nbytes)
        self._kept[key] = values
        while self._n_bytes > self.most_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._n_bytes -= oldest.nbytes
