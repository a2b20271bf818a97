"""Orientation stated by a person: only where the file has none, and only three different axes."""

from itertools import permutations, product

import numpy as np
import pytest

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.orientation import state_orientation, turn_grid
from napari_hipspine.domain.volume import Volume

GRID = Grid((3, 4, 5), np.array([[0, 0, 0.5, 0], [0, 0.7, 0, 0], [4.0, 0, 0, 0], [0, 0, 0, 1]]))
EVERY = ["".join(letters) for pairs in permutations(("LR", "PA", "SI")) for letters in product(*pairs)]


@pytest.mark.parametrize("letters", EVERY)
def test_axes_grow_where_the_letters_say_and_keep_their_spacing(letters: str) -> None:
    turned = turn_grid(GRID, letters)
    assert turned.orientation == letters
    assert turned.spacing_mm == pytest.approx(GRID.spacing_mm)
    assert turned.shape == GRID.shape


@pytest.mark.parametrize("letters", ["SP", "SPP", "SPX", "SPLA", ""])
def test_letters_that_name_no_three_axes_are_refused(letters: str) -> None:
    with pytest.raises(InvalidChoice, match="Expected three letters such as SPL"):
        turn_grid(GRID, letters)


def test_a_stated_orientation_takes_the_flag_away() -> None:
    volume = Volume(np.zeros((3, 4, 5), np.int16), GRID, flags=("orientation_assumed", "touches_edge"))
    stated = state_orientation(volume, "IAR")
    assert stated.grid.orientation == "IAR"
    assert stated.flags == ("touches_edge",)


def test_a_file_that_states_its_orientation_is_believed() -> None:
    with pytest.raises(InvalidChoice, match="Expected a file without patient orientation, found SPL"):
        state_orientation(Volume(np.zeros((3, 4, 5), np.int16), GRID), "IAR")
