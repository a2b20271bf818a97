"""Tools in a real napari window: outlines with movable corners, scribbles, brush; live, one step each, by the keys."""

from __future__ import annotations

import gc
import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from napari.layers import Layer
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication
from tests.viewer.conftest import muscle_pixels

from napari_hipspine.domain.label_map import Origin
from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.viewer.drawn_wishes import Effect, OutlineWay, Sides
from napari_hipspine.viewer.layers import image_layers, labels_layer
from napari_hipspine.viewer.outline_corners import CORNERS, nearest_side
from napari_hipspine.viewer.passing_layers import PREVIEW, STROKES
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.viewer.widgets.drawing_tools import brush_mm, brush_pixels
from napari_hipspine.viewer.widgets.main_dock import MainDock

pytestmark = pytest.mark.viewer

BOX = ((6.0, 28.0), (6.0, 34.0), (18.0, 34.0), (18.0, 28.0))
"""Row and column of four corners within multifidus left."""


@pytest.fixture
def window(make_napari_viewer_proxy, subject):
    """A viewer with a series and empty labels, slice 3 on the screen, multifidus left chosen."""
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    for made in image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures):
        viewer.add_layer(Layer.create(*made))
    dock.actions.new_labels()
    dock.actions.name_structures(dict(subject.label_map.structures))
    dock.link.visit(3)
    dock.muscles.choose(1)
    yield SimpleNamespace(viewer=viewer, dock=dock, layer=dock.link.labels_layer(), work=dock.session.work.label_work)
    dock.leave()
    dock.session.work.label_work.close()


def click(window, row: float, column: float, *, modifiers=(), to=None, is_double=False) -> None:
    """Press and release the mouse on the layer that is worked on, as napari hands it over."""
    layer = window.viewer.layers.selection.active
    index = window.dock.link.slice_shown()
    event = SimpleNamespace(
        type="mouse_double_click" if is_double else "mouse_press",
        modifiers=modifiers,
        pos=np.array([row, column]) * 10,
        position=tuple(layer.data_to_world((index, row, column))),
        view_direction=None,
        dims_displayed=[1, 2],
    )
    if is_double:
        for callback in layer.mouse_double_click_callbacks:
            callback(layer, event)
        return
    drags = [made for made in (callback(layer, event) for callback in layer.mouse_drag_callbacks) if made is not None]
    for drag in drags:
        next(drag)
    if to is not None:
        event.type, event.pos = "mouse_move", np.array(to) * 10
        event.position = tuple(layer.data_to_world((index, *to)))
        for drag in drags:
            next(drag, None)
    event.type = "mouse_release"
    for drag in drags:
        next(drag, None)


def press(window, keys: str) -> None:
    """Press a key on the layer that is worked on."""
    layer = window.viewer.layers.selection.active
    (found,) = [bound for key, bound in layer.keymap.items() if str(key) == keys]
    found(layer)


def drawn(window, index: int = 3, value: int = 1) -> np.ndarray:
    return np.asarray(window.layer.data[index]) == value


