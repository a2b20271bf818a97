"""Strokes of the scribble tool as prompts for nnInteractive: what it outlines becomes a proposal on all slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.errors import HipSpineError
from ..domain.signal import SignalVoxels
from ..domain.subject import Progress
from ..domain.volume import Volume
from .proposals import Proposal, unlocked
from .series_work import SeriesWork

if TYPE_CHECKING:
    from ..segmenting.adapters.nninteractive_strokes import StrokeSession

TITLE = "nnInteractive"

Strokes = NDArray[np.uint8]


@dataclass(frozen=True)
class PromptPlace:
    """Where nnInteractive runs.

    Parameters
    ----------
    server : str
        Address of a server of one's own; empty for this machine.
    fetches_weights : bool
        Whether it may fetch its trained weights, on this machine.
    """

    server: str = ""
    fetches_weights: bool = False


class Prompter(Protocol):
    """Whoever takes strokes instead of the scribble tool's own reckoning."""

    @property
    def is_on(self) -> bool:
        """Whether strokes go there now."""

    def ask(self, value: int, strokes: Callable[[], Strokes], show: Callable[[Proposal], None]) -> None:
        """Outline a label by all strokes there are, and show what comes of it."""

    def settle(self) -> None:
        """What was shown has been taken."""


class StrokePrompts:
    """One connection to nnInteractive, and the picture that was handed to it last."""

    def __init__(self) -> None:
        self._session: Any = None
        self._outlined: StrokeSession | None = None
        self._voxels: VoxelArray | None = None

    @property
    def is_connected(self) -> bool:
        """Whether strokes can be handed over."""
        return self._session is not None

    @property
    def licence(self) -> str:
        """Licence of the weights, once a picture was handed over."""
        return self._outlined.licence if self._outlined is not None else ""

    def connect(self, place: PromptPlace, volume: Volume, progress: Progress) -> None:
        """Load the model, or claim a place at the server, and hand the picture over.

        Raises
        ------
        HipSpineError
            What the package, its weights or the server refuse.
        """
        from ..segmenting.adapters.nninteractive import open_local, open_remote
        from ..segmenting.adapters.tools import Weights

        progress(0, 0, f"connecting {TITLE}")
        weights = Weights.DOWNLOAD if place.fetches_weights else Weights.PRESENT
        self._session = open_remote(place.server) if place.server else open_local(weights=weights)
        self._hand_over(volume, progress)

    def outline(
        self, work: SeriesWork, value: int, strokes: Strokes, labels: VoxelArray, progress: Progress
    ) -> Proposal:
        """What the strokes mean on all slices, as a proposal.

        Raises
        ------
        HipSpineError
            What the labels, the package or the server refuse.
        """
        if self._voxels is not work.volume.voxels or self._outlined is None:
            self._hand_over(work.volume, progress)
        progress(0, 0, f"{TITLE} is outlining")
        outlined: StrokeSession = self._outlined  # type: ignore[assignment]
        return proposed(work, value, outlined.outline(strokes, value), labels)

    def settle(self) -> None:
        """What was outlined has been taken: the next stroke goes on from there."""
        if self._outlined is not None:
            self._outlined.settle()

    def close(self) -> None:
        """Let go."""
        end = getattr(self._session, "close", None)
        if end is not None:
            end()
        self._session = self._outlined = self._voxels = None

    def _hand_over(self, volume: Volume, progress: Progress) -> None:
        from ..segmenting.adapters.nninteractive_strokes import StrokeSession
        from ..segmenting.adapters.tools import require_size

        require_size(volume.grid.shape, TITLE)
        progress(0, 0, f"handing the picture to {TITLE}")
        signal = SignalVoxels(volume.voxels, volume.voxel_scale)[...]
        self._outlined = StrokeSession(self._session, signal)
        self._voxels = volume.voxels


def why_absent(place: PromptPlace) -> HipSpineError | None:
    """Why it is not installed for a place, or None; answers at once."""
    from ..segmenting.adapters.nninteractive import why_not_local, why_not_remote
    from ..segmenting.adapters.tools import Weights

    return why_not_remote() if place.server else why_not_local(Weights.DOWNLOAD)


def proposed(work: SeriesWork, value: int, region: NDArray[np.bool_], labels: VoxelArray) -> Proposal:
    """A region as a proposal: slices a person has seen to stay, other muscles too, and so do the ends of the muscle.

    Parameters
    ----------
    work : SeriesWork
        The series.
    value : int
        Label value of the muscle.
    region : ndarray of bool, shape (n_slices, n_rows, n_columns)
        Where it was outlined.
    labels : VoxelArray
        The labels as they were when it was asked for.

    Raises
    ------
    InvalidChoice
        If the labels cannot be changed, or the muscle is locked.
    """
    kept = unlocked(work, value)
    first, last = kept.extents.get(value, (None, None))
    seen_to = set(kept.keys_of(value))
    before: dict[int, NDArray[np.uint16]] = {}
    after: dict[int, NDArray[np.uint16]] = {}
    for index in range(region.shape[0]):
        plane = np.asarray(labels[index])
        own, beyond = plane == value, (first is not None and index < first) or (last is not None and index > last)
        if index in seen_to or beyond or not (region[index].any() or own.any()):
            continue
        free = own | (plane == 0)
        before[index] = plane
        after[index] = np.where(region[index] & free, np.uint16(value), np.where(own, np.uint16(0), plane))
    return Proposal(TITLE, before, after)
