"""Levels as plain values for JSON and back."""

from __future__ import annotations

from typing import Any

from ..domain.anatomy import find_level, find_muscle
from ..domain.errors import InvalidChoice
from ..domain.level_plan import LevelPlacement, LevelPlan, MillimetresAround, NearestSlice, SlicesAround, Window
from .plain_values import number_of, of_type, only, perhaps


def plan_as_json(plan: LevelPlan) -> dict[str, Any]:
    """Plain values of levels and their window."""
    window: dict[str, Any] = {"kind": "nearest"}
    if isinstance(plan.window, SlicesAround):
        window = {"kind": "slices", "n_slices": plan.window.n_slices}
    elif isinstance(plan.window, MillimetresAround):
        window = {"kind": "millimetres", "width_mm": plan.window.width_mm}
    placements = [
        {
            "level": placed.level.id,
            "position_mm": placed.position_mm,
            "slice_position": placed.slice_position,
            "muscle": placed.muscle and placed.muscle.id,
            "is_confirmed": placed.is_confirmed,
        }
        for placed in plan.placements
    ]
    return {"window": window, "placements": placements}


def plan_of_json(said: Any) -> LevelPlan:
    """Levels and their window from plain values.

    Raises
    ------
    HipSpineError
        If something is missing, unknown or outside its range.
    """
    given = only(said, "the levels", "window", "placements")
    placements = []
    for one in of_type(given["placements"], list):
        placed = only(one, "a level", "level", "position_mm", "slice_position", "muscle", "is_confirmed")
        placements.append(
            LevelPlacement(
                find_level(placed["level"]),
                number_of(placed["position_mm"]),
                of_type(placed["slice_position"], str),
                perhaps(placed["muscle"], find_muscle),
                of_type(placed["is_confirmed"], bool),
            )
        )
    return LevelPlan(tuple(placements), _window_of_json(given["window"]))


def _window_of_json(said: Any) -> Window:
    kind = of_type(said, dict).get("kind")
    if kind == "slices":
        return SlicesAround(of_type(only(said, "a window", "kind", "n_slices")["n_slices"], int))
    if kind == "millimetres":
        return MillimetresAround(number_of(only(said, "a window", "kind", "width_mm")["width_mm"]))
    if kind != "nearest":
        raise InvalidChoice(f"Expected a window nearest, slices or millimetres, found {kind!r}.")
    only(said, "a window", "kind")
    return NearestSlice()