def test_an_outline_is_live_its_corners_move_and_one_key_takes_it(window):
    viewer, dock = window.viewer, window.dock
    dock.muscles.ask(Wish.OUTLINE)
    dock.muscles.tools.set_way(OutlineWay(Sides.STRAIGHT))
    corners = viewer.layers[CORNERS]
    assert viewer.layers.selection.active == corners
    for number, corner in enumerate(BOX, start=1):
        click(window, *corner)
        assert (dock.muscles.proposal is not None) == (number >= 3)
    assert dock.labels.muscles.tools.value() is Wish.OUTLINE
    area = int((dock.muscles.proposal.after[3] > 0).sum())
    assert area == 12 * 6
    assert 0 < viewer.layers[PREVIEW].data[3].astype(bool).sum() < area
    assert not drawn(window).any()
    click(window, *BOX[1], to=(6.0, 37.0))  # dragged outwards
    assert len(corners.data) == 4
    assert int((dock.muscles.proposal.after[3] > 0).sum()) > area
    click(window, 12.0, 28.2, modifiers=("Shift",))
    assert corners.data[:, 2] == pytest.approx([28.0, 37.0, 34.0, 28.0, 28.2])
    press(window, "Enter")
    assert drawn(window).sum() > area
    assert window.work.store.status(3, 1) is Status.DRAWN
    assert len(corners.data) == 0
    assert dock.muscles.proposal is None
    press(window, "Ctrl+Z")
    assert not drawn(window).any()
    press(window, "Ctrl+Shift+Z")
    assert drawn(window).any()
    window.work.store.undo()

    # corners are taken back, deleted and dropped
    for corner in BOX:
        click(window, *corner)
    press(window, "Ctrl+Z")
    assert len(corners.data) == 3
    corners.selected_data = {2}
    corners.remove_selected()
    assert dock.muscles.proposal is None
    click(window, *BOX[2])
    assert dock.muscles.proposal is not None
    press(window, "Escape")
    assert (dock.muscles.proposal, len(corners.data)) == (None, 0)
    assert not window.work.store.can_undo

    # a double click takes the outline, unless it was two quick corners
    for corner in BOX[:3]:
        click(window, *corner)
    click(window, *BOX[3], is_double=True)
    assert len(corners.data) == 4
    assert not drawn(window).any()
    click(window, *BOX[3], is_double=True)
    assert drawn(window).any()


def test_turning_to_another_muscle_slice_or_tool_takes_what_was_drawn(window):
    dock = window.dock
    dock.muscles.ask(Wish.OUTLINE)
    for corner in BOX:
        click(window, *corner)
    dock.muscles.choose(2)
    assert drawn(window).any()
    assert window.viewer.layers.selection.active == window.viewer.layers[CORNERS]
    for row, column in BOX:
        click(window, row, column + 16)
    dock.link.visit(4)
    click(window, *BOX[0])
    assert drawn(window, 3, 2).any()
    for corner in BOX[1:]:
        click(window, *corner)
    dock.muscles.ask(Wish.BRUSH)
    assert drawn(window, 4, 2).any()
    assert (CORNERS in window.viewer.layers, window.layer.mode) == (False, "paint")
    assert PREVIEW not in window.viewer.layers
    dock.muscles.ask(Wish.BRUSH)
    assert window.layer.mode == "pan_zoom"

    # a muscle that is chosen elsewhere is drawn from then on
    dock.muscles.ask(Wish.OUTLINE)
    window.layer.selected_label = 3
    assert window.viewer.layers.selection.active == window.viewer.layers[CORNERS]
    for row, column in BOX:
        click(window, row, column + 30)
    press(window, "Enter")
    assert drawn(window, 4, 3).any()
    dock.muscles.ask(Wish.OUTLINE)

    # how outlines become muscles is seen at once
    dock.link.visit(3)
    dock.muscles.choose(1)
    dock.muscles.ask(Wish.OUTLINE)
    for corner in BOX:
        click(window, *corner)
    rounded = dock.muscles.proposal.after[3]
    editor = dock.labels.muscles.tools.outline
    editor._straight.click()
    straight = dock.muscles.proposal.after[3]
    assert (straight == 1).sum() < (rounded == 1).sum()
    dock.muscles.ask(Wish.LIVEWIRE)
    assert editor.value().sides is Sides.LIVEWIRE
    dock.muscles.ask(Wish.THRESHOLD)
    editor._highest.setText("600")
    editor._highest.editingFinished.emit()
    picture = np.asarray(dock.session.work.volume.voxels[3])
    assert picture[dock.muscles.proposal.after[3] == 1].max() <= 600
    way = OutlineWay(Sides.STRAIGHT, Effect.CUTS, 1.5, None)
    editor.set_value(way)
    assert editor.value() == way


