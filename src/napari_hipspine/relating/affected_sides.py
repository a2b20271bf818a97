"""The affected side beside the other one: values, asymmetry, and what they are over a cohort."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing, read_yes_no
from ..domain.errors import TableInvalid
from ..domain.tables import BOTH_SIDES, MEASUREMENTS, Table, read_columns
from .correlation import SMALLEST_N
from .joined_sides import NOT_MEASURED, join_side_reasons
from .request import find_measure
from .side_rows import numbers_of_sides
from .student_mean import student_mean
from .time_points import ZERO_DIVISOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

NONE_AFFECTED, BOTH_AFFECTED, NOT_STATED = "none_affected", "both_affected", "affected_side_not_stated"

_WHERE = ("session", "level", "muscle")

AFFECTED = Table(
    name="affected_sides",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
session | t | | visit or time point
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary; empty for a number of the side itself
measure | t | | what was measured; the column of the sides table for a number of the side itself
affected_side | t | | left or right, the patient's; empty when not one side
affected | n | | value of the affected side
unaffected | n | | value of the other side
difference | n | | affected - unaffected
asymmetry | n | 1 | difference / size of the mean of both; negative when the affected side is smaller
reason | t | | why cells are empty
"""
    ),
    key=("subject_id", "session", "level", "muscle", "measure"),
    required=("subject_id", "measure"),
)

AFFECTED_SUMMARY = Table(
    name="affected_summary",
    columns=read_columns(
        """
session | t | | visit or time point
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary; empty for a number of the side itself
measure | t | | what was measured; the column of the sides table for a number of the side itself
n | i | 1 | people with one affected side and both values
n_left_out | i | 1 | people of either table without
mean_affected | n | | mean of the affected sides
mean_unaffected | n | | mean of the other sides
mean_difference | n | | mean of affected - unaffected
low | n | | lower end of its 95 % interval (Student)
high | n | | upper end of its 95 % interval
mean_asymmetry | n | 1 | mean asymmetry of those who have one
p | n | 1 | unadjusted p of the mean difference (paired t)
reason | t | | why cells are empty
"""
    ),
    key=("session", "level", "muscle", "measure"),
    required=("measure",),
)


def compare_sides(
    measurements: pd.DataFrame,
    side_covariates: pd.DataFrame,
    *,
    column: str = "affected",
    measures: Sequence[str] = ("csa", "fcsa", "fi"),
    source: str = "the given table",
) -> pd.DataFrame:
    """One row per person, level, muscle and measure with the affected and the other side, as `AFFECTED`.

    Parameters
    ----------
    measurements
        Measurement tables.
    side_covariates
        subject_id, side and one column per covariate of that side; session where it changes between visits (rows
        without one hold for all). Columns of numbers are compared between the sides too; words, and marks of 0 and
        1, are not.
    column
        Which covariate says that a side is affected: pain, tendinopathy, osteoarthritis.

    Raises
    ------
    TableInvalid
        If a side has two rows, cells of `column` are neither yes nor no, another column holds numbers and words, or
        nobody of the table was measured.
    """
    affected = read_affected_sides(side_covariates, column, source=source)
    table = MEASUREMENTS.check(measurements, source=source)
    if not {person for person, _ in affected} & set(table["subject_id"]):
        raise TableInvalid(
            f"Expected sides of the people who were measured, found none of them, in {source}.",
            hint="The subject_id must be written alike in both tables.",
        )
    measured = _group_sides(table)
    everybody = list(dict.fromkeys([*(keys[0] for keys in measured), *(person for person, _ in affected)]))
    rows = _rows(measured, affected, everybody, [(one.word, one.column) for one in map(find_measure, measures)])
    numbers, names = numbers_of_sides(side_covariates, besides=column, source=source)
    if names:
        rows += _rows(_group_sides(numbers), affected, everybody, [(name, name) for name in names])
    return AFFECTED.frame(rows)


def _rows(
    measured: dict[tuple[str, ...], pd.DataFrame],
    affected: dict[tuple[str, str], tuple[str, str]],
    everybody: Sequence[str],
    columns: Sequence[tuple[str, str]],
) -> list[dict[str, Any]]:
    """Rows of `AFFECTED` for everybody at every place, by word and column of what is compared."""
    places = list(dict.fromkeys(keys[1:] for keys in measured))
    rows: list[dict[str, Any]] = []
    for person, place in product(everybody, places):
        side, reason = affected.get((person, place[0])) or affected.get((person, "")) or ("", NOT_STATED)
        by_side = measured.get((person, *place))
        where = {"subject_id": person} | dict(zip(_WHERE, place, strict=True)) | {"affected_side": side}
        for word, column in columns:
            row = where | {"measure": word}
            if reason or by_side is None:
                rows.append(row | {"reason": reason or NOT_MEASURED})
            else:
                rows.append(row | _compare(by_side, column, side))
    return rows


