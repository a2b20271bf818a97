"""Radiological display: the patient's left on the right of the screen, whatever the storage."""

from itertools import product

import numpy as np
import pytest

from napari_hipspine.domain.display import screen_view
from napari_hipspine.domain.grid import arrange_axes


@pytest.mark.parametrize(("x", "y", "z"), list(product((1, -1), repeat=3)))
def test_axial_slices_stand_as_radiologists_expect(x: int, y: int, z: int) -> None:
    grid, _ = arrange_axes((8, 9, 5), np.diag([0.7 * x, 0.8 * y, 4.0 * z, 1.0]))
    view = screen_view(grid)
    assert (view.left, view.right, view.top, view.bottom) == ("R", "L", "A", "P")
    assert view.flips_columns == (x < 0)
    assert view.flips_rows == (y < 0)


def test_sagittal_slices_show_the_head_up_and_the_back_on_the_right() -> None:
    grid, _ = arrange_axes((5, 9, 8), np.diag([4.0, 0.8, 0.7, 1.0]))
    view = screen_view(grid)
    assert (view.left, view.right, view.top, view.bottom) == ("A", "P", "S", "I")


def test_coronal_slices_show_the_head_up_and_the_patients_left_on_the_right() -> None:
    grid, _ = arrange_axes((8, 5, 9), np.diag([0.7, 4.0, 0.8, 1.0]))
    view = screen_view(grid)
    assert (view.left, view.right, view.top, view.bottom) == ("R", "L", "S", "I")
