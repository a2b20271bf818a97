"""Colours as eyes without green or red cones see them: two that stand beside each other must stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Region, core_muscles
from napari_hipspine.domain.colours import FAT_SCALE, muscle_colour
from napari_hipspine.figures.model_looks import COLOURS, MARKERS

EYES = {
    "usual": np.eye(3),
    # Machado, Oliveira & Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1, on linear red, green and blue
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def as_lab(rgb: Sequence[float], eye: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of a colour as an eye sees it."""
    given = np.asarray(rgb)
    linear = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    ratio = _TO_XYZ @ np.clip(eye @ linear, 0, 1) / _TO_XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def rgb_of(code: str) -> list[float]:
    return [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def distance(one: Sequence[float], other: Sequence[float], eye: np.ndarray) -> float:
    return float(np.linalg.norm(as_lab(one, eye) - as_lab(other, eye)))


def test_white_and_black_are_a_hundred_apart() -> None:
    assert distance([1, 1, 1], [0, 0, 0], EYES["usual"]) == pytest.approx(100, abs=1e-6)
    assert distance([1, 0, 0], [0, 1, 0], EYES["usual"]) == pytest.approx(170.6, abs=0.1)
    assert np.allclose(EYES["deuteranopia"].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("region", [Region.LUMBAR, Region.HIP])
def test_core_muscles_of_one_picture_stay_apart(region: Region, eye: str) -> None:
    colours = {term.id: muscle_colour(term) for term in core_muscles(region)}
    nearest = min((distance(colours[a], colours[b], EYES[eye]), a, b) for a, b in combinations(colours, 2))
    assert nearest[0] >= 10, nearest


@pytest.mark.parametrize("eye", EYES)
def test_lines_of_a_figure_stay_apart_by_colour_or_marker(eye: str) -> None:
    first_two = distance(rgb_of(COLOURS[0]), rgb_of(COLOURS[1]), EYES[eye])
    assert first_two >= 40
    nearest = min((distance(rgb_of(a), rgb_of(b), EYES[eye]), a, b) for a, b in combinations(COLOURS, 2))
    assert nearest[0] >= 10, nearest
    assert len(set(MARKERS)) == len(MARKERS) == len(COLOURS)


@pytest.mark.parametrize("eye", EYES)
def test_more_fat_is_lighter_for_every_eye(eye: str) -> None:
    labs = [as_lab(rgb_of(code), EYES[eye]) for code in FAT_SCALE]
    assert all(more[0] > less[0] + 5 for less, more in pairwise(labs))
    assert min(np.linalg.norm(a - b) for a, b in combinations(labs, 2)) >= 10