def read_affected_sides(table: pd.DataFrame, column: str, *, source: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Each person's affected side by person and session (empty for all sessions), or why there is not just one.

    Rows without a side are of the person and say nothing here.
    """
    absent = [name for name in ("subject_id", "side", column) if name not in table.columns]
    if absent:
        raise TableInvalid(
            f"Expected subject_id, side and {column}, missing {', '.join(absent)}, in {source}.",
            hint="One row per person and side, and per session if there is such a column.",
        )
    stated: dict[tuple[str, str], dict[str, bool]] = {}
    sessions = table["session"] if "session" in table.columns else [""] * len(table)
    for person, session, side, cell in zip(table["subject_id"], sessions, table["side"], table[column], strict=True):
        if is_missing(side):
            continue
        if str(side) not in ("left", "right"):
            raise TableInvalid(f"Expected the side left or right, found {side!r}, in {source}.")
        sides = stated.setdefault((str(person), "" if is_missing(session) else str(session)), {})
        if str(side) in sides:
            raise TableInvalid(
                f"Expected one row per person and side, found two for {person} {side}, in {source}.",
                hint="A side that changes between visits needs a column session.",
            )
        if not is_missing(cell):
            sides[str(side)] = read_yes_no(cell)
    return {key: _one_side(sides) for key, sides in stated.items()}


def summarise_sides(compared: pd.DataFrame) -> pd.DataFrame:
    """Means of both sides and of their difference over the people, as `AFFECTED_SUMMARY`."""
    rows: list[dict[str, Any]] = []
    names = ["session", "level", "muscle", "measure"]
    for keys, people in compared.groupby(names, sort=False):
        used = people[people["difference"].notna()]
        n = len(used)
        row: dict[str, Any] = dict(zip(names, map(str, keys), strict=True)) | {"n": n, "n_left_out": len(people) - n}
        found = student_mean(used["difference"], smallest_n=SMALLEST_N)
        if n >= SMALLEST_N:
            row |= {"mean_affected": used["affected"].mean(), "mean_unaffected": used["unaffected"].mean()}
            row |= {"mean_difference": found.mean, "mean_asymmetry": used["asymmetry"].mean()}
        rows.append(row | {"low": found.low, "high": found.high, "p": found.p, "reason": found.reason})
    return AFFECTED_SUMMARY.frame(rows)


def _group_sides(table: pd.DataFrame) -> dict[tuple[str, ...], pd.DataFrame]:
    """The rows of left and right by side, for each person, session, level and muscle."""
    groups: dict[tuple[str, ...], pd.DataFrame] = {}
    for keys, rows in table[table["side"] != BOTH_SIDES].groupby(["subject_id", *_WHERE], sort=False):
        if rows["side"].duplicated().any():
            raise TableInvalid(
                f"Expected one row per side, found several for {' '.join(map(str, keys))}, in the measurements.",
                hint="Hand in the rows of one series, reader and slice position.",
            )
        groups[tuple(map(str, keys))] = rows.set_index("side")
    return groups


def _one_side(sides: dict[str, bool]) -> tuple[str, str]:
    if len(sides) < 2:
        return "", NOT_STATED
    affected = [side for side, is_affected in sides.items() if is_affected]
    if len(affected) == 1:
        return affected[0], ""
    return "", BOTH_AFFECTED if affected else NONE_AFFECTED


def _compare(by_side: pd.DataFrame, column: str, side: str) -> dict[str, Any]:
    other = "left" if side == "right" else "right"
    first, second = _value(by_side, side, column), _value(by_side, other, column)
    values: dict[str, Any] = {"affected": first, "unaffected": second}
    if first is None or second is None:
        return values | {"reason": join_side_reasons(*(_reason(by_side, one, column) for one in ("left", "right")))}
    mean = abs(first + second) / 2
    values["difference"] = first - second
    return values | ({"asymmetry": (first - second) / mean} if mean else {"reason": ZERO_DIVISOR})


def _value(by_side: pd.DataFrame, side: str, column: str) -> float | None:
    cell: Any = by_side.loc[side, column] if side in by_side.index else None
    return None if is_missing(cell) else float(cell)


def _reason(by_side: pd.DataFrame, side: str, column: str) -> str:
    """Why a side has no value; empty where it has one."""
    if _value(by_side, side, column) is not None:
        return ""
    return (str(by_side.loc[side, "reason"]) if side in by_side.index else "") or NOT_MEASURED
