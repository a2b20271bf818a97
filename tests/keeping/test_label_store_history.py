"""Undo and redo across sittings, groups, marks, snapshots, and a journal that is bounded and may be damaged."""

from __future__ import annotations

import gc
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.keeping.journal import journal_files
from napari_hipspine.keeping.label_store_errors import HistoryTooShort, LabelStoreDamaged
from napari_hipspine.keeping.label_store_opening import open_label_store
from napari_hipspine.keeping.label_store_status import Status

from .label_stores import SHAPE, new_store, voxels


@pytest.fixture
def store(tmp_path):
    with new_store(tmp_path) as store:
        yield store


@given(acts=st.lists(st.sampled_from(["paint", "paint", "group", "undo", "undo", "redo", "reopen"]), max_size=14))
@settings(max_examples=40)
def test_undo_and_redo_are_those_of_a_list_of_states(tmp_path_factory, acts):
    draw = np.random.default_rng(len(acts))
    store = new_store(tmp_path_factory.mktemp("undo"))
    states, at = [_state(store)], 0
    for act in acts:
        if act == "undo":
            assert (store.undo() is not None) == (at > 0)
            at = max(0, at - 1)
        elif act == "redo":
            assert (store.redo() is not None) == (at < len(states) - 1)
            at = min(len(states) - 1, at + 1)
        elif act == "reopen":
            store.close()
            store = open_label_store(store.folder)
        else:
            _paint(store, draw, 1 if act == "paint" else 3)
            states[at + 1 :] = [_state(store)]
            at += 1
        assert (store.can_undo, store.can_redo) == (at > 0, at < len(states) - 1)
        assert _same(_state(store), states[at])
    store.close()


def _paint(store, draw, n):
    with store.step("stroke"):
        for _ in range(n):
            row, column = draw.integers(200, 270, 2)
            value = draw.integers(1, 60_000)
            store.labels[draw.integers(0, 3), row : row + 20, column : column + 20] = value


def _state(store):
    return voxels(store), store.statuses()


def _same(one, other):
    return np.array_equal(one[0], other[0]) and one[1] == other[1]


def test_a_group_is_one_step(store):
    store.begin_step("stroke")
    for column in range(5):
        store.labels[0, 3, column] = 1
    change = store.commit_step()
    assert (change.title, change.slices) == ("stroke", {0})
    store.undo()
    assert not voxels(store).any()
    assert not store.can_undo


def test_groups_do_not_nest_and_may_be_empty(store):
    assert store.commit_step() is None
    store.begin_step()
    with pytest.raises(InvalidChoice, match="one that is open"):
        store.begin_step()
    assert store.commit_step() is None
    assert not store.can_undo


def test_a_group_that_fails_is_taken_back(store):
    store.labels[0, 0, 0] = 1
    with pytest.raises(IndexError), store.step("fill"):
        _paint_half(store)
    assert voxels(store).sum() == 1
    assert store.statuses() == {(0, 1): Status.DRAWN}
    store.begin_step()
    store.labels[0, 0, 0] = 2
    store.cancel_step()
    assert store.labels[0, 0, 0] == 1


def _paint_half(store):
    store.labels[0, :, :] = 2
    store.labels[SHAPE[0], :, :] = 2


def test_undo_finishes_an_open_group_first(store):
    store.begin_step()
    store.labels[0, 0, 0] = 2
    assert store.can_undo
    store.undo()
    assert not voxels(store).any()
    store.redo()
    assert store.labels[0, 0, 0] == 2


def test_an_edit_ends_what_could_be_redone(store):
    store.labels[0, 0, 0] = 2
    store.undo()
    store.labels[0, 0, 1] = 2
    assert not store.can_redo
    assert store.redo() is None


def test_changes_since_a_mark_are_discarded_and_that_can_be_undone(store):
    store.labels[0, :9, :9] = 1
    mark = store.mark("before lunch")
    kept = _state(store)
    store.labels[0, :5, :5] = 2
    store.labels[2] = 700
    store.undo()
    store.labels[1, :300, :3] = 5
    changed = _state(store)
    store.close()
    with open_label_store(store.folder) as again:
        assert [one.name for one in again.marks()] == ["opened", "before lunch", "opened"]
        found = next(one for one in again.marks() if one.name == "before lunch")
        assert found == mark
        again.discard_since(found)
        assert _same(_state(again), kept)
        again.undo()
        assert _same(_state(again), changed)


