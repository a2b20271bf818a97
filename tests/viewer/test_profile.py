"""A muscle along the slices: what the slice table says, in the order of positions, gaps left open."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Side, find_level, find_muscle
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan
from napari_hipspine.domain.tables import SLICES
from napari_hipspine.viewer.profile import profiles_of
from napari_hipspine.viewer.result_filter import Choices, ResultFilter, choices_of

MULTIFIDUS = find_muscle("multifidus")
PLAN = LevelPlan(
    (
        LevelPlacement(find_level("L4"), -32.0),
        LevelPlacement(find_level("L5"), -20.0, muscle=find_muscle("psoas_major")),
    )
)


def rows(**more):
    for z, mm in ((4, -24.0), (2, -32.0), (3, -28.0)):
        for side in ("left", "right"):
            yield {
                "subject_id": "a",
                "muscle": "multifidus",
                "side": side,
                "level": "L4;L5" if z == 3 else "",
                "slice_index": z,
                "position_mm": mm,
                "csa_mm2": 100.0 * z + (side == "right"),
                "fi": None if z == 3 else 0.1 * z,
                **more,
            }


def test_lines_hold_the_table_in_the_order_of_positions():
    area, fat = profiles_of(SLICES.frame(rows()), MULTIFIDUS, PLAN)
    assert (area.heading, fat.heading) == ("CSA [mm²]", "FI [%]")
    left, right = area.lines
    assert (left.structure.side, right.structure.side) == (Side.LEFT, Side.RIGHT)
    assert left.slices.tolist() == [2, 3, 4]
    assert right.values.tolist() == [201.0, 301.0, 401.0]
    np.testing.assert_allclose(fat.lines[0].values, [20.0, np.nan, 40.0])
    assert area.levels == (("L4", -32.0),)
    assert area.across.low < -32.0 < -24.0 < area.across.high
    assert area.up.low == 0.0
    assert (area.nearest(-27.0), area.nearest(99.0)) == (3, 4)
    assert area.position_of(2) == -32.0
    assert np.isnan(area.position_of(9))
    assert area.value_on(4) == {Side.LEFT: 400.0, Side.RIGHT: 401.0}


def test_fat_fractions_take_the_place_of_fi_and_empty_measures_are_left_out():
    _, fat = profiles_of(SLICES.frame(rows(ff=0.25)), MULTIFIDUS, LevelPlan())
    assert fat.heading == "FF [%]"
    (area,) = profiles_of(SLICES.frame(rows(fi=None)), MULTIFIDUS, LevelPlan())
    assert area.levels == ()
    assert profiles_of(SLICES.frame(rows()), find_muscle("psoas_major"), PLAN) == ()


@pytest.mark.parametrize(
    ("wanted", "n_rows"),
    [
        (ResultFilter(), 6),
        (ResultFilter(side="left"), 3),
        (ResultFilter(level="L5"), 2),
        (ResultFilter("multifidus", "right", "L4"), 1),
        (ResultFilter("psoas_major"), 0),
    ],
)
def test_a_filter_takes_rows_by_muscle_side_and_level(wanted, n_rows):
    assert sum(wanted.takes(row) for row in rows()) == n_rows


def test_choices_are_the_words_of_the_rows():
    assert choices_of(rows()) == Choices(("multifidus",), ("left", "right"), ("L4", "L5"))
