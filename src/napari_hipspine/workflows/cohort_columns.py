"""Columns a model needs and a table lacks: lean muscle volume, activity in three groups, severe fat per muscle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice, TableInvalid
from ..relating.models.activity import CUTS, REFERENCE, add_activity_groups
from ..relating.models.lean_muscle import add_lean_indices, sum_lean_volumes
from ..relating.outcomes import SEVERE, spread_severe
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

ACTIVITY = "activity"
SUBJECT = "subject_id"


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
class CohortColumns:
    """What is added to a table before a model is fitted.

    Parameters
    ----------
    lean : LeanColumns
        Lean volume and its indices; none by default.
    activity : str, optional
        Column of MET minutes per week that becomes ``activity``: low, moderate, high.
    activity_cuts : tuple of float
        Where low ends and high begins [MET min/week].
    """

    lean: LeanColumns = LeanColumns()
    activity: str | None = None
    activity_cuts: tuple[float, float] = CUTS

    @property
    def references(self) -> dict[str, str]:
        """What the added categories are compared with, unless something else is asked for."""
        return {ACTIVITY: REFERENCE} if self.activity else {}

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance."""
        return {
            "lean_measurements": [str(path) for path in self.lean.measurements],
            "lean_muscles": list(self.lean.muscles),
            "activity": self.activity,
            "activity_cuts": list(self.activity_cuts) if self.activity else [],
        }


def add_cohort_columns(table: pd.DataFrame, columns: CohortColumns) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with the columns asked for, and how they were made as sentences.

    Raises
    ------
    TableInvalid
        If a table lacks what is needed, or the lean volume is already there.
    """
    told: list[str] = []
    if columns.lean.measurements:
        lean = sum_lean_volumes(read_measurements(columns.lean.measurements), columns.lean.muscles)
        keys = [SUBJECT, "session"] if "session" in table.columns and "session" in lean.columns else [SUBJECT]
        kept = lean if "session" in keys else lean.drop(columns="session", errors="ignore")
        table = add_lean_indices(join_people(table, kept, keys))
        told.append(
            f"lean_volume_cm3: volume without voxels called fat, both sides together, of "
            f"{', '.join(columns.lean.muscles)}; lmm_index_cm3_per_kg_m2 is an index, not a mass."
        )
    if columns.activity:
        low, high = columns.activity_cuts
        table = add_activity_groups(table, columns.activity, cuts=columns.activity_cuts, name=ACTIVITY)
        told.append(f"activity: {columns.activity} below {low:g} low, above {high:g} high, between moderate.")
    return table, tuple(told)


@dataclass(frozen=True)
class SevereRows:
    """Which rows of measurements say where fat is severe.

    Parameters
    ----------
    measurements : tuple of path
        Tables with ``severe`` per muscle and side, read as one.
    level, session : str, optional
        Only rows of these.
    """

    measurements: tuple[Path, ...]
    level: str | None = None
    session: str | None = None

    @property
    def sentence(self) -> str:
        """What the columns were made from."""
        parts = [f"{name} {value}" for name, value in (("level", self.level), ("session", self.session)) if value]
        return f"severe_MUSCLE_SIDE: fat of one half or more, from the measurements ({', '.join(parts) or 'all rows'})."


def add_severe(table: pd.DataFrame, chosen: SevereRows) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with ``severe_MUSCLE_SIDE`` of every person's measurements, and the names of these columns.

    Raises
    ------
    TableInvalid
        If nothing is left of the measurements, or a person has several rows of one muscle and side.
    """
    rows = read_measurements(chosen.measurements)
    for column, wanted in (("level", chosen.level), ("session", chosen.session)):
        if wanted is not None and column in rows.columns:
            found = ", ".join(sorted(set(rows[column])))
            rows = rows[rows[column] == wanted]
            if rows.empty:
                raise TableInvalid(f"Expected rows of {column} {wanted}, found {found or 'none'}.")
    wide = spread_severe(rows.reset_index(drop=True))
    names = tuple(name for name in wide.columns if str(name).startswith(f"{SEVERE}_"))
    return join_people(table, wide, [SUBJECT]), names


def read_measurements(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Measurement tables as one table of text cells."""
    import pandas as pd

    return pd.concat([read_table(path, what="a measurement table") for path in paths], ignore_index=True)


def join_people(table: pd.DataFrame, people: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The table with the columns of the people beside it; nobody is added, who is not among the people has gaps.

    Raises
    ------
    TableInvalid
        If a key is missing, a person stands twice among the people, a column is there already, or nobody is in both.
    """
    lacking = [key for frame in (table, people) for key in keys if key not in frame.columns]
    if lacking:
        raise TableInvalid(f"Expected the columns {', '.join(keys)} in both tables, missing {', '.join(lacking)}.")
    taken = [str(name) for name in people.columns if name in table.columns and name not in keys]
    if taken:
        raise TableInvalid(f"Expected no {', '.join(taken)} in the table, for it is to be added.")
    twice = people[people.duplicated(list(keys))]
    if len(twice):
        raise TableInvalid(
            f"Expected one row per {' and '.join(keys)}, found several for {twice.iloc[0][keys[0]]}.",
            hint="Hand in one session, or a table with a column session.",
        )
    joined = table.merge(people, on=list(keys), how="left", indicator="_found")
    if not (joined["_found"] == "both").any():
        raise TableInvalid(
            f"Expected people who are in both tables, found none with the same {' and '.join(keys)}.",
            hint="Ids are compared as text: 7 is not 007.",
        )
    return joined.drop(columns="_found")
