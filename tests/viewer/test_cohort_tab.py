"""A manifest measured from the window gives the bytes of the command line, can be stopped, and goes on."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from tests.undated import undated
from tests.workflows.cohorts import rows_of, write_manifest, write_small_subject

from napari_hipspine.cli import main
from napari_hipspine.domain.errors import HipSpineError
from napari_hipspine.domain.protocol import FatMethod
from napari_hipspine.viewer.cohort_openings import open_finished
from napari_hipspine.viewer.cohort_work import CohortWish, finished_entries
from napari_hipspine.viewer.preferred import Preferences
from napari_hipspine.viewer.widgets.cohort_editor import CohortEditor
from napari_hipspine.viewer.widgets.statistics_dock import StatisticsDock
from napari_hipspine.workflows.measure_cohort import measure_cohort, open_manifest
from napari_hipspine.workflows.measure_entry import CohortProtocol

WAIT = 60_000


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    row = write_small_subject(folder)
    broken = {"subject_id": "broken", **row, "image": row["naming"]}
    return write_manifest(folder / "manifest.csv", [*rows_of(row, 3), broken])


@pytest.fixture
def dock(qtbot):
    made = StatisticsDock(None)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def page(dock):
    return dock.cohort


@pytest.mark.parametrize(
    "wish",
    [
        CohortWish(),
        CohortWish("manifest.csv", "out", 3, "", FatMethod.OTSU),
        CohortWish("manifest.csv", "out", 0, "tcp://node:8786"),
    ],
)
def test_choices_come_back(qtbot, wish):
    editor = CohortEditor()
    qtbot.addWidget(editor)
    editor.set_value(wish)
    assert editor.value() == wish


def test_what_is_missing_is_said(page):
    assert page.editor.missing() == "Give a manifest first."
    page.editor.set_value(CohortWish("manifest.csv"))
    assert page.editor.missing() == "Give a folder for the results first."
    page.editor.set_value(CohortWish("manifest.csv", "out"))
    assert page.editor.missing() == ""


def test_the_window_measures_what_the_command_line_does(qtbot, page, manifest, tmp_path):
    page.editor.set_value(CohortWish(str(manifest), str(tmp_path / "window")))
    with qtbot.waitSignal(page.ended, timeout=WAIT):
        page.find()
    assert main(["cohort", str(manifest), "--out", str(tmp_path / "terminal")]) == 1
    for name in ("measurements.csv", "slices.csv", "failures.csv"):
        assert undated(tmp_path / "window" / name) == undated(tmp_path / "terminal" / name)
    assert page.result.summary.startswith("3 measured, 0 kept from before, 1 failed, of 4.")
    assert [table.title for table in page.result.value().tables] == ["Failures", "Measurements"]


def test_a_cancelled_run_goes_on(qtbot, page, manifest, tmp_path):
    page.editor.set_value(CohortWish(str(manifest), str(tmp_path)))
    page.find()
    page._background.told.connect(lambda *_: page.cancel())
    with qtbot.waitSignal(page.ended, timeout=WAIT):
        pass
    assert page.result.value() is None
    with qtbot.waitSignal(page.ended, timeout=WAIT):
        page.find()
    assert "1 failed, of 4." in page.result.summary
    assert not page.result.summary.startswith("3 measured")


@pytest.fixture(scope="module")
def measured(manifest, tmp_path_factory):
    """A run whose choices show in the window: levels, a session, a reader, a fat method."""
    folder = tmp_path_factory.mktemp("measured")
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    said = {"session": "one", "reader_id": "R1", "levels": "L4=slice:1", "window": "slices:1"}
    marked = write_manifest(manifest.with_name("marked.csv"), [{**row, **said} for row in rows])
    wish = CohortWish(str(marked), str(folder), fat_method=FatMethod.OTSU)
    outcome = measure_cohort(open_manifest(marked), folder, settings=wish.settings)
    assert [one.entry.subject_id for one in outcome.failed] == ["broken"], outcome.failed
    return wish


def test_only_finished_subjects_are_listed(measured, manifest, tmp_path):
    assert [entry.subject_id for entry in finished_entries(measured)] == ["sub-00", "sub-01", "sub-02"]
    assert finished_entries(CohortWish(str(manifest), str(tmp_path / "nothing"))) == ()


def test_a_finished_subject_opens_as_it_was_measured(measured):
    entry = finished_entries(measured)[1]
    opened = open_finished(entry, measured.settings, Preferences(), lambda *_: None)
    (one,) = opened.series
    assert (opened.who.subject_id, opened.who.session, opened.who.reader_id) == ("sub-01", "one", "R1")
    assert one.work.who == opened.who
    assert [placed.level.id for placed in one.work.level_plan.placements] == ["L4"]
    assert one.work.chosen_protocol.fat_method is FatMethod.OTSU
    assert np.any(one.work.label_map.labels[...])
    assert opened.problems == ()
    one.work.label_work.close()


def test_what_the_window_does_not_take_over_is_said(measured):
    entry = replace(finished_entries(measured)[0], metal="metal.nii.gz")
    opened = open_finished(entry, CohortProtocol(), Preferences(), lambda *_: None)
    (problem,) = opened.problems
    assert isinstance(problem, HipSpineError)
    assert "metal" in problem.message
    assert opened.series[0].work.chosen_protocol is None
    opened.series[0].work.label_work.close()


def test_finished_subjects_are_listed_after_a_run_and_on_demand(qtbot, page, measured):
    page.editor.set_value(measured)
    assert page.subjects.value() == ()
    page.look()
    qtbot.waitUntil(lambda: len(page.subjects.value()) == 3, timeout=WAIT)
    wished = []
    page.subject_wished.connect(wished.append)
    page.subjects.open_chosen()
    assert wished == []
    page.subjects.table.selectRow(1)
    page.subjects.open_chosen()
    assert wished[0].args[0].subject_id == "sub-01"
    page.editor.set_value(CohortWish(measured.manifest, ""))
    assert page.subjects.value() == ()


@pytest.mark.viewer
def test_a_double_click_opens_the_subject_in_the_window(qtbot, make_napari_viewer_proxy, measured):
    viewer = make_napari_viewer_proxy()
    _, dock = viewer.window.add_plugin_dock_widget("napari-hipspine", "Cohort statistics")
    page = dock.cohort
    page.editor.set_value(measured)
    page.look()
    qtbot.waitUntil(lambda: len(page.subjects.value()) == 3, timeout=WAIT)
    page.subjects.show()
    table = page.subjects.table
    middle = table.visualRect(table.model().index(2, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=WAIT)
    (main_dock,) = [one for one in viewer.window.dock_widgets.values() if type(one).__name__ == "MainDock"]
    work = main_dock.session.work
    assert work.who.subject_id == "sub-02"
    assert [type(layer).__name__ for layer in viewer.layers] == ["Image", "Labels"]
    assert [placed.level.id for placed in work.level_plan.placements] == ["L4"]
    main_dock.actions.measure()
    qtbot.waitUntil(lambda: main_dock.session.work.measured is not None, timeout=WAIT)
    with (Path(measured.folder) / "measurements.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["subject_id"] == "sub-02" and row["csa_mm2"]]
    shown = main_dock.session.work.measured.result.measurements["csa_mm2"].dropna()
    assert [float(row["csa_mm2"]) for row in rows] == pytest.approx(list(shown))
