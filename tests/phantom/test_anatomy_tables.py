"""The tables of the phantom's anatomy fit together, and its small pieces obey their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.anatomy import Region, core_muscles
from napari_hipspine.phantom.canvas import Canvas
from napari_hipspine.phantom.fields import Texture
from napari_hipspine.phantom.intramuscular_fat import grain_of, place_fat
from napari_hipspine.phantom.outlines import join_at_midline, outlines_of, parts_of, shrink_curve, smooth_closed_curve
from napari_hipspine.phantom.shipped_tables import read_rows
from napari_hipspine.phantom.tissue import Tissue

REGIONS = [Region.LUMBAR, Region.HIP]


@pytest.mark.parametrize("region", REGIONS)
def test_every_part_has_its_outline_and_every_outline_its_part(region):
    parts, outlines = parts_of(region), outlines_of(region)
    used = {part.outline for part in parts} | {part.inner_outline for part in parts} - {""}
    assert used == set(outlines)


@pytest.mark.parametrize("region", REGIONS)
def test_core_muscles_are_all_there(region):
    drawn = {part.muscle for part in parts_of(region)}
    assert {muscle.id for muscle in core_muscles(region.value)} <= drawn


def test_tissues_stand_in_the_order_of_their_numbers():
    assert [row["tissue"].upper() for row in read_rows("tissues.csv")] == [tissue.name for tissue in Tissue]


def test_each_labelled_muscle_has_values_and_grain():
    labelled = {part.muscle for region in REGIONS for part in parts_of(region)} - {""}
    assert labelled == {row["muscle"] for row in read_rows("label_values.csv")}
    assert labelled == {row["muscle"] for row in read_rows("muscle_grain.csv")} - {""}


def _circle(radius, n=24):
    angle = np.arange(n) / n * 2 * np.pi
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@pytest.mark.parametrize("turn", [1, -1])
def test_painted_circle_has_the_area_of_a_circle(turn):
    axis = np.arange(-30, 30, 0.25)
    canvas = Canvas(axis, axis)
    canvas.paint(smooth_closed_curve(_circle(20.0)[::turn]), Tissue.LEAN, muscle=7)
    assert np.count_nonzero(canvas.muscle == 7) * 0.25**2 == pytest.approx(np.pi * 400, rel=2e-3)


@pytest.mark.parametrize("turn", [1, -1])
def test_shrinking_moves_inwards_whatever_the_turn(turn):
    radii = np.linalg.norm(shrink_curve(smooth_closed_curve(_circle(20.0)[::turn]), 3.0), axis=1)
    np.testing.assert_allclose(radii, 17.0, atol=0.02)


def test_painting_beside_the_canvas_changes_nothing():
    axis = np.arange(0, 10, 0.5)
    canvas = Canvas(axis, axis)
    canvas.paint(_circle(5.0) + 100.0, Tissue.LEAN, muscle=1)
    assert not canvas.tissue.any()


def test_half_outline_is_mirrored_without_double_points():
    whole = join_at_midline(np.array([[0.0, -5.0], [4.0, 0.0], [0.0, 5.0]]))
    np.testing.assert_array_equal(whole, [[0, -5], [4, 0], [0, 5], [-4, 0]])


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 0.9), n=st.integers(1, 400), seed=st.integers(0, 99))
def test_fat_has_exactly_the_asked_share(share, n, seed):
    rng = np.random.default_rng(seed)
    fat = place_fat(
        rng.uniform(0, 40, n),
        rng.uniform(0, 40, n),
        depth_mm=rng.uniform(0, 8, n),
        height_mm=3.0,
        share=share,
        grain=grain_of("gluteus_maximus"),
        texture=_TEXTURE,
        offset=1.5,
        rng=rng,
    )
    assert fat.sum() == round(share * n)


def test_texture_is_seamless():
    along, across = np.meshgrid(np.linspace(0, 5, 11), np.linspace(0, 5, 11))
    once = _TEXTURE.at(along, across, 2.0)
    again = _TEXTURE.at(along + Texture.SIZE[1], across - Texture.SIZE[2], 2.0 + Texture.SIZE[0])
    np.testing.assert_allclose(once, again, atol=1e-5)


_TEXTURE = Texture(np.random.default_rng(0))
