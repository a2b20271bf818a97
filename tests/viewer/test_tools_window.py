"""Tools of other groups in a real window: disabled with the reason, run beside it, proposed, cancelled, all or none."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Layer
from napari.utils.notifications import notification_manager
from tests.segmenting.fake_tools import forget_fakes, install_nninteractive, install_totalsegmentator
from tests.viewer.conftest import SHAPE, muscle_pixels, oriented_grid

from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
from napari_hipspine.segmenting.adapters.tools import ToolWish
from napari_hipspine.viewer.layers import image_layers
from napari_hipspine.viewer.passing_layers import PREVIEW, STROKES
from napari_hipspine.viewer.prompted import PromptPlace
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.viewer.steps import Step
from napari_hipspine.viewer.widgets.main_dock import MainDock
from napari_hipspine.viewer.widgets.tool_choice import ToolChoice
from napari_hipspine.workflows.open_subject import ImageFiles

pytestmark = pytest.mark.viewer


@pytest.fixture
def window(make_napari_viewer_proxy, tmp_path):
    """A picture whose left muscle has signal 400 and whose right one 500; its file lies in the folder."""
    import nibabel

    grid = oriented_grid(rows_to="A", columns_to="R")
    muscles = muscle_pixels(grid)
    voxels = np.select([muscles == 1, muscles == 2], [400, 500], default=60).astype(np.int16)
    stored = (np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine)[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(voxels.transpose(2, 1, 0), stored), tmp_path / "sub-007_PDw.nii")
    volume = Volume(voxels, grid, Contrast.PD, FatPolarity.BRIGHT)
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    for layer in image_layers(volume, name="sub-007", pictures=ImageFiles(image=tmp_path / "sub-007_PDw.nii")):
        viewer.add_layer(Layer.create(*layer))
    dock.open_step(Step.MUSCLES)
    yield viewer, dock, muscles
    dock.leave()
    forget_fakes()


@pytest.fixture
def told():
    """Every notification that reaches the user."""
    heard = []

    def hear(notification) -> None:
        heard.append(str(notification.message))

    notification_manager.notification_ready.connect(hear)
    yield heard
    notification_manager.notification_ready.disconnect(hear)


def draw_stroke(viewer, slice_index, muscle):
    """A short stroke in the middle of a muscle, as a drag of the mouse draws it."""
    strokes = viewer.layers[STROKES]
    spot = np.argwhere(muscle).mean(axis=0).round().astype(int)
    with strokes.block_history():
        strokes.paint((slice_index, *spot), 1)


def wait(dock, qtbot):
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=30_000)


def test_absent_tool_is_disabled_with_its_reason_and_how_to_get_it(window, told):
    _, dock, _ = window
    editor = dock.labels.tools.choice
    assert not editor._run.isEnabled()
    assert "pip install 'napari-hipspine[totalsegmentator]'" in editor._run.toolTip()
    assert "Expected the package totalsegmentator" in editor._said.text()
    editor.set_value(ToolChoice("musclemap", ToolWish("wholebody")))
    assert "https://github.com/MuscleMap/MuscleMap" in editor._run.toolTip()
    assert told == []


def test_tool_runs_beside_the_window_and_its_labels_wait_to_be_accepted(window, tmp_path, monkeypatch, qtbot, told):
    _, dock, muscles = window
    install_totalsegmentator(tmp_path, monkeypatch, models=("850", "851"))
    editor = dock.labels.tools.choice
    editor.set_value(ToolChoice("totalsegmentator", ToolWish("total_mr")))
    dock.refresh()
    assert editor._run.isEnabled()
    assert "Apache-2.0" in editor._said.text()
    editor._run.click()
    assert not editor._run.isEnabled()
    assert editor._run.toolTip().startswith("Wait until running TotalSegmentator")
    wait(dock, qtbot)
    qtbot.waitUntil(lambda: dock.labels._accept.isEnabled(), timeout=20_000)
    assert dock.session.work.label_map is None
    assert dock.labels.files.value().naming == "totalsegmentator-total-mr"
    assert "2 muscles" in dock.labels._proposal.text()
    dock.labels.accept_wished.emit()
    wait(dock, qtbot)
    work = dock.session.work
    assert {s.id for s in work.label_map.structures.values()} == {"gluteus_maximus_left", "gluteus_maximus_right"}
    np.testing.assert_array_equal(work.label_map.labels[...] == 40, muscles == 1)
    assert work.label_map.tool == "TotalSegmentator total_mr"
    assert told == []


def test_cancelled_tool_leaves_no_file_and_failures_are_told_once(window, tmp_path, monkeypatch, qtbot, told):
    _, dock, _ = window
    install_totalsegmentator(tmp_path, monkeypatch, models=("850", "851"))
    monkeypatch.setenv("FAKE_MODE", "hangs")
    monkeypatch.setenv("FAKE_STARTED", str(tmp_path / "started"))
    dock.refresh()
    dock.tool_actions.run_tool()
    qtbot.waitUntil((tmp_path / "started").exists, timeout=20_000)
    dock.progress.cancelled.emit()
    wait(dock, qtbot)
    assert told == []
    monkeypatch.setenv("FAKE_MODE", "fails")
    dock.tool_actions.run_tool()
    wait(dock, qtbot)
    assert len(told) == 1
    assert told[0].startswith("Expected TotalSegmentator to end well, found exit code 1")
    assert "CUDA out of memory" in told[0]
    assert list((tmp_path / "work").rglob("*.nii*")) == []
    assert dock.session.work.label_map is None


def test_vertebrae_go_to_the_levels(window, tmp_path, monkeypatch, qtbot, told):
    """The stand-in labels no lumbar vertebra, which the proposal of levels says in words."""
    _, dock, _ = window
    install_totalsegmentator(tmp_path, monkeypatch, models=("756",))
    dock.labels.tools.choice.set_value(ToolChoice("totalsegmentator", ToolWish("vertebrae_mr")))
    dock.tool_actions.run_tool()
    wait(dock, qtbot)
    qtbot.waitUntil(lambda: bool(told) and not dock.session.doing, timeout=20_000)
    assert dock.level_panel.proposals.value().naming == "totalsegmentator-vertebrae-mr"
    assert told[0].startswith("Expected a lumbar vertebra, a disc or a femur, found only none that are known")
    assert dock.session.work.level_plan.placements == ()


def test_strokes_go_to_nninteractive_while_it_is_connected(window, tmp_path, monkeypatch, qtbot, told):
    viewer, dock, muscles = window
    dock.actions.new_labels()
    values = {structure.id: value for value, structure in dock.session.work.label_map.structures.items()}
    value = values["multifidus_left"]
    prompts = dock.labels.tools.prompts
    assert not prompts._button.isEnabled()
    assert "pip install 'napari-hipspine[nninteractive]'" in prompts._button.toolTip()
    prompts.set_value(PromptPlace("http://127.0.0.1:1527"))
    assert "pip install 'napari-hipspine[nninteractive-remote]'" in prompts._button.toolTip()
    prompts.set_value(PromptPlace())
    prompts.connect_wished.emit()
    wait(dock, qtbot)
    assert told[0].startswith("Expected the package nnInteractive")
    install_nninteractive(tmp_path, monkeypatch)
    dock.refresh()
    assert prompts._button.isEnabled()
    prompts._button.click()
    wait(dock, qtbot)
    qtbot.waitUntil(lambda: dock.muscles.prompter.is_on, timeout=20_000)
    assert "CC BY-NC-SA 4.0" in prompts._said.text()
    dock.muscles.choose(value)
    dock.link.visit(3)
    dock.muscles.ask(Wish.SCRIBBLE)
    draw_stroke(viewer, 3, muscles[3] == 1)
    qtbot.waitUntil(lambda: not dock.session.doing and dock.muscles.proposal is not None, timeout=20_000)
    assert dock.muscles.proposal.slices == (1, 2, 3, 4, 5)
    assert PREVIEW in viewer.layers
    assert not np.asarray(dock.session.work.label_map.labels[...]).any()
    dock.muscles.ask(Wish.ACCEPT)
    np.testing.assert_array_equal(np.asarray(dock.session.work.label_map.labels[...]) == value, muscles == 1)
    draw_stroke(viewer, 2, muscles[2] == 2)
    qtbot.waitUntil(lambda: not dock.session.doing and dock.muscles.proposal is not None, timeout=20_000)
    gained = dock.muscles.proposal.after[4] == value
    np.testing.assert_array_equal(gained, (muscles[4] == 1) | (muscles[4] == 2))
    dock.muscles.ask(Wish.DROP)
    prompts.disconnect_wished.emit()
    assert not dock.muscles.prompter.is_on
    assert len(told) == 1
    assert dock.session.work.volume.grid.shape == SHAPE
