"""Counting the signals of labelled voxels: a compiled loop for large volumes, plain numpy for all others."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

CountKernel = Callable[[NDArray[Any], NDArray[Any], NDArray[np.uint16], int, NDArray[np.int32]], None]
"""Adds the voxels of a block to ``counts`` of shape ``(n_slices, n_structures, n_signals)``."""

_COMPILE_FROM_VOXELS = 2**25
"""Below this many voxels numpy is done before a compiled loop has been loaded."""


def count_kernel_for(n_voxels: int) -> CountKernel:
    """The kernel that suits a volume: compiled for large volumes when numba is there, numpy's otherwise.

    Both give the same integers.
    """
    if n_voxels < _COMPILE_FROM_VOXELS:
        return count_with_numpy
    return compiled_kernel() or count_with_numpy


@cache
def compiled_kernel() -> CountKernel | None:
    """The compiled kernel, or None where numba is not installed."""
    try:
        import numba
    except ImportError:
        return None
    kernel: CountKernel = numba.njit(nogil=True, cache=True)(_count_in_loops)
    return kernel


def count_with_numpy(
    image: NDArray[Any], labels: NDArray[Any], numbers: NDArray[np.uint16], lowest: int, counts: NDArray[np.int32]
) -> None:
    """Add a block to the counts by a joint histogram of structure and signal.

    Parameters
    ----------
    image, labels : ndarray, shape (n_slices, n_rows, n_columns)
        Integers of one block.
    numbers : ndarray of uint16
        1 + number of the structure for every label value, 0 for values that are not measured.
    lowest : int
        Signal counted in the first bin.
    counts : ndarray, shape (n_slices, n_structures, n_signals)
        Added to in place.
    """
    n_structures, n_signals = counts.shape[1:]
    for in_slice, seen, target in zip(labels, image, counts, strict=True):
        where = np.nonzero(in_slice)
        if not len(where[0]):
            continue
        rows, columns = (slice(int(axis.min()), int(axis.max()) + 1) for axis in where)
        number = structure_numbers(in_slice[rows, columns], numbers)
        measured = number > 0
        joint = (number[measured].astype(np.int64) - 1) * n_signals
        joint += seen[rows, columns][measured].astype(np.int64) - lowest
        found = np.bincount(joint, minlength=n_structures * n_signals)
        target += found.reshape(n_structures, n_signals).astype(np.int32)


def structure_numbers(labels: NDArray[Any], numbers: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """1 + number of the structure of every voxel, 0 where nothing is measured; values outside the table are 0."""
    if len(numbers) > np.iinfo(labels.dtype).max and labels.dtype.kind == "u":
        return np.asarray(numbers[labels])
    inside = (labels > 0) & (labels < len(numbers))
    return np.asarray(numbers[np.where(inside, labels, 0)])


def _count_in_loops(
    image: NDArray[Any], labels: NDArray[Any], numbers: NDArray[np.uint16], lowest: int, counts: NDArray[np.int32]
) -> None:
    """`count_with_numpy` as loops for the compiler: runs of one label are found first, then counted."""
    n_slices, n_rows, n_columns = labels.shape
    for z in range(n_slices):
        for y in range(n_rows):
            row = labels[z, y]
            seen = image[z, y]
            x = 0
            while x < n_columns:
                value = row[x]
                start = x
                x += 1
                while x < n_columns and row[x] == value:
                    x += 1
                if value <= 0 or value >= len(numbers):
                    continue
                number = numbers[value]
                if number == 0:
                    continue
                bins = counts[z, number - 1]
                for i in range(start, x):
                    bins[np.int64(seen[i]) - lowest] += 1
