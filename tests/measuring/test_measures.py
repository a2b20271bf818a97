"""Both tables: what every number, reason and flag means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.anatomy import find_level, find_muscle, find_structure
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan, MillimetresAround, SlicesAround
from napari_hipspine.domain.protocol import MeasurementProtocol
from napari_hipspine.domain.tables import MEASUREMENTS, SLICES
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
from napari_hipspine.measuring.measures import measure_again, tables_from_sums
from napari_hipspine.writing.tables import table_as_csv


def _flags(row):
    return set(row["flags"].split(";"))


def _plain(made, *, n_slices=5, size=40):
    """A noisy image and two boxes of 12 x 10 pixels on all slices but the first."""
    rng = np.random.default_rng(0)
    image = rng.integers(50, 250, (n_slices, size, size)).astype(np.int16)
    labels = np.zeros(image.shape, dtype=np.uint8)
    labels[1:, 10:22, 5:15], labels[1:, 10:22, 25:35] = 1, 2
    return image, labels


def _level(position_mm, level="L4", muscle=None, **more):
    return LevelPlacement(find_level(level), position_mm, muscle=muscle and find_muscle(muscle), **more)


def test_tables_keep_their_contract(made):
    image, labels = _plain(made)
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0))
    assert list(SLICES.check(measured.slices).columns) == SLICES.column_names
    assert list(MEASUREMENTS.check(measured.measurements).columns) == MEASUREMENTS.column_names


def test_rows_are_sorted_by_muscle_side_and_slice(made):
    image, labels = _plain(made)
    structures = {1: find_structure("psoas_major", "left"), 2: find_structure("multifidus", "right")}
    measured = made.measure(made.volume_of(image), made.labels_of(labels, structures), made.manual(150.0))
    assert measured.slices["muscle"].tolist() == ["multifidus"] * 4 + ["psoas_major"] * 4
    assert measured.slices["slice_index"].tolist() == [1, 2, 3, 4] * 2
    assert measured.measurements["side"].tolist() == ["left", "right", "both"] * 2


def test_nothing_labelled_gives_empty_tables(made):
    image, labels = _plain(made)
    measured = made.measure(made.volume_of(image), made.labels_of(labels * 0))
    assert measured.slices.empty
    assert measured.measurements.empty
    assert any("not labelled anywhere" in note for note in measured.notes)


def test_a_named_muscle_without_labels_leaves_the_others_alone(made):
    image, labels = _plain(made)
    structures = {**made.TWO_SIDES, 9: find_structure("psoas_major", "left")}
    measured = made.measure(made.volume_of(image), made.labels_of(labels, structures), made.manual(150.0))
    assert set(measured.measurements["muscle"]) == {"multifidus"}


def test_equal_inputs_give_equal_bytes(made):
    image, labels, _ = made.body_with_fat()
    first, second = (made.measure(made.volume_of(image), made.labels_of(labels)) for _ in range(2))
    assert table_as_csv(first.slices) == table_as_csv(second.slices)
    assert table_as_csv(first.measurements) == table_as_csv(second.measurements)


def test_sum_of_areas_times_spacing_is_the_volume(made):
    image, labels = _plain(made)
    spacing = (4.4, 0.5, 0.75)
    measured = made.measure(
        made.volume_of(image, spacing=spacing), made.labels_of(labels, spacing=spacing), made.manual(150.0)
    )
    volume = made.row_of(measured.measurements, side="left")["volume_mm3"]
    of_side = measured.slices[measured.slices["side"] == "left"]
    assert of_side["csa_mm2"].sum() * 4.4 == pytest.approx(volume, rel=1e-12)


def test_choosing_levels_changes_nothing_in_slices_but_the_level_columns(made):
    image, labels, _ = made.body_with_fat(n_slices=5)
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    free = made.measure(volume, label_map)
    plan = LevelPlan((_level(8.0), _level(12.0, "L3", slice_position="mid_vertebra")), SlicesAround(3))
    chosen = made.measure(volume, label_map, plan=plan)
    named = ["level", "slice_position"]
    pd.testing.assert_frame_equal(free.slices.drop(columns=named), chosen.slices.drop(columns=named))
    assert set(free.slices["level"]) == {"all"}
    left = chosen.slices[chosen.slices["side"] == "left"]
    assert left["level"].tolist() == ["", "L4", "L4;L3", "L4;L3", "L3"]
    assert left["slice_position"].tolist()[2] == "user;mid_vertebra"


def test_a_window_takes_means_of_areas_and_ratios_of_sums(made):
    image, labels = _plain(made)
    labels[2, 10:14] = 0
    protocol = made.manual(150.0)
    measured = made.measure(
        made.volume_of(image), made.labels_of(labels), protocol, LevelPlan((_level(8.0),), SlicesAround(3))
    )
    row = made.row_of(measured.measurements, side="left")
    slices = measured.slices[(measured.slices["side"] == "left") & measured.slices["slice_index"].isin([1, 2, 3])]
    assert row["n_slices"] == row["n_slices_expected"] == 3
    assert row["csa_mm2"] == pytest.approx(slices["csa_mm2"].mean(), rel=1e-12)
    assert row["fcsa_mm2"] == pytest.approx(slices["fcsa_mm2"].mean(), rel=1e-12)
    inside = image[1:4][labels[1:4] == 2]
    assert row["fi"] == (inside > 150).mean()
    assert row["volume_mm3"] == inside.size * 4.0


def test_fewer_slices_than_expected_are_a_partial_window(made):
    image, labels = _plain(made)
    plan = LevelPlan((_level(4.0),), SlicesAround(3))
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0), plan)
    for side in ("left", "right", "both"):
        row = made.row_of(measured.measurements, side=side)
        assert (row["n_slices"], row["n_slices_expected"]) == (2, 3)
        assert "partial_window" in _flags(row)


def test_window_cut_by_the_end_of_the_volume_is_partial(made):
    image, labels = _plain(made)
    plan = LevelPlan((_level(16.0),), MillimetresAround(16.0))
    row = made.row_of(
        made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0), plan).measurements, side="left"
    )
    assert (row["n_slices"], row["n_slices_expected"]) == (3, 5)
    assert "partial_window" in _flags(row)


def test_a_muscle_not_at_its_level_is_absent_and_never_zero(made):
    image, labels = _plain(made)
    measured = made.measure(
        made.volume_of(image), made.labels_of(labels), made.manual(150.0), LevelPlan((_level(0.0),))
    )
    assert set(measured.measurements["reason"]) == {"absent_at_level"}
    assert measured.measurements[["csa_mm2", "fi", "volume_mm3"]].isna().all(axis=None)
    assert set(measured.measurements["n_slices"]) == {0}


def test_a_muscle_without_a_level_says_so(made):
    image, labels = _plain(made)
    plan = LevelPlan((_level(8.0, muscle="psoas_major"),))
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0), plan)
    assert measured.measurements["level"].tolist() == [""] * 3
    assert measured.measurements["side"].tolist() == ["left", "right", "both"]
    assert set(measured.measurements["reason"]) == {"level_not_set"}


def test_own_level_of_a_muscle_wins(made):
    image, labels = _plain(made)
    labels[3] = 0
    plan = LevelPlan((_level(12.0), _level(8.0, muscle="multifidus")))
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0), plan)
    assert measured.measurements["csa_mm2"].notna().all()


def test_level_outside_the_volume_is_refused(made):
    image, labels = _plain(made)
    with pytest.raises(InvalidChoice, match="Expected a level from"):
        made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0), LevelPlan((_level(99.0),)))


def test_a_side_without_a_valid_pixel_leaves_both_sides_without_a_fraction(made):
    image, labels, _ = made.body_with_fat()
    image = image.astype(np.float64)
    image[labels == 2] = np.nan
    measured = made.measure(made.volume_of(image), made.labels_of(labels))
    both = made.row_of(measured.measurements, side="both")
    assert np.isnan(both["fi"])
    assert np.isnan(both["fcsa_mm2"])
    assert both["csa_mm2"] > 0
    assert both["reason"].startswith("one_side_missing")


@pytest.mark.parametrize("method", ["fat-reference", "pooled", "otsu"])
def test_a_constant_picture_has_no_fat_and_says_why(made, method):
    _, labels = _plain(made)
    protocol = MeasurementProtocol(fat_method=method)
    measured = made.measure(made.volume_of(np.full(labels.shape, 90)), made.labels_of(labels), protocol)
    row = made.row_of(measured.measurements, side="left")
    assert np.isnan(row["fi"])
    assert row["reason"] == "constant_image"


def test_one_side_missing_empties_both(made):
    image, labels = _plain(made)
    labels[labels == 1] = 0
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0))
    assert made.row_of(measured.measurements, side="right")["reason"] == "absent_at_level"
    both = made.row_of(measured.measurements, side="both")
    assert both["reason"] == "one_side_missing"
    assert np.isnan(both["csa_mm2"])


@pytest.mark.parametrize("odd", ["one_pixel", "constant", "nan"])
def test_an_odd_structure_empties_its_own_cells_only(made, odd):
    image, labels, _ = made.body_with_fat()
    image = image.astype(np.float32)
    structures = {**made.TWO_SIDES, 3: find_structure("psoas_major", "left")}
    where = (slice(0, 1), slice(50, 51), slice(30, 31)) if odd == "one_pixel" else np.s_[0:1, 46:54, 30:40]
    labels[where] = 3
    image[where] = {"one_pixel": 90.0, "constant": 90.0, "nan": np.nan}[odd]
    measured = made.measure(made.volume_of(image), made.labels_of(labels, structures))
    row = made.row_of(measured.measurements, muscle="psoas_major", side="left")
    reason = {"one_pixel": "too_few_pixels", "constant": "constant_image", "nan": "no_valid_voxels"}[odd]
    assert row["reason"] == reason
    assert np.isnan(row["fi"])
    assert np.isnan(row["fcsa_mm2"])
    assert row["csa_mm2"] == (labels == 3).sum()
    of_slice = made.row_of(measured.slices, muscle="psoas_major")
    assert np.isnan(of_slice["mean_signal"]) == (odd == "nan")
    others = measured.measurements[measured.measurements["muscle"] == "multifidus"]
    assert others["fi"].notna().all()


def test_missing_voxels_are_not_valid_and_counted(made):
    image, labels = _plain(made)
    image = image.astype(np.float64)
    image[2, 10, 25], image[2, 11, 26] = np.nan, np.inf
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0))
    row = made.row_of(measured.slices, side="left", slice_index=2)
    assert (row["n_pixels"], row["n_valid"]) == (120, 118)
    assert row["csa_mm2"] == 120


def test_valid_range_leaves_pixels_out_of_fat_measures(made):
    image, labels = _plain(made)
    protocol = made.manual(150.0, valid_low=100.0, valid_high=200.0)
    row = made.row_of(made.measure(made.volume_of(image), made.labels_of(labels), protocol).measurements, side="left")
    inside = image[labels == 2]
    valid = inside[(inside >= 100) & (inside <= 200)]
    assert row["fi"] == (valid > 150).mean()
    assert row["csa_mm2"] == 120


def test_fi_is_empty_below_25_pixels_and_small_below_100(made):
    image, labels = _plain(made)
    labels[:] = 0
    labels[1, 0:4, 0:6], labels[1, 10:15, 0:5] = 1, 2
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0))
    right, left = (made.row_of(measured.slices, side=side) for side in ("right", "left"))
    assert (right["n_valid"], right["reason"]) == (24, "too_few_pixels")
    assert np.isnan(right["fi"])
    assert (left["n_valid"], left["reason"]) == (25, "")
    assert "small_roi" in _flags(left)
    both = made.row_of(measured.measurements, side="both")
    assert both["fi"] == (image[labels > 0] > 150).mean()
    assert np.isnan(both["fcsa_mm2"])
    assert both["reason"] == "too_few_pixels"


def test_erosion_touches_fat_measures_only(made):
    image, labels = _plain(made)
    labels[:] = 0
    labels[1, 10:30, 10:30] = 2
    image[1] = 100
    image[1, 12:28, 12:28] = 200
    image[1, 20, 20] = 201
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0, erosion_mm=2.0))
    row = made.row_of(measured.slices)
    assert (row["n_pixels"], row["n_valid"], row["csa_mm2"]) == (400, 256, 400)
    assert row["fi"] == 1.0
    assert "erosion_large" in _flags(row)


def test_erosion_is_in_millimetres_and_the_picture_edge_does_not_erode(made):
    image, labels = _plain(made)
    labels[:] = 0
    labels[1, 0:20, 10:30] = 2
    spacing = (4.0, 2.0, 0.5)
    measured = made.measure(
        made.volume_of(image, spacing=spacing),
        made.labels_of(labels, spacing=spacing),
        made.manual(150.0, erosion_mm=1.0),
    )
    assert made.row_of(measured.slices)["n_valid"] == 20 * (20 - 4)


def test_labels_at_the_edge_of_the_picture_are_flagged(made):
    image, labels = _plain(made)
    labels[2, 10:22, 39] = 2
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0))
    touching = measured.slices["flags"].str.contains("touches_edge")
    assert measured.slices[touching]["slice_index"].tolist() == [2]
    assert made.row_of(measured.slices, side="left", slice_index=2)["n_pixels"] == 132
    assert "touches_edge" in _flags(made.row_of(measured.measurements, side="both"))


def test_oblique_slices_are_flagged(made):
    image, labels = _plain(made)
    turn = np.radians(20)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 1.0], [-4 * np.sin(turn), np.cos(turn), 0], [4 * np.cos(turn), np.sin(turn), 0]])
    grid = Grid(image.shape, affine)
    volume = Volume(image, grid, Contrast.T2, FatPolarity.BRIGHT)
    measured = made.measure(volume, LabelMap(labels, grid, made.TWO_SIDES), made.manual(150.0))
    assert measured.slices["flags"].str.contains("oblique_slice").all()
    assert made.row_of(measured.slices, side="left", slice_index=1)["csa_mm2"] == pytest.approx(120)


def test_psoas_threshold_is_flagged_and_dixon_is_not(made):
    image, labels = _plain(made)
    structures = {1: find_structure("psoas_major", "right"), 2: find_structure("psoas_major", "left")}
    label_map = made.labels_of(labels, structures)
    by_threshold = made.measure(made.volume_of(image), label_map, made.manual(150.0))
    by_dixon = made.measure(made.pair_of(image, image), label_map, made.DIXON)
    assert by_threshold.measurements["flags"].str.contains("psoas_threshold_unreliable").all()
    assert not by_dixon.measurements["flags"].str.contains("psoas").any()


def test_flags_of_image_and_labels_reach_every_row(made):
    image, labels = _plain(made)
    volume = made.volume_of(image).with_flags("orientation_assumed")
    label_map = made.labels_of(labels, flags=("side_unchecked",))
    plan = LevelPlan((_level(8.0, muscle="psoas_major"),))
    for chosen in (LevelPlan(), plan):
        measured = made.measure(volume, label_map, made.manual(150.0), chosen)
        for table in (measured.slices, measured.measurements):
            assert all({"orientation_assumed", "side_unchecked"} <= set(f.split(";")) for f in table["flags"])


@pytest.mark.parametrize(("n_fat", "severe", "near"), [(4999, False, True), (5000, True, True), (5600, True, False)])
def test_severe_is_one_half_or_more_of_the_unrounded_value(made, n_fat, severe, near):
    image = np.full((1, 100, 220), 100, dtype=np.int16)
    labels = np.zeros(image.shape, dtype=np.uint8)
    labels[0, :, 5:105], labels[0, :, 110:210] = 1, 2
    for first in (5, 110):
        box = np.full(10_000, 100)
        box[:n_fat] = 200
        image[0, :, first : first + 100] = box.reshape(100, 100)
    measured = made.measure(made.volume_of(image), made.labels_of(labels), made.manual(150.0))
    row = made.row_of(measured.measurements, side="left")
    assert row["severe"] == severe
    assert row["severe_by"] == "fi"
    assert row["severe_margin"] == pytest.approx(abs(n_fat / 10_000 - 0.5))
    assert ("near_cut" in _flags(row)) == near
    both = made.row_of(measured.measurements, side="both")
    assert pd.isna(both["severe"])
    assert both["severe_by"] == ""


def test_two_echoes_cannot_tell_severe(made):
    image, labels = _plain(made)
    pair = made.pair_of(image, image, flags=("two_echo_ambiguous",))
    measured = made.measure(pair, made.labels_of(labels), made.DIXON)
    assert measured.measurements["severe"].isna().all()
    assert measured.measurements["ff"].notna().all()
    assert measured.measurements["flags"].str.contains("two_echo_ambiguous").all()


def test_dixon_counts_what_is_not_valid_and_what_lies_outside(made):
    _, labels = _plain(made)
    water, fat = np.full(labels.shape, 80.0), np.full(labels.shape, 20.0)
    water[1, 10, 25:35] = fat[1, 10, 25:35] = 0
    water[1, 11, 25], fat[1, 11, 25] = -10.0, 30.0
    measured = made.measure(made.pair_of(water, fat), made.labels_of(labels), made.DIXON)
    row = made.row_of(measured.slices, side="left", slice_index=1)
    assert (row["n_pixels"], row["n_valid"], row["n_outside"]) == (120, 110, 1)
    assert row["ff"] == pytest.approx((109 * 0.2 + 1.5) / 110, rel=1e-12)
    assert row["ff_of_sums"] == pytest.approx((109 * 20 + 30) / (109 * 100 + 20), rel=1e-12)
    assert row["lean_area_mm2"] == pytest.approx(109 * 0.8 - 0.5, rel=1e-12)
    assert row["fi"] == 1 / 110
    assert row["threshold"] == 0.5


@pytest.mark.parametrize("unit", [1, 100])
def test_fat_fraction_maps_in_fractions_and_in_per_cent_agree(made, unit):
    _, labels = _plain(made)
    fraction = np.random.default_rng(0).beta(2, 6, labels.shape)
    volume = made.volume_of(fraction * unit, contrast=Contrast.FAT_FRACTION, polarity=FatPolarity.UNKNOWN)
    measured = made.measure(volume, made.labels_of(labels), made.DIXON)
    row = made.row_of(measured.measurements, side="left")
    inside = fraction[labels == 2]
    assert row["ff"] == pytest.approx(inside.mean(), rel=1e-12)
    assert row["fi"] == (inside >= 0.5).mean()
    assert row["lean_area_mm2"] == pytest.approx((1 - inside).sum() / 4, rel=1e-12)
    assert np.isnan(row["ff_of_sums"])
    assert row["reason"] == "not_applicable"


def test_fat_fraction_map_of_unclear_unit_is_refused(made):
    _, labels = _plain(made)
    unclear = np.random.default_rng(0).uniform(0.0, 2.2, labels.shape)
    volume = made.volume_of(unclear, contrast=Contrast.FAT_FRACTION)
    with pytest.raises(InvalidChoice, match=r"fractions \(0-1\) or per cent"):
        made.measure(volume, made.labels_of(labels), made.DIXON)


def test_moved_thresholds_and_levels_need_no_voxel(made):
    image, labels, _ = made.body_with_fat()
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    measured = made.measure(volume, label_map)
    blank = made.volume_of(np.zeros_like(image))
    again = tables_from_sums(
        measured.sums, measured.thresholds, blank, label_map, LevelPlan(), MeasurementProtocol(), key=made.KEY
    )
    assert table_as_csv(again.slices) == table_as_csv(measured.slices)


def test_measuring_touched_slices_again_equals_measuring_anew(made):
    image, labels, _ = made.body_with_fat()
    volume = made.volume_of(image)
    before = made.measure(volume, made.labels_of(labels))
    edited = labels.copy()
    edited[1, 20:30, 46:50] = 0
    label_map = made.labels_of(edited)
    again = measure_again(before, [1], volume, label_map, LevelPlan(), MeasurementProtocol(), key=made.KEY)
    anew = made.measure(volume, label_map, accepted=before.thresholds)
    assert table_as_csv(again.slices) == table_as_csv(anew.slices)
    assert table_as_csv(again.measurements) == table_as_csv(anew.measurements)


def test_bias_correction_flattens_a_slope(made):
    image, labels, is_fat = made.body_with_fat(n_slices=4)
    slope = np.linspace(0.6, 1.4, image.shape[2])
    volume, label_map = made.volume_of(np.rint(image * slope).astype(np.int16)), made.labels_of(labels)
    truth = is_fat[labels == 1].mean()

    def fi_of_darker_side(correction):
        measured = made.measure(volume, label_map, MeasurementProtocol(bias_correction=correction))
        return made.row_of(measured.measurements, side="right")["fi"]

    assert fi_of_darker_side("n4") == pytest.approx(truth, abs=0.002)
    assert abs(fi_of_darker_side("none") - truth) > 0.02


def test_measuring_again_takes_a_new_structure_in(made):
    image, labels, _ = made.body_with_fat()
    volume = made.volume_of(image)
    before = made.measure(volume, made.labels_of(labels))
    labels[0, 46:54, 30:40] = 3
    label_map = made.labels_of(labels, {**made.TWO_SIDES, 3: find_structure("psoas_major", "left")})
    again = measure_again(before, [0], volume, label_map, LevelPlan(), MeasurementProtocol(), key=made.KEY)
    assert made.row_of(again.measurements, muscle="psoas_major", side="left")["csa_mm2"] == 80
    assert again.thresholds.muscles["multifidus"].threshold == before.thresholds.muscles["multifidus"].threshold
