"""Filling from the dock: only what an edit touches, never across slabs, one step, with its doubts remembered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.viewer.conftest import STRUCTURES, dice, draw

from napari_hipspine.domain.errors import Cancelled, InvalidChoice
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.keeping.label_store_notes import FillNote
from napari_hipspine.keeping.label_store_status import Hand, Status
from napari_hipspine.viewer.fill_memory import joined_runs
from napari_hipspine.viewer.fill_wish import Gaps, fill_wish, why_not_fill


def fill(series, gaps=Gaps.CHANGED):
    proposal = fill_wish(series, gaps).run(stay_silent)
    proposal.accept(series.label_work)
    return proposal


def test_fill_is_one_step_and_its_slices_wait_for_a_person(series):
    truth = draw(series, 1, 5)
    store, before = series.label_work.store, series.label_work.store.snapshot()
    proposal = fill_wish(series).run(stay_silent)
    assert proposal.slices == (2, 3, 4)
    assert (store.labels[...] == before[...]).all()
    proposal.accept(series.label_work)
    found = store.labels[...]
    for value in STRUCTURES:
        assert dice(found[2:5] == value, truth[2:5] == value) > 0.95
    assert {store.status(3, value) for value in STRUCTURES} == {Status.FILLED}
    assert {store.status(5, value) for value in STRUCTURES} == {Status.DRAWN}
    store.undo()
    assert (store.labels[...] == before[...]).all()


def test_after_an_edit_only_the_gaps_that_touch_it_are_filled_again(series):
    draw(series, 1, 3, 5)
    fill(series)
    with pytest.raises(InvalidChoice, match="changed since the last fill, found none"):
        fill_wish(series).run(stay_silent)
    assert fill_wish(series, Gaps.ALL).run(stay_silent).after.keys() == {2, 4}
    store = series.label_work.store
    spot = tuple(np.argwhere(store.labels[5] == 1)[0])
    store.labels[(5, *spot)] = 0
    assert fill_wish(series).run(stay_silent).after.keys() == {4}
    store.undo()
    with pytest.raises(InvalidChoice, match="found none"):
        fill_wish(series).run(stay_silent)


def test_an_edited_filled_slice_becomes_an_outline_between_two_gaps(series):
    draw(series, 1, 5)
    fill(series)
    store = series.label_work.store
    spot = tuple(np.argwhere(store.labels[3] == 1)[0])
    store.labels[(3, *spot)] = 0
    edited = store.labels[3] == 1
    wish = fill_wish(series)
    assert wish.key_slices == {1: (1, 3, 5), 2: (1, 5), 3: (1, 5), 4: (1, 5)}
    proposal = wish.run(stay_silent)
    assert ((proposal.after[3] == 1) == edited).all()
    proposal.accept(series.label_work)
    assert store.status(3, 1) is Status.EDITED
    with pytest.raises(InvalidChoice, match="found none"):
        fill_wish(series).run(stay_silent)


def test_undoing_a_fill_lets_it_be_filled_again(series):
    draw(series, 1, 5)
    fill(series)
    series.label_work.store.undo()
    assert fill_wish(series).run(stay_silent).slices == (2, 3, 4)


def test_what_was_filled_is_known_in_the_next_sitting(series):
    draw(series, 1, 5)
    fill(series)
    from napari_hipspine.viewer.label_work import open_label_work

    kept, label_map = series.label_work, series.label_map
    kept.close()
    again = open_label_work(kept.store.folder.parent, label_map)
    with pytest.raises(InvalidChoice, match="found none"):
        fill_wish(replace(series, label_work=again, label_map=again.store.label_map())).run(stay_silent)
    again.close()


def test_a_new_end_or_slab_is_a_reason_to_fill_again(series):
    draw(series, 1, 5)
    fill(series)
    series.label_work.set_extent(1, first=0)
    assert 0 in fill_wish(series).run(stay_silent).slices
    series.label_work.store.undo()
    with pytest.raises(InvalidChoice, match="found none"):
        fill_wish(series).run(stay_silent)


def test_nothing_is_filled_across_slabs(series):
    draw(series, 1, 3, 5)
    series.label_work.toggle_slab(5)
    assert fill_wish(series).slabs == [0, 0, 0, 0, 0, 1]
    assert fill_wish(series).run(stay_silent).slices == (2,)
    series.label_work.toggle_slab(3)
    with pytest.raises(InvalidChoice, match="found none"):
        fill_wish(series).run(stay_silent)
    series.label_work.toggle_slab(5)
    assert fill_wish(series).run(stay_silent).slices == (4,)


def test_locked_muscles_are_neither_filled_nor_painted_over(series):
    draw(series, 1, 5)
    series.label_work.lock([1], locked=True)
    fill(series)
    assert not (series.label_work.store.labels[3] == 1).any()
    assert (series.label_work.store.labels[3] == 2).any()


def test_what_is_missing_before_a_fill_is_said(series):
    assert why_not_fill(None) == "Open or draw labels first."
    draw(series, 1)
    with pytest.raises(InvalidChoice, match="Outline a muscle on two slices"):
        fill_wish(series)
    series.label_work.set_extent(1, last=3)
    assert fill_wish(series).key_slices == {1: (1,)}
    assert fill_wish(series).run(stay_silent).slices == (2, 3)


def test_edits_since_the_fill_was_worked_out_are_kept_elsewhere(series):
    draw(series, 1, 5)
    proposal = fill_wish(series).run(stay_silent)
    series.label_work.store.labels[3, 0, 0] = 4
    proposal.accept(series.label_work)
    assert series.label_work.store.labels[3, 0, 0] == 4


def test_imported_labels_that_would_be_replaced_are_told(series):
    draw(series, 1, 2, 5)
    imported = {(2, 1): Status.IMPORTED, (2, 2): Status.IMPORTED}
    wish = replace(fill_wish(series), key_slices=dict.fromkeys((1, 2), (1, 5)), imported=frozenset(imported))
    assert wish.run(stay_silent).notes == ("imported labels on 1 slices would be replaced",)


def test_notes_speak_of_muscles_and_not_of_label_values(series):
    draw(series, 1, 5)
    series.label_work.set_extent(1, last=4 + 1)
    series.label_work.toggle_slab(4)
    draw(series, 3, values=(1,))
    proposal = fill_wish(series).run(stay_silent)
    assert not [note for note in proposal.notes if "label value" in note]


def test_a_cancelled_fill_leaves_everything_as_it_was(series):
    draw(series, 1, 3, 5)
    store, before = series.label_work.store, series.label_work.store.labels[...]

    def stop(done: int, total: int, doing: str) -> None:
        if done:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        fill_wish(series).run(stop)
    assert (store.labels[...] == before).all()
    assert store.fills == {}
    assert fill_wish(series).run(stay_silent).slices == (2, 4)


def test_flows_of_the_picture_are_looked_up_only_once(series, monkeypatch):
    draw(series, 1, 3, 5)
    fill(series)
    store = series.label_work.store
    spot = tuple(np.argwhere(store.labels[3] == 1)[0])
    store.labels[(3, *spot)] = 0
    monkeypatch.setattr("napari_hipspine.segmenting.flows.dense_flow", _refuse)
    assert fill_wish(series).run(stay_silent).after.keys() == {2, 4}


def _refuse(*_: object) -> None:
    raise AssertionError("the picture was looked at again")


def test_places_are_unsure_where_both_outlines_see_another_border(series):
    truth = draw(series, 1)
    labels = np.where(truth[5] == 1, 1, 0).astype(np.uint16)
    labels[:, 1:] = labels[:, :-1]
    for _ in range(4):
        labels[:, 1:] = labels[:, :-1]
    series.label_work.store.labels[5] = labels
    proposal = fill(series)
    assert all(isinstance(note, FillNote) for note in proposal.fills.values())
    doubts = {place: note.doubt_mm for place, note in proposal.fills.items()}
    assert doubts[3, 1] > 1.0
    worst = sorted(doubts, key=doubts.get, reverse=True)
    assert series.label_work.to_look_at == tuple(place for place in worst if doubts[place] >= 2.0)


def test_runs_hold_every_stretch_that_lies_partly_in_them():
    stretch = fill_stretches([(1, 4), (6, 9), (11, 14), (2, 7)])
    assert joined_runs(stretch, stretch[2:3]) == [(11, 14)]
    assert joined_runs(stretch, stretch[:1]) == [(1, 9)]
    assert joined_runs(stretch, [stretch[2], stretch[1]]) == [(1, 9), (11, 14)]


def fill_stretches(bounds):
    from napari_hipspine.segmenting.fill_plan import Stretch

    return [Stretch(first - 1, last + 1, range(first, last + 1), (1,), (1,), ()) for first, last in bounds]


def test_a_tool_that_changes_a_filled_slice_leaves_no_trace_of_the_fill(series):
    draw(series, 1, 5)
    fill(series)
    store = series.label_work.store
    with store.step("tidy", hand=Hand.TOOL):
        spot = tuple(np.argwhere(store.labels[3] == 1)[0])
        store.labels[(3, *spot)] = 0
    assert fill_wish(series).run(stay_silent).slices == (3,)
