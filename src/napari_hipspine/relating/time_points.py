"""Values of several time points side by side, and how they changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.tables import MEASUREMENTS, Table, read_columns
from .comparability import describe_contrast
from .correlation import SMALLEST_N
from .request import find_measure
from .student_mean import student_mean

if TYPE_CHECKING:
    import pandas as pd

ZERO_DIVISOR = "zero_divisor"
"""Why a share of a value of zero is empty."""

OTHER_CONTRAST = "other_contrast"
"""Why a change of a value that rests on telling fat from muscle is empty."""

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
reason | t | | why cells are empty
"""
    ),
    key=("level", "muscle", "side", "measure", "session"),
    required=("muscle", "measure", "session"),
)

_WHERE = ["level", "muscle", "side"]
_TOLD = "fat_told_from"


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
    chosen = chosen.assign(**{_TOLD: describe_contrast(chosen)})
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
        told = by_session[_TOLD].to_dict()
        for measure in map(find_measure, measures):
            values = [_value(by_session, session, measure.column) for session in sessions]
            for session, value in zip(sessions, values, strict=True):
                cells = _change(value, values[0])
                if "change" in cells and measure.needs_one_contrast and told[session] != told[sessions[0]]:
                    cells = {"value": value, "reason": OTHER_CONTRAST}
                rows.append(where | {"measure": measure.word, "session": session} | cells)
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
        of_values = student_mean(values)
        rows.append(row | {"mean": of_values.mean, "sd": of_values.sd} | _mean_change(change))
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
    if not baseline:
        return {"value": value, "change": change, "reason": ZERO_DIVISOR}
    return {"value": value, "change": change, "change_share": change / baseline}


def _mean_change(change: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    found = student_mean(change, smallest_n=SMALLEST_N)
    return {
        "mean_change": found.mean,
        "change_low": found.low,
        "change_high": found.high,
        "reason": found.reason,
    }
