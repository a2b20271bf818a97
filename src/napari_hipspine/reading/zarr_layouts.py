"""Where the chunks of a zarr array lie and how they are packed, for layouts that are plain enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .chunk_bytes import ByteStore, LocalFolder
from .remote_folder import RemotePath
from .zarr_chunks import ChunkFiles

_DIRECT = ("zstd", "gzip", "zlib", "blosc", "lz4")
"""Compressors read here; whatever else is packed goes through zarr-python."""


def chunk_files_of(folder: Path | RemotePath) -> ChunkFiles | None:
    """Where the chunks of an array lie; None if it is packed in a way that only zarr-python should read."""
    if (folder / "zarr.json").is_file():
        return _of_version_3(folder, json.loads((folder / "zarr.json").read_text(encoding="utf-8")))
    if (folder / ".zarray").is_file():
        return _of_version_2(folder, json.loads((folder / ".zarray").read_text(encoding="utf-8")))
    return None


def _store_of(folder: Path | RemotePath) -> ByteStore:
    return folder.files if isinstance(folder, RemotePath) else LocalFolder(str(folder))


def _of_version_2(folder: Path | RemotePath, metadata: dict[str, Any]) -> ChunkFiles | None:
    compressor = (metadata.get("compressor") or {"id": ""})["id"]
    plain = metadata.get("order") == "C" and not metadata.get("filters") and isinstance(metadata["dtype"], str)
    if not plain or compressor not in ("", *_DIRECT):
        return None
    chunk_shape = tuple(metadata["chunks"])
    return ChunkFiles(
        store=_store_of(folder),
        prefix="",
        separator=metadata.get("dimension_separator", "."),
        shape=tuple(metadata["shape"]),
        dtype=np.dtype(metadata["dtype"]),
        chunk_shape=chunk_shape,
        chunks_per_shard=(1,) * len(chunk_shape),
        index_first=False,
        compressor=compressor,
        fill_value=_number(metadata.get("fill_value")),
    )


def _of_version_3(folder: Path | RemotePath, metadata: dict[str, Any]) -> ChunkFiles | None:
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
        store=_store_of(folder),
        prefix=f"c{separator}" if default else "",
        separator=separator,
        shape=tuple(metadata["shape"]),
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
