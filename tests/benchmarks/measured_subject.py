"""A synthetic subject of `large_volumes` as our program sees it, measured whole or in part."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from fresh_process import Checksum, shared_out
from large_volumes import N_STRUCTURES, SPACING_MM

from napari_hipspine.domain.anatomy import Side, Structure, vocabulary
from napari_hipspine.domain.blocks import Scratch
from napari_hipspine.domain.errors import Cancelled
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.domain.protocol import MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
from napari_hipspine.measuring.measures import Measured, measure_volume
from napari_hipspine.measuring.slice_sums import SliceSums, sum_slices
from napari_hipspine.measuring.warm_up import compile_ahead
from napari_hipspine.reading.zarr_blocks import ZarrBlocks
from napari_hipspine.reading.zarr_layouts import chunk_files_of


def prepare() -> None:
    """Everything loaded and compiled, as in a program that has measured something before."""
    compile_ahead().join()
    image = np.random.default_rng(0).normal(200, 60, (2, 64, 64)).clip(0).astype(np.int16)
    labels = np.zeros((2, 64, 64), dtype=np.uint8)
    labels[:, 20:30, 20:40], labels[:, 36:44, 20:40] = 1, 2
    measure(*subject(image, labels))


def grid_of(shape: tuple[int, ...]) -> Grid:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *SPACING_MM, 1.0
    return Grid(shape, affine)


def named() -> dict[int, Structure]:
    muscles = vocabulary().of_kind("muscle")[: N_STRUCTURES // 2]
    return {1 + k: Structure(muscles[k // 2], tuple(Side)[k % 2]) for k in range(N_STRUCTURES)}


def subject(image: Any, labels: Any) -> tuple[Volume, LabelMap]:
    grid = grid_of(image.shape)
    return Volume(image, grid, Contrast.T2, FatPolarity.BRIGHT), LabelMap(labels, grid, named())


def stored(folder: Path | str) -> tuple[Volume, LabelMap]:
    return subject(ZarrBlocks(f"{folder}/image"), ZarrBlocks(f"{folder}/labels"))


def checksum(sums: SliceSums) -> Checksum:
    """Labelled pixels, and the sum of their signal."""
    counted = sums.pooled_counts
    assert counted is not None
    values = np.arange(counted.counts.shape[1]) + counted.lowest
    return int(sums.n_pixels.sum()), int((counted.counts * values).sum())


def limit(folder: Path, n_workers: int = 2) -> Checksum:
    """Every chunk read and unpacked by the program's own reader, and nothing else."""
    image, labels = (chunk_files_of(folder / name) for name in ("image", "labels"))
    assert image is not None
    assert labels is not None
    grid = [-(-n // size) for n, size in zip(image.shape, image.chunk_shape, strict=True)]
    memory: dict[int, tuple[Scratch, Scratch]] = {}

    def read(number: int) -> None:
        mine = memory.setdefault(threading.get_ident(), (Scratch(), Scratch()))
        chunk = tuple(int(at) for at in np.unravel_index(number, grid))
        image.read(chunk, mine[0])
        labels.read(chunk, mine[1])

    shared_out(read, int(np.prod(grid)), n_workers)
    return ()


def measure(volume: Volume, label_map: LabelMap, n_workers: int = 2) -> Measured:
    return measure_volume(
        volume, label_map, LevelPlan(), MeasurementProtocol(), key=SubjectKey("b"), n_workers=n_workers
    )


def whole(folder: Path, n_workers: int = 2) -> Checksum:
    """Opening, counting, the search for fat, thresholds and both tables."""
    measured = measure(*stored(folder), n_workers=n_workers)
    assert len(measured.slices) >= N_STRUCTURES
    return checksum(measured.sums)


def sums(folder: Path, n_workers: int = 2) -> Checksum:
    """The counting pass alone."""
    volume, label_map = stored(folder)
    return checksum(sum_slices(volume, label_map, MeasurementProtocol(), n_workers=n_workers))


def first_result(folder: Path) -> Checksum:
    """Until the first run of slices has been counted; milliseconds as checksum."""
    start = time.perf_counter()

    def stop(done: int, _: int, __: str) -> None:
        if done:
            raise Cancelled("enough")

    volume, label_map = stored(folder)
    with suppress(Cancelled):
        sum_slices(volume, label_map, MeasurementProtocol(), n_workers=2, progress=stop)
    return (round(1000 * (time.perf_counter() - start)),)
