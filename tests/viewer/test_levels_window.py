"""Step 2 in a real window: the locator follows the slices, keys and drags set levels, proposals wait for a reader."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Layer
from qtpy.QtCore import QPointF, Qt
from qtpy.QtTest import QTest

from napari_hipspine.domain.anatomy import find_level
from napari_hipspine.domain.volume import FatPolarity
from napari_hipspine.phantom import lumbar_spec, make_region
from napari_hipspine.phantom.bones import make_bones
from napari_hipspine.phantom.files import write_nifti
from napari_hipspine.phantom.specification import Sampling
from napari_hipspine.viewer.layers import image_layers
from napari_hipspine.viewer.locator_picture import Cut
from napari_hipspine.viewer.series_work import SubjectWords
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.viewer.steps import Status, Step, step_states
from napari_hipspine.viewer.widgets.main_dock import MainDock
from napari_hipspine.workflows.open_subject import LabelFiles

pytestmark = pytest.mark.viewer

SAMPLING = Sampling((16, 64, 64), (5.0, 3.0, 3.0), lowest_slice_mm=-33.0, front_mm=-95.0)


@pytest.fixture
def window(make_napari_viewer_proxy, tmp_path):
    """A lumbar phantom in the window, its bones in a file, step 2 open."""
    spec = lumbar_spec(3, sampling=SAMPLING)
    region, bones = make_region(spec), make_bones(spec)
    write_nifti(tmp_path / "spine.nii.gz", bones.labels, bones.grid)
    viewer = make_napari_viewer_proxy(show=True)
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    for layer in image_layers(region.volume, name="sub-1"):
        viewer.add_layer(Layer.create(*layer))
    dock.open_step(Step.LEVELS)
    yield viewer, dock, region, tmp_path / "spine.nii.gz"
    dock.leave()


def wait_for_picture(dock, qtbot):
    qtbot.waitUntil(lambda: dock.level_panel.locator.canvas.picture is not None, timeout=10_000)
    return dock.level_panel.locator.canvas


def test_locator_key_drag_and_proposal(window, qtbot):
    """One story, so that one window serves it: look, mark by key, drag, propose, confirm."""
    _, dock, region, bones = window
    grid = region.volume.grid
    canvas = wait_for_picture(dock, qtbot)
    assert canvas.picture.pixels.shape == (16, 64)
    assert dock.level_panel.locator.tilt_words.startswith("Slices tilted by 0.0°")

    dock.link.visit(5)
    assert canvas._here == 5
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, grid.slice_position_mm(9)))
    assert dock.link.slice_shown() == 9

    dock.ask(Wish.MARK_LEVEL)
    (placed,) = dock.session.work.level_plan.placements
    assert (placed.level.id, placed.position_mm) == ("L4", grid.slice_position_mm(9))
    assert canvas.value() == dock.session.work.level_plan

    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, placed.position_mm))
    QTest.mouseMove(canvas, point(canvas, grid.slice_position_mm(4)))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, grid.slice_position_mm(4)))
    (moved,) = dock.session.work.level_plan.placements
    assert grid.nearest_slice(moved.position_mm) == 4
    assert dock.link.slice_shown() == 4
    assert dock.levels.value() == dock.session.work.level_plan

    dock.session.change(level_plan=replace(dock.session.work.level_plan, placements=()))
    panel = dock.level_panel.proposals
    assert not panel._suggest.isEnabled()
    assert panel._propose.toolTip().startswith("Choose a segmentation")
    panel.set_value(LabelFiles(bones, "totalspineseg"))
    panel.propose_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing and panel._found.count() > 0, timeout=20_000)
    (suggested,) = dock.session.work.level_plan.placements
    truth = region.position_mm(0.0)
    assert (suggested.level, suggested.slice_position) == (find_level("L4"), "mid_vertebra")
    assert suggested.position_mm == pytest.approx(truth, abs=2.6)
    assert not suggested.is_confirmed
    assert dock.link.slice_shown() == grid.nearest_slice(suggested.position_mm)
    assert step_states(dock.session)[Step.LEVELS].status is Status.ATTENTION
    dock.session.introduce(SubjectWords("sub-1"))
    dock.session.declare(fat_polarity=FatPolarity.BRIGHT)
    assert dock.session.why_not_measure() == "Confirm the suggested level L4 first (step 2)."
    assert dock.level_panel.locator.canvas.picture is not None

    index = next(n for n in range(panel._found.count()) if panel._found.itemData(n).level.id == "disc_L4_L5")
    panel._found.setCurrentIndex(index)
    panel._suggest.click()
    assert {p.level.id for p in dock.session.work.level_plan.placements} == {"L4", "disc_L4_L5"}
    dock.levels.confirm_all()
    assert dock.session.work.unconfirmed_levels == ()


def test_other_series_and_other_cuts_bring_other_pictures(window, qtbot):
    viewer, dock, region, bones = window
    canvas = wait_for_picture(dock, qtbot)
    sagittal = canvas.picture
    dock.level_panel.locator.choose(Cut.ACROSS_ROWS)
    qtbot.waitUntil(lambda: canvas.picture is not None and canvas.picture is not sagittal, timeout=10_000)
    assert canvas.picture.letters["left"] == "R"
    dock.level_panel.locator.choose(Cut.ACROSS_COLUMNS)
    assert canvas.picture is sagittal
    panel = dock.level_panel.proposals
    panel.set_value(LabelFiles(bones, "totalspineseg"))
    panel.propose_wished.emit()
    qtbot.waitUntil(lambda: panel._found.count() > 0, timeout=20_000)
    dark = replace(region.volume, voxels=np.zeros_like(region.volume.voxels))
    (layer,) = image_layers(dark, name="sub-2")
    viewer.add_layer(Layer.create(*layer))
    qtbot.waitUntil(lambda: canvas.picture is not None and canvas.picture is not sagittal, timeout=10_000)
    assert not canvas.picture.pixels.any()
    assert panel._found.count() == 0
    assert not panel._suggest.isEnabled()
    viewer.layers.clear()
    assert dock.level_panel.locator.isHidden()


def test_wrong_segmentation_is_one_notification_and_sets_nothing(window, qtbot, tmp_path):
    from napari.utils.notifications import notification_manager

    _, dock, _, bones = window
    panel, heard = dock.level_panel.proposals, []
    notification_manager.notification_ready.connect(heard.append)
    panel.set_value(LabelFiles(bones, "musclemap-pelvis"))
    panel.propose_wished.emit()
    qtbot.waitUntil(lambda: bool(heard) and not dock.session.doing, timeout=20_000)
    notification_manager.notification_ready.disconnect(heard.append)
    assert str(heard[0].message).startswith("Expected a lumbar vertebra, a disc or a femur")
    assert dock.session.work.level_plan.placements == ()


def point(canvas, position_mm):
    return QPointF(canvas.width() / 2, canvas.line_y(position_mm)).toPoint()
