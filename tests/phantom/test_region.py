"""Laws of the phantom: what is called true is true, and nothing is left to chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Region, Side
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.phantom import PartialVolume, Sampling, make_region, small_spec

CSA_LIMITS_MM2 = {
    "multifidus": (200, 2000),
    "erector_spinae": (500, 3500),
    "psoas_major": (300, 3500),
    "quadratus_lumborum": (200, 1500),
    "gluteus_maximus": (1500, 9000),
    "gluteus_medius": (800, 5000),
    "gluteus_minimus": (200, 2000),
    "tensor_fasciae_latae": (100, 1200),
    "sartorius": (80, 800),
    "rectus_femoris": (100, 1600),
}
"""Warning limits of each muscle per side [mm2]."""

PURE = {"partial_volume": PartialVolume.PURE, "noise": 0.0, "coil_gradient": 0.0, "coil_ripple": 0.0}


@pytest.fixture(scope="module", params=[Region.LUMBAR, Region.HIP])
def region(request):
    return make_region(small_spec(3, request.param))


def test_same_specification_same_bytes(region):
    again = make_region(region.spec)
    assert again.volume.voxels.tobytes() == region.volume.voxels.tobytes()
    assert again.label_map.labels.tobytes() == region.label_map.labels.tobytes()
    assert again.truth == region.truth


def test_other_seed_other_body(region):
    other = make_region(replace(region.spec, seed=4))
    assert (other.label_map.labels != region.label_map.labels).mean() > 0.01


def test_truth_counts_the_labels(region):
    labels, grid = region.label_map.labels, region.label_map.grid
    values = {structure: value for value, structure in region.label_map.structures.items()}
    counted = {
        (t.slice_index, t.structure): int((labels[t.slice_index] == values[t.structure]).sum()) for t in region.truth
    }
    assert all(counted[t.slice_index, t.structure] == t.n_pixels for t in region.truth)
    assert all(t.csa_mm2 == pytest.approx(t.n_pixels * grid.pixel_area_mm2, rel=1e-12) for t in region.truth)
    assert sum(counted.values()) == np.count_nonzero(labels)


def test_labels_follow_the_drawing(region):
    area = sum(t.csa_mm2 for t in region.truth)
    assert area == pytest.approx(sum(t.csa_drawn_mm2 for t in region.truth), rel=0.01)


def test_muscles_are_whole(region):
    from scipy.ndimage import label

    for t in region.truth:
        value = next(v for v, s in region.label_map.structures.items() if s == t.structure)
        pieces, _ = label(region.label_map.labels[t.slice_index] == value, np.ones((3, 3)))
        assert np.bincount(pieces.ravel())[1:].max() > 0.9 * t.n_pixels


def test_left_lies_to_the_left(region):
    labels = region.label_map.labels
    middle = {s: np.nonzero(labels == value)[2].mean() for value, s in region.label_map.structures.items()}
    assert region.label_map.grid.orientation == "SPL"
    assert all(middle[s] > middle[s.other_side] for s in middle if s.side is Side.LEFT)


def test_muscles_have_the_size_of_muscles(region):
    level = region.label_map.grid.nearest_slice(region.level_plan.placements[0].position_mm)
    found = {t.structure: t.csa_mm2 for t in region.truth if t.slice_index == level}
    limits = {s: CSA_LIMITS_MM2[s.muscle.id] for s in found if s.muscle.id in CSA_LIMITS_MM2}
    assert len(limits) == {Region.LUMBAR: 8, Region.HIP: 12}[region.spec.region]
    assert {s.id: found[s] for s, (low, high) in limits.items() if not low <= found[s] <= high} == {}


@pytest.mark.parametrize("contrast", [Contrast.T2, Contrast.PD, Contrast.T1])
def test_pure_pixels_are_told_apart_by_any_threshold_between(contrast):
    region = make_region(small_spec(5, contrast=contrast, **PURE).with_fat(0.2))
    values = {structure: value for value, structure in region.label_map.structures.items()}
    for t in region.truth:
        inside = region.label_map.labels[t.slice_index] == values[t.structure]
        signal = region.volume.voxels[t.slice_index][inside].astype(float)
        middle = (signal.min() + signal.max()) / 2
        assert t.fat_pixel_fraction == t.mean_fat_content == pytest.approx((signal > middle).mean(), abs=1e-12)
        assert t.fat_area_fraction == pytest.approx(t.fat_pixel_fraction, abs=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_fat_follows_the_chosen_share(share):
    region = make_region(small_spec(5).with_fat(share))
    area = sum(t.csa_drawn_mm2 for t in region.truth)
    fat = sum(t.fat_area_fraction * t.csa_drawn_mm2 for t in region.truth)
    assert fat / area == pytest.approx(share, rel=0.1)


def test_fat_fraction_of_water_and_fat_is_the_fat_content():
    region = make_region(small_spec(5, contrast=Contrast.WATER, noise=0.0).with_fat(0.3))
    water, fat = (np.asarray(v.voxels, float) for v in (region.water_fat.water, region.water_fat.fat))
    values = {structure: value for value, structure in region.label_map.structures.items()}
    for t in region.truth:
        inside = region.label_map.labels[t.slice_index] == values[t.structure]
        f, w = fat[t.slice_index][inside], water[t.slice_index][inside]
        # fascia at the border of a muscle is neither water nor fat
        assert (f / (f + w)).mean() == pytest.approx(t.mean_fat_content, abs=0.02)


def test_a_single_picture_is_no_pair(region):
    with pytest.raises(InvalidChoice, match="Expected a water-fat phantom, found contrast"):
        _ = region.water_fat


@pytest.mark.parametrize(("polarity", "is_brighter"), [(FatPolarity.BRIGHT, True), (FatPolarity.DARK, False)])
def test_fat_polarity(polarity, is_brighter):
    region = make_region(small_spec(5, fat_polarity=polarity, **PURE).with_fat(0.3))
    signal = region.volume.voxels[region.label_map.labels == 5101].astype(float)
    lean = np.percentile(signal, 40 if is_brighter else 60)
    assert (np.abs(signal - lean) > 0.5 * lean).mean() == pytest.approx(0.3, abs=0.06)
    assert bool(signal.max() > 2 * lean) is is_brighter
    assert region.volume.fat_polarity is polarity
    assert region.volume.fat_suppressed is not is_brighter


def test_part_of_each_muscle_can_be_labelled():
    whole = make_region(small_spec(5))
    part = make_region(small_spec(5, roi_scale=0.3))
    assert part.volume.voxels.tobytes() == whole.volume.voxels.tobytes()
    assert [p.n_pixels for p in part.truth] == [max(1, round(0.3 * w.n_pixels)) for w in whole.truth]
    assert not (part.label_map.labels[part.label_map.labels != whole.label_map.labels]).any()


def test_coil_gradient_brightens_the_back():
    spec = small_spec(5, coil_gradient=0.2, noise=0.0, coil_ripple=0.0)
    picture = make_region(spec).volume.voxels.astype(float)
    flat = make_region(replace(spec, coil_gradient=0.0)).volume.voxels.astype(float)
    for row in range(10, 80, 5):
        bright = flat[:, row] > 80
        expected = 1 + 0.2 * (2 * row / 95 - 1)
        assert bright.any()
        np.testing.assert_allclose(picture[:, row][bright] / flat[:, row][bright], expected, atol=0.02)


def test_no_asymmetry_mirrored_labels():
    region = make_region(small_spec(5, asymmetry=0.0))
    labels = region.label_map.labels
    left, right = labels % 10 == 1, labels % 10 == 2
    assert (left & (labels > 0)).sum() == pytest.approx((right & (labels > 0)).sum(), rel=0.005)
    overlap = (left & right[:, :, ::-1]).sum() / left.sum()
    assert overlap > 0.98


def test_level_lies_in_the_middle_of_the_vertebra_on_tilted_slices():
    sampling = replace(small_spec(1).sampling, tilt_deg=3.0, reference_lps_mm=(2.0, 30.0, -50.0))
    region = make_region(small_spec(1, sampling=sampling))
    grid = region.volume.grid
    placement = region.level_plan.placements[0]
    assert grid.obliquity_deg == pytest.approx(3.0)
    assert (placement.level.id, placement.slice_position) == ("L4", "mid_vertebra")
    assert placement.position_mm == pytest.approx(float(np.array([2.0, 30.0, -50.0]) @ grid.slice_normal))


def test_levels_outside_the_slices_are_not_offered():
    assert [p.level.id for p in make_region(small_spec(1)).level_placements] == ["L4"]


def test_a_muscle_can_end_early():
    ends = {"gluteus_minimus": 6.0}
    region = make_region(small_spec(1, Region.HIP, lowest_mm=ends))
    heights = region.spec.sampling.heights_mm()
    lowest = min(heights[t.slice_index] for t in region.truth if t.structure.muscle.id == "gluteus_minimus")
    assert lowest > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise": -0.1}, "Expected noise between 0.0 and 2.0, found -0.1"),
        ({"roi_scale": 0.0}, "Expected roi_scale between"),
        ({"contrast": Contrast.FAT}, "Expected contrast T2, PD, T1 or water"),
        ({"fat_fractions": {("multifidus", Side.LEFT): 1.2}}, "Expected a fat share of 0 to 0.9, found 1.2"),
        ({"region": Region.GROUP}, "Expected region lumbar or hip"),
    ],
)
def test_impossible_specifications_are_refused(changes, message):
    with pytest.raises(InvalidChoice, match=message):
        replace(small_spec(1), **changes)


def test_unknown_polarity_is_refused():
    with pytest.raises(InvalidChoice, match="Expected fat polarity bright or dark"):
        make_region(small_spec(1, fat_polarity=FatPolarity.UNKNOWN))


@pytest.mark.parametrize(
    ("shape", "spacing", "message"),
    [((0, 5, 5), (1.0, 1.0, 1.0), "Expected positive sizes"), ((5, 5, 5), (1.0, 1.0, 2.0), "Expected square pixels")],
)
def test_impossible_samplings_are_refused(shape, spacing, message):
    with pytest.raises(InvalidChoice, match=message):
        Sampling(shape, spacing, 0.0, 0.0)