def test_scribbles_are_live_and_taken_on_another_slice(window):
    dock, viewer = window.dock, window.viewer
    truth = muscle_pixels(dock.session.work.volume.grid)
    dock.muscles.ask(Wish.SCRIBBLE)
    strokes = viewer.layers[STROKES]
    for index in (3, 4):
        dock.link.visit(index)
        spot = np.argwhere(truth[index] == 1).mean(axis=0).round().astype(int)
        with strokes.block_history():
            strokes.paint((index, *spot), 1)
        assert dock.muscles.proposal.slices == (index,)
    assert drawn(window, 3).any()
    assert not strokes.data[3].any()
    dock.muscles.ask(Wish.SWAP_STROKE)
    assert (strokes.selected_label, dock.labels.muscles.tools._outside.isChecked()) == (2, True)
    press(window, "Ctrl+Z")
    assert not strokes.data.any()
    assert dock.muscles.proposal is None
    press(window, "Ctrl+Z")
    assert not drawn(window, 3).any()

    # locked muscles are not drawn
    dock.muscles.ask(Wish.SCRIBBLE)
    window.work.lock([1], locked=True)
    for tool in (Wish.OUTLINE, Wish.SCRIBBLE):
        dock.muscles.ask(tool)
        assert dock.muscles.tools.tool is None


def test_whole_slices_by_key(window, qtbot):
    dock, store = window.dock, window.work.store
    truth = muscle_pixels(dock.session.work.volume.grid)
    for index in (1, 5):
        window.layer.data[index] = truth[index]
    dock.link.visit(1)
    dock.muscles.ask(Wish.CARRY_ON)
    qtbot.waitUntil(lambda: dock.muscles.proposal is not None, timeout=20_000)
    assert (dock.muscles.proposal.slices, dock.link.slice_shown()) == ((2,), 2)
    dock.muscles.ask(Wish.ACCEPT)
    assert store.status(2, 1) is Status.FILLED
    assert store.status(2, 2) is Status.EMPTY
    dock.muscles.ask(Wish.APPROVE)
    assert store.status(2, 1) is Status.APPROVED
    dock.link.visit(1)
    dock.muscles.ask(Wish.ALL_MUSCLES)
    dock.muscles.ask(Wish.COPY)
    dock.link.visit(3)
    dock.muscles.ask(Wish.PASTE)
    assert np.array_equal(store.labels[3], truth[1])
    plane = store.labels[3]
    plane[-1, :4] = (1, 2, 3, 4)
    store.labels[3] = plane
    dock.muscles.ask(Wish.TIDY)
    assert not store.labels[3, -1].any()
    dock.muscles.slices.tidy_every()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    dock.muscles.ask(Wish.DROP)
    dock.muscles.ask(Wish.NEW_SLAB)
    assert store.slabs == {3}
    dock.muscles.ask(Wish.FILL)
    qtbot.waitUntil(lambda: dock.muscles.proposal is not None, timeout=20_000)
    assert dock.muscles.proposal.slices == (4,)


def test_cancelling_a_fill_leaves_everything_as_it_was(window, qtbot, monkeypatch):
    dock, store = window.dock, window.work.store
    truth = muscle_pixels(dock.session.work.volume.grid)
    for index in (1, 5):
        window.layer.data[index] = truth[index]
    before, begun, go_on = store.labels[...], threading.Event(), threading.Event()

    def slow(wish, progress):
        while True:
            progress(0, 2, "filling")
            begun.set()
            go_on.wait(5)

    monkeypatch.setattr("napari_hipspine.viewer.fill_wish.FillWish.run", slow)
    dock.muscles.ask(Wish.FILL)
    qtbot.waitUntil(begun.is_set, timeout=5_000)
    assert not dock.labels.muscles._buttons[Wish.FILL].isEnabled()
    dock.muscles.ask(Wish.MIRROR)
    assert dock.session.doing == "filling between outlines"
    dock.progress.cancelled.emit()
    go_on.set()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=5_000)
    assert (dock.muscles.proposal, store.fills) == (None, {})
    assert np.array_equal(store.labels[...], before)
    assert PREVIEW not in window.viewer.layers


