"""Time per brush stamp, fill and undo in a label store beside a plain zarr array, on 256 x 1024 x 1024 labels.

Run ``python tests/benchmarks/bench_label_store.py [folder]``; prints a table in milliseconds. A stamp does what a
Labels layer does: read the square under the brush, set the pixels of a disc, write the square back.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.keeping.label_store import LabelStore
from napari_hipspine.keeping.label_store_creation import create_empty_label_store
from napari_hipspine.keeping.label_store_opening import open_label_store

SHAPE = (256, 1024, 1024)
AFFINE = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [4.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
N_STROKES, N_STAMPS = 12, 25


def new_store(folder: Path) -> LabelStore:
    structures = {1: find_structure("multifidus", "left"), 2: find_structure("multifidus", "right")}
    return open_label_store(create_empty_label_store(folder, Grid(SHAPE, AFFINE), structures))


def new_zarr(folder: Path) -> Any:
    return zarr.create_array(
        str(folder),
        shape=SHAPE,
        chunks=(1, 256, 256),
        dtype=np.uint16,
        compressors=ZstdCodec(level=1),
        config={"write_empty_chunks": False},
    )


def stamp(labels: Any, at: tuple[int, int, int], diameter: int, value: int) -> None:
    radius = diameter // 2
    key = (slice(at[0], at[0] + 1), *(slice(c - radius, c + radius + 1) for c in at[1:]))
    across = np.arange(-radius, radius + 1)
    disc = (across[:, None] ** 2 + across**2 <= radius**2)[None]
    region = np.asarray(labels[key])
    region[disc] = value
    labels[key] = region


def fill(labels: Any, at_slice: int, value: int) -> None:
    region = np.asarray(labels[at_slice : at_slice + 1])
    region[region == 0] = value
    labels[at_slice : at_slice + 1] = region


def strokes(diameter: int) -> Iterator[list[tuple[int, int, int]]]:
    """Strokes that wander over slices and chunk borders, the same every time."""
    draw = np.random.default_rng(0)
    for _ in range(N_STROKES):
        at = np.array([draw.integers(100, 900), draw.integers(100, 900)])
        steps = draw.integers(-diameter // 3, diameter // 3 + 1, (N_STAMPS, 2)).cumsum(axis=0)
        rows, columns = np.clip(at + steps, 70, 950).T
        on_slice = int(draw.integers(0, SHAPE[0]))
        yield [(on_slice, int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    into.append(1000 * (time.perf_counter() - start))


def stamp_times(labels: Any, diameter: int, around: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """Milliseconds per stamp, and per stamp with everything that belongs to its stroke."""
    each: list[float] = []
    whole: list[float] = []
    for number, stroke in enumerate(strokes(diameter)):
        with timed(whole), around():
            for at in stroke:
                with timed(each):
                    stamp(labels, at, diameter, number % 5 + 1)
    return each, [time_of / N_STAMPS for time_of in whole]


@contextmanager
def nothing() -> Iterator[None]:
    yield


def times_of(act: Callable[[], Any], n: int) -> list[float]:
    found: list[float] = []
    for _ in range(n):
        with timed(found):
            act()
    return found


def fill_times(labels: Any) -> list[float]:
    found: list[float] = []
    for at in range(5):
        with timed(found):
            fill(labels, 2 * at, 9)
    return found


def show(name: str, times: list[float]) -> None:
    print(f"{name:<52} {statistics.median(times):8.2f} {max(times):8.2f}")


def main(folder: Path) -> None:
    print(f"{'256 x 1024 x 1024 uint16, chunks of 1 x 256 x 256':<52} {'median':>8} {'max':>8}  [ms]")
    for diameter in (10, 60):
        array = new_zarr(folder / f"zarr-{diameter}")
        each, _ = stamp_times(array, diameter, nothing)
        show(f"brush {diameter}: plain zarr array, per stamp", each)
        with new_store(folder / f"single-{diameter}") as store:
            each, _ = stamp_times(store.labels, diameter, nothing)
            show(f"brush {diameter}: store, every stamp a step", each)
        with new_store(folder / f"store-{diameter}") as store:
            each, whole = stamp_times(store.labels, diameter, store.step)
            show(f"brush {diameter}: store, {N_STAMPS} stamps a step, per stamp", each)
            show(f"brush {diameter}: the same, finishing the step shared out", whole)
            with timed(snapshot := []):
                store.snapshot()
            show(f"brush {diameter}: snapshot", snapshot)
            show(f"brush {diameter}: undo of a stroke", times_of(store.undo, N_STROKES))
            show(f"brush {diameter}: redo of a stroke", times_of(store.redo, N_STROKES))
            n_bytes = sum(file.stat().st_size for file in (store.folder / "journal").iterdir())
            print(f"{f'brush {diameter}: journal per stroke, undo and redo':<52} {n_bytes / N_STROKES / 1024:8.1f} KiB")
    show("fill of 1 Mpx: plain zarr array", fill_times(new_zarr(folder / "zarr-fill")))
    with new_store(folder / "store-fill") as store:
        show("fill of 1 Mpx: store", fill_times(store.labels))
        show("fill of 1 Mpx: undo", times_of(store.undo, 5))
        store.close()
        show("opening the store again", times_of(lambda: open_label_store(store.folder).close(), 5))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
