"""Pixels, fat pixels and signals per slice and structure, out of the sums and the thresholds; no voxel is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.protocol import MeasurementProtocol
from ..domain.volume import FatPolarity
from .fat_threshold import FatThresholds, MuscleThreshold
from .slice_sums import SliceSums
from .valid_range import in_range
from .value_ranges import RangeSums, signal_values, sums_over

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Totals:
    """Additive numbers of every slice and structure, all of shape ``(n_slices, n_structures)``.

    Parameters
    ----------
    n_valid, n_fat, n_outside : ndarray of int64
        Valid pixels; those called fat; those whose fat fraction lies outside 0-1.
    sum_signal : ndarray of float64
        Sum of the signal (water plus fat for a pair).
    sum_ff, sum_fat, sum_water : ndarray of float64
        Sums for fat fractions; zero where the image has none.
    sum_calibrated : ndarray of float64
        Sum of clip((S - lean)/(fat - lean), 0, 1); zero where lean and fat are not both known.
    is_constant : ndarray of bool, shape (n_structures,)
        Whether all valid pixels of a structure have one signal, over all its slices.
    """

    n_valid: Integers
    n_fat: Integers
    n_outside: Integers
    sum_signal: Floats
    sum_ff: Floats
    sum_fat: Floats
    sum_water: Floats
    sum_calibrated: Floats
    is_constant: NDArray[np.bool_]


def totals_of_pair(sums: SliceSums) -> Totals:
    """Totals of water and fat, which were summed while the voxels were read."""
    given: Mapping[str, NDArray[Any]] = sums.dixon
    return Totals(
        n_valid=given["n_valid"],
        n_fat=given["n_fat"],
        n_outside=given["n_outside"],
        sum_signal=given["sum_fat"] + given["sum_water"],
        sum_ff=given["sum_ff"],
        sum_fat=given["sum_fat"],
        sum_water=given["sum_water"],
        sum_calibrated=np.zeros_like(given["sum_ff"]),
        is_constant=np.zeros(len(sums.structures), dtype=bool),
    )


def totals_of_signal(
    sums: SliceSums, thresholds: FatThresholds, polarity: FatPolarity, protocol: MeasurementProtocol
) -> Totals:
    """Totals of an image cut at thresholds."""
    muscles = [thresholds.find(structure.muscle) for structure in sums.structures]
    cuts = np.array([one.threshold for one in muscles])
    lean, span = _calibration(muscles)
    is_beyond = np.less if polarity is FatPolarity.DARK else np.greater
    if sums.pooled_counts is not None:
        signal = signal_values(sums)
        share = np.clip((signal - lean[:, None]) / span[:, None], 0.0, 1.0)
        masks = [is_beyond(signal, cuts[:, None]), (share > 0) & (share < 1), share == 1]
        whole, (fat, ramp, full) = _whole_totals(sums, signal, masks, protocol)
        calibrated = np.nan_to_num((ramp.signal - ramp.n_pixels * lean) / span) + full.n_pixels
        return replace(whole, n_fat=fat.n_pixels, sum_calibrated=calibrated)

    def add(totals: Totals, z: int, signal: Floats, counts: Integers, segments: _Runs) -> None:
        is_fat = is_beyond(signal, segments.spread(cuts))
        totals.n_fat[z] = segments.sum(counts * is_fat)
        share = np.clip((signal - segments.spread(lean)) / segments.spread(span), 0.0, 1.0)
        totals.sum_calibrated[z] = segments.sum(np.nan_to_num(share * counts))

    return _reduced(sums, protocol, add)


def totals_of_fraction(sums: SliceSums, protocol: MeasurementProtocol, *, per_unit: float) -> Totals:
    """Totals of a fat-fraction map whose values are divided by ``per_unit`` (1, or 100 for a map in per cent)."""
    if sums.pooled_counts is not None:
        signal = signal_values(sums)
        fraction = signal / per_unit
        masks = [fraction >= protocol.ff_cut, fraction < 0, fraction > 1]
        whole, (fat, below, above) = _whole_totals(sums, signal, masks, protocol)
        n_outside = below.n_pixels + above.n_pixels
        return replace(whole, n_fat=fat.n_pixels, n_outside=n_outside, sum_ff=whole.sum_signal / per_unit)

    def add(totals: Totals, z: int, signal: Floats, counts: Integers, segments: _Runs) -> None:
        fraction = signal / per_unit
        totals.n_fat[z] = segments.sum(counts * (fraction >= protocol.ff_cut))
        totals.n_outside[z] = segments.sum(counts * ((fraction < 0) | (fraction > 1)))
        totals.sum_ff[z] = segments.sum(fraction * counts)

    return _reduced(sums, protocol, add)


def _whole_totals(
    sums: SliceSums, signal: Floats, masks: list[NDArray[np.bool_]], protocol: MeasurementProtocol
) -> tuple[Totals, list[RangeSums]]:
    """Valid pixels and their signal where stored values are whole numbers, all else zero; and sums over masks."""
    is_valid = in_range(signal, protocol.valid_low, protocol.valid_high)
    valid, *others = sums_over(sums, [is_valid, *(mask & is_valid for mask in masks)])
    counted = sums.pooled_counts
    n_signals = np.count_nonzero(counted.counts[:, is_valid], axis=1) if counted else np.zeros(0)
    shape = valid.n_pixels.shape
    # Nothing is written where zeros stand for all slices at once.
    zeros = {name: np.broadcast_to(one.dtype.type(0), shape) for name, one in vars(_zeros((1, 1))).items()}
    whole = Totals(**zeros | {"n_valid": valid.n_pixels, "sum_signal": valid.signal, "is_constant": n_signals < 2})
    return whole, others


class _Runs:
    """Bins of one slice as runs, one per structure that has any."""

    def __init__(self, lengths: NDArray[np.int32]) -> None:
        self._lengths = lengths
        self._present = np.flatnonzero(lengths)
        ends = np.cumsum(lengths[self._present])
        self._starts = ends - lengths[self._present]

    def spread(self, per_structure: Floats) -> Floats:
        """A number per structure repeated for each of its bins."""
        return np.repeat(per_structure, self._lengths)

    def sum(self, per_bin: NDArray[Any]) -> NDArray[Any]:
        """Sum over the bins of each structure, zero for those without bins."""
        out = np.zeros(len(self._lengths), dtype=per_bin.dtype)
        if len(self._present):
            out[self._present] = np.add.reduceat(per_bin, self._starts)
        return out

    def stretch(self, signal: Floats, counts: Integers, lowest: Floats, highest: Floats) -> None:
        """Widen the range of each structure by its bins that hold valid pixels."""
        if not len(self._present):
            return
        low = np.minimum.reduceat(np.where(counts > 0, signal, np.inf), self._starts)
        high = np.maximum.reduceat(np.where(counts > 0, signal, -np.inf), self._starts)
        lowest[self._present] = np.minimum(lowest[self._present], low)
        highest[self._present] = np.maximum(highest[self._present], high)


def _reduced(sums: SliceSums, protocol: MeasurementProtocol, add: Any) -> Totals:
    shape = sums.n_pixels.shape
    totals = _zeros(shape)
    lowest, highest = np.full(shape[1], np.inf), np.full(shape[1], -np.inf)
    for z in range(shape[0]):
        bins = sums.bins(z)
        if bins is None:
            continue
        slope, intercept = sums.scale
        runs = _Runs(bins.lengths)
        signal = bins.values.astype(np.float64) * slope + intercept
        counts = bins.counts.astype(np.int64) * in_range(signal, protocol.valid_low, protocol.valid_high)
        totals.n_valid[z] = runs.sum(counts)
        totals.sum_signal[z] = runs.sum(signal * counts)
        add(totals, z, signal, counts, runs)
        runs.stretch(signal, counts, lowest, highest)
    np.greater_equal(lowest, highest, out=totals.is_constant)
    return totals


def _zeros(shape: tuple[int, ...]) -> Totals:
    return Totals(
        n_valid=np.zeros(shape, dtype=np.int64),
        n_fat=np.zeros(shape, dtype=np.int64),
        n_outside=np.zeros(shape, dtype=np.int64),
        sum_signal=np.zeros(shape),
        sum_ff=np.zeros(shape),
        sum_fat=np.zeros(shape),
        sum_water=np.zeros(shape),
        sum_calibrated=np.zeros(shape),
        is_constant=np.ones(shape[1], dtype=bool),
    )


def _calibration(muscles: list[MuscleThreshold]) -> tuple[Floats, Floats]:
    """Lean signal and the span from lean to fat of every structure; not a number where unknown."""
    lean = np.array([one.lean for one in muscles])
    span = np.array([one.fat - one.lean for one in muscles])
    return lean, np.where(span == 0, np.nan, span)
