"""Levels from labelled bone: true to the phantom on every storage, and silent where the bone does not say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Side, find_level
from napari_hipspine.domain.bones import Bone, find_bone
from napari_hipspine.domain.errors import UnknownLabel
from napari_hipspine.domain.grid import Grid
from napari_hipspine.phantom import hip_spec, lumbar_spec
from napari_hipspine.phantom.bones import end_plate_heights, make_bones, most_lateral_height
from napari_hipspine.phantom.specification import Sampling
from napari_hipspine.segmenting.propose_levels import propose_levels

SPINE = {
    42: find_bone("L2", ""),
    43: find_bone("L3", ""),
    44: find_bone("L4", ""),
    45: find_bone("L5", ""),
    94: find_bone("disc_L3_L4", ""),
    95: find_bone("disc_L4_L5", ""),
}
VERTEBRAE = {value: bone for value, bone in SPINE.items() if value < 90}
FEMORA = {6171: find_bone("greater_trochanter", "left"), 6172: find_bone("greater_trochanter", "right")}
LUMBAR = Sampling((24, 96, 96), (4.0, 1.9, 1.9), lowest_slice_mm=-43.2, front_mm=-84.0)
FINE = Sampling((100, 96, 96), (1.5, 1.9, 1.9), lowest_slice_mm=-75.0, front_mm=-84.0)
HIP = Sampling((26, 120, 200), (5.0, 2.0, 2.0), lowest_slice_mm=-86.5, front_mm=-122.0)


@cache
def spine(sampling=LUMBAR, *, seed=3):
    spec = lumbar_spec(seed, sampling=sampling)
    return spec, make_bones(spec)


def heights(spec, bones, found):
    """Heights over the reference level of everything proposed."""
    offset = bones.grid.slice_position_mm(0) - spec.sampling.lowest_slice_mm
    return {(one.level.id, one.slice_position, one.side): one.position_mm - offset for one in found}


def test_l4_and_its_neighbours_are_found_to_within_half_a_slice():
    spec, bones = spine()
    found, refused = propose_levels(bones.labels, bones.grid, SPINE)
    told = heights(spec, bones, found)
    lower, upper = end_plate_heights(spec, 0)
    truth = {
        ("L4", "mid_vertebra", None): 0.0,
        ("L4", "superior_endplate", None): upper,
        ("L4", "inferior_endplate", None): lower,
        ("disc_L3_L4", "mid_disc", None): 19.0,
        ("disc_L4_L5", "mid_disc", None): -19.0,
        ("L3", "inferior_endplate", None): end_plate_heights(spec, 1)[0],
        ("L5", "superior_endplate", None): end_plate_heights(spec, -1)[1],
    }
    assert told.keys() == truth.keys()
    assert told == pytest.approx(truth, abs=2.01)
    assert all(1.9 < one.give_mm < 3 for one in found)
    assert {(one.level.id, one.reason.partition(":")[0]) for one in refused} == {
        ("L2", "cut off above"),
        ("L3", "cut off above"),
        ("L5", "cut off below"),
    }
    assert [one.position_mm for one in found] == sorted((one.position_mm for one in found), reverse=True)
    assert not any(one.placement().is_confirmed for one in found)


def test_fine_labels_on_slices_of_their_own_serve_a_coarse_picture():
    """Discs that nobody labelled lie between the end plates of their neighbours."""
    spec, bones = spine(FINE)
    picture = spine()[1].grid
    found, refused = propose_levels(bones.labels, bones.grid, VERTEBRAE, onto=picture)
    told = heights(spec, bones, found)
    truth = {("L4", "mid_vertebra", None): 0.0, ("disc_L3_L4", "mid_disc", None): 19.0}
    truth |= {("L3", "mid_vertebra", None): 38.0, ("L5", "mid_vertebra", None): -38.0}
    assert {key: told[key] for key in truth} == pytest.approx(truth, abs=0.8)
    (disc,) = [one for one in found if one.level.id == "disc_L3_L4"]
    assert disc.notes == ("the disc is not labelled: middle between L3 and L4",)
    assert [one.level.id for one in refused] == ["L2"]


@pytest.mark.parametrize("signs", [(-1, 1, 1), (1, -1, -1)])
def test_storage_changes_nothing(signs):
    _, bones = spine()
    straight, _ = propose_levels(bones.labels, bones.grid, SPINE)
    labels, affine = bones.labels, bones.grid.affine.copy()
    for axis, sign in enumerate(signs):
        if sign < 0:
            labels = np.flip(labels, axis)
            affine[:, 3] += affine[:, axis] * (labels.shape[axis] - 1)
            affine[:, axis] *= -1
    turned, _ = propose_levels(labels, Grid(labels.shape, affine), SPINE)
    assert [one.position_mm for one in turned] == pytest.approx([one.position_mm for one in straight], abs=0.3)


def test_sagittal_labels_serve_tilted_slices():
    """The same bones on sagittal voxels, asked for the slices of a picture that is tilted against them."""
    _, bones = spine(FINE)
    labels = np.ascontiguousarray(bones.labels.transpose(2, 1, 0))
    sagittal = Grid(labels.shape, bones.grid.affine[:, [2, 1, 0, 3]])
    tilted = lumbar_spec(3, sampling=replace(LUMBAR, tilt_deg=12.0))
    along = make_bones(replace(tilted, sampling=replace(tilted.sampling, shape=(2, 8, 8)))).grid
    found, _ = propose_levels(labels, sagittal, SPINE, onto=along)
    (middle,) = [o for o in found if (o.level.id, o.slice_position) == ("L4", "mid_vertebra")]
    body = np.argwhere(labels[:, :40] == 44)
    expected = (body.mean(axis=0) @ sagittal.affine[:3, :3].T + sagittal.affine[:3, 3]) @ along.slice_normal
    assert middle.position_mm == pytest.approx(expected, abs=1.5)


def test_arch_and_processes_do_not_pull_the_middle_down():
    """The label's own middle lies well below that of its body: the spinous process hangs down."""
    spec, bones = spine(FINE)
    labels = bones.labels.copy()
    columns = slice(44, 52)
    labels[20:55, 70:86, columns] = 44
    found, _ = propose_levels(labels, bones.grid, SPINE)
    told = heights(spec, bones, found)
    label = np.argwhere(labels == 44)[:, 0].mean() * 1.5 + spec.sampling.lowest_slice_mm
    assert label < -4
    assert told["L4", "mid_vertebra", None] == pytest.approx(0, abs=0.8)


