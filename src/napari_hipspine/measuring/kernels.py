"""Counting the signals of labelled voxels: compiled loops for large volumes, plain numpy for all others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import kernel_loops

_COMPILE_FROM_VOXELS = 2**25
"""Below this many voxels numpy is done before compiled loops have been loaded."""

ALL_COUNTED = -1


@dataclass(frozen=True)
class Kernels:
    """What is done to every block; the compiled and the plain form give the same integers.

    Labels are 8- or 16-bit numbers, and the table of numbers has an entry for every value of their type.

    Parameters
    ----------
    has_measured : callable
        Takes labels and numbers: whether a structure that is measured occurs.
    count : callable
        Takes image, labels, numbers, signal of the first bin, counts and a place to start from. Adds the block to
        ``counts`` of shape ``(n_slices, n_structures, n_bins)`` and returns `ALL_COUNTED`, or the place from
        which on nothing was added, because a signal there has no bin.
    pack : callable
        Takes counts of one slab, which are zero afterwards, and returns `PackedSlab`.
    sum_ranges : callable
        Takes counts, first values and lengths of the dense bins of some slices, the values from which on and before
        which each range of each structure lies, and adds to pixels and sums of values of shape
        ``(n_slices, n_ranges, n_structures)``.
    """

    has_measured: Callable[[NDArray[Any], NDArray[np.uint16]], bool]
    count: Callable[[NDArray[Any], NDArray[Any], NDArray[np.uint16], int, NDArray[np.int32], int], int]
    pack: Callable[[NDArray[np.int32]], PackedSlab]
    sum_ranges: Callable[..., None]


@dataclass(frozen=True)
class PackedSlab:
    """Counts of one slab without the empty bins before the first and after the last of each structure.

    Parameters
    ----------
    first, lengths : ndarray of int32, shape (n_slices, n_structures)
        First occupied bin, and bins up to the last occupied one; both 0 where there is none.
    n_pixels : ndarray of int64, shape (n_slices, n_structures)
        Sum of the counts.
    counts : ndarray of int32
        What was kept, by slice, structure and bin.
    pooled : ndarray of int64, shape (n_structures, n_bins)
        Counts of all slices together.
    """

    first: NDArray[np.int32]
    lengths: NDArray[np.int32]
    n_pixels: NDArray[np.int64]
    counts: NDArray[np.int32]
    pooled: NDArray[np.int64]


def kernels_for(n_voxels: int) -> Kernels:
    """The kernels that suit a volume: compiled for large volumes when numba is there, numpy's otherwise."""
    if n_voxels < _COMPILE_FROM_VOXELS and not are_compiled().is_set():
        return PLAIN
    return compiled_kernels() or PLAIN


@cache
def are_compiled() -> threading.Event:
    """Set once the compiled kernels have been made ready ahead: then they suit small volumes too."""
    return threading.Event()


@cache
def compiled_kernels() -> Kernels | None:
    """The compiled kernels, or None where numba is not installed."""
    try:
        import numba
    except ImportError:
        return None
    compiled = numba.njit(nogil=True, cache=True)
    has_measured, count = compiled(kernel_loops.has_measured), compiled(kernel_loops.count)
    survey, move = compiled(kernel_loops.survey), compiled(kernel_loops.move)

    def pack(counts: NDArray[np.int32]) -> PackedSlab:
        shape = counts.shape[:2]
        first, lengths = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
        n_pixels = np.zeros(shape, dtype=np.int64)
        kept = np.empty(survey(counts, first, lengths, n_pixels), dtype=np.int32)
        pooled = np.zeros(counts.shape[1:], dtype=np.int64)
        move(counts, first, lengths, kept, pooled)
        return PackedSlab(first, lengths, n_pixels, kept, pooled)

    return Kernels(
        has_measured=lambda labels, numbers: bool(has_measured(*_in_words(labels), numbers)),
        count=lambda image, labels, numbers, lowest, counts, start: int(
            count(_by_slice(image), *_in_words(labels), numbers, lowest, counts, start)
        ),
        pack=pack,
        sum_ranges=compiled(kernel_loops.sum_ranges),
    )


def _by_slice(block: NDArray[Any]) -> NDArray[Any]:
    """The voxels of each slice in a row, shape ``(n_slices, n_pixels)``."""
    return np.ascontiguousarray(block).reshape(len(block), -1)


def _in_words(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.uint64]]:
    """Labels of each slice in a row, and the same memory as 64-bit words; no words where slices do not fill them."""
    rows = _by_slice(labels)
    fills = rows.shape[1] * rows.itemsize % 8 == 0 and rows.ctypes.data % 8 == 0
    return rows, rows.view(np.uint64) if fills else np.empty((len(rows), 0), dtype=np.uint64)


def _has_measured(labels: NDArray[Any], numbers: NDArray[np.uint16]) -> bool:
    return bool(labels.any() and numbers[labels].any())


def _count(
    image: NDArray[Any],
    labels: NDArray[Any],
    numbers: NDArray[np.uint16],
    lowest: int,
    counts: NDArray[np.int32],
    start: int,
) -> int:
    """Count a block by a joint histogram of structure and signal; all of it, or nothing at all."""
    n_structures, n_bins = counts.shape[1:]
    joints = []
    for of_slice, seen in zip(_by_slice(labels), _by_slice(image), strict=True):
        labelled = np.flatnonzero(of_slice)
        number = numbers[of_slice[labelled]]
        measured = number > 0
        signals = seen[labelled[measured]].astype(np.int64) - lowest
        if signals.size and (signals.min() < 0 or signals.max() >= n_bins):
            return start
        joints.append((number[measured].astype(np.int64) - 1) * n_bins + signals)
    for joint, target in zip(joints, counts, strict=True):
        if joint.size:
            found = np.bincount(joint, minlength=n_structures * n_bins)
            target += found.reshape(n_structures, n_bins).astype(np.int32)
    return ALL_COUNTED


def _pack(counts: NDArray[np.int32]) -> PackedSlab:
    is_there = counts > 0
    first = is_there.argmax(axis=2).astype(np.int32)
    lengths = counts.shape[2] - is_there[..., ::-1].argmax(axis=2).astype(np.int32) - first
    lengths[~is_there.any(axis=2)] = 0
    bins = np.arange(counts.shape[2])
    is_kept = (bins >= first[..., None]) & (bins < (first + lengths)[..., None])
    n_pixels, pooled = counts.sum(axis=2, dtype=np.int64), counts.sum(axis=0, dtype=np.int64)
    packed = PackedSlab(first, lengths, n_pixels, counts[is_kept], pooled)
    counts[...] = 0
    return packed


def _sum_ranges(
    counts: NDArray[Any],
    places: NDArray[np.int32],
    lengths: NDArray[np.int32],
    first: NDArray[np.int64],
    stop: NDArray[np.int64],
    n_pixels: NDArray[np.int64],
    stored: NDArray[np.int64],
) -> None:
    starts = (np.cumsum(lengths) - lengths.ravel()).reshape(lengths.shape)
    values = np.arange(len(counts)) + np.repeat((places - starts).ravel(), lengths.ravel())
    pixels_before = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    stored_before = np.concatenate([[0], np.cumsum(counts.astype(np.int64) * values)])
    starts, places, lengths = starts[:, None], places[:, None], lengths[:, None]
    low = starts + np.clip(first - places, 0, lengths)
    high = np.maximum(low, starts + np.clip(stop - places, 0, lengths))
    n_pixels += pixels_before[high] - pixels_before[low]
    stored += stored_before[high] - stored_before[low]


PLAIN = Kernels(_has_measured, _count, _pack, _sum_ranges)
