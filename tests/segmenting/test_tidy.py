"""Repairs keep what they promise: area, other labels, one part, the rule for overlaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.segmenting.threshold_in_outline import threshold_in_outline
from napari_hipspine.segmenting.tidy import (
    OverlapRule,
    joined_outlines,
    largest_part,
    pasted,
    smoothed,
    swapped_sides,
    tidied,
    without_holes,
)

PLANE_MM = (1.0, 0.5)
ROWS, COLUMNS = np.mgrid[:40, :50]
ragged = st.integers(0, 50).map(
    lambda seed: (np.hypot(ROWS - 20, COLUMNS - 24) + np.random.default_rng(seed).normal(0, 2, ROWS.shape)) < 11
)


@given(mask=ragged, width=st.floats(0.5, 8.0))
@settings(max_examples=20)
def test_smoothing_keeps_the_area_to_the_pixel(mask, width):
    smooth = smoothed(mask, spacing_mm=PLANE_MM, width_mm=width)
    assert smooth.sum() == mask.sum()
    allowed = COLUMNS < 24
    kept = smoothed(mask, spacing_mm=PLANE_MM, width_mm=width, allowed=allowed)
    assert kept.sum() == mask.sum()
    assert not (kept & ~allowed & ~mask).any()


def test_smoothing_smooths():
    rough = np.hypot(ROWS - 20, COLUMNS - 24) + np.random.default_rng(1).normal(0, 2, ROWS.shape) < 11
    smooth = smoothed(rough, spacing_mm=(1.0, 1.0), width_mm=5.0)
    lengths = [np.count_nonzero(np.diff(one.astype(int), axis=0)) for one in (rough, smooth)]
    assert lengths[1] < 0.7 * lengths[0]


@pytest.mark.parametrize("mask", [np.zeros((4, 4), bool), np.ones((4, 4), bool)])
def test_nothing_and_everything_stay_as_they_are(mask):
    assert np.array_equal(smoothed(mask, spacing_mm=(1.0, 1.0), width_mm=3.0), mask)
    assert np.array_equal(largest_part(mask), mask)


@given(mask=ragged)
@settings(max_examples=15)
def test_the_largest_part_is_one_part_and_none_is_larger(mask):
    kept = largest_part(mask)
    assert label(kept)[1] == 1
    assert not (kept & ~mask).any()
    assert kept.sum() == np.bincount(label(mask)[0].ravel())[1:].max()


def test_holes_are_filled():
    ring = (np.hypot(ROWS - 20, COLUMNS - 24) < 12) & (np.hypot(ROWS - 20, COLUMNS - 24) > 5)
    assert np.array_equal(without_holes(ring), np.hypot(ROWS - 20, COLUMNS - 24) < 12)


@given(mask=ragged, seed=st.integers(0, 5))
@settings(max_examples=10)
def test_tidying_paints_over_nobody(mask, seed):
    labels = np.where(mask, 4, 0).astype(np.uint16)
    labels[np.random.default_rng(seed).random(labels.shape) < 0.03] = 8
    done = tidied(labels, (4,), spacing_mm=PLANE_MM)
    assert np.array_equal(done == 8, labels == 8)
    assert (done == 4).any()


@pytest.mark.parametrize(
    ("rule", "left", "right"), [(OverlapRule.FIRST, 20, 10), (OverlapRule.LAST, 10, 20), (OverlapRule.DEEPEST, 15, 15)]
)
def test_overlaps_are_resolved_by_rule(rule, left, right):
    masks = {3: np.zeros((20, 34), bool), 2: np.zeros((20, 34), bool)}
    masks[3][:, 2:22] = True
    masks[2][:, 12:32] = True
    found = joined_outlines(masks, rule, spacing_mm=(1.0, 1.0))
    assert [np.count_nonzero(found[10] == value) for value in (3, 2)] == [left, right]
    assert np.array_equal(found > 0, masks[3] | masks[2])


def test_swapped_sides_are_listed():
    labels = np.zeros((3, 4, 10), np.uint16)
    labels[0, :, 7], labels[0, :, 2] = 1, 2
    labels[1, :, 2], labels[1, :, 7] = 1, 2
    labels[2, :, 2] = 1
    assert swapped_sides(labels, {1: 2}, columns_toward_left=1) == ((1, 1, 2),)
    assert swapped_sides(labels, {1: 2}, columns_toward_left=-1) == ((0, 1, 2),)


def test_pasting_replaces_the_same_values_only():
    labels = np.zeros((2, 6, 6), np.uint16)
    labels[0, 1:3, 1:3], labels[0, 4, 4] = 1, 2
    labels[1, 4:6, 4:6], labels[1, 1, 1] = 1, 9
    found = pasted(labels, from_slice=0, to_slice=1, values=(1, 2), locked=(2,))
    assert np.array_equal(np.argwhere(found == 1), [[1, 2], [2, 1], [2, 2]])
    assert found[1, 1] == 9
    assert not (found == 2).any()


def test_threshold_keeps_the_signals_between_the_limits():
    image = np.array([[1.0, 2.0, 3.0, np.nan]])
    outline = np.array([[True, True, True, True]])
    assert threshold_in_outline(image, outline, lowest=2).tolist() == [[False, True, True, False]]
    assert threshold_in_outline(image, outline, lowest=1, highest=2).tolist() == [[True, True, False, False]]
    assert threshold_in_outline(image, ~outline, highest=9).sum() == 0


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda: smoothed(np.ones((3, 3), bool), spacing_mm=(1, 1), width_mm=0), "positive width"),
        (lambda: joined_outlines({}, OverlapRule.FIRST, spacing_mm=(1, 1)), "at least one outline"),
        (lambda: pasted(np.zeros((2, 2, 2), int), from_slice=0, to_slice=1, values=(1,)), "found none, on slice 0"),
        (lambda: threshold_in_outline(np.zeros((2, 2)), np.ones((2, 2))), "found neither"),
        (lambda: threshold_in_outline(np.zeros((2, 2)), np.ones((2, 2)), lowest=3, highest=1), "not above"),
        (lambda: threshold_in_outline(np.zeros((2, 3)), np.ones((2, 2)), lowest=1), "one shape"),
    ],
)
def test_refused(call, found):
    with pytest.raises(InvalidChoice, match=found):
        call()
