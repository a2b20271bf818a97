"""What happens to labels, as it is told to those who watch: writes, finished steps, interrupted sittings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from .journal_history import Mark
from .label_store_chunks import Labels
from .label_store_status import Hand, Place


class Stage(StrEnum):
    """What a change is told about: labels written within a step, a step finished, a step taken back."""

    WRITTEN = "written"
    FINISHED = "finished"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True)
class LabelChange:
    """What observers are told.

    Parameters
    ----------
    stage : Stage
        Whether labels were written, or a step finished or taken back.
    slices : frozenset of int
        Dirty slices: of this write, or of the whole step.
    n_protected : int
        Pixels that were to be changed and stayed because their label, or the new one, is locked; a picture that
        was drawn beforehand is then wrong and has to be read again.
    title : str
        What the step is, for people.
    """

    stage: Stage
    slices: frozenset[int]
    n_protected: int = 0
    title: str = ""


@dataclass
class TouchedPlaces:
    """What the open step has done so far; gained and lost are slices and label values."""

    hand: Hand
    gained: set[Place] = field(default_factory=set)
    lost: set[Place] = field(default_factory=set)
    slices: set[int] = field(default_factory=set)
    n_protected: int = 0

    def note(self, slice_index: int, old: Labels, new: Labels) -> bool:
        """Whether a chunk changes, after having noted which values gain and lose pixels."""
        changed = old != new
        if not changed.any():
            return False
        self.slices.add(slice_index)
        self.lost.update((slice_index, value) for value in values_in(old[changed]))
        self.gained.update((slice_index, value) for value in values_in(new[changed]))
        return True


@dataclass(frozen=True)
class Interruption:
    """How the sitting before ended without closing the labels.

    Parameters
    ----------
    opened : Mark, optional
        When that sitting began, for those who would rather discard it; None if the journal no longer knows.
    n_steps : int
        Steps of that sitting that can be undone.
    n_chunks_taken_back : int
        Chunks that a step which was not finished had changed, and that are again what they were.
    """

    opened: Mark | None
    n_steps: int
    n_chunks_taken_back: int


def values_in(labels: Labels) -> list[int]:
    """Label values that occur, background left out."""
    return [int(value) for value in np.flatnonzero(np.bincount(labels.ravel(), minlength=1)) if value]
