"""Lean muscle volume of a person, and the volume per body mass index, per height squared and beyond height and sex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...domain.errors import InvalidChoice, TableInvalid
from .columns import FloatArray, is_gap, read_numbers
from .design import OutcomeKind, build_design
from .formula import parse_formula
from .linear import fit_linear

if TYPE_CHECKING:
    import pandas as pd

LEAN_VOLUME = "lean_volume_cm3"
LMM_INDEX = "lmm_index_cm3_per_kg_m2"
PER_HEIGHT2 = "lean_volume_per_height2_cm3_per_m2"
RESIDUAL = "lean_volume_residual_cm3"
N_MUSCLES = "n_muscles"

PLAUSIBLE = {"bmi_kg_m2": (8.0, 100.0), "height_m": (0.4, 2.6), "weight_kg": (10.0, 400.0)}
"""Beyond these a unit was mistaken."""

_MM3_PER_CM3 = 1000.0
_SIDES = ("left", "right")


def sum_lean_volumes(measurements: pd.DataFrame, muscles: Sequence[str]) -> pd.DataFrame:
    """Lean volume of the named muscles, both sides together, one row per person and session.

    The lean volume of a muscle is its volume times one minus the share of its voxels called fat (``fi``; on Dixon
    images: a fat fraction of one half or more). A person who lacks one of the muscles on one side has no sum: volumes
    of different muscles cannot be compared.

    Parameters
    ----------
    measurements : data frame
        Rows per muscle and side with ``volume_mm3`` and ``fi``.
    muscles : sequence of str
        Which muscles; they are part of the result's meaning.

    Raises
    ------
    InvalidChoice
        If no muscle is named.
    TableInvalid
        If columns are missing, or a person has several rows of one muscle and side.
    """
    import pandas as pd

    if not muscles:
        raise InvalidChoice("Expected at least one muscle for a lean volume, found none.")
    needed = ["subject_id", "muscle", "side", "volume_mm3", "fi"]
    lacking = [name for name in needed if name not in measurements.columns]
    if lacking:
        raise TableInvalid(f"Expected the columns {', '.join(needed)}, missing {', '.join(lacking)}.")
    who = [name for name in ("subject_id", "session") if name in measurements.columns]
    chosen = measurements[measurements["muscle"].isin(list(muscles)) & measurements["side"].isin(_SIDES)]
    twice = chosen.duplicated([*who, "muscle", "side"], keep=False)
    if twice.any():
        first = chosen[twice].iloc[0]
        raise TableInvalid(
            f"Expected one row per person, muscle and side, found several for {first['subject_id']}, "
            f"{first['muscle']}, {first['side']}.",
            hint="Hand in one level, series and reader.",
        )
    lean = _numbers_or_gaps(chosen["volume_mm3"], "volume_mm3") * (1 - _numbers_or_gaps(chosen["fi"], "fi"))
    parts = chosen[who].assign(lean=lean / _MM3_PER_CM3)
    people = measurements[who].drop_duplicates().reset_index(drop=True)
    grouped = parts.groupby(who, sort=False)["lean"].agg(["sum", "count"]).reset_index()
    found = people.merge(grouped, on=who, how="left")
    n_muscles = found["count"].fillna(0).astype(int)
    complete = n_muscles == len(set(muscles)) * len(_SIDES)
    volume = np.where(complete, found["sum"].to_numpy(dtype=np.float64), np.nan)
    return pd.DataFrame({**{name: people[name] for name in who}, LEAN_VOLUME: volume, N_MUSCLES: n_muscles})


def add_lean_indices(people: pd.DataFrame) -> pd.DataFrame:
    """The table with lean volume over body mass index, over height squared, and its residual on height and sex.

    ``lmm_index_cm3_per_kg_m2`` is an index, not a mass. Each is added where its columns are there: ``bmi_kg_m2`` (or
    ``weight_kg`` and ``height_m``), ``height_m``, and ``sex``. The residual is what is left of a linear model of the
    lean volume on height and sex over the complete rows of this table.

    Raises
    ------
    TableInvalid
        If the lean volume is missing, none of the others is there, or a value is in another unit.
    """
    if LEAN_VOLUME not in people.columns:
        raise TableInvalid(f"Expected the column {LEAN_VOLUME}, missing.")
    volume = _numbers_or_gaps(people[LEAN_VOLUME], LEAN_VOLUME)
    height = _plausible(people, "height_m")
    weight, bmi = _plausible(people, "weight_kg"), _plausible(people, "bmi_kg_m2")
    if bmi is None and weight is not None and height is not None:
        bmi = weight / height**2
    added: dict[str, FloatArray] = {}
    if bmi is not None:
        added[LMM_INDEX] = volume / bmi
    if height is not None:
        added[PER_HEIGHT2] = volume / height**2
        if "sex" in people.columns:
            added[RESIDUAL] = _residual(people)
    if not added:
        raise TableInvalid(
            f"Expected bmi_kg_m2, height_m, or weight_kg and height_m beside {LEAN_VOLUME}, found none.",
            hint="Units are part of the names.",
        )
    return people.assign(**added)


def _residual(people: pd.DataFrame) -> FloatArray:
    design = build_design(people, parse_formula(f"{LEAN_VOLUME} ~ height_m + sex"), kind=OutcomeKind.LINEAR)
    estimates = fit_linear(design.fitted_matrix, design.response)
    residual = np.full(len(people), np.nan)
    if estimates.has_numbers:
        residual[design.rows] = design.response - design.fitted_matrix @ estimates.beta
    return residual


def _plausible(people: pd.DataFrame, column: str) -> FloatArray | None:
    """Numbers of a column, NaN for gaps; None where there is no such column."""
    if column not in people.columns:
        return None
    values = _numbers_or_gaps(people[column], column)
    low, high = PLAUSIBLE[column]
    wrong = values[(values < low) | (values > high)]
    if len(wrong):
        raise TableInvalid(f"Expected {low:g} to {high:g} in {column}, found {wrong[0]:g}: is it in another unit?")
    return values


def _numbers_or_gaps(cells: pd.Series[float], column: str) -> FloatArray:
    listed = cells.tolist()
    gaps = np.array([is_gap(cell) for cell in listed], dtype=bool)
    values = np.full(len(listed), np.nan)
    values[~gaps] = read_numbers([cell for cell, gap in zip(listed, gaps, strict=True) if not gap], column)
    return values
