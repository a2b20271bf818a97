"""A manifest measured from the window gives the bytes of the command line, can be stopped, and goes on."""

from __future__ import annotations

import pytest
from tests.undated import undated
from tests.workflows.cohorts import rows_of, write_manifest, write_small_subject

from napari_hipspine.cli import main
from napari_hipspine.domain.protocol import FatMethod
from napari_hipspine.viewer.cohort_work import CohortWish
from napari_hipspine.viewer.widgets.cohort_editor import CohortEditor
from napari_hipspine.viewer.widgets.statistics_dock import StatisticsDock

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
