"""Lossless ways from one grid's indices to another's: permute, flip, crop and pad, never resample."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .blocks import BlockSource, Box, blocks_of
from .errors import GridMismatch
from .grid import Grid

_WHOLE_STEP = 0.02
"""How far an index may lie from a whole number and still be the same voxel [voxels]."""


@dataclass(frozen=True)
class IndexMap:
    """Where each voxel of a target grid stands in a source array.

    Parameters
    ----------
    axes : tuple of int
        Source axis of each target axis.
    signs : tuple of int
        +1 where both axes grow the same way, -1 where they are flipped.
    offsets : tuple of int
        Source index of target index 0, per target axis.
    shape : tuple of int
        Target shape ``(n_slices, n_rows, n_columns)``.
    source_shape : tuple of int
        Shape of the source array.
    """

    axes: tuple[int, int, int]
    signs: tuple[int, int, int]
    offsets: tuple[int, int, int]
    shape: tuple[int, int, int]
    source_shape: tuple[int, int, int]

    @property
    def is_identity(self) -> bool:
        """Whether nothing has to be done."""
        straight = self.axes == (0, 1, 2) and self.signs == (1, 1, 1) and self.offsets == (0, 0, 0)
        return straight and self.shape == self.source_shape

    @property
    def crops_or_pads(self) -> bool:
        """Whether voxels of the source are left out, or background is added."""
        return not {"cropped", "padded with background"}.isdisjoint(self.steps)

    @property
    def steps(self) -> tuple[str, ...]:
        """What is done, in words for the report; empty for the identity."""
        said = []
        if self.axes != (0, 1, 2):
            said.append("axes permuted")
        flipped = [name for name, sign in zip(("slices", "rows", "columns"), self.signs, strict=True) if sign < 0]
        if flipped:
            said.append(f"{' and '.join(flipped)} flipped")
        bounds = [self._source_bounds(axis, slice(0, self.shape[axis])) for axis in range(3)]
        sizes = [self.source_shape[axis] for axis in self.axes]
        if any(low > 0 or high < size for (low, high), size in zip(bounds, sizes, strict=True)):
            said.append("cropped")
        if any(low < 0 or high > size for (low, high), size in zip(bounds, sizes, strict=True)):
            said.append("padded with background")
        return tuple(said)

    def _source_bounds(self, axis: int, wanted: slice) -> tuple[int, int]:
        """Half-open source range of a target range, possibly reaching outside the source."""
        ends = [self.offsets[axis] + self.signs[axis] * i for i in (wanted.start, wanted.stop - 1)]
        return min(ends), max(ends) + 1

    def read(self, source: BlockSource, box: Box) -> NDArray[Any]:
        """Voxels of a target box; what lies outside the source is background 0."""
        out = np.zeros([s.stop - s.start for s in box], dtype=source.dtype)
        inner = self._covered(box)
        if inner is None:
            return out
        target, from_source = inner
        block = source.read(from_source).transpose(self.axes)
        out[target] = block[tuple(slice(None, None, sign) for sign in self.signs)]
        return out

    def covers_nothing(self, source: BlockSource, box: Box) -> bool:
        """Whether a target box lies outside the source or on blocks known to be empty."""
        inner = self._covered(box)
        return inner is None or source.is_empty(inner[1])

    def _covered(self, box: Box) -> tuple[tuple[slice, ...], Box] | None:
        """Part of a target box that the source covers, in box and in source coordinates."""
        target, from_source = [slice(0)] * 3, [slice(0)] * 3
        for axis, wanted in enumerate(box):
            if wanted.stop <= wanted.start:
                return None
            low, high = self._source_bounds(axis, wanted)
            size = self.source_shape[self.axes[axis]]
            kept_low, kept_high = max(low, 0), min(high, size)
            if kept_low >= kept_high:
                return None
            before, after = (kept_low - low, high - kept_high)[:: self.signs[axis]]
            target[axis] = slice(before, wanted.stop - wanted.start - after)
            from_source[self.axes[axis]] = slice(kept_low, kept_high)
        return tuple(target), (from_source[0], from_source[1], from_source[2])


@dataclass(frozen=True)
class MappedVoxels:
    """Another grid's view of a stored array, permuted, flipped, cropped and padded while it is read."""

    source: BlockSource
    index_map: IndexMap

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)`` of the view."""
        return self.index_map.shape

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Native type of the voxels."""
        return self.source.dtype

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks of the source, seen along the view's axes."""
        first, second, third = (
            min(self.source.block_shape[axis], n) for axis, n in zip(self.index_map.axes, self.shape, strict=True)
        )
        return (first, second, third)

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only background without reading it."""
        return self.index_map.covers_nothing(self.source, box)

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box of the view."""
        return self.index_map.read(self.source, box)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Voxels by numpy's basic indexing (integers, slices, ellipsis)."""
        box, picked = basic_box(key, self.shape)
        return np.asarray(self.read(box)[picked])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self[...], dtype=dtype)


