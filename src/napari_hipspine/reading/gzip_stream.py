"""Compressed streams, decompressed once, piece by piece, into a temporary file that is memory-mapped."""

from __future__ import annotations

import gzip
import tempfile
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import UnreadableImage
from ..domain.subject import Progress, stay_silent

GZIP_MAGIC = b"\x1f\x8b"
_PIECE_BYTES = 2**20


class DecompressedFile:
    """A gzip or zlib stream as a memory map of its contents; decompressed when first asked for, once.

    Memory stays bounded by one piece of the stream; the temporary file has no name and goes with this object.

    Parameters
    ----------
    path : Path
        File with the stream.
    start : int
        Where in the file the stream begins [bytes].
    """

    def __init__(self, path: Path, start: int = 0) -> None:
        self.path = path
        self.start = start
        self._bytes: NDArray[np.uint8] | None = None
        self._lock = threading.Lock()

    def mapped(self, *, offset: int, n_bytes: int, progress: Progress = stay_silent) -> NDArray[np.uint8]:
        """Bytes of the decompressed file, shape ``(n_bytes,)``.

        Parameters
        ----------
        offset, n_bytes : int
            Which of them [bytes].
        progress : Progress
            Told how many megabytes are decompressed; may cancel, and nothing is left then.

        Raises
        ------
        UnreadableImage
            If the stream is damaged or ends too early.
        """
        with self._lock:
            if self._bytes is None:
                self._bytes = _decompress(self.path, self.start, offset + n_bytes, progress)
        return self._bytes[offset : offset + n_bytes]

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process decompresses for itself: paths travel, not voxels."""
        return type(self), (self.path, self.start)


def read_start(path: Path, n_bytes: int) -> bytes:
    """First bytes of a file, decompressed if it is a gzip file.

    Raises
    ------
    UnreadableImage
        If the file cannot be opened or its compressed stream is damaged.
    """
    try:
        with path.open("rb") as file:
            start = file.read(n_bytes)
        if not start.startswith(GZIP_MAGIC):
            return start
        with gzip.open(path, "rb") as stream:
            return stream.read(n_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise UnreadableImage(
            f"Expected a file that can be read, found {error.strerror or error}, in {path}.",
            hint="Check the name and the permissions of the file.",
        ) from error


def is_gzip(path: Path) -> bool:
    """Whether a file starts as gzip files do."""
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def _decompress(path: Path, start: int, n_bytes_needed: int, progress: Progress) -> NDArray[np.uint8]:
    try:
        with tempfile.TemporaryFile() as target, path.open("rb") as file:
            file.seek(start)
            for piece in _pieces(file):
                target.write(piece)
                progress(target.tell() // 2**20, n_bytes_needed // 2**20, "decompressing [MB]")
            n_found = target.tell()
            if n_found < n_bytes_needed:
                raise _damaged(path, f"{n_found} of {n_bytes_needed} bytes")
            target.flush()
            return np.memmap(target, dtype=np.uint8, mode="r")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, str(error)) from error


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Decompressed pieces of the stream that begins where the file stands."""
    start = file.tell()
    is_gzipped = file.read(2) == GZIP_MAGIC
    file.seek(start)
    if is_gzipped:
        with gzip.open(file, "rb") as stream:
            yield from iter(lambda: stream.read(_PIECE_BYTES), b"")
        return
    unpacker = zlib.decompressobj()
    while not unpacker.eof:
        packed = unpacker.unconsumed_tail or file.read(_PIECE_BYTES)
        if not packed:
            raise EOFError("the stream ends too early")
        yield unpacker.decompress(packed, _PIECE_BYTES)


def _damaged(path: Path, found: str) -> UnreadableImage:
    return UnreadableImage(
        f"Expected a whole compressed image, found a damaged or truncated one ({found}), in {path}.",
        hint="Copy or download the file again; `gzip -t` tells whether it is whole.",
    )
