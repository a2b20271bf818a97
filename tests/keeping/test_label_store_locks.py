"""While a label value is locked, not one of its pixels is lost and none is gained, whatever is done."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.keeping.label_store_changes import Stage
from napari_hipspine.keeping.label_store_opening import open_label_store

from .label_stores import SHAPE, new_store, voxels

LOCKED, FREE = 1, 2


@pytest.fixture
def store(tmp_path):
    """A locked square beside a free one, on a border of chunks."""
    with new_store(tmp_path) as store:
        store.labels[1, 250:262, 250:256] = LOCKED
        store.labels[1, 250:262, 256:262] = FREE
        store.set_locked([LOCKED])
        yield store


def _square():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1, 252:260, 252:260] = True
    return mask


WAYS = {
    "paint over a box": ((slice(1, 2), slice(252, 260), slice(252, 260)), 700),
    "erase a box": ((slice(1, 2), slice(252, 260), slice(252, 260)), 0),
    "a whole slice": (1, 700),
    "everything": (..., 0),
    "every second row": ((1, slice(None, None, 2)), 700),
    "backwards": ((1, slice(261, 249, -1), slice(261, 249, -1)), 0),
    "one pixel": ((1, 255, 255), 700),
    "fancy index": (np.nonzero(_square()), 700),
    "fancy index, many values": (np.nonzero(_square()), np.arange(64) % 5),
    "mask of the volume": (_square(), 0),
    "mask of a slice": ((1, _square()[1]), 700),
    "arrays beside a slice": ((1, np.arange(252, 260), slice(252, 260)), 700),
    "more of the locked one": ((1, slice(240, 270), slice(240, 270)), LOCKED),
    "many values in a box": ((1, slice(250, 260), slice(250, 260)), np.arange(100).reshape(10, 10) % 4),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_write_leaves_locked_pixels(store, way):
    key, value = WAYS[way]
    before = voxels(store)
    wanted = before.copy()
    wanted[key] = value
    told = []
    store.observe(told.append)
    store.labels[key] = value
    found = voxels(store)
    kept = (before != wanted) & ((before == LOCKED) | (wanted == LOCKED))
    assert kept.any()
    assert np.array_equal(found == LOCKED, before == LOCKED)
    assert np.array_equal(found, np.where(kept, before, wanted))
    assert told[-1].n_protected == kept.sum()


@given(seed=st.integers(0, 10_000), locked=st.sets(st.integers(0, 3), max_size=3))
@settings(max_examples=25)
def test_no_sequence_of_acts_changes_what_is_locked(tmp_path_factory, seed, locked):
    draw = np.random.default_rng(seed)
    shape = (2, 20, 20)
    with new_store(tmp_path_factory.mktemp("locks"), shape=shape) as store:
        start = store.mark("start")
        _act(store, draw, 12, start)
        store.set_locked(locked)
        before = voxels(store)
        _act(store, draw, 12, start)
        found = voxels(store)
    for value in locked:
        assert np.array_equal(found == value, before == value)


def _act(store, draw, n, start):
    for _ in range(n):
        what = draw.integers(0, 6)
        rows, columns = np.sort(draw.integers(0, 21, (2, 2)), axis=1)
        if what == 0:
            store.undo()
        elif what == 1:
            store.redo()
        elif what == 2:
            index = tuple(draw.integers(0, n, 30) for n in store.labels.shape)
            store.labels[index] = draw.integers(0, 4, 30)
        elif what == 3 and draw.random() < 0.3:
            store.discard_since(start)
        else:
            store.labels[draw.integers(0, 2), slice(*rows), slice(*columns)] = draw.integers(0, 4)


def test_undo_leaves_locked_pixels(store):
    store.set_locked([])
    store.labels[1, 0:4, 0:4] = LOCKED
    store.labels[1, 0:2, 0:4] = FREE
    store.set_locked([LOCKED])
    change = store.undo()
    assert change.n_protected == 8
    assert (voxels(store)[1, 0:4, 0:4] == [[FREE]] * 2 + [[LOCKED]] * 2).all()


def test_redo_leaves_locked_pixels(store):
    store.set_locked([])
    store.labels[1, 0:4, 0:4] = LOCKED
    store.labels[1, 0:2, 0:4] = FREE
    store.undo()
    store.set_locked([LOCKED])
    change = store.redo()
    assert change.n_protected == 8
    assert (voxels(store)[1, 0:4, 0:4] == LOCKED).all()


def test_discarding_leaves_locked_pixels(store):
    start = store.marks()[0]
    store.discard_since(start)
    found = voxels(store)
    assert (found == LOCKED).sum() == 72
    assert not (found == FREE).any()


def test_a_protected_write_that_changes_nothing_is_told_but_is_no_step(store):
    told = []
    store.observe(told.append)
    n_undo = len(store._history.undo)
    store.labels[1, 255, 255] = FREE
    assert [(change.stage, change.n_protected, set(change.slices)) for change in told] == [(Stage.WRITTEN, 1, set())]
    assert len(store._history.undo) == n_undo


def test_locks_hold_in_the_next_sitting(store):
    store.close()
    with open_label_store(store.folder) as again:
        again.labels[1, 255, 255] = 0
        assert again.labels[1, 255, 255] == LOCKED
        again.set_locked([])
        again.labels[1, 255, 255] = 0
        assert again.labels[1, 255, 255] == 0
