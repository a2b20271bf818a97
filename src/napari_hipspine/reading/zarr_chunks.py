"""Where the chunks of a zarr array lie on a local disk and how they are packed, for layouts that are plain enough."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DIRECT = ("zstd", "gzip", "zlib", "blosc", "lz4")
"""Compressors read here; whatever else is packed goes through zarr-python."""

_NOT_WRITTEN = 2**64 - 1


@dataclass(frozen=True)
class ChunkFiles:
    """Chunks of one array.

    Parameters
    ----------
    folder : Path
        Folder of the array.
    prefix : str
        What every chunk key begins with.
    separator : str
        Between the numbers of a chunk key.
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

    folder: Path
    prefix: str
    separator: str
    dtype: np.dtype[Any]
    chunk_shape: tuple[int, ...]
    chunks_per_shard: tuple[int, ...]
    index_first: bool
    compressor: str
    fill_value: float

    @property
    def missing_is_zero(self) -> bool:
        """Whether a chunk that was never written stands for zeros."""
        return self.fill_value == 0

    def find(self, chunk: tuple[int, ...]) -> tuple[Path, int, int] | None:
        """File, first byte and number of bytes of a chunk (-1: the whole file); None if it was never written."""
        shard = [at // n for at, n in zip(chunk, self.chunks_per_shard, strict=True)]
        path = self.folder / (self.prefix + self.separator.join(map(str, shard)))
        if not path.is_file():
            return None
        if math.prod(self.chunks_per_shard) == 1:
            return path, 0, -1
        within = [at % n for at, n in zip(chunk, self.chunks_per_shard, strict=True)]
        number = int(np.ravel_multi_index(within, self.chunks_per_shard))
        # A shard's index holds two 64-bit numbers per chunk and ends with a 4-byte checksum.
        n_index_bytes = 16 * math.prod(self.chunks_per_shard) + 4
        start = 0 if self.index_first else path.stat().st_size - n_index_bytes
        with path.open("rb") as file:
            file.seek(start + 16 * number)
            entry = file.read(16)
        offset, n_bytes = (int(n) for n in np.frombuffer(entry, dtype="<u8", count=2))
        return None if offset == _NOT_WRITTEN else (path, offset, n_bytes)

    def read(self, chunk: tuple[int, ...]) -> NDArray[Any] | None:
        """Voxels of a whole chunk, also beyond the array's edge; None if it was never written."""
        found = self.find(chunk)
        if found is None:
            return None
        path, offset, n_bytes = found
        with path.open("rb") as file:
            file.seek(offset)
            packed = file.read(n_bytes)
        raw = np.frombuffer(_unpack(packed, self.compressor), dtype=self.dtype)
        return raw.reshape(self.chunk_shape).astype(self.dtype.newbyteorder("="), copy=False)


def chunk_files_of(folder: Path) -> ChunkFiles | None:
    """Where the chunks of an array lie; None if it is packed in a way that only zarr-python should read."""
    if (folder / "zarr.json").is_file():
        return _of_version_3(folder, json.loads((folder / "zarr.json").read_text(encoding="utf-8")))
    if (folder / ".zarray").is_file():
        return _of_version_2(folder, json.loads((folder / ".zarray").read_text(encoding="utf-8")))
    return None


def _of_version_2(folder: Path, metadata: dict[str, Any]) -> ChunkFiles | None:
    compressor = (metadata.get("compressor") or {"id": ""})["id"]
    plain = metadata.get("order") == "C" and not metadata.get("filters") and isinstance(metadata["dtype"], str)
    if not plain or compressor not in ("", *_DIRECT):
        return None
    chunk_shape = tuple(metadata["chunks"])
    return ChunkFiles(
        folder=folder,
        prefix="",
        separator=metadata.get("dimension_separator", "."),
        dtype=np.dtype(metadata["dtype"]),
        chunk_shape=chunk_shape,
        chunks_per_shard=(1,) * len(chunk_shape),
        index_first=False,
        compressor=compressor,
        fill_value=_number(metadata.get("fill_value")),
    )


def _of_version_3(folder: Path, metadata: dict[str, Any]) -> ChunkFiles | None:
    if metadata["chunk_grid"]["name"] != "regular":
        return None
    codecs = metadata.get("codecs", [])
    shape = tuple(metadata["chunk_grid"]["configuration"]["chunk_shape"])
    keys = metadata["chunk_key_encoding"]
    index_first, per_shard = False, (1,) * len(shape)
    if len(codecs) == 1 and codecs[0]["name"] == "sharding_indexed":
        sharding = codecs[0]["configuration"]
        if [codec["name"] for codec in sharding["index_codecs"]] != ["bytes", "crc32c"]:
            return None
        index_first, codecs = sharding.get("index_location", "end") == "start", sharding["codecs"]
        inner = tuple(sharding["chunk_shape"])
        per_shard, shape = tuple(n // m for n, m in zip(shape, inner, strict=True)), inner
    names = [codec["name"] for codec in codecs]
    known_type = isinstance(metadata["data_type"], str)
    if not known_type or names[:1] != ["bytes"] or len(names) > 2 or not set(names[1:]) <= set(_DIRECT):
        return None
    big = (codecs[0].get("configuration") or {}).get("endian", "little") == "big"
    default = keys["name"] == "default"
    separator = (keys.get("configuration") or {}).get("separator", "/" if default else ".")
    return ChunkFiles(
        folder=folder,
        prefix=f"c{separator}" if default else "",
        separator=separator,
        dtype=np.dtype(metadata["data_type"]).newbyteorder(">" if big else "<"),
        chunk_shape=shape,
        chunks_per_shard=per_shard,
        index_first=index_first,
        compressor=names[1] if len(names) == 2 else "",
        fill_value=_number(metadata.get("fill_value")),
    )


def _number(fill_value: Any) -> float:
    """A fill value as a number; none at all stands for zero, as zarr-python reads it."""
    return 0 if fill_value is None else fill_value if isinstance(fill_value, int | float) else float(fill_value)


def _unpack(packed: bytes, compressor: str) -> Any:
    import numcodecs

    return numcodecs.get_codec({"id": compressor}).decode(packed) if compressor else packed
