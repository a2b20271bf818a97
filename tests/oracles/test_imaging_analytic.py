"""Areas and fractions against numbers worked out by hand, and against SimpleITK and scikit-image."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK
from skimage.measure import regionprops_table

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume, WaterFat
from napari_hipspine.measuring.measures import measure_volume

LEFT, RIGHT = find_structure("multifidus", "left"), find_structure("multifidus", "right")


@pytest.fixture(scope="module")
def oracle(shared_reference):
    return json.loads((shared_reference / "oracles" / "imaging_analytic.json").read_text())


def _grid(shape, spacing=(1.0, 1.0, 1.0), tilt_deg=0.0):
    turn = np.radians(tilt_deg)
    affine = np.eye(4)
    affine[:3, 0] = spacing[0] * np.array([0, -np.sin(turn), np.cos(turn)])
    affine[:3, 1] = spacing[1] * np.array([0, np.cos(turn), np.sin(turn)])
    affine[:3, 2] = spacing[2] * np.array([1.0, 0, 0])
    return Grid(shape, affine)


def _strip(*numbers_of_pixels):
    """One slice with a row of pixels for each count."""
    width = max(numbers_of_pixels) + 2
    labels = np.zeros((1, 2 * len(numbers_of_pixels) + 1, width), dtype=np.uint8)
    for k, n in enumerate(numbers_of_pixels, start=1):
        labels[0, 2 * k - 1, 1 : 1 + n] = k
    return labels


def _measure_cut(labels, shares, grid=None):
    """Measure strips whose first pixels are fat, with a threshold between lean and fat."""
    image = np.full(labels.shape, 100, dtype=np.int16)
    for value, n_fat in enumerate(shares, start=1):
        image[0, 2 * value - 1, 1 : 1 + n_fat] = 200
    grid = grid or _grid(labels.shape)
    protocol = MeasurementProtocol(fat_method=FatMethod.MANUAL, manual_threshold=150.0)
    structures = dict(zip((1, 2), (LEFT, RIGHT), strict=True))
    return measure_volume(
        Volume(image, grid, Contrast.T2, FatPolarity.BRIGHT),
        LabelMap(labels, grid, {v: s for v, s in structures.items() if (labels == v).any()}),
        LevelPlan(),
        protocol,
        key=SubjectKey("s"),
    )


def _row(measured, side):
    table = measured.measurements
    return table[table["side"] == side].iloc[0]


def test_area_and_functional_area(oracle):
    known = oracle["area"]
    labels = _strip(known["pixels"])
    row = _row(_measure_cut(labels, [known["fat_pixels"]], _grid(labels.shape, (4.0, *known["pixel_mm"]))), "left")
    assert row["csa_mm2"] == known["csa_mm2"]
    assert row["fcsa_mm2"] == known["fcsa_mm2"]
    assert row["fi"] * 100 == known["fi_pct"]


def test_volume_takes_the_spacing_and_not_the_thickness(oracle):
    known = oracle["anisotropic"]
    labels = _strip(known["pixels"])
    grid = _grid(labels.shape, (known["spacing_between_slices_mm"], *known["pixel_mm"]))
    row = _row(_measure_cut(labels, [0], grid), "left")
    assert row["csa_mm2"] == pytest.approx(known["csa_mm2"], rel=1e-12)
    assert row["volume_mm3"] == pytest.approx(known["volume_by_spacing_mm3"], rel=1e-12)


def test_tilted_slices_are_larger_and_flagged(oracle):
    known = oracle["oblique"]
    labels = _strip(int(known["csa"]))
    measured = _measure_cut(labels, [0], _grid(labels.shape, tilt_deg=known["tilt_deg"]))
    row = _row(measured, "left")
    assert row["csa_mm2"] == pytest.approx(known["csa"])
    assert "oblique_slice" in row["flags"].split(";")
    assert row["csa_mm2"] * np.cos(np.radians(known["tilt_deg"])) == pytest.approx(known["axial"], abs=1e-4)


def test_both_sides_are_pooled_over_pixels(oracle):
    known = oracle["bilateral"]
    n = [known[side]["csa"] for side in ("left", "right")]
    n_fat = [known[side]["csa"] * known[side]["fi"] // 100 for side in ("left", "right")]
    measured = _measure_cut(_strip(*n), n_fat)
    both = _row(measured, "both")
    assert both["fi"] * 100 == known["pooled_fi"]
    assert both["csa_mm2"] == known["sum_csa"]
    assert both["fcsa_mm2"] == known["sum_fcsa"]
    sides = [100 * _row(measured, side)["fi"] for side in ("left", "right")]
    assert sum(sides) == known["sum_fi"]
    assert both["fi_difference"] * 100 == pytest.approx(known["right"]["fi"] - known["left"]["fi"])


def test_asymmetry_is_positive_when_the_right_is_larger(oracle):
    known = oracle["asymmetry"]
    both = _row(_measure_cut(_strip(known["L"], known["R"]), [0, 0]), "both")
    assert both["asymmetry_csa"] * 100 == pytest.approx(known["unsigned_pct"])
    turned = _row(_measure_cut(_strip(known["R"], known["L"]), [0, 0]), "both")
    assert turned["asymmetry_csa"] == -both["asymmetry_csa"]


def test_severity_at_the_cut(oracle):
    for percent, word in oracle["severity"]:
        row = _row(_measure_cut(_strip(10_000), [round(percent * 100)]), "left")
        assert row["severe"] == (word == "severe")


@pytest.mark.parametrize("end", ["", "2"])
def test_mean_of_fractions_and_ratio_of_sums(oracle, end):
    known = oracle["ratio_of_sums"]
    fat, water = (np.array(known[name + end], dtype=float).reshape(1, 1, 2).repeat(20, 1) for name in ("F", "W"))
    labels = np.ones(fat.shape, dtype=np.uint8)
    grid = _grid(fat.shape)
    pair = WaterFat(Volume(water, grid, Contrast.WATER), Volume(fat, grid, Contrast.FAT))
    protocol = MeasurementProtocol(fat_method=FatMethod.DIXON)
    row = _row(
        measure_volume(pair, LabelMap(labels, grid, {1: LEFT}), LevelPlan(), protocol, key=SubjectKey("s")), "left"
    )
    assert row["ff"] == pytest.approx(known[f"mean_of_ff{end}"], rel=1e-15)
    assert row["ff_of_sums"] == pytest.approx(known[f"ratio_of_sums{end}"], rel=1e-15)


def test_counts_areas_and_means_agree_with_other_programs():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 2000, (4, 60, 70)).astype(np.int16)
    labels = np.zeros(image.shape, dtype=np.uint8)
    labels[:, 5:30, 8:33], labels[1:, 31:55, 40:66] = 1, 2
    labels[rng.random(labels.shape) < 0.2] = 0
    spacing = (4.0, 0.7, 0.8)
    grid = _grid(image.shape, spacing)
    protocol = MeasurementProtocol(fat_method=FatMethod.MANUAL, manual_threshold=900.0)
    measured = measure_volume(
        Volume(image, grid, Contrast.T2, FatPolarity.BRIGHT),
        LabelMap(labels, grid, {1: LEFT, 2: RIGHT}),
        LevelPlan(),
        protocol,
        key=SubjectKey("s"),
    )
    n_compared = 0
    for z in range(4):
        regions = regionprops_table(
            labels[z], image[z], spacing=spacing[1:], properties=("label", "num_pixels", "area", "intensity_mean")
        )
        itk = SimpleITK.LabelStatisticsImageFilter()
        itk.Execute(SimpleITK.GetImageFromArray(image[z]), SimpleITK.GetImageFromArray(labels[z]))
        for k, value in enumerate(regions["label"]):
            rows = measured.slices
            side = {1: "left", 2: "right"}[int(value)]
            ours = rows[(rows["slice_index"] == z) & (rows["side"] == side)].iloc[0]
            assert ours["n_pixels"] == regions["num_pixels"][k] == itk.GetCount(int(value))
            assert ours["csa_mm2"] == pytest.approx(regions["area"][k], rel=1e-9)
            assert ours["mean_signal"] == pytest.approx(regions["intensity_mean"][k], rel=1e-9)
            assert ours["mean_signal"] == pytest.approx(itk.GetMean(int(value)), rel=1e-9)
            n_compared += 1
    assert n_compared == len(measured.slices) == 7
