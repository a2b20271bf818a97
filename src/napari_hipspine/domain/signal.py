"""Stored voxels read as signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .blocks import BlockSource, Box, blocks_of
from .volume import Volume

_NO_FILE_FORMAT_HOLDS = (np.dtype(np.float16), np.dtype(np.bool_))


@dataclass(frozen=True)
class SignalVoxels:
    """Voxels turned into signal while they are read, slice by slice or block by block.

    Parameters
    ----------
    voxels : VoxelArray
        As stored, shape ``(n_slices, n_rows, n_columns)``.
    scale : tuple of float
        ``(slope, intercept)``.
    """

    voxels: Any
    scale: tuple[float, float]

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        n_slices, n_rows, n_columns = self.voxels.shape
        return (int(n_slices), int(n_rows), int(n_columns))

    @property
    def dtype(self) -> np.dtype[Any]:
        """32-bit float."""
        return np.dtype(np.float32)

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks as stored."""
        return blocks_of(self.voxels).block_shape

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold no signal without reading it."""
        return self.scale[1] == 0 and blocks_of(self.voxels).is_empty(box)

    def read(self, box: Box) -> NDArray[np.float32]:
        """Signal of one box."""
        return self._as_signal(blocks_of(self.voxels).read(box))

    def __getitem__(self, key: Any) -> NDArray[np.float32]:
        return self._as_signal(self.voxels[key])

    def _as_signal(self, stored: Any) -> NDArray[np.float32]:
        slope, intercept = self.scale
        return np.asarray(stored, dtype=np.float32) * np.float32(slope) + np.float32(intercept)


def signal_blocks(volume: Volume) -> BlockSource:
    """Blocks of a volume's signal: those that are stored where they are signal already.

    Parameters
    ----------
    volume : Volume
        What is read.
    """
    blocks = volume.blocks()
    if volume.voxel_scale == (1.0, 0.0) and blocks.dtype not in _NO_FILE_FORMAT_HOLDS:
        return blocks
    return SignalVoxels(volume.voxels, volume.voxel_scale)
