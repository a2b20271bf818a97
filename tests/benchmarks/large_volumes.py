"""Large synthetic images and labels in zarr: a tile of 64 slices is packed once and its chunk files are copied."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

PLANE = 1024
TILE = 64
N_STRUCTURES = 30
CHUNKS_PER_SLAB = 1024
"""Of the volumes with many small chunks."""

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

    def touched_share(self, *, is_linked: bool = False) -> float:
        """Share of the chunks under which something is labelled."""
        outline = outlines("body" if self.spread == "body" else "dense")
        down, across = self.chunk[1:]
        columns = [
            bool(outline[y : y + down, x : x + across].any())
            for y in range(0, PLANE, down)
            for x in range(0, PLANE, across)
        ]
        tiles = range(self.n_slices // TILE // (4 if is_linked else 1))
        labelled = [tile for tile in tiles if self.spread != "sparse" or tile % 10 == 0]
        return sum(columns) / len(columns) * len(labelled) / len(tiles)

    @property
    def name(self) -> str:
        return f"{self.gib:g}-{'x'.join(map(str, self.chunk))}-{self.spread}-{self.codec}"


def make_volume(folder: Path, layout: Layout) -> Path:
    """Image int16 and labels uint8; returns the folder of both, made only if it is not there."""
    made = folder / layout.name
    if made.exists():
        return made
    rng = np.random.default_rng(0)
    for start in range(0, TILE, 16):
        image, labels = noisy_tile(layout.spread, rng, n_slices=16)
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


def noisy_tile(spread: str, rng: Any, *, n_slices: int) -> tuple[np.ndarray, np.ndarray]:
    """A body with muscles of 15 % fat streaks in noise, and its labels."""
    outline, body = outlines(spread), _distance_from_middle() < 0.42 * PLANE
    shape = (n_slices, PLANE, PLANE)
    signal = np.where(outline > 0, LEAN, np.where(body, BODY_FAT, AIR)).astype(np.float32)
    noisy = signal + rng.standard_normal(shape, dtype=np.float32) * (0.06 * signal + 12)
    streaks = (rng.random(shape, dtype=np.float32) < 0.15) & (outline > 0)
    noisy[streaks] += BODY_FAT - LEAN
    return np.clip(noisy, 0, 4095).astype(np.int16), np.broadcast_to(outline, shape)


def _array(folder: Path, layout: Layout, dtype: np.dtype, *, shape: tuple[int, int, int] | None = None) -> Any:
    import zarr
    from zarr.codecs import BloscCodec, ZstdCodec

    if folder.exists():
        return zarr.open_array(folder, mode="r+")
    packing = {"zstd": ZstdCodec(level=3), "lz4": BloscCodec(cname="lz4", typesize=dtype.itemsize), "none": None}
    return zarr.create_array(
        folder,
        shape=shape or (layout.n_slices, PLANE, PLANE),
        chunks=layout.chunk,
        dtype=dtype,
        fill_value=0,
        compressors=packing[layout.codec],
        config={"write_empty_chunks": shape is None},
    )


def link_volume(folder: Path, layout: Layout) -> Path:
    """Four tiles side by side on every slice; their files have many names instead of copies: only memory is asked."""
    made = folder / f"{layout.name}-linked"
    if made.exists():
        return made
    one_tile = make_volume(folder, replace(layout, gib=TILE * 2 * PLANE * PLANE / 2**30))
    depth, down, across = (n // size for n, size in zip((TILE, PLANE, PLANE), layout.chunk, strict=True))
    is_sparse = layout.spread == "sparse"
    shape = (layout.n_slices // 4, 2 * PLANE, 2 * PLANE)
    for name, dtype in (("image", "i2"), ("labels", "u1")):
        _array(made / name, layout, np.dtype(dtype), shape=shape)
        for slab, y, x in product(range(shape[0] // layout.chunk[0]), range(2 * down), range(2 * across)):
            if is_sparse and name == "labels" and slab // depth % 10:
                continue
            link = made / name / "c" / str(slab) / str(y) / str(x)
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(one_tile / name / "c" / str(slab % depth) / str(y % down) / str(x % across), link)
    return made


def make_many_chunks(folder: Path, n_slabs: int, n_wide: int = 1) -> Path:
    """A volume of so many slabs of 1024 x n_wide small chunks each; labels, and the image under them, in 30 of them."""
    made = folder / f"many-{n_slabs}-{n_wide}"
    if made.exists():
        return made
    shape, chunk = (8 * n_slabs, 1024, 1024 * n_wide), (8, 32, 32)
    rng = np.random.default_rng(0)
    for name, dtype in (("image", "i2"), ("labels", "u1")):
        array = _array(made / name, Layout(0, chunk), np.dtype(dtype), shape=shape)
        voxels = np.zeros((8, 1024, 1024), dtype=dtype)
        for k in range(N_STRUCTURES):
            where = (slice(None), slice(32 * k, 32 * k + 32), slice(480, 512))
            voxels[where] = k + 1 if name == "labels" else rng.normal(LEAN, 30, (8, 32, 32)).clip(0)
        array[:8, :, :1024] = voxels
        for slab in range(1, n_slabs):
            shutil.copytree(made / name / "c" / "0", made / name / "c" / str(slab), copy_function=os.link)
    return made


def _copy_tile(array: Path, layout: Layout, tile: int) -> None:
    per_tile = TILE // layout.chunk[0]
    for within in range(per_tile):
        shutil.copytree(array / "c" / str(within), array / "c" / str(tile * per_tile + within))
