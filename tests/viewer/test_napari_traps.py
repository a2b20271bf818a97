"""What napari does without a word, each held here to the behaviour docs/explanation/napari_traps.md promises."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import threading
from dataclasses import replace
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import yaml
import zarr
from napari.layers import Layer
from napari.settings import get_settings
from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QTableView
from tests.viewer.conftest import STRUCTURES, measure, oriented_grid, show

import napari_hipspine
from napari_hipspine.domain.grid import Grid
from napari_hipspine.viewer.contributions import read_images
from napari_hipspine.viewer.layers import array_of, image_layers
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.viewer.workers import BackgroundWork

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "napari_traps.md"
MANIFEST = yaml.safe_load((Path(napari_hipspine.__file__).parent / "napari.yaml").read_text(encoding="utf-8"))
MM = ("mm", "mm", "mm")
INSIDE = (3, 45, 50)
FREE = (3, 5, 5)


def test_every_trap_of_the_page_names_tests_that_are_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 30
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text()]
    assert missing == []


def test_no_key_waits_in_the_manifest_where_napari_never_looks():
    assert "keybindings" not in MANIFEST["contributions"]


def test_docks_take_the_viewer_in_the_one_form_that_napari_always_fills_in():
    commands = {one["id"]: one["python_name"] for one in MANIFEST["contributions"]["commands"]}
    for widget in MANIFEST["contributions"]["widgets"]:
        module, name = commands[widget["command"]].split(":")
        given = inspect.signature(getattr(importlib.import_module(module), name).__init__).parameters
        assert list(given)[:2] == ["self", "napari_viewer"], name
        assert given["napari_viewer"].annotation is inspect.Parameter.empty, name


def test_no_thread_of_ours_holds_a_viewer():
    """What runs in a thread is made in plain modules that never import napari's layers or a viewer at their top."""
    source = (ROOT / "src/napari_hipspine/viewer/openings.py").read_text()
    imported = {ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert not any("napari.layers" in one or "viewer import" in one for one in imported)


@pytest.fixture
def image(subject):
    """The picture alone, as napari takes it."""
    ((data, given, kind),) = image_layers(subject.volume, name="sub-007 · T2", pictures=subject.pictures)
    return data, given, kind


class TestLabelsOfOthers:
    """Layers that napari or another plugin made, taken with “Use layer”."""

    @pytest.fixture
    def taken(self, window, image, subject, qtbot, told):
        """Take a labels layer as the muscles, by the place it is drawn at."""
        viewer, dock = window
        viewer.add_layer(Layer.create(*image))

        def take(data, **given):
            given = {"units": MM, **given}
            layer = viewer.add_labels(data, name="theirs", **given)
            told.clear()  # napari says for itself that units differ; what counts is what is said of taking it
            dock.actions.use_layer(layer)
            qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
            return layer

        yield take
        if dock.session.work is not None and dock.session.work.label_work is not None:
            dock.session.work.label_work.close()

    def test_strokes_on_dask_labels_reach_the_disk(self, taken, window, image, tmp_path):
        _, dock = window
        theirs = zarr.create_array(str(tmp_path / "theirs.zarr"), shape=(6, 60, 80), chunks=(1, 60, 80), dtype="u1")
        place = {name: image[1][name] for name in ("scale", "translate")}
        layer = taken(da.from_array(theirs, chunks=theirs.chunks), **place)
        layer.paint(FREE, 3)
        kept = dock.session.work.label_work.store
        assert array_of(layer) is kept.labels
        assert zarr.open_array(str(kept.folder / "labels.zarr"), mode="r")[FREE] == 3
        assert not theirs[...].any()

    def test_a_pyramid_of_labels_can_be_painted_once_it_is_taken(self, taken, window, image):
        labels = np.zeros((6, 60, 80), np.uint8)
        place = {name: image[1][name] for name in ("scale", "translate")}
        layer = taken([labels, labels[:, ::2, ::2]], **place)
        current = window[1].link.labels_layer()
        assert current is not None
        assert not current.multiscale
        assert current.editable
        current.paint(FREE, 3)
        assert window[1].session.work.label_work.store.snapshot()[FREE] == 3
        assert layer.name == current.name

    def test_an_affine_in_place_of_a_scale_gives_the_same_areas(self, taken, window, image, subject, qtbot):
        affine = np.diag([*image[1]["scale"], 1.0])
        affine[:3, 3] = image[1]["translate"]
        layer = taken(np.asarray(subject.label_map.labels).copy(), affine=affine)
        assert tuple(layer.scale) == (1, 1, 1)
        _, dock = window
        dock.actions.name_structures(dict(STRUCTURES))
        measure(dock, qtbot)
        rows = dock.session.work.measured.result.slices
        found = rows[(rows.slice_index == 3) & (rows.muscle == "multifidus") & (rows.side == "left")]["csa_mm2"]
        assert float(found.iloc[0]) == pytest.approx(2.0 * (subject.label_map.labels[3] == 1).sum())

    def test_labels_in_pixels_are_refused_in_words(self, taken, window, told):
        taken(np.zeros((6, 60, 80), np.uint8), units=("pixel",) * 3)
        assert window[1].session.work.label_map is None
        assert len(told) == 1
        assert "Expected both volumes on one grid" in told[0]


def test_a_picture_in_pixels_is_no_picture_to_measure(window, subject):
    """The reader of napari's own opens a .nii without its spacing; nothing is measured on such a layer."""
    viewer, dock = window
    viewer.add_image(np.asarray(subject.volume.voxels), name="theirs", contrast_limits=(0, 900))
    viewer.add_labels(np.asarray(subject.label_map.labels).copy(), name="drawn on it")
    assert dock.session.work is None
    assert dock.images.foreign.startswith("“theirs” came into this window without pixel size")
    assert dock.images.foreign.endswith("Open the same file below.")
    assert dock.session.why_not_measure() == "Open an image first (step 1)."
    show(viewer, subject)
    assert dock.images.foreign == ""


def test_every_layer_of_the_job_is_in_millimetres(window, subject, qtbot):
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    for wish in (Wish.OUTLINE, Wish.SCRIBBLE):
        dock.muscles.ask(wish)
        units = {layer.name: tuple(map(str, layer.units)) for layer in viewer.layers}
        assert set(units.values()) == {("millimeter",) * 3}, units
        assert viewer.layers.units is not None
        dock.muscles.ask(wish)
    dock.muscles.ask(Wish.DROP)


def test_an_oblique_series_is_drawn_along_its_voxels_and_keeps_its_place(make_napari_viewer_proxy, subject, recwarn):
    tilt = np.radians(12)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    grid = Grid(subject.volume.grid.shape, turn @ subject.volume.grid.affine)
    oblique = replace(subject.volume, grid=grid)
    viewer = make_napari_viewer_proxy()
    ((data, given, kind),) = image_layers(oblique, name="oblique")
    layer = viewer.add_layer(Layer.create(data, given, kind))
    viewer.dims.set_point(0, 8.0)
    assert np.allclose(np.abs(layer.scale), grid.spacing_mm)
    assert not [one for one in recwarn if "orthogonal" in str(one.message).lower()]
    assert layer.metadata["napari_hipspine"].volume.grid.affine == pytest.approx(grid.affine)


def test_what_a_tool_writes_is_seen_at_once(window, subject):
    """napari does not draw anew what was written past its layer."""
    viewer, dock = window
    show(viewer, subject)
    dock.link.visit(3)
    layer = viewer.layers["muscles"]
    spot = tuple(int(i) for i in np.argwhere(np.asarray(layer.data[3]) == 1)[20])
    dock.muscles.ask(Wish.COPY)
    layer.paint((3, *spot), 0)
    assert layer.get_value((3, *spot)) == 0
    dock.muscles.choose(1)
    dock.muscles.ask(Wish.PASTE)
    assert layer.get_value((3, *spot)) == 1


def test_layers_are_touched_by_the_main_thread_only(window, subject, qtbot):
    viewer, dock = window
    threads = []
    viewer.layers.events.inserted.connect(lambda event: threads.append(threading.current_thread()))
    dock.images.files.set_value(subject.pictures)
    dock.images.open_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    dock.labels.files.set_value(subject.outlines)
    dock.labels.accept_wished.emit()
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    assert len(threads) == 2
    assert set(threads) == {threading.main_thread()}


def test_an_error_nobody_foresaw_is_one_notification_and_ends_the_work(window, qtbot, told):
    _, dock = window

    def fails(progress):
        raise ZeroDivisionError("a bug")

    dock.actions.run(fails, says="measuring", done=lambda found: None)
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=10_000)
    qtbot.wait(50)
    assert len(told) == 1
    assert "measuring" in told[0]
    assert "log" in told[0]
    assert "Traceback" not in told[0]


