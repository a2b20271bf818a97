"""A study worked through in a real window: next subject, the other region, another day, another computer."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from napari.layers import Layer
from napari.utils.notifications import notification_manager
from superqt.utils._qthreading import WorkerBase

from napari_hipspine.domain.anatomy import find_level
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan
from napari_hipspine.domain.protocol import MeasurementProtocol
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.keeping.project_file import FILE_NAME, load_project, save_project
from napari_hipspine.viewer import commands, project_writer
from napari_hipspine.viewer.contributions import read_images
from napari_hipspine.viewer.recent_studies import load_recent
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.viewer.widgets.declared_editor import Declared
from napari_hipspine.viewer.widgets.main_dock import MainDock

from .conftest import muscle_pixels, oriented_grid, picture
from .studies import make_study, write_nifti

pytestmark = pytest.mark.viewer

L4 = LevelPlan((LevelPlacement(find_level("L4"), -32.0),))


@pytest.fixture
def told():
    """Every notification that reaches the user."""
    heard = []

    def hear(notification) -> None:
        heard.append(str(notification.message))

    notification_manager.notification_ready.connect(hear)
    yield heard
    notification_manager.notification_ready.disconnect(hear)


class Window:
    """A viewer with the main dock in it; the dock can be closed and opened as on another day."""

    def __init__(self, viewer, qtbot) -> None:
        self.viewer = viewer
        self._qtbot = qtbot
        self.dock = None
        self.begin()

    def begin(self) -> None:
        self.dock = MainDock(self.viewer)
        self.shown = self.viewer.window.add_dock_widget(self.dock, name="Hip-spine muscles")

    def end(self) -> None:
        self.dock.leave()
        self.viewer.window.remove_dock_widget(self.shown)
        self.viewer.layers.clear()

    def wait(self) -> None:
        self._qtbot.waitUntil(lambda: not self.dock.session.doing, timeout=30_000)

    def names(self, *, visible: bool | None = None) -> list[str]:
        return [layer.name for layer in self.viewer.layers if visible is None or layer.visible == visible]


@pytest.fixture
def window(make_napari_viewer_proxy, qtbot):
    found = Window(make_napari_viewer_proxy(), qtbot)
    yield found
    found.dock.leave()


def test_a_study_is_gone_through_and_found_again_as_it_was_left(window, tmp_path, told):
    folder = make_study(tmp_path / "Pilot")
    window.dock.study.open(folder)
    window.wait()
    assert [row.cells[1] for row in window.dock.header.subjects.value()] == ["sub-001", "sub-002"]
    assert window.dock.session.works == ()

    window.dock.ask(Wish.NEXT_SUBJECT)
    window.wait()
    assert window.names() == [
        "sub-001 · lumbar T2",
        "sub-001 · lumbar muscles",
        "sub-001 · hip PD",
    ]
    assert window.names(visible=True) == ["sub-001 · lumbar T2", "sub-001 · lumbar muscles"]
    dock = window.dock
    dock.images.declared.set_value(Declared(Contrast.T2, FatPolarity.BRIGHT))
    dock.levels.value_changed.emit(L4)
    dock.link.visit(4)
    window.viewer.layers["sub-001 · lumbar muscles"].paint((4, 0, 0), 3)
    window.viewer.layers["sub-001 · lumbar muscles"].selected_label = 3
    dock.header._switch.chosen.emit(1)
    assert window.names(visible=True) == ["sub-001 · hip PD"]
    assert dock.labels.muscles.isHidden()
    dock.labels.new_wished.emit()
    assert {row.muscle.region for row in dock.labels.muscles.strips.value()} == {"hip"}
    dock.actions.change(chosen_protocol=MeasurementProtocol(erosion_mm=2.0))
    dock.link.visit(1)
    dock.ask(Wish.OTHER_REGION)
    assert dock.link.slice_shown() == 4
    assert dock.session.work.level_plan == L4
    assert {row.muscle.region for row in dock.labels.muscles.strips.value()} == {"lumbar"}
    dock.ask(Wish.OTHER_REGION)
    assert dock.link.slice_shown() == 1

    dock.ask(Wish.NEXT_SUBJECT)
    window.wait()
    assert window.names() == ["sub-002 · lumbar T2", "sub-002 · hip PD"]
    assert dock.session.works[0].image.fat_polarity is FatPolarity.BRIGHT
    assert dock.session.works[1].protocol.erosion_mm == 2.0
    assert told == []
    dock.ask(Wish.NEXT_SUBJECT)
    assert told.pop() == "This is the last subject of Pilot."
    dock.ask(Wish.PREVIOUS_SUBJECT)
    window.wait()
    window.end()

    window.begin()
    assert window.dock.session.works == ()
    window.dock.study.open(folder / FILE_NAME)
    window.wait()
    window.wait()
    dock = window.dock
    assert dock.session.who.subject_id == "sub-001"
    assert dock.session.work.stated_region == "hip"
    assert dock.link.slice_shown() == 1
    dock.ask(Wish.OTHER_REGION)
    labels = window.viewer.layers["sub-001 · lumbar muscles"]
    assert dock.link.slice_shown() == 4
    assert (labels.selected_label, np.asarray(labels.data[4])[0, 0]) == (3, 3)
    assert dock.session.work.level_plan == L4
    assert told == []
    assert [recent.title for recent in load_recent()] == ["Pilot", "sub-001 · Pilot", "sub-002 · Pilot"]
    window.end()


def test_moved_data_is_asked_for_once_and_a_wrong_folder_is_refused(window, tmp_path, told):
    folder = make_study(tmp_path / "Pilot", n_subjects=1)
    window.dock.study.open(folder)
    window.wait()
    window.dock.ask(Wish.NEXT_SUBJECT)
    window.wait()
    window.dock.study.save_as(tmp_path / "kept.json")
    window.end()
    shutil.move(folder, tmp_path / "there")
    (tmp_path / "wrong").mkdir()

    window.begin()
    study, header = window.dock.study, window.dock.header
    study.open(tmp_path / "kept.json")
    window.wait()
    assert str(folder) in header.question
    assert window.dock.session.study is None
    study.follow(tmp_path / "wrong")
    assert "found none of them, in" in told.pop()
    assert header.question
    study.follow(tmp_path / "there")
    window.wait()
    assert header.question == ""
    assert window.dock.session.who.subject_id == "sub-001"
    assert window.names()[0] == "sub-001 · lumbar T2"
    study.save()
    assert load_project(tmp_path / "kept.json").folder == tmp_path / "there"
    assert told == []
    study.close_study()
    assert (window.names(), window.dock.session.study) == ([], None)


def test_window_closed_while_a_subject_opens_leaves_no_thread_no_lock_and_no_half_file(
    make_napari_viewer_proxy, qtbot, tmp_path, monkeypatch
):
    folder = make_study(tmp_path / "Pilot")
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    dock.study.open(folder)
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=30_000)
    dock.ask(Wish.NEXT_SUBJECT)
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=30_000)
    dock.session.change(level_plan=L4)
    begun, go_on = threading.Event(), threading.Event()

    def slow(study, subject, preferred, progress):
        begun.set()
        go_on.wait(5)
        while True:
            progress(0, 0, "opening")

    monkeypatch.setattr("napari_hipspine.viewer.widgets.study_actions.open_study_subject", slow)
    dock.ask(Wish.NEXT_SUBJECT)
    qtbot.waitUntil(begun.is_set, timeout=5_000)
    viewer.close()
    go_on.set()
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=5_000)
    kept = load_project(folder / FILE_NAME)
    assert kept.subjects[0].series[0].level_plan == L4
    assert kept.subjects[0].series[0].painted is not None
    left = [path.name for path in folder.rglob("*") if "unfinished" in path.name or path.name.endswith(".lock")]
    assert left == []


def test_series_dropped_without_the_dock_do_not_lie_over_each_other(make_napari_viewer_proxy, qtbot, tmp_path):
    anat = make_study(tmp_path / "Pilot", n_subjects=1) / "sub-001" / "anat"
    viewer = make_napari_viewer_proxy()
    for name in ("sub-001_acq-hip_PDw.nii", "sub-001_acq-lumbar_T2w.nii"):
        for data in read_images(str(anat / name)):
            viewer.add_layer(Layer.create(*data))
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    assert [layer.visible for layer in viewer.layers] == [False, True]
    assert dock.header._switch.titles == ("Hip", "Lumbar")
    dock.ask(Wish.OTHER_REGION)
    assert [layer.visible for layer in viewer.layers] == [True, False]
    dock.leave()


def test_an_assumed_orientation_is_stated_and_the_picture_turns(window, tmp_path, qtbot, told):
    import nibabel

    voxels = np.zeros((20, 30, 5), np.int16)
    voxels[:4] = 500
    affine = np.diag([1.0, 1.0, 4.0, 1.0])
    picture = nibabel.Nifti1Image(voxels, affine)
    picture.set_qform(affine, code=0)
    picture.set_sform(affine, code=0)
    path = tmp_path / "scan.nii"
    nibabel.save(picture, path)
    for data in read_images(str(path)):
        window.viewer.add_layer(Layer.create(*data))
    dock = window.dock
    (layer,) = window.viewer.layers
    assert not dock.images.orientation.isHidden()
    before = dock.images.orientation.value()
    dock.link.visit(3)
    dock.levels.mark_wished.emit()
    was = float(layer.scale[2])
    turned = before[:2] + {"L": "R", "R": "L"}[before[2]]
    dock.images.orientation.value_changed.emit(turned)
    window.wait()
    assert dock.session.work.volume.grid.orientation == turned
    assert float(layer.scale[2]) == -was
    assert dock.session.work.pictures.orientation == turned
    plan, grid = dock.session.work.level_plan, dock.session.work.image.grid
    assert grid.nearest_slice(plan.placements[0].position_mm) == 3
    dock.labels.new_wished.emit()
    dock.images.orientation.value_changed.emit(before)
    assert dock.session.work.volume.grid.orientation == turned
    assert told == []


def test_a_picture_opened_again_without_a_study_is_offered_as_it_was_left(window, subject, told):
    def open_alone() -> None:
        window.dock.images.files.set_value(subject.pictures)
        window.dock.images.open_wished.emit()
        window.wait()

    open_alone()
    assert window.dock.header.question == ""
    window.dock.study.save()
    assert load_recent() == ()
    window.dock.session.change(level_plan=L4)
    window.dock.link.visit(2)
    window.dock.study.save()
    assert [recent.title for recent in load_recent()] == ["sub-007"]
    window.end()

    window.begin()
    open_alone()
    assert window.dock.header.question == "This picture was worked on before. Go on where it was left?"
    assert window.dock.session.work.level_plan == LevelPlan()
    window.dock.header.answered.emit()
    window.wait()
    window.wait()
    assert window.dock.header.question == ""
    assert (window.dock.session.work.level_plan, window.dock.link.slice_shown()) == (L4, 2)
    window.end()

    window.begin()
    open_alone()
    window.dock.header.skipped.emit()
    window.dock.session.change(level_plan=LevelPlan((LevelPlacement(find_level("L4"), -20.0),)))
    window.dock.study.save()
    first = load_recent()[1]
    assert load_project(Path(first.path)).subjects[0].series[0].level_plan == L4
    window.dock.study.open_recent(first)
    window.wait()
    window.wait()
    assert window.dock.session.work.level_plan == L4
    assert told == []
    window.end()


def test_a_picture_that_needs_a_word_is_put_into_step_1_and_belongs_to_the_subject(window, tmp_path, told):
    anat = tmp_path / "Pilot" / "sub-001" / "anat"
    anat.mkdir(parents=True)
    grid = oriented_grid(rows_to="A", columns_to="R")
    voxels = picture(muscle_pixels(grid))
    shifted = grid.affine.copy()
    shifted[:3, 3] += 50
    write_nifti(anat / "sub-001_acq-lumbar_water.nii", voxels, grid.affine)
    write_nifti(anat / "sub-001_acq-lumbar_fat.nii", voxels, shifted)
    window.dock.study.open(tmp_path / "Pilot")
    window.wait()
    window.dock.ask(Wish.NEXT_SUBJECT)
    window.wait()
    assert "Accept headers that disagree" in told.pop()
    dock = window.dock
    assert dock.session.works == ()
    assert dock.images.files.value().water == anat / "sub-001_acq-lumbar_water.nii"
    dock.images.files._mismatch.setChecked(True)
    dock.images.open_wished.emit()
    window.wait()
    told.clear()
    if not dock.session.works:
        pytest.fail("the picture was not opened")
    assert dock.session.who.subject_id == "sub-001"
    window.dock.study.close_study()
    window.dock.study.open(tmp_path / "Pilot")
    window.wait()
    window.wait()
    assert dock.session.work.pictures.accepts_header_mismatch
    assert told == []


def test_menus_and_palette_reach_the_dock(window, subject, monkeypatch, told):
    class Shown:
        class window:
            @staticmethod
            def add_plugin_dock_widget(plugin, name):
                return None, window.dock

    monkeypatch.setattr("napari.current_viewer", lambda: Shown)
    commands.measure()
    assert told.pop() == "Open an image first (step 1)."
    for do in (commands.fill_between, commands.mirror, commands.scribble):
        do()
        assert told.pop() == "Open or draw labels first (step 3)."
    commands.new_muscle_labels()
    assert told.pop() == "Open an image first (step 1)."
    commands.next_subject()
    commands.other_region()
    commands.show_results()
    assert window.dock.results is not None
    commands.copy_report()
    assert "on the clipboard" in told.pop()
    menu = window.dock.header.menu
    window.dock.menu.fill()
    words = [action.text() for action in menu.actions() if action.text()]
    assert words[:4] == ["Open study folder…", "Open project…", "Recent studies", "Recent subjects"]
    assert not next(action for action in menu.actions() if action.text() == "Close study").isEnabled()
    monkeypatch.setattr("napari.current_viewer", lambda: None)
    commands.measure()
    assert told == []


def test_a_slow_disk_does_not_hold_the_window_and_closing_waits_for_it(window, tmp_path, monkeypatch):
    folder = make_study(tmp_path / "Pilot", n_subjects=1)
    window.dock.study.open(folder)
    window.wait()
    window.dock.ask(Wish.NEXT_SUBJECT)
    window.wait()
    window.dock.study.save()
    go_on = threading.Event()

    def slow(*given, **named):
        assert go_on.wait(10)
        return save_project(*given, **named)

    monkeypatch.setattr(project_writer, "save_project", slow)
    window.dock.session.change(level_plan=L4)
    window.dock.study.save_beside()
    assert load_project(folder / FILE_NAME).subjects[0].series[0].level_plan == LevelPlan()
    threading.Timer(0.05, go_on.set).start()
    window.end()
    assert load_project(folder / FILE_NAME).subjects[0].series[0].level_plan == L4


def test_drawn_fat_comes_back_and_the_first_edit_after_it_is_followed_by_the_numbers(window, tmp_path, qtbot):
    folder = make_study(tmp_path / "Pilot", n_subjects=1)
    window.dock.study.open(folder)
    window.wait()
    window.dock.ask(Wish.NEXT_SUBJECT)
    window.wait()
    window.dock.session.declare(contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT)
    window.dock.actions.measure()
    window.wait()
    window.dock.thresholds.redraw_fat()
    window.wait()
    window.dock.actions.measure()
    window.wait()
    first = window.dock.session.work.measured.result.slices
    window.dock.study.close_study()
    assert window.names() == []
    window.end()

    window.begin()
    window.dock.study.open(folder)
    window.wait()
    window.wait()
    session, layer = window.dock.session, window.viewer.layers["sub-001 · lumbar muscles"]
    assert session.why_stale() == ""
    fat = window.viewer.layers["fat beside muscles"]
    assert (fat.visible, fat.editable, session.work.fat_roi.path) == (True, True, fat.name)
    layer.paint((4, 0, 0), int(layer.selected_label))
    qtbot.waitUntil(lambda: "counted once more" in session.why_stale(), timeout=10_000)
    qtbot.waitUntil(lambda: session.why_stale() == "", timeout=30_000)
    assert session.work.measured.result.slices["n_pixels"].sum() > first["n_pixels"].sum()
