"""Voxels as napari draws them slice by slice: as signal, unpacked once, the coarsest step in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box, FarSource, VoxelArray
from ..domain.index_map import basic_box
from ..domain.volume import Volume
from ..keeping.conversion_cache import default_cache
from ..keeping.unpacked_chunks import UnpackedChunks
from ..reading.zarr_blocks import ZarrBlocks

MOST_BYTES_HELD = 48 * 2**20
"""The coarsest step of an image is held in memory up to this size [bytes]."""


@dataclass(frozen=True)
class DrawnVoxels:
    """Stored voxels seen as signal, so that the value under the pointer is the one that is measured.

    Parameters
    ----------
    voxels : VoxelArray
        Shape ``(n_slices, n_rows, n_columns)``.
    slope, intercept : float
        What turns stored voxels into signal.
    """

    voxels: VoxelArray
    slope: float = 1.0
    intercept: float = 0.0

    ndim = 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the signal."""
        return np.dtype(self.voxels.dtype) if self._is_signal else np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_slices, n_rows, n_columns)``."""
        return tuple(self.voxels.shape)

    @property
    def size(self) -> int:
        """Number of voxels."""
        return prod(self.shape)

    def __getitem__(self, key: Any) -> Any:
        """Signal by basic indexing; several slices stay unread until somebody asks for one of them, or for all.

        Of a pyramid napari cuts the part on the screen out of all slices, and only then takes the one it shows.
        """
        box, picked = basic_box(key, _three(self.shape))
        if all(isinstance(one, slice) and one.step in (None, 1) for one in picked):
            return PartOfVoxels(self, box)
        return self.read(box)[picked]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self.read(slice(0, n) for n in self.shape), dtype=dtype)

    def read(self, box: Iterable[slice]) -> NDArray[Any]:
        """Signal of a box."""
        stored = np.asarray(self.voxels[tuple(box)])
        return stored if self._is_signal else np.asarray(stored * self.slope + self.intercept, dtype=np.float32)

    @property
    def _is_signal(self) -> bool:
        return (self.slope, self.intercept) == (1.0, 0.0)


@dataclass(frozen=True)
class PartOfVoxels:
    """A box of drawn voxels that is read when it is asked for.

    Parameters
    ----------
    whole : DrawnVoxels
        What it is a part of.
    box : Box
        Which part.
    """

    whole: DrawnVoxels
    box: Box

    ndim = 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the signal."""
        return self.whole.dtype

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return _three([side.stop - side.start for side in self.box])

    @property
    def size(self) -> int:
        """Number of voxels."""
        return prod(self.shape)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Signal by basic indexing."""
        inner, picked = basic_box(key, self.shape)
        shifted = (slice(i.start + o.start, i.stop + o.start) for i, o in zip(inner, self.box, strict=True))
        return np.asarray(self.whole.read(shifted)[picked])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self.whole.read(self.box), dtype=dtype)


def drawn_steps(volume: Volume) -> VoxelArray | list[VoxelArray]:
    """Voxels of a volume for an image layer; a list of all resolution steps, finest first, where there are several."""
    if not volume.resolution_steps:
        return _drawn(volume.voxels, volume.voxel_scale)
    *fine, coarsest = (
        DrawnVoxels(_unpacked_once(step), *volume.voxel_scale) for step in (volume.voxels, *volume.resolution_steps)
    )
    return [*fine, _held_if_small(coarsest)]


def same_voxels(one: VoxelArray, other: VoxelArray) -> bool:
    """Whether two arrays are known to be the same without reading them."""
    return one is other or (isinstance(one, ZarrBlocks) and one == other)


def _drawn(voxels: VoxelArray, voxel_scale: tuple[float, float]) -> VoxelArray:
    """Voxels that napari slices lazily; what lacks a number of dimensions or a size would be read whole or refused."""
    seen = _unpacked_once(voxels)
    if voxel_scale != (1.0, 0.0) or not (hasattr(seen, "ndim") and hasattr(seen, "size")):
        return DrawnVoxels(seen, *voxel_scale)
    return seen


def _unpacked_once(voxels: VoxelArray) -> VoxelArray:
    if isinstance(voxels, BlockSource) and _costs_more_than_a_slice(voxels):
        return UnpackedChunks(voxels, default_cache().root)
    return voxels


def _held_if_small(voxels: VoxelArray) -> VoxelArray:
    """The coarsest step, which is read for the thumbnail of every slice: in memory, unless it is large itself."""
    if prod(voxels.shape) * np.dtype(voxels.dtype).itemsize > MOST_BYTES_HELD:
        return voxels
    return np.asarray(voxels[...])


def _costs_more_than_a_slice(source: BlockSource) -> bool:
    """Whether reading a slice unpacks its neighbours too, or waits for a network."""
    is_far = isinstance(source, FarSource) and source.is_far
    return is_far or source.block_shape[0] > 1


def _three(sizes: Sequence[int]) -> tuple[int, int, int]:
    slices, rows, columns = (int(n) for n in sizes)
    return slices, rows, columns
