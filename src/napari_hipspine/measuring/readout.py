"""Everything the tables of one subject are written from, and the numbers both tables share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np

from ..domain.anatomy import Side, Structure, Term, muscle_order
from ..domain.grid import Grid
from ..domain.level_plan import LevelPlan
from ..domain.protocol import MeasurementProtocol
from ..domain.subject import SubjectKey
from ..domain.volume import Contrast
from .fat_threshold import FatThresholds, MuscleThreshold
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

    def labelled_slices(self, number: int | None) -> tuple[int, ...]:
        """Slices on which a structure is labelled."""
        if number is None:
            return ()
        return tuple(int(z) for z in np.flatnonzero(self.sums.n_pixels[:, number]))

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


@dataclass(frozen=True)
class Amount:
    """What one or several structures hold on some slices, added up.

    Parameters
    ----------
    n_pixels, n_kept, n_valid, n_fat, n_outside : int
        Pixels: labelled, left after erosion, valid, fat, with a fraction outside 0-1.
    sum_signal, sum_ff, sum_fat, sum_water, sum_calibrated : float
        Sums over the valid pixels.
    is_constant : bool
        Whether the structure has one signal only.
    """

    n_pixels: int
    n_kept: int
    n_valid: int
    n_fat: int
    n_outside: int
    sum_signal: float
    sum_ff: float
    sum_fat: float
    sum_water: float
    sum_calibrated: float
    is_constant: bool


def amount_of(readout: Readout, numbers: Sequence[int], slices: Sequence[int]) -> Amount:
    """Sums over the given structures and slices; correctly rounded, so that their order changes nothing."""
    part = np.ix_(list(slices), list(numbers))
    totals, sums = readout.totals, readout.sums
    return Amount(
        n_pixels=int(sums.n_pixels[part].sum()),
        n_kept=int(sums.n_kept[part].sum()),
        n_valid=int(totals.n_valid[part].sum()),
        n_fat=int(totals.n_fat[part].sum()),
        n_outside=int(totals.n_outside[part].sum()),
        sum_signal=math.fsum(totals.sum_signal[part].ravel()),
        sum_ff=math.fsum(totals.sum_ff[part].ravel()),
        sum_fat=math.fsum(totals.sum_fat[part].ravel()),
        sum_water=math.fsum(totals.sum_water[part].ravel()),
        sum_calibrated=math.fsum(totals.sum_calibrated[part].ravel()),
        is_constant=bool(totals.is_constant[list(numbers)].all()),
    )


@dataclass(frozen=True)
class Fractions:
    """Fat measures of an amount; None where there is none, with the reasons."""

    fi: float | None
    ff: float | None
    ff_of_sums: float | None
    ff_signal_calibrated: float | None
    reasons: tuple[str, ...]


def fractions_of(readout: Readout, amount: Amount, muscle: Term) -> Fractions:
    """Fat measures of an amount of one muscle."""
    threshold = readout.thresholds.find(muscle)
    reasons = _why_no_fi(readout, amount, threshold)
    fi = None if reasons else amount.n_fat / amount.n_valid
    ff = ff_of_sums = calibrated = None
    if readout.is_dixon and amount.n_valid:
        ff = amount.sum_ff / amount.n_valid
    both = amount.sum_fat + amount.sum_water
    if readout.kind is ImageKind.PAIR and amount.n_valid and both:
        ff_of_sums = amount.sum_fat / both
    if readout.kind is ImageKind.FRACTION:
        reasons = [*reasons, "not_applicable"]
    if fi is not None and not readout.is_dixon and not math.isnan(threshold.lean - threshold.fat):
        calibrated = amount.sum_calibrated / amount.n_valid
    return Fractions(fi, ff, ff_of_sums, calibrated, tuple(reasons))


def _why_no_fi(readout: Readout, amount: Amount, threshold: MuscleThreshold) -> list[str]:
    if not amount.n_valid:
        return ["no_valid_voxels"]
    if amount.n_valid < readout.protocol.min_pixels:
        return ["too_few_pixels"]
    if amount.is_constant and threshold.method != "manual" and not readout.is_dixon:
        return ["constant_image"]
    return [threshold.reason] if threshold.reason else []
