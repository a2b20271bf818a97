"""The list of muscles: a row for each, a cell for each slice, a click says which."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import QPointF, Qt
from tests.viewer.conftest import STRUCTURES, draw

from napari_hipspine.domain.anatomy import Side
from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.viewer.muscle_rows import muscle_rows
from napari_hipspine.viewer.widgets.muscle_strips import MuscleStrips
from napari_hipspine.viewer.widgets.strip_legend import MEANINGS, StripLegend


def test_rows_show_every_core_muscle_of_the_region(series):
    draw(series, 1)
    series.label_work.lock([1, 2], locked=True)
    rows = muscle_rows(replace(series, hidden=frozenset({3, 4})))
    assert [row.muscle.id for row in rows[:2]] == ["multifidus", "erector_spinae"]
    assert {row.muscle.id: row.values for row in rows}["psoas_major"] == ()
    assert [row.is_locked for row in rows[:2]] == [True, False]
    assert [row.is_hidden for row in rows[:2]] == [False, True]
    assert rows[0].left.statuses == (Status.EMPTY, Status.DRAWN, *[Status.EMPTY] * 4)
    assert rows[0].left.describe(1) == "multifidus left, slice 1: drawn"


def test_a_click_on_a_cell_says_which(series, qtbot):
    draw(series, 1)
    strips = MuscleStrips()
    qtbot.addWidget(strips)
    strips.resize(360, 200)
    strips.set_value(muscle_rows(series))
    strips.set_here(active=2, slice_index=1)
    assert strips.value() == muscle_rows(series)
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


def test_marks_are_said_in_words(series):
    draw(series, 1, 3)
    work = series.label_work
    work.set_extent(1, first=1)
    work.set_extent(1, last=4)
    work.toggle_slab(3)
    strip = muscle_rows(series, unsure=((3, 1),))[0].left
    assert strip.describe(1) == "multifidus left, slice 1: drawn; starts here"
    assert strip.describe(3) == (
        "multifidus left, slice 3: drawn; the fill is unsure, have a look; a slab of another angulation begins"
    )
    assert strip.describe(4) == "multifidus left, slice 4: empty; ends here"


def test_every_status_is_painted_and_explained(qtbot):
    legend = StripLegend()
    qtbot.addWidget(legend)
    assert set(MEANINGS) == set(Status) - {Status.EMPTY}
    assert all(f"{status.value}: " in legend.toolTip() for status in MEANINGS)
    picture = legend.grab().toImage()
    seen = {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}
    assert len(seen) > 2
