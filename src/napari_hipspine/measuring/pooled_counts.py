"""How often each signal occurs in each structure, over all slices together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .histograms import Histogram
from .slice_bins import SliceBins


@dataclass
class PooledCounts:
    """Exact counts of whole-number signals.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_structures, n_values)
        How often each stored value occurs in each structure.
    lowest : int
        Stored value of the first column.
    """

    counts: NDArray[np.int64]
    lowest: int = 0

    @classmethod
    def none(cls, n_structures: int) -> PooledCounts:
        """No pixels yet."""
        return cls(np.zeros((n_structures, 0), dtype=np.int64))

    def copy(self) -> PooledCounts:
        """The same counts, free to be changed."""
        return PooledCounts(self.counts.copy(), self.lowest)

    def add(self, other: PooledCounts) -> None:
        """Add the counts of other pixels."""
        n_values = other.counts.shape[1]
        if n_values:
            self._make_room(other.lowest, other.lowest + n_values)
            start = other.lowest - self.lowest
            self.counts[:, start : start + n_values] += other.counts

    def add_slice(self, bins: SliceBins, sign: int = 1) -> None:
        """Add the pixels of one slice, or take them away with ``sign`` -1."""
        values = bins.values
        if not len(values):
            return
        self._make_room(int(values.min()), int(values.max()) + 1)
        structures = np.repeat(np.arange(len(bins.lengths)), bins.lengths)
        np.add.at(self.counts, (structures, values - self.lowest), sign * bins.counts.astype(np.int64))

    def histogram(self, chosen: Sequence[int]) -> Histogram:
        """Stored values of the chosen structures together, without those that do not occur."""
        together = self.counts[list(chosen)].sum(axis=0)
        occupied = np.flatnonzero(together)
        return Histogram((occupied + self.lowest).astype(np.float64), together[occupied])

    def _make_room(self, low: int, stop: int) -> None:
        n_values = self.counts.shape[1]
        if not n_values:
            self.lowest = low
        below, above = max(0, self.lowest - low), max(0, stop - (self.lowest + n_values))
        if below or above:
            self.counts = np.pad(self.counts, ((0, 0), (below, above)))
            self.lowest -= below
