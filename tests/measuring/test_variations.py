"""The same measured otherwise: thresholds, windows and outlines moved by a known amount."""

from __future__ import annotations

from math import pi

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from napari_hipspine.domain.anatomy import find_level
from napari_hipspine.domain.errors import Cancelled
from napari_hipspine.domain.implants import Implant, Implants
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan, ShiftedWindow, SlicesAround
from napari_hipspine.measuring.half_pixels import half_pixel_grid, image_in_half_pixels, labels_in_half_pixels
from napari_hipspine.measuring.moved_outlines import move_outlines
from napari_hipspine.measuring.variations import WAYS, measure_variations

LEVEL = LevelPlan((LevelPlacement(find_level("L4"), 12.0),))


def vary(made, image, label_map, plan=LEVEL, protocol=None, implants=None):
    settings = protocol or made.manual(150.0)
    measured = made.measure(image, label_map, settings, plan, implants=implants)
    table, notes = measure_variations(measured, image, label_map, plan, settings, key=made.KEY, implants=implants)
    return measured, table, notes


@pytest.fixture(scope="module")
def body(made):
    return made.body_with_fat(n_slices=6, seed=2)


def test_thresholds_are_moved_and_nothing_else(made, body) -> None:
    voxels, labels, _ = body
    image, label_map = made.volume_of(voxels), made.labels_of(labels)
    measured, table, notes = vary(made, image, label_map)
    assert notes == ()
    assert list(dict.fromkeys(table["variation"])) == list(WAYS)
    for name, threshold in (("threshold_plus_10_percent", 165.0), ("threshold_minus_10_percent", 135.0)):
        moved = table[table["variation"] == name].drop(columns="variation").reset_index(drop=True)
        by_hand = made.measure(image, label_map, made.manual(threshold), LEVEL).measurements
        pd.testing.assert_frame_equal(moved, by_hand)
    assert measured.thresholds.muscles["multifidus"].threshold == 150.0


def test_the_cut_of_fat_fractions_is_moved(made, body) -> None:
    _, labels, is_fat = body
    fraction = np.where(is_fat, 0.52, 0.1)
    water, fat = 1000 * (1 - fraction), 1000 * fraction
    both = {
        "pair": made.pair_of(water, fat),
        "map": made.volume_of(fraction, contrast="fat_fraction"),
    }
    for image in both.values():
        measured, table, _ = vary(made, image, made.labels_of(labels), protocol=made.DIXON)
        fi = {
            name: made.row_of(table, variation=f"threshold_{name}_10_percent", side="both")["fi"]
            for name in ("plus", "minus")
        }
        # 0.52 lies above the cut at 0.5 and 0.45, below 0.55.
        assert fi["plus"] == 0
        assert fi["minus"] == made.row_of(measured.measurements, side="both")["fi"] > 0.1


@pytest.mark.parametrize("is_flipped", [False, True])
def test_windows_move_towards_the_head_whatever_the_order_of_the_file(made, is_flipped) -> None:
    labels = np.zeros((6, 40, 40), dtype=np.uint8)
    for z in range(6):
        labels[z, 5 : 15 + z, 5:15] = 1
        labels[z, 5 : 15 + z, 20:30] = 2
    voxels = np.full(labels.shape, 100, dtype=np.int16)
    label_map, image = made.labels_of(labels), made.volume_of(voxels)
    if is_flipped:
        affine = image.grid.affine.copy()
        affine[:3, 3] += 5 * affine[:3, 0]
        affine[:3, 0] *= -1
        grid = type(image.grid)(image.grid.shape, affine)
        image = made.volume_of(voxels[::-1])
        image = type(image)(image.voxels, grid, image.contrast, image.fat_polarity)
        label_map = type(label_map)(labels[::-1], grid, made.TWO_SIDES)
    _, table, _ = vary(made, image, label_map, LevelPlan(LEVEL.placements, SlicesAround(3)))
    areas = {name: made.row_of(table, variation=name, side="left")["csa_mm2"] for name in WAYS if "slice" in name}
    # Slice 3 is 13 x 10 mm; a window of three around it has this mean.
    assert areas == {"slice_plus_1": 140.0, "slice_minus_1": 120.0}


def test_a_window_that_leaves_the_volume_is_partial_or_empty(made, body) -> None:
    voxels, labels, _ = body
    last = LevelPlan((LevelPlacement(find_level("L4"), 20.0),))
    _, table, _ = vary(made, made.volume_of(voxels), made.labels_of(labels), last)
    assert made.row_of(table, variation="slice_plus_1", side="both")["reason"] == "absent_at_level"
    assert ShiftedWindow(SlicesAround(3), 1).slices(made.volume_of(voxels).grid, 16.0) == (4, 5)
    assert str(ShiftedWindow(SlicesAround(3), -1)) == "3 slices, -1 slices"