def test_a_snapshot_stays_as_it_was(store):
    store.labels[0, :9, :9] = 1
    store.begin_step()
    store.labels[0, 3, 3] = 2
    snapshot = store.snapshot()
    assert (snapshot[0, 3, 3], store.labels[0, 3, 3]) == (1, 2)
    store.commit_step()
    store.labels[1] = 5
    store.labels[0] = 0
    kept = np.zeros(SHAPE, np.uint16)
    kept[0, :9, :9] = 1
    assert np.array_equal(snapshot[...], kept)
    assert snapshot.changed_slices() == {0, 1}
    assert not snapshot.is_empty((slice(0, 1), slice(0, 256), slice(0, 256)))
    assert snapshot.is_empty((slice(1, 3), slice(0, 300), slice(0, 280)))
    assert np.array_equal(store.label_map(snapshot).labels[0], kept[0])
    assert np.array_equal(pickle.loads(pickle.dumps(snapshot))[...], kept)
    again = store.snapshot()
    assert again.changed_slices() == frozenset()
    store.discard_since(snapshot)
    assert np.array_equal(voxels(store), kept)


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_every_snapshot_is_what_was_when_it_was_taken(tmp_path_factory, seed):
    draw = np.random.default_rng(seed)
    taken = []
    with new_store(tmp_path_factory.mktemp("snapshots"), journal_bytes=4000) as store:
        for _ in range(12):
            _paint(store, draw, 2)
            if draw.random() < 0.3:
                store.undo()
            taken.append((store.snapshot(), voxels(store)))
        for snapshot, labels in taken:
            assert np.array_equal(snapshot[...], labels)
        for (one, before), (_, after) in pairwise(taken):
            changed = set(np.flatnonzero((before != after).any(axis=(1, 2))))
            assert changed <= one.changed_slices()


def test_the_journal_keeps_its_limit_and_the_newest_steps(tmp_path):
    draw = np.random.default_rng(0)
    states = []
    with new_store(tmp_path, journal_bytes=20_000) as store:
        first = store.marks()[0]
        for _ in range(120):
            _paint(store, draw, 2)
            states.append(_state(store))
        assert sum(path.stat().st_size for _, path in journal_files(store.folder / "journal")) < 30_000
        with pytest.raises(HistoryTooShort, match="oldest part was dropped"):
            store.discard_since(first)
    with open_label_store(store.folder) as again:
        assert _same(_state(again), states[-1])
        n_undone = 0
        while again.undo():
            n_undone += 1
            assert _same(_state(again), states[-1 - n_undone])
    assert 5 < n_undone < 119


def test_one_step_larger_than_the_limit_can_still_be_undone(tmp_path):
    with new_store(tmp_path, journal_bytes=2000) as store:
        noise = np.random.default_rng(0).integers(0, 9, SHAPE)
        store.labels[...] = noise
        store.labels[...] = 0
        store.undo()
        assert np.array_equal(voxels(store), noise)


def test_a_snapshot_holds_back_the_journal(tmp_path):
    draw = np.random.default_rng(0)
    with new_store(tmp_path, journal_bytes=4000) as store:
        snapshot = store.snapshot()
        other_process = pickle.loads(pickle.dumps(snapshot))
        for _ in range(40):
            _paint(store, draw, 2)
        assert not snapshot[...].any()
        del snapshot
        gc.collect()
        for _ in range(40):
            _paint(store, draw, 2)
        with pytest.raises(HistoryTooShort, match="dropped"):
            other_process[...]


def _last_file(store):
    return journal_files(store.folder / "journal")[-1][1]


@pytest.mark.parametrize("n_lost", [1, 7, 40])
def test_a_torn_last_step_never_happened(store, n_lost):
    store.labels[0, 0, 0] = 1
    kept = _state(store)
    store.labels[0, 0, 1] = 2
    store.labels[0, 5, 5] = 0
    size = _last_file(store).stat().st_size
    store.close()
    with _last_file(store).open("rb+") as file:
        file.truncate(size - n_lost)
    (store.folder / "statuses.json").write_text('{"as_of": 0, "locked": [], "statuses": []}')
    with open_label_store(store.folder) as again:
        assert _same(_state(again), kept)
        assert again.interruption.n_chunks_taken_back == 1
        again.undo()
        assert not voxels(again).any()
    with open_label_store(store.folder) as third:
        assert third.interruption is None
        third.redo()
        assert _same(_state(third), kept)


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"\xa5HJ\x01" * 9, b"rubbish"])
def test_rubbish_behind_the_journal_is_cut_off(store, tail):
    store.labels[0, 0, 0] = 1
    store.close()
    with _last_file(store).open("ab") as file:
        file.write(tail)
    with open_label_store(store.folder) as again:
        again.labels[0, 0, 1] = 2
        again.undo()
        again.undo()
        assert not voxels(again).any()


def test_damage_in_the_middle_ends_what_can_be_undone_and_costs_no_label(store):
    for value in (1, 2, 3, 4):
        store.labels[0, 0, 0] = value
    opened, steps = store.marks()[0], store._history.undo
    store.close()
    content = bytearray(_last_file(store).read_bytes())
    content[steps[1].begin + 30] ^= 0xFF
    _last_file(store).write_bytes(content)
    with open_label_store(store.folder) as again:
        assert again.labels[0, 0, 0] == 4
        assert [again.labels[0, 0, 0] for _ in iter(again.undo, None)] == [3, 2]
        with pytest.raises(LabelStoreDamaged, match="make no sense"):
            again.discard_since(opened)
