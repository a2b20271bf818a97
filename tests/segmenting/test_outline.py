"""Outlines become masks: areas, crossings, edges of the slice, tiny outlines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.draw import polygon2mask

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.segmenting.outline import livewire, outline_to_mask, rounded_outline

coordinate = st.integers(-320, 800).map(lambda n: n / 16 + 1 / 37)
outlines = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9)


def test_a_rectangle_holds_the_centres_inside_it():
    mask = outline_to_mask([(1.5, 2.5), (1.5, 6.5), (4.5, 6.5), (4.5, 2.5)], (8, 9))
    expected = np.zeros((8, 9), dtype=bool)
    expected[2:5, 3:7] = True
    assert np.array_equal(mask, expected)


@given(triangle=st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=3, unique=True))
@settings(max_examples=40)
def test_triangles_agree_with_an_independent_filling(triangle):
    inside = outline_to_mask(triangle, (30, 40))
    reference = polygon2mask((30, 40), triangle)
    # Centres on the very edge may fall to either side; a triangle without any centre is marked once.
    assert np.count_nonzero(inside ^ reference) <= max(3, 0.02 * reference.sum())


@given(vertices=outlines)
@settings(max_examples=40)
def test_direction_and_starting_vertex_do_not_matter(vertices):
    straight = outline_to_mask(vertices, (30, 40))
    turned = outline_to_mask([*vertices[2:], *vertices[:2]][::-1], (30, 40))
    assert np.count_nonzero(straight ^ turned) <= 2 * len(vertices)


@given(vertices=outlines, shift=st.integers(0, 15))
@settings(max_examples=30)
def test_outside_the_slice_is_cut_off(vertices, shift):
    """What is drawn on a larger slice and cropped is the same, but for centres that the line itself runs through."""
    large = outline_to_mask(np.array(vertices) + 40, (100, 100))[40 + shift : 70, 40:80]
    small = outline_to_mask(np.array(vertices) - [shift, 0], (30 - shift, 40))
    if large.any():
        assert np.count_nonzero(large ^ small) <= len(vertices)


def test_a_crossing_makes_no_hole():
    twice_around = [(2, 2), (2, 12), (12, 12), (12, 2), (2, 2), (4, 4), (4, 10), (10, 10), (10, 4), (4, 4)]
    assert outline_to_mask(twice_around, (15, 15))[3:12, 3:12].all()
    figure_of_eight = outline_to_mask([(0, 0), (10, 10), (10, 0), (0, 10)], (12, 12))
    assert figure_of_eight[2, 5]
    assert figure_of_eight[8, 5]


def test_a_tiny_outline_leaves_its_pixel():
    mask = outline_to_mask([(5.2, 7.2), (5.3, 7.2), (5.3, 7.3)], (10, 10))
    assert np.argwhere(mask).tolist() == [[5, 7]]


def test_an_outline_outside_the_slice_is_empty():
    assert not outline_to_mask([(-9, -9), (-9, -5), (-5, -5)], (10, 10)).any()


@pytest.mark.parametrize(
    ("vertices", "found"),
    [
        ([(1, 1), (2, 2)], "at least 3 vertices, found 2"),
        ([(1, 1), (2, np.nan), (3, 3)], "finite"),
        ([1, 2, 3], "shape"),
    ],
)
def test_refused(vertices, found):
    with pytest.raises(InvalidChoice, match=found):
        outline_to_mask(vertices, (10, 10))


def test_rounding_gives_a_circle_back_its_area():
    angles = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    corners = 40 + 25 * np.column_stack([np.sin(angles), np.cos(angles)])
    disc = np.hypot(*(np.mgrid[:80, :80] - 40)) < 25
    straight, bent = (outline_to_mask(one, disc.shape) for one in (corners, rounded_outline(corners)))
    assert abs(bent.sum() - disc.sum()) < 0.8 * abs(straight.sum() - disc.sum())
    assert not (straight & ~bent).any()


@given(vertices=outlines)
@settings(max_examples=20)
def test_rounding_passes_through_every_click(vertices):
    bent = rounded_outline([*vertices, vertices[0]])
    assert np.isfinite(bent).all()
    assert all(np.abs(bent - vertex).sum(axis=1).min() < 1e-9 for vertex in vertices)


def test_livewire_follows_the_border_of_a_disc():
    rows, columns = np.mgrid[:80, :80]
    distance = np.hypot(rows - 40, columns - 40)
    image = (distance < 25).astype(np.float32)
    anchors = [(15, 40), (40, 65), (65, 40), (40, 15)]
    disc = distance < 25
    followed = outline_to_mask(livewire(image, anchors, pixel_spacing_mm=(1.0, 1.0)), image.shape)
    straight = outline_to_mask(anchors, image.shape)
    assert np.count_nonzero(followed ^ disc) < 0.05 * disc.sum()
    assert np.count_nonzero(followed ^ disc) < 0.2 * np.count_nonzero(straight ^ disc)


def test_livewire_takes_clicks_outside_and_flat_pictures():
    path = livewire(np.full((20, 20), 7), [(-5, 3), (30, 3), (10, 40)], pixel_spacing_mm=(1.0, 2.0))
    assert path.min() >= 0
    assert path.max() <= 19


def test_rounding_needs_three_clicks():
    with pytest.raises(InvalidChoice, match="at least 3 vertices, found 2"):
        rounded_outline([(1, 1), (2, 2)])


def test_livewire_needs_two_anchors():
    with pytest.raises(InvalidChoice, match="at least 2 anchors"):
        livewire(np.zeros((5, 5)), [(1, 1)], pixel_spacing_mm=(1.0, 1.0))
