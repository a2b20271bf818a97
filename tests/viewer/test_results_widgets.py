"""Histogram, profile, tables and filter, each driven by itself."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtTest import QTest
from tests.viewer.test_shown_threshold import measured_work

from napari_hipspine.domain.anatomy import find_level, find_muscle
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan
from napari_hipspine.domain.threshold_review import ThresholdReview
from napari_hipspine.viewer.profile import profiles_of
from napari_hipspine.viewer.result_filter import ResultFilter, choices_of
from napari_hipspine.viewer.shown_threshold import shown_thresholds
from napari_hipspine.viewer.widgets.filter_row import FilterRow
from napari_hipspine.viewer.widgets.histogram_plot import HistogramPlot
from napari_hipspine.viewer.widgets.profile_plot import ProfilePlot
from napari_hipspine.viewer.widgets.results_table import ResultsTable
from napari_hipspine.viewer.widgets.threshold_review_editor import ThresholdReviewEditor

pytestmark = pytest.mark.viewer
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
MULTIFIDUS = find_muscle("multifidus")


@pytest.fixture
def work(subject):
    return measured_work(subject, level_plan=LevelPlan((LevelPlacement(find_level("L4"), -32.0),)))


def heard(signal) -> list:
    found = []
    signal.connect(lambda *values: found.append(values))
    return found


def test_the_threshold_is_dragged_and_let_go(qtbot, work):
    plot = HistogramPlot()
    qtbot.addWidget(plot)
    plot.resize(360, 150)
    plot.set_value(shown_thresholds(work)[0])
    dragged, moved = heard(plot.dragged), heard(plot.moved)
    frame = plot.frame()
    middle = int(frame.inside.center().y())
    QTest.mousePress(plot, LEFT, NONE, QPoint(int(frame.x(plot.cut)), middle))
    assert plot.is_dragging
    QTest.mouseMove(plot, QPoint(int(frame.x(500.0)), middle))
    QTest.mouseRelease(plot, LEFT, NONE, QPoint(int(frame.x(500.0)), middle))
    assert plot.cut == pytest.approx(500.0, abs=3)
    assert (dragged[-1], moved) == ((plot.cut,), [(plot.cut,)])
    QTest.mousePress(plot, LEFT, NONE, QPoint(5_000, middle))
    assert plot.cut <= frame.across.high
    QTest.mouseRelease(plot, LEFT, NONE, QPoint(5_000, middle))
    before = plot.cut
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.cut < before
    assert len(moved) == 3


def test_a_typed_threshold_moves_and_what_is_no_number_comes_back(qtbot, work):
    editor = ThresholdReviewEditor()
    qtbot.addWidget(editor)
    editor.set_value(shown_thresholds(work), busy="")
    moved, reset = heard(editor.moved), heard(editor.reset)
    assert not editor._reset.isEnabled()
    assert editor._reset.toolTip() == "This threshold is the one that was found."
    found = editor._value.text()
    editor._value.setText("many")
    editor._value.editingFinished.emit()
    assert (editor._value.text(), moved) == (found, [])
    editor._value.editingFinished.emit()
    assert moved == []
    editor._value.setText("512,5")
    editor._value.editingFinished.emit()
    assert moved == [(MULTIFIDUS, 512.5)]
    editor.set_value(shown_thresholds(measured_work_of(work, 512.5)), busy="")
    assert "moved by hand; found was" in editor._said.text().lower()
    assert editor._muscle.currentText() == "multifidus ✎"
    editor._reset.click()
    editor._reset_all.click()
    assert reset == [(MULTIFIDUS,), (None,)]
    editor.choose(find_muscle("erector_spinae"))
    assert editor.plot.value().muscle.id == "erector_spinae"
    editor.set_value(editor.value(), busy="Wait until filling has ended.")
    assert editor.plot.value().muscle.id == "erector_spinae"
    assert editor._share.toolTip() == "Wait until filling has ended."


def measured_work_of(work, cut):
    class Same:
        volume, label_map = work.opened, work.label_map

    return measured_work(Same, review=ThresholdReview({"multifidus": cut}))


def test_a_click_in_the_profile_tells_the_slice(qtbot, work):
    plot = ProfilePlot()
    qtbot.addWidget(plot)
    plot.resize(500, 150)
    result = work.measured.result
    plot.set_value(profiles_of(result.slices, MULTIFIDUS, work.level_plan))
    chosen = heard(plot.slice_chosen)
    area, fat = plot.frames()
    assert area.inside.right() < fat.inside.left()
    position = work.image.grid.slice_position_mm(4)
    for frame in (area, fat):
        QTest.mouseClick(plot, LEFT, NONE, QPoint(int(frame.x(position)), int(frame.inside.center().y())))
    QTest.mouseClick(plot, LEFT, NONE, QPoint(1, 1))
    assert chosen == [(4,), (4,)]
    plot.resize(220, 400)
    above, below = plot.frames()
    assert above.inside.bottom() < below.inside.top()


def test_edited_rows_change_in_place_and_keep_their_order_and_choice(qtbot, work):
    table = ResultsTable("slices")
    qtbot.addWidget(table)
    frame = work.measured.result.slices
    table.set_value(frame)
    names = [column.name for column in table._model._columns]
    table.sortByColumn(names.index("csa_mm2"), Qt.SortOrder.DescendingOrder)
    table.selectRow(2)
    chosen = table.chosen_row()
    changed, resets = heard(table._model.dataChanged), heard(table._model.modelReset)
    edited = frame.copy()
    at = frame.index[(frame["muscle"] == chosen["muscle"]) & (frame["slice_index"] == chosen["slice_index"])][0]
    edited.loc[at, "csa_mm2"] = 1.0
    table.set_value(edited)
    assert (len(changed), resets) == (1, [])
    assert table.chosen_row()["slice_index"] == chosen["slice_index"]
    assert table.currentIndex().row() == 2
    table.set_value(edited.iloc[:-1])
    assert len(resets) == 1


def test_rows_are_narrowed_found_and_copied_with_their_headings(qtbot, work):
    table, row = ResultsTable("measurements"), FilterRow()
    for widget in (table, row):
        qtbot.addWidget(widget)
    frame = work.measured.result.measurements
    table.set_value(frame)
    row.offer(choices_of(frame.to_dict("records")))
    row.value_changed.connect(table.narrow)
    assert row._boxes["side"].count() == 4
    row.set_value(ResultFilter("multifidus", "left"))
    table.narrow(row.value())
    table.copy_chosen()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert "CSA [mm²]" in lines[0].split("\t")
    assert lines[1].split("\t")[1:3] == ["multifidus", "left"]
    assert not table.show_row(lambda one: one["side"] == "right")
    row.set_value(ResultFilter())
    table.narrow(row.value())
    assert table.show_row(lambda one: one["side"] == "right")
    assert table.chosen_row()["side"] == "right"
    told = heard(table.row_chosen)
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert [one[0]["side"] for one in told] == ["both"]
    row.offer(choices_of([{"muscle": "psoas_major", "side": "left", "level": "L4"}]))
    assert row.value() == ResultFilter()
