"""Everything the tables of one subject are written from, and the numbers both tables share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side, Structure, Term, muscle_order
from ..domain.grid import Grid
from ..domain.level_plan import LevelPlan
from ..domain.protocol import MeasurementProtocol
from ..domain.subject import SubjectKey
from ..domain.volume import Contrast
from .fat_threshold import FatThresholds
from .slice_sums import SliceSums
from .totals import Totals


class ImageKind(StrEnum):
    """What kind of numbers an image allows."""

    SIGNAL = "signal"
    PAIR = "water_fat"
    FRACTION = "fat_fraction"


@dataclass(frozen=True)
class Readout:
    """Sums, totals and choices of one subject.

    Parameters
    ----------
    key : SubjectKey
        Who was measured.
    grid : Grid
        Where the voxels lie.
    sums : SliceSums
        Counts per slice and structure.
    totals : Totals
        Valid pixels, fat pixels and signals per slice and structure.
    thresholds : FatThresholds
        One per muscle.
    plan : LevelPlan
        Levels and window.
    protocol : MeasurementProtocol
        Settings.
    kind : ImageKind
        What was measured.
    contrast : Contrast
        Contrast of the image.
    flags : tuple of str
        Flags of image and labels for every row.
    """

    key: SubjectKey
    grid: Grid
    sums: SliceSums
    totals: Totals
    thresholds: FatThresholds
    plan: LevelPlan
    protocol: MeasurementProtocol
    kind: ImageKind
    contrast: Contrast
    flags: tuple[str, ...]

    @cached_property
    def pixel_area_mm2(self) -> float:
        """Area of one pixel in the slice plane [mm2]."""
        return self.grid.pixel_area_mm2

    @property
    def is_dixon(self) -> bool:
        """Whether fat fractions are known."""
        return self.kind is not ImageKind.SIGNAL

    def muscles(self) -> list[Term]:
        """Muscles with at least one labelled pixel, in the order of the vocabulary."""
        found = {structure.muscle.id: structure.muscle for structure in self.sums.labelled_structures()}
        return sorted(found.values(), key=lambda muscle: muscle_order(muscle.id))

    def number(self, muscle: Term, side: Side) -> int | None:
        """Number of a structure in the sums; None if no label stands for it."""
        wanted = Structure(muscle, side)
        return self.sums.structures.index(wanted) if wanted in self.sums.structures else None

    def labelled_slices(self, number: int | None) -> NDArray[np.intp]:
        """Slices on which a structure is labelled."""
        if number is None:
            return np.empty(0, dtype=np.intp)
        return np.flatnonzero(self.sums.n_pixels[:, number])

    def who(self, muscle: Term) -> dict[str, Any]:
        """First cells of every row."""
        return {
            "subject_id": self.key.subject_id,
            "session": self.key.session,
            "series": self.key.series,
            "reader_id": self.key.reader_id,
            "region": muscle.region,
            "muscle": muscle.id,
        }
