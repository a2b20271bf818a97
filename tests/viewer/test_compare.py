"""Two measured series beside each other: the rows that are shown, and slices that belong together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.anatomy import find_level
from napari_hipspine.domain.errors import Cancelled
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.viewer.compare_work import (
    MIDDLE,
    levels_beside,
    measures_of,
    shown_comparison,
    side_of_series,
    sides_of_file,
    slice_beside,
    write_comparison,
)
from napari_hipspine.viewer.series_work import SeriesWork
from napari_hipspine.viewer.session import Session
from napari_hipspine.viewer.slice_look import look_at_slice
from napari_hipspine.workflows.compare_results import compare_results

from .conftest import draw, measure, show

L4 = find_level("L4")


@pytest.fixture
def measured(series) -> SeriesWork:
    """The small subject, measured at L4 on slice 3."""
    draw(series, *range(6))
    session = Session()
    position = series.volume.grid.slice_position_mm(3)
    session.add(replace(series, level_plan=LevelPlan((LevelPlacement(L4, position, is_confirmed=True),))))
    request = session.measure_request()
    session.keep_result(request, request.run(stay_silent))
    return session.work


def other(work: SeriesWork, **cells) -> SeriesWork:
    """The same with other numbers, of another subject."""
    result = work.measured.result
    table = result.measurements.assign(subject_id="sub-008", **cells)
    return replace(work, name="sub-008", measured=replace(work.measured, result=replace(result, measurements=table)))


def test_an_unmeasured_series_is_not_offered(series, measured):
    assert side_of_series(series) is None
    side = side_of_series(measured)
    assert (side.words, side.result.name) == ("sub-007", "sub-007")
    assert set(side.result.measurements["contrast"]) == {"T2"}


def test_rows_are_shown_with_units_signs_and_reasons(measured):
    first, second = side_of_series(measured), side_of_series(other(measured, fi=None, reason="no_fat_class"))
    areas = second.result.measurements["csa_mm2"] - 100
    table = second.result.measurements.assign(csa_mm2=areas)
    comparison = compare_results(first.result, replace(second.result, measurements=table))
    assert ("CSA [mm²]", "csa_mm2") in measures_of(comparison)
    rows, columns = shown_comparison(comparison, "csa_mm2")
    shown = {column.heading: column.texts for column in columns}
    assert set(shown["B − A [mm²]"]) == {"−100"}
    assert list(shown)[:5] == ["Level", "Muscle", "Side", "A [mm²]", "B [mm²]"]
    assert len(rows) == len(first.result.measurements)
    _, columns = shown_comparison(comparison, "fi")
    shown = {column.heading: column.texts for column in columns}
    assert set(shown["B − A [percentage points]"]) == {"–"}
    assert "B − A [% of A]" not in shown
    assert set(shown["Why empty"]) == {"B: no fat class"}


def test_slices_are_linked_by_level_and_by_the_middle_where_there_is_none(measured):
    grid = measured.volume.grid
    moved = replace(measured, level_plan=LevelPlan((LevelPlacement(L4, grid.slice_position_mm(1), is_confirmed=True),)))
    assert levels_beside((measured, moved)) == ("L4", MIDDLE)
    assert levels_beside((measured, replace(measured, level_plan=LevelPlan()))) == (MIDDLE,)
    assert [slice_beside(one, "L4", 8.0) for one in (measured, moved)] == [5, 3]
    assert [slice_beside(one, "L4", 12.0) for one in (measured, moved)] == [None, 4]
    assert slice_beside(measured, MIDDLE, 0.0) == 3, "slices 1 to 5 are labelled"


def test_a_slice_stands_radiologically_with_its_fat_in_yellow(measured):
    plain, fat = (look_at_slice(measured, 3, shows_fat=shown) for shown in (False, True))
    assert (plain.view.left, plain.view.right) == ("R", "L")
    assert plain.size_mm == (120.0, 80.0)
    changed = (plain.colours != fat.colours).any(axis=2)
    share = changed.sum() / (np.asarray(measured.label_map.labels[3]) > 0).sum()
    assert 0.08 < share < 0.2, "of 15 %, those on outlines keep the colour of the muscle"
    assert np.unique(fat.colours[changed], axis=0).tolist() == [[255, 217, 26]]
    top, left, bottom, right = plain.muscles_mm
    assert 60 < top < bottom <= 120
    assert 0 < left < right < 80


def test_a_table_offers_everybody_in_it_and_reading_can_be_stopped(measured, tmp_path):
    table = side_of_series(measured).result.measurements
    both = pd.concat([table.assign(session="1"), table.assign(session="2")])
    both.to_csv(tmp_path / "measurements.csv", index=False)
    sides = sides_of_file(tmp_path, stay_silent)
    assert [one.words for one in sides] == [f"sub-007 · {n}, {tmp_path.name}" for n in (1, 2)]
    comparison = compare_results(*(one.result for one in sides))
    assert (comparison.table["difference"].dropna() == 0).all()
    assert len(comparison.table["difference"].dropna()) > 10
    (written,) = [one for one in write_comparison(comparison, tmp_path / "out", stay_silent) if one.suffix == ".csv"]
    assert len(pd.read_csv(written)) == len(comparison.table)

    def stop(done: int, total: int, doing: str) -> None:
        if done:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        sides_of_file(tmp_path, stop)


@pytest.mark.viewer
def test_the_dock_compares_what_is_chosen_and_links_the_pictures(measured, qtbot):
    from napari_hipspine.viewer.widgets.compare_dock import CompareDock

    dock = CompareDock()
    qtbot.addWidget(dock)
    dock.resize(1100, 300)
    dock.sides_chosen.connect(lambda a, b: dock.set_value(compare_results(a.result, b.result)))
    sides = [side_of_series(one) for one in (measured, other(measured))]
    dock.offer(sides[:1])
    assert dock.value() is None
    assert not dock._export.isEnabled()
    assert "Measure two series" in dock._export.toolTip()
    dock.offer(sides)
    assert dock.value().names == ("sub-007", "sub-008")
    assert dock._model.rowCount() == len(sides[0].result.measurements)
    assert [one.value().caption.split(" · ")[1] for one in dock.pictures] == ["slice 3", "slice 3"]
    dock._above.setValue(-4)
    assert [one.value().caption.split(" · ")[1] for one in dock.pictures] == ["slice 2", "slice 2"]
    dock._above.setValue(100)
    assert [one.value() for one in dock.pictures] == [None, None]
    dock.table.clicked.emit(dock._model.index(0, 0))
    assert dock._above.value() == 0
    assert "slice 3" in dock.pictures[1].value().caption
    dock.grab()


@pytest.mark.viewer
def test_in_the_window_the_comparison_follows_new_numbers_and_added_tables(window, subject, qtbot, tmp_path):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    dock.compare.show()
    shown = dock.compare.dock
    assert shown.value() is None, "one series alone is compared with nothing"
    table = dock.session.work.measured.result.measurements
    table.assign(subject_id="sub-008", csa_mm2=table["csa_mm2"] + 50).to_csv(tmp_path / "measurements.csv", index=False)
    dock.compare.add_file(tmp_path)
    qtbot.waitUntil(lambda: shown.value() is not None, timeout=30_000)
    areas = shown.value().table.query("measure == 'csa_mm2'")
    assert areas["difference"].tolist() == pytest.approx([50.0] * len(areas))
    assert shown.pictures[0].value() is not None
    assert shown.pictures[1].value() is None
    dock.compare.export(tmp_path / "out")
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=30_000)
    assert len(pd.read_csv(tmp_path / "out" / "comparison.csv")) == len(shown.value().table)
    before = shown.value()
    dock.session.change(measured=dock.session.work.measured)
    assert shown.value() is before
