"""Reflections: twice is the identity, the mirror line is found, others stay."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice, PackageMissing
from napari_hipspine.segmenting.mirror import mirror, mirror_adapted, mirror_column

from .bodies import SPACING_MM, dice

ROWS, COLUMNS = np.mgrid[:80, :101]


def body(shift: float = 0.0):
    """A right muscle (1) and a left one (2), the left one lying lower by the shift."""
    right = np.hypot((ROWS - 40) / 14, (COLUMNS - 28) / 11) < 1
    left = np.hypot((ROWS - 40 - shift) / 14, (COLUMNS - 72) / 11) < 1
    labels = np.where(right, 1, np.where(left, 2, 0)).astype(np.uint16)
    image = np.where(labels > 0, 80.0, 200.0) + np.hypot(ROWS - 40, COLUMNS - 50)
    return image[np.newaxis], labels[np.newaxis]


@pytest.mark.parametrize("cut", [0, 1, 6, 9])
def test_the_mirror_line_is_found(cut):
    image, _ = body()
    assert mirror_column(image[:, :, cut:], column_mm=1.0) == pytest.approx(50 - cut, abs=0.5)


def test_no_contrast_no_mirror_line():
    with pytest.raises(InvalidChoice, match="sides are alike"):
        mirror_column(np.ones((20, 20)), column_mm=1.0)


@given(column=st.integers(80, 120).map(lambda n: n / 2), seed=st.integers(0, 5))
@settings(max_examples=15)
def test_reflecting_there_and_back_is_the_identity_where_both_sides_are_seen(column, seed):
    labels = np.zeros((1, 12, 101), np.uint16)
    labels[0, :, 30:45] = (np.random.default_rng(seed).random((12, 15)) < 0.5) * 5
    back = mirror(mirror(labels, {5: 6}, column=column) * (1 - (labels == 5)).astype(np.uint16), {6: 5}, column=column)
    source = np.arange(30, 45)
    seen = (2 * column - source >= 45) & (2 * column - source < 101)
    assert np.array_equal(back[0][:, source[seen]] == 5, labels[0][:, source[seen]] == 5)


def test_both_sides_alike():
    _, labels = body()
    drawn = np.where(labels == 1, 1, 0)
    assert np.array_equal(mirror(drawn, {1: 2}, column=50), labels)


def test_others_and_locked_ones_stay_and_slices_without_the_side_too():
    _, labels = body()
    drawn = np.concatenate([np.where(labels == 1, 1, 0), np.where(labels == 2, 2, 0)]).astype(np.uint16)
    drawn[0, 36:44, 70:76] = 9
    found = mirror(drawn, {1: 2}, column=50)
    assert np.array_equal(found[0] == 9, drawn[0] == 9)
    assert np.array_equal(found[1], drawn[1])
    assert np.array_equal(mirror(drawn, {1: 2}, column=50, locked=(2,)), drawn)


def test_adapting_finds_a_muscle_that_lies_lower():
    image, labels = body(4.0)
    drawn = np.where(labels == 1, 1, 0).astype(np.uint16)
    plain = mirror(drawn, {1: 2}, column=50)
    adapted = mirror_adapted(image, drawn, {1: 2}, column=50, spacing_mm=SPACING_MM)
    assert dice(adapted, labels, 2) > dice(plain, labels, 2) + 0.05
    assert np.array_equal(adapted == 1, labels == 1)


@pytest.mark.parametrize(
    ("pairs", "column", "found"),
    [({1: 2}, 50.3, "half-way between two"), ({1: 1}, 50, "pairs"), ({1: 2, 2: 1}, 50, "pairs"), ({}, 50, "pairs")],
)
def test_refused(pairs, column, found):
    image, labels = body()
    with pytest.raises(InvalidChoice, match=found):
        mirror(labels, pairs, column=column)
    with pytest.raises(InvalidChoice, match=found):
        mirror_adapted(image, labels, pairs, column=column, spacing_mm=SPACING_MM)


def test_without_opencv_it_says_so(monkeypatch):
    image, labels = body()
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(PackageMissing, match="Expected OpenCV"):
        mirror_adapted(image, labels, {1: 2}, column=50, spacing_mm=SPACING_MM)
