"""Values of several raters side by side, from measurement tables, and what their agreement is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.tables import MEASUREMENTS, SEPARATOR
from .agreement_tables import KAPPA, LIMITS, RELIABILITY
from .grade_agreement import KappaWeights, find_kappa
from .ranks import FloatArray
from .reliability import (
    NO_SPREAD,
    SMALLEST_N,
    MeasurementError,
    find_icc_agreement,
    find_icc_consistency,
    find_limits,
    find_mean_squares,
    find_measurement_error,
)
from .request import find_measure

if TYPE_CHECKING:
    import pandas as pd

_WHAT = ["level", "muscle", "side"]
FILE = "file"
TOO_FEW_RATED, ONE_GRADE, CONSTANT = "too_few_rated", "one_grade_only", "constant_values"


class RaterColumn(StrEnum):
    """Which column tells the raters apart: who outlined, when, on which series, or in which file."""

    READER = "reader_id"
    SESSION = "session"
    SERIES = "series"
    FILE = "file"


@dataclass(frozen=True)
class RatedValues:
    """One quantity as every rater measured it.

    Attributes
    ----------
    what
        Level, muscle, side and measure.
    raters, subjects
        Names of columns and rows.
    values
        Shape ``(n_subjects, n_raters)``; NaN is missing.
    """

    what: tuple[str, str, str, str]
    raters: tuple[str, ...]
    subjects: tuple[str, ...]
    values: FloatArray

    @property
    def name(self) -> dict[str, str]:
        """Level, muscle, side and measure as cells."""
        return dict(zip((*_WHAT, "measure"), self.what, strict=True))


def pair_raters(
    measurements: pd.DataFrame,
    columns: Sequence[str],
    *,
    by: RaterColumn | None = None,
    source: str = "the given tables",
) -> list[RatedValues]:
    """Every level, muscle, side and column with the values of all raters.

    Parameters
    ----------
    measurements
        Measurement tables below each other; a column ``file`` may say where a row comes from.
    columns
        Measures (``fcsa``, ``fi``), or numeric columns beyond the contract, such as grades.
    by
        What tells the raters apart; None takes the only one of reader, session, series and file that differs.

    Raises
    ------
    InvalidChoice
        If there are not two raters, more than one column could tell them apart, or a column is absent.
    TableInvalid
        If a rater has measured a subject twice.
    """
    has_files = FILE in measurements.columns
    table = _check_by_file(measurements, source) if has_files else MEASUREMENTS.check(measurements, source=source)
    rater = _choose_column(table, by, source)
    found = []
    for column in columns:
        name, cells = _numbers(table, column, source)
        for of_what, rows in table.groupby(_WHAT, sort=False):
            level, muscle, side = map(str, of_what)
            key = ["subject_id", rater]
            if rows.duplicated(key).any():
                first = rows.loc[rows.duplicated(key), key].iloc[0].tolist()
                raise TableInvalid(
                    f"Expected one row per subject and {rater}, found several for {first[0]}, {first[1] or '(none)'} "
                    f"at {level} {muscle} {side}, in {source}.",
                    hint="Hand in the rows that are to be compared, and no others.",
                )
            wide = rows.assign(_cell=cells[rows.index]).pivot(index="subject_id", columns=rater, values="_cell")
            raters = tuple(str(one) for one in wide.columns)
            values = wide.to_numpy(dtype=np.float64)
            if len(raters) > 1 and not np.isnan(values).all():
                found.append(RatedValues((level, muscle, side, name), raters, tuple(map(str, wide.index)), values))
    return found


def tabulate_reliability(rated: Sequence[RatedValues]) -> pd.DataFrame:
    """ICC, standard error and smallest detectable change of each quantity, as `RELIABILITY`."""
    rows: list[dict[str, Any]] = []
    for one in rated:
        n = int((~np.isnan(one.values).any(axis=1)).sum())
        row: dict[str, Any] = one.name | {"raters": SEPARATOR.join(one.raters), "n": n}
        reason = _why_none(one.values)
        if reason:
            rows.append(row | {"reason": reason})
            continue
        squares = find_mean_squares(one.values)
        for name, found in (("icc21", find_icc_agreement(squares)), ("icc31", find_icc_consistency(squares))):
            row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        for name, sem in vars(find_measurement_error(squares)).items():
            row |= {f"sem_{name}": sem, f"mdc95_{name}": MeasurementError.detectable(sem)}
        rows.append(row | {"reason": "" if squares.error else NO_SPREAD})
    return RELIABILITY.frame(rows)


def tabulate_limits(rated: Sequence[RatedValues]) -> pd.DataFrame:
    """Bias and limits of agreement of each quantity and pair of raters, as `LIMITS`."""
    rows: list[dict[str, Any]] = []
    for one in rated:
        for a, b in combinations(range(len(one.raters)), 2):
            first, second = one.values[:, a], one.values[:, b]
            row: dict[str, Any] = one.name | {"first": one.raters[a], "second": one.raters[b]}
            row["n"] = int((~np.isnan(first) & ~np.isnan(second)).sum())
            if row["n"] < SMALLEST_N:
                rows.append(row | {"reason": TOO_FEW_RATED})
                continue
            limits = find_limits(first, second)
            for name in ("bias", "lower", "upper"):
                value, low, high = getattr(limits, name)
                row |= {name: value, f"{name}_low": low, f"{name}_high": high}
            rows.append(row | {"sd_difference": limits.sd, "reason": "" if limits.sd else NO_SPREAD})
    return LIMITS.frame(rows)


def tabulate_kappa(
    rated: Sequence[RatedValues], *, weights: KappaWeights, grades: Sequence[float] | None = None
) -> pd.DataFrame:
    """Kappa of each graded quantity and pair of raters, as `KAPPA`.

    Parameters
    ----------
    grades
        Every possible grade in order; None takes the whole numbers from the lowest to the highest given.
    """
    rows: list[dict[str, Any]] = []
    for one in rated:
        possible = grades or _span(one.values)
        for a, b in combinations(range(len(one.raters)), 2):
            first, second = one.values[:, a], one.values[:, b]
            row: dict[str, Any] = one.name | {"first": one.raters[a], "second": one.raters[b], "weights": weights.value}
            row |= {
                "n": int((~np.isnan(first) & ~np.isnan(second)).sum()),
                "grades": SEPARATOR.join(f"{grade:g}" for grade in possible),
            }
            pairs = np.column_stack([first, second])
            if np.unique(pairs[~np.isnan(pairs).any(axis=1)]).size < 2:
                rows.append(row | {"reason": ONE_GRADE if row["n"] else TOO_FEW_RATED})
                continue
            kappa = find_kappa(first, second, possible, weights=weights)
            row |= {"kappa": kappa.value, "kappa_low": kappa.low, "kappa_high": kappa.high}
            reason = NO_SPREAD if np.isnan(kappa.low) else ""
            rows.append(row | {"same_grade": kappa.observed, "reason": reason})
    return KAPPA.frame(rows)


def _why_none(values: FloatArray) -> str:
    """Why there is no reliability of values, shape ``(n_subjects, n_raters)``; empty where there is."""
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < SMALLEST_N:
        return TOO_FEW_RATED
    return "" if np.ptp(complete) else CONSTANT


def _check_by_file(measurements: pd.DataFrame, source: str) -> pd.DataFrame:
    """The table checked file by file, since two files may hold the same key."""
    import pandas as pd

    parts = [MEASUREMENTS.check(rows, source=str(name)) for name, rows in measurements.groupby(FILE, sort=False)]
    if not parts:
        raise TableInvalid(f"Expected measurements, found no row, in {source}.")
    return pd.concat(parts, ignore_index=True)


def _choose_column(table: pd.DataFrame, by: RaterColumn | None, source: str) -> str:
    """The column that tells apart the rows of one subject, level, muscle and side."""
    present = [one.value for one in RaterColumn if one.value in table.columns]
    of_one = table.groupby(["subject_id", *_WHAT], sort=False)[present].nunique()
    differing = [name for name in present if (of_one[name] > 1).any()]
    if by is not None:
        wanted, differing = by.value, [by.value] if by.value in differing else []
    else:
        wanted = f"one of {', '.join(RaterColumn)}"
        # Files are told apart only where nothing inside them is.
        differing = [name for name in differing if name != FILE] or differing
    if len(differing) != 1:
        raise InvalidChoice(
            f"Expected {wanted} to tell at least two raters of a subject apart, found "
            f"{', '.join(differing) or 'none'}, in {source}.",
            hint="Say which with --by, or hand in the tables of at least two raters.",
        )
    return differing[0]


def _numbers(table: pd.DataFrame, column: str, source: str) -> tuple[str, FloatArray]:
    """Name of a measure and its numbers, or an additional numeric column as it stands."""
    try:
        measure = find_measure(column)
        return measure.word, table[measure.column].to_numpy(dtype=np.float64, na_value=np.nan)
    except InvalidChoice as unknown:
        if column not in table.columns:
            raise InvalidChoice(
                f"Expected a measure or a column of grades, found {column!r}, in {source}.", hint=unknown.hint
            ) from None
    import pandas as pd

    cells = pd.to_numeric(table[column].replace("", None), errors="coerce")
    wrong = table.loc[cells.isna() & table[column].notna() & (table[column] != ""), column]
    if len(wrong):
        raise TableInvalid(f"Expected numbers in {column}, found {wrong.iloc[0]!r}, in {source}.")
    return column, cells.to_numpy(dtype=np.float64, na_value=np.nan)


def _span(values: FloatArray) -> tuple[float, ...]:
    low, high = int(np.floor(np.nanmin(values))), int(np.ceil(np.nanmax(values)))
    return tuple(float(grade) for grade in range(low, high + 1))
