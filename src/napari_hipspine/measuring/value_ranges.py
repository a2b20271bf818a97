"""Sums over ranges of stored values, exact whole numbers until they are scaled to signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernels import kernels_for
from .slice_sums import SliceSums
from .threads import work_on

_AT_ONCE = 64
"""Slices whose bins are summed together."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RangeSums:
    """Pixels of every slice and structure with a stored value in one range, shape ``(n_slices, n_structures)``.

    Parameters
    ----------
    n_pixels : ndarray of int64
        How many.
    stored : ndarray of int64
        Sum of their stored values.
    scale : tuple of float
        ``(slope, intercept)`` from stored values to signal.
    """

    n_pixels: Integers
    stored: Integers
    scale: tuple[float, float]

    @property
    def signal(self) -> Floats:
        """Sum of their signal."""
        return np.asarray(self.stored * self.scale[0] + self.n_pixels * self.scale[1])


def signal_values(sums: SliceSums) -> Floats:
    """Signal of every stored value that may occur, for `sums_over`."""
    counted = sums.pooled_counts
    if counted is None:
        return np.empty(0)
    slope, intercept = sums.scale
    return (np.arange(counted.counts.shape[1], dtype=np.float64) + counted.lowest) * slope + intercept


def sums_over(sums: SliceSums, masks: list[Mask]) -> list[RangeSums]:
    """Sums over some ranges of stored values, all in one pass.

    Parameters
    ----------
    sums : SliceSums
        Of an image of whole numbers.
    masks : list of ndarray of bool
        For every range whether a value of `signal_values` lies in it, shape ``(n_values,)`` or
        ``(n_structures, n_values)``. Values in a range follow each other.
    """
    shape = sums.n_pixels.shape
    counted = sums.pooled_counts
    lowest, n_values = (counted.lowest, counted.counts.shape[1]) if counted else (0, 0)
    first = np.zeros((len(masks), shape[1]), dtype=np.int64)
    stop = np.zeros((len(masks), shape[1]), dtype=np.int64)
    for number, mask in enumerate(masks):
        whole = np.broadcast_to(mask, (shape[1], n_values))
        is_empty = ~whole.any(axis=1)
        first[number] = np.where(is_empty, 0, lowest + _first_true(whole))
        stop[number] = np.where(is_empty, 0, lowest + n_values - _first_true(whole[:, ::-1]))
    n_pixels, stored = (np.zeros((shape[0], len(masks), shape[1]), dtype=np.int64) for _ in range(2))
    sum_ranges = kernels_for(int(sums.n_kept.sum())).sum_ranges

    def work(batch: NDArray[np.intp]) -> None:
        counts, places, lengths = _dense(sums, batch)
        pixels, values = (np.zeros((len(batch), len(masks), shape[1]), dtype=np.int64) for _ in range(2))
        sum_ranges(counts, places, lengths, first, stop, pixels, values)
        n_pixels[batch], stored[batch] = pixels, values

    counted_on = np.flatnonzero(sums.n_kept.any(axis=1))
    batches = np.split(counted_on, range(_AT_ONCE, len(counted_on), _AT_ONCE))
    work_on(work, [batch for batch in batches if len(batch)], n_workers=2)
    return [RangeSums(n_pixels[:, k], stored[:, k], sums.scale) for k in range(len(masks))]


def _dense(sums: SliceSums, slices: NDArray[np.intp]) -> tuple[NDArray[Any], ...]:
    """Counts, first values and lengths of the dense bins of some slices, one after the other."""
    found = [bins.as_dense() for bins in map(sums.bins, slices) if bins is not None]
    counts = np.concatenate([bins.counts for bins in found])
    return counts, np.stack([bins.places for bins in found]), np.stack([bins.lengths for bins in found])


def _first_true(mask: Mask) -> Integers:
    return np.asarray(mask.argmax(axis=1) if mask.shape[1] else np.zeros(len(mask)), dtype=np.int64)