def test_nothing_of_naparis_own_settings_is_changed(window, subject, qtbot):
    settings = get_settings()
    before = settings.experimental.model_dump(), settings.appearance.model_dump()
    viewer, dock = window
    show(viewer, subject)
    measure(dock, qtbot)
    assert (settings.experimental.model_dump(), settings.appearance.model_dump()) == before


@pytest.mark.parametrize("kind", ["nii", "nii.gz", "zarr"])
def test_pictures_are_never_handed_over_as_dask(subject, tmp_path, kind):
    """napari keeps a quarter of the memory full of what it computed from dask."""
    import nibabel

    from napari_hipspine.cli import main

    place = tmp_path / f"sub-007_T2w.{kind}"
    if kind == "zarr":
        place = tmp_path / "sub-007.ome.zarr"
        assert main(["convert", str(subject.pictures.image), "--out", str(place)]) == 0
    elif kind == "nii.gz":
        nibabel.save(nibabel.load(subject.pictures.image), place)
    ((data, given, _),) = read_images(str(place))
    for level in data if given.get("multiscale") else [data]:
        assert not isinstance(array_of_data(level), da.Array)
    assert given["units"] == MM


def array_of_data(data):
    return getattr(data, "voxels", data)


def test_a_volume_too_large_for_space_stays_flat(window, subject, tmp_path, told):
    viewer, _ = window
    shape = (300, 2048, 2048)
    voxels = zarr.create_array(str(tmp_path / "large.zarr"), shape=shape, chunks=(1, 512, 512), dtype="u2")
    large = replace(subject.volume, voxels=voxels, grid=Grid(shape, oriented_grid().affine))
    ((data, given, kind),) = image_layers(large, name="large")
    layer = viewer.add_layer(Layer.create(data, given, kind))
    viewer.dims.ndisplay = 3
    assert viewer.dims.ndisplay == 2
    assert len(told) == 1
    assert "found 2.3 GiB, in large" in told[0]
    assert "Hide this layer" in told[0]
    layer.visible = False
    viewer.dims.ndisplay = 3
    assert viewer.dims.ndisplay == 3
    assert len(told) == 1


