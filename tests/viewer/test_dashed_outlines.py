"""What is proposed is outlined by dashes: along the border, inside it, with gaps, on the slices proposed alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from scipy.ndimage import label as parts_of

from napari_hipspine.viewer.dashed_outlines import DASH_PIXELS, GAP_PIXELS, DashedOutlines, dashed


def disc(radius: float = 20.0) -> np.ndarray:
    rows, columns = np.indices((60, 60)) - 30
    return np.where(np.hypot(rows, columns) < radius, 7, 0).astype(np.uint16)


def test_dashes_lie_inside_the_border_in_the_colour_of_the_muscle():
    labels = disc()
    drawn = dashed(labels)
    assert set(np.unique(drawn)) == {0, 7}
    rim = (labels == 7) & ~binary_erosion(labels == 7, iterations=3)
    assert (drawn[~rim] == 0).all()
    assert 0.3 < (drawn[rim] > 0).mean() < 0.8


@pytest.mark.parametrize("radius", [6.0, 12.0, 20.0])
def test_a_border_is_made_of_separate_dashes(radius):
    _, n_dashes = parts_of(dashed(disc(radius)) > 0, np.ones((3, 3)))
    length = 2 * np.pi * radius
    assert n_dashes == pytest.approx(length / (DASH_PIXELS + GAP_PIXELS), rel=0.35)


def test_a_muscle_at_the_edge_of_the_slice_is_outlined_there_too():
    labels = np.full((20, 30), 3, np.uint16)
    drawn = dashed(labels)
    assert drawn[0].any()
    assert drawn[:, -1].any()
    assert not drawn[5:15, 5:25].any()


def test_only_the_slices_shown_hold_dashes_until_others_are():
    outlines = DashedOutlines((4, 60, 60))
    assert not np.asarray(outlines).any()
    outlines.show({1: disc()})
    assert [bool(outlines[i].any()) for i in range(4)] == [False, True, False, False]
    assert np.array_equal(np.asarray(outlines)[1], outlines[1])
    assert np.array_equal(outlines[1, 10:20, 5:50], dashed(disc())[10:20, 5:50])
    assert np.array_equal(outlines[0:2, 10], np.asarray(outlines)[0:2, 10])
    outlines.show({})
    assert not outlines[1].any()
