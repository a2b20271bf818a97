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
    they shrink from every border but the edge of the picture.

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


def moved_by_a_part(labels: NDArray[Any], *, is_outward: bool) -> NDArray[Any]:
    """Labels of one slice, grown into background or shrunk by one pixel across its sides; 0 is background."""
    beside = _neighbours(labels)
    if not is_outward:
        stays = np.logical_and.reduce([one == labels for one in beside])
        return np.where(stays, labels, 0)
    highest = np.iinfo(labels.dtype).max
    # Where two outlines grow into one pixel, the lower label value has it.
    nearest = np.minimum.reduce([np.where(one == 0, highest, one) for one in beside])
    return np.where((labels == 0) & (nearest != highest), nearest, labels)


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

    def _source_box(self, box: Box, margin: int) -> Box:
        """Pixels of the source that hold a box and a margin around it."""
        rows, columns = (
            slice(max(0, s.start // PARTS - margin), min(n, -(-s.stop // PARTS) + margin))
            for s, n in zip(box[1:], self.source.shape[1:], strict=True)
        )
        return box[0], rows, columns

    @staticmethod
    def _inside(box: Box, wide: Box) -> tuple[slice, slice]:
        """Where a box lies in the quarters of the pixels read for it."""
        rows, columns = (
            slice(s.start - w.start * PARTS, s.stop - w.start * PARTS) for s, w in zip(box[1:], wide[1:], strict=True)
        )
        return rows, columns


@dataclass(frozen=True)
class HalfPixels(_HalfPixelView):
    """Signals in half pixels."""

    source: BlockSource

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros."""
        return self.source.is_empty(self._source_box(box, 0))

    def read(self, box: Box) -> NDArray[Any]:
        """Signals of one box."""
        wide = self._source_box(box, 0)
        return _in_parts(self.source.read(wide))[:, *self._inside(box, wide)]


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

    def is_empty(self, box: Box) -> bool:
        """Whether no wanted slice of the box can hold a label."""
        wanted = any(z in self.slices for z in range(box[0].start, box[0].stop))
        return not wanted or self.source.is_empty(self._source_box(box, 1))

    def read(self, box: Box) -> NDArray[Any]:
        """Labels of one box."""
        wide = self._source_box(box, 1)
        out = np.zeros([s.stop - s.start for s in box], dtype=self.dtype)
        for place, z in enumerate(range(box[0].start, box[0].stop)):
            if z not in self.slices:
                continue
            drawn = self.source.read((slice(z, z + 1), wide[1], wide[2]))
            named = np.where(np.isin(drawn, self.values), drawn, np.zeros_like(drawn))
            moved = moved_by_a_part(_in_parts(named)[0], is_outward=self.is_outward)
            out[place] = moved[self._inside(box, wide)]
        return out


def _in_parts(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels.repeat(PARTS, axis=1).repeat(PARTS, axis=2)


def _volume_in_half_pixels(volume: Volume) -> Volume:
    grid = half_pixel_grid(volume.grid)
    return replace(volume, voxels=HalfPixels(volume.blocks()), grid=grid, resolution_steps=())


def _neighbours(labels: NDArray[Any]) -> list[NDArray[Any]]:
    """Above, below, left and right of every pixel; beyond the edge the pixel itself, so that the edge moves nothing."""
    padded = np.pad(labels, 1, mode="edge")
    return [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
