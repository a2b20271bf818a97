"""What is said of a stated orientation is what the picture does."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from napari_hipspine.domain.display import screen_view
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.orientation import turn_grid
from napari_hipspine.viewer.orientation_words import describe_orientation, orientation_choices, screen_change

AXIAL = ["".join(letters) for letters in product("SI", "PA", "LR")]
GRID = Grid((4, 5, 6), np.diag([4.0, 2.0, 1.0, 1.0]))


def test_all_48_orientations_are_offered_once_the_axial_ones_first():
    letters = [letters for _, letters in orientation_choices()]
    assert len(set(letters)) == 48
    assert set(letters[:8]) == set(AXIAL)
    assert all(turn_grid(GRID, one).orientation == one for one in letters)
    assert describe_orientation("SPL") == "SPL: slices to the head, rows to the back, columns to the left"


@pytest.mark.parametrize("before", AXIAL)
def test_edges_change_places_exactly_where_the_picture_is_drawn_the_other_way_round(before):
    for after in AXIAL:
        was, now = (screen_view(turn_grid(GRID, letters)) for letters in (before, after))
        said = screen_change(before, after)
        mirrored = said.partition("change places")[0]
        assert ("left and right" in mirrored) == (was.flips_columns != now.flips_columns)
        assert ("top and bottom" in mirrored) == (was.flips_rows != now.flips_rows)
        assert ("What was the patient's left" in said) == (before[2] != after[2])
        assert ("nearest to the" in said) == (before[0] != after[0])
        assert (said == "Nothing changes in the picture.") == (before == after)


def test_another_way_of_cutting_is_said_so():
    assert screen_change("SPL", "LIP").startswith("Slices are cut in another direction")
