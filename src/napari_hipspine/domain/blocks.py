"""How voxels are handed over block by block, whoever stores them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .dask_blocks import DaskBlocks, is_dask

Box = tuple[slice, slice, slice]
"""A cuboid of voxels: one slice object with start and stop for slices, rows and columns."""

_READ_TARGET_BYTES = 4 * 2**20

_ASKED_AHEAD = 8
"""So many boxes of a source that lies far away are asked for before the first of them is read."""


class VoxelArray(Protocol):
    """Whatever can be sliced lazily: a memory map, a zarr array, a dask array, a view."""

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_slices, n_rows, n_columns)``."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Native type of the voxels."""

    def __getitem__(self, key: Any) -> Any:
        """Voxels by basic indexing."""


@runtime_checkable
class BlockSource(Protocol):
    """Blocks of one volume, in the order in which they are stored."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Native type of the voxels."""

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Size of a block that is read at one go without waste."""

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros without reading it."""

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box as a numpy array."""


@dataclass
class Scratch:
    """Memory of one worker for one source, used again for every block instead of being asked for anew."""

    _held: dict[str, NDArray[np.uint8]] = field(default_factory=dict)

    def take(self, use: str, n_bytes: int) -> NDArray[np.uint8]:
        """So many bytes for one use; what was taken for that use before is overwritten."""
        held = self._held.get(use)
        if held is None or held.size < n_bytes:
            held = self._held[use] = np.empty(n_bytes, dtype=np.uint8)
        return held[:n_bytes]


@runtime_checkable
class BriefSource(Protocol):
    """A block source that can hand over voxels in memory that it will use again."""

    def read_briefly(self, box: Box, scratch: Scratch) -> NDArray[Any]:
        """Voxels of one box, to be used up before the scratch memory is handed in again."""


@runtime_checkable
class FarSource(Protocol):
    """A block source that may lie far away, so that what will be read is better asked for ahead."""

    @property
    def is_far(self) -> bool:
        """Whether asking ahead saves time."""

    def expect(self, box: Box) -> None:
        """Ask for what a box needs; reading it afterwards does not ask again."""


def asked_ahead(source: BlockSource, boxes: Iterable[Box]) -> Iterator[Box]:
    """The boxes in order; of a source that lies far away, what the next few need has been asked for."""
    if not (isinstance(source, FarSource) and source.is_far):
        yield from boxes
        return
    asked: deque[Box] = deque()
    for box in boxes:
        source.expect(box)
        asked.append(box)
        if len(asked) > _ASKED_AHEAD:
            yield asked.popleft()
    yield from asked


BriefReader = Callable[[Box, Scratch], NDArray[Any]]


def brief_reader(source: BlockSource) -> BriefReader:
    """How to read from a source without asking for memory each time, where the source can."""
    if isinstance(source, BriefSource):
        return source.read_briefly
    return lambda box, scratch: source.read(box)


@dataclass(frozen=True)
class ArrayBlocks:
    """Blocks of any lazily sliced array.

    Parameters
    ----------
    array : VoxelArray
        Shape ``(n_slices, n_rows, n_columns)``.
    chunk : tuple of int, optional
        Size of a stored block; by default whole slices of about four megabytes together.
    """

    array: VoxelArray
    chunk: tuple[int, int, int] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        n_slices, n_rows, n_columns = self.array.shape
        return (int(n_slices), int(n_rows), int(n_columns))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Native type of the voxels."""
        return np.dtype(self.array.dtype)

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Size of a block that is read at one go without waste."""
        if self.chunk is not None:
            return self.chunk
        n_slices, n_rows, n_columns = self.shape
        bytes_per_slice = max(1, n_rows * n_columns * self.dtype.itemsize)
        return (int(np.clip(_READ_TARGET_BYTES // bytes_per_slice, 1, n_slices)), n_rows, n_columns)

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only zeros; a plain array never knows."""
        return False

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box as a numpy array."""
        return np.asarray(self.array[box])


def blocks_of(voxels: Any) -> BlockSource:
    """Blocks of an array: the array itself if it can hand over blocks, else a plain walk over it.

    Parameters
    ----------
    voxels : BlockSource or VoxelArray
        A source made by a reader, or any lazily sliced array; its ``chunks`` are respected where it has them.
    """
    if isinstance(voxels, BlockSource):
        return voxels
    if is_dask(voxels):
        return DaskBlocks(voxels)
    chunks = getattr(voxels, "chunks", None)
    if isinstance(chunks, tuple) and len(chunks) == 3 and all(isinstance(n, int) for n in chunks):
        return ArrayBlocks(voxels, chunks)
    return ArrayBlocks(voxels)


def boxes_of(shape: Sequence[int], block_shape: Sequence[int]) -> Iterator[Box]:
    """Boxes that tile a volume, slices outermost, columns innermost."""
    starts = [range(0, n, step) for n, step in zip(shape, block_shape, strict=True)]
    for corner in product(*starts):
        bounds = zip(corner, block_shape, shape, strict=True)
        first, second, third = (slice(start, min(start + step, n)) for start, step, n in bounds)
        yield (first, second, third)
