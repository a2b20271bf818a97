"""Occupied bins of every slice and structure, kept in memory while they are few and in a temporary file beyond."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

SPILL_BYTES = 32 * 2**20
"""More than this is written to a temporary file [bytes]."""

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


def pool(histograms: Iterable[Histogram]) -> Histogram:
    """All pixels of several histograms; the order in which they come changes nothing."""
    parts = [one for one in histograms if len(one.values)]
    if not parts:
        return Histogram(np.empty(0), np.empty(0, dtype=np.int64))
    values, where = np.unique(np.concatenate([one.values for one in parts]), return_inverse=True)
    counts = np.zeros(len(values), dtype=np.int64)
    np.add.at(counts, where, np.concatenate([one.counts for one in parts]))
    return Histogram(values, counts)


@dataclass(frozen=True)
class Segments:
    """Occupied bins of all structures of one slice, one structure after the other.

    Parameters
    ----------
    values : ndarray
        Stored voxel values, ascending within a structure.
    counts : ndarray of int32
        How often each occurs.
    lengths : ndarray of int32, shape (n_structures,)
        Occupied bins of each structure.
    """

    values: NDArray[Any]
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]


class HistogramStore:
    """Segments of slices, kept once and read many times; written to a temporary file when they grow large.

    Parameters
    ----------
    spill_bytes : int
        What is kept in memory at most [bytes].
    """

    def __init__(self, spill_bytes: int = SPILL_BYTES) -> None:
        self._spill_bytes = spill_bytes
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[NDArray[Any], NDArray[np.int32]]] = {}
        self._written: dict[int, tuple[int, int, np.dtype[Any]]] = {}
        self._n_bytes = 0
        self._n_records = 0
        self._file: IO[bytes] | None = None

    @property
    def is_spilled(self) -> bool:
        """Whether a temporary file is in use."""
        return self._file is not None

    def append(self, values: NDArray[Any], counts: NDArray[np.int32]) -> int:
        """Keep one record and return its number."""
        with self._lock:
            number = self._n_records
            self._n_records += 1
            self._kept[number] = (values, counts)
            self._n_bytes += values.nbytes + counts.nbytes
            if self._n_bytes > self._spill_bytes:
                self._spill()
            return number

    def read(self, number: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
        """Values and counts of one record."""
        with self._lock:
            if number in self._kept:
                return self._kept[number]
            offset, length, dtype = self._written[number]
            if self._file is None:
                raise KeyError(number)
            self._file.seek(offset)
            values = np.frombuffer(self._file.read(length * dtype.itemsize), dtype=dtype)
            return values, np.frombuffer(self._file.read(length * 4), dtype=np.int32)

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="hipspine-")  # noqa: SIM115 - lives as long as the store
        offset = self._file.seek(0, 2)
        for number, (values, counts) in self._kept.items():
            self._file.write(values.tobytes())
            self._file.write(counts.tobytes())
            self._written[number] = (offset, len(values), values.dtype)
            offset += values.nbytes + counts.nbytes
        self._kept.clear()
        self._n_bytes = 0


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


def split(segments: Segments, chosen: Sequence[int]) -> list[Histogram]:
    """Histograms of the chosen structures of one slice, in stored voxel values."""
    ends = np.cumsum(segments.lengths)
    parts = []
    for number in chosen:
        part = slice(int(ends[number] - segments.lengths[number]), int(ends[number]))
        parts.append(Histogram(segments.values[part].astype(np.float64), segments.counts[part].astype(np.int64)))
    return parts
