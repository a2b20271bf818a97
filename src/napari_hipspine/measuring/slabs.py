"""Counts of one run of slices while its blocks come in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..domain.protocol import MeasurementProtocol
from .dixon import DIXON_SUMS, fraction_bins, sum_dixon, valid_fractions
from .kernels import CountKernel, structure_numbers

_MOST_BINS = 2**24
"""More bins than this are not kept dense; pixels are then sorted instead (64 MiB of counts)."""


@dataclass
class SlabCounts:
    """What every slab counts of its labels.

    All arrays have the shape ``(n_slices, n_structures)`` of the slab.
    """

    n_pixels: NDArray[np.int64]
    n_kept: NDArray[np.int64]
    touches_edge: NDArray[np.bool_]
    sums: dict[str, NDArray[Any]] = field(default_factory=dict)
    records: list[tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]] | None] = field(default_factory=list)
    """For every slice stored values, counts and occupied bins per structure; None where nothing was counted."""


def count_labels(labels: NDArray[Any], numbers: NDArray[np.uint16], n_structures: int) -> NDArray[np.int64]:
    """Pixels per slice and structure, shape ``(n_slices, n_structures)``."""
    counts = np.zeros((len(labels), n_structures), dtype=np.int64)
    for one, target in zip(labels, counts, strict=True):
        found = structure_numbers(one, numbers)
        target += np.bincount(found.ravel(), minlength=n_structures + 1)[1:]
    return counts


class Collector(Protocol):
    """Takes the blocks of a slab and gives its finished counts."""

    def add(self, first: int, labels: NDArray[Any], *images: NDArray[Any]) -> None:
        """One block: its first slice within the slab, labels after erosion, and the image or images."""

    def finish(self, counts: SlabCounts) -> None:
        """Write what was collected into the counts of the slab."""


class SignalCollector:
    """Histograms of one image: dense for whole numbers of a modest range, sorted pixels for all others."""

    def __init__(self, n_slices: int, n_structures: int, numbers: NDArray[np.uint16], kernel: CountKernel) -> None:
        self._shape = (n_slices, n_structures)
        self._numbers = numbers
        self._kernel = kernel
        self._lowest = 0
        self._counts: NDArray[np.int32] | None = None
        self._loose: list[tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]] = []

    def add(self, first: int, labels: NDArray[Any], *images: NDArray[Any]) -> None:
        """One block of labels and image."""
        (image,) = images
        if image.dtype.kind in "iu" and image.dtype.itemsize <= 2 and self._make_room(image):
            counts = self._counts
            if counts is not None:
                self._kernel(image, labels, self._numbers, self._lowest, counts[first : first + len(labels)])
            return
        groups, pixels = gather(first, labels, self._numbers, self._shape[1], image)
        if image.dtype.kind == "f":
            finite = np.isfinite(pixels)
            # Adding zero turns -0 into 0: which of the two stands for both must not depend on the order.
            groups, pixels = groups[finite], pixels[finite] + image.dtype.type(0)
        self._loose.append(count_occurrences(groups, pixels, np.ones(len(groups), dtype=np.int64)))

    def finish(self, counts: SlabCounts) -> None:
        """Occupied bins of every slice, sorted by structure and value."""
        parts = list(self._loose)
        if self._counts is not None:
            if not parts:
                counts.records = [self._dense_record(one) for one in self._counts]
                return
            slices, structures, bins = np.nonzero(self._counts)
            groups = slices * self._shape[1] + structures
            parts.append((groups, bins + self._lowest, self._counts[slices, structures, bins].astype(np.int64)))
        counts.records = _records_of(parts, self._shape)

    def _make_room(self, image: NDArray[Any]) -> bool:
        """Grow the dense counts until they hold the block's signals; False if they would become too large."""
        low, high = int(image.min()), int(image.max())
        if self._counts is None:
            self._lowest = min(0, low)
            n_bins = 1 << max(8, (high - self._lowest).bit_length())
            if self._shape[0] * self._shape[1] * n_bins > _MOST_BINS:
                return False
            self._counts = np.zeros((*self._shape, n_bins), dtype=np.int32)
            return True
        n_bins = self._counts.shape[2]
        below = max(0, self._lowest - low)
        above = max(0, high + 1 - (self._lowest + n_bins))
        if not below and not above:
            return True
        wanted = 1 << (n_bins + below + above - 1).bit_length()
        if self._shape[0] * self._shape[1] * wanted > _MOST_BINS:
            return False
        self._counts = np.pad(self._counts, ((0, 0), (0, 0), (below, wanted - n_bins - below)))
        self._lowest -= below
        return True

    def _dense_record(
        self, counts: NDArray[np.int32]
    ) -> tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]] | None:
        structures, bins = np.nonzero(counts)
        if not len(bins):
            return None
        values = (bins + self._lowest).astype(np.int32)
        lengths = np.bincount(structures, minlength=self._shape[1]).astype(np.int32)
        return values, counts[structures, bins], lengths


