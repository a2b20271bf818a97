"""Strokes become regions: the muscle meant, nobody else's pixels, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.segmenting.scribbles import region_from_scribbles

from .bodies import dice, make_body

BODY = make_body(3)
SLICE, LABELS = BODY.image[0], BODY.labels[0]


def scribbles(*, loop: bool = True):
    drawn = np.zeros(SLICE.shape, np.uint8)
    drawn[28:44, 26] = 1
    if loop:
        drawn[14, 8:46] = drawn[58, 8:46] = 2
        drawn[14:59, 8] = 2
        drawn[14:59, 45] = 2
    return drawn


def region(**changes):
    given_ = {"image": SLICE, "scribbles": scribbles(), "pixel_spacing_mm": (1.0, 1.0), **changes}
    return region_from_scribbles(given_.pop("image"), given_.pop("scribbles"), **given_)


def test_one_stroke_and_a_loop_find_the_muscle():
    assert dice(region(), LABELS == 1, True) > 0.93


def test_one_stroke_alone_finds_most_of_it():
    assert dice(region(scribbles=scribbles(loop=False)), LABELS == 1, True) > 0.8


def test_strokes_are_kept_to():
    drawn = scribbles()
    drawn[36, 30:36] = 2
    found = region(scribbles=drawn)
    assert found[drawn == 1].all()
    assert not found[drawn == 2].any()


def test_neighbours_and_limits_are_never_crossed():
    found = region(scribbles=scribbles(loop=False), neighbours=np.where(LABELS == 7, 7, 0))
    assert not (found & (LABELS == 7)).any()
    upper = np.zeros(SLICE.shape, bool)
    upper[:36] = True
    assert not region(within=upper)[36:].any()


@given(rows=st.integers(0, 40), columns=st.integers(0, 60))
@settings(max_examples=15)
def test_every_part_holds_a_stroke_and_there_are_no_holes(rows, columns):
    from scipy.ndimage import binary_fill_holes, label

    drawn = scribbles()
    drawn[rows : rows + 3, columns : columns + 20] = 2
    drawn[28:44, 26] = 1
    found = region(scribbles=drawn)
    parts, n_parts = label(found)
    assert set(np.unique(parts[(drawn == 1) & found])) - {0} == set(range(1, n_parts + 1))
    holes = binary_fill_holes(found) & ~found
    assert all((drawn[label(holes)[0] == i + 1] == 2).any() for i in range(label(holes)[1]))


@pytest.mark.parametrize("axis", [0, 1])
def test_mirrored_slices_give_mirrored_regions(axis):
    mirrored = region(image=np.flip(SLICE, axis), scribbles=np.flip(scribbles(), axis))
    assert dice(np.flip(mirrored, axis), region(), True) > 0.99


def test_finer_pixels_mean_the_same():
    fine = region(
        image=np.kron(SLICE, np.ones((3, 3))),
        scribbles=np.kron(scribbles(), np.ones((3, 3), int)),
        pixel_spacing_mm=(1 / 3, 1 / 3),
    )
    assert dice(fine[1::3, 1::3], region(), True) > 0.95


def test_oblong_pixels():
    found = region(image=SLICE[::2], scribbles=scribbles()[::2], pixel_spacing_mm=(2.0, 1.0))
    assert dice(found, LABELS[::2] == 1, True) > 0.9


@pytest.mark.parametrize("image", [np.zeros(SLICE.shape), np.full(SLICE.shape, -7), np.full(SLICE.shape, np.nan)])
def test_a_slice_without_contrast_is_split_half_way(image):
    found = region(image=image)
    assert found[36, 20]
    assert not found[36, 60]


def test_a_loop_is_taken_to_run_near_the_border():
    """Without contrast the border lies closer to the loop around a muscle than to the stroke through its middle."""
    rows, columns = np.indices((81, 81)) - 40
    away = np.hypot(rows, columns)
    drawn = np.where(away < 2, 1, np.where(abs(away - 30) < 1, 2, 0))
    found = region_from_scribbles(np.ones(away.shape), drawn, pixel_spacing_mm=(1.0, 1.0))
    assert 0.5 < np.sqrt(found.sum() / np.pi) / 30 < 0.75


def test_brightness_does_not_matter():
    assert dice(region(image=SLICE * 40), region(), True) > 0.99


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"scribbles": np.zeros(SLICE.shape)}, "stroke inside the muscle, found none"),
        ({"neighbours": np.ones(SLICE.shape)}, "stroke inside the muscle, found none"),
        ({"within": np.zeros(SLICE.shape, bool)}, "stroke inside the muscle, found none"),
        ({"scribbles": scribbles() * 3}, "found \\[0, 3, 6\\]"),
        ({"scribbles": scribbles()[:9]}, "one slice"),
    ],
)
def test_refused(changes, found):
    with pytest.raises(InvalidChoice, match=found):
        region(**changes)