def test_without_levels_there_is_no_window_to_move(made, body) -> None:
    voxels, labels, _ = body
    measured, table, _ = vary(made, made.volume_of(voxels), made.labels_of(labels), LevelPlan())
    rows = table[table["variation"] == "slice_plus_1"]
    assert len(rows) == len(measured.measurements)
    assert set(rows["reason"]) == {"level_not_set"}
    assert rows[["csa_mm2", "fi"]].isna().all(axis=None)
    assert made.row_of(table, variation="outline_plus_half_pixel", side="left")["n_slices"] == 6


@pytest.mark.parametrize("spacing", [(4.0, 1.0, 1.0), (3.0, 0.5, 0.8)])
def test_outlines_of_rectangles_and_discs_move_by_half_a_pixel(made, spacing) -> None:
    labels = np.zeros((4, 120, 120), dtype=np.uint8)
    labels[:, 10:30, 10:40] = 1
    down, across = np.mgrid[:120, :120]
    labels[:, np.hypot(down - 80, across - 80) <= 25] = 2
    image = made.volume_of(np.full(labels.shape, 100, dtype=np.int16), spacing=spacing)
    label_map = made.labels_of(labels, spacing=spacing)
    plan = LevelPlan((LevelPlacement(find_level("L4"), 2 * spacing[0]),))
    measured, table, _ = vary(made, image, label_map, plan)
    pixel = spacing[1] * spacing[2]
    area = {
        (side, name): made.row_of(table, variation=f"outline_{name}_half_pixel", side=side)["csa_mm2"] / pixel
        for side in ("left", "right")
        for name in ("plus", "minus")
    }
    # The parallel of a rectangle has round corners outside and sharp ones inside.
    assert area["right", "plus"] - 600 == pytest.approx(50 + pi / 4, rel=0.04)
    assert 600 - area["right", "minus"] == pytest.approx(600 - 19 * 29, rel=0.04)
    drawn = made.row_of(measured.measurements, side="left")["csa_mm2"] / pixel
    radius = np.sqrt(drawn / pi)
    assert area["left", "plus"] - drawn == pytest.approx(pi * ((radius + 0.5) ** 2 - radius**2), rel=0.02)
    assert drawn - area["left", "minus"] == pytest.approx(pi * (radius**2 - (radius - 0.5) ** 2), rel=0.02)


@pytest.mark.parametrize("radius", [5.0, 8.3, 20.0])
@pytest.mark.parametrize("is_outward", [True, False])
def test_discs_of_any_size_and_place_move_by_half_a_pixel(radius, is_outward) -> None:
    down, across = np.mgrid[:60, :60]
    for off in (0.0, 0.3):
        labels = (np.hypot(down - 30 - off, across - 30 + off) <= radius).astype(np.uint8)
        area = labels.sum()
        drawn = np.sqrt(area / pi)
        moved = move_outlines(labels, (1,), n_parts=2, is_outward=is_outward).sum() / 4
        step = 0.5 if is_outward else -0.5
        assert moved - area == pytest.approx(pi * ((drawn + step) ** 2 - drawn**2), rel=0.03)


@pytest.mark.parametrize("degrees", [0, 10, 20, 26.6, 35, 45])
def test_straight_edges_move_by_half_a_pixel_at_any_angle(degrees) -> None:
    """A band across the picture: its two edges move, its ends lie beyond the edge of the picture."""
    down, across = np.mgrid[:160, :160] - 79.5
    turn = np.radians(degrees)
    labels = (np.abs(across * np.cos(turn) + down * np.sin(turn)) <= 20).astype(np.uint8)
    along = 160 / np.cos(turn) if degrees < 45 else 160 * np.sqrt(2) - 2 * 20
    for is_outward, sign in ((True, 1), (False, -1)):
        moved = move_outlines(labels, (1,), n_parts=2, is_outward=is_outward).sum() / 4
        assert sign * (moved - labels.sum()) == pytest.approx(2 * along / 2, rel=0.025)


def test_what_is_taken_lies_along_the_outline() -> None:
    labels = np.zeros((30, 30), dtype=np.uint8)
    labels[8:22, 10:18] = 4
    drawn = labels.repeat(2, 0).repeat(2, 1)
    for is_outward in (True, False):
        moved = move_outlines(labels, (4,), n_parts=2, is_outward=is_outward)
        changed = moved != drawn
        near = binary_dilation(drawn > 0) & ~binary_erosion(drawn > 0)
        assert changed.any()
        assert not (changed & ~near).any()
        assert set(np.unique(moved)) == {0, 4}


def test_fat_at_the_border_counts_by_the_half_pixels_taken_in(made) -> None:
    labels = np.zeros((4, 40, 40), dtype=np.uint8)
    labels[:, 10:20, 10:20] = 1
    voxels = np.where(labels == 1, 100, 200).astype(np.int16)
    image = made.volume_of(voxels)
    measured, table, _ = vary(made, image, made.labels_of(labels))
    assert made.row_of(measured.measurements, side="right")["fi"] == 0
    row = made.row_of(table, variation="outline_plus_half_pixel", side="right")
    assert row["fi"] == pytest.approx((row["csa_mm2"] - 100) / row["csa_mm2"])
    assert row["csa_mm2"] - 100 == pytest.approx(20 + pi / 4, rel=0.08)
    assert row["fcsa_mm2"] == pytest.approx(100)
    assert row["threshold"] == 150.0


