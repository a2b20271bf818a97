"""Columns a model needs and a table lacks: volumes of muscles and regions, values per muscle, activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from ..relating.models.activity import CUTS, REFERENCE, add_activity_groups
from ..relating.models.lean_muscle import N_MUSCLES, sum_lean_volumes
from ..relating.models.region_volumes import LEAN_MEASURES, list_region_volumes
from ..relating.models.volume_indices import INTERMAT, LEAN, LEAN_OF_FF, add_volume_indices
from ..relating.wide_columns import choose_where, spread_measures
from .joined_tables import SUBJECT, join_people, read_as_one, read_measurements

if TYPE_CHECKING:
    import pandas as pd

ACTIVITY = "activity"


@dataclass(frozen=True)
class LeanColumns:
    """Lean muscle volume of the named muscles, from measurements.

    Parameters
    ----------
    measurements : tuple of path
        Tables with ``volume_mm3`` and ``fi`` per muscle and side, read as one.
    muscles : tuple of str
        Which muscles; they are part of what the number means.

    Raises
    ------
    InvalidChoice
        If one of both is missing.
    """

    measurements: tuple[Path, ...] = ()
    muscles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.measurements) != bool(self.muscles):
            raise InvalidChoice(
                f"Expected measurements and the muscles of the lean volume, found {len(self.measurements)} tables and "
                f"{len(self.muscles)} muscles.",
                hint="Name the muscles: volumes of different muscles cannot be compared.",
            )


@dataclass(frozen=True)
class ValueColumns:
    """Values per muscle and side as ``MEASURE_MUSCLE_SIDE``, from measurements.

    Parameters
    ----------
    measurements : tuple of path
        Measurement tables, read as one.
    measures : tuple of str
        Such as ``fi`` or ``fcsa``.
    levels, sessions : tuple of str
        Only rows of these.

    Raises
    ------
    InvalidChoice
        If there are measurements without measures, or choices without measurements.
    """

    measurements: tuple[Path, ...] = ()
    measures: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.measurements) != bool(self.measures) or (self.levels + self.sessions and not self.measurements):
            raise InvalidChoice(
                f"Expected measurements and the measures to take from them, found {len(self.measurements)} tables and "
                f"{len(self.measures)} measures.",
                hint="Name measures such as fi or fcsa.",
            )


@dataclass(frozen=True)
class CohortColumns:
    """What is added to a table before a model is fitted.

    Parameters
    ----------
    lean : LeanColumns
        Lean volume and its indices; none by default.
    regions : tuple of path
        Region tables of the people: InterMAT, fat in muscles and (unless `lean` gives it) lean volume, with indices.
    values : ValueColumns
        Values per muscle and side.
    mixed_contrast, allow_psoas_threshold_fi : bool
        Whether fat told in different ways may stand in one column, and psoas fat told by a threshold at all.
    activity : str, optional
        Column of MET minutes per week that becomes ``activity``: low, moderate, high.
    activity_cuts : tuple of float
        Where low ends and high begins [MET min/week].
    """

    lean: LeanColumns = LeanColumns()
    regions: tuple[Path, ...] = ()
    values: ValueColumns = ValueColumns()
    mixed_contrast: bool = False
    allow_psoas_threshold_fi: bool = False
    activity: str | None = None
    activity_cuts: tuple[float, float] = CUTS

    @property
    def references(self) -> dict[str, str]:
        """What the added categories are compared with, unless something else is asked for."""
        return {ACTIVITY: REFERENCE} if self.activity else {}

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that is read, each once."""
        return tuple(dict.fromkeys((*self.lean.measurements, *self.regions, *self.values.measurements)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance."""
        return {
            "lean_measurements": [str(path) for path in self.lean.measurements],
            "lean_muscles": list(self.lean.muscles),
            "regions": [str(path) for path in self.regions],
            "values_measurements": [str(path) for path in self.values.measurements],
            "values_measures": list(self.values.measures),
            "values_levels": list(self.values.levels),
            "values_sessions": list(self.values.sessions),
            "mixed_contrast": self.mixed_contrast,
            "allow_psoas_threshold_fi": self.allow_psoas_threshold_fi,
            "activity": self.activity,
            "activity_cuts": list(self.activity_cuts) if self.activity else [],
        }


def add_cohort_columns(table: pd.DataFrame, columns: CohortColumns) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with the columns asked for, and how they were made as sentences.

    Raises
    ------
    TableInvalid
        If a table lacks what is needed, or a column is already there.
    InvalidChoice
        If volumes or fat of different kinds would stand in one column.
    """
    told: list[str] = []
    for add in (_add_lean, _add_regions, _add_indices, _add_values, _add_activity):
        table, said = add(table, columns)
        told += said
    return table, tuple(told)


def _add_lean(table: pd.DataFrame, columns: CohortColumns) -> tuple[pd.DataFrame, Sequence[str]]:
    if not columns.lean.measurements:
        return table, ()
    lean = sum_lean_volumes(read_measurements(columns.lean.measurements), columns.lean.muscles)
    names = ", ".join(columns.lean.muscles)
    said = f"{LEAN.volume}: volume without voxels called fat, both sides together, of {names}."
    return _join_by_person(table, lean.drop(columns=N_MUSCLES)), (said,)


def _add_regions(table: pd.DataFrame, columns: CohortColumns) -> tuple[pd.DataFrame, Sequence[str]]:
    if not columns.regions:
        return table, ()
    volumes, said = list_region_volumes(
        read_as_one(columns.regions, "a region table"), mixed_contrast=columns.mixed_contrast
    )
    spare = LEAN_MEASURES if columns.lean.measurements else ()
    return _join_by_person(table, volumes.drop(columns=list(spare), errors="ignore")), said


def _add_indices(table: pd.DataFrame, columns: CohortColumns) -> tuple[pd.DataFrame, Sequence[str]]:
    """Indices of the volumes that were added, as far as height, weight, BMI and sex allow."""
    said: list[str] = []
    for names in (LEAN, LEAN_OF_FF, INTERMAT) if columns.lean.measurements or columns.regions else ():
        if names.volume in table.columns:
            table, told = add_volume_indices(table, names)
            said += told
    return table, said


def _add_values(table: pd.DataFrame, columns: CohortColumns) -> tuple[pd.DataFrame, Sequence[str]]:
    asked = columns.values
    if not asked.measurements:
        return table, ()
    rows = choose_where(read_measurements(asked.measurements), level=asked.levels, session=asked.sessions)
    wide, said = spread_measures(
        rows,
        asked.measures,
        mixed_contrast=columns.mixed_contrast,
        allow_psoas_threshold_fi=columns.allow_psoas_threshold_fi,
    )
    where = "; ".join(", ".join(words) for words in (asked.levels, asked.sessions) if words) or "all rows"
    first = f"{', '.join(asked.measures)} per muscle and side as MEASURE_MUSCLE_SIDE, from the measurements ({where})."
    return join_people(table, wide, [SUBJECT]), (first, *said)


def _add_activity(table: pd.DataFrame, columns: CohortColumns) -> tuple[pd.DataFrame, Sequence[str]]:
    if not columns.activity:
        return table, ()
    low, high = columns.activity_cuts
    said = f"activity: {columns.activity} below {low:g} low, above {high:g} high, between moderate."
    return add_activity_groups(table, columns.activity, cuts=columns.activity_cuts, name=ACTIVITY), (said,)


def _join_by_person(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Joined by person, and by session where both tables have one."""
    if "session" in table.columns and "session" in people.columns:
        return join_people(table, people, [SUBJECT, "session"])
    return join_people(table, people.drop(columns="session", errors="ignore"), [SUBJECT])
