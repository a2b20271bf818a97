"""What is said of labels besides them: kept with the store, undone with the steps, forgotten when it is past."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.keeping.label_stores import new_store

from napari_hipspine.keeping.label_store_notes import FillNote, NoteChanges, Notes, first_of, unpacked_changes
from napari_hipspine.keeping.label_store_opening import open_label_store
from napari_hipspine.keeping.label_store_status import Hand, Status

NOTE = FillNote(2.5, "outlines 0 and 9")


@pytest.fixture
def store(tmp_path):
    with new_store(tmp_path) as store:
        yield store


def _fill(store, place, note=NOTE):
    index, value = place
    with store.step("fill between", hand=Hand.TOOL, fills={place: note}):
        store.labels[index, 10:20, 10:20] = value


def test_ends_slabs_and_fills_outlast_the_sitting_however_it_ends(store):
    store.say(Notes(extents={1: (0, None)}, slabs={2: True}), "said")
    _fill(store, (1, 2))
    store._lock.release()  # as a process that died leaves it, without the file that close() writes
    with open_label_store(store.folder) as again:
        assert again.extents == {1: (0, None)}
        assert again.slabs == {2}
        assert again.fills == {(1, 2): NOTE}
    with open_label_store(store.folder) as third:
        assert (third.extents, third.slabs, third.fills) == ({1: (0, None)}, {2}, {(1, 2): NOTE})


def test_what_was_said_is_taken_back_and_said_again_step_by_step(store):
    store.say(Notes(extents={1: (0, None)}), "starts here")
    store.say(Notes(extents={1: (0, 2)}), "ends here")
    store.say(Notes(extents={1: (None, None)}, slabs={1: True}), "said")
    assert (store.extents, store.slabs) == ({}, {1})
    found = []
    while store.undo():
        found.append((store.extents, store.slabs))
    assert found == [({1: (0, 2)}, set()), ({1: (0, None)}, set()), ({}, set())]
    while store.redo():
        pass
    assert (store.extents, store.slabs) == ({}, {1})
    assert store.say(Notes(slabs={1: True}), "said again") is None


def test_changes_are_discarded_with_what_was_said_since(store):
    _fill(store, (0, 1))
    mark = store.mark("here")
    _fill(store, (0, 1), FillNote(0.5, "others"))
    store.say(Notes(extents={1: (0, 1)}), "ends here")
    store.discard_since(mark)
    assert store.fills == {(0, 1): NOTE}
    assert store.extents == {}


def test_a_fill_is_forgotten_where_somebody_paints_and_remembered_when_that_is_undone(store):
    _fill(store, (0, 1))
    _fill(store, (1, 1))
    store.labels[0, 10, 10] = 0
    assert store.fills == {(1, 1): NOTE}
    assert store.status(0, 1) is Status.EDITED
    store.undo()
    assert store.fills == {(0, 1): NOTE, (1, 1): NOTE}


def test_a_tool_that_remembers_nothing_forgets_what_another_did(store):
    _fill(store, (0, 1))
    with store.step("tidy", hand=Hand.TOOL):
        store.labels[0, 15:25, 15:25] = 1
    assert store.fills == {}


def test_a_repair_changes_neither_who_made_a_slice_nor_what_it_was_filled_from(store):
    _fill(store, (0, 1))
    store.labels[1, 3:6, 3:6] = 2
    store.labels[2, 3:6, 3:6] = 2
    store.set_status([2], 2, Status.APPROVED)
    with store.step("tidy", hand=Hand.REPAIR):
        for index in range(3):
            store.labels[index, 5, 5] = 0
            store.labels[index, 12, 12] = 0
        store.labels[0, 100, 100] = 2
    assert store.fills == {(0, 1): NOTE}
    assert store.statuses() == {
        (0, 1): Status.FILLED, (0, 2): Status.FILLED, (1, 2): Status.DRAWN, (2, 2): Status.EDITED,
    }  # fmt: skip


def test_ends_of_a_locked_muscle_stay_whatever_is_undone(store):
    store.say(Notes(extents={1: (0, None), 2: (1, None)}), "starts here")
    store.set_locked([1])
    store.undo()
    assert store.extents == {1: (0, None)}


def test_a_step_that_only_says_something_touches_no_slice(store):
    heard = []
    store.observe(heard.append)
    change = store.say(Notes(extents={2: (None, 1)}), "ends here")
    assert (change.slices, change.title, heard) == (frozenset(), "ends here", [change])
    assert not np.asarray(store.labels[...]).any()


def test_changes_survive_the_journal():
    was = Notes({(3, 1): Status.FILLED}, {1: (None, None)}, {(3, 1): NOTE, (4, 1): None}, {2: False})
    now = Notes({(3, 1): Status.EMPTY}, {1: (2, None)}, {(3, 1): None, (4, 1): NOTE}, {2: True})
    changes = NoteChanges(was, now)
    assert unpacked_changes(json.loads(changes.packed())) == changes
    assert changes
    assert not unpacked_changes({})
    assert first_of([json.loads(changes.packed()), json.loads(NoteChanges(now, was).packed())]) == was


def test_a_store_without_ends_and_fills_is_read(store):
    store.labels[0, 0, 0] = 1
    store.close()
    (store.folder / "statuses.json").write_text('{"as_of": 1, "locked": [2], "statuses": [[0, 1, "drawn"]]}')
    with open_label_store(store.folder) as again:
        assert again.statuses() == {(0, 1): Status.DRAWN}
        assert (again.locked, again.extents, again.fills, again.slabs) == ({2}, {}, {}, set())
