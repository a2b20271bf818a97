"""Signals that occur and how often, and how those of many slices are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 2**18
"""More signals than this are gathered into so many bins when many slices are pooled."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Histogram:
    """Signals that occur and how often.

    Parameters
    ----------
    values : ndarray of float64
        Signals, ascending, each once.
    counts : ndarray of int64
        Pixels with that signal; all positive.
    """

    values: Floats
    counts: Counts

    @property
    def n(self) -> int:
        """Number of pixels."""
        return int(self.counts.sum())

    @property
    def is_constant(self) -> bool:
        """Whether all pixels have one signal; also when there is none."""
        return len(self.values) < 2

    @property
    def mean(self) -> float:
        """Mean signal; not a number when there are no pixels."""
        return float((self.values * self.counts).sum() / self.n) if self.n else float("nan")

    def quantile(self, share: float) -> float:
        """Smallest signal that at least this share of the pixels do not exceed."""
        if not self.n:
            return float("nan")
        reached = np.searchsorted(np.cumsum(self.counts), share * self.n, side="left")
        return float(self.values[min(int(reached), len(self.values) - 1)])

    def between(self, low: float | None, high: float | None) -> Histogram:
        """Pixels from ``low`` to ``high``, both included; None sets no bound."""
        kept = np.ones(len(self.values), dtype=bool)
        if low is not None:
            kept &= self.values >= low
        if high is not None:
            kept &= self.values <= high
        return Histogram(self.values[kept], self.counts[kept])

    def mirrored(self) -> Histogram:
        """The same pixels with the sign of their signal turned: what was darkest is brightest."""
        return Histogram(-self.values[::-1], self.counts[::-1])

    def binned(self, n_bins: int) -> Histogram:
        """At most so many equally wide bins at their pixels' mean signal; itself where it has no more values."""
        if len(self.values) <= n_bins:
            return self
        low, high = self.values[0], self.values[-1]
        place = np.minimum(((self.values - low) / (high - low) * n_bins).astype(np.int64), n_bins - 1)
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        counts = np.add.reduceat(self.counts, starts)
        return Histogram(np.add.reduceat(self.values * self.counts, starts) / counts, counts)


def histogram_of(values: Iterable[float] | NDArray[Any]) -> Histogram:
    """Histogram of pixels; those that are not finite are left out."""
    pixels = np.asarray(values, dtype=np.float64).ravel()
    found, counts = np.unique(pixels[np.isfinite(pixels)] + 0.0, return_counts=True)
    return Histogram(found, counts.astype(np.int64))


def histogram_of_stored(stored: NDArray[Any], scale: tuple[float, float]) -> Histogram:
    """Histogram of the signals of stored voxels; those that are not finite are left out."""
    slope, intercept = scale
    if stored.dtype.kind not in "iub" or stored.dtype.itemsize > 2 or not stored.size:
        return histogram_of(np.asarray(stored, dtype=np.float64) * slope + intercept)
    whole = stored.astype(np.int64).ravel()
    lowest = int(whole.min())
    counts = np.bincount(whole - lowest)
    occupied = np.flatnonzero(counts)
    found = Histogram((occupied + lowest).astype(np.float64) * slope + intercept, counts[occupied])
    return found if slope > 0 else Histogram(found.values[::-1], found.counts[::-1])


def pool(histograms: Iterable[Histogram]) -> Histogram:
    """All pixels of several histograms; the order in which they come changes nothing."""
    parts = [one for one in histograms if len(one.values)]
    if not parts:
        return Histogram(np.empty(0), np.empty(0, dtype=np.int64))
    values, where = np.unique(np.concatenate([one.values for one in parts]), return_inverse=True)
    counts = np.zeros(len(values), dtype=np.int64)
    np.add.at(counts, where, np.concatenate([one.counts for one in parts]))
    return Histogram(values, counts)


def pool_many(histograms: Iterable[Histogram], at_once: int = 64) -> Histogram:
    """As `pool`, in batches, so that histograms of one range take no more memory the more there are."""
    total = pool(())
    batch: list[Histogram] = []
    for one in histograms:
        batch.append(one)
        if len(batch) == at_once:
            total, batch = pool([total, *batch]), []
    return pool([total, *batch])


def pool_into_bins(histograms: Callable[[], Iterable[Histogram]], n_bins: int) -> Histogram:
    """All pixels in equally wide bins over their exact range, each at its middle; memory grows with nothing.

    Parameters
    ----------
    histograms : callable
        Gives the histograms; called twice, for the range and for the counts.
    n_bins : int
        Number of bins; empty ones are left out.
    """
    ends = [(one.values[0], one.values[-1]) for one in histograms() if len(one.values)]
    if not ends:
        return pool(())
    low, high = min(first for first, _ in ends), max(last for _, last in ends)
    if low == high:
        return Histogram(np.array([low]), np.array([sum(one.n for one in histograms())], dtype=np.int64))
    counts = np.zeros(n_bins, dtype=np.int64)
    for one in histograms():
        place = np.minimum(((one.values - low) / (high - low) * n_bins).astype(np.int64), n_bins - 1)
        np.add.at(counts, place, one.counts)
    occupied = np.flatnonzero(counts)
    return Histogram(low + (occupied + 0.5) * (high - low) / n_bins, counts[occupied])
