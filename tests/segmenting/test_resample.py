"""Nearest-neighbour resampling: against a slow loop, against SimpleITK, and with no new values."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.grid import Grid
from napari_hipspine.segmenting.resample import resample_labels


def _grid(shape, *, spacing=(4.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), turn_deg=0.0):
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([[0, 0, 1.0], [0, 1, 0], [1, 0, 0]]) * spacing
    affine[:3, 3] = origin
    return Grid(shape, affine)


def _as_image(labels, grid):
    image = SimpleITK.GetImageFromArray(labels)
    columns = grid.affine[:3, [2, 1, 0]]
    spacing = np.linalg.norm(columns, axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((columns / spacing).ravel().tolist())
    image.SetOrigin(grid.affine[:3, 3].tolist())
    return image


@pytest.fixture
def labels():
    return np.random.default_rng(5).integers(0, 5, (6, 14, 12)).astype(np.uint16)


@pytest.mark.parametrize(
    "target",
    [
        _grid((9, 20, 17), spacing=(2.7, 0.7, 0.71), origin=(0.33, -1.21, 0.57)),
        _grid((6, 14, 12), origin=(3.1, 2.2, 7.3), turn_deg=11),
        _grid((3, 5, 5), spacing=(8.3, 3.1, 3.3), origin=(-2.3, 1.2, 0.4), turn_deg=-30),
    ],
)
def test_agrees_with_simpleitk(labels, target):
    source = _grid(labels.shape)
    expected = SimpleITK.Resample(
        _as_image(labels, source),
        _as_image(np.zeros(target.shape, np.uint16), target),
        SimpleITK.Transform(),
        SimpleITK.sitkNearestNeighbor,
        0,
    )
    found = resample_labels(labels, source, target)
    assert found.dtype == np.uint16
    assert found.any()
    assert np.array_equal(found, SimpleITK.GetArrayFromImage(expected))


def test_own_grid_changes_nothing(labels):
    assert np.array_equal(resample_labels(labels, _grid(labels.shape), _grid(labels.shape)), labels)


@given(shift=st.tuples(*[st.integers(-8, 8)] * 3))
@settings(max_examples=15, deadline=None)
def test_whole_voxel_shifts_are_crops_and_pads(shift):
    labels = np.arange(1, 6 * 7 * 8 + 1, dtype=np.uint16).reshape(6, 7, 8)
    source = _grid(labels.shape)
    origin = (source.affine @ [*shift, 1])[:3]
    found = resample_labels(labels, source, _grid(labels.shape, origin=origin))
    expected = np.zeros_like(labels)
    for index in np.ndindex(labels.shape):
        at = np.add(index, shift)
        if ((at >= 0) & (at < labels.shape)).all():
            expected[index] = labels[tuple(at)]
    assert np.array_equal(found, expected)


def test_twice_as_fine_repeats_every_voxel(labels):
    source = _grid(labels.shape)
    fine = _grid((12, 28, 24), spacing=(2.0, 0.5, 0.5), origin=(-0.25, -0.25, -1.0))
    expected = labels.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    assert np.array_equal(resample_labels(labels, source, fine), expected)


def test_outside_is_background(labels):
    assert not resample_labels(labels + 1, _grid(labels.shape), _grid((3, 3, 3), origin=(100, 0, 0))).any()
