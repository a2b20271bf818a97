"""Colours: neighbours differ, the left is lighter than the right."""

from itertools import combinations

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Side, Structure, core_muscles, vocabulary
from napari_hipspine.domain.colours import MOST_FAT, fat_colours, muscle_colour, structure_colour


@pytest.mark.parametrize("region", ["lumbar", "hip"])
def test_no_two_core_muscles_of_a_region_share_a_hue(region: str) -> None:
    for one, other in combinations(core_muscles(region), 2):
        assert sum(abs(a - b) for a, b in zip(muscle_colour(one), muscle_colour(other), strict=True)) > 0.3


def test_every_muscle_has_a_colour_and_its_left_is_lighter_than_its_right() -> None:
    for muscle in vocabulary().of_kind("muscle"):
        left, right = (structure_colour(Structure(muscle, side)) for side in Side)
        assert sum(left) > sum(right)
        assert all(0 <= channel <= 1 for channel in (*left, *right))


def test_more_fat_is_always_lighter_and_the_unknown_is_grey() -> None:
    shares = np.linspace(0, MOST_FAT, 26)
    luminance = fat_colours(shares) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) > 0).all()
    assert luminance[0] > 0.25
    assert fat_colours([0.7]).tolist() == fat_colours([MOST_FAT]).tolist()
    (grey,) = fat_colours([np.nan])
    assert grey[0] == grey[1] == grey[2]
