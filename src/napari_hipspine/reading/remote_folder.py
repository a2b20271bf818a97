"""Folders on web servers and in object stores: files by key, asked for ahead of the moment they are needed."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Scratch
from .chunk_bytes import Stamp
from .remote_clients import Client, client_of, obstore_of

_AT_ONCE = 16
"""Requests under way at the same time."""

_MOST_WAITING = 64
"""Files asked for ahead and not used yet; more are not asked for."""


def is_remote(path: Any) -> bool:
    """Whether a place is named by a URL instead of a path on this machine."""
    scheme, found, _ = str(path).partition("://")
    return bool(found) and scheme.isalnum() and scheme != "file"


@dataclass(frozen=True)
class RemotePath:
    """A folder or file at a URL, asked as a `pathlib.Path` is asked."""

    url: str

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(f"{self.url.rstrip('/')}/{name}")

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """Last part of the URL."""
        return self.url.rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> RemotePath:
        """All but the last part of the URL."""
        return RemotePath(self.url.rstrip("/").rpartition("/")[0])

    def is_dir(self) -> bool:
        """Always: whether there is anything shows in its files."""
        return True

    def is_file(self) -> bool:
        """Whether there is a file."""
        return self.parent.files.stamp(self.name) is not None

    def read_text(self, encoding: str = "utf-8") -> str:
        """Text of a file.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        found = self.parent.files.read(self.name, Scratch())
        if found is None:
            raise FileNotFoundError(self.url)
        return found.tobytes().decode(encoding)

    @cached_property
    def files(self) -> RemoteFolder:
        """The files under this URL."""
        return RemoteFolder(self.url)


def place_of(path: str | PathLike[str] | RemotePath) -> Path | RemotePath:
    """A path on this machine, or what stands for one where a URL is given."""
    if isinstance(path, RemotePath) or not is_remote(path):
        return path if isinstance(path, RemotePath) else Path(path)
    return RemotePath(str(path))


@dataclass(frozen=True)
class RemoteFolder:
    """Files under one URL; they are taken not to change while they are read.

    Parameters
    ----------
    url : str
        ``http(s)://``, ``s3://``, ``gs://`` or whatever else obstore or fsspec know.
    """

    url: str
    _waiting: dict[tuple[str, int, int], Future[Any]] = field(default_factory=dict, compare=False, repr=False)
    _stamps: dict[str, Stamp | None] = field(default_factory=dict, compare=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.url,)

    def stamp(self, key: str) -> Stamp | None:
        """Size of a file, with no time; None if there is none."""
        with self._lock:
            ahead = self._waiting.get(_place(key, None))
        if ahead is not None:
            found = ahead.result()
            return None if found is None else (len(found), 0)
        if key not in self._stamps:
            size = self._client.size(key)
            self._stamps[key] = None if size is None else (size, 0)
        return self._stamps[key]

    def expect(self, key: str, part: slice | None = None) -> None:
        """Ask for a file, or a part of it, that will be read soon."""
        place = _place(key, part)
        with self._lock:
            if place not in self._waiting and len(self._waiting) < _MOST_WAITING:
                self._waiting[place] = self._pool.submit(self._client.fetch, key, part)

    def read(self, key: str, scratch: Scratch, part: slice | None = None) -> NDArray[np.uint8] | None:
        """Bytes of a file, or of a part of it, as they were asked for ahead or else now; None if there is none."""
        with self._lock:
            ahead = self._waiting.pop(_place(key, part), None)
        found = ahead.result() if ahead is not None else self._client.fetch(key, part)
        return None if found is None else np.frombuffer(found, dtype=np.uint8)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hipspine-fetch")

    @cached_property
    def _client(self) -> Client:
        return client_of(self.url)


def _place(key: str, part: slice | None) -> tuple[str, int, int]:
    return (key, part.start, part.stop) if part else (key, 0, -1)


def zarr_store(path: Any) -> Any:
    """What zarr-python opens: a path as text, or its own store for a URL."""
    if not is_remote(path):
        return str(path)
    store = obstore_of(str(path))
    if store is not None:
        from zarr.storage import ObjectStore

        return ObjectStore(store, read_only=True)
    from zarr.storage import FsspecStore

    return FsspecStore.from_url(str(path), read_only=True)
