"""Rows of muscles and what tools propose: frozen when asked for, taken in one step, refused in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPointF, Qt
from tests.viewer.conftest import SHAPE, STRUCTURES, make_volume, muscle_pixels, oriented_grid

from napari_hipspine.domain.anatomy import Side
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.label_map import LabelMap, Origin
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.viewer.label_work import fresh_place, open_label_work
from napari_hipspine.viewer.muscle_rows import muscle_rows
from napari_hipspine.viewer.proposals import fill_wish, mirror_wish, scribbled, why_not_fill
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords
from napari_hipspine.viewer.widgets.muscle_strips import MuscleStrips


@pytest.fixture
def work():
    """A series with empty labels in a store."""
    grid = oriented_grid()
    volume = make_volume(grid, muscle_pixels(grid))
    empty = LabelMap(np.zeros(SHAPE, np.uint16), grid, STRUCTURES, origin=Origin.DRAWN)
    kept = open_label_work(fresh_place("drawn"), empty)
    yield SeriesWork("s", volume, SubjectWords("s"), label_map=kept.store.label_map(), label_work=kept)
    kept.close()


def draw(work: SeriesWork, *slices: int, values=(1, 2, 3, 4)) -> np.ndarray:
    truth = muscle_pixels(work.volume.grid)
    for index in slices:
        work.label_work.store.labels[index] = np.where(np.isin(truth[index], values), truth[index], 0)
    return truth


def test_fill_is_one_step_and_its_slices_wait_for_a_person(work):
    truth = draw(work, 1, 5)
    store, other = work.label_work.store, work.label_work.store.snapshot()
    proposal = fill_wish(work).run(stay_silent)
    assert proposal.slices == (2, 3, 4)
    assert (store.labels[...] == other[...]).all()
    proposal.accept(work.label_work)
    found = store.labels[...]
    for value in STRUCTURES:
        both = ((found == value) & (truth == value))[2:5].sum()
        assert 2 * both / ((found[2:5] == value).sum() + (truth[2:5] == value).sum()) > 0.95
    assert {store.status(3, value) for value in STRUCTURES} == {Status.FILLED}
    assert {store.status(5, value) for value in STRUCTURES} == {Status.DRAWN}
    store.undo()
    assert (store.labels[...] == other[...]).all()


def test_locked_muscles_are_neither_filled_nor_painted_over(work):
    draw(work, 1, 5)
    work.label_work.lock([1], locked=True)
    fill_wish(work).run(stay_silent).accept(work.label_work)
    assert not (work.label_work.store.labels[3] == 1).any()
    assert (work.label_work.store.labels[3] == 2).any()


def test_what_is_missing_before_a_fill_is_said(work):
    assert why_not_fill(None) == "Open or draw labels first."
    draw(work, 1)
    with pytest.raises(InvalidChoice, match="Outline a muscle on two slices"):
        fill_wish(work)
    work.label_work.set_extent(1, last=3)
    assert fill_wish(work).key_slices == {1: (1,)}
    assert fill_wish(work).run(stay_silent).slices == (2, 3)


def test_edits_since_the_fill_was_worked_out_are_kept_elsewhere(work):
    draw(work, 1, 5)
    proposal = fill_wish(work).run(stay_silent)
    work.label_work.store.labels[3, 0, 0] = 4
    proposal.accept(work.label_work)
    assert work.label_work.store.labels[3, 0, 0] == 4


def test_mirror_proposes_the_side_that_is_not_drawn(work):
    truth = draw(work, 2, 3, values=(2,))
    work.label_work.store.labels[3] = truth[3] * np.isin(truth[3], (1, 2))
    wish = mirror_wish(work, 2)
    assert wish.slices == (2,)
    proposal = wish.run(stay_silent)
    inside = proposal.after[2] == 1
    assert 2 * (inside & (truth[2] == 1)).sum() / (inside.sum() + (truth[2] == 1).sum()) > 0.75
    assert (proposal.after[2] == 2).sum() == (truth[2] == 2).sum()
    with pytest.raises(InvalidChoice, match="where the other side is not drawn"):
        mirror_wish(replace(work), 4)


def test_scribble_makes_a_drawn_muscle_and_leaves_the_others(work):
    truth = draw(work, 2, values=(3,))
    strokes = np.zeros(SHAPE[1:], np.uint8)
    rows, columns = np.nonzero(truth[2] == 1)
    strokes[rows.min() + 3 : rows.max() - 2, int(columns.mean())] = 1
    proposal = scribbled(work, 1, 2, strokes)
    proposal.accept(work.label_work)
    assert work.label_work.store.status(2, 1) is Status.DRAWN
    assert ((work.label_work.store.labels[2] == 3) == (truth[2] == 3)).all()
    work.label_work.lock([1], locked=True)
    with pytest.raises(InvalidChoice, match="found a locked one"):
        scribbled(work, 1, 2, strokes)


def test_looks_are_worst_first_and_gone_once_a_person_has_looked(work):
    draw(work, 1, 5)
    fill_wish(work).run(stay_silent).accept(work.label_work)
    work.label_work.look_at(((4, 1), (2, 1), (5, 1)))
    assert work.label_work.to_look_at == ((4, 1), (2, 1))
    assert work.label_work.approve(4, 1)
    assert work.label_work.to_look_at == ((2, 1),)
    assert muscle_rows(work)[0].left.unsure == {2}


def test_rows_show_every_core_muscle_of_the_region(work):
    draw(work, 1)
    work.label_work.lock([1, 2], locked=True)
    rows = muscle_rows(replace(work, hidden=frozenset({3, 4})))
    assert [row.muscle.id for row in rows[:2]] == ["multifidus", "erector_spinae"]
    assert {row.muscle.id: row.values for row in rows}["psoas_major"] == ()
    assert [row.is_locked for row in rows[:2]] == [True, False]
    assert [row.is_hidden for row in rows[:2]] == [False, True]
    assert rows[0].left.statuses == (Status.EMPTY, Status.DRAWN, *[Status.EMPTY] * 4)
    assert rows[0].left.describe(1) == "multifidus left, slice 1: drawn"


def test_a_click_on_a_cell_says_which(work, qtbot):
    draw(work, 1)
    strips = MuscleStrips()
    qtbot.addWidget(strips)
    strips.resize(360, 200)
    strips.set_value(muscle_rows(work))
    strips.set_here(active=2, slice_index=1)
    assert strips.value() == muscle_rows(work)
    assert strips.active_strip().structure == STRUCTURES[2]
    cells, named, locks, added = [], [], [], []
    strips.cell_chosen.connect(lambda *cell: cells.append(cell))
    strips.value_chosen.connect(named.append)
    strips.lock_wished.connect(lambda row: locks.append(row.muscle.id))
    strips.added.connect(lambda structure: added.append(structure.id))
    strips.grab()
    for at in (
        strips.cell_rect(1, Side.RIGHT, 4).center(),
        strips.icon_rect(0, "lock").center(),
        QPointF(60, strips.cell_rect(1, Side.LEFT, 0).top() - 8),
        strips.cell_rect(2, Side.LEFT, 0).center(),
    ):
        qtbot.mouseClick(strips, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert cells == [(4, 4)]
    assert locks == ["multifidus"]
    assert named == [4]
    assert added == [f"{strips.value()[2].muscle.id}_left"]
