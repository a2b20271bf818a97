"""How the picture is looked at: windows, crosshair, ruler, labels out of the way, words at the edges."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from tests.viewer.conftest import make_volume, muscle_pixels, oriented_grid, show

from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.viewer.canvas_marks import LINE, PLACE, PREFIX
from napari_hipspine.viewer.coarse_look import contrast_limits, few_signals
from napari_hipspine.viewer.crosshair import CROSSHAIR, Place, place_words
from napari_hipspine.viewer.locator_picture import Cut, read_locator
from napari_hipspine.viewer.ruler import RULER, length_words
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.viewer.steps import Step
from napari_hipspine.viewer.widgets.view_row import VIEW_WISHES, ViewRow
from napari_hipspine.viewer.window_presets import Preset, find_windows


def windows_of(volume):
    return find_windows(volume, few_signals(volume), body=contrast_limits(volume))


class TestWindows:
    """Muscle lies at 300, fat at 900, air at 4."""

    @pytest.fixture
    def volume(self):
        grid = oriented_grid()
        return make_volume(grid, muscle_pixels(grid))

    def test_muscle_and_fat_have_their_own(self, volume):
        limits = windows_of(volume).limits
        low, high = limits[Preset.MUSCLE]
        assert 150 < low < 300 < high < 700
        low, high = limits[Preset.FAT]
        assert 500 < low < 900 < high < 1_100
        assert limits[Preset.BODY] == contrast_limits(volume)
        full = limits[Preset.FULL]
        assert full[0] == 4
        assert full[1] > limits[Preset.BODY][1]

    def test_dark_fat_changes_them_about(self, volume):
        bright, dark = windows_of(volume).limits, windows_of(replace(volume, fat_polarity=FatPolarity.DARK)).limits
        assert dark[Preset.MUSCLE] == bright[Preset.FAT]
        assert dark[Preset.FAT] == bright[Preset.MUSCLE]

    def test_which_is_fat_is_never_guessed(self, volume):
        found = windows_of(replace(volume, fat_polarity=FatPolarity.UNKNOWN))
        assert set(found.limits) == {Preset.BODY, Preset.FULL}
        assert "bright or dark" in found.why_not[Preset.FAT]

    def test_of_water_and_fat_it_is_known(self, volume):
        water = replace(volume, contrast=Contrast.WATER, fat_polarity=FatPolarity.UNKNOWN)
        assert windows_of(water).limits[Preset.MUSCLE] == windows_of(volume).limits[Preset.FAT]

    @pytest.mark.parametrize("whole", [1.0, 100.0])
    def test_fat_fractions_have_fixed_ones(self, volume, whole):
        share = np.asarray(volume.voxels, np.float32) / 1_000 * whole
        found = windows_of(replace(volume, voxels=share, contrast=Contrast.FAT_FRACTION))
        assert found.limits[Preset.MUSCLE] == (0.0, pytest.approx(0.3 * whole))
        assert found.limits[Preset.FAT] == (pytest.approx(0.5 * whole), pytest.approx(whole))

    def test_one_signal_has_no_classes(self, volume):
        found = windows_of(replace(volume, voxels=np.full(volume.grid.shape, 7, np.int16)))
        assert set(found.why_not) == {Preset.MUSCLE, Preset.FAT}


@pytest.mark.parametrize("rows_to", ["P", "A"])
@pytest.mark.parametrize("columns_to", ["L", "R"])
def test_a_place_has_the_letters_of_the_patient_however_it_is_stored(rows_to, columns_to):
    grid = oriented_grid(rows_to=rows_to, columns_to=columns_to)
    index = np.linalg.solve(grid.affine, [12.0, -34.5, -4.0, 1.0])[:3]
    assert place_words(grid, Place(*index)) == "L 12.0 · A 34.5 · I 4.0 mm"


def test_lengths_are_of_the_patient():
    assert length_words(np.array([[1, 3.0, 0.0], [1, 0.0, 4.0]]), 4.0) == "5.0 mm"
    assert length_words(np.array([[1, 0.0, 0.0], [3, 0.0, 6.0]]), 4.0) == "10.0 mm"


@pytest.mark.parametrize("cut", list(Cut))
@pytest.mark.parametrize("columns_to", ["L", "R"])
def test_row_and_column_in_the_locator_and_back(cut, columns_to):
    grid = oriented_grid(rows_to="A", columns_to=columns_to)
    picture = read_locator(make_volume(grid, muscle_pixels(grid)), cut)
    assert picture.index_across(picture.across_of(17.25)) == pytest.approx(17.25)
    corner = np.zeros(4)
    corner[3] = 1
    at_first = (grid.affine @ corner)[:2]
    corner[cut.axis_across] = 10
    grows = ((grid.affine @ corner)[:2] - at_first).sum() > 0  # to the left or the back: to the right of the screen
    assert (picture.across_of(10) > picture.across_of(0)) == grows


def test_the_row_shows_what_is_on_and_why_not(qtbot):
    row = ViewRow()
    qtbot.addWidget(row)
    row.set_value(frozenset({Wish.RULER}))
    assert row.value() == {Wish.RULER}
    row.allow({Wish.WINDOW_FAT: "because"})
    fat, ruler = row._windows[Wish.WINDOW_FAT], row._buttons[Wish.RULER]
    assert (fat.text(), fat.isEnabled(), fat.toolTip()) == ("Fat  (F7)", False, "because")
    assert ruler.toolTip().endswith("(Shift+0)")
    assert row._window.isEnabled()
    with qtbot.waitSignal(row.wished) as heard:
        row._buttons[Wish.CROSSHAIR].click()
    assert heard.args == [Wish.CROSSHAIR]
    assert row.value() == {Wish.RULER}


@pytest.fixture
def looked_at(window, subject):
    viewer, dock = window
    # The units of the bar take a third of a second to load: not before there is a picture.
    assert not viewer.canvas.overlays["scale_bar"].visible
    show(viewer, subject)
    dock.link.visit(3)
    return viewer, dock


def test_windows_are_taken_by_key_and_the_reader_s_own_comes_back_with_the_series(looked_at, qtbot, told):
    viewer, dock = looked_at
    layer = dock.link.image_layer()
    opened = tuple(layer.contrast_limits)
    dock.ask(Wish.WINDOW_MUSCLE)
    qtbot.waitUntil(lambda: tuple(layer.contrast_limits) != opened, timeout=10_000)
    assert layer.contrast_limits[1] < 700
    dock.ask(Wish.WINDOW_BODY)
    assert tuple(layer.contrast_limits) == pytest.approx(opened)
    assert told == []
    assert viewer.canvas.overlays["scale_bar"].visible


def test_crosshair_goes_with_the_pointer_and_with_the_locator(looked_at, subject):
    viewer, dock = looked_at
    image = dock.link.image_layer()
    active = viewer.layers.selection.active
    dock.ask(Wish.CROSSHAIR)
    assert viewer.layers.selection.active == active
    world = image.data_to_world((3, 20, 30))
    for callback in list(viewer.mouse_move_callbacks):
        callback(viewer, SimpleNamespace(position=world))
    place = dock.views.crosshair.place
    assert (place.row, place.column) == (pytest.approx(20), pytest.approx(30))
    grid = subject.volume.grid
    assert viewer.canvas.overlays[PLACE].text.strip() == place_words(grid, Place(3, 20, 30))
    lines = viewer.layers[CROSSHAIR].data
    assert lines[0][0][1] == pytest.approx(world[1])
    assert lines[1][0][2] == pytest.approx(world[2])
    assert {str(unit) for unit in viewer.layers[CROSSHAIR].units} == {"millimeter"}
    dock.link.visit(4)
    assert viewer.layers[CROSSHAIR].data[0][0][0] == 4
    dock.level_panel.locator.canvas.pointed.emit(1, 44.0)
    assert (dock.views.crosshair.place.row, dock.views.crosshair.place.column) == (44.0, pytest.approx(30))
    dock.ask(Wish.CROSSHAIR)
    assert CROSSHAIR not in viewer.layers
    assert viewer.canvas.overlays[PLACE].text == ""
    assert dock.view_row.value() == frozenset()


def test_click_in_the_locator_moves_slice_and_crosshair(looked_at, qtbot):
    _, dock = looked_at
    dock.open_step(Step.LEVELS)
    canvas = dock.level_panel.locator.canvas
    work = dock.session.work
    canvas.set_picture(read_locator(work.volume, Cut.ACROSS_COLUMNS))
    dock.ask(Wish.CROSSHAIR)
    area = canvas._area()
    QTest.mouseClick(
        canvas, Qt.MouseButton.LeftButton, pos=QPoint(int(area.left() + area.width() / 4), int(area.center().y()))
    )
    assert dock.views.crosshair.place.row == pytest.approx(44.5, abs=1.0)  # stored from back to front, drawn front left
    dock.ask(Wish.CROSSHAIR)


def test_ruler_says_millimetres_of_unequal_pixels_and_leaves_everything_as_it_was(looked_at):
    viewer, dock = looked_at
    active = viewer.layers.selection.active
    dock.ask(Wish.RULER)
    ruler, image = viewer.layers[RULER], dock.link.image_layer()
    assert viewer.layers.selection.active == ruler
    assert ruler.mode == "add_line"
    ends = [image.data_to_world(index) for index in ((3, 10, 10), (3, 25, 50))]  # 15 rows of 2 mm, 40 columns of 1 mm
    ruler.add_lines([[ruler.world_to_data(end) for end in ends]])
    assert dock.views.ruler.lengths() == ("50.0 mm",)
    ruler.data = [np.array([[3, 0.0, 0.0], [3, 0.0, 7.5]])]
    assert dock.views.ruler.lengths() == ("7.5 mm",)
    assert {str(unit) for unit in ruler.units} == {"millimeter"}
    dock.ask(Wish.RULER)
    assert RULER not in viewer.layers
    assert viewer.layers.selection.active == active


def test_labels_go_and_come_back_by_one_key(looked_at):
    viewer, dock = looked_at
    labels = viewer.layers["muscles"]
    dock.ask(Wish.HIDE_LABELS)
    assert not labels.visible
    assert dock.view_row.value() == {Wish.HIDE_LABELS}
    dock.ask(Wish.HIDE_LABELS)
    assert labels.visible
    assert dock.view_row.value() == frozenset()


def test_words_at_the_edges_stay_while_one_zooms_and_name_the_subject_of_now(looked_at):
    viewer, dock = looked_at
    edges = [viewer.canvas.overlays[PREFIX + edge] for edge in ("left", "right")]
    viewer.scene.camera.zoom *= 7
    assert [(mark.text, mark.visible) for mark in edges] == [("R", True), ("L", True)]
    assert {str(mark.position) for mark in edges} == {"middle_left", "middle_right"}
    assert viewer.canvas.overlays[LINE].text.strip().startswith("sub-007 · T2 · slice 3 of 5")
    dock.session.introduce(replace(dock.session.who, subject_id="sub-009"))
    assert viewer.canvas.overlays[LINE].text.strip().startswith("sub-009 · T2")


def test_without_a_picture_it_is_said_once(window, told):
    _, dock = window
    dock.ask(Wish.RULER)
    assert len(told) == 1
    assert "Open an image first" in told[0]
    row = dock.view_row
    shown = [*row._buttons.values(), *row._windows.values(), row._window]
    assert len(shown) == len(VIEW_WISHES) + 1
    assert all("Open an image first" in one.toolTip() and not one.isEnabled() for one in shown)
