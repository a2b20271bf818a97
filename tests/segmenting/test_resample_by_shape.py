"""Shape-based resampling: smooth between slices, no new values, the identity is exact."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.grid import Grid
from napari_hipspine.segmenting.resample import resample_labels, resample_labels_by_shape

from .bodies import dice, make_body

ROWS, COLUMNS = np.mgrid[:60, :60]


def grid(shape, spacing=(4.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0)):
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    return Grid(shape, affine)


def cone(positions, value=3):
    """A disc that grows by one pixel per millimetre along the slices."""
    return np.stack([np.where(np.hypot(ROWS - 30, COLUMNS - 30) < 8 + z, value, 0) for z in positions]).astype(
        np.uint16
    )


def test_the_same_grid_gives_the_same_labels():
    labels = make_body(4).labels
    same = resample_labels_by_shape(labels, grid(labels.shape), grid(labels.shape))
    assert np.array_equal(same, labels)


def test_thin_slices_of_thick_ones_make_no_steps():
    labels = cone((0, 4, 8, 12))
    fine = grid((13, 60, 60), (1.0, 1.0, 1.0))
    shaped = resample_labels_by_shape(labels, grid(labels.shape), fine)
    stepped = resample_labels(labels, grid(labels.shape), fine)
    truth = cone(range(13))
    assert dice(shaped, truth, 3) > 0.99
    assert dice(stepped, truth, 3) < 0.97
    areas = np.count_nonzero(shaped, axis=(1, 2))
    assert (np.diff(areas) > 0).all()


@given(shift=st.floats(-1.4, 1.4), step=st.floats(0.7, 2.5), seed=st.integers(0, 3))
@settings(max_examples=10)
def test_no_new_values_and_background_outside(shift, step, seed):
    rng = np.random.default_rng(seed)
    labels = np.kron(rng.integers(0, 4, (3, 6, 6)), np.ones((1, 5, 5), int)).astype(np.uint16) * 9
    target = grid((5, 40, 40), (3.0, step, step), (shift, shift, shift))
    found = resample_labels_by_shape(labels, grid(labels.shape), target)
    assert set(np.unique(found)) <= {0, 9, 18, 27}
    nearest = resample_labels(np.ones_like(labels), grid(labels.shape), target)
    assert not found[nearest == 0].any()
    assert found.dtype == labels.dtype
