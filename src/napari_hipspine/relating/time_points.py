"""Values of several time points side by side, and how they changed."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.tables import MEASUREMENTS, Table, read_columns
from .correlation import SMALLEST_N
from .request import find_measure

if TYPE_CHECKING:
    import pandas as pd

CHANGES = Table(
    name="changes",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
side | t | | left, right (the patient's) or both
measure | t | | what was measured
session | t | | time point
value | n | | the value
change | n | | value less that of the first time point
change_share | n | 1 | change / value of the first time point
reason | t | | why cells are empty
"""
    ),
    key=("subject_id", "level", "muscle", "side", "measure", "session"),
    required=("subject_id", "muscle", "measure", "session"),
)

COURSE = Table(
    name="course",
    columns=read_columns(
        """
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
side | t | | left, right (the patient's) or both
measure | t | | what was measured
session | t | | time point
n | i | 1 | people with a value
mean | n | | their mean
sd | n | | their SD
n_change | i | 1 | people with a value here and at the first time point
mean_change | n | | their mean change
change_low | n | | lower end of its 95 % interval (Student)
change_high | n | | upper end of its 95 % interval
"""
    ),
    key=("level", "muscle", "side", "measure", "session"),
    required=("muscle", "measure", "session"),
)

_WHERE = ["level", "muscle", "side"]


def find_changes(
    measurements: pd.DataFrame,
    sessions: Sequence[str],
    *,
    measures: Sequence[str] = ("csa", "fcsa", "fi"),
    source: str = "the given table",
) -> pd.DataFrame:
    """One row per person, muscle, side, measure and time point, as `CHANGES`.

    Parameters
    ----------
    sessions
        Time points in their order, the first one is what the others are held against.

    Raises
    ------
    InvalidChoice
        If there are fewer than two time points, or one has no rows.
    TableInvalid
        If a person has two rows of one time point.
    """
    table = MEASUREMENTS.check(measurements, source=source)
    there = set(table["session"])
    if len(sessions) < 2 or len(set(sessions)) < len(sessions) or not set(sessions) <= there:
        raise InvalidChoice(
            f"Expected at least two different time points of the table, found {', '.join(sessions)}, in {source}.",
            hint=f"Sessions: {', '.join(sorted(word or '(none)' for word in there))}.",
        )
    chosen = table[table["session"].isin(sessions)]
    key = ["subject_id", *_WHERE, "session"]
    if chosen.duplicated(key).any():
        first = chosen.loc[chosen.duplicated(key), key].iloc[0].tolist()
        raise TableInvalid(
            f"Expected one row per person and time point, found several for {' '.join(first)}, in {source}.",
            hint="Hand in the rows of one series, reader and slice position.",
        )
    rows: list[dict[str, Any]] = []
    for keys, of_person in chosen.groupby(["subject_id", *_WHERE], sort=False):
        where = dict(zip(("subject_id", *_WHERE), map(str, keys), strict=True))
        by_session = of_person.set_index("session")
        for measure in map(find_measure, measures):
            values = [_value(by_session, session, measure.column) for session in sessions]
            for session, value in zip(sessions, values, strict=True):
                rows.append(where | {"measure": measure.word, "session": session} | _change(value, values[0]))
    return CHANGES.frame(rows)


def summarise_course(changes: pd.DataFrame) -> pd.DataFrame:
    """Mean and mean change at each time point with the n of both, as `COURSE`."""
    rows: list[dict[str, Any]] = []
    names = [*_WHERE, "measure", "session"]
    for keys, people in changes.groupby(names, sort=False):
        values = people["value"].dropna().to_numpy(dtype=np.float64)
        change = people["change"].dropna().to_numpy(dtype=np.float64)
        row: dict[str, Any] = dict(zip(names, map(str, keys), strict=True)) | {
            "n": values.size,
            "n_change": change.size,
        }
        if values.size:
            row["mean"] = float(values.mean())
        if values.size > 1:
            row["sd"] = float(values.std(ddof=1))
        rows.append(row | _mean_change(change))
    return COURSE.frame(rows)


def _value(by_session: pd.DataFrame, session: str, column: str) -> float | None:
    cell: Any = by_session.loc[session, column] if session in by_session.index else None
    return None if is_missing(cell) else float(cell)


def _change(value: float | None, baseline: float | None) -> dict[str, Any]:
    if value is None:
        return {"reason": "not_measured"}
    if baseline is None:
        return {"value": value, "reason": "no_first_time_point"}
    change = value - baseline
    return {"value": value, "change": change, "change_share": change / baseline if baseline else None}


def _mean_change(change: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    from scipy.special import stdtrit

    if not change.size:
        return {}
    mean = float(change.mean())
    if change.size < SMALLEST_N:
        return {"mean_change": mean}
    half = float(stdtrit(change.size - 1, 0.975)) * float(change.std(ddof=1)) / sqrt(change.size)
    return {"mean_change": mean, "change_low": mean - half, "change_high": mean + half}
