"""Frames of a journal file: kind, length, checksum, content; what is torn or damaged is recognised."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_MAGIC = b"\xa5HJ\x01"
_HEADER = struct.Struct("<4sIII")
_CHUNK = struct.Struct("<III")


class FrameKind(IntEnum):
    """What a frame holds."""

    DAMAGED = 0
    BEGIN = 1
    CHUNK = 2
    COMMIT = 3
    MARK = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame and where it lies in the journal.

    Parameters
    ----------
    kind : FrameKind
        What it holds; `FrameKind.DAMAGED` for bytes that no longer make sense with good frames after them.
    content : bytes or memoryview
        What was written.
    position, end : int
        First byte and the byte after the last, counted from the beginning of the journal.
    """

    kind: FrameKind
    content: bytes | memoryview
    position: int
    end: int


def packed_frame(kind: FrameKind, content: bytes) -> bytes:
    """A frame as bytes to be appended."""
    checksum = zlib.crc32(content, kind)
    return _HEADER.pack(_MAGIC, kind, len(content), checksum) + content


def frames_in(data: bytes, first_position: int) -> Iterator[Frame]:
    """Frames of a stretch of journal; a torn end is left out.

    Parameters
    ----------
    data : bytes
        Bytes from the beginning of a frame on.
    first_position : int
        Where they lie in the journal.
    """
    view, at = memoryview(data), 0
    while at < len(data):
        end = _end_of_frame(view, at)
        if end is not None:
            kind = FrameKind(_HEADER.unpack_from(view, at)[1])
            yield Frame(kind, view[at + _HEADER.size : end], first_position + at, first_position + end)
            at = end
            continue
        good = _next_good(data, view, at + 1)
        if good is None:
            return
        yield Frame(FrameKind.DAMAGED, b"", first_position + at, first_position + good)
        at = good


def packed_chunk(chunk: tuple[int, int, int], encoded: bytes) -> bytes:
    """Content of a chunk frame: which chunk, and its bytes (none for a chunk that was not there)."""
    return _CHUNK.pack(*chunk) + encoded


def unpacked_chunk(content: bytes | memoryview) -> tuple[tuple[int, int, int], bytes]:
    """Which chunk a frame is about, and its bytes."""
    at_slice, at_row, at_column = _CHUNK.unpack_from(content)
    return (at_slice, at_row, at_column), bytes(content[_CHUNK.size :])


def _end_of_frame(view: memoryview, at: int) -> int | None:
    """Where the frame that begins here ends; None if none does, or it is torn or damaged."""
    if at + _HEADER.size > len(view):
        return None
    magic, kind, n_bytes, checksum = _HEADER.unpack_from(view, at)
    end = at + _HEADER.size + int(n_bytes)
    if magic != _MAGIC or end > len(view) or not FrameKind.BEGIN <= kind <= FrameKind.MARK:
        return None
    return end if zlib.crc32(view[at + _HEADER.size : end], kind) == checksum else None


def _next_good(data: bytes, view: memoryview, at: int) -> int | None:
    """Beginning of the next good frame; None if there is none, as behind a frame torn by a crash."""
    at = data.find(_MAGIC, at)
    while at >= 0:
        if _end_of_frame(view, at) is not None:
            return at
        at = data.find(_MAGIC, at + 1)
    return None
