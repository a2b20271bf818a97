"""Bytes of the files a zarr array consists of, in a folder on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import FileIO
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Scratch

Stamp = tuple[int, int]
"""Size of a file [bytes] and the time of its last change [ns]: another stamp, another content."""


class ByteStore(Protocol):
    """Files that are read whole or in part, by key."""

    def stamp(self, key: str) -> Stamp | None:
        """Size and time of a file; None if there is none."""

    def read(self, key: str, scratch: Scratch, part: slice | None = None) -> NDArray[np.uint8] | None:
        """Bytes of a file, or of a part of it; None if there is none."""


@dataclass(frozen=True)
class LocalFolder:
    """Files under one folder.

    Parameters
    ----------
    folder : str
        Path of the folder.
    """

    folder: str

    def stamp(self, key: str) -> Stamp | None:
        """Size and time of a file; None if there is none."""
        try:
            found = os.stat(f"{self.folder}/{key}")  # noqa: PTH116 - asked for every chunk; a Path would cost more
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size, found.st_mtime_ns

    def read(self, key: str, scratch: Scratch, part: slice | None = None) -> NDArray[np.uint8] | None:
        """Bytes of a file, or of a part of it; None if there is none."""
        try:
            file = FileIO(f"{self.folder}/{key}")
        except (FileNotFoundError, NotADirectoryError):
            return None
        with file:
            wanted = part or slice(0, os.fstat(file.fileno()).st_size)
            file.seek(wanted.start)
            held = scratch.take("packed", wanted.stop - wanted.start)
            n_read = 0
            while n_read < held.size:
                n_more = file.readinto(held[n_read:].data)
                if not n_more:
                    break
                n_read += n_more
        return held[:n_read]
