"""Fat fraction from water and fat, and its sums over the pixels of structures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .valid_range import in_range

DIXON_SUMS = ("n_valid", "n_fat", "n_outside", "sum_fat", "sum_water", "sum_ff")
"""What is summed per slice and structure."""

FRACTION_BINS = 200
"""Bins of a fat fraction from 0 to 1 in histograms that are looked at; nothing is measured from them."""

FRACTION_SCALE = (1 / FRACTION_BINS, 0.5 / FRACTION_BINS)
"""From the number of a bin to the fat fraction in its middle."""

_MOST_BINS_OUTSIDE = FRACTION_BINS // 2


def fat_fraction(water: NDArray[Any], fat: NDArray[Any]) -> NDArray[np.float64]:
    """F/(F+W) of every pixel, not clipped; not a number where F+W = 0 or a signal is not finite.

    Parameters
    ----------
    water, fat : ndarray
        Signals on one scale, any shape.
    """
    w, f = np.asarray(water, dtype=np.float64), np.asarray(fat, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fraction = f / (f + w)
    return np.where(np.isfinite(fraction) & np.isfinite(w), fraction, np.nan)


def valid_fractions(
    water: NDArray[np.float64], fat: NDArray[np.float64], *, valid_low: float | None, valid_high: float | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """F/(F+W) of every pixel, and where it is known and F+W lies in the valid range."""
    fraction = fat_fraction(water, fat)
    return fraction, np.isfinite(fraction) & in_range(fat + water, valid_low, valid_high)


def fraction_bins(fraction: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the bin of every finite fat fraction; those far outside 0-1 lie in the outermost bins."""
    bins = np.floor(fraction * FRACTION_BINS)
    # Exactly 1 is no fraction beyond 1.
    bins[fraction == 1] = FRACTION_BINS - 1
    return np.clip(bins, -_MOST_BINS_OUTSIDE, FRACTION_BINS + _MOST_BINS_OUTSIDE - 1).astype(np.int64)


def sum_dixon(
    groups: NDArray[np.int64],
    water: NDArray[np.float64],
    fat: NDArray[np.float64],
    *,
    ff_cut: float,
    valid_low: float | None,
    valid_high: float | None,
) -> Iterator[tuple[int, dict[str, float]]]:
    """Sums of each group of pixels, correctly rounded, so that the order of the pixels changes nothing.

    Parameters
    ----------
    groups : ndarray of int64, shape (n_pixels,)
        Which group each pixel belongs to.
    water, fat : ndarray, shape (n_pixels,)
        Signals.
    ff_cut : float
        Fat fraction from which a pixel is fat.
    valid_low, valid_high : float or None
        Range of F+W outside which a pixel is not valid.
    """
    fraction, valid = valid_fractions(water, fat, valid_low=valid_low, valid_high=valid_high)
    order = np.argsort(groups[valid], kind="stable")
    ordered = groups[valid][order]
    found, starts = np.unique(ordered, return_index=True)
    parts = [np.split(one[valid][order], starts[1:]) for one in (fat, water, fraction)]
    for group, f, w, ff in zip(found, *parts, strict=True):
        yield (
            int(group),
            {
                "n_valid": len(ff),
                "n_fat": int(np.count_nonzero(ff >= ff_cut)),
                "n_outside": int(np.count_nonzero((ff < 0) | (ff > 1))),
                "sum_fat": math.fsum(f.tolist()),
                "sum_water": math.fsum(w.tolist()),
                "sum_ff": math.fsum(ff.tolist()),
            },
        )
