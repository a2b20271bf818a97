"""Labelled bones of the phantom: where its pictures show bone, whatever the sampling, with known heights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Region, Side
from napari_hipspine.domain.volume import Contrast
from napari_hipspine.phantom import make_region, small_spec
from napari_hipspine.phantom.bones import (
    DISC_VALUES,
    FEMUR_VALUES,
    VERTEBRA_VALUES,
    end_plate_heights,
    make_bones,
    most_lateral_height,
)
from napari_hipspine.phantom.ready_made import SMALL_LUMBAR_SAMPLING


@pytest.mark.parametrize("region", [Region.LUMBAR, Region.HIP])
def test_bones_lie_on_the_grid_of_the_picture_and_never_on_a_muscle(region):
    spec = small_spec(5, region)
    bones, picture = make_bones(spec), make_region(spec)
    assert bones.grid == picture.volume.grid
    on_muscle = (bones.labels > 0) & (picture.label_map.labels[...] > 0)
    assert on_muscle.sum() <= 0.01 * (bones.labels > 0).sum()


def test_fat_of_the_marrow_is_where_the_vertebra_is():
    spec = small_spec(5, contrast=Contrast.WATER)
    bones, fat = make_bones(spec), make_region(spec).volumes[1]
    body = bones.labels == VERTEBRA_VALUES[0]
    assert np.median(np.asarray(fat.voxels[...])[body]) > 20


def test_vertebrae_and_discs_follow_each_other_at_known_heights():
    spec = replace(small_spec(5), sampling=replace(SMALL_LUMBAR_SAMPLING, shape=(50, 96, 96), lowest_slice_mm=-99.0))
    bones = make_bones(spec)
    middle = bones.labels[:, 20:40, 46:50].reshape(50, -1)
    heights = spec.sampling.heights_mm()
    for above in (1, 0, -1):
        lower, upper = end_plate_heights(spec, above)
        assert upper - lower == 26
        seen = heights[(middle == VERTEBRA_VALUES[above]).any(axis=1)]
        assert lower <= seen.min() < lower + 4
        assert upper - 4 < seen.max() <= upper
        below = heights[(middle == DISC_VALUES[above]).any(axis=1)]
        assert (below < lower).all()


def test_femora_reach_furthest_to_their_sides_below_the_tip():
    spec = small_spec(5, Region.HIP)
    bones = make_bones(spec)
    columns = {side: np.argwhere(bones.labels == value)[:, 2].mean() for side, value in FEMUR_VALUES.items()}
    assert columns[Side.LEFT] > columns[Side.RIGHT]
    low, high = most_lateral_height(spec, Side.LEFT, within_mm=0.5)
    assert -40 < low <= high < -5
