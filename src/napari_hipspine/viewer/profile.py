"""Measures of one muscle along the slices, read off the slice table, with the levels that were marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side, Structure, Term
from ..domain.colours import Rgb, structure_colour
from ..domain.headings import PER_CENT, heading_of
from ..domain.level_plan import LevelPlan
from ..domain.tables import SLICES
from .plot_scale import PlotScale, scale_around

if TYPE_CHECKING:
    import pandas as pd

_UNITS = {column.name: column.unit for column in SLICES.columns}


@dataclass(frozen=True, eq=False)
class ProfileLine:
    """One side of a muscle along the slices.

    Parameters
    ----------
    structure : Structure
        Muscle and side.
    slices : ndarray of int
        Indices of the slices it is labelled on, in the order of their positions.
    positions_mm : ndarray of float64
        Where they lie along the slice normal [mm].
    values : ndarray of float64
        The measure as it is shown; not a number where it is missing.
    """

    structure: Structure
    slices: NDArray[np.int64]
    positions_mm: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def colour(self) -> Rgb:
        """As in the layers."""
        return structure_colour(self.structure)


@dataclass(frozen=True, eq=False)
class Profile:
    """One measure of one muscle along the slices, both sides.

    Parameters
    ----------
    muscle : Term
        Which.
    heading : str
        The measure with its unit.
    lines : tuple of ProfileLine
        One per side that is labelled.
    levels : tuple of (str, float)
        Levels marked for the muscle, each with its position [mm].
    """

    muscle: Term
    heading: str
    lines: tuple[ProfileLine, ...]
    levels: tuple[tuple[str, float], ...]

    @property
    def across(self) -> PlotScale:
        """Positions of all slices and levels."""
        found = [line.positions_mm for line in self.lines] + [np.array([mm for _, mm in self.levels])]
        positions = np.concatenate(found)
        return scale_around(float(positions.min()), float(positions.max()), margin=0.03)

    @property
    def up(self) -> PlotScale:
        """From zero, or the lowest value below it, to the highest."""
        values = np.concatenate([line.values for line in self.lines])
        known = values[np.isfinite(values)]
        low, high = (min(0.0, float(known.min())), float(known.max())) if known.size else (0.0, 1.0)
        return PlotScale(low, high + 0.08 * (high - low) if high > low else low + 1.0)

    def nearest(self, position_mm: float) -> int:
        """The labelled slice nearest to a position."""
        slices = np.concatenate([line.slices for line in self.lines])
        positions = np.concatenate([line.positions_mm for line in self.lines])
        return int(slices[np.abs(positions - position_mm).argmin()])

    def position_of(self, slice_index: int) -> float:
        """Where a slice lies [mm]; not a number where the muscle is not labelled on it."""
        for line in self.lines:
            found = np.flatnonzero(line.slices == slice_index)
            if len(found):
                return float(line.positions_mm[found[0]])
        return float("nan")

    def value_on(self, slice_index: int) -> dict[Side, float]:
        """The measure on one slice, by side; not a number where it is missing."""
        found = {}
        for line in self.lines:
            at = np.flatnonzero(line.slices == slice_index)
            found[line.structure.side] = float(line.values[at[0]]) if len(at) else float("nan")
        return found


def profiles_of(slices: pd.DataFrame, muscle: Term, plan: LevelPlan) -> tuple[Profile, ...]:
    """Area and fat of one muscle along the slices; a measure that is missing throughout is left out.

    Parameters
    ----------
    slices : pandas.DataFrame
        A slice table.
    muscle : Term
        Which muscle.
    plan : LevelPlan
        Levels that were marked.
    """
    own = slices[slices["muscle"] == muscle.id].sort_values("position_mm", kind="stable")
    levels = tuple((p.level.id.replace("_", " "), p.position_mm) for p in plan.placements_for(muscle))
    found = []
    # Where fat fractions were measured, their mean says more than the share beyond one half.
    fat = "ff" if own["ff"].notna().any() else "fi"
    for measure in ("csa_mm2", fat):
        lines = tuple(_line(own, muscle, side, measure) for side in Side)
        lines = tuple(line for line in lines if len(line.slices))
        if lines and any(np.isfinite(line.values).any() for line in lines):
            found.append(Profile(muscle, heading_of(measure, _UNITS[measure]), lines, levels))
    return tuple(found)


def _line(rows: pd.DataFrame, muscle: Term, side: Side, measure: str) -> ProfileLine:
    one = rows[rows["side"] == side.value]
    values = np.asarray(one[measure], dtype=np.float64)
    return ProfileLine(
        Structure(muscle, side),
        np.asarray(one["slice_index"], dtype=np.int64),
        np.asarray(one["position_mm"], dtype=np.float64),
        values * 100 if measure in PER_CENT else values,
    )
