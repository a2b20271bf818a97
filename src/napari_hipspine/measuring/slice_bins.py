"""Occupied bins of the structures of one slice, and a store that keeps those of all slices."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .histograms import Histogram
from .kernels import PackedSlab

SPILL_BYTES = 8 * 2**20
"""More than this is written to a temporary file [bytes]."""


@dataclass(frozen=True)
class SliceBins:
    """Bins of all structures of one slice, one structure after the other.

    Parameters
    ----------
    counts : ndarray of int
        Pixels in each bin.
    lengths : ndarray of int32, shape (n_structures,)
        Bins of each structure.
    places : ndarray
        Stored voxel value of every bin, ascending within a structure; of dense bins, whose values follow each other
        without a gap, only the first of each structure.
    is_dense : bool
        Whether bins are dense; some of those are empty.
    """

    counts: NDArray[Any]
    lengths: NDArray[np.int32]
    places: NDArray[Any]
    is_dense: bool = False

    @property
    def values(self) -> NDArray[Any]:
        """Stored voxel value of every bin."""
        if not self.is_dense:
            return self.places
        before = np.cumsum(self.lengths) - self.lengths
        return np.repeat(self.places - before.astype(np.int32), self.lengths) + np.arange(
            len(self.counts), dtype=np.int32
        )

    def as_dense(self) -> SliceBins:
        """The same with dense bins; only for whole numbers."""
        if self.is_dense:
            return self
        ends = np.cumsum(self.lengths)
        places, lengths, parts = np.zeros_like(self.lengths), np.zeros_like(self.lengths), []
        for number, (start, end) in enumerate(zip(ends - self.lengths, ends, strict=True)):
            if start < end:
                values = self.places[start:end].astype(np.int64)
                places[number], lengths[number] = values[0], values[-1] - values[0] + 1
                parts.append(np.bincount(values - values[0], self.counts[start:end]).astype(np.int32))
        return SliceBins(np.concatenate(parts), lengths, places, is_dense=True)

    def split(self, chosen: Sequence[int]) -> list[Histogram]:
        """Histograms of the chosen structures in stored voxel values, without empty bins."""
        ends = np.cumsum(self.lengths)
        parts = []
        for number in chosen:
            part = slice(int(ends[number] - self.lengths[number]), int(ends[number]))
            counts = self.counts[part].astype(np.int64)
            if self.is_dense:
                occupied = np.flatnonzero(counts)
                parts.append(Histogram((occupied + int(self.places[number])).astype(np.float64), counts[occupied]))
            else:
                parts.append(Histogram(self.places[part].astype(np.float64), counts))
        return parts


def dense_bins(packed: PackedSlab, lowest: int) -> list[SliceBins | None]:
    """Bins of every slice of a slab; None where nothing was counted."""
    ends = np.cumsum(packed.lengths.sum(axis=1))
    starts = ends - packed.lengths.sum(axis=1)
    found: list[SliceBins | None] = []
    for first, lengths, start, end in zip(packed.first, packed.lengths, starts, ends, strict=True):
        if start == end:
            found.append(None)
            continue
        counts = packed.counts[start:end]
        narrow = counts.astype(np.min_scalar_type(int(counts.max())))
        found.append(SliceBins(narrow, lengths, (first + lowest).astype(np.int32), is_dense=True))
    return found


class BinStore:
    """Bins of slices, kept once and read many times; written to a temporary file when they grow large.

    Parameters
    ----------
    spill_bytes : int
        What is kept in memory at most [bytes].
    """

    def __init__(self, spill_bytes: int = SPILL_BYTES) -> None:
        self._spill_bytes = spill_bytes
        self._lock = threading.Lock()
        self._kept: dict[int, SliceBins] = {}
        self._written: dict[int, _Place] = {}
        self._n_bytes = 0
        self._n_records = 0
        self._file: IO[bytes] | None = None

    @property
    def is_spilled(self) -> bool:
        """Whether a temporary file is in use."""
        return self._file is not None

    def append(self, bins: SliceBins) -> int:
        """Keep the bins of one slice and return their number."""
        with self._lock:
            number = self._n_records
            self._n_records += 1
            self._kept[number] = bins
            self._n_bytes += sum(one.nbytes for one in _arrays_of(bins))
            if self._n_bytes > self._spill_bytes:
                self._spill()
            return number

    def read(self, number: int) -> SliceBins:
        """Bins kept under a number."""
        with self._lock:
            if number in self._kept:
                return self._kept[number]
            place = self._written[number]
            if self._file is None:
                raise KeyError(number)
            self._file.seek(place.offset)
            parts = [np.frombuffer(self._file.read(n * dtype.itemsize), dtype=dtype) for n, dtype in place.arrays]
            return SliceBins(parts[0], parts[1], parts[2], is_dense=place.is_dense)

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="hipspine-")  # noqa: SIM115 - lives as long as the store
        offset = self._file.seek(0, 2)
        for number, bins in self._kept.items():
            arrays = _arrays_of(bins)
            self._written[number] = _Place(offset, tuple((len(one), one.dtype) for one in arrays), bins.is_dense)
            for one in arrays:
                self._file.write(one.tobytes())
                offset += one.nbytes
        self._kept.clear()
        self._n_bytes = 0


@dataclass(frozen=True)
class _Place:
    """Where the bins of a slice lie in the file, and the length and type of their arrays."""

    offset: int
    arrays: tuple[tuple[int, np.dtype[Any]], ...]
    is_dense: bool


def _arrays_of(bins: SliceBins) -> tuple[NDArray[Any], ...]:
    return bins.counts, bins.lengths, bins.places