def test_limits_are_given_also_where_the_first_slices_are_air(subject):
    voxels = np.zeros((40, 60, 80), np.float32)
    voxels[30:] = 500.0
    voxels[30:, 20:40, 20:40] = 900.0
    voxels[39, 0, 0] = 60_000.0
    grid = Grid(voxels.shape, oriented_grid().affine)
    ((_, given, _),) = image_layers(replace(subject.volume, voxels=voxels, grid=grid), name="air first")
    low, high = given["contrast_limits"]
    assert low == 0
    assert 500 <= high < 2_000


def test_naparis_table_of_features_finds_the_label_of_its_row(make_napari_viewer_proxy, subject, qtbot):
    viewer = make_napari_viewer_proxy()
    show(viewer, subject)
    layer = viewer.layers["muscles"]
    viewer.layers.selection.active = layer
    _, table = viewer.window.add_plugin_dock_widget("napari", "Features table widget")
    (view,) = table.findChildren(QTableView)
    model = view.model()
    headings = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    where = headings.index("muscle")
    rows = [row for row in range(model.rowCount()) if model.index(row, where).data() == "erector spinae"]
    view.selectRow(rows[0])
    assert layer.selected_label == 3


def test_a_read_only_store_takes_no_stroke_and_leaves_no_step_to_undo(make_napari_viewer_proxy, subject, window):
    from napari_hipspine.viewer.widgets.main_dock import MainDock

    first, _ = window
    show(first, subject)
    viewer = make_napari_viewer_proxy()
    dock = MainDock(viewer)
    show(viewer, subject)
    layer = viewer.layers["muscles"]
    before = np.asarray(layer.data[...])
    assert not layer.editable
    assert layer.mode == "pan_zoom"
    layer.mode = "paint"
    assert layer.mode == "pan_zoom"
    assert np.array_equal(np.asarray(layer.data[...]), before)
    dock.leave()


def test_work_cancelled_before_it_begins_ends(qtbot):
    owner = QObject()
    ended = []
    background = BackgroundWork(lambda progress: progress(0, 1, "x"), says="waiting", parent=owner, is_quiet=True)
    background.ended.connect(lambda: ended.append(True))
    background.cancel()
    background.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=5_000)
