"""A picture seen in half pixels, and its outlines moved there by half a pixel, without storing either."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box
from ..domain.grid import Grid
from ..domain.index_map import basic_box
from ..domain.label_map import LabelMap
from ..domain.volume import Volume, WaterFat
from .moved_outlines import move_outlines

PARTS = 2
"""A pixel is seen as so many by so many; a step of one part is half a pixel."""


def half_pixel_grid(grid: Grid) -> Grid:
    """The grid whose pixels are the quarters of another's, four per pixel in the slice plane."""
    affine = grid.affine.copy()
    affine[:, 1:3] /= PARTS
    # The centre of the first quarter lies a quarter of a pixel before the centre of the first pixel.
    affine[:, 3] -= (grid.affine[:, 1] + grid.affine[:, 2]) * (PARTS - 1) / (2 * PARTS)
    n_slices, n_rows, n_columns = grid.shape
    return Grid((n_slices, n_rows * PARTS, n_columns * PARTS), affine, grid.frame_of_reference_uid)


def image_in_half_pixels(image: Volume | WaterFat) -> Volume | WaterFat:
    """The same picture on `half_pixel_grid`, every signal standing four times."""
    if isinstance(image, WaterFat):
        water, fat = (_volume_in_half_pixels(volume) for volume in (image.water, image.fat))
        return replace(image, water=water, fat=fat)
    return _volume_in_half_pixels(image)


def labels_in_half_pixels(label_map: LabelMap, *, slices: Collection[int], is_outward: bool) -> LabelMap:
    """The outlines on `half_pixel_grid`, moved by half a pixel.

    Outward they grow over pixels that no structure holds, so that touching outlines stay where they touch; inward
    they shrink from every border but the edge of the picture. See `move_outlines`.

    Parameters
    ----------
    label_map : LabelMap
        Outlines of shape ``(n_slices, n_rows, n_columns)``.
    slices : collection of int
        Slices that are wanted; the others are empty.
    is_outward : bool
        Whether they grow or shrink.
    """
    seen = MovedOutlines(label_map.blocks(), frozenset(slices), tuple(sorted(label_map.structures)), is_outward)
    return replace(label_map, labels=seen, grid=half_pixel_grid(label_map.grid))


class _HalfPixelView(ABC):
    """What both views share: shape, indexing and how a box lies on the pixels of the source."""

    source: BlockSource

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)`` of the view."""
        n_slices, n_rows, n_columns = self.source.shape
        return n_slices, n_rows * PARTS, n_columns * PARTS

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the source."""
        return self.source.dtype

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks of the source."""
        n_slices, n_rows, n_columns = self.source.block_shape
        return n_slices, n_rows * PARTS, n_columns * PARTS

    @abstractmethod
    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only background without reading it."""

    @abstractmethod
    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box of the view."""

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Voxels by numpy's basic indexing (integers, slices, ellipsis)."""
        box, picked = basic_box(key, self.shape)
        return np.asarray(self.read(box)[picked])


@dataclass(frozen=True)
class HalfPixels(_HalfPixelView):
    """Signals in half pixels."""

    source: BlockSource

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros."""
        return self.source.is_empty(_pixels_of(box))

    def read(self, box: Box) -> NDArray[Any]:
        """Signals of one box."""
        wide = _pixels_of(box)
        rows, columns = (
            slice(s.start - w.start * PARTS, s.stop - w.start * PARTS) for s, w in zip(box[1:], wide[1:], strict=True)
        )
        return self.source.read(wide).repeat(PARTS, axis=1).repeat(PARTS, axis=2)[:, rows, columns]


@dataclass(frozen=True)
class MovedOutlines(_HalfPixelView):
    """Labels in half pixels, moved by one of them.

    Parameters
    ----------
    source : BlockSource
        Labels as drawn.
    slices : frozenset of int
        Slices that are wanted.
    values : tuple of int
        Label values that stand for structures; all others count as background.
    is_outward : bool
        Whether outlines grow or shrink.
    """

    source: BlockSource
    slices: frozenset[int]
    values: tuple[int, ...]
    is_outward: bool

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Whole slices: how far an outline moves depends on all of it."""
        return self.source.block_shape[0], *self.shape[1:]

    def is_empty(self, box: Box) -> bool:
        """Whether no wanted slice of the box can hold a label."""
        wanted = any(z in self.slices for z in range(box[0].start, box[0].stop))
        return not wanted or self.source.is_empty((box[0], *self._whole_slice))

    def read(self, box: Box) -> NDArray[Any]:
        """Labels of one box."""
        out = np.zeros([s.stop - s.start for s in box], dtype=self.dtype)
        for place, z in enumerate(range(box[0].start, box[0].stop)):
            if z in self.slices:
                drawn = self.source.read((slice(z, z + 1), *self._whole_slice))[0]
                moved = move_outlines(drawn, self.values, n_parts=PARTS, is_outward=self.is_outward)
                out[place] = moved[box[1], box[2]]
        return out

    @property
    def _whole_slice(self) -> tuple[slice, slice]:
        _, n_rows, n_columns = self.source.shape
        return slice(0, n_rows), slice(0, n_columns)


def _pixels_of(box: Box) -> Box:
    """Pixels of the source that hold a box of the view."""
    rows, columns = (slice(s.start // PARTS, -(-s.stop // PARTS)) for s in box[1:])
    return box[0], rows, columns


def _volume_in_half_pixels(volume: Volume) -> Volume:
    grid = half_pixel_grid(volume.grid)
    return replace(volume, voxels=HalfPixels(volume.blocks()), grid=grid, resolution_steps=())
