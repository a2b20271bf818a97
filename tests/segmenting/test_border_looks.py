"""Borders learned on outlined slices, found again on others; and shapes without their dents."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.segmenting.border_looks import BorderLooks, features_of
from napari_hipspine.segmenting.dents import rounded_off
from napari_hipspine.segmenting.distances import signed_distance

pytest.importorskip("cv2")

MM = (1.0, 1.0)
ROWS, COLUMNS = np.mgrid[:64, :64]


def disc(radius: float, *, at: float = 32.0) -> np.ndarray:
    return np.hypot(ROWS - 32, COLUMNS - at) < radius


def signed(mask: np.ndarray) -> np.ndarray:
    return signed_distance(mask, spacing_mm=MM, reach_mm=6.0)


def picture(mask: np.ndarray, *, inside: float = 0.2, outside: float = 0.8) -> np.ndarray:
    noise = np.random.default_rng(3).normal(0, 0.02, mask.shape)
    return (np.where(mask, inside, outside) + noise).astype(np.float32)


@pytest.mark.parametrize("greys", [(0.2, 0.8), (0.8, 0.2)])
@pytest.mark.parametrize(("carried", "true"), [(12.0, 14.0), (16.0, 14.0)])
def test_a_border_carried_too_far_comes_back_and_one_too_near_goes_on(greys, carried, true):
    """Whichever side is bright: what is inside was learned from the outlines, not from the strength of the edge."""
    drawn = [disc(13.0), disc(15.0)]
    features = [features_of(picture(one, inside=greys[0], outside=greys[1]), MM) for one in drawn]
    looks = BorderLooks.learned(features, [signed(one) for one in drawn])
    here = features_of(picture(disc(true), inside=greys[0], outside=greys[1]), MM)
    distance = signed(disc(carried))
    moved = distance + looks.shift_mm(distance, here, MM, doubt_mm=12.0)
    before, after = (abs(np.count_nonzero(one > 0) - np.count_nonzero(disc(true))) for one in (distance, moved))
    assert after < 0.5 * before


def test_next_to_an_outlined_slice_the_picture_says_less():
    drawn = disc(14.0)
    looks = BorderLooks.learned([features_of(picture(drawn), MM)], [signed(drawn)])
    here, distance = features_of(picture(disc(17.0)), MM), signed(disc(14.0))
    near, far = (looks.shift_mm(distance, here, MM, doubt_mm=mm) for mm in (2.0, 8.0))
    assert 0 < near.max() < far.max() <= 1.5
    assert not looks.shift_mm(distance, here, MM, doubt_mm=0.0).any()


def test_without_contrast_nothing_moves():
    drawn = disc(14.0)
    plain = features_of(np.full(drawn.shape, 0.5, np.float32), MM)
    looks = BorderLooks.learned([plain], [signed(drawn)])
    assert np.abs(looks.shift_mm(signed(drawn), plain, MM, doubt_mm=10.0)).max() < 1e-3


@pytest.mark.parametrize("mask", [np.zeros((64, 64), bool), np.ones((64, 64), bool), disc(1.5)])
def test_nothing_is_learned_where_one_side_is_hardly_seen(mask):
    assert BorderLooks.learned([features_of(picture(mask), MM)], [signed(mask)]) is None


def test_a_dent_is_rounded_off_and_a_corner_stays():
    whole = disc(16.0)
    dented = whole & ~((np.abs(ROWS - 32) < 3) & (COLUMNS > 40))
    found = rounded_off(signed(dented), MM) > 0
    assert np.count_nonzero(found ^ whole) < 0.2 * np.count_nonzero(whole & ~dented)
    square = (np.abs(ROWS - 32) < 12) & (np.abs(COLUMNS - 32) < 12)
    assert np.array_equal(rounded_off(signed(square), MM) > 0, square)


def test_a_wide_bay_stays():
    """A disc of 12 mm radius rolls into a bay of 20 mm radius."""
    crescent = disc(28.0) & ~disc(20.0, at=58.0)
    found = rounded_off(signed(crescent), MM) > 0
    assert np.count_nonzero(found & ~crescent) < 0.05 * np.count_nonzero(crescent)


def test_nothing_has_no_dents():
    assert not rounded_off(np.full((8, 8), -6.0, np.float32), MM).any()
