"""Chunks of a zarr array, found and unpacked one by one without zarr-python."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Scratch
from .chunk_bytes import ByteStore, Stamp
from .remote_folder import RemoteFolder

_NOT_WRITTEN = 2**64 - 1

_INDEXES_KEPT = 16
"""Indexes of so many shards are kept."""

_LONGEST_HEAD = 18
"""A zstd frame begins with no more bytes than this before its first block."""


@dataclass(frozen=True)
class ChunkFiles:
    """Chunks of one array.

    Parameters
    ----------
    store : ByteStore
        Where the files of the array lie.
    prefix : str
        What every chunk key begins with.
    separator : str
        Between the numbers of a chunk key.
    shape : tuple of int
        Size of the array.
    dtype : numpy.dtype
        Stored type with its byte order.
    chunk_shape : tuple of int
        Size of the smallest part that can be read by itself.
    chunks_per_shard : tuple of int
        How many of them lie in one file along each axis; all ones without sharding.
    index_first : bool
        Whether a shard's index stands at its beginning instead of its end.
    compressor : str
        One of those read here; empty where chunks are stored as they are.
    fill_value : number
        What a chunk that was never written stands for.
    """

    store: ByteStore
    prefix: str
    separator: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk_shape: tuple[int, ...]
    chunks_per_shard: tuple[int, ...]
    index_first: bool
    compressor: str
    fill_value: float
    _indexes: dict[str, tuple[Stamp, NDArray[np.uint64]]] = field(default_factory=dict, compare=False)

    @property
    def missing_is_zero(self) -> bool:
        """Whether a chunk that was never written stands for zeros."""
        return self.fill_value == 0

    @cached_property
    def is_sharded(self) -> bool:
        """Whether several chunks lie in one file."""
        return math.prod(self.chunks_per_shard) > 1

    @cached_property
    def _n_bytes(self) -> int:
        return math.prod(self.chunk_shape) * self.dtype.itemsize

    @cached_property
    def _codec(self) -> Any:
        import numcodecs

        return numcodecs.get_codec({"id": self.compressor}) if self.compressor else None

    def is_written(self, chunk: tuple[int, ...]) -> bool:
        """Whether there is anything of a chunk."""
        if self.is_sharded:
            return self._place_in_shard(chunk) is not None
        return self.store.stamp(self.key_of(chunk)) is not None

    def key_of(self, chunk: tuple[int, ...]) -> str:
        """Key of the file a chunk lies in."""
        if self.is_sharded:
            chunk = tuple(at // n for at, n in zip(chunk, self.chunks_per_shard, strict=True))
        return self.prefix + self.separator.join(map(str, chunk))

    def expect(self, chunk: tuple[int, ...]) -> None:
        """Ask for a chunk that will be read soon, where its store can be asked ahead."""
        if isinstance(self.store, RemoteFolder):
            part = self._place_in_shard(chunk) if self.is_sharded else None
            if part is not None or not self.is_sharded:
                self.store.expect(self.key_of(chunk), part)

    def read(self, chunk: tuple[int, ...], scratch: Scratch | None = None) -> NDArray[Any] | None:
        """Voxels of a whole chunk, also beyond the array's edge; None if it was never written.

        With ``scratch`` they hold until it is used again.
        """
        memory = scratch or Scratch()
        part = self._place_in_shard(chunk) if self.is_sharded else None
        if part is None and self.is_sharded:
            return None
        packed = self.store.read(self.key_of(chunk), memory, part)
        if packed is None:
            return None
        raw = self._unpacked(packed, memory).view(self.dtype)
        return raw.reshape(self.chunk_shape).astype(self.dtype.newbyteorder("="), copy=False)

    def _unpacked(self, packed: NDArray[np.uint8], scratch: Scratch) -> NDArray[np.uint8]:
        if self._codec is None:
            return packed
        # A decoder leaves the rest of the memory as it was: only a chunk of exactly this size may go there.
        if announced_size(packed, self.compressor) != self._n_bytes:
            return np.frombuffer(self._codec.decode(packed), dtype=np.uint8)
        out = scratch.take("unpacked", self._n_bytes)
        self._codec.decode(packed, out)
        return out

    def _place_in_shard(self, chunk: tuple[int, ...]) -> slice | None:
        """Where a chunk lies in its shard; None if it was never written."""
        index = self._index_of(self.key_of(chunk))
        if index is None:
            return None
        within = tuple(at % n for at, n in zip(chunk, self.chunks_per_shard, strict=True))
        offset, n_bytes = (int(n) for n in index[within])
        return None if offset == _NOT_WRITTEN else slice(offset, offset + n_bytes)

    def _index_of(self, key: str) -> NDArray[np.uint64] | None:
        """Offsets and sizes of the chunks of a shard, kept while the file stays as it is; None without a file."""
        stamp = self.store.stamp(key)
        if stamp is None:
            return None
        kept = self._indexes.get(key)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        # A shard's index holds two 64-bit numbers per chunk and ends with a 4-byte checksum.
        n_index_bytes = 16 * math.prod(self.chunks_per_shard)
        start = 0 if self.index_first else stamp[0] - n_index_bytes - 4
        found = self.store.read(key, Scratch(), slice(start, start + n_index_bytes))
        if found is None:
            return None
        index = np.frombuffer(found.tobytes(), dtype="<u8").reshape(*self.chunks_per_shard, 2)
        while len(self._indexes) >= _INDEXES_KEPT:
            self._indexes.pop(next(iter(self._indexes)), None)
        self._indexes[key] = (stamp, index)
        return index


def announced_size(packed: NDArray[np.uint8], compressor: str) -> int | None:
    """Size of a chunk once unpacked [bytes], as its head says; None where it does not say.

    References
    ----------
    Collet Y, Kucherawy M. Zstandard compression and the application/zstd media type. RFC 8878, section 3.1.1.1.
    """
    if packed.size < _LONGEST_HEAD:
        return None
    if compressor == "blosc":
        return int.from_bytes(packed[4:8].tobytes(), "little")
    if compressor == "lz4":
        return int.from_bytes(packed[:4].tobytes(), "little")
    if compressor != "zstd":
        return None
    descriptor = int(packed[4])
    size_flag, is_single_segment = descriptor >> 6, bool(descriptor & 0x20)
    n_size_bytes = (1 if is_single_segment else 0, 2, 4, 8)[size_flag]
    start = 5 + (0 if is_single_segment else 1) + (0, 1, 2, 4)[descriptor & 3]
    if not n_size_bytes:
        return None
    return int.from_bytes(packed[start : start + n_size_bytes].tobytes(), "little") + (256 if n_size_bytes == 2 else 0)
