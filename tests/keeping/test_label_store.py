"""A label store: made whole or not at all, read by zarr, told apart by status, copied from elsewhere."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import zarr

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.blocks import ArrayBlocks, BlockSource, blocks_of
from napari_hipspine.domain.errors import Cancelled, InvalidChoice, UnknownLabel
from napari_hipspine.domain.label_map import LabelMap, Origin
from napari_hipspine.keeping import label_store_chunks
from napari_hipspine.keeping.label_store_changes import Stage
from napari_hipspine.keeping.label_store_creation import create_empty_label_store, create_label_store
from napari_hipspine.keeping.label_store_errors import LabelsNotKept, LabelsReadOnly, LabelStoreDamaged
from napari_hipspine.keeping.label_store_opening import open_label_store
from napari_hipspine.keeping.label_store_status import Hand, Status

from .label_stores import SHAPE, STRUCTURES, axial_grid, new_store, voxels


@pytest.fixture
def store(tmp_path):
    with new_store(tmp_path) as store:
        yield store


def _some_labels():
    labels = np.zeros(SHAPE, dtype=np.int16)
    labels[1, 250:270, 200:275] = 1
    labels[2, 3:5, 4:9] = 700
    return labels


def _label_map(labels, **more):
    return LabelMap(labels, axial_grid(), STRUCTURES, **more)


def test_twenty_gigabytes_of_nothing_take_no_space(tmp_path):
    shape = (2560, 2048, 2048)
    place = create_empty_label_store(tmp_path / "large", axial_grid(shape), STRUCTURES)
    assert 2 * np.prod(shape, dtype=np.int64) > 20e9
    assert sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) < 10_000
    with open_label_store(place) as store:
        store.labels[2559, 2047, 2047] = 2
        assert store.labels[2559, 2040:, 2040:].sum() == 2


def test_zarr_reads_what_was_painted(store):
    store.labels[1, 200:300, 250:280] = 700
    stored = zarr.open_array(str(store.folder / "labels.zarr"), mode="r")
    assert (stored.metadata.zarr_format, stored.dtype, stored.chunks) == (3, np.uint16, (1, 256, 256))
    assert np.array_equal(stored[...], store.labels[...])
    assert stored[1, 299, 279] == 700
    assert stored.nchunks_initialized == 4


def test_erased_chunks_are_gone(store):
    store.labels[0, :10, :10] = 1
    store.labels[0] = 0
    assert zarr.open_array(str(store.folder / "labels.zarr")).nchunks_initialized == 0


def test_metadata_come_back(tmp_path):
    given = _label_map(
        _some_labels(), origin=Origin.IMPORTED, tool="tool 2.1", path="a.nii.gz", flags=("f",), notes=("n", "m")
    )
    with open_label_store(create_label_store(tmp_path / "copy", given)) as store:
        found = store.label_map()
    assert found.grid == given.grid
    assert found.grid.frame_of_reference_uid == "1.2.3"
    assert dict(found.structures) == STRUCTURES
    assert (found.origin, found.tool, found.path) == (Origin.IMPORTED, "tool 2.1", "a.nii.gz")
    assert (found.flags, found.notes) == (("f",), ("n", "m"))


@pytest.mark.parametrize("block", [(1, 300, 280), (3, 17, 19), (2, 300, 257)])
def test_a_copy_holds_what_the_source_holds(tmp_path, block):
    labels = _some_labels()
    labels.setflags(write=False)
    source = ArrayBlocks(labels, block)
    given = LabelMap(_Blocks(source), axial_grid(), STRUCTURES, origin=Origin.IMPORTED)
    with open_label_store(create_label_store(tmp_path / "copy", given)) as store:
        assert np.array_equal(voxels(store), labels)
        assert store.statuses() == {(1, 1): Status.IMPORTED, (2, 700): Status.IMPORTED}
        store.labels[1] = 0
        assert labels[1].any()


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (Origin.DRAWN, Status.DRAWN),
        (Origin.SEMI_AUTOMATIC, Status.FILLED),
        (Origin.IMPORTED, Status.IMPORTED),
    ],
)
def test_status_of_a_copy_is_how_it_was_made_until_a_person_touches_it(tmp_path, origin, status):
    given = LabelMap(_some_labels(), axial_grid(), STRUCTURES, origin=origin)
    with open_label_store(create_label_store(tmp_path / "copy", given)) as store:
        assert store.status(1, 1) is status
        store.labels[1, 0, 0] = 1
        assert store.status(1, 1) is (Status.DRAWN if origin is Origin.DRAWN else Status.EDITED)


class _Blocks:
    """Labels of a file that cannot be written, handed over in its own blocks."""

    ndim = 3

    def __init__(self, source: BlockSource) -> None:
        self.shape, self.dtype, self.block_shape = source.shape, source.dtype, source.block_shape
        self.is_empty, self.read = source.is_empty, source.read

    def __getitem__(self, key):
        return self.read(key)


def test_a_copy_that_fails_leaves_nothing(tmp_path):
    labels = _some_labels().astype(np.int32)
    labels[2, 0, 0] = 70_000
    with pytest.raises(UnknownLabel, match="from 0 to 65535, found 0 to 70000"):
        create_label_store(tmp_path / "copy", _label_map(labels))
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_is_stopped_leaves_nothing(tmp_path):
    def stop(done, total, doing):
        if done:
            raise Cancelled("Stopped.")

    slices = LabelMap(_Blocks(ArrayBlocks(_some_labels(), (1, 300, 280))), axial_grid(), STRUCTURES)
    with pytest.raises(Cancelled):
        create_label_store(tmp_path / "copy", slices, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(store, tmp_path):
    with pytest.raises(InvalidChoice, match="nothing is yet"):
        create_empty_label_store(store.folder, store.grid, STRUCTURES)
    with pytest.raises(LabelsNotKept, match="nothing was made"):
        create_empty_label_store(tmp_path / "no" / "such" / "folder", store.grid, STRUCTURES)
    with pytest.raises(UnknownLabel, match="up to 65535"):
        create_empty_label_store(tmp_path / "b", store.grid, {65_536: STRUCTURES[1]})


@pytest.mark.parametrize("value", [-1, 65_536, 1.5, np.array([3, -2])])
def test_what_is_no_label_is_refused(store, value):
    with pytest.raises(UnknownLabel, match="labels"):
        store.labels[0, 0, :2] = value
    assert not voxels(store).any()
    assert not store.can_undo


def test_blocks_never_painted_are_known_empty(store):
    store.labels[1, 0, 0] = 1
    blocks = blocks_of(store.labels)
    assert isinstance(blocks, BlockSource)
    assert blocks.block_shape == (1, 256, 256)
    inside, beside = (slice(1, 2), slice(0, 256), slice(0, 256)), (slice(1, 2), slice(0, 256), slice(256, 280))
    assert (blocks.is_empty(inside), blocks.is_empty(beside)) == (False, True)
    assert blocks.read(inside).sum() == 1
    assert blocks.is_empty((slice(0, 1), slice(0, 300), slice(0, 280)))


def test_dirty_slices_are_told(store):
    told = []
    stop = store.observe(told.append)
    with store.step("stroke"):
        store.labels[0, :5, :5] = 1
        store.labels[2, :5, :5] = 1
        store.labels[2, :5, :5] = 1
    assert [(change.stage, set(change.slices), change.title) for change in told] == [
        (Stage.WRITTEN, {0}, "stroke"),
        (Stage.WRITTEN, {2}, "stroke"),
        (Stage.FINISHED, {0, 2}, "stroke"),
    ]
    store.undo()
    assert (told[-1].stage, told[-1].slices) == (Stage.FINISHED, {0, 2})
    stop()
    store.redo()
    assert len(told) == 4


def test_observers_are_told_when_labels_are_on_disk(store):
    seen = []
    store.observe(lambda change: seen.append((change.stage, int(voxels(store)[0, 0, 0]))))
    store.labels[0, 0, 0] = 2
    assert seen == [(Stage.WRITTEN, 2), (Stage.FINISHED, 2)]


def test_an_observer_that_fails_costs_no_stroke(store):
    def fail(change):
        raise ZeroDivisionError

    store.observe(fail)
    with pytest.raises(ZeroDivisionError):
        store.labels[0, 0, 0] = 2
    assert voxels(store)[0, 0, 0] == 2
    assert store.can_undo


def test_statuses_follow_the_hand(store):
    def status():
        return store.status(0, 1)

    assert status() is Status.EMPTY
    store.labels[0, :9, :9] = 1
    assert status() is Status.DRAWN
    store.labels[0, 9, :9] = 1
    assert status() is Status.DRAWN
    with store.step("fill between", hand=Hand.TOOL):
        store.labels[0, 10, :9] = 1
    assert status() is Status.FILLED
    store.labels[0, 10, 0] = 2
    assert (status(), store.status(0, 2)) == (Status.EDITED, Status.DRAWN)
    store.set_status([0, 1], 1, Status.APPROVED)
    assert (status(), store.status(1, 1)) == (Status.APPROVED, Status.EMPTY)
    store.labels[0, 0, 0] = 0
    assert status() is Status.EDITED
    store.labels[0] = 0
    assert store.statuses() == {}
    found = [status() for _ in iter(store.undo, None)]
    assert found == ["edited", "approved", "edited", "filled", "drawn", "drawn", "empty"]


def test_status_looks_at_the_whole_slice(store):
    store.labels[0, 0, 0] = 1
    store.labels[0, 299, 279] = 1
    store.labels[0, 0, 0] = 0
    assert store.status(0, 1) is Status.DRAWN
    store.labels[0, 299, 279] = 0
    assert store.status(0, 1) is Status.EMPTY


def test_statuses_and_locks_outlast_the_sitting(store):
    store.labels[0, :9, :9] = 1
    store.set_status([0], 1, Status.APPROVED)
    store.set_locked([1])
    store.close()
    with open_label_store(store.folder) as again:
        assert again.statuses() == {(0, 1): Status.APPROVED}
        assert again.locked == {1}


def test_structures_can_be_named_later(store):
    psoas = find_structure("psoas_major", "left")
    store.set_structures({**STRUCTURES, 9: psoas})
    with pytest.raises(UnknownLabel, match="one value per structure"):
        store.set_structures({1: psoas, 2: psoas})
    store.close()
    with open_label_store(store.folder) as again:
        assert dict(again.structures) == {**STRUCTURES, 9: psoas}


def test_a_closed_store_is_only_looked_at(store):
    store.labels[0, 0, 0] = 1
    store.close()
    store.close()
    assert store.labels[0, 0, 0] == 1
    with pytest.raises(LabelsReadOnly, match="closed"):
        store.labels[0, 0, 0] = 2


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda place: (place / "labels.json").unlink(), "found No such file"),
        (lambda place: (place / "labels.json").write_text("{"), "makes no sense"),
        (lambda place: (place / "labels.json").write_text("{}"), "another file of that name"),
        (lambda place: _with(place, version=2), "version 2"),
        (lambda place: _with(place, shape=[3, 300, 281]), r"of shape \(3, 300, 281\)"),
        (lambda place: _with(place, structures={"1": ["no_muscle", "left"]}), "no_muscle"),
        (lambda place: (place / "labels.zarr" / "zarr.json").unlink(), "found none"),
    ],
)
def test_what_is_no_store_is_refused(tmp_path, spoil, message):
    place = create_empty_label_store(tmp_path / "a", axial_grid(), STRUCTURES)
    spoil(place)
    with pytest.raises(LabelStoreDamaged, match=message):
        open_label_store(place)
    assert not (place / "writer.lock").exists()


def _with(place, **other):
    said = json.loads((place / "labels.json").read_text())
    (place / "labels.json").write_text(json.dumps({**said, **other}))


def test_a_damaged_chunk_is_named_not_read_as_nothing(store):
    store.labels[1, 260, 0] = 1
    (store.folder / "labels.zarr" / "c" / "1" / "1" / "0").write_bytes(b"rotten")
    with pytest.raises(LabelStoreDamaged, match=r"chunk \(1, 1, 0\)"):
        store.labels[1, 260, 0]


def test_a_reader_in_the_way_is_waited_for(store, monkeypatch):
    real, refusals = os.replace, [PermissionError, PermissionError]

    def replace(source, target):
        if refusals:
            raise refusals.pop()
        real(source, target)

    monkeypatch.setattr(label_store_chunks.os, "replace", replace)
    store.labels[0, 0, 0] = 1
    store.labels[0, 0, 1] = 1
    assert refusals == []
    assert voxels(store)[0, 0, :2].tolist() == [1, 1]
