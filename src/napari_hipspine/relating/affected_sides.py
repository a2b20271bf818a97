"""The affected side beside the other one: values, asymmetry, and what they are over a cohort."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.cells import is_missing, read_yes_no
from ..domain.errors import TableInvalid
from ..domain.tables import BOTH_SIDES, MEASUREMENTS, Table, read_columns
from .correlation import SMALLEST_N
from .request import find_measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

NONE_AFFECTED, BOTH_AFFECTED, NOT_STATED = "none_affected", "both_affected", "affected_side_not_stated"

AFFECTED = Table(
    name="affected_sides",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
session | t | | visit or time point
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
measure | t | | what was measured
affected_side | t | | left or right, the patient's; empty when not one side
affected | n | | value of the affected side
unaffected | n | | value of the other side
difference | n | | affected - unaffected
asymmetry | n | 1 | difference / mean of both; negative when the affected side is smaller
reason | t | | why cells are empty
"""
    ),
    key=("subject_id", "session", "level", "muscle", "measure"),
    required=("subject_id", "muscle", "measure"),
)

AFFECTED_SUMMARY = Table(
    name="affected_summary",
    columns=read_columns(
        """
session | t | | visit or time point
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
measure | t | | what was measured
n | i | 1 | people with one affected side and both values
n_left_out | i | 1 | people without
mean_affected | n | | mean of the affected sides
mean_unaffected | n | | mean of the other sides
mean_difference | n | | mean of affected - unaffected
low | n | | lower end of its 95 % interval (Student)
high | n | | upper end of its 95 % interval
mean_asymmetry | n | 1 | mean asymmetry
p | n | 1 | unadjusted p of the mean difference (paired t)
reason | t | | why cells are empty
"""
    ),
    key=("session", "level", "muscle", "measure"),
    required=("muscle", "measure"),
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
        subject_id, side and one column per covariate of that side, here yes or no.
    column
        Which covariate says that a side is affected: pain, tendinopathy, osteoarthritis.

    Raises
    ------
    TableInvalid
        If a side has two rows, or cells that are neither yes nor no.
    """
    affected = read_affected_sides(side_covariates, column, source=source)
    table = MEASUREMENTS.check(measurements, source=source)
    sided = table[table["side"] != BOTH_SIDES]
    rows: list[dict[str, Any]] = []
    for keys, of_muscle in sided.groupby(["subject_id", "session", "level", "muscle"], sort=False):
        where = dict(zip(("subject_id", "session", "level", "muscle"), map(str, keys), strict=True))
        side, reason = affected.get(where["subject_id"], ("", NOT_STATED))
        if of_muscle["side"].duplicated().any():
            raise TableInvalid(
                f"Expected one row per side, found several for {' '.join(where.values())}, in {source}.",
                hint="Hand in the rows of one series, reader and slice position.",
            )
        by_side = of_muscle.set_index("side")
        for measure in map(find_measure, measures):
            row = where | {"measure": measure.word, "affected_side": side}
            rows.append(row | ({"reason": reason} if reason else _compare(by_side, measure.column, side)))
    return AFFECTED.frame(rows)


def read_affected_sides(table: pd.DataFrame, column: str, *, source: str) -> dict[str, tuple[str, str]]:
    """Each person's affected side, or why there is not just one."""
    absent = [name for name in ("subject_id", "side", column) if name not in table.columns]
    if absent:
        raise TableInvalid(
            f"Expected subject_id, side and {column}, missing {', '.join(absent)}, in {source}.",
            hint="One row per person and side.",
        )
    stated: dict[str, dict[str, bool]] = {}
    for person, side, cell in zip(table["subject_id"], table["side"], table[column], strict=True):
        if str(side) not in ("left", "right"):
            raise TableInvalid(f"Expected the side left or right, found {side!r}, in {source}.")
        if str(side) in stated.setdefault(str(person), {}):
            raise TableInvalid(f"Expected one row per person and side, found two for {person} {side}, in {source}.")
        if not is_missing(cell):
            stated[str(person)][str(side)] = read_yes_no(cell)
    return {person: _one_side(sides) for person, sides in stated.items()}


def summarise_sides(compared: pd.DataFrame) -> pd.DataFrame:
    """Means of both sides and of their difference over the people, as `AFFECTED_SUMMARY`."""
    from scipy.special import stdtr, stdtrit

    rows: list[dict[str, Any]] = []
    names = ["session", "level", "muscle", "measure"]
    for keys, people in compared.groupby(names, sort=False):
        used = people[people["difference"].notna()]
        n = len(used)
        row: dict[str, Any] = dict(zip(names, map(str, keys), strict=True)) | {"n": n, "n_left_out": len(people) - n}
        if n < SMALLEST_N:
            rows.append(row | {"reason": "too_few_subjects"})
            continue
        differences = used["difference"].to_numpy(dtype=np.float64)
        mean, error = float(differences.mean()), float(differences.std(ddof=1)) / sqrt(n)
        half = float(stdtrit(n - 1, 0.975)) * error
        row |= {"mean_affected": used["affected"].mean(), "mean_unaffected": used["unaffected"].mean()}
        row |= {"mean_difference": mean, "low": mean - half, "high": mean + half}
        row["mean_asymmetry"] = used["asymmetry"].mean()
        rows.append(row | {"p": float(2 * stdtr(n - 1, -abs(mean) / error)) if error > 0 else None})
    return AFFECTED_SUMMARY.frame(rows)


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
        return values | {"reason": "one_side_missing"}
    mean = (first + second) / 2
    return values | {"difference": first - second, "asymmetry": (first - second) / mean if mean else None}


def _value(by_side: pd.DataFrame, side: str, column: str) -> float | None:
    cell: Any = by_side.loc[side, column] if side in by_side.index else None
    return None if is_missing(cell) else float(cell)