def basic_box(key: Any, shape: tuple[int, int, int]) -> tuple[Box, tuple[Any, ...]]:
    """Smallest box holding a basic index, and how to pick the index out of that box."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        keys[at : at + 1] = [slice(None)] * (3 - len(keys) + 1)
    if len(keys) > 3:
        raise IndexError(f"too many indices: the voxels have 3 axes, found {len(keys)} indices")
    keys += [slice(None)] * (3 - len(keys))
    box: list[slice] = []
    picked: list[int | slice] = []
    for one, n in zip(keys, shape, strict=True):
        if isinstance(one, slice):
            indices = range(*one.indices(n))
            low, high = (min(indices), max(indices) + 1) if len(indices) else (0, 0)
            box.append(slice(low, high))
            backwards = slice(None, None, indices.step)
            picked.append(backwards if len(indices) else slice(0, 0))
        else:
            at = index(one) + n if index(one) < 0 else index(one)
            if not 0 <= at < n:
                raise IndexError(f"index {one} is out of bounds for an axis of {n} voxels")
            box.append(slice(at, at + 1))
            picked.append(0)
    return (box[0], box[1], box[2]), tuple(picked)


def index_map_between(source: Grid, target: Grid) -> IndexMap:
    """Lossless way to see a source volume on a target grid.

    Parameters
    ----------
    source, target : Grid
        The grid the voxels are stored on and the grid they are wanted on.

    Raises
    ------
    GridMismatch
        If a voxel of one grid does not lie on a voxel of the other, or the two do not overlap.
    """
    step = np.linalg.solve(source.affine, target.affine)
    whole = np.rint(step)
    reach = np.array([*target.shape, 1.0])
    if float((np.abs(step - whole)[:3] @ reach).max()) > _tolerance(reach):
        raise _mismatch(source, target)
    turn = whole[:3, :3].astype(int)
    if not (np.abs(turn).sum(axis=0) == 1).all() or not (np.abs(turn).sum(axis=1) == 1).all():
        raise _mismatch(source, target)
    axes = np.abs(turn).argmax(axis=0)
    a, b, c = (int(axis) for axis in axes)
    found = IndexMap(
        axes=(a, b, c),
        signs=(int(turn[a, 0]), int(turn[b, 1]), int(turn[c, 2])),
        offsets=(int(whole[a, 3]), int(whole[b, 3]), int(whole[c, 3])),
        shape=target.shape,
        source_shape=source.shape,
    )
    if found._covered((slice(0, target.shape[0]), slice(0, target.shape[1]), slice(0, target.shape[2]))) is None:
        raise _mismatch(source, target)
    return found


def seen_on(voxels: Any, source: Grid, target: Grid) -> Any:
    """A stored array as seen on another grid; the array itself when both grids agree."""
    found = index_map_between(source, target)
    return voxels if found.is_identity else MappedVoxels(blocks_of(voxels), found)


def _tolerance(reach: NDArray[np.float64]) -> float:
    """Steps are rounded in headers stored as 32-bit floats; the error grows with the number of voxels."""
    return max(_WHOLE_STEP, 1e-5 * float(reach.max()))


def _mismatch(source: Grid, target: Grid) -> GridMismatch:
    return GridMismatch(
        f"Expected both volumes on one grid up to flips, permuted axes, whole-voxel crops and pads, "
        f"found {source.difference_from(target)}.",
        hint="Resample the labels onto the image explicitly with `hipspine labels resample`, and look at the result.",
    )
