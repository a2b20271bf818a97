"""Windows and levels: which slices a position takes, and which placement a muscle follows."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.anatomy import find_level, find_muscle, vocabulary
from napari_hipspine.domain.errors import InvalidChoice, UnknownLabel
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.level_plan import (
    LevelPlacement,
    LevelPlan,
    MillimetresAround,
    NearestSlice,
    SlicesAround,
    Window,
    plan_of,
)

from .grids import affine_of

L4, TROCHANTER = find_level("L4"), find_level("greater_trochanter")
PSOAS, MULTIFIDUS = find_muscle("psoas_major"), find_muscle("multifidus")


def stack(n_slices: int = 20, *, spacing_mm: float = 4.0, going: float = 1.0, first_mm: float = 0.0) -> Grid:
    """Axial slices from `first_mm` on, going up (1) or down (-1)."""
    directions = np.eye(3)[:, [2, 1, 0]] * (going, 1, 1)
    return Grid((n_slices, 8, 8), affine_of(directions, (spacing_mm, 1, 1), (0, 0, first_mm)))


@pytest.mark.parametrize(
    ("window", "position_mm", "slices", "expected"),
    [
        (NearestSlice(), 5.0, (1,), 1),
        (NearestSlice(), -1.9, (0,), 1),
        (NearestSlice(), 6.0, (1,), 1),
        (SlicesAround(3), 48.0, (11, 12, 13), 3),
        (SlicesAround(1), 48.0, (12,), 1),
        (SlicesAround(5), 4.0, (0, 1, 2, 3), 5),
        (SlicesAround(5), 76.0, (17, 18, 19), 5),
        (MillimetresAround(20), 40.0, (8, 9, 10, 11, 12), 5),
        (MillimetresAround(16), 40.0, (8, 9, 10, 11, 12), 5),
        (MillimetresAround(15.9), 40.0, (9, 10, 11), 3),
        (MillimetresAround(1), 42.0, (10,), 1),
        (MillimetresAround(20), 0.0, (0, 1, 2), 5),
        (MillimetresAround(20), 75.0, (17, 18, 19), 5),
    ],
    ids=str,
)
@pytest.mark.parametrize("going", [1.0, -1.0])
def test_windows_take_the_slices_of_their_examples(
    window: Window, position_mm: float, slices: tuple[int, ...], expected: int, going: float
) -> None:
    grid = stack(going=going, first_mm=0.0 if going > 0 else 76.0)
    if going < 0:
        slices = tuple(sorted(19 - i for i in slices))
    assert window.slices(grid, position_mm) == slices
    assert window.n_slices_expected(grid, position_mm) == expected


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([NearestSlice(), SlicesAround(3), MillimetresAround(7.5), MillimetresAround(20)]),
    st.sampled_from([1.0, 3.3, 4.0, 6.6]),
    st.sampled_from([1.0, -1.0]),
    st.floats(-90, 90),
)
def test_a_window_far_from_the_ends_holds_what_it_expects(
    window: Window, spacing_mm: float, going: float, position_mm: float
) -> None:
    grid = stack(201, spacing_mm=spacing_mm, going=going, first_mm=-100 * spacing_mm * going)
    slices = window.slices(grid, position_mm)
    assert len(slices) == window.n_slices_expected(grid, position_mm)
    assert list(slices) == list(range(slices[0], slices[-1] + 1))
    assert grid.nearest_slice(position_mm) in slices


def test_a_single_slice_still_knows_how_many_a_window_asks_for() -> None:
    assert MillimetresAround(20).slices(stack(1), 0.0) == (0,)
    assert MillimetresAround(20).n_slices_expected(stack(1), 0.0) == 5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 19), st.integers(0, 5), st.sampled_from([NearestSlice(), SlicesAround(3), MillimetresAround(20)]))
def test_a_position_survives_cropping(index: int, cut: int, window: Window) -> None:
    grid = stack()
    if not cut <= index:
        return
    cropped = stack(20 - cut, first_mm=4.0 * cut)
    position = grid.slice_position_mm(index)
    assert window.slices(cropped, position) == tuple(i - cut for i in window.slices(grid, position) if i >= cut)


@pytest.mark.parametrize("window", [NearestSlice(), SlicesAround(3), MillimetresAround(20)], ids=str)
@pytest.mark.parametrize("position_mm", [-2.1, 78.1, float("nan"), float("inf")])
def test_a_position_beside_the_volume_is_refused(window: Window, position_mm: float) -> None:
    with pytest.raises(InvalidChoice, match=r"Expected a level from 0\.0 to 76\.0 mm, found"):
        window.slices(stack(), position_mm)


@pytest.mark.parametrize("n_slices", [0, -1, 2, 4])
def test_even_windows_have_no_middle(n_slices: int) -> None:
    with pytest.raises(InvalidChoice, match=f"odd number of slices for the window, found {n_slices}"):
        SlicesAround(n_slices)


@pytest.mark.parametrize("width_mm", [0.0, -5.0, float("nan"), float("inf")])
def test_widths_are_positive_numbers(width_mm: float) -> None:
    with pytest.raises(InvalidChoice, match="positive window width in mm"):
        MillimetresAround(width_mm)


def test_a_muscles_own_placement_wins_over_the_general_one() -> None:
    general, hip = LevelPlacement(L4, 10.0), LevelPlacement(TROCHANTER, -90.0, "tip")
    own = LevelPlacement(L4, 14.0, "mid_vertebra", PSOAS)
    plan = LevelPlan((general, hip, own), MillimetresAround(8))
    assert plan.placements_for(PSOAS) == (own, hip)
    assert plan.placements_for(MULTIFIDUS) == (general, hip)
    assert LevelPlan((own,)).placements_for(MULTIFIDUS) == ()
    assert plan.slices(stack(), own) == (3, 4) == MillimetresAround(8).slices(stack(), 14.0)
    assert not plan.is_empty
    assert LevelPlan().is_empty
    assert plan_of(iter([general])) == LevelPlan((general,), NearestSlice())
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_a_level_stands_once_per_muscle() -> None:
    with pytest.raises(InvalidChoice, match=r"every level once per muscle, found several times L4\."):
        LevelPlan((LevelPlacement(L4, 10.0), LevelPlacement(L4, 14.0)))
    own = (LevelPlacement(L4, 10.0, muscle=MULTIFIDUS), LevelPlacement(L4, 14.0, muscle=MULTIFIDUS))
    with pytest.raises(InvalidChoice, match=r"found several times multifidus@L4\."):
        LevelPlan((LevelPlacement(L4, 12.0), *own))


@pytest.mark.parametrize("position_mm", [float("nan"), float("-inf")])
def test_a_placement_has_a_position(position_mm: float) -> None:
    with pytest.raises(InvalidChoice, match=r"Expected a position in mm, found (nan|-inf), for level L4"):
        LevelPlacement(L4, position_mm)


def test_a_placement_takes_terms_of_its_kinds_only() -> None:
    with pytest.raises(InvalidChoice, match="Expected a level, found the muscle psoas_major"):
        LevelPlacement(PSOAS, 10.0)
    with pytest.raises(InvalidChoice, match="Expected a muscle, found the measure fi"):
        LevelPlacement(L4, 10.0, muscle=vocabulary().find("measure", "fi"))
    with pytest.raises(UnknownLabel, match="Expected a slice position of the vocabulary, found 'middle'"):
        LevelPlacement(L4, 10.0, "middle")
