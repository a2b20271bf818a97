"""Voxels that are costly to get at are fetched at the first look, once, whoever looks first."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import ArrayBlocks, BlockSource, Box, VoxelArray, blocks_of
from ..domain.cache import VolumeCache
from ..domain.index_map import basic_box
from .zarr_blocks import ZarrBlocks

_SLAB_BYTES = 16 * 2**20


class OpenedAtFirstLook:
    """Voxels of known shape and type whose array is made when the first voxel is asked for.

    Parameters
    ----------
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    dtype : numpy.dtype
        Native type of the voxels.
    open_voxels : callable
        Makes the array; called once, by the first look.
    """

    ndim = 3

    def __init__(self, shape: tuple[int, int, int], dtype: np.dtype[Any], open_voxels: Callable[[], Any]) -> None:
        self.shape = shape
        self.dtype = dtype
        self._open_voxels = open_voxels
        self._opened: Any = None
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether somebody has looked already."""
        return self._opened is not None

    @property
    def voxels(self) -> Any:
        """The array itself; made now if nobody has looked yet."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open_voxels()
            return self._opened

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Size of a block that is read at one go without waste; asking for it opens nothing."""
        source: BlockSource = blocks_of(self._opened) if self.is_open else ArrayBlocks(self)
        return source.block_shape

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros; nothing is known before the first look."""
        return self.is_open and blocks_of(self._opened).is_empty(box)

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box."""
        return blocks_of(self.voxels).read(box)

    def __getitem__(self, key: Any) -> Any:
        """Voxels by basic indexing; an empty piece, by which dask learns the type, opens nothing."""
        if not self.is_open:
            box, picked = basic_box(key, self.shape)
            sizes = [side.stop - side.start for side in box]
            if 0 in sizes:
                return np.empty(sizes, self.dtype)[picked]
        return self.voxels[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self.voxels, dtype=dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        """What was opened stays in this process; another one opens it for itself."""
        return type(self), (self.shape, self.dtype, self._open_voxels)


def keep_between_sittings(cache: VolumeCache | None, key: str, make: Callable[[], VoxelArray]) -> Any:
    """Voxels from the cache; made, and kept there, when the cache does not have them.

    Parameters
    ----------
    cache : VolumeCache or None
        Without one the voxels are made and handed over.
    key : str
        Names the voxels, see `key_of_files`.
    make : callable
        Gives the voxels, shape ``(n_slices, n_rows, n_columns)``.
    """
    if cache is None:
        return make()
    kept = cache.find(key)
    if kept is None:
        voxels = make()
        n_slices, n_rows, n_columns = voxels.shape
        kept = cache.keep(key, (n_slices, n_rows, n_columns), voxels.dtype, _slabs(voxels))
    return _read_directly(kept)


def _read_directly(kept: VoxelArray) -> Any:
    """Kept voxels with their chunks read straight from disk, where they are a local zarr."""
    import zarr

    if isinstance(kept, zarr.Array) and isinstance(kept.store, zarr.storage.LocalStore):
        return ZarrBlocks(str(kept.store.root / kept.path))
    return kept


def key_of_files(paths: Iterable[str | Path], *view: object) -> str:
    """Key that changes when a file is another one, has another size or was written at another time.

    Parameters
    ----------
    paths : iterable of path-like
        Files in the order in which they are read.
    *view : object
        Which volume of the files, and in which order of axes.
    """
    digest = hashlib.sha256(repr(view).encode())
    for path in paths:
        status = Path(path).stat()
        digest.update(
            f"{os.path.realpath(path)}|{status.st_size}|{status.st_mtime_ns}\n".encode(errors="surrogateescape")
        )
    return digest.hexdigest()


def _slabs(voxels: VoxelArray) -> Iterator[NDArray[Any]]:
    """Runs of whole slices, each of about sixteen megabytes."""
    n_slices, n_rows, n_columns = voxels.shape
    step = max(1, _SLAB_BYTES // (n_rows * n_columns * voxels.dtype.itemsize))
    for start in range(0, n_slices, step):
        yield np.asarray(voxels[start : start + step])
