"""Histograms of the signals of one run of slices while its blocks come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernels import ALL_COUNTED, Kernels
from .measured_labels import MeasuredLabels
from .pooled_counts import PooledCounts
from .slabs import SlabCounts, bins_of, count_occurrences, gather
from .slice_bins import SliceBins, dense_bins

_MOST_BINS = 2**24
"""More bins than this are not kept dense; pixels are then sorted instead (64 MiB of counts)."""

_FIRST_BINS = 256
"""Bins of a slab before its signals are known."""

_SLACK = 8
"""Grown bins are made wider by one part in so many, lest every block makes them grow again."""


class CountRoom:
    """Dense counts of one worker, zero between slabs; they keep the range of signals that was needed so far.

    Parameters
    ----------
    n_structures : int
        Structures counted side by side.
    """

    def __init__(self, n_structures: int) -> None:
        self._n_structures = n_structures
        self._counts: NDArray[np.int32] = np.zeros((0, n_structures, _FIRST_BINS), dtype=np.int32)
        self.lowest = 0

    def of_slab(self, n_slices: int) -> NDArray[np.int32]:
        """Counts of shape ``(n_slices, n_structures, n_bins)``."""
        most = max(1, _MOST_BINS // max(1, n_slices * self._n_structures))
        if self._counts.shape[2] > most:
            self._counts = np.zeros((n_slices, self._n_structures, min(_FIRST_BINS, most)), dtype=np.int32)
            self.lowest = 0
        elif len(self._counts) < n_slices:
            self._counts = np.zeros((n_slices, *self._counts.shape[1:]), dtype=np.int32)
        return self._counts[:n_slices]

    def grow(self, n_slices: int, low: int, high: int) -> bool:
        """Make bins for signals from ``low`` to ``high`` beside those there are; False if they would be too many."""
        n_bins = self._counts.shape[2]
        below, above = max(0, self.lowest - low), max(0, high + 1 - (self.lowest + n_bins))
        slack = (n_bins + below + above) // _SLACK
        below, above = below + (slack if below else 0), above + (slack if above else 0)
        if n_slices * self._n_structures * (n_bins + below + above) > _MOST_BINS:
            return False
        self._counts = np.pad(self._counts, ((0, 0), (0, 0), (below, above)))
        self.lowest -= below
        return True


class SignalCollector:
    """Histograms of one image: dense for whole numbers of a modest range, sorted pixels for all others."""

    def __init__(
        self, shape: tuple[int, int], labels: MeasuredLabels, kernels: Kernels, room: CountRoom, *, is_whole: bool
    ) -> None:
        self._shape = shape
        self._numbers = labels.numbers
        self._kernels = kernels
        self._room = room
        self._is_whole = is_whole
        self._loose: list[tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]] = []

    def add(self, first: int, labels: NDArray[Any], *images: NDArray[Any]) -> None:
        """One block of labels and image."""
        (image,) = images
        rest = self._counted_densely(first, labels, image) if self._is_whole else labels
        if rest is None:
            return
        groups, pixels = gather(first, rest, self._numbers, self._shape[1], image)
        if image.dtype.kind == "f":
            finite = np.isfinite(pixels)
            # Adding zero turns -0 into 0: which of the two stands for both must not depend on the order.
            groups, pixels = groups[finite], pixels[finite] + image.dtype.type(0)
        self._loose.append(count_occurrences(groups, pixels, np.ones(len(groups), dtype=np.int64)))

    def finish(self, counts: SlabCounts) -> None:
        """Occupied bins of every slice, by structure and value."""
        packed, lowest = self._kernels.pack(self._room.of_slab(self._shape[0])), self._room.lowest
        counts.bins = dense_bins(packed, lowest)
        counts.n_counted = packed.n_pixels
        if self._is_whole:
            counts.pooled = PooledCounts(packed.pooled, lowest)
        if self._loose:
            counts.bins = bins_of([*self._loose, *_occurrences_of(counts.bins)], self._shape)
            counts.n_counted = _pixels_of(counts.bins, self._shape)
            if self._is_whole:
                counts.pooled = _pooled(counts.bins, self._shape[1])

    def _counted_densely(self, first: int, labels: NDArray[Any], image: NDArray[Any]) -> NDArray[Any] | None:
        """Count a block in the dense bins; labels of what found no room there, None when all did."""
        place = 0
        while place != ALL_COUNTED:
            target = self._room.of_slab(self._shape[0])[first : first + len(labels)]
            place = self._kernels.count(image, labels, self._numbers, self._room.lowest, target, place)
            if place != ALL_COUNTED and not self._make_room(labels, image):
                rest = labels.copy()
                rest.reshape(-1)[:place] = 0
                return rest
        return None

    def _make_room(self, labels: NDArray[Any], image: NDArray[Any]) -> bool:
        """Make bins for all signals of a block, or at least for those that are measured; False if that is too many."""
        if self._room.grow(self._shape[0], int(image.min()), int(image.max())):
            return True
        measured = image[self._numbers[labels] > 0]
        return self._room.grow(self._shape[0], int(measured.min()), int(measured.max()))


def _occurrences_of(
    bins: list[SliceBins | None],
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]]:
    """Group, value and count of every occupied bin."""
    for z, one in enumerate(bins):
        if one is not None:
            n_structures, occupied = len(one.lengths), one.counts > 0
            groups = np.repeat(z * n_structures + np.arange(n_structures), one.lengths)
            yield groups[occupied], one.values[occupied], one.counts[occupied].astype(np.int64)


def _pixels_of(bins: list[SliceBins | None], shape: tuple[int, int]) -> NDArray[np.int64]:
    pixels = np.zeros(shape, dtype=np.int64)
    for target, one in zip(pixels, bins, strict=True):
        if one is not None:
            np.add.at(target, np.repeat(np.arange(shape[1]), one.lengths), one.counts)
    return pixels


def _pooled(bins: list[SliceBins | None], n_structures: int) -> PooledCounts:
    together = PooledCounts.none(n_structures)
    for one in bins:
        if one is not None:
            together.add_slice(one)
    return together
