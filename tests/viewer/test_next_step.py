"""Where the job goes on: by words on a button, from one series to the next and on to correlations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from napari.layers import Layer
from tests.viewer.conftest import measure, show

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.domain.grid import Grid
from napari_hipspine.viewer.layers import image_layers
from napari_hipspine.viewer.next_step import RELATE, NextStep, Way, exported_tables, folder_name, next_step
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords
from napari_hipspine.viewer.session import Session
from napari_hipspine.viewer.steps import Status, Step, step_states
from napari_hipspine.viewer.widgets import main_dock
from napari_hipspine.viewer.widgets.way_on import go_on


@pytest.mark.parametrize(
    ("name", "folder"),
    [("sub-007 · lumbar T2", "sub-007_lumbar_T2"), ("../odd: name / of", "_.._odd_name_of"), ("", "")],
)
def test_a_series_has_a_folder_of_its_own(name, folder):
    assert folder_name(name) == folder.removeprefix("_")
    assert "/" not in folder_name(name)


class Kept:
    """Stands for a measurement."""

    result = None


@pytest.fixture
def session(subject) -> Session:
    found = Session()
    for region in (Region.HIP, Region.LUMBAR):
        found.add(SeriesWork(region.value, subject.volume, SubjectWords("sub-007"), stated_region=region))
    return found


def test_nothing_comes_next_before_the_tables_are_written(session):
    assert next_step(session) is None
    session.change(measured=Kept())
    assert next_step(session) is None


def test_the_other_region_comes_next_and_then_correlations(session, tmp_path):
    for folder in (tmp_path / "lumbar", tmp_path / "hip"):
        folder.mkdir()
        (folder / "measurements.csv").touch()
    measured = Kept()
    session.change(measured=measured, exported=measured, exported_to=tmp_path / "lumbar")
    assert next_step(session) == NextStep(Way.SERIES, "Go on: Hip · T2", "Measure the other series of this subject", 0)
    session.choose(0)
    assert next_step(session) is None
    session.change(measured=measured, exported=measured, exported_to=tmp_path / "hip")
    then = next_step(session)
    assert (then.way, then.words) == (Way.RELATE, RELATE)
    assert exported_tables(session) == (tmp_path / "hip/measurements.csv", tmp_path / "lumbar/measurements.csv")
    (tmp_path / "hip/measurements.csv").unlink()
    assert exported_tables(session) == (tmp_path / "lumbar/measurements.csv",)


def test_a_series_measured_anew_has_to_be_written_first(session):
    measured = Kept()
    session.change(measured=measured, exported=measured, exported_to=Path("somewhere"))
    session.change(measured=Kept())
    assert next_step(session) is None


def test_the_way_from_levels_to_correlations_is_pressed_in_the_window(
    window, subject, qtbot, tmp_path, monkeypatch, told
):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    assert step_states(dock.session)[Step.LEVELS].status is Status.DONE  # no level was wanted
    monkeypatch.setattr(main_dock.QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    dock.table.export_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    written = tmp_path / "sub-007_T2"
    assert (written / "measurements.csv").is_file()
    assert str(written) in dock.table._written.text()
    then = next_step(dock.session)
    assert dock.table._next.text() == then.words == RELATE
    opened = []
    monkeypatch.setattr(
        dock.viewer.window, "add_plugin_dock_widget", lambda *a, **k: (None, Taken(opened)), raising=False
    )
    go_on(dock, then)
    assert opened == [str(written / "measurements.csv")]
    assert told == []


class Taken:
    """Stands for the dock of correlations."""

    def __init__(self, opened: list[str]) -> None:
        self.add_files = opened.extend


def test_the_slider_counts_one_series_whatever_changes_in_another(window, subject):
    viewer, dock = window
    show(viewer, subject)
    longer = Grid((9, 60, 80), subject.volume.grid.affine)
    other = replace(subject.volume, voxels=np.ones(longer.shape, np.int16), grid=longer)
    viewer.add_layer(Layer.create(*image_layers(other, name="longer")[0]))
    dock.session.choose(0)
    assert viewer.dims.nsteps[0] == 6
    points = viewer.add_points(np.zeros((1, 3)), units=("mm",) * 3)
    points.data = np.array([[30.0, 1.0, 1.0]])
    assert viewer.dims.nsteps[0] == 6
