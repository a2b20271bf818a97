"""Voxels that are costly to get at are fetched at the first look, once, whoever looks first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import ArrayBlocks, BlockSource, Box, blocks_of
from ..domain.index_map import basic_box


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
