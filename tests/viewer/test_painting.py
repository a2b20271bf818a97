"""Painting in a real napari window: on the disk at once, undone across sittings, never over locked muscles."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Layer

from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.viewer.layers import array_of, image_layers, labels_layer
from napari_hipspine.viewer.painted_layer import REDO, UNDO
from napari_hipspine.viewer.passing_layers import PREVIEW, STROKES
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.viewer.widgets.main_dock import MainDock

pytestmark = pytest.mark.viewer

LOCKED = (3, 45, 30)
"""A pixel of multifidus right, which the tests lock."""

FREE = (3, 5, 5)


@pytest.fixture
def painted(make_napari_viewer_proxy, subject):
    """A labels layer with its store, multifidus right locked, slice 3 on the screen."""
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    layers = image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures)
    for layer in [*layers, labels_layer(subject.label_map, name="muscles", outlines=subject.outlines)]:
        viewer.add_layer(Layer.create(*layer))
    dock.link.visit(3)
    layer, work = viewer.layers["muscles"], dock.session.work.label_work
    assert work is not None
    layer.metadata["dock"] = dock
    yield layer, work
    dock.leave()
    work.close()


def locked_pixels(layer, value: int = 2) -> np.ndarray:
    return np.argwhere(np.asarray(layer.data[...]) == value)


def press(layer, keys: str) -> None:
    """Press keys on a layer as napari does."""
    found = [
        bound for key, bound in layer.keymap.items() if str(key) == keys.replace("Control", "Ctrl").replace("-", "+")
    ]
    assert len(found) == 1
    found[0](layer)


def test_a_stroke_is_on_the_disk_before_anything_is_saved(painted):
    layer, work = painted
    assert array_of(layer) is work.store.labels
    layer.selected_label = 1
    layer.paint(FREE, 1)
    assert work.store.snapshot()[FREE] == 1
    assert work.store.status(3, 1) in (Status.DRAWN, Status.EDITED)


def test_the_file_and_the_labels_it_was_read_from_stay_as_they_were(painted, subject):
    layer, _ = painted
    layer.paint(FREE, 1)
    assert subject.label_map.labels[FREE] == 0


@pytest.mark.parametrize("tool", ["brush", "fill", "polygon", "eraser"])
def test_locked_muscle_stays_under(painted, tool):
    layer, work = painted
    spot = tuple(int(i) for i in locked_pixels(layer)[len(locked_pixels(layer)) // 2])
    before = locked_pixels(layer)
    work.lock([2], locked=True)
    layer.selected_label = 1
    if tool == "brush":
        layer.brush_size = 40
        layer.paint(spot, 1)
    elif tool == "eraser":
        layer.paint(spot, 0)
    elif tool == "fill":
        layer.fill(spot, 1)
    else:
        z, row, column = spot
        layer.paint_polygon([(z, row - 9, column - 9), (z, row - 9, column + 9), (z, row + 9, column)], 1)
    assert (locked_pixels(layer) == before).all()
    assert layer.data[spot] == 2
    assert layer.get_value(spot) == 2


def test_nothing_is_added_to_a_locked_muscle(painted):
    layer, work = painted
    work.lock([2], locked=True)
    layer.paint(FREE, 2)
    assert layer.data[FREE] == 0
    assert layer.get_value(FREE) == 0


@pytest.mark.parametrize("how", ["keys", "layer"])
def test_undo_and_redo_leave_a_muscle_locked_since(painted, how):
    layer, work = painted

    def undo() -> None:
        press(layer, UNDO) if how == "keys" else layer.undo()

    def redo() -> None:
        press(layer, REDO) if how == "keys" else layer.redo()

    layer.paint(FREE, 2)
    work.lock([2], locked=True)
    undo()
    assert layer.data[FREE] == 2
    assert layer.get_value(FREE) == 2
    work.lock([2], locked=False)
    layer.paint((3, 55, 40), 2)
    undo()
    assert layer.data[3, 55, 40] == 0
    work.lock([2], locked=True)
    redo()
    assert layer.data[3, 55, 40] == 0
    assert layer.get_value((3, 55, 40)) == 0


def test_undo_reaches_into_the_sitting_before(painted, make_napari_viewer_proxy, subject):
    layer, work = painted
    layer.paint(FREE, 1)
    work.close()
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    for made in image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures):
        viewer.add_layer(Layer.create(*made))
    viewer.add_layer(Layer.create(*labels_layer(subject.label_map, name="muscles", outlines=subject.outlines)))
    again = viewer.layers["muscles"]
    assert again.data[FREE] == 1
    press(again, UNDO)
    assert again.data[FREE] == 0
    press(again, REDO)
    assert again.data[FREE] == 1
    dock.leave()
    dock.session.work.label_work.close()


def test_undo_goes_where_something_changes(painted):
    layer, _ = painted
    dock = layer.metadata["dock"]
    layer.paint(FREE, 1)
    dock.link.visit(5)
    press(layer, UNDO)
    assert dock.link.slice_shown() == 3


def test_one_stroke_of_the_mouse_is_one_step(painted):
    layer, _ = painted
    layer.mode = "paint"
    layer.selected_label = 1
    before = np.asarray(layer.data[...])
    event = Stroke()
    drags = [made(layer, event) for made in layer.mouse_drag_callbacks[:1]]
    for drag in drags:
        next(drag)
    layer.paint(FREE, 1)
    event.type = "mouse_move"
    next(drags[0])
    layer.paint((3, 6, 9), 1)
    event.type = "mouse_release"
    with pytest.raises(StopIteration):
        next(drags[0])
    press(layer, UNDO)
    assert (np.asarray(layer.data[...]) == before).all()


class Stroke:
    """What a drag of the mouse hands to its callbacks."""

    type = "mouse_press"


def test_a_second_window_may_only_look(painted, make_napari_viewer_proxy, subject):
    layer, _ = painted
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    for made in image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures):
        viewer.add_layer(Layer.create(*made))
    viewer.add_layer(Layer.create(*labels_layer(subject.label_map, name="muscles", outlines=subject.outlines)))
    assert not viewer.layers["muscles"].editable
    assert dock.session.work.label_work.read_only_reason
    assert layer.editable
    dock.leave()


def test_fill_between_is_shown_taken_in_one_step_and_undone_in_one(make_napari_viewer_proxy, subject, qtbot):
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    for made in image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures):
        viewer.add_layer(Layer.create(*made))
    dock.actions.new_labels()
    layer, work = dock.link.labels_layer(), dock.session.work.label_work
    dock.actions.name_structures(dict(subject.label_map.structures))
    for index in (1, 5):
        layer.data[index] = subject.label_map.labels[index]
    before = np.asarray(layer.data[...])
    dock.muscles.ask(Wish.FILL)
    qtbot.waitUntil(lambda: dock.muscles.proposal is not None, timeout=20_000)
    assert viewer.layers[PREVIEW].data[3].any()
    assert (np.asarray(layer.data[...]) == before).all()
    dock.muscles.ask(Wish.DROP)
    assert PREVIEW not in viewer.layers
    assert (np.asarray(layer.data[...]) == before).all()
    dock.muscles.ask(Wish.FILL)
    qtbot.waitUntil(lambda: dock.muscles.proposal is not None, timeout=20_000)
    dock.muscles.ask(Wish.ACCEPT)
    assert PREVIEW not in viewer.layers
    assert layer.data[3].any()
    assert work.store.status(3, 1) is Status.FILLED
    assert dock.labels.muscles.strips.value()[0].left.statuses[3] is Status.FILLED
    press(layer, UNDO)
    assert (np.asarray(layer.data[...]) == before).all()
    dock.leave()
    work.close()


def test_scribble_proposes_when_the_stroke_ends(painted):
    layer, work = painted
    dock = painted[0].metadata["dock"]
    dock.muscles.choose(1)
    dock.muscles.ask(Wish.SCRIBBLE)
    strokes = dock.viewer.layers[STROKES]
    assert dock.viewer.layers.selection.active == strokes
    spot = np.argwhere(np.asarray(layer.data[3]) == 1).mean(axis=0).round().astype(int)
    with strokes.block_history():  # as a drag of the mouse does
        strokes.paint((3, *spot), 1)
    assert dock.muscles.proposal is not None
    dock.muscles.ask(Wish.ACCEPT)
    assert work.store.status(3, 1) is Status.DRAWN
    assert (np.asarray(layer.data[3]) == 1).any()
    dock.muscles.ask(Wish.SCRIBBLE)
    assert STROKES not in dock.viewer.layers
    assert dock.viewer.layers.selection.active == layer


def test_choosing_hiding_and_locking_in_the_list(painted):
    layer, work = painted
    dock = painted[0].metadata["dock"]
    dock.muscles.visit(4, 3)
    assert (dock.link.slice_shown(), layer.selected_label) == (4, 3)
    dock.muscles.ask(Wish.OTHER_SIDE)
    assert layer.selected_label == 4
    dock.muscles.ask(Wish.NEXT_MUSCLE)
    assert layer.selected_label == 2
    row = dock.labels.muscles.strips.value()[0]
    dock.muscles.toggle_hidden(row)
    assert layer.colormap.map(1)[3] == 0
    dock.muscles.toggle_hidden(dock.labels.muscles.strips.value()[0])
    assert layer.colormap.map(1)[3] == 1
    dock.muscles.ask(Wish.LOCK)
    assert work.store.locked == {1, 2}
