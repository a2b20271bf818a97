"""Levels and windows as people write them: on the command line, and in the cells of a manifest."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .anatomy import find_level, find_muscle, vocabulary
from .errors import InvalidChoice
from .grid import Grid
from .level_plan import LevelPlacement, LevelPlan, MillimetresAround, NearestSlice, SlicesAround, Window

LEVEL_SHAPE = "LEVEL=slice:12, LEVEL=mm:-35.0 or MUSCLE@LEVEL=slice:7"
"""What a written level looks like."""

_LEVEL = re.compile(
    r"^(?:(?P<muscle>\w+)@)?(?P<level>\w+)(?::(?P<position>\w+))?=(?P<how>slice|mm):(?P<where>[-+0-9.eE]+)$"
)


def read_level_plan(levels: Sequence[str], window: str | None, grid: Grid) -> LevelPlan:
    """Levels and window from their texts.

    Parameters
    ----------
    levels : sequence of str
        One text for each, as `LEVEL_SHAPE` shows.
    window : str, optional
        ``slices:3`` or ``mm:20``; by default the nearest slice is read.
    grid : Grid
        Where slices lie.

    Raises
    ------
    InvalidChoice
        If a text cannot be read, a slice lies outside the grid, or a window has no level to lie around.
    """
    if window is not None and not levels:
        raise InvalidChoice(
            "Expected a level for the window to lie around, found none.", hint="Add --level, or leave --window out."
        )
    return LevelPlan(tuple(_placement(text, grid) for text in levels), _window(window))


def _placement(text: str, grid: Grid) -> LevelPlacement:
    found = _LEVEL.match(text)
    if found is None:
        raise InvalidChoice(f"Expected a level as {LEVEL_SHAPE}, found {text!r}.")
    where = _number(found["where"], text)
    if found["how"] == "slice":
        if not 0 <= where < grid.shape[0] or where != int(where):
            raise InvalidChoice(f"Expected a slice from 0 to {grid.shape[0] - 1}, found {found['where']}, in {text!r}.")
        where = grid.slice_position_mm(int(where))
    return LevelPlacement(
        level=find_level(found["level"]),
        position_mm=where,
        slice_position=vocabulary().find("slice_position", found["position"] or "user").id,
        muscle=find_muscle(found["muscle"]) if found["muscle"] else None,
    )


def _window(text: str | None) -> Window:
    if text is None:
        return NearestSlice()
    kind, _, width = text.partition(":")
    if kind == "mm":
        return MillimetresAround(_number(width, text))
    if kind == "slices" and width.isdigit():
        return SlicesAround(int(width))
    raise InvalidChoice(f"Expected a window as slices:3 or mm:20, found {text!r}.")


def _number(text: str, given: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidChoice(f"Expected a number, found {text!r}, in {given!r}.") from None
