"""One number per slice of labels, from one pass over their blocks, however large they are."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any

import numpy as np

from ..domain.blocks import BlockSource, blocks_of
from ..domain.subject import Progress, stay_silent
from ..keeping.label_store_keys import as_labels

_DOING = "noting how the labels are on each slice"


def slice_checksums(labels: Any, progress: Progress = stay_silent) -> tuple[int, ...]:
    """One number per slice that changes when a voxel of the slice does.

    Every block is read once, and no more is held than one row of blocks; blocks known to be empty are not read.

    Parameters
    ----------
    labels : BlockSource or VoxelArray
        Whole numbers from 0 to 65535; the type they are stored in makes no difference.
    progress : Progress
        Told how many slices are done; may stop it.
    """
    source = blocks_of(labels)
    n_slices, deep = source.shape[0], source.block_shape[0]
    sums: list[int] = []
    for first in range(0, n_slices, deep):
        progress(first, n_slices, _DOING)
        sums += _slab_checksums(source, slice(first, min(first + deep, n_slices)))
    progress(n_slices, n_slices, _DOING)
    return tuple(sums)


def slice_checksum(labels: Any, slice_index: int) -> int:
    """A number that changes when a voxel of the slice does."""
    (found,) = _slab_checksums(blocks_of(labels), slice(slice_index, slice_index + 1))
    return found


def _slab_checksums(source: BlockSource, slab: slice) -> list[int]:
    _, n_rows, n_columns = source.shape
    whole = (slab, slice(0, n_rows), slice(0, n_columns))
    n_slices, step = slab.stop - slab.start, source.block_shape[1]
    if source.is_empty(whole):
        return [_continued_by_zeros(0, n_rows * n_columns)] * n_slices
    sums = [0] * n_slices
    for first in range(0, n_rows, step):
        rows = slice(first, min(first + step, n_rows))
        box = (slab, rows, whole[2])
        if source.is_empty(box):
            sums = [_continued_by_zeros(one, (rows.stop - rows.start) * n_columns) for one in sums]
            continue
        planes = np.ascontiguousarray(as_labels(source.read(box)))
        sums = [zlib.crc32(plane.data, one) for plane, one in zip(planes, sums, strict=True)]
    return sums


@lru_cache(maxsize=256)
def _continued_by_zeros(before: int, n_voxels: int) -> int:
    return zlib.crc32(bytes(n_voxels * np.dtype(np.uint16).itemsize), before)
