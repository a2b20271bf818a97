"""The locator: thin reading, the patient's letters and proportions, lines that can be dragged; in real widgets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtTest import QTest
from tests.domain.counted_array import CountedArray
from tests.viewer.conftest import SHAPE, oriented_grid

from napari_hipspine.domain.anatomy import find_level
from napari_hipspine.domain.blocks import ArrayBlocks
from napari_hipspine.domain.errors import Cancelled
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan, SlicesAround
from napari_hipspine.domain.volume import Volume
from napari_hipspine.viewer.locator_picture import MOST_PIXELS, MOST_SLICES, Cut, name_of_cut, read_locator
from napari_hipspine.viewer.widgets.locator import Locator, words_of_tilt
from napari_hipspine.viewer.widgets.locator_canvas import LocatorCanvas

L4 = LevelPlacement(find_level("L4"), -32.0, "mid_vertebra")


def ramp(rows_to: str, columns_to: str, *, upside_down: bool = False) -> Volume:
    """Signal that grows to the head by 100 a slice, to the back by 2 a row and to the left by 1 a column."""
    grid = oriented_grid(rows_to=rows_to, columns_to=columns_to)
    if upside_down:
        affine = grid.affine.copy()
        affine[:, 3] += affine[:, 0] * (SHAPE[0] - 1)
        affine[:, 0] *= -1
        grid = Grid(SHAPE, affine)
    index = np.indices(SHAPE).reshape(3, -1)
    patient = grid.affine @ np.vstack([index, np.ones(index.shape[1])])
    signal = 1000 + patient[2] * 25 + patient[1] + patient[0]
    return Volume(signal.reshape(SHAPE).astype(np.float32), grid)


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize(("rows_to", "columns_to"), [("P", "L"), ("A", "R")])
def test_pictures_stand_as_radiologists_expect_however_they_are_stored(rows_to, columns_to, upside_down):
    volume = ramp(rows_to, columns_to, upside_down=upside_down)
    sagittal, coronal = (read_locator(volume, cut) for cut in Cut)
    assert [name_of_cut(volume.grid, cut) for cut in Cut] == ["sagittal", "coronal"]
    assert sagittal.letters == {"left": "A", "right": "P", "top": "S", "bottom": "I"}
    assert coronal.letters == {"left": "R", "right": "L", "top": "S", "bottom": "I"}
    for picture in (sagittal, coronal):
        pixels = picture.pixels.astype(int)
        assert (np.diff(pixels[:, 3]) < 0).all()
        assert pixels[2, -1] > pixels[2, 0]
    assert (sagittal.width_mm, sagittal.height_mm) == (120, 24)
    assert (coronal.width_mm, coronal.height_mm) == (80, 24)
    for index in range(SHAPE[0]):
        position = volume.grid.slice_position_mm(index)
        down = sagittal.down_of(position)
        assert sagittal.slice_at(down) == index
        assert sagittal.position_at(down) == pytest.approx(position)
    assert sagittal.down_of(volume.grid.slice_positions_mm.max()) < sagittal.down_of(-30.0)


def test_positions_beyond_the_picture_stay_on_its_slices():
    picture = read_locator(ramp("P", "L"), Cut.ACROSS_COLUMNS)
    positions = picture.grid.slice_positions_mm
    for down in (-3.0, 4.0):
        LevelPlan((replace(L4, position_mm=picture.position_at(down)),)).slices(picture.grid, L4)
        assert positions.min() - 2 <= picture.position_at(down) <= positions.max() + 2


def test_only_a_thin_line_of_a_huge_volume_is_read():
    """20 GB of 16-bit voxels: nothing but the blocks on one column of some slices, and what is kept is small."""
    shape = (1200, 4096, 2048)
    grid = Grid(shape, np.diag([1.0, 0.1, 0.1, 1.0])[[2, 1, 0, 3]])
    read = []

    class Blocks:
        dtype = np.dtype(np.uint16)
        block_shape = (1, 256, 256)

        def __init__(self) -> None:
            self.shape = shape

        def is_empty(self, box) -> bool:
            return False

        def read(self, box):
            read.append(box)
            sizes = [part.stop - part.start for part in box]
            return np.full(sizes, box[0].start + 1, np.uint16)

    picture = read_locator(Volume(Blocks(), grid), Cut.ACROSS_COLUMNS, held=700)
    assert picture.pixels.shape == (MOST_SLICES, -(-4096 // -(-4096 // MOST_PIXELS)))
    assert len(read) == MOST_SLICES
    assert all((box[0].stop - box[0].start, box[2].start, box[2].stop) == (1, 700, 701) for box in read)


def test_coarse_copies_are_read_instead_of_the_voxels():
    fine, coarse = CountedArray(np.ones((200, 400, 400), np.uint8)), np.full((100, 100, 100), 7, np.uint8)
    tiny = np.ones((20, 20, 20), np.uint8)
    coarse[:, :, 50] = 9
    grid = Grid(fine.shape, np.eye(4)[[2, 1, 0, 3]])
    volume = Volume(fine, grid, resolution_steps=(coarse, tiny))
    picture = read_locator(volume, Cut.ACROSS_COLUMNS)
    assert picture.pixels.shape == (100, 100)
    assert fine.asked == []
    assert (picture.held, picture.width_mm) == (200, 400)


def test_blocks_of_several_slices_are_read_once():
    counted = CountedArray(np.random.default_rng(0).random((12, 8, 9)).astype(np.float32))
    volume = Volume(ArrayBlocks(counted, (4, 8, 9)), Grid((12, 8, 9), np.eye(4)[[2, 1, 0, 3]]))
    read_locator(volume, Cut.ACROSS_ROWS)
    assert len(counted.asked) == 3


def test_reading_can_be_cancelled_and_pictures_without_signal_are_black():
    def cancel(done, total, doing):
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        read_locator(ramp("P", "L"), Cut.ACROSS_ROWS, progress=cancel)
    empty = Volume(np.full(SHAPE, np.nan, np.float32), oriented_grid())
    assert not read_locator(empty, Cut.ACROSS_ROWS).pixels.any()
    assert read_locator(ramp("P", "L"), Cut.ACROSS_ROWS, held=999).held == SHAPE[1] - 1


@pytest.fixture
def canvas(qtbot):
    widget = LocatorCanvas()
    qtbot.addWidget(widget)
    widget.resize(360, 100)
    widget.set_picture(read_locator(ramp("A", "R"), Cut.ACROSS_COLUMNS))
    widget.set_value(LevelPlan((L4, replace(L4, level=find_level("L3"), position_mm=-22.0, is_confirmed=False))))
    widget.show()
    heard = {"moved": [], "visited": []}
    widget.value_changed.connect(heard["moved"].append)
    widget.visit_wished.connect(heard["visited"].append)
    return widget, heard


def at(widget, position_mm) -> QPoint:
    return QPointF(widget.width() / 2, widget.line_y(position_mm)).toPoint()


def test_canvas_gives_back_what_it_was_given_and_keeps_proportions(canvas):
    widget, _ = canvas
    assert [placed.level.id for placed in widget.value().placements] == ["L4", "L3"]
    area = widget._area()
    assert area.width() / area.height() == pytest.approx(120 / 24, rel=0.02)


def test_dragged_line_moves_its_level_and_the_slice_goes_along(canvas):
    widget, heard = canvas
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=at(widget, -32.0))
    for position in (-30.0, -28.5, -27.0):
        QTest.mouseMove(widget, at(widget, position))
    assert heard["moved"] == []
    widget.set_value(LevelPlan())
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=at(widget, -27.0))
    (plan,) = heard["moved"]
    moved, other = plan.placements
    assert moved.position_mm == pytest.approx(-27.0, abs=0.5)
    assert (moved.level.id, moved.slice_position, moved.is_confirmed) == ("L4", "mid_vertebra", True)
    assert other.position_mm == -22.0
    assert heard["visited"][-1] == widget.picture.grid.nearest_slice(-27.0)


def test_line_dragged_out_of_the_picture_stays_on_its_slices(canvas):
    widget, heard = canvas
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=at(widget, -32.0))
    QTest.mouseMove(widget, QPoint(10, -300))
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=QPoint(10, -300))
    (plan,) = heard["moved"]
    assert plan.slices(widget.picture.grid, plan.placements[0]) == (5,)


def test_click_beside_the_lines_goes_to_the_slice(canvas):
    widget, heard = canvas
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at(widget, -38.0))
    assert heard["visited"] == [widget.picture.grid.nearest_slice(-38.0)]
    assert heard["moved"] == []
    widget.set_here(2)
    QTest.keyClick(widget, Qt.Key.Key_Up)
    QTest.keyClick(widget, Qt.Key.Key_Down)
    assert heard["visited"][1:] == [3, 1]


def test_what_is_drawn_lies_where_it_is(canvas, qtbot):
    """Green on the confirmed level, orange dashes on the suggested one, the window shaded, white on the slice shown."""
    widget, _ = canvas
    widget.set_value(replace(widget.value(), window=SlicesAround(3)))
    widget.set_here(0)
    shot = widget.grab().toImage()

    def colours(position_mm):
        y = round(widget.line_y(position_mm) * shot.height() / widget.height())
        row = [shot.pixelColor(x, min(y, shot.height() - 1)) for x in range(60, shot.width() - 20)]
        return {(c.red(), c.green(), c.blue()) for c in row}

    assert (0x44, 0xDD, 0x99) in colours(-32.0)
    assert (0xFF, 0xB3, 0x47) in colours(-22.0)
    assert any(r == g == b and r > 150 for r, g, b in colours(-40.0))
    assert any(g > r for r, g, b in colours(-35.5))


def test_locator_names_its_cuts_and_wants_a_picture_only_when_it_is_seen(qtbot):
    widget = Locator()
    qtbot.addWidget(widget)
    wished = []
    widget.picture_wished.connect(lambda: wished.append((widget.cut, widget.held)))
    volume = ramp("P", "L")
    widget.set_grid(volume.grid)
    widget.hide()
    assert [widget._cut.itemText(n) for n in (0, 1)] == ["Sagittal", "Coronal"]
    del wished[:]
    widget.show()
    assert wished == [(Cut.ACROSS_COLUMNS, 40)]
    widget.show_picture(read_locator(volume, Cut.ACROSS_ROWS))
    assert widget.canvas.picture is None
    widget.show_picture(read_locator(volume, Cut.ACROSS_COLUMNS))
    assert widget.canvas.picture is not None
    widget.choose(Cut.ACROSS_ROWS)
    widget.set_through(10)
    assert wished[1:] == [(Cut.ACROSS_ROWS, 30), (Cut.ACROSS_ROWS, 10)]


def test_tilt_is_told_and_warned_of_above_five_degrees():
    def tilted(degrees):
        turn, affine = np.radians(degrees), np.eye(4)
        affine[:3, 0] = [0, -np.sin(turn), np.cos(turn)]
        affine[:3, 1] = [0, np.cos(turn), np.sin(turn)]
        affine[:3, 2] = [1, 0, 0]
        return Grid((4, 5, 6), affine)

    assert words_of_tilt(tilted(0)) == "Slices tilted by 0.0° against the body’s axes."
    assert "⚠" not in words_of_tilt(tilted(4.9))
    assert "⚠" in words_of_tilt(tilted(5.2))
    assert "cut 2.2 % larger" in words_of_tilt(tilted(12))
