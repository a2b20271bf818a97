"""Chunks of a label store as files: one slice by 256 by 256 labels, packed with zstd, missing where all are zero."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box
from .journal_history import Chunk
from .label_store_errors import LabelStoreDamaged

CHUNK_SHAPE = (1, 256, 256)
"""Size of a chunk along slices, rows and columns."""

Labels = NDArray[np.uint16]
"""Labels of one chunk, shape ``(256, 256)``, or of a box."""

_LEVEL = 1
_STORED = np.dtype("<u2")
_RETRIES = 20
_RETRY_S = 0.02


class ChunkSource(Protocol):
    """Hands over chunks as they are stored."""

    def encoded(self, chunk: Chunk) -> bytes:
        """Bytes of a chunk; none for one that is all zero."""

    def may_hold(self, slice_index: int) -> bool:
        """Whether a slice may hold a label; quicker to ask than for all of its chunks."""


@dataclass(frozen=True)
class Overlap:
    """Where a chunk and a box meet.

    Parameters
    ----------
    chunk : tuple of int
        Number of the chunk.
    inside : tuple of slice
        Rows and columns of the chunk.
    target : tuple
        Slice, rows and columns of the box.
    """

    chunk: Chunk
    inside: tuple[slice, slice]
    target: tuple[int, slice, slice]


@dataclass(frozen=True)
class ChunkFolder:
    """Files of a zarr array's chunks.

    Parameters
    ----------
    folder : Path
        Folder of the array.
    scratch : Path
        A file on the same disk into which a chunk is written before it takes its place.
    """

    folder: Path
    scratch: Path

    @cached_property
    def _prefix(self) -> str:
        return str(self.folder / "c")

    def encoded(self, chunk: Chunk) -> bytes:
        """Bytes of a chunk; none for one that is all zero."""
        try:
            with open(self.path_of(chunk), "rb") as file:  # noqa: PTH123 - ten times a stroke, and half the time
                return file.read()
        except FileNotFoundError:
            return b""

    def may_hold(self, slice_index: int) -> bool:
        """Whether anything was ever painted on a slice."""
        return os.path.isdir(f"{self._prefix}/{slice_index}")  # noqa: PTH112 - asked of every slice

    def replace(self, chunk: Chunk, encoded: bytes) -> None:
        """Put other bytes in the place of a chunk, whole or not at all; none remove it.

        Raises
        ------
        OSError
            If the disk does not take them; the chunk is then as before.
        """
        path = self.path_of(chunk)
        if not encoded:
            _patiently(lambda: Path(path).unlink(missing_ok=True))
            return
        self.scratch.write_bytes(encoded)
        try:
            _patiently(lambda: os.replace(self.scratch, path))  # noqa: PTH105 - the path is kept as text
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.scratch, path)  # noqa: PTH105

    def path_of(self, chunk: Chunk) -> str:
        """File of a chunk as zarr names it."""
        return f"{self._prefix}/{chunk[0]}/{chunk[1]}/{chunk[2]}"


def _patiently(act: Callable[[], None]) -> None:
    """Try again for a moment: where files in use are locked, a reader is in the way for a few milliseconds."""
    for _ in range(_RETRIES):
        try:
            return act()
        except PermissionError:
            time.sleep(_RETRY_S)
    return act()


def encode(labels: Labels) -> bytes:
    """A chunk as it is stored; nothing if all are zero."""
    from numcodecs.zstd import compress

    if not labels.any():
        return b""
    return bytes(compress(np.ascontiguousarray(labels, dtype=_STORED), _LEVEL))


def decode(encoded: bytes, chunk: Chunk) -> Labels:
    """Labels of a chunk, shape ``(256, 256)``, free to be changed.

    Raises
    ------
    LabelStoreDamaged
        If the bytes make no sense.
    """
    from numcodecs.zstd import decompress

    if not encoded:
        return np.zeros(CHUNK_SHAPE[1:], dtype=np.uint16)
    try:
        raw = np.frombuffer(decompress(encoded), dtype=_STORED).reshape(CHUNK_SHAPE[1:])
    except (RuntimeError, ValueError) as error:
        raise LabelStoreDamaged(
            f"Expected readable labels, found bytes that make no sense ({error}), in chunk {chunk}.",
            hint="The disk may be failing. Undo or discard changes to get an older state of these labels.",
        ) from error
    return np.array(raw, dtype=np.uint16)


def overlaps(box: Box) -> Iterator[Overlap]:
    """Where chunks and a box meet, slices outermost."""
    spans = [range(s.start // n, -(-s.stop // n)) for s, n in zip(box, CHUNK_SHAPE, strict=True)]
    if any(s.stop <= s.start for s in box):
        return
    for at in product(*spans):
        low = [max(s.start, i * n) for s, i, n in zip(box, at, CHUNK_SHAPE, strict=True)]
        high = [min(s.stop, (i + 1) * n) for s, i, n in zip(box, at, CHUNK_SHAPE, strict=True)]
        rows, columns = (slice(low[k] - at[k] * CHUNK_SHAPE[k], high[k] - at[k] * CHUNK_SHAPE[k]) for k in (1, 2))
        to_rows, to_columns = (slice(low[k] - box[k].start, high[k] - box[k].start) for k in (1, 2))
        yield Overlap((at[0], at[1], at[2]), (rows, columns), (low[0] - box[0].start, to_rows, to_columns))


def read_box(source: ChunkSource, box: Box) -> Labels:
    """Labels of a box, free to be changed."""
    out = np.zeros([max(0, s.stop - s.start) for s in box], dtype=np.uint16)
    for one in overlaps(box):
        encoded = source.encoded(one.chunk)
        if encoded:
            out[one.target] = decode(encoded, one.chunk)[one.inside]
    return out


def create_chunk_folder(folder: Path, shape: tuple[int, int, int]) -> None:
    """Make a zarr array without a chunk."""
    import zarr
    from zarr.codecs import ZstdCodec

    zarr.create_array(
        str(folder),
        shape=shape,
        chunks=CHUNK_SHAPE,
        dtype=np.uint16,
        compressors=ZstdCodec(level=_LEVEL),
        fill_value=0,
        zarr_format=3,
        dimension_names=("slice", "row", "column"),
        config={"write_empty_chunks": False},
    )


def check_chunk_folder(folder: Path, shape: tuple[int, int, int]) -> None:
    """Refuse an array that is not the one a store was made with.

    Raises
    ------
    LabelStoreDamaged
        If it cannot be opened, or its shape, type, chunks or packing are others.
    """
    import zarr
    from zarr.codecs import BytesCodec, ZstdCodec
    from zarr.errors import BaseZarrError

    try:
        array: Any = zarr.open_array(str(folder), mode="r", zarr_format=3)
        packing = [type(codec) for codec in array.metadata.codecs]
        found = (array.shape, str(array.dtype), array.chunks, packing)
    except (BaseZarrError, OSError, ValueError, KeyError, TypeError) as error:
        raise LabelStoreDamaged(f"Expected labels as a zarr array, found none ({error}), in {folder}.") from error
    if found != (shape, "uint16", CHUNK_SHAPE, [BytesCodec, ZstdCodec]):
        raise LabelStoreDamaged(
            f"Expected uint16 labels of shape {shape} in chunks of {CHUNK_SHAPE} packed with zstd, "
            f"found {found[1]} of shape {found[0]} in chunks of {found[2]}, in {folder}."
        )
