"""Blocks of a dask array, computed a few at a time: never one graph over the whole volume."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .blocks import Box

_BATCH_BYTES = 4 * 2**20
_BATCH_BLOCKS = 1000
"""Blocks are computed together up to this size and number; cutting a batch out costs more the more blocks there are."""


def is_dask(voxels: Any) -> bool:
    """Whether these are the voxels of a dask array."""
    return hasattr(voxels, "__dask_graph__") and hasattr(voxels, "compute") and hasattr(voxels, "chunksize")


@dataclass(frozen=True)
class DaskBlocks:
    """Batches of blocks of a dask array.

    Parameters
    ----------
    array : dask.array.Array
        Shape ``(n_slices, n_rows, n_columns)``.
    """

    array: Any

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        n_slices, n_rows, n_columns = self.array.shape
        return (int(n_slices), int(n_rows), int(n_columns))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Native type of the voxels."""
        native: np.dtype[Any] = np.dtype(self.array.dtype)
        return native

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """A run of whole blocks along a row, or of such rows."""
        depth, rows, columns = (max(1, int(n)) for n in self.array.chunksize)
        room = min(_BATCH_BYTES // (depth * rows * columns * self.dtype.itemsize), _BATCH_BLOCKS)
        along = max(1, min(room, -(-self.shape[2] // columns)))
        down = max(1, min(room // along, -(-self.shape[1] // rows)))
        return depth, min(down * rows, self.shape[1]), min(along * columns, self.shape[2])

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros; a dask array never knows."""
        return False

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box, computed on this thread; on the cluster where a client of one is connected."""
        part = self.array[box]
        return np.asarray(part.compute() if _has_cluster() else part.compute(scheduler="synchronous"))


def _has_cluster() -> bool:
    default_client = getattr(sys.modules.get("distributed"), "default_client", None)
    if default_client is None:
        return False
    try:
        default_client()
    except ValueError:
        return False
    return True
