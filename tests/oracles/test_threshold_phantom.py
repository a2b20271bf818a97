"""A phantom of two clear classes, with the counts and shares that other programs report for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume, WaterFat
from napari_hipspine.measuring.measures import measure_volume


@dataclass(frozen=True)
class Box:
    """One muscle of the phantom and what is known of it."""

    muscle: str
    side: str
    x: tuple[int, int]
    y: tuple[int, int]
    z: tuple[int, int]
    n_pixels: int
    n_fat: int
    volume_ml: float
    ff_percent: float
    csa_mm2: float

    @property
    def where(self):
        return slice(*self.z), slice(*self.y), slice(*self.x)


BOXES = {
    5101: Box("multifidus", "left", (30, 44), (20, 34), (1, 9), 1568, 470, 3.07328, 28.979592, 96.04),
    5102: Box("multifidus", "right", (52, 66), (20, 34), (1, 9), 1568, 627, 3.07328, 36.989796, 96.04),
    5111: Box("erector_spinae", "left", (12, 28), (18, 36), (1, 9), 2304, 461, 4.51584, 21.006944, 141.12),
    5112: Box("erector_spinae", "right", (68, 84), (18, 36), (1, 9), 2304, 576, 4.51584, 25.0, 141.12),
    5121: Box("psoas_major", "left", (14, 30), (56, 74), (2, 8), 1728, 86, 3.38688, 8.981481, 141.12),
    5122: Box("psoas_major", "right", (66, 82), (56, 74), (2, 8), 1728, 138, 3.38688, 11.388889, 141.12),
}

GRID = Grid((10, 96, 96), np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [4.0, 0, 0, 0], [0, 0, 0, 1.0]]))

STRUCTURES = {value: find_structure(box.muscle, box.side) for value, box in BOXES.items()}


@pytest.fixture(scope="module")
def phantom():
    """T2-like image, fat-fraction map and labels; noise differs from the published copy, counts do not."""
    rng = np.random.default_rng(0)
    image = rng.normal(60, 8, GRID.shape)
    fraction = np.zeros(GRID.shape)
    labels = np.zeros(GRID.shape, dtype=np.uint16)
    for value, box in BOXES.items():
        is_fat = rng.permutation(np.arange(box.n_pixels) < box.n_fat)
        signal = np.where(is_fat, rng.normal(400, 25, box.n_pixels), rng.normal(110, 15, box.n_pixels))
        shape = labels[box.where].shape
        image[box.where] = signal.reshape(shape)
        fraction[box.where] = np.where(is_fat, 0.85, 0.05).reshape(shape)
        labels[box.where] = value
    return image, fraction, LabelMap(labels, GRID, STRUCTURES)


def _measure(image, label_map, method):
    return measure_volume(image, label_map, LevelPlan(), MeasurementProtocol(fat_method=method), key=SubjectKey("p"))


def _row(table, box):
    return table[(table["muscle"] == box.muscle) & (table["side"] == box.side)].iloc[0]


@pytest.mark.parametrize("method", ["fat-reference", "pooled", "otsu", "otsu-pooled", "mixture", "kmeans", "musclemap"])
def test_fat_shares_of_every_method(phantom, method):
    image, _, label_map = phantom
    measured = _measure(Volume(image, GRID, Contrast.T2, FatPolarity.BRIGHT), label_map, method)
    for box in BOXES.values():
        row = _row(measured.measurements, box)
        assert row["fi"] == pytest.approx(box.n_fat / box.n_pixels, abs=1e-4)
        assert row["volume_mm3"] / 1000 == pytest.approx(box.volume_ml, rel=1e-9)
        assert row["csa_mm2"] == pytest.approx(box.csa_mm2, rel=1e-9)


def test_areas_of_every_slice(phantom):
    image, _, label_map = phantom
    measured = _measure(Volume(image, GRID, Contrast.T2, FatPolarity.BRIGHT), label_map, FatMethod.POOLED)
    assert len(measured.slices) == sum(box.z[1] - box.z[0] for box in BOXES.values())
    for box in BOXES.values():
        rows = measured.slices[(measured.slices["muscle"] == box.muscle) & (measured.slices["side"] == box.side)]
        assert rows["slice_index"].tolist() == list(range(*box.z))
        np.testing.assert_allclose(rows["csa_mm2"], box.csa_mm2, rtol=1e-9)
        assert rows["n_pixels"].sum() == box.n_pixels


def test_mean_fat_fractions(phantom):
    _, fraction, label_map = phantom
    inside = np.asarray(label_map.labels) > 0
    fat, water = np.where(inside, 1000 * fraction, 0), np.where(inside, 1000 * (1 - fraction), 0)
    pair = WaterFat(Volume(water, GRID, Contrast.WATER), Volume(fat, GRID, Contrast.FAT))
    measured = _measure(pair, label_map, FatMethod.DIXON)
    for box in BOXES.values():
        row = _row(measured.measurements, box)
        assert row["ff"] * 100 == pytest.approx(box.ff_percent, abs=1e-6)
        assert row["fi"] == box.n_fat / box.n_pixels


def test_pixels_without_signal_are_left_out_of_the_mean(phantom):
    _, fraction, label_map = phantom
    fat, water = 1000 * fraction, 1000 * (1 - fraction)
    box = BOXES[5101]
    values = [a[box.where].ravel().copy() for a in (fat, water)]
    half = np.arange(box.n_pixels) % 2 == 0
    for array, value in zip((fat, water), values, strict=True):
        array[box.where] = np.where(half, 0.0, value).reshape(array[box.where].shape)
    pair = WaterFat(Volume(water, GRID, Contrast.WATER), Volume(fat, GRID, Contrast.FAT))
    measured = _measure(pair, label_map, FatMethod.DIXON)
    row = _row(measured.measurements, box)
    assert row["ff"] == pytest.approx((values[0][~half] / 1000).mean(), rel=1e-12)
    assert measured.slices.query("muscle == 'multifidus' and side == 'left'")["n_valid"].sum() == box.n_pixels // 2
