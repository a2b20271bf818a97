"""Muscles in space in a real window: drawn where they are, hidden as in the list, and the slices come back as left."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_hipspine.viewer.explore_choice import ColourBy, SeenFrom
from napari_hipspine.viewer.explore_view import LETTERS, SURFACES
from napari_hipspine.viewer.shortcuts import Wish

from .conftest import measure, show

pytestmark = pytest.mark.viewer


def in_space(dock, qtbot) -> None:
    dock.ask(Wish.IN_SPACE)
    qtbot.waitUntil(lambda: dock.explore.view.is_on, timeout=60_000)


def state(viewer) -> tuple:
    camera = viewer.scene.camera
    layers = [(layer.name, layer.visible) for layer in viewer.layers]
    point = tuple(round(float(place), 6) for place in viewer.dims.point)
    return layers, point, viewer.dims.ndisplay, camera.zoom, camera.center, viewer.layers.selection.active.name


def test_muscles_in_space_and_back_to_the_slices(window, subject, qtbot, told):
    viewer, dock = window
    dock.ask(Wish.IN_SPACE)
    assert "Open or draw labels first" in told[-1]
    show(viewer, subject)
    dock.link.visit(4)
    before = state(viewer)
    in_space(dock, qtbot)
    assert viewer.dims.ndisplay == 3
    seen = [layer.name for layer in viewer.layers if layer.visible]
    assert seen == [SURFACES, LETTERS], "nothing large is drawn in space"

    corners, triangles, _ = viewer.layers[SURFACES].data
    grid, labels = subject.label_map.grid, subject.label_map.labels
    for value in (1, 2):
        places = np.argwhere(labels == value) @ grid.affine[:3, :3].T + grid.affine[:3, 3]
        part = corners[np.unique(_triangles_of(dock, value))]
        assert part[:, 2].mean() == pytest.approx(places[:, 0].mean(), abs=1.0), "left is left"
        assert -part[:, 0].mean() == pytest.approx(places[:, 2].mean(), abs=2.0)

    letters = viewer.layers[LETTERS]
    said = dict(zip(["I", "S", "P", "A", "L", "R"], letters.data, strict=True))
    assert said["L"][2] > corners[:, 2].max() > corners[:, 2].min() > said["R"][2]
    assert said["S"][0] < corners[:, 0].min()
    dock.explore.view.look(SeenFrom.BACK)
    assert list(letters.text.values) == ["I", "S", "", "", "L", "R"]
    assert np.allclose(viewer.scene.camera.view_direction, (0, -1, 0), atol=1e-6), "from the back one looks forwards"
    assert np.allclose(viewer.scene.camera.up_direction, (-1, 0, 0), atol=1e-6), "the head is up"

    n_all = len(triangles)
    dock.ask(Wish.SOLO)
    n_alone = len(viewer.layers[SURFACES].data[1])
    assert 0 < n_alone < n_all
    assert dock.session.work.hidden == {3, 4}
    assert [row.is_solo for row in dock.labels.muscles.strips.value() if row.values] == [True, False]
    dock.ask(Wish.HIDE)
    assert dock.session.work.hidden == {1, 2, 3, 4}
    dock.ask(Wish.SOLO)
    dock.ask(Wish.SOLO)
    assert dock.session.work.hidden == frozenset()
    assert len(viewer.layers[SURFACES].data[1]) == n_all

    dock.ask(Wish.IN_SPACE)
    assert state(viewer) == before


def _triangles_of(dock, value) -> np.ndarray:
    view, first = dock.explore.view, 0
    for surface, part in zip(view._surfaces, view._corners, strict=True):
        if surface.structure == dock.session.work.label_map.structures[value]:
            return surface.triangles + first
        first += len(part)
    raise AssertionError(value)


def test_what_needs_the_slices_brings_them_back_and_surfaces_follow_an_edit(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    in_space(dock, qtbot)
    first = dock.explore._found
    dock.labels.muscles.strips.cell_chosen.emit(3, 1)
    assert viewer.dims.ndisplay == 2
    assert dock.link.slice_shown() == 3
    in_space(dock, qtbot)
    assert dock.explore._found is first, "nothing was painted: nothing is found anew"
    viewer.dims.ndisplay = 2
    assert not dock.explore.view.is_on
    assert SURFACES not in viewer.layers

    labels = dock.link.labels_layer()
    labels.data[0, 20:40, 20:40] = 1
    in_space(dock, qtbot)
    assert dock.explore._found is not first
    assert len(dock.explore._found.surfaces[0].triangles) > len(first.surfaces[0].triangles)
    dock.ask(Wish.BRUSH)
    assert viewer.dims.ndisplay == 2

    in_space(dock, qtbot)
    image = dock.link.image_layer()
    viewer.layers.remove(image)
    assert viewer.dims.ndisplay == 2
    assert [layer for layer in viewer.layers if layer.name in (SURFACES, LETTERS)] == []


def test_local_fat_and_fat_on_the_slices_wait_for_the_thresholds(window, subject, qtbot, told):
    viewer, dock = window
    show(viewer, subject)
    panel = dock.table.explore
    dock.ask(Wish.SHOW_FAT)
    assert "Find the thresholds first" in told[-1]
    measure(dock, qtbot)
    dock.ask(Wish.SHOW_FAT)
    assert "called fat" in viewer.layers
    in_space(dock, qtbot)
    assert not viewer.layers["called fat"].visible
    layer = viewer.layers[SURFACES]
    by_muscle = layer.vertex_colors.copy()
    panel._colour.setCurrentIndex(panel._colour.findData(ColourBy.FAT))
    panel._tell()
    assert layer.colorbar.visible
    assert not np.array_equal(layer.vertex_colors, by_muscle)
    # A share of 0.15 of all pixels is fat, evenly.
    assert np.median(layer.data[2]) == pytest.approx(15, abs=4)
    dock.ask(Wish.SHOW_FAT)
    assert viewer.dims.ndisplay == 2
    assert viewer.layers["called fat"].visible
    dock.ask(Wish.SHOW_FAT)
    assert "called fat" not in viewer.layers


class Untouched:
    """21 GB of which slices are read and never the whole."""

    shape, dtype, ndim = (2560, 2048, 2048), np.dtype(np.uint16), 3

    def __getitem__(self, key):
        taken = np.broadcast_to(np.zeros((), np.uint16), self.shape)[key]
        assert taken.size < 2**24, "the whole was read"
        return np.array(taken)


def test_a_picture_too_large_for_3d_is_never_read_whole(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    large = viewer.add_image(Untouched(), name="large", contrast_limits=(0, 1), scale=(4, 2, 1), units=("mm",) * 3)
    in_space(dock, qtbot)
    assert not large.visible
    # napari's own button.
    viewer.dims.ndisplay = 2
    assert not dock.explore.view.is_on
    assert large.visible
    in_space(dock, qtbot)
    dock.ask(Wish.IN_SPACE)
    assert large.visible
    viewer.layers.remove(large)


def test_solo_and_hide_are_clicked_in_the_row(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    strips = dock.labels.muscles.strips
    strips.resize(420, 200)

    def click(row: int, icon: str) -> None:
        qtbot.mouseClick(strips, Qt.MouseButton.LeftButton, pos=strips.icon_rect(row, icon).center().toPoint())

    click(1, "solo")
    assert dock.session.work.hidden == {1, 2}
    assert dock.link.labels_layer().colormap.color_dict[1][3] == 0
    click(1, "solo")
    assert dock.session.work.hidden == frozenset()
    click(0, "eye")
    assert dock.session.work.hidden == {1, 2}
    click(0, "lock")
    assert dock.session.work.label_work.store.locked == {1, 2}
    assert viewer.dims.ndisplay == 2
