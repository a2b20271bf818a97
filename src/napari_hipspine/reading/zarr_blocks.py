"""One zarr array on a local disk, seen as slices, rows and columns and read chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box, Scratch
from ..domain.errors import UnreadableImage
from ..domain.index_map import basic_box
from .remote_folder import is_remote, place_of, zarr_store
from .zarr_chunks import ChunkFiles
from .zarr_layouts import chunk_files_of

_ZARRS_CODECS = {"bytes", "blosc", "crc32c", "gzip", "sharding_indexed", "transpose", "zstd"}


@dataclass(frozen=True)
class ZarrBlocks:
    """Three axes of a zarr array at fixed places on its others; knows missing chunks without reading.

    Travels between processes as a path: the array is opened anew where it arrives.

    Parameters
    ----------
    path : str
        Folder of the array, or its URL.
    axes : tuple of int
        Array axes that are slice, row and column.
    fixed : tuple of int
        Index on every array axis; only those on axes that are not among ``axes`` matter.
    """

    path: str
    axes: tuple[int, int, int] = (0, 1, 2)
    fixed: tuple[int, ...] = (0, 0, 0)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.axes, self.fixed)

    @cached_property
    def array(self) -> Any:
        """The zarr array itself, opened for reading; its metadata is read, no chunk is."""
        return open_array(self.path)

    @cached_property
    def _files(self) -> ChunkFiles | None:
        """Where the chunks lie, if their layout is one that can be read without zarr-python."""
        return chunk_files_of(place_of(self.path))

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return self._of_axes(self._files.shape if self._files else self.array.shape)

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Native type of the voxels."""
        dtype = self._files.dtype if self._files else self.array.dtype
        native: np.dtype[Any] = np.dtype(dtype).newbyteorder("=")
        return native

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @cached_property
    def block_shape(self) -> tuple[int, int, int]:
        """Size of a stored chunk (of an inner chunk where chunks are kept in shards)."""
        return self._of_axes(self._files.chunk_shape if self._files else self.array.chunks)

    def is_empty(self, box: Box) -> bool:
        """Whether the box lies on chunks that were never written and stand for zeros."""
        if self._files is None or not self._files.missing_is_zero:
            return False
        return not any(self._files.is_written(chunk) for chunk in self._chunks_under(self._whole_box(box)))

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box.

        Raises
        ------
        UnreadableImage
            If a chunk is damaged.
        """
        return self.read_briefly(box, Scratch())

    def read_briefly(self, box: Box, scratch: Scratch) -> NDArray[Any]:
        """Voxels of one box, to be used up before the scratch memory is handed in again.

        Raises
        ------
        UnreadableImage
            If a chunk is damaged.
        """
        whole = self._whole_box(box)
        try:
            files = self._files
            out = self._read_chunks(files, whole, scratch) if files else np.asarray(self.array[tuple(whole)])
        except (OSError, RuntimeError, ValueError) as error:
            raise UnreadableImage(
                f"Expected readable chunks, found a damaged one ({error}), in {self.path}.",
                hint="Copy the zarr again.",
            ) from error
        rest = [axis for axis in range(out.ndim) if axis not in self.axes]
        return out.transpose(*self.axes, *rest).reshape([s.stop - s.start for s in box])

    @property
    def is_far(self) -> bool:
        """Whether chunks come over a network and can be asked for one by one."""
        return is_remote(self.path) and self._files is not None

    def expect(self, box: Box) -> None:
        """Ask for the chunks under a box."""
        if self._files is not None:
            for chunk in self._chunks_under(self._whole_box(box)):
                self._files.expect(chunk)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Voxels by basic indexing."""
        box, picked = basic_box(key, self.shape)
        return np.asarray(self.read(box)[picked])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self[...], dtype=dtype)

    def _of_axes(self, sizes: Any) -> tuple[int, int, int]:
        first, second, third = (int(sizes[axis]) for axis in self.axes)
        return (first, second, third)

    def _whole_box(self, box: Box) -> list[slice]:
        """A box over slices, rows and columns as a box over all axes of the array."""
        whole = [slice(at, at + 1) for at in self.fixed]
        for axis, wanted in zip(self.axes, box, strict=True):
            whole[axis] = wanted
        return whole

    def _chunks_under(self, whole: list[slice]) -> product[tuple[int, ...]]:
        sizes = self._files.chunk_shape if self._files else self.array.chunks
        covered = [
            range(s.start // n, -(-s.stop // n)) if s.stop > s.start else range(0)
            for s, n in zip(whole, sizes, strict=True)
        ]
        return product(*covered)

    def _read_chunks(self, files: ChunkFiles, whole: list[slice], scratch: Scratch) -> NDArray[Any]:
        chunks = list(self._chunks_under(whole))
        if len(chunks) == 1:
            found = files.read(chunks[0], scratch)
            if found is not None:
                return found[_overlap(whole, chunks[0], files.chunk_shape)[1]]
        shape = [s.stop - s.start for s in whole]
        out = scratch.take("box", prod(shape) * self.dtype.itemsize).view(self.dtype).reshape(shape)
        out[...] = files.fill_value
        for chunk in chunks:
            found = files.read(chunk, scratch)
            if found is not None:
                target, inside = _overlap(whole, chunk, files.chunk_shape)
                out[target] = found[inside]
        return out


def open_array(path: str) -> Any:
    """A zarr array opened by zarr-python; on this machine with the zarrs pipeline where that knows all codecs."""
    import zarr

    array = zarr.open_array(zarr_store(path), mode="r")
    stated: Any = array.metadata.to_dict().get("codecs") or ()
    codecs = {codec["name"] for codec in stated}
    if is_remote(path) or not codecs or not codecs <= _ZARRS_CODECS or find_spec("zarrs") is None:
        return array
    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        return zarr.open_array(zarr_store(path), mode="r")


def _overlap(
    whole: list[slice], chunk: tuple[int, ...], chunk_shape: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Part of a box that a chunk covers, in coordinates of the box and of the chunk."""
    corner = [at * n for at, n in zip(chunk, chunk_shape, strict=True)]
    low = [max(s.start, c) for s, c in zip(whole, corner, strict=True)]
    high = [min(s.stop, c + n) for s, c, n in zip(whole, corner, chunk_shape, strict=True)]
    target = tuple(slice(a - s.start, b - s.start) for a, b, s in zip(low, high, whole, strict=True))
    return target, tuple(slice(a - c, b - c) for a, b, c in zip(low, high, corner, strict=True))
