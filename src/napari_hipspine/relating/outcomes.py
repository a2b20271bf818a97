"""Two-valued outcomes and how they were made, and severe fat as a column per muscle and side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.errors import InvalidChoice, TableInvalid
from .models.columns import is_gap, read_numbers_or_gaps
from .models.interaction import Dichotomy, parse_dichotomy
from .wide_columns import spread_column

if TYPE_CHECKING:
    import pandas as pd

SEVERE = "severe"
_SIDES = ("left", "right")
_TRUTH = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}


@dataclass(frozen=True)
class Outcome:
    """A two-valued outcome and how it was made: its own column of events, or a number that is cut.

    Parameters
    ----------
    name : str
        Name of the outcome in tables.
    rule : Dichotomy or None
        Who has the outcome; None where the column called `name` holds 0 and 1.
    """

    name: str
    rule: Dichotomy | None = None

    @property
    def text(self) -> str:
        """The outcome with its dichotomy."""
        return f"{self.name} ({self.rule.text})" if self.rule else self.name


def parse_outcome(text: str) -> Outcome:
    """An outcome from ``recovery=gpe<=2`` or ``recovery``.

    Raises
    ------
    InvalidChoice
        If it is of another shape.
    """
    name, equals, rule = text.partition("=")
    if "<" in name or ">" in name or not name.strip() or (equals and not rule.strip()):
        raise InvalidChoice(f"Expected an outcome as NAME or NAME=COLUMN<=NUMBER, found {text!r}.")
    return Outcome(name.strip(), parse_dichotomy(rule) if equals else None)


def spread_severe(measurements: pd.DataFrame) -> pd.DataFrame:
    """One row per person with ``severe_MUSCLE_SIDE`` as 0 and 1, from rows per muscle and side; gaps where not known.

    Raises
    ------
    TableInvalid
        If columns are missing, a cell is neither true nor false, or a person has several rows of one muscle and side.
    """
    needed = ["subject_id", "muscle", "side", SEVERE]
    lacking = [name for name in needed if name not in measurements.columns]
    if lacking:
        raise TableInvalid(f"Expected the columns {', '.join(needed)}, missing {', '.join(lacking)}.")
    rows = measurements[measurements["side"].isin(_SIDES)].reset_index(drop=True)
    wide = spread_column(rows, np.array([_read_severe(cell) for cell in rows[SEVERE]]), SEVERE)
    people = measurements[["subject_id"]].drop_duplicates(ignore_index=True)
    return people.merge(wide, on="subject_id", how="left")


def _read_severe(cell: Any) -> float:
    if is_gap(cell):
        return np.nan
    word = str(cell).strip().lower()
    if word not in _TRUTH:
        raise TableInvalid(f"Expected true or false in {SEVERE}, found {cell!r}.")
    return _TRUTH[word]


def add_outcomes(table: pd.DataFrame, outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """The table with every dichotomised outcome as a column of 0 and 1; gaps stay gaps.

    Raises
    ------
    TableInvalid
        If a column is missing, holds no numbers, or a name is taken.
    """
    added: dict[str, Any] = {}
    for outcome in outcomes:
        if outcome.rule is None:
            continue
        column = outcome.rule.column
        if column not in table.columns:
            raise TableInvalid(f"Expected the column {column} for the outcome {outcome.text}, missing.")
        if outcome.name in table.columns:
            raise TableInvalid(
                f"Expected a name for the outcome {outcome.text} that is no column yet, found {outcome.name!r}.",
                hint=f"Write another name before the first =: NAME={outcome.rule.text}.",
            )
        added[outcome.name] = outcome.rule.apply(read_numbers_or_gaps(table[column].tolist(), column))
    return table.assign(**added)
