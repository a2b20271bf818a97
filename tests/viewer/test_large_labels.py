"""Labels too large for memory: copied and compared block by block, with the numbers that small ones give."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from tests.viewer.conftest import STRUCTURES, oriented_grid

from napari_hipspine.domain.blocks import Box
from napari_hipspine.domain.errors import Cancelled, UnknownLabel
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.volume import Volume
from napari_hipspine.viewer import openings
from napari_hipspine.viewer.label_places import work_folder
from napari_hipspine.viewer.openings import copy_labels, open_labels_on
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords
from napari_hipspine.viewer.session import Session
from napari_hipspine.viewer.slice_checksums import slice_checksum, slice_checksums
from napari_hipspine.workflows.open_subject import LabelFiles

LARGE = (2560, 2048, 2048)
MUSCLE = (slice(1000, 1003), slice(200, 330), slice(500, 700))


@dataclass
class SparseLabels:
    """Labels of 20 GB of which one box is a muscle; counts what is read and refuses to be read whole."""

    shape: tuple[int, int, int] = LARGE
    block_shape: tuple[int, int, int] = (64, 128, 128)
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.uint16))
    reads: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    largest: int = 0

    def is_empty(self, box: Box) -> bool:
        """All but the blocks that hold the muscle are known to be empty."""
        steps = zip(box, MUSCLE, self.block_shape, strict=True)
        return any(m.stop <= b.start // n * n or m.start >= -(-b.stop // n) * n for b, m, n in steps)

    def read(self, box: Box) -> np.ndarray[Any, Any]:
        """Labels of a box."""
        out = np.zeros([s.stop - s.start for s in box], self.dtype)
        self.largest = max(self.largest, out.nbytes)
        self.reads[tuple(s.start for s in box)] += 1
        cut = [slice(max(m.start - b.start, 0), max(m.stop - b.start, 0)) for b, m in zip(box, MUSCLE, strict=True)]
        out[tuple(cut)] = 3
        return out

    def __getitem__(self, key: Any) -> Any:
        raise AssertionError(f"all labels were asked for at once: {key}")


@pytest.fixture
def large():
    affine = np.diag([0.1, 0.1, 0.1, 1.0])[[2, 1, 0, 3]]
    return LabelMap(SparseLabels(), Grid(LARGE, affine), STRUCTURES)


@pytest.fixture
def opened(large, monkeypatch):
    """Large labels as the dock opens them from a file."""
    monkeypatch.setattr(openings, "open_labels", lambda outlines: large)
    image = Volume(np.broadcast_to(np.uint16(7), LARGE), large.grid)
    found = open_labels_on(image, None, LabelFiles("large.zarr"), name="large")
    yield found
    found.work.close()


def test_labels_of_twenty_gigabytes_are_opened_in_blocks(large, opened):
    source = large.labels
    assert source.largest <= 32 * 2**20
    assert max(source.reads.values()) == 1
    painted = opened.work.store.labels
    assert (painted[1001, 190:340, 490:710] == np.pad(np.full((130, 200), 3), 10)).all()
    n_chunks = sum(file.is_file() for file in (opened.work.store.folder / "labels.zarr" / "c").rglob("*"))
    assert n_chunks == 3 * 2 * 2
    assert sorted(opened.work.store.statuses()) == [(z, 3) for z in (1000, 1001, 1002)]


def test_an_edit_of_large_labels_is_noticed_without_reading_the_others(opened, monkeypatch):
    session = Session()
    work = SeriesWork(
        "large", opened.image, SubjectWords("large"), label_map=opened.label_map, label_work=opened.work,
        opened_checksums=opened.checksums,
    )  # fmt: skip
    session.add(work)
    looked_at = []
    monkeypatch.setattr(
        "napari_hipspine.viewer.series_work.slice_checksum",
        lambda labels, index: looked_at.append(index) or slice_checksum(labels, index),
    )
    monkeypatch.setattr(Session, "why_not_measure", lambda self: "")
    assert session.measure_request().edited.slices == frozenset()
    assert looked_at == []
    opened.work.store.labels[2000, 4:8, 4:8] = 1
    assert session.measure_request().edited.slices == {2000}
    assert looked_at == [2000]
    opened.work.store.undo()
    assert session.measure_request().edited.slices == frozenset()


def test_stopped_opening_of_large_labels_leaves_nothing(large):
    def stop(done: int, total: int, doing: str) -> None:
        if done > 10:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        copy_labels(large, name="large", progress=stop)
    assert list(work_folder().iterdir()) == []


@pytest.mark.parametrize("block", [(1, 5, 9), (3, 4, 4), (8, 16, 16), (2, 7, 3)])
def test_checksums_do_not_depend_on_how_labels_are_stored(block):
    labels = np.random.default_rng(5).integers(0, 4, (5, 16, 9)).astype(np.uint8)
    labels[1] = 0
    labels[3, 4:] = 0
    stored = type("Stored", (np.ndarray,), {"chunks": block})
    expected = tuple(zlib.crc32(plane.astype("<u2").tobytes()) for plane in labels)
    assert slice_checksums(labels.view(stored)) == expected
    assert slice_checksums(labels.astype(np.int64)) == expected
    assert [slice_checksum(labels.view(stored), z) for z in range(5)] == list(expected)


def test_checksums_of_sparse_labels_are_those_of_the_same_voxels_in_memory():
    small = (6, 40, 48)
    grid = replace(oriented_grid(), shape=small)
    labels = np.zeros(small, np.uint16)
    labels[2:4, 10:30, 5:20] = 2
    copied = copy_labels(LabelMap(labels, grid, STRUCTURES), name="small")
    assert tuple(copied.work.sums.value()) == copied.checksums == slice_checksums(labels)
    copied.work.store.labels[2, 12, 7] = 0
    assert copied.work.sums.value()[2] != copied.checksums[2]
    assert copied.work.sums.value()[3:] == list(copied.checksums[3:])
    copied.work.close()


def test_labels_beyond_sixteen_bits_leave_no_copy():
    grid = oriented_grid()
    wide = np.zeros(grid.shape, np.int32)
    wide[0, 0, 0] = 70_000
    with pytest.raises(UnknownLabel, match="from 0 to 65535, found 0 to 70000"):
        copy_labels(LabelMap(wide, grid, {}), name="wide")
    assert list(work_folder().iterdir()) == []
