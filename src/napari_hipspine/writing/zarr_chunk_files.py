"""Chunks of a new zarr 3 array written straight to their files; the array's metadata are written by zarr itself."""

from __future__ import annotations

import zlib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box

Place = tuple[int, int, int]
"""Number of a chunk along slices, rows and columns."""

ZSTD_LEVEL = 1
"""Noise does not pack: level 3 saves a seventh of the room and takes more than twice the time."""


class ChunkWriter:
    """Writes chunks of one array, from several threads if wished; chunks of zeros are left out, as zarr does.

    Parameters
    ----------
    folder : Path
        Folder of an array that zarr has made: little-endian bytes packed with zstd, no other codec, fill value 0.
    shape, chunk_shape : tuple of int
        ``(n_slices, n_rows, n_columns)`` of the array and of a chunk.
    dtype : numpy.dtype
        Type of the voxels.
    """

    def __init__(
        self, folder: Path, shape: tuple[int, int, int], chunk_shape: tuple[int, int, int], dtype: np.dtype[Any]
    ) -> None:
        from numcodecs.zstd import Zstd

        self.shape, self.chunk_shape, self.dtype = shape, chunk_shape, dtype.newbyteorder("<")
        self._folder, self._codec = folder / "c", Zstd(level=ZSTD_LEVEL)
        self._checksums: dict[Place, int] = {}

    @property
    def n_chunks(self) -> Place:
        """Chunks along slices, rows and columns."""
        slices, rows, columns = (-(-n // chunk) for n, chunk in zip(self.shape, self.chunk_shape, strict=True))
        return slices, rows, columns

    def places(self) -> list[Place]:
        """Every chunk, slices slowest."""
        slices, rows, columns = (range(n) for n in self.n_chunks)
        return list(product(slices, rows, columns))

    def box(self, place: Place) -> Box:
        """Voxels of the array that a chunk holds."""
        slices, rows, columns = (
            slice(at * chunk, min((at + 1) * chunk, n))
            for at, chunk, n in zip(place, self.chunk_shape, self.shape, strict=True)
        )
        return slices, rows, columns

    def write(self, place: Place, voxels: NDArray[Any]) -> None:
        """Write the voxels of a chunk's box."""
        if not voxels.any():
            return
        raw = self._packed(voxels)
        file = self._file(place)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self._codec.encode(raw))
        self._checksums[place] = zlib.crc32(raw)

    def reads_back(self, array: Any) -> bool:
        """Whether every chunk on the disk holds what was written, and zarr finds one of them where it belongs.

        Parameters
        ----------
        array : zarr.Array
            The array, opened anew.
        """
        on_disk = all(
            zlib.crc32(self._codec.decode(self._file(place).read_bytes())) == checksum
            for place, checksum in self._checksums.items()
        )
        last = max(self._checksums, default=None)
        return on_disk and (last is None or zlib.crc32(self._packed(array[self.box(last)])) == self._checksums[last])

    def _packed(self, voxels: NDArray[Any]) -> memoryview:
        """Bytes of a chunk; at the far edges of the array it is filled up with zeros."""
        missing = [(0, chunk - n) for chunk, n in zip(self.chunk_shape, voxels.shape, strict=True)]
        whole = np.pad(voxels, missing) if voxels.shape != self.chunk_shape else voxels
        return np.ascontiguousarray(whole, dtype=self.dtype).data

    def _file(self, place: Place) -> Path:
        return self._folder.joinpath(*map(str, place))
