"""Volumes and label maps as layer data: placed radiologically on the untouched array, and read back from any layer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.viewer.conftest import SHAPE, STRUCTURES, make_volume, muscle_pixels, oriented_grid

from napari_hipspine.domain.display import screen_view
from napari_hipspine.domain.errors import GridMismatch, UnknownLabel
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.volume import Contrast, Volume, WaterFat
from napari_hipspine.viewer.coarse_look import contrast_limits
from napari_hipspine.viewer.drawn_voxels import DrawnVoxels
from napari_hipspine.viewer.layers import (
    METADATA,
    grid_of_layer,
    image_layers,
    label_features,
    label_map_of_layer,
    labels_layer,
    placement,
    world_letters,
)


def drawn(data, given: dict, *, name: str = "layer") -> SimpleNamespace:
    """What napari makes of scale and translate, without a window."""
    scale, translate = np.array(given["scale"]), np.array(given["translate"])
    return SimpleNamespace(
        name=name,
        data=data,
        ndim=3,
        multiscale=False,
        metadata=given.get("metadata", {}),
        data_to_world=lambda index: np.asarray(index) * scale + translate,
    )


@pytest.mark.parametrize("rows_to", ["P", "A"])
@pytest.mark.parametrize("columns_to", ["L", "R"])
def test_patients_left_is_drawn_on_the_right_and_the_slice_axis_is_never_turned(rows_to, columns_to):
    grid = oriented_grid(rows_to=rows_to, columns_to=columns_to)
    volume = make_volume(grid, muscle_pixels(grid))
    ((data, given, kind),) = image_layers(volume, name="T2")
    assert kind == "image"
    assert data is volume.voxels
    assert world_letters(drawn(data, given)) == ("S", "P", "L")
    assert given["scale"][0] == 4.0
    assert given["translate"][0] == 0.0
    assert given["units"] == ("mm", "mm", "mm")
    assert given["axis_labels"] == ("slice", "row", "column")
    corners = [drawn(data, given).data_to_world(corner) for corner in ((0, 0, 0), tuple(np.array(SHAPE) - 1))]
    assert np.min(corners, axis=0) == pytest.approx([0, 0, 0])


def test_letters_of_sagittal_slices_are_front_and_back():
    affine = np.zeros((4, 4))
    affine[0, 0], affine[2, 1], affine[1, 2], affine[3, 3] = 4, 1, 1, 1
    grid = type(oriented_grid())(SHAPE, affine)
    volume = Volume(np.ones(SHAPE, np.int16), grid)
    ((data, given, _),) = image_layers(volume, name="sagittal")
    assert world_letters(drawn(data, given)) == ("L", "I", "P")
    assert screen_view(grid).left == "A"


def test_grid_of_a_layer_made_by_napari_is_found_and_its_labels_are_flipped_onto_the_image():
    grid = oriented_grid(rows_to="A", columns_to="R")
    labels = muscle_pixels(grid)
    ((data, given, _),) = image_layers(make_volume(grid, labels), name="T2")
    beside = drawn(data, given)
    upright = {"scale": grid.spacing_mm, "translate": (0, 0, 0)}
    by_hand = drawn(labels[:, ::-1, ::-1].copy(), upright)
    found = label_map_of_layer(by_hand, beside=beside, structures=STRUCTURES)
    assert found.grid.orientation == "SPL"
    back = found.on_grid(grid)
    assert np.array_equal(np.asarray(back.labels[...]), labels)
    assert back.notes == ("labels rows and columns flipped",)


def test_layer_in_pixels_beside_an_image_in_millimetres_is_refused():
    grid = oriented_grid()
    ((data, given, _),) = image_layers(make_volume(grid, muscle_pixels(grid)), name="T2")
    in_pixels = drawn(np.zeros(SHAPE, np.uint8), {"scale": (1, 1, 1), "translate": (0, 0, 0)})
    found = label_map_of_layer(in_pixels, beside=drawn(data, given), structures=STRUCTURES)
    with pytest.raises(GridMismatch, match="Expected both volumes on one grid"):
        found.on_grid(grid)


def test_flat_layer_is_refused():
    grid = oriented_grid()
    ((data, given, _),) = image_layers(make_volume(grid, muscle_pixels(grid)), name="T2")
    flat = SimpleNamespace(name="sketch", ndim=2, metadata={})
    with pytest.raises(GridMismatch, match="found 2 dimensions, in sketch"):
        grid_of_layer(flat, beside=drawn(data, given))


def test_labels_come_back_as_they_went_and_the_file_is_not_touched():
    grid = oriented_grid()
    label_map = LabelMap(muscle_pixels(grid).astype(np.int32), grid, STRUCTURES, tool="by hand", notes=("a note",))
    data, given, kind = labels_layer(label_map, name="muscles")
    assert kind == "labels"
    assert data.dtype == np.uint16
    assert data is not label_map.labels
    back = label_map_of_layer(drawn(data, given), beside=drawn(data, given))
    assert back.labels is data
    assert (back.structures, back.tool, back.notes, back.grid) == (STRUCTURES, "by hand", ("a note",), grid)


def test_every_structure_has_its_own_colour_with_the_left_lighter():
    grid = oriented_grid()
    _, given, _ = labels_layer(LabelMap(muscle_pixels(grid), grid, STRUCTURES), name="muscles")
    colours = {value: np.asarray(given["colormap"].map(value))[:3] for value in STRUCTURES}
    assert len({tuple(colour) for colour in colours.values()}) == len(STRUCTURES)
    assert colours[1].sum() > colours[2].sum()
    assert np.asarray(given["colormap"].map(0))[3] == 0


def test_features_stand_at_the_row_of_their_label_value():
    features = label_features({3: STRUCTURES[3], 1: STRUCTURES[1]})
    assert features["index"].tolist() == [0, 1, 2, 3]
    assert features["muscle"].tolist() == ["", "multifidus", "", "erector spinae"]


def test_labels_beyond_sixteen_bits_are_refused():
    grid = oriented_grid()
    wide = np.full(SHAPE, 70_000, np.int32)
    with pytest.raises(UnknownLabel, match="from 0 to 65535, found 70000"):
        labels_layer(LabelMap(wide, grid, {}), name="wide")


def test_stored_numbers_are_drawn_as_signal():
    grid = oriented_grid()
    stored = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    ((data, _, _),) = image_layers(Volume(stored, grid, voxel_scale=(0.5, -3.0)), name="scaled")
    assert isinstance(data, DrawnVoxels)
    assert data.ndim == 3
    assert np.array_equal(data[2, 1], stored[2, 1] * 0.5 - 3.0)


def test_water_is_seen_and_fat_waits_behind_it():
    grid = oriented_grid()
    pair = WaterFat(Volume(np.ones(SHAPE), grid, Contrast.WATER), Volume(np.ones(SHAPE) * 2, grid, Contrast.FAT))
    fat, water = image_layers(pair, name="sub-1")
    assert (fat[1]["name"], water[1]["name"]) == ("sub-1 · fat", "sub-1 · water")
    assert fat[1]["visible"] is False
    assert water[1]["metadata"][METADATA].image is pair


def test_coarsest_resolution_step_is_in_memory_and_the_others_are_not_read():
    grid = oriented_grid()
    reads = []

    class Counted:
        shape, dtype, ndim = SHAPE, np.dtype(np.int16), 3

        def __getitem__(self, key):
            reads.append(key)
            return np.ones(SHAPE, np.int16)[key]

    coarse = np.ones((6, 30, 40), np.int16)
    ((data, given, _),) = image_layers(Volume(Counted(), grid, resolution_steps=(coarse,)), name="pyramid")
    assert given["multiscale"] is True
    assert isinstance(data[-1], np.ndarray)
    assert reads == []


def test_contrast_limits_ignore_air_and_need_few_slices():
    grid = oriented_grid()
    signal = picture_with_outlier = np.full(SHAPE, 4, np.int16)
    signal[:, 10:50, 10:70] = 300
    signal[:, 20:40, 20:60] = 900
    picture_with_outlier[2, 30, 30] = 32_000
    low, high = contrast_limits(Volume(signal, grid))
    assert low == 0
    assert high == pytest.approx(900, rel=0.01)


@pytest.mark.parametrize(("factor", "expected"), [(1.0, (0.0, 1.0)), (100.0, (0.0, 100.0))])
def test_fat_fraction_maps_are_drawn_over_their_whole_range(factor, expected):
    grid = oriented_grid()
    signal = np.full(SHAPE, -68.0)
    signal[:, 10:50, 10:70] = 0.2 * factor
    assert contrast_limits(Volume(signal, grid, Contrast.FAT_FRACTION)) == expected


def test_constant_and_empty_pictures_have_limits_too():
    grid = oriented_grid()
    assert contrast_limits(Volume(np.full(SHAPE, 7.0), grid)) == (7.0, 8.0)
    assert contrast_limits(Volume(np.full(SHAPE, np.nan), grid)) == (0.0, 1.0)


def test_placement_counts_in_millimetres():
    assert placement(oriented_grid())["scale"] == [4.0, 2.0, 1.0]
