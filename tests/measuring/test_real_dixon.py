"""Published Dixon images: the numbers a slow loop gives, and the published map."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import RAS_TO_LPS, arrange_axes
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.volume import Contrast, Volume, WaterFat, accept_header_mismatch
from napari_hipspine.measuring.dixon import fat_fraction

STRUCTURES = {
    1: find_structure("erector_spinae", "right"),
    2: find_structure("multifidus", "right"),
    3: find_structure("multifidus", "left"),
    4: find_structure("erector_spinae", "left"),
}


def _read(path):
    image = nibabel.load(path)
    grid, axes = arrange_axes(image.shape, RAS_TO_LPS @ image.affine)
    return np.asarray(image.dataobj).transpose(axes), grid


@pytest.fixture(scope="module")
def lumbar(shared_data, made):
    """Water, fat, labels and what was measured of the lumbar spine."""
    folder = shared_data / "lumbar-dixon-tum01"
    water, water_grid = _read(folder / "TUM01_water_img_img_L2-L5.nii.gz")
    fat, fat_grid = _read(folder / "TUM01_fat_img_img_L2-L5.nii.gz")
    labels, labels_grid = _read(folder / "TUM01_fat_manual_label_segmentation_L2-L5.nii.gz")
    pair = accept_header_mismatch(
        Volume(water, water_grid, Contrast.WATER), Volume(fat, fat_grid, Contrast.FAT), labels_grid=labels_grid
    )
    measured = made.measure(pair, LabelMap(labels, labels_grid, STRUCTURES), made.DIXON)
    return water, fat, labels, labels_grid, measured


@pytest.mark.parametrize(
    ("value", "ff", "ff_of_sums"), [(1, 0.132, 0.146), (2, 0.149, 0.160), (3, 0.129, 0.138), (4, 0.122, 0.136)]
)
def test_fractions_of_lumbar_muscles(lumbar, made, value, ff, ff_of_sums):
    structure = STRUCTURES[value]
    row = made.row_of(lumbar[-1].measurements, muscle=structure.muscle.id, side=structure.side.value)
    assert row["ff"] == pytest.approx(ff, abs=0.002)
    assert row["ff_of_sums"] == pytest.approx(ff_of_sums, abs=0.002)
    assert "header_mismatch_accepted" in row["flags"].split(";")


def test_slices_equal_a_slow_loop(lumbar, made):
    water, fat, labels, grid, measured = lumbar
    assert len(measured.slices) == 29 * 4
    for z in (0, 13, 28):
        for value, structure in STRUCTURES.items():
            fractions = [
                float(f) / (float(f) + float(w))
                for w, f, v in zip(water[z].ravel(), fat[z].ravel(), labels[z].ravel(), strict=True)
                if v == value and float(f) + float(w) != 0
            ]
            row = made.row_of(measured.slices, muscle=structure.muscle.id, side=structure.side.value, slice_index=z)
            assert row["csa_mm2"] == pytest.approx(int((labels[z] == value).sum()) * grid.pixel_area_mm2, rel=1e-12)
            assert row["n_valid"] == len(fractions)
            assert row["ff"] == pytest.approx(sum(fractions) / len(fractions), rel=1e-12)


def test_our_fraction_is_the_published_map(shared_data):
    folder = shared_data / "thigh-dixon-ge"
    water, fat, published = (_read(folder / f"{name}.nii.gz")[0] for name in ("water", "fat", "fatfraction"))
    ours = fat_fraction(water, fat) * 100
    known = np.isfinite(published) & (water + fat != 0)
    assert known.sum() > 40_000
    np.testing.assert_allclose(ours[known], published[known], rtol=1e-15, atol=0)
    assert np.isnan(ours[water + fat == 0]).all()


def test_measured_thigh_is_the_mean_of_the_published_map(shared_data, made):
    folder = shared_data / "thigh-dixon-ge"
    (water, grid), (fat, _), (published, _) = (_read(folder / f"{n}.nii.gz") for n in ("water", "fat", "fatfraction"))
    mask, mask_grid = _read(folder / "mask.nii.gz")
    label_map = LabelMap(mask, mask_grid, {1: find_structure("vastus_lateralis", "left")}).on_grid(grid)
    pair = WaterFat(Volume(water, grid, Contrast.WATER), Volume(fat, grid, Contrast.FAT))
    row = made.row_of(made.measure(pair, label_map, made.DIXON).measurements, side="left")
    inside = (np.asarray(label_map.labels[...]) == 1) & (water + fat != 0)
    assert row["ff"] == pytest.approx(published[inside].mean() / 100, rel=1e-12)
    assert row["fi"] == pytest.approx((published[inside] >= 50).mean(), rel=1e-12)
