"""What tools propose for the labels: worked out, shown, then taken in one step or dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import InvalidChoice
from ..domain.signal import SignalVoxels
from ..domain.subject import Progress
from ..keeping.label_store_notes import FillNote
from ..keeping.label_store_status import Hand, Place, Status
from ..keeping.label_store_view import PaintedLabels
from .label_work import KEYS, LabelWork
from .series_work import SeriesWork

Plane = NDArray[np.uint16]

TAKEN = KEYS | {Status.IMPORTED}
"""A tool that goes from one slice or side to another stops where a person has seen to a muscle, or a file had it."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """Labels of some slices as they were and as they would be.

    Parameters
    ----------
    title : str
        What it is; the name of the step it becomes.
    before, after : mapping of int to ndarray of uint16, shape (n_rows, n_columns)
        By slice.
    hand : Hand
        Whose work it is when it is taken.
    fills : mapping of (int, int) to FillNote
        By slice and label value, what is to be remembered of a fill.
    notes : tuple of str
        What the reader should know.
    """

    title: str
    before: Mapping[int, Plane]
    after: Mapping[int, Plane]
    hand: Hand = Hand.TOOL
    fills: Mapping[Place, FillNote] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def slices(self) -> tuple[int, ...]:
        """Slices that would change."""
        return tuple(sorted(index for index in self.after if (self.after[index] != self.before[index]).any()))

    def describe(self) -> str:
        """In one line."""
        n = len(self.slices)
        words = (
            f"{self.title}: {n} slice{'' if n == 1 else 's'} would change" if n else f"{self.title}: nothing changes"
        )
        return "; ".join((words, *self.notes))

    def accept(self, work: LabelWork) -> None:
        """Take it, as one step; pixels painted since it was worked out are changed only where it says so."""
        painted = cast("PaintedLabels", work.store.labels)
        with work.store.step(self.title, hand=self.hand, fills=self.fills):
            for index in self.slices:
                labels, changes = painted[index], self.after[index] != self.before[index]
                labels[changes] = self.after[index][changes]
                painted[index] = labels


class ProposalWish(Protocol):
    """Everything a proposal rests on, frozen when it was asked for."""

    def run(self, progress: Progress) -> Proposal:
        """The proposal; may take long, touches no layer and no widget."""


def why_not_paint(work: SeriesWork | None) -> str:
    """Why tools cannot change the labels, as a sentence; empty when they can."""
    if work is None or work.label_work is None or work.label_map is None:
        return "Open or draw labels first."
    if work.label_work.read_only_reason:
        return work.label_work.read_only_reason
    if not work.label_map.grid.same_as(work.image.grid):
        return "These labels lie on another grid than the image; tools need both on one."
    return ""


def writable(work: SeriesWork) -> LabelWork:
    """The labels of a series, to be changed by tools.

    Raises
    ------
    InvalidChoice
        If they cannot; the message says why.
    """
    missing = why_not_paint(work)
    if missing or work.label_work is None:
        raise InvalidChoice(missing or "Open or draw labels first.")
    return work.label_work


def unlocked(work: SeriesWork, value: int) -> LabelWork:
    """The labels of a series, of which one structure is to be changed.

    Raises
    ------
    InvalidChoice
        If they cannot be changed, or it is locked.
    """
    kept = writable(work)
    if value in kept.store.locked:
        raise InvalidChoice("Expected a muscle that may be changed, found a locked one.", hint="Unlock it first.")
    return kept


def signal_on(work: SeriesWork, slice_index: int) -> NDArray[np.float32]:
    """Signal of one slice of what is looked at, shape (n_rows, n_columns)."""
    volume = work.volume
    return SignalVoxels(volume.voxels, volume.voxel_scale)[slice_index]


def named(work: SeriesWork, values: Iterable[int]) -> str:
    """Label values as the muscles they stand for, in words."""
    meanings = work.label_map.structures if work.label_map else {}
    return ", ".join(meanings[value].label if value in meanings else f"label value {value}" for value in values)
