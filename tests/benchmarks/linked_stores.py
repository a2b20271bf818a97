"""Stores of 20 GB and more on little disk: a tile of 64 slices is packed once and its chunk files are hard-linked."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

PLANE = 2048
TILE = 64
SPACING_MM = (4.0, 0.5, 0.5)
N_DISCS = 6
LAYOUTS = {"slices": (1, 1024, 1024), "cubes": (64, 128, 128), "steps": (16, 256, 256)}
"""Chunks of each store: whole slices, cubes, and an OME-Zarr with resolution steps as `hipspine convert` writes it."""


def make_store(folder: Path, layout: str, n_slices: int) -> Path:
    """An image of ``n_slices`` x 2048 x 2048 uint16, every chunk of it tissue with noise; made if it is not there."""
    path = folder / f"{layout}-{n_slices}{'.ome.zarr' if layout == 'steps' else '.zarr'}"
    if path.exists():
        return path
    tile = folder / "tile.zarr"
    if not tile.exists():
        _write_tile(tile)
    waiting = folder / f"unfinished-{path.name}"
    if layout == "steps":
        _pyramid_of_tile(tile, waiting)
        arrays = sorted(one for one in waiting.iterdir() if one.is_dir())
    else:
        _copy_of_tile(tile, waiting, LAYOUTS[layout])
        arrays = [waiting]
    for array in arrays:
        _repeat(array, n_slices)
    return waiting.rename(path)


def make_labels(folder: Path, n_slices: int) -> Path:
    """Labels of such an image: six discs on every slice."""
    path = folder / f"labels-{n_slices}.zarr"
    if path.exists():
        return path
    waiting = folder / f"unfinished-{path.name}"
    array = _new_array(waiting, TILE, LAYOUTS["steps"], np.uint8)
    rows, columns = np.mgrid[:PLANE, :PLANE]
    outline = np.zeros((PLANE, PLANE), np.uint8)
    for value in range(1, N_DISCS + 1):
        turn = 2 * np.pi * value / N_DISCS
        middle = PLANE / 2 + 450 * np.array([np.sin(turn), np.cos(turn)])
        outline[np.hypot(rows - middle[0], columns - middle[1]) < 150] = value
    for start in range(0, TILE, 16):
        array[start : start + 16] = np.broadcast_to(outline, (16, PLANE, PLANE))
    _repeat(waiting, n_slices)
    return waiting.rename(path)


def _write_tile(path: Path) -> None:
    """Body with streaks and noise, 64 slices."""
    array = _new_array(path, TILE, LAYOUTS["steps"], np.uint16)
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[-1 : 1 : PLANE * 1j, -1 : 1 : PLANE * 1j].astype(np.float32)
    body = (np.hypot(rows, columns) < 0.85) * (500 + 300 * np.sin(9 * rows) * np.cos(7 * columns))
    for start in range(0, TILE, 16):
        noise = rng.standard_normal((16, PLANE, PLANE), dtype=np.float32) * 20 + 30
        array[start : start + 16] = np.clip(body + noise, 0, 4095).astype(np.uint16)


def _copy_of_tile(tile: Path, path: Path, chunk: tuple[int, int, int]) -> None:
    import zarr

    source: Any = zarr.open_array(tile, mode="r")
    _new_array(path, TILE, chunk, np.uint16)[...] = source[...]


def _pyramid_of_tile(tile: Path, path: Path) -> None:
    from napari_hipspine.reading.volumes import open_volume
    from napari_hipspine.writing.ome_zarr import write_ome_zarr_image

    write_ome_zarr_image(open_volume(tile), path)


def _new_array(path: Path, n_slices: int, chunk: tuple[int, int, int], dtype: Any) -> Any:
    import zarr
    from zarr.codecs import ZstdCodec

    return zarr.create_array(
        path,
        shape=(n_slices, PLANE, PLANE),
        chunks=chunk,
        dtype=dtype,
        fill_value=0,
        compressors=ZstdCodec(level=1),
        attributes={"spacing_mm": SPACING_MM},
    )


def _repeat(array: Path, n_slices: int) -> None:
    """Let an array of one tile stand for many, by links to its chunks."""
    stated = json.loads((array / "zarr.json").read_text(encoding="utf-8"))
    n_chunks = TILE // stated["chunk_grid"]["configuration"]["chunk_shape"][0]
    for tile in range(1, n_slices // TILE):
        for within in range(n_chunks):
            _link_tree(array / "c" / str(within), array / "c" / str(tile * n_chunks + within))
    stated["shape"][0] = n_slices
    (array / "zarr.json").write_text(json.dumps(stated), encoding="utf-8")


def _link_tree(source: Path, target: Path) -> None:
    for folder, _, files in os.walk(source):
        beside = target / Path(folder).relative_to(source)
        beside.mkdir(parents=True, exist_ok=True)
        for name in files:
            (beside / name).hardlink_to(Path(folder) / name)