class DixonCollector:
    """Sums of fat and water of the labelled pixels."""

    def __init__(
        self,
        n_slices: int,
        n_structures: int,
        numbers: NDArray[np.uint16],
        *,
        scales: tuple[tuple[float, float], tuple[float, float]],
        protocol: MeasurementProtocol,
    ) -> None:
        self._shape = (n_slices, n_structures)
        self._numbers = numbers
        self._scales = scales
        self._protocol = protocol
        self._pixels: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = []

    def add(self, first: int, labels: NDArray[Any], *images: NDArray[Any]) -> None:
        """One block of labels, water and fat."""
        groups, water, fat = gather(first, labels, self._numbers, self._shape[1], *images)
        signals = [
            np.asarray(one, dtype=np.float64) * slope + intercept
            for one, (slope, intercept) in zip((water, fat), self._scales, strict=True)
        ]
        self._pixels.append((groups, signals[0], signals[1]))

    def finish(self, counts: SlabCounts) -> None:
        """Sums per slice and structure."""
        for name in DIXON_SUMS:
            kind = np.int64 if name.startswith("n_") else np.float64
            counts.sums[name] = np.zeros(self._shape, dtype=kind)
        counts.records = [None] * self._shape[0]
        if not self._pixels:
            return
        groups, water, fat = (np.concatenate(parts) for parts in zip(*self._pixels, strict=True))
        settings = self._protocol
        found = sum_dixon(
            groups,
            water,
            fat,
            ff_cut=settings.ff_cut,
            valid_low=settings.valid_low,
            valid_high=settings.valid_high,
        )
        for group, sums in found:
            for name, value in sums.items():
                counts.sums[name][divmod(group, self._shape[1])] = value
        counts.records = self._fraction_records(groups, water, fat)

    def _fraction_records(
        self, groups: NDArray[np.int64], water: NDArray[np.float64], fat: NDArray[np.float64]
    ) -> list[tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]] | None]:
        """Histograms of the fat fraction of valid pixels, for the reader to look at."""
        low, high = self._protocol.valid_low, self._protocol.valid_high
        fraction, valid = valid_fractions(water, fat, valid_low=low, valid_high=high)
        bins = fraction_bins(fraction[valid])
        return _records_of([count_occurrences(groups[valid], bins, np.ones(len(bins), dtype=np.int64))], self._shape)


def gather(
    first: int, labels: NDArray[Any], numbers: NDArray[np.uint16], n_structures: int, *images: NDArray[Any]
) -> tuple[NDArray[Any], ...]:
    """Measured pixels of a block: their group (slice x structures + structure) and their value in each image."""
    found = structure_numbers(labels, numbers)
    slices, rows, columns = np.nonzero(found)
    groups = (slices.astype(np.int64) + first) * n_structures + found[slices, rows, columns] - 1
    return groups, *(image[slices, rows, columns] for image in images)


def count_occurrences(
    groups: NDArray[np.int64], values: NDArray[Any], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]:
    """Each pair of group and value once, sorted, with the sum of its counts."""
    if not len(groups):
        return groups, values, counts
    order = np.lexsort((values, groups))
    groups, values, counts = groups[order], values[order], counts[order]
    is_new = np.ones(len(groups), dtype=bool)
    is_new[1:] = (groups[1:] != groups[:-1]) | (values[1:] != values[:-1])
    starts = np.flatnonzero(is_new)
    return groups[starts], values[starts], np.add.reduceat(counts, starts)


def _records_of(
    parts: list[tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]], shape: tuple[int, int]
) -> list[tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]] | None]:
    """Sorted bins of a slab cut into its slices."""
    if not parts:
        return [None] * shape[0]
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    groups, values, counts = count_occurrences(joined[0], joined[1], joined[2])
    records: list[tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]] | None] = []
    ends = np.searchsorted(groups, np.arange(shape[0] + 1) * shape[1])
    for z in range(shape[0]):
        part = slice(int(ends[z]), int(ends[z + 1]))
        if part.start == part.stop:
            records.append(None)
            continue
        lengths = np.bincount(groups[part] - z * shape[1], minlength=shape[1]).astype(np.int32)
        records.append((values[part], counts[part].astype(np.int32), lengths))
    return records
