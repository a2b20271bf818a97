"""Coarser and coarser pictures of a volume, written while it passes by once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box
from ..domain.subject import Progress
from .zarr_chunk_files import ChunkWriter, Place

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
    wide: Any = (np.int64 if voxels.dtype.itemsize > 2 else np.int32) if is_whole_number else voxels.dtype
    total: NDArray[Any] = whole
    for axis, factor in enumerate(factors):
        # slices first: rows of neighbours lie one behind the other there, and half as much is left for the rest
        for at in range(1, factor):
            total = np.add(
                _every(whole, factor, 0, axis) if at == 1 else total, _every(whole, factor, at, axis), dtype=wide
            )
        whole = total
    n_joined = prod(factors)
    mean = (total + n_joined // 2) // n_joined if is_whole_number else np.divide(total, n_joined)
    return mean.astype(voxels.dtype)


def _every(voxels: NDArray[Any], factor: int, first: int, axis: int) -> NDArray[Any]:
    return voxels[tuple(slice(first, None, factor) if one == axis else slice(None) for one in range(3))]


class PyramidBuilder:
    """Writes every resolution step chunk by chunk in one pass: a coarse chunk is made from the finer ones under it.

    Parameters
    ----------
    source : BlockSource
        Voxels of the finest step.
    steps : sequence of ChunkWriter
        One for each step, all with the same chunk shape.
    factors : sequence of Factors
        Of each step, against the finest.
    """

    def __init__(self, source: BlockSource, steps: Sequence[ChunkWriter], factors: Sequence[Factors]) -> None:
        n_slabs = max(factors[-1][0], 1)
        self._source = _kept(source, steps[0].chunk_shape, n_slabs)
        self._steps = steps
        self._joins = [tuple(b // a for a, b in zip(fine, coarse, strict=True)) for fine, coarse in pairwise(factors)]

    def build(self, progress: Progress, *, n_workers: int = 2) -> None:
        """Write everything.

        Parameters
        ----------
        progress : Progress
            Told how many chunks of the coarsest step are done; what it raises stops the work.
        n_workers : int
            Threads; compressing lets others run.
        """
        top = len(self._steps) - 1
        places = self._steps[top].places()
        with ThreadPoolExecutor(n_workers, thread_name_prefix="hipspine-write") as pool:
            waiting = [pool.submit(self._write_all_under, top, place) for place in places]
            try:
                for done, one in enumerate(waiting):
                    progress(done, len(waiting), "writing")
                    one.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        progress(len(waiting), len(waiting), "writing")

    def _write_all_under(self, step: int, place: Place) -> None:
        # What a future returns lives as long as the future: voxels handed back would add up to the coarsest step.
        self._chunk(step, place)

    def _chunk(self, step: int, place: Place) -> NDArray[Any]:
        """Voxels of a chunk, written with everything under it."""
        writer = self._steps[step]
        if step == 0:
            voxels = self._source.read(writer.box(place))
        else:
            voxels = np.empty([s.stop - s.start for s in writer.box(place)], dtype=writer.dtype)
            for child, at in self._under(step, place):
                joined = mean_of_neighbours(self._chunk(step - 1, child), self._join(step))
                voxels[tuple(slice(first, first + n) for first, n in zip(at, joined.shape, strict=True))] = joined
        writer.write(place, voxels)
        return voxels

    def _under(self, step: int, place: Place) -> Iterator[tuple[Place, tuple[int, ...]]]:
        """Chunks of the finer step that make up a chunk, and where in it the mean of each lies."""
        join, fine = self._join(step), self._steps[step - 1]
        for offset in product(*(range(factor) for factor in join)):
            child = tuple(p * j + o for p, j, o in zip(place, join, offset, strict=True))
            if all(c < n for c, n in zip(child, fine.n_chunks, strict=True)):
                at = tuple(o * c // j for o, c, j in zip(offset, fine.chunk_shape, join, strict=True))
                yield (child[0], child[1], child[2]), at

    def _join(self, step: int) -> Factors:
        slices, rows, columns = self._joins[step - 1]
        return slices, rows, columns


def _kept(source: BlockSource, chunk_shape: tuple[int, int, int], n_slabs: int) -> BlockSource:
    """The source, or, where it stores more of a slice at once than a chunk holds, one that reads every slice once."""
    is_wide = any(block > chunk for block, chunk in zip(source.block_shape[1:], chunk_shape[1:], strict=True))
    return KeptSlabs(source, chunk_shape[0], n_slabs) if is_wide else source


class KeptSlabs:
    """Runs of whole slices, of which the last few are kept: for files that give no part of a slice by itself.

    Parameters
    ----------
    source : BlockSource
        What is read.
    n_slices : int
        Slices of a run; boxes lie inside one.
    n_slabs : int
        Runs that are kept.
    """

    def __init__(self, source: BlockSource, n_slices: int, n_slabs: int) -> None:
        self._source, self._n_slices = source, n_slices
        self._slab = lru_cache(maxsize=n_slabs)(self._read_slab)
        self._lock = Lock()

    shape = property(lambda self: self._source.shape)
    dtype = property(lambda self: self._source.dtype)
    block_shape = property(lambda self: self._source.block_shape)

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros without reading it."""
        return self._source.is_empty(box)

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box."""
        slices, rows, columns = box
        first = slices.start - slices.start % self._n_slices
        with self._lock:
            slab = self._slab(first)
        return slab[slices.start - first : slices.stop - first, rows, columns]

    def _read_slab(self, first: int) -> NDArray[Any]:
        n_slices, n_rows, n_columns = self._source.shape
        last = min(first + self._n_slices, n_slices)
        return self._source.read((slice(first, last), slice(0, n_rows), slice(0, n_columns)))
