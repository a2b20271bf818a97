"""Several masks on one grid seen as one label map; where two of them overlap, that is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box, boxes_of
from ..domain.errors import UnknownLabel
from ..domain.index_map import basic_box
from .label_looks import LARGEST_VALUE

_SHOWN = 8


@dataclass(frozen=True)
class Layer:
    """One array of label values and what each of them becomes.

    Parameters
    ----------
    labels : BlockSource
        Unsigned 16-bit label values.
    values : mapping of int to int
        New value of each stored one.
    path : str
        Where they came from, for messages.
    """

    labels: BlockSource
    values: Mapping[int, int]
    path: str

    def read(self, box: Box) -> NDArray[np.uint16]:
        """New values of one box.

        Raises
        ------
        UnknownLabel
            If a stored value is not among those expected.
        """
        becomes = np.zeros(LARGEST_VALUE + 1, np.uint16)
        becomes[list(self.values)] = list(self.values.values())
        stored = self.labels.read(box)
        found: NDArray[np.uint16] = becomes[stored]
        lost = (found == 0) & (stored > 0)
        if lost.any():
            raise UnknownLabel(
                f"Expected only the values {', '.join(map(str, self.values))}, "
                f"found {', '.join(map(str, np.unique(stored[lost])[:_SHOWN]))}, in {self.path}.",
                hint="A mask holds one structure; every other value needs a name in the file.",
            )
        return found


@dataclass(frozen=True)
class StackedLabels:
    """Layers seen as one array of label values while they are read.

    Parameters
    ----------
    layers : tuple of Layer
        All of one shape.
    names : mapping of int to str
        Names of the new values, for messages.
    path : str
        Where they came from, for messages.
    """

    layers: tuple[Layer, ...]
    names: Mapping[int, str]
    path: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return self.layers[0].labels.shape

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Unsigned 16-bit."""
        return np.dtype(np.uint16)

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks of the first layer."""
        return self.layers[0].labels.block_shape

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only background in every layer."""
        return all(layer.labels.is_empty(box) for layer in self.layers)

    def read(self, box: Box) -> NDArray[np.uint16]:
        """Label values of one box.

        Raises
        ------
        UnknownLabel
            If two structures claim one voxel anywhere in the map; all such pairs are listed.
        """
        out, overlaps = self._join(box)
        if overlaps:
            raise self._overlapping()
        return out

    def __getitem__(self, key: Any) -> Any:
        """Label values by basic indexing."""
        box, picked = basic_box(key, self.shape)
        return self.read(box)[picked]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self[...], dtype=dtype)

    def _join(self, box: Box) -> tuple[NDArray[np.uint16], Counter[tuple[int, int]]]:
        out = np.zeros([s.stop - s.start for s in box], np.uint16)
        overlaps: Counter[tuple[int, int]] = Counter()
        for layer in self.layers:
            if layer.labels.is_empty(box):
                continue
            wanted = layer.read(box)
            both = (out > 0) & (wanted > 0)
            if both.any():
                pairs, counts = np.unique(np.stack([out[both], wanted[both]]), axis=1, return_counts=True)
                overlaps.update({(int(a), int(b)): int(n) for (a, b), n in zip(pairs.T, counts, strict=True)})
            np.copyto(out, wanted, where=wanted > 0)
        return out, overlaps

    def _overlapping(self) -> UnknownLabel:
        overlaps: Counter[tuple[int, int]] = Counter()
        for box in boxes_of(self.shape, self.block_shape):
            overlaps.update(self._join(box)[1])
        told = ", ".join(
            f"{self.names.get(a, a)} and {self.names.get(b, b)} ({n} voxels)"
            for (a, b), n in overlaps.most_common(_SHOWN)
        )
        more = f" and {len(overlaps) - _SHOWN} more pairs" if len(overlaps) > _SHOWN else ""
        return UnknownLabel(
            f"Expected every voxel in one structure, found overlaps of {told}{more}, in {self.path}.",
            hint="Decide in the segmenting program which structure each voxel belongs to, and save again.",
        )