def test_touching_outlines_do_not_grow_into_each_other_and_edges_move_nothing() -> None:
    labels = np.zeros((40, 40), dtype=np.uint8)
    labels[10:30, 5:15], labels[10:30, 15:25] = 5, 3
    drawn = labels.repeat(2, 0).repeat(2, 1)
    grown = move_outlines(labels, (3, 5), n_parts=2, is_outward=True)
    np.testing.assert_array_equal(grown[drawn > 0], drawn[drawn > 0])
    assert set(np.unique(grown[20:60, 5:10])) == {0, 5}
    assert (grown == 3).sum() > (drawn == 3).sum()
    # Values that stand for nothing are background: they neither move nor stop others.
    assert (move_outlines(labels, (5,), n_parts=2, is_outward=True) == 3).sum() == 0
    full = np.full((20, 20), 7, np.uint8)
    for is_outward in (True, False):
        np.testing.assert_array_equal(move_outlines(full, (7,), n_parts=2, is_outward=is_outward), np.full((40, 40), 7))
    point = np.zeros((20, 20), np.uint8)
    point[10, 10] = 1
    assert move_outlines(point, (1,), n_parts=2, is_outward=False).max() == 0
    assert move_outlines(point, (1,), n_parts=2, is_outward=True).sum() == 12
    thread = np.zeros((20, 40), np.uint8)
    thread[10, 5:35] = 1
    assert move_outlines(thread, (1,), n_parts=2, is_outward=False).max() == 0
    assert move_outlines(thread, (1,), n_parts=2, is_outward=True).sum() / 4 == 30 + 30 + 1
    assert move_outlines(np.zeros((4, 4), np.uint8), (1,), n_parts=2, is_outward=True).max() == 0


def test_half_pixels_lie_where_the_pixels_lie(made) -> None:
    grid = made.grid_of((3, 5, 7), (4.0, 0.8, 0.6))
    fine = half_pixel_grid(grid)
    assert fine.shape == (3, 10, 14)
    assert fine.spacing_mm == pytest.approx((4.0, 0.4, 0.3))
    np.testing.assert_allclose(fine.slice_positions_mm, grid.slice_positions_mm)
    index = np.array([[1.0, 2.0, 3.0, 1.0]]).T
    quarters = [fine.affine @ [1, 4 + a, 6 + b, 1] for a in (0, 1) for b in (0, 1)]
    np.testing.assert_allclose(np.mean(quarters, axis=0), (grid.affine @ index)[:, 0], atol=1e-9)


def test_any_part_of_the_views_is_that_part_of_the_whole(made) -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, (3, 9, 11)).astype(np.uint8)
    image = image_in_half_pixels(made.volume_of(labels.astype(np.int16)))
    moved = labels_in_half_pixels(made.labels_of(labels), slices={0, 2}, is_outward=True).labels
    for view in (image.voxels, moved):
        whole = np.asarray(view[...])
        assert whole.shape == (3, 18, 22)
        for box in ((slice(0, 3), slice(3, 8), slice(5, 22)), (slice(2, 3), slice(0, 1), slice(7, 8))):
            np.testing.assert_array_equal(view.read(box), whole[box])
        np.testing.assert_array_equal(view[1, 3], whole[1, 3])
    assert not np.asarray(moved[1]).any()
    assert moved.is_empty((slice(1, 2), slice(0, 4), slice(0, 4)))


def test_implants_leave_the_variations_as_they_leave_the_result(made, body) -> None:
    voxels, labels, _ = body
    implants = Implants((Implant("s1", "lumbar", side="left"), Implant("s1", "lumbar", levels=("L4",), kind="fusion")))
    _, table, _ = vary(made, made.volume_of(voxels), made.labels_of(labels), implants=implants)
    assert set(table.loc[table["side"] == "right", "reason"]) == {"fusion"}
    assert set(table.loc[table["side"] == "left", "reason"]) == {"implant;fusion"}


def test_what_fails_is_said_and_a_wish_to_stop_is_heard(made, body, monkeypatch) -> None:
    voxels, labels, _ = body
    image, label_map = made.volume_of(voxels), made.labels_of(labels)
    measured = made.measure(image, label_map, made.manual(150.0), LEVEL)

    def stop(done: int, total: int, doing: str) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        measure_variations(measured, image, label_map, LEVEL, made.manual(150.0), key=made.KEY, progress=stop)
    low = made.manual(150.0, min_pixels=100_000)
    _, notes = measure_variations(measured, image, label_map, LEVEL, low, key=made.KEY)
    assert [note.partition(":")[0] for note in notes] == [
        "outline_plus_half_pixel could not be measured",
        "outline_minus_half_pixel could not be measured",
    ]
