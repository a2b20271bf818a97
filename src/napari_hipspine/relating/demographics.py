"""Table 1 of a study: every column of a participants table, described for all people and for each group."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.tables import Table, read_columns
from .covariates import SUBJECT_COLUMN, rows_by_subject
from .identifying_columns import why_identifying
from .student_mean import student_mean

if TYPE_CHECKING:
    import pandas as pd

EVERYONE = "all"

_NO_AND_YES = {0.0, 1.0}

DEMOGRAPHICS = Table(
    name="demographics",
    columns=read_columns(
        """
variable | t | | column of the participants table
category | t | | one word of it; empty for numbers
group | t | | all, or a group of people
n | i | 1 | people of the group with a value
n_missing | i | 1 | people of the group without one
count | i | 1 | people with this word
share | n | 1 | count / n
mean | n | | mean of the numbers
sd | n | | SD of the numbers (n - 1)
median | n | | median of the numbers
quartile_1 | n | | first quartile
quartile_3 | n | | third quartile
smallest | n | | smallest number
largest | n | | largest number
text | t | | the row as it is printed
"""
    ),
    key=("variable", "category", "group"),
    required=("variable",),
)


def describe_people(
    participants: pd.DataFrame,
    *,
    variables: Sequence[str] | None = None,
    by: str | None = None,
    source: str = "the given table",
) -> pd.DataFrame:
    """n (%), mean ± SD and median [quartiles] of each variable, as `DEMOGRAPHICS`.

    A column of numbers is described as numbers, any other, and one of 0 and 1 only, by its words. Shares refer to
    people with a value. As printed, the standard deviation has two figures and at least one decimal, and the numbers
    beside it have as many decimals.

    Parameters
    ----------
    participants
        One row per subject_id.
    variables
        Columns, in order; None takes all but subject_id and the groups, and leaves out those that may name people.
    by
        Column of the groups.

    Raises
    ------
    InvalidChoice
        If a column is absent.
    TableInvalid
        If a person has several rows, or a column that was asked for may name people (see `why_identifying`).
    """
    rows = list(rows_by_subject(participants, source=source).values())
    names = list(variables or [name for name in map(str, participants.columns) if name not in (SUBJECT_COLUMN, by)])
    absent = [name for name in (*names, *([by] if by else [])) if name not in participants.columns]
    if absent:
        raise InvalidChoice(
            f"Expected columns of the table, found no {', '.join(absent)}, in {source}.",
            hint=f"Columns: {', '.join(map(str, participants.columns))}.",
        )
    groups: dict[str, list[dict[str, Any]]] = {EVERYONE: rows}
    odd = {name: why_identifying(name, [row[name] for row in rows]) for name in (*names, *([by] if by else []))}
    wanted = {*(variables or ()), *([by] if by else [])}
    for name in odd:
        if odd[name] and name in wanted:
            raise TableInvalid(
                f"Expected numbers, or words that several people share, found {odd[name]} in {name}, in {source}.",
                hint="It may name people: leave it out, or write ages for dates and groups for names.",
            )
    if by:
        for row in rows:
            groups.setdefault(f"{by}: {'missing' if is_missing(row[by]) else row[by]}", []).append(row)
    described: list[dict[str, Any]] = []
    for name in names:
        left_out = {"variable": name, "group": EVERYONE, "text": f"left out, it may name people: {odd[name]}"}
        described += [left_out] if odd[name] else _describe(name, groups)
    return DEMOGRAPHICS.frame(described)


def _describe(name: str, groups: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of one variable."""
    everyone = [row[name] for row in groups[EVERYONE] if not is_missing(row[name])]
    numbers = {_as_number(cell) for cell in everyone}
    is_counted = bool(numbers) and numbers <= _NO_AND_YES
    is_number = None not in numbers and not is_counted
    as_word = _as_digit if is_counted else str
    words = sorted({as_word(cell) for cell in everyone}) if not is_number else []
    rows: list[dict[str, Any]] = []
    for group, people in groups.items():
        present = [row[name] for row in people if not is_missing(row[name])]
        row = {"variable": name, "group": group, "n": len(present), "n_missing": len(people) - len(present)}
        if is_number:
            rows.append(row | _describe_numbers(np.array([float(cell) for cell in present], dtype=np.float64)))
            continue
        cells = [as_word(cell) for cell in present]
        rows += [row | {"category": word} | _describe_word(cells.count(word), len(cells)) for word in words]
    return rows


def _describe_numbers(numbers: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    if not numbers.size:
        return {"text": "no value"}
    quartile_1, median, quartile_3 = (float(one) for one in np.percentile(numbers, [25, 50, 75]))
    found = student_mean(numbers)
    mean, sd = found.mean, found.sd
    digits = max(1, 1 - floor(log10(sd))) if sd else 1
    spread = "" if sd is None else f" ± {sd:.{digits}f}"
    return {
        "mean": mean,
        "sd": sd,
        "median": median,
        "quartile_1": quartile_1,
        "quartile_3": quartile_3,
        "smallest": float(numbers.min()),
        "largest": float(numbers.max()),
        "text": f"{mean:.{digits}f}{spread}; {median:.{digits}f} [{quartile_1:.{digits}f}, {quartile_3:.{digits}f}]",
    }


def _describe_word(count: int, n: int) -> dict[str, Any]:
    share = count / n if n else None
    return {
        "count": count,
        "share": share,
        "text": f"{count}/{n}" + ("" if share is None else f" ({share * 100:.1f} %)"),
    }


def _as_digit(cell: Any) -> str:
    """0 and 0.0 are one word."""
    return f"{float(cell):g}"


def _as_number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
