"""Coarser and coarser pictures of a volume, written while it passes by once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Factors = tuple[int, int, int]
"""By how much slices, rows and columns of one resolution step are fewer than those of the finest."""

_SMALL_ENOUGH = 256
_NEARLY_ALIKE = 1.5
"""Slices farther apart than this many pixels are not joined: they would show two places as one."""


def pyramid_factors(
    shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], *, n_steps: int | None = None
) -> tuple[Factors, ...]:
    """Factors of every resolution step, the finest first.

    Parameters
    ----------
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)`` of the finest step.
    spacing_mm : tuple of float
        Its spacing [mm].
    n_steps : int, optional
        Steps; by default as many as bring rows and columns down to 256.
    """
    steps = [(1, 1, 1)]
    while len(steps) < (n_steps or 16):
        factors = steps[-1]
        now = [spacing * factor for spacing, factor in zip(spacing_mm, factors, strict=True)]
        if n_steps is None and max(n // f for n, f in zip(shape[1:], factors[1:], strict=True)) <= _SMALL_ENOUGH:
            break
        halved = [2 if spacing <= _NEARLY_ALIKE * min(now[1:]) else 1 for spacing in now]
        coarser = tuple(f * h for f, h in zip(factors, halved, strict=True))
        if any(n < f for n, f in zip(shape, coarser, strict=True)):
            break
        steps.append((coarser[0], coarser[1], coarser[2]))
    return tuple(steps)


def shape_of_step(shape: tuple[int, int, int], factors: Factors) -> tuple[int, int, int]:
    """Shape of a resolution step; what does not fill a whole voxel at the far edges still makes one."""
    slices, rows, columns = (-(-n // factor) for n, factor in zip(shape, factors, strict=True))
    return slices, rows, columns


def mean_of_neighbours(voxels: NDArray[Any], factors: Factors) -> NDArray[Any]:
    """Each voxel the mean of the voxels it stands for, in their own type; halves are rounded up.

    Parameters
    ----------
    voxels : ndarray
        ``(n_slices, n_rows, n_columns)``; at the far edges the last voxels are repeated where some are missing.
    factors : tuple of int
        How many slices, rows and columns become one.
    """
    missing = [(0, -n % factor) for n, factor in zip(voxels.shape, factors, strict=True)]
    whole = np.pad(voxels, missing, mode="edge") if any(far for _, far in missing) else voxels
    is_whole_number = voxels.dtype.kind in "iu"
    wide = np.int64 if voxels.dtype.itemsize > 2 else np.int32
    total = np.zeros([n // f for n, f in zip(whole.shape, factors, strict=True)], wide if is_whole_number else float)
    for first in product(*(range(factor) for factor in factors)):
        total += whole[tuple(slice(at, None, factor) for at, factor in zip(first, factors, strict=True))]
    n_joined = prod(factors)
    mean = (total + n_joined // 2) // n_joined if is_whole_number else total / n_joined
    return mean.astype(voxels.dtype)


class PyramidWriter:
    """Takes slabs of the finest step in order and writes every step, holding no more than a few slabs.

    Parameters
    ----------
    arrays : sequence of array
        One for each step, written by runs of slices.
    factors : sequence of Factors
        Of each step, against the finest.
    n_slices : int
        Slices that are written at a time, so that every chunk is packed once.
    """

    def __init__(self, arrays: Sequence[Any], factors: Sequence[Factors], n_slices: int) -> None:
        self._arrays = arrays
        self._joins = [tuple(b // a for a, b in zip(fine, coarse, strict=True)) for fine, coarse in pairwise(factors)]
        self._n_slices = n_slices
        self._n_written = [0] * len(arrays)
        self._waiting: list[list[NDArray[Any]]] = [[] for _ in arrays]

    def put(self, slab: NDArray[Any]) -> None:
        """Take the next slices of the finest step."""
        self._take(0, slab)

    def finish(self) -> None:
        """Write what is still waiting."""
        for step in range(len(self._arrays)):
            if self._waiting[step]:
                self._write(step, np.concatenate(self._waiting[step]))
                self._waiting[step] = []

    def _take(self, step: int, slab: NDArray[Any]) -> None:
        self._waiting[step].append(slab)
        n_waiting = sum(one.shape[0] for one in self._waiting[step])
        n_ready = n_waiting - n_waiting % self._n_slices
        if n_ready:
            joined = slab if len(self._waiting[step]) == 1 else np.concatenate(self._waiting[step])
            self._waiting[step] = [joined[n_ready:]] if n_waiting > n_ready else []
            self._write(step, joined[:n_ready])

    def _write(self, step: int, run: NDArray[Any]) -> None:
        first = self._n_written[step]
        self._arrays[step][first : first + run.shape[0]] = run
        self._n_written[step] += run.shape[0]
        if step < len(self._joins):
            slices, rows, columns = self._joins[step]
            self._take(step + 1, mean_of_neighbours(run, (slices, rows, columns)))
