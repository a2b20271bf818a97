"""Rows per muscle and side as one row per person, with a column per muscle and side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.tables import SEPARATOR
from .comparability import PSOAS_UNRELIABLE, THRESHOLD_FRACTIONS, describe_contrast
from .models.columns import FloatArray, read_numbers_or_gaps
from .request import find_measure

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = ("subject_id", "muscle", "side")


def choose_where(rows: pd.DataFrame, **wanted: Sequence[str]) -> pd.DataFrame:
    """The rows whose column holds one of the words wanted, for every column with wishes.

    Raises
    ------
    TableInvalid
        If a column is missing, or one of its words is nowhere.
    """
    for column, words in wanted.items():
        if not words:
            continue
        found = sorted(set(map(str, rows[column]))) if column in rows.columns else []
        absent = [word for word in words if word not in found]
        if absent:
            raise TableInvalid(f"Expected rows of {column} {', '.join(absent)}, found {', '.join(found) or 'none'}.")
        rows = rows[rows[column].isin(list(words))]
    return rows.reset_index(drop=True)


def spread_measures(
    measurements: pd.DataFrame,
    measures: Sequence[str],
    *,
    mixed_contrast: bool = False,
    allow_psoas_threshold_fi: bool = False,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One row per person with ``MEASURE_MUSCLE_SIDE``, and what was left empty as sentences.

    Parameters
    ----------
    measurements : data frame
        Rows per muscle and side, as `MEASUREMENTS` of `domain.tables` says.
    measures : sequence of str
        Words such as ``fi`` or ``fcsa``.
    mixed_contrast : bool
        Whether people whose fat was told in different ways may stand in one column.
    allow_psoas_threshold_fi : bool
        Whether fat of the psoas that a signal threshold told stays.

    Raises
    ------
    InvalidChoice
        If a measure is unknown, or contrasts are mixed.
    TableInvalid
        If columns are missing, or a person has several rows of one muscle and side.
    """
    rows = measurements.assign(fat_method=measurements.get("fat_method", ""))
    wide, told = rows[["subject_id"]].drop_duplicates(ignore_index=True), list[str]()
    for measure in map(find_measure, measures):
        lacking = [name for name in (*_NEEDED, measure.column) if name not in rows.columns]
        if lacking:
            raise TableInvalid(f"Expected the columns {', '.join(_NEEDED)} and {measure.column}, missing {lacking[0]}.")
        values = read_numbers_or_gaps(rows[measure.column].tolist(), measure.column)
        if measure.needs_one_contrast and not mixed_contrast:
            _refuse_mixed(rows[~np.isnan(values)], measure.word)
        if measure.word in THRESHOLD_FRACTIONS and not allow_psoas_threshold_fi:
            doubtful = has_doubtful_psoas(rows)
            if (doubtful & ~np.isnan(values)).any():
                n = rows.loc[doubtful, "subject_id"].nunique()
                told.append(f"{measure.word} of the psoas was told by a signal threshold and left out for {n} people.")
            values = np.where(doubtful, np.nan, values)
        wide = wide.merge(spread_column(rows, values, measure.word), on="subject_id", how="left")
    return wide, tuple(told)


def has_doubtful_psoas(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows are flagged as fat of the psoas that a signal threshold told."""
    if "flags" not in rows.columns:
        return np.zeros(len(rows), dtype=bool)
    return np.array([PSOAS_UNRELIABLE in str(cell).split(SEPARATOR) for cell in rows["flags"]], dtype=bool)


def spread_column(rows: pd.DataFrame, values: FloatArray, prefix: str) -> pd.DataFrame:
    """One row per person with the values of every muscle and side as ``PREFIX_MUSCLE_SIDE``.

    Raises
    ------
    TableInvalid
        If a person has several rows of one muscle and side.
    """
    twice = rows[rows.duplicated(list(_NEEDED), keep=False)]
    if len(twice):
        first = twice.iloc[0]
        raise TableInvalid(
            f"Expected one row per person, muscle and side, found several for {first['subject_id']}, "
            f"{first['muscle']}, {first['side']}.",
            hint="Hand in one session, level, series and reader.",
        )
    added: dict[str, Any] = {"_value": values, "_column": prefix + "_" + rows["muscle"] + "_" + rows["side"]}
    wide = rows.assign(**added).pivot(index="subject_id", columns="_column", values="_value")
    wide = wide[list(dict.fromkeys(added["_column"]))].reset_index()
    wide.columns.name = None
    return wide


def _refuse_mixed(rows: pd.DataFrame, word: str) -> None:
    people = rows.groupby(describe_contrast(rows))["subject_id"].nunique()
    if len(people) > 1:
        found = "; ".join(f"{name}: {count} people" for name, count in people.items())
        raise InvalidChoice(
            f"Expected fat told in one way for {word}, found {found}.",
            hint="Model each contrast by itself, or allow it with --mixed-contrast.",
        )
