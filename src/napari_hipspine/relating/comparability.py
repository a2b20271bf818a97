"""Which values may stand in one column: one contrast, and no psoas FI from a signal threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..domain.errors import InvalidChoice
from ..domain.protocol import FatMethod
from .joined_sides import JoinedValues
from .request import Measure, RelateRequest

if TYPE_CHECKING:
    import pandas as pd

PSOAS = "psoas_major"
PSOAS_UNRELIABLE = "psoas_threshold_unreliable"
THRESHOLD_FRACTIONS = ("fi", "ff_signal_calibrated")
"""Fractions that can rest on a signal threshold."""

CONTRAST = "contrast"
"""Additional column of a measurement table."""

NOT_STATED, DIXON, THRESHOLD = "not stated", "Dixon", "threshold"


def describe_contrast(rows: pd.DataFrame) -> pd.Series[str]:
    """What each row's fat was told from, in words: ``Dixon``, or the stated contrast and ``threshold``.

    A measurement table has no column for the contrast. ``fat_method`` tells Dixon from a threshold; an additional
    column ``contrast`` (T1, T2, PD …) tells more and is used where it is there. Fat fractions have no contrast.
    """
    kinds = rows["fat_method"].map(_kind_of_method)
    if CONTRAST not in rows.columns:
        return kinds
    stated = rows[CONTRAST].fillna("").astype(str).str.strip()
    joined = stated.where(stated != "", NOT_STATED) + ", " + kinds
    return joined.where((kinds != DIXON) & ((stated != "") | (kinds != NOT_STATED)), kinds)


def count_unstated(rows: pd.DataFrame) -> int:
    """Subjects whose fat was told by a threshold on an image of which nobody said the contrast."""
    by_threshold = rows["fat_method"].map(_kind_of_method) == THRESHOLD
    if CONTRAST in rows.columns:
        by_threshold &= rows[CONTRAST].fillna("").astype(str).str.strip() == ""
    return int(rows.loc[by_threshold, "subject_id"].nunique())


def refuse_mixed_contrast(rows: pd.DataFrame, measure: Measure, request: RelateRequest, *, source: str) -> None:
    """Refuse a column whose subjects were measured on different contrasts; ranks mix only within one.

    Raises
    ------
    InvalidChoice
        Unless mixing was asked for, or the measure does not depend on telling fat from muscle.
    """
    if request.mixed_contrast or not measure.needs_one_contrast:
        return
    with_value = rows[rows[measure.column].notna()]
    subjects_of = with_value.groupby(describe_contrast(with_value), sort=True)["subject_id"].nunique()
    if len(subjects_of) > 1:
        found = "; ".join(f"{name}: {count} subjects" for name, count in subjects_of.items())
        raise InvalidChoice(
            f"Expected one contrast among the subjects of {rows['muscle'].iloc[0]} {measure.word}, found {found}, "
            f"in {source}.",
            hint="Relate each contrast by itself, or allow it with --mixed-contrast.",
        )


def leave_out_psoas_threshold(
    joined: JoinedValues, rows: pd.DataFrame, subjects: list[str], measure: Measure, request: RelateRequest
) -> JoinedValues:
    """The values of a muscle, emptied where they are psoas FI that no Dixon measurement backs."""
    if request.allow_psoas_threshold_fi or measure.word not in THRESHOLD_FRACTIONS:
        return joined
    if rows.empty or rows["muscle"].iloc[0] != PSOAS:
        return joined
    not_backed = set(rows.loc[rows["fat_method"] != FatMethod.DIXON.value, "subject_id"])
    emptied = np.array([subject in not_backed for subject in subjects], dtype=bool) & ~np.isnan(joined.values)
    return JoinedValues(
        np.where(emptied, np.nan, joined.values), np.where(emptied, PSOAS_UNRELIABLE, joined.reasons).astype(object)
    )


def _kind_of_method(fat_method: str) -> str:
    if not fat_method:
        return NOT_STATED
    return DIXON if fat_method == FatMethod.DIXON else THRESHOLD
