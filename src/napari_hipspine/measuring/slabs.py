"""Counts of one run of slices while its blocks come in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..domain.protocol import MeasurementProtocol
from .dixon import DIXON_SUMS, fraction_bins, sum_dixon, valid_fractions
from .measured_labels import structure_numbers
from .pooled_counts import PooledCounts
from .slice_bins import SliceBins


@dataclass
class SlabCounts:
    """What every slab counts of its labels.

    All arrays have the shape ``(n_slices, n_structures)`` of the slab.
    """

    n_pixels: NDArray[np.int64]
    n_kept: NDArray[np.int64]
    touches_edge: NDArray[np.bool_]
    sums: dict[str, NDArray[Any]] = field(default_factory=dict)
    bins: list[SliceBins | None] = field(default_factory=list)
    """Bins of every slice; None where nothing was counted."""
    n_counted: NDArray[np.int64] | None = None
    """Pixels in those bins."""
    pooled: PooledCounts | None = None
    """Counts of all slices of the slab together; None where signals are not whole numbers of up to 16 bits."""


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


class DixonCollector:
    """Sums of fat and water of the labelled pixels."""

    def __init__(
        self,
        shape: tuple[int, int],
        numbers: NDArray[np.uint16],
        *,
        scales: tuple[tuple[float, float], tuple[float, float]],
        protocol: MeasurementProtocol,
    ) -> None:
        self._shape = shape
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
        counts.bins = [None] * self._shape[0]
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
        counts.bins = self._fraction_bins(groups, water, fat)

    def _fraction_bins(
        self, groups: NDArray[np.int64], water: NDArray[np.float64], fat: NDArray[np.float64]
    ) -> list[SliceBins | None]:
        """Histograms of the fat fraction of valid pixels, for the reader to look at."""
        low, high = self._protocol.valid_low, self._protocol.valid_high
        fraction, valid = valid_fractions(water, fat, valid_low=low, valid_high=high)
        bins = fraction_bins(fraction[valid])
        return bins_of([count_occurrences(groups[valid], bins, np.ones(len(bins), dtype=np.int64))], self._shape)


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


def bins_of(
    parts: list[tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]], shape: tuple[int, int]
) -> list[SliceBins | None]:
    """Sorted bins of a slab cut into its slices."""
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    groups, values, counts = count_occurrences(joined[0], joined[1], joined[2])
    found: list[SliceBins | None] = []
    ends = np.searchsorted(groups, np.arange(shape[0] + 1) * shape[1])
    for z in range(shape[0]):
        part = slice(int(ends[z]), int(ends[z + 1]))
        if part.start == part.stop:
            found.append(None)
            continue
        lengths = np.bincount(groups[part] - z * shape[1], minlength=shape[1]).astype(np.int32)
        found.append(SliceBins(counts[part].astype(np.int32), lengths, values[part]))
    return found
