from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.errors import GridMismatch
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.measuring.agreement import (
    BorderRule,
    DistanceRule,
    find_outline,
    find_overlaps,
    outline_distances,
)

LEFT, RIGHT = (find_structure("multifidus", side) for side in ("left", "right"))


def make_map(labels: np.ndarray, *, spacing: tuple[float, float, float] = (4.0, 0.5, 0.8), **names: int) -> LabelMap:
    grid = Grid(labels.shape, np.diag([*spacing, 1.0]))
    values = names or {"left": 1, "right": 2}
    return LabelMap(labels, grid, {value: find_structure("multifidus", side) for side, value in values.items()})


def square(start: int, *, size: int = 10, n_slices: int = 1, value: int = 1) -> np.ndarray:
    labels = np.zeros((n_slices, 30, 30), dtype=np.uint16)
    labels[:, 5 : 5 + size, start : start + size] = value
    return labels


def test_a_square_moved_by_half_its_side() -> None:
    (left, right) = find_overlaps(make_map(square(5), spacing=(1, 1, 1)), make_map(square(10), spacing=(1, 1, 1)))
    assert [left.structure, left.dice, left.hd_mm] == [LEFT, 0.5, 5.0]
    assert [left.n_first, left.n_second, left.n_both] == [100, 100, 50]
    assert [right.structure, right.dice, right.hd95_mm] == [RIGHT, None, None]


def test_a_cube_moved_by_two() -> None:
    first, second = square(5, n_slices=10), square(7, n_slices=10)
    overlap = find_overlaps(make_map(first), make_map(second))[0]
    assert overlap.dice == pytest.approx(0.8)
    assert overlap.hd_mm == pytest.approx(2 * 0.8)


def test_one_map_empty_is_no_overlap_and_infinitely_far() -> None:
    overlap = find_overlaps(make_map(square(5)), make_map(square(5, value=0)))[0]
    assert [overlap.dice, overlap.hd95_mm, overlap.hd_mm] == [0.0, np.inf, np.inf]


def test_names_count_not_values() -> None:
    first, second = square(5, value=1), square(5, value=7)
    overlaps = find_overlaps(make_map(first, left=1), make_map(second, left=7, right=3))
    assert [one.dice for one in overlaps] == [1.0, None]
    assert overlaps[0].hd95_mm == 0


def test_other_grids_are_refused() -> None:
    with pytest.raises(GridMismatch, match="two label maps on one grid, found a difference"):
        find_overlaps(make_map(square(5)), make_map(square(5), spacing=(4.0, 0.5, 0.9)))


def brute_force(first: np.ndarray, second: np.ndarray, spacing: tuple[float, ...], border: BorderRule) -> tuple:
    points = [np.argwhere(find_outline(mask, border=border)) * spacing for mask in (first, second)]
    distances = cdist(*points)
    return distances.min(axis=1), distances.min(axis=0)


@given(st.integers(0, 10_000), st.sampled_from(list(BorderRule)))
@settings(max_examples=20)
def test_distances_are_those_of_all_pairs_of_outline_voxels(seed: int, border: BorderRule) -> None:
    generator = np.random.default_rng(seed)
    first, second = generator.random((2, 4, 9, 7)) < 0.3
    spacing = (4.0, 0.5, 0.8)
    there, back = brute_force(first, second, spacing, border)
    directed = outline_distances(first, second, spacing, border=border)
    assert directed == pytest.approx(
        (max(np.percentile(there, 95), np.percentile(back, 95)), max(there.max(), back.max()))
    )
    assert outline_distances(second, first, spacing, border=border) == directed
    pooled = outline_distances(first, second, spacing, distance=DistanceRule.POOLED, border=border)
    assert pooled[0] == pytest.approx(np.percentile([*there, *back], 95))


def test_conventions_differ_where_one_outline_has_a_far_part() -> None:
    first, second = square(5), square(5)
    second[0, 25, 25:28] = 1
    maps = make_map(first), make_map(second)
    directed = find_overlaps(*maps, distance=DistanceRule.MAX_OF_DIRECTED)[0].hd95_mm
    pooled = find_overlaps(*maps, distance=DistanceRule.POOLED)[0].hd95_mm
    assert directed > pooled == 0


def test_outline_within_slices_or_of_the_whole_body() -> None:
    body = np.zeros((5, 7, 7), dtype=bool)
    body[1:4, 1:6, 1:6] = True
    assert find_outline(body, border=BorderRule.SLICE_OUTLINE).sum(axis=(1, 2)).tolist() == [0, 16, 16, 16, 0]
    assert find_outline(body, border=BorderRule.FACES).sum(axis=(1, 2)).tolist() == [0, 25, 16, 25, 0]
    full = np.ones((1, 3, 3), dtype=bool)
    assert find_outline(full, border=BorderRule.SLICE_OUTLINE).sum() == 8


def test_slabs_and_slices_apart_give_one_answer() -> None:
    labels = np.zeros((40, 8, 8), dtype=np.uint16)
    labels[2, 1:4, 1:4] = labels[37, 4:7, 4:7] = 1
    other = labels.copy()
    other[37] = 0
    overlap = find_overlaps(make_map(labels), make_map(other))[0]
    assert overlap.dice == pytest.approx(2 * 9 / 27)
    assert overlap.hd_mm == pytest.approx(np.hypot(35 * 4, np.hypot(3 * 0.5, 3 * 0.8)))
