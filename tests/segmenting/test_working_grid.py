"""The coarser sampling: fine pixels are taken together, coarse ones stay, and flows keep their millimetres."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.segmenting.working_grid import WorkingGrid

pytest.importorskip("cv2")


@pytest.mark.parametrize(
    ("shape", "spacing_mm", "coarse"),
    [
        ((64, 80), (0.5, 0.5), (32, 40)),
        ((65, 81), (0.5, 0.5), (33, 41)),
        ((64, 80), (0.3, 1.0), (22, 80)),
        ((64, 80), (1.5, 1.5), (64, 80)),
        ((0, 0), (0.5, 0.5), (0, 0)),
    ],
)
def test_pixels_of_about_a_millimetre(shape, spacing_mm, coarse):
    grid = WorkingGrid.of(shape, spacing_mm)
    assert grid.coarse == coarse
    if all(shape):
        extent = [n * mm for n, mm in zip(shape, spacing_mm, strict=True)]
        assert np.allclose([n * mm for n, mm in zip(grid.coarse, grid.spacing_mm, strict=True)], extent)


def test_a_slope_is_the_same_on_both_samplings():
    grid = WorkingGrid.of((60, 91), (0.5, 0.5))
    slope = np.tile(np.arange(91, dtype=np.float32), (60, 1))
    there_and_back = grid.refined(grid.coarsened(slope))
    assert np.abs(there_and_back - slope)[:, 2:-2].max() < 0.05


def test_a_shift_keeps_its_millimetres():
    grid = WorkingGrid.of((60, 90), (0.5, 0.3))
    flow = np.zeros((60, 90, 2), np.float32)
    flow[..., 0], flow[..., 1] = 6.0, 4.0
    coarse = grid.coarsened_flow(flow)
    assert np.allclose(coarse * np.array(grid.spacing_mm[::-1]), np.array([6.0, 4.0]) * np.array([0.3, 0.5]))


def test_coarse_pixels_are_left_alone():
    grid = WorkingGrid.of((20, 20), (1.2, 1.2))
    picture = np.random.default_rng(0).random((20, 20)).astype(np.float32)
    assert grid.coarsened(picture) is picture
    assert grid.refined(picture) is picture
