"""Large synthetic images and labels in zarr: a tile of 64 slices is packed once and its chunk files are copied."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PLANE = 1024
TILE = 64
N_STRUCTURES = 30
SPACING_MM = (4.0, 0.5, 0.5)
AIR, BODY_FAT, LEAN = 20.0, 900.0, 300.0


@dataclass(frozen=True)
class Layout:
    """What a volume looks like and how it is packed."""

    gib: float
    chunk: tuple[int, int, int] = (16, 256, 256)
    spread: str = "dense"
    """``dense``: structures in every chunk; ``body``: none in the corners; ``sparse``: on one tile in ten."""
    codec: str = "zstd"

    @property
    def n_slices(self) -> int:
        return int(self.gib * 2**30 / (2 * PLANE * PLANE)) // TILE * TILE

    @property
    def name(self) -> str:
        return f"{self.gib:g}-{'x'.join(map(str, self.chunk))}-{self.spread}-{self.codec}"


def make_volume(folder: Path, layout: Layout) -> Path:
    """Image int16 and labels uint8; returns the folder of both, made only if it is not there."""
    made = folder / layout.name
    if made.exists():
        return made
    rng = np.random.default_rng(0)
    outline = outlines(layout.spread)
    body = _distance_from_middle() < 0.42 * PLANE
    for start in range(0, TILE, 16):
        image, labels = _noisy(outline, body, rng)
        for name, voxels in (("image", image), ("labels", labels)):
            _array(made / name, layout, voxels.dtype)[start : start + 16] = voxels
    for tile in range(1, layout.n_slices // TILE):
        _copy_tile(made / "image", layout, tile)
        if layout.spread != "sparse" or tile % 10 == 0:
            _copy_tile(made / "labels", layout, tile)
    return made


def outlines(spread: str) -> np.ndarray:
    """One slice of labels: discs on a lattice over the whole picture, or in a body that leaves the corners free."""
    rows, columns = np.mgrid[:PLANE, :PLANE]
    outline = np.zeros((PLANE, PLANE), dtype=np.uint8)
    for k in range(N_STRUCTURES):
        if spread == "body":
            reach, turn = 300 * np.sqrt((k + 0.5) / N_STRUCTURES), k * np.pi * (3 - np.sqrt(5))
            middle, radius = PLANE / 2 + reach * np.array([np.sin(turn), np.cos(turn)]), 46
        else:
            middle, radius = np.array([(k // 6 + 0.5) * PLANE / 5, (k % 6 + 0.5) * PLANE / 6]), 58
        outline[np.hypot(rows - middle[0], columns - middle[1]) < radius] = k + 1
    return outline


def _distance_from_middle() -> np.ndarray:
    rows, columns = np.mgrid[:PLANE, :PLANE]
    return np.hypot(rows - PLANE / 2, columns - PLANE / 2)


def _noisy(outline: np.ndarray, body: np.ndarray, rng: Any) -> tuple[np.ndarray, np.ndarray]:
    shape = (16, PLANE, PLANE)
    signal = np.where(outline > 0, LEAN, np.where(body, BODY_FAT, AIR)).astype(np.float32)
    noisy = signal + rng.standard_normal(shape, dtype=np.float32) * (0.06 * signal + 12)
    streaks = (rng.random(shape, dtype=np.float32) < 0.15) & (outline > 0)
    noisy[streaks] += BODY_FAT - LEAN
    return np.clip(noisy, 0, 4095).astype(np.int16), np.broadcast_to(outline, shape)


def _array(folder: Path, layout: Layout, dtype: np.dtype) -> Any:
    import zarr
    from zarr.codecs import BloscCodec, ZstdCodec

    if folder.exists():
        return zarr.open_array(folder, mode="r+")
    packing = {"zstd": ZstdCodec(level=3), "lz4": BloscCodec(cname="lz4", typesize=dtype.itemsize), "none": None}
    return zarr.create_array(
        folder,
        shape=(layout.n_slices, PLANE, PLANE),
        chunks=layout.chunk,
        dtype=dtype,
        fill_value=0,
        compressors=packing[layout.codec],
        config={"write_empty_chunks": True},
    )


def _copy_tile(array: Path, layout: Layout, tile: int) -> None:
    per_tile = TILE // layout.chunk[0]
    for within in range(per_tile):
        shutil.copytree(array / "c" / str(within), array / "c" / str(tile * per_tile + within))
