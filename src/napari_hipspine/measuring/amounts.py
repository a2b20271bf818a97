"""What structures hold on slices, and the fat measures that follow from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Term
from ..domain.tables import SEPARATOR
from .fat_threshold import MuscleThreshold
from .readout import ImageKind, Readout


@dataclass(frozen=True)
class Amounts:
    """What one structure holds on some slices, or several structures on some slices added up: one entry for each.

    Parameters
    ----------
    n_pixels, n_kept, n_valid, n_fat, n_outside : ndarray of int64
        Pixels: labelled, left after erosion, valid, fat, with a fraction outside 0-1.
    sum_signal, sum_ff, sum_fat, sum_water, sum_calibrated : ndarray of float64
        Sums over the valid pixels.
    is_constant : ndarray of bool
        Whether there is one signal only.
    """

    n_pixels: NDArray[np.int64]
    n_kept: NDArray[np.int64]
    n_valid: NDArray[np.int64]
    n_fat: NDArray[np.int64]
    n_outside: NDArray[np.int64]
    sum_signal: NDArray[np.float64]
    sum_ff: NDArray[np.float64]
    sum_fat: NDArray[np.float64]
    sum_water: NDArray[np.float64]
    sum_calibrated: NDArray[np.float64]
    is_constant: NDArray[np.bool_]


@dataclass(frozen=True)
class Amount:
    """One entry of `Amounts`, as plain numbers."""

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

    def as_amounts(self) -> Amounts:
        """The same as the only entry."""
        return Amounts(**{name: np.array([value]) for name, value in vars(self).items()})


_COUNTS = ("n_valid", "n_fat", "n_outside")
_SUMS = ("sum_signal", "sum_ff", "sum_fat", "sum_water", "sum_calibrated")


def amounts_on(readout: Readout, number: int, slices: NDArray[np.intp]) -> Amounts:
    """What one structure holds on each of the given slices."""
    totals, sums, on = readout.totals, readout.sums, slices
    return Amounts(
        n_pixels=sums.n_pixels[on, number],
        n_kept=sums.n_kept[on, number],
        is_constant=np.full(len(on), totals.is_constant[number]),
        **{name: getattr(totals, name)[on, number] for name in (*_COUNTS, *_SUMS)},
    )


def amount_of(readout: Readout, numbers: Sequence[int], slices: Sequence[int] | NDArray[np.intp]) -> Amount:
    """Sums over the given structures and slices; correctly rounded, so that their order changes nothing."""
    part = np.ix_(np.asarray(slices, dtype=np.intp), np.asarray(numbers, dtype=np.intp))
    totals, sums = readout.totals, readout.sums
    counts = {name: int(getattr(totals, name)[part].sum()) for name in _COUNTS}
    added = {name: math.fsum(getattr(totals, name)[part].ravel().tolist()) for name in _SUMS}
    return Amount(
        n_pixels=int(sums.n_pixels[part].sum()),
        n_kept=int(sums.n_kept[part].sum()),
        n_valid=counts["n_valid"],
        n_fat=counts["n_fat"],
        n_outside=counts["n_outside"],
        is_constant=bool(totals.is_constant[list(numbers)].all()),
        **added,
    )


@dataclass(frozen=True)
class Fractions:
    """Fat measures of an amount; None where there is none, with the reasons."""

    fi: float | None
    ff: float | None
    ff_of_sums: float | None
    ff_signal_calibrated: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class FractionColumns:
    """Fat measures of several amounts; not a number where there is none, with the reasons joined to one word."""

    fi: NDArray[np.float64]
    ff: NDArray[np.float64]
    ff_of_sums: NDArray[np.float64]
    ff_signal_calibrated: NDArray[np.float64]
    reasons: NDArray[np.object_]


def fractions_of(readout: Readout, amount: Amount, muscle: Term) -> Fractions:
    """Fat measures of an amount of one muscle."""
    found = fractions_on(readout, amount.as_amounts(), muscle)
    fi, ff, ff_of_sums, calibrated = (
        None if math.isnan(column[0]) else float(column[0])
        for column in (found.fi, found.ff, found.ff_of_sums, found.ff_signal_calibrated)
    )
    reasons = tuple(found.reasons[0].split(SEPARATOR)) if found.reasons[0] else ()
    return Fractions(fi, ff, ff_of_sums, calibrated, reasons)


def fractions_on(readout: Readout, amounts: Amounts, muscle: Term) -> FractionColumns:
    """Fat measures of several amounts of one muscle."""
    threshold = readout.thresholds.find(muscle)
    reasons = _why_no_fi(readout, amounts, threshold)
    is_signal, is_pair = not readout.is_dixon, readout.kind is ImageKind.PAIR
    is_calibrated = is_signal and not math.isnan(threshold.lean - threshold.fat)
    has_fi = reasons == ""
    fi = _ratio(amounts.n_fat, amounts.n_valid, has_fi)
    both = amounts.sum_fat + amounts.sum_water
    if readout.kind is ImageKind.FRACTION:
        reasons = (np.where(has_fi, "", reasons + SEPARATOR) + "not_applicable").astype(object)
    return FractionColumns(
        fi=fi,
        ff=_ratio(amounts.sum_ff, amounts.n_valid, (amounts.n_valid > 0) & readout.is_dixon),
        ff_of_sums=_ratio(amounts.sum_fat, both, (amounts.n_valid > 0) & (both != 0) & is_pair),
        ff_signal_calibrated=_ratio(amounts.sum_calibrated, amounts.n_valid, has_fi & is_calibrated),
        reasons=reasons,
    )


def _ratio(part: NDArray[Any], whole: NDArray[Any], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A quotient where it exists, not a number elsewhere."""
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=where))


def _why_no_fi(readout: Readout, amounts: Amounts, threshold: MuscleThreshold) -> NDArray[np.object_]:
    reasons = np.empty(len(amounts.n_valid), dtype=object)
    reasons.fill(threshold.reason)
    if threshold.method != "manual" and not readout.is_dixon:
        reasons[amounts.is_constant] = "constant_image"
    reasons[amounts.n_valid < readout.protocol.min_pixels] = "too_few_pixels"
    reasons[amounts.n_valid == 0] = "no_valid_voxels"
    return reasons
