"""Voxels of slow files kept as zarr between two sittings, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice, UnreadableImage
from .cache_use import is_in_use, last_use, mark_used
from .user_folders import cache_folder
from .whole_folder import UNFINISHED, put_in_place, unfinished_folder

ENVIRONMENT_VARIABLE = "NAPARI_HIPSPINE_CACHE"
"""Names another folder for the cache."""

LIMIT_VARIABLE = "NAPARI_HIPSPINE_CACHE_GB"
"""Names another limit of the cache [GB]."""

MOST_BYTES = 50 * 10**9
"""What the cache may hold unless somebody says otherwise [bytes]."""

_MARKER = "complete.json"
_VOXELS = "voxels.zarr"
_CHUNK_EDGE = 512
_CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class CacheEntry:
    """One kept volume.

    Parameters
    ----------
    path : Path
        Its folder.
    key : str
        What it is known by.
    n_bytes : int
        Size on disk.
    """

    path: Path
    key: str
    n_bytes: int


@dataclass(frozen=True)
class FolderCache:
    """A folder in which decoded voxels are kept; made when something is kept for the first time.

    Parameters
    ----------
    root : Path
        The folder.
    most_bytes : int
        What it may hold; beyond, entries that nobody has used for longest give way, but never one that is in use.
    """

    root: Path
    most_bytes: int = MOST_BYTES

    def find(self, key: str) -> VoxelArray | None:
        """Voxels kept under a key; None if there are none or the entry is incomplete or damaged."""
        folder = self._folder_of(key)
        marker = _read_marker(folder)
        if marker is None or marker["key"] != key:
            return None
        voxels: VoxelArray | None = _open_voxels(folder)
        if voxels is None or list(voxels.shape) != marker["shape"] or str(voxels.dtype) != marker["dtype"]:
            return None
        if _size_of(folder / _VOXELS) != marker["n_bytes"]:
            return None
        mark_used(folder)
        return voxels

    def keep(
        self, key: str, shape: tuple[int, int, int], dtype: np.dtype[Any], slabs: Iterable[NDArray[Any]]
    ) -> VoxelArray:
        """Voxels written slab by slab along the slice axis, and opened again.

        Whatever was kept under the key before is replaced, and only once the new entry is complete.

        Parameters
        ----------
        key : str
            What the voxels are known by: file, size, time of change, and what was picked out of it.
        shape : tuple of int
            ``(n_slices, n_rows, n_columns)``.
        dtype : numpy.dtype
            Type of the voxels.
        slabs : iterable of ndarray
            Runs of whole slices, in order.

        Raises
        ------
        UnreadableImage
            If the slabs do not add up to the shape, or the folder cannot be written.
        """
        folder = self._folder_of(key)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with unfinished_folder(self.root) as unfinished:
                mark_used(unfinished)
                _write_slabs(unfinished / _VOXELS, shape, dtype, slabs)
                marker = {
                    "key": key,
                    "shape": list(shape),
                    "dtype": str(np.dtype(dtype).newbyteorder("=")),
                    "n_bytes": _size_of(unfinished / _VOXELS),
                }
                (unfinished / _MARKER).write_text(json.dumps(marker), encoding="utf-8")
                put_in_place(unfinished, folder)
        except OSError as error:
            raise UnreadableImage(
                f"Expected a cache folder that can be written, found {error.strerror or error}, in {self.root}.",
                hint=f"Free disk space, or name another folder in {ENVIRONMENT_VARIABLE}.",
            ) from error
        voxels: VoxelArray | None = _open_voxels(folder)
        if voxels is None:
            raise UnreadableImage(f"Expected the voxels just kept, found none, in {folder}.")
        mark_used(folder)
        self.trim(self.most_bytes)
        return voxels

    def entries(self) -> tuple[CacheEntry, ...]:
        """Complete entries, largest first."""
        if not self.root.is_dir():
            return ()
        marked = [(folder, _read_marker(folder)) for folder in self.root.iterdir() if folder.is_dir()]
        found = [CacheEntry(folder, marker["key"], _size_of(folder)) for folder, marker in marked if marker]
        return tuple(sorted(found, key=lambda entry: (-entry.n_bytes, entry.key)))

    def n_bytes(self) -> int:
        """Size of everything in the folder, unfinished entries included."""
        return _size_of(self.root)

    def clear(self) -> int:
        """Remove every entry that is not in use, and what was left unfinished; nothing else that lies in the folder.

        Returns
        -------
        int
            Bytes freed.
        """
        return self.trim(0)

    def trim(self, most_bytes: int) -> int:
        """Remove what was left unfinished, and the entries used longest ago until no more than so much is held.

        Returns
        -------
        int
            Bytes freed.
        """
        before = held = self.n_bytes()
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            if folder.name.startswith(UNFINISHED) and folder.is_dir() and not is_in_use(folder):
                held -= _size_of(folder)
                shutil.rmtree(folder, ignore_errors=True)
        for entry in sorted(self.entries(), key=lambda entry: last_use(entry.path)):
            if held > most_bytes and not is_in_use(entry.path):
                held -= entry.n_bytes
                _remove(entry.path)
        return before - self.n_bytes()

    def _folder_of(self, key: str) -> Path:
        return self.root / hashlib.sha256(key.encode()).hexdigest()[:32]


def default_cache() -> FolderCache:
    """The cache in the folder the platform has for such things, or in the one named in `ENVIRONMENT_VARIABLE`.

    Raises
    ------
    InvalidChoice
        If `LIMIT_VARIABLE` is set and holds no number.
    """
    named, stated = os.environ.get(ENVIRONMENT_VARIABLE), os.environ.get(LIMIT_VARIABLE, "")
    folder = Path(named) if named else cache_folder() / "volumes"
    try:
        most_bytes = int(float(stated) * 10**9) if stated else MOST_BYTES
    except (ValueError, OverflowError) as error:
        raise InvalidChoice(f"Expected a number of GB, found {stated!r}, in {LIMIT_VARIABLE}.") from error
    return FolderCache(folder, most_bytes)


def _remove(folder: Path) -> None:
    """Take an entry out of sight first, so that it is there whole or not at all."""
    aside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
    with contextlib.suppress(OSError):
        folder.rename(aside / "removed")
    shutil.rmtree(aside, ignore_errors=True)


def _write_slabs(path: Path, shape: tuple[int, int, int], dtype: np.dtype[Any], slabs: Iterable[NDArray[Any]]) -> None:
    """Write runs of slices, re-cut so that every chunk is packed once."""
    import zarr
    from zarr.codecs import ZstdCodec

    depth = _slices_per_chunk(shape, dtype)
    array: Any = zarr.create_array(
        str(path),
        shape=shape,
        chunks=(depth, min(shape[1], _CHUNK_EDGE), min(shape[2], _CHUNK_EDGE)),
        dtype=np.dtype(dtype).newbyteorder("="),
        compressors=ZstdCodec(level=1),
        fill_value=0,
        config={"write_empty_chunks": False},
    )
    n_written = 0
    for run in _runs_of(slabs, depth, shape):
        if n_written + run.shape[0] > shape[0]:
            raise UnreadableImage(f"Expected {shape[0]} slices to keep, found more.")
        array[n_written : n_written + run.shape[0]] = run
        n_written += run.shape[0]
    if n_written != shape[0]:
        raise UnreadableImage(f"Expected {shape[0]} slices to keep, found {n_written}.")


def _runs_of(slabs: Iterable[NDArray[Any]], depth: int, shape: tuple[int, int, int]) -> Iterator[NDArray[Any]]:
    """Slabs joined and cut so that every run but the last is a multiple of the chunk depth."""
    waiting: list[NDArray[Any]] = []
    for slab in slabs:
        if slab.ndim != 3 or slab.shape[1:] != tuple(shape[1:]):
            raise UnreadableImage(f"Expected slabs of {shape[1]} x {shape[2]} voxels, found shape {slab.shape}.")
        waiting.append(slab)
        n_waiting = sum(one.shape[0] for one in waiting)
        if n_waiting >= depth:
            joined = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
            n_ready = n_waiting - n_waiting % depth
            yield joined[:n_ready]
            waiting = [joined[n_ready:]] if n_waiting > n_ready else []
    if waiting:
        yield np.concatenate(waiting)


def _slices_per_chunk(shape: tuple[int, int, int], dtype: np.dtype[Any]) -> int:
    """One slice where slices are large, several where they are small: scrolling reads no more than about a megabyte."""
    n_bytes = min(shape[1], _CHUNK_EDGE) * min(shape[2], _CHUNK_EDGE) * np.dtype(dtype).itemsize
    return int(np.clip(_CHUNK_BYTES // max(1, n_bytes), 1, min(16, shape[0])))


def _read_marker(folder: Path) -> dict[str, Any] | None:
    try:
        marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    complete = isinstance(marker, dict) and {"key", "shape", "dtype", "n_bytes"} <= set(marker)
    return marker if complete else None


def _open_voxels(folder: Path) -> Any:
    import zarr
    from zarr.errors import BaseZarrError

    try:
        return zarr.open_array(str(folder / _VOXELS), mode="r")
    except (BaseZarrError, OSError, ValueError, KeyError, TypeError):
        return None


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