def test_what_is_no_vertebra_is_no_level():
    labels = np.zeros((40, 60, 60), np.uint8)
    labels[4:36, 10:50, 10:50] = 44
    grid = Grid(labels.shape, np.diag([3.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]])
    found, (refused,) = propose_levels(labels, grid, SPINE)
    assert found == ()
    assert refused.reason == "96 mm high, where 12 to 45 mm are expected"
    labels[...] = 0
    labels[0:4, 10:14, 10:14] = 44
    found, (refused,) = propose_levels(labels, grid, SPINE)
    assert found == ()
    assert refused.reason.startswith("cut off")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trochanter_is_found_where_the_femur_reaches_furthest(seed):
    spec = hip_spec(seed, sampling=HIP)
    bones = make_bones(spec)
    found, refused = propose_levels(bones.labels, bones.grid, FEMORA)
    told = heights(spec, bones, found)
    assert refused == ()
    for side in Side:
        low, high = most_lateral_height(spec, side, within_mm=1.0)
        assert low - 2.5 <= told["greater_trochanter", "most_lateral", side] <= high + 2.5
    assert all(one.give_mm >= 2.5 for one in found)


def test_femur_that_does_not_draw_back_again_gives_no_level():
    """A femur cut off through the trochanter, and one whose shaft leads further and further to the side."""
    spec = hip_spec(1, sampling=replace(HIP, shape=(18, 120, 200), lowest_slice_mm=-16.5))
    bones = make_bones(spec)
    found, refused = propose_levels(bones.labels, bones.grid, FEMORA)
    assert found == ()
    assert {one.side for one in refused} == set(Side)
    assert all(one.reason.startswith("no prominence to the side") for one in refused)
    labels = np.zeros((40, 20, 90), np.uint16)
    for index in range(40):
        labels[index, 5:15, 20 : 80 - index] = 6171
    found, _ = propose_levels(labels, Grid(labels.shape, np.diag([3.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]), FEMORA)
    assert found == ()


def test_real_femora(shared_data):
    """MuscleMap's labels of a real hip and thigh: halfway down the gluteal insertion, below both femoral heads."""
    from napari_hipspine.reading.label_maps import look_at_labels

    look = look_at_labels(shared_data / "musclemap-labels" / "hip_thigh_test_dseg.nii.gz")
    found, refused = propose_levels(look.voxels, look.grid, FEMORA)
    assert refused == ()
    lowest_medius = {Side.LEFT: look.tally.slices_of(6111).min(), Side.RIGHT: look.tally.slices_of(6112).min()}
    for one in found:
        value = 6171 if one.side is Side.LEFT else 6172
        index = look.grid.nearest_slice(one.position_mm)
        assert abs(index - lowest_medius[one.side]) <= 6
        assert 25 < look.tally.slices_of(value).max() - index < 45
        femur = np.asarray(look.voxels[index]) == value
        lateral = [
            np.abs(np.argwhere(np.asarray(look.voxels[k]) == value)[:, 1] - 160).max()
            for k in range(index - 40, index + 20, 4)
        ]
        assert np.abs(np.argwhere(femur)[:, 1] - 160).max() >= max(lateral) - 1
    assert abs(found[0].position_mm - found[1].position_mm) < 3


def test_bones_are_checked():
    assert find_bone("L4", "").side is None
    with pytest.raises(UnknownLabel, match="Expected a side for a femur"):
        Bone(find_level("greater_trochanter"))
    with pytest.raises(UnknownLabel, match="found left for L4 vertebra"):
        find_bone("L4", "left")
    with pytest.raises(UnknownLabel, match="found 'middle'"):
        find_bone("L4", "middle")
