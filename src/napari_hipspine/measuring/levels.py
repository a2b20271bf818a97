"""The measurement table: one row for every level, muscle and side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side, Term
from ..domain.tables import ALL_SLICES, BOTH_SIDES, SEPARATOR, join_words
from .amounts import Amount, Fractions, amount_of, amounts_on, fractions_of
from .left_out import left_out_of, left_out_slices, listed_muscles
from .quality import row_flags, series_flags
from .readout import Readout
from .slice_rows import lean_area_mm2

ABSENT = "absent_at_level"
_NO_FRACTION = Fractions(None, None, None, None, ("one_side_missing",))


@dataclass(frozen=True)
class LevelWindow:
    """Slices read for one muscle at one level.

    Parameters
    ----------
    level, slice_position : str
        As written in the table.
    slices : tuple of int
        Slices of the window that exist.
    n_expected : int or None
        Slices the window asks for; None for all labelled slices of each side.
    """

    level: str
    slice_position: str
    slices: tuple[int, ...]
    n_expected: int | None


@dataclass(frozen=True)
class SideValues:
    """Numbers of one side at one level, kept for the row of both sides."""

    number: int
    slices: NDArray[np.intp]
    is_partial: bool
    cells: dict[str, Any]


def measurement_rows(readout: Readout) -> Iterator[dict[str, Any]]:
    """Rows of the measurement table, by muscle in the order of the vocabulary, level and side."""
    for muscle in listed_muscles(readout):
        windows = _windows(readout, muscle)
        if not windows:
            for side in (*(one.value for one in Side), BOTH_SIDES):
                yield _empty_row(readout, muscle, None, side, "level_not_set")
        for window in windows:
            yield from _level_rows(readout, muscle, window)


def _windows(readout: Readout, muscle: Term) -> list[LevelWindow]:
    plan, grid = readout.plan, readout.grid
    if plan.is_empty:
        return [LevelWindow(ALL_SLICES, "", tuple(range(grid.shape[0])), None)]
    return [
        LevelWindow(
            placement.level.id,
            placement.slice_position,
            plan.slices(grid, placement),
            plan.window.n_slices_expected(grid, placement.position_mm),
        )
        for placement in plan.placements_for(muscle)
    ]


def _level_rows(readout: Readout, muscle: Term, window: LevelWindow) -> Iterator[dict[str, Any]]:
    sides: dict[Side, SideValues] = {}
    missing: list[str] = []
    wanted = np.asarray(window.slices, dtype=np.intp)
    for side in Side:
        number = readout.number(muscle, side)
        slices = np.intersect1d(readout.labelled_slices(number), wanted, assume_unique=True)
        if number is None or not len(slices):
            missing.append(_why_missing(readout, window, number))
            yield _empty_row(readout, muscle, window, side.value, missing[-1])
            continue
        sides[side] = _side_values(readout, muscle, window, number=number, slices=slices)
        yield _named(readout, muscle, window, side.value) | sides[side].cells
    if len(sides) == len(Side):
        yield _named(readout, muscle, window, BOTH_SIDES) | _both_cells(readout, muscle, window, sides)
        return
    # One side that is merely absent needs no second word; one that was left out says why.
    one_sided = ["one_side_missing", *(why for why in missing if why != ABSENT)] if sides else missing
    yield _empty_row(readout, muscle, window, BOTH_SIDES, join_words(w for r in one_sided for w in r.split(SEPARATOR)))


def _why_missing(readout: Readout, window: LevelWindow, number: int | None) -> str:
    """Why one side has no slice in a window: it was left out there, or it is not there."""
    found, touched = left_out_of(readout), _left_out_in(readout, window, number)
    return join_words(found.reasons_of([number], touched)) if found and number is not None and touched else ABSENT


def _left_out_in(readout: Readout, window: LevelWindow, number: int | None) -> list[int]:
    """Slices of a window on which a structure is labelled and left out."""
    return [z for z in left_out_slices(readout, number) if z in set(window.slices)]


def _side_values(
    readout: Readout, muscle: Term, window: LevelWindow, *, number: int, slices: NDArray[np.intp]
) -> SideValues:
    amount = amount_of(readout, [number], slices)
    fractions = fractions_of(readout, amount, muscle)
    left_out = _left_out_in(readout, window, number)
    expected = len(slices) + len(left_out) if window.n_expected is None else window.n_expected
    is_partial = len(slices) < expected
    flags = [*row_flags(readout, muscle, amount, numbers=[number], slices=slices)]
    flags += ["partial_window"] if is_partial else []
    flags += ["slices_left_out"] if left_out else []
    severity = _severity(readout, fractions)
    flags += ["near_cut"] if severity and severity["severe_margin"] < readout.protocol.near_cut else []
    csa = amount.n_pixels * readout.pixel_area_mm2 / len(slices)
    lean = lean_area_mm2(readout, amount)
    cells = _fat_cells(readout, muscle, fractions) | {
        "n_slices": len(slices),
        "n_slices_expected": expected,
        "csa_mm2": csa,
        "fcsa_mm2": _mean_fcsa(readout, number, slices, fractions),
        "lean_area_mm2": None if lean is None else lean / len(slices),
        "volume_mm3": amount.n_pixels * readout.grid.voxel_volume_mm3,
        "flags": join_words(flags),
    }
    return SideValues(number, slices, is_partial, cells | severity)


def _mean_fcsa(readout: Readout, number: int, slices: NDArray[np.intp], fractions: Fractions) -> float | None:
    """Mean over the slices of csa x (1 - fi); a slice without valid pixels takes the fi of all slices."""
    if fractions.fi is None:
        return None
    amounts = amounts_on(readout, number, slices)
    has_valid = amounts.n_valid > 0
    fi = np.divide(amounts.n_fat, amounts.n_valid, out=np.full(len(has_valid), fractions.fi), where=has_valid)
    return math.fsum((amounts.n_pixels * (1 - fi)).tolist()) * readout.pixel_area_mm2 / len(slices)


def _severity(readout: Readout, fractions: Fractions) -> dict[str, Any]:
    """Whether fat makes up one half, by which measure, and how near to the cut; empty where it cannot be said."""
    name = "ff" if readout.is_dixon else "fi"
    value = fractions.ff if readout.is_dixon else fractions.fi
    if value is None or "two_echo_ambiguous" in readout.flags:
        return {}
    cut = readout.protocol.severe_cut
    return {"severe": value >= cut, "severe_by": name, "severe_margin": abs(value - cut)}


def _both_cells(readout: Readout, muscle: Term, window: LevelWindow, sides: dict[Side, SideValues]) -> dict[str, Any]:
    amounts = {side: amount_of(readout, [one.number], one.slices) for side, one in sides.items()}
    pooled = _added(amounts[Side.LEFT], amounts[Side.RIGHT])
    has_both = all(amount.n_valid for amount in amounts.values())
    # A fraction of one side alone is no fraction of both.
    fractions = fractions_of(readout, pooled, muscle) if has_both else _NO_FRACTION
    left, right = sides[Side.LEFT], sides[Side.RIGHT]
    numbers, slices = [left.number, right.number], np.union1d(left.slices, right.slices)
    flags = [*row_flags(readout, muscle, pooled, numbers=numbers, slices=slices)]
    flags += ["partial_window"] if left.is_partial or right.is_partial else []
    flags += ["slices_left_out"] if any("slices_left_out" in one.cells["flags"] for one in (left, right)) else []
    shared = len(np.intersect1d(left.slices, right.slices, assume_unique=True))
    wanted = {*slices.tolist(), *(z for number in numbers for z in _left_out_in(readout, window, number))}
    sums = {
        name: _sum(left.cells[name], right.cells[name])
        for name in ("csa_mm2", "fcsa_mm2", "lean_area_mm2", "volume_mm3")
    }
    fi = (right.cells["fi"], left.cells["fi"])
    # A side too small for a fraction of its own empties what is added up from both sides.
    of_sides = [one.cells["reason"] for one in (left, right)] if None in fi else []
    return _fat_cells(readout, muscle, fractions) | {
        "n_slices": shared,
        "n_slices_expected": len(wanted) if window.n_expected is None else window.n_expected,
        **sums,
        "asymmetry_csa": _asymmetry(left.cells["csa_mm2"], right.cells["csa_mm2"]),
        "asymmetry_fcsa": _asymmetry(left.cells["fcsa_mm2"], right.cells["fcsa_mm2"]),
        "fi_difference": None if None in fi else fi[0] - fi[1],
        "flags": join_words(flags),
        "reason": join_words([*fractions.reasons, *(w for cell in of_sides for w in cell.split(SEPARATOR))]),
    }


def _fat_cells(readout: Readout, muscle: Term, fractions: Fractions) -> dict[str, Any]:
    threshold = readout.thresholds.find(muscle)
    return {
        "fi": fractions.fi,
        "ff": fractions.ff,
        "ff_of_sums": fractions.ff_of_sums,
        "ff_signal_calibrated": fractions.ff_signal_calibrated,
        "threshold": threshold.threshold,
        "fat_method": threshold.method,
        "reason": join_words(fractions.reasons),
    }


def _named(readout: Readout, muscle: Term, window: LevelWindow | None, side: str) -> dict[str, Any]:
    level, position = (window.level, window.slice_position) if window else ("", "")
    return readout.who(muscle) | {"level": level, "slice_position": position, "side": side}


def _empty_row(readout: Readout, muscle: Term, window: LevelWindow | None, side: str, reason: str) -> dict[str, Any]:
    named = _named(readout, muscle, window, side) | {"reason": reason, "flags": join_words(series_flags(readout))}
    if window is None:
        return named
    return named | {"n_slices": 0, "n_slices_expected": window.n_expected}


def _sum(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left + right


def _asymmetry(left: float | None, right: float | None) -> float | None:
    """(R - L)/((R + L)/2), positive when the patient's right is larger."""
    if left is None or right is None or left + right == 0:
        return None
    return (right - left) / ((right + left) / 2)


def _added(one: Amount, other: Amount) -> Amount:
    numbers = {name: getattr(one, name) + getattr(other, name) for name in vars(one) if name != "is_constant"}
    return Amount(**numbers, is_constant=one.is_constant and other.is_constant)
