"""Volumes of a person per body mass index, per height squared, and beyond height and sex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...domain.errors import TableInvalid
from .columns import FloatArray, is_gap, read_numbers_or_gaps
from .design import OutcomeKind, build_design
from .formula import parse_formula
from .linear import fit_linear

if TYPE_CHECKING:
    import pandas as pd

BMI, HEIGHT, WEIGHT, SEX = "bmi_kg_m2", "height_m", "weight_kg", "sex"
PLAUSIBLE = {BMI: (8.0, 100.0), HEIGHT: (0.4, 2.6), WEIGHT: (10.0, 400.0)}
"""Beyond these a unit was mistaken."""


@dataclass(frozen=True)
class VolumeIndices:
    """Names of a volume [cm³] and of what is made from it.

    Attributes
    ----------
    volume
        Column of the volume.
    per_bmi, per_height2
        Divided by the body mass index, or by height squared; indices, not masses.
    residual
        What a linear model on height and sex leaves of it.
    """

    volume: str
    per_bmi: str
    per_height2: str
    residual: str


LEAN = VolumeIndices(
    "lean_volume_cm3",
    "lmm_index_cm3_per_kg_m2",
    "lean_volume_per_height2_cm3_per_m2",
    "lean_volume_residual_cm3",
)
LEAN_OF_FF = VolumeIndices(
    "lean_volume_of_ff_cm3",
    "lmm_index_of_ff_cm3_per_kg_m2",
    "lean_volume_of_ff_per_height2_cm3_per_m2",
    "lean_volume_of_ff_residual_cm3",
)
INTERMAT = VolumeIndices(
    "intermat_cm3",
    "intermat_per_bmi_cm3_per_kg_m2",
    "intermat_per_height2_cm3_per_m2",
    "intermat_residual_cm3",
)


def add_volume_indices(people: pd.DataFrame, names: VolumeIndices) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with the indices of a volume, and how each was made as sentences.

    Each is added where its columns are there: ``bmi_kg_m2`` (or ``weight_kg`` and ``height_m``), ``height_m``, and
    ``sex``. The residual is what is left of a linear model of the volume on height and sex over the complete rows of
    this table.

    Raises
    ------
    TableInvalid
        If the volume is missing, a name is taken, or a value is in another unit.
    """
    if names.volume not in people.columns:
        raise TableInvalid(f"Expected the column {names.volume}, missing.")
    volume = read_numbers_or_gaps(people[names.volume].tolist(), names.volume)
    height, weight, bmi = (_plausible(people, column) for column in (HEIGHT, WEIGHT, BMI))
    of_bmi = BMI
    if bmi is None and weight is not None and height is not None:
        bmi, of_bmi = weight / height**2, f"{WEIGHT} / {HEIGHT}²"
    added: dict[str, FloatArray] = {}
    told: list[str] = []
    if bmi is not None:
        added[names.per_bmi] = volume / bmi
        told.append(f"{names.per_bmi}: {names.volume} / {of_bmi}; an index, not a mass.")
    if height is not None:
        added[names.per_height2] = volume / height**2
        told.append(f"{names.per_height2}: {names.volume} / {HEIGHT}².")
        if SEX in people.columns:
            added[names.residual], n = _residual(people, names.volume)
            told.append(f"{names.residual}: what a linear model on {HEIGHT} and {SEX} leaves over {n} rows.")
    taken = sorted(set(added) & set(map(str, people.columns)))
    if taken:
        raise TableInvalid(f"Expected no {', '.join(taken)} in the table, for it is to be added.")
    return people.assign(**added), tuple(told)


def _residual(people: pd.DataFrame, volume: str) -> tuple[FloatArray, int]:
    """Residuals, and over how many rows; gaps where a row is not complete."""
    residual = np.full(len(people), np.nan)
    complete = ~np.any([[is_gap(cell) for cell in people[name]] for name in (volume, HEIGHT, SEX)], axis=0)
    if not complete.any():
        return residual, 0
    design = build_design(people, parse_formula(f"{volume} ~ {HEIGHT} + {SEX}"), kind=OutcomeKind.LINEAR)
    estimates = fit_linear(design.fitted_matrix, design.response)
    if not estimates.has_numbers:
        return residual, 0
    residual[design.rows] = design.response - design.fitted_matrix @ estimates.beta
    return residual, design.n_rows


def _plausible(people: pd.DataFrame, column: str) -> FloatArray | None:
    """Numbers of a column, NaN for gaps; None where there is no such column."""
    if column not in people.columns:
        return None
    values = read_numbers_or_gaps(people[column].tolist(), column)
    low, high = PLAUSIBLE[column]
    wrong = values[(values < low) | (values > high)]
    if len(wrong):
        raise TableInvalid(f"Expected {low:g} to {high:g} in {column}, found {wrong[0]:g}: is it in another unit?")
    return values