def test_size_of_the_brush_is_that_in_the_patient_and_shown_when_napari_changes_it(window, subject):
    dock, layer = window.dock, window.layer
    panel = dock.labels.muscles.tools
    panel._brush.setValue(21.0)
    dock.muscles.ask(Wish.BRUSH)
    layer.paint((3, 30, 40), 1)
    rows, columns = np.nonzero(drawn(window))
    spacing = dock.session.work.volume.grid.spacing_mm
    assert (spacing[1], spacing[2]) == (2.0, 1.0)
    assert (columns.max() - columns.min() + 1) * spacing[2] == 21.0
    assert abs((rows.max() - rows.min() + 1) * spacing[1] - 21.0) <= spacing[1]
    assert drawn(window).sum() * spacing[1] * spacing[2] == pytest.approx(np.pi * 10.5**2, rel=0.1)
    layer.brush_size = 5
    assert panel.brush_mm() == 5.0

    # imported labels are shown as such and can be approved at once
    viewer = window.viewer
    viewer.layers.remove(window.layer)
    imported = type(subject.label_map)(
        subject.label_map.labels, subject.label_map.grid, subject.label_map.structures, origin=Origin.IMPORTED
    )
    viewer.add_layer(Layer.create(*labels_layer(imported, name="muscles", outlines=subject.outlines)))
    strip = dock.labels.muscles.strips.value()[0].left
    assert set(strip.statuses) == {Status.EMPTY, Status.IMPORTED}
    dock.labels.muscles.approve_imported_wished.emit()
    strip = dock.labels.muscles.strips.value()[0].left
    assert set(strip.statuses) == {Status.EMPTY, Status.APPROVED}


@pytest.mark.parametrize("spacing", [(4.0, 0.5, 0.5), (4.0, 2.0, 1.0), (4.0, 0.7, 1.1)])
@pytest.mark.parametrize("diameter", [0.5, 3.0, 6.0, 17.3])
def test_a_brush_is_within_a_pixel_of_what_was_asked_for(spacing, diameter):
    assert abs(brush_mm(brush_pixels(diameter, spacing), spacing) - diameter) <= max(min(spacing[1:]), 0.5)


def test_the_side_that_a_click_lies_on():
    square = np.array([(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0)])
    assert [nearest_side(square, np.array(at)) for at in ((1, 5), (5, 9), (9, 5), (5, 1))] == [0, 1, 2, 3]
    assert nearest_side(np.zeros((0, 2)), np.zeros(2)) == -1


def test_nothing_of_a_closed_window_stays_in_memory(make_napari_viewer, subject, qtbot):
    viewer = make_napari_viewer()
    watched = _worked_in(viewer, subject, qtbot)
    viewer.close()
    qtbot.waitUntil(lambda: _left(watched) == [], timeout=5_000)


def _worked_in(viewer, subject, qtbot) -> dict[str, weakref.ref]:
    """Do something of everything in a window; what must not outlast it."""
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    for made in image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures):
        viewer.add_layer(Layer.create(*made))
    dock.actions.new_labels()
    dock.actions.name_structures(dict(subject.label_map.structures))
    layer, work = dock.link.labels_layer(), dock.session.work.label_work
    truth = muscle_pixels(dock.session.work.volume.grid)
    for index in (1, 5):
        layer.data[index] = truth[index]
    dock.muscles.ask(Wish.FILL)
    qtbot.waitUntil(lambda: dock.muscles.proposal is not None, timeout=20_000)
    dock.muscles.ask(Wish.OUTLINE)
    dock.measure_now()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=60_000)
    there = {"dock": dock, "session": dock.session, "link": dock.link, "labels": work, "store": work.store}
    return {name: weakref.ref(one) for name, one in {**there, "flows": work.flows, "layer": layer}.items()}


def _left(watched) -> list[str]:
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
    gc.collect()
    return [name for name, there in watched.items() if there() is not None]
