"""One value per subject from left, right and both rows of one muscle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..domain.errors import TableInvalid
from ..domain.tables import BOTH_SIDES, join_words
from .request import BilateralRule, Measure, RelateRequest, SideRule

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
WordArray = npt.NDArray[np.object_]

NOT_MEASURED = "not_measured"
ONE_SIDE_MISSING = "one_side_missing"


@dataclass(frozen=True)
class JoinedValues:
    """One number per subject and why it is missing; a reason is empty where there is a number."""

    values: FloatArray
    reasons: WordArray


def join_sides(rows: pd.DataFrame, subjects: list[str], measure: Measure, request: RelateRequest) -> JoinedValues:
    """One value per subject of one muscle, in the order of `subjects`.

    Parameters
    ----------
    rows
        Rows of one muscle, at most one per subject and side.

    Raises
    ------
    TableInvalid
        If sides are to be joined and the rows do not hold what that needs.
    """
    if request.side is not SideRule.BOTH:
        return _side(rows, subjects, measure, request.side)
    left = _side(rows, subjects, measure, "left")
    right = _side(rows, subjects, measure, "right")
    given = _side(rows, subjects, measure, BOTH_SIDES)
    with_both = set(rows.loc[rows["side"] == BOTH_SIDES, "subject_id"])
    has_given = np.array([subject in with_both for subject in subjects], dtype=bool)
    if measure.is_fraction and request.bilateral is not BilateralRule.POOLED:
        _refuse_without_sides(rows, subjects, given, measure, request)
        return _join(left, right, (left.values + right.values) / (2 if request.bilateral is BilateralRule.MEAN else 1))
    if measure.is_fraction:
        joined = _join(left, right, _pool(rows, subjects, left.values, right.values, needed=~has_given))
    else:
        joined = _join(left, right, left.values + right.values)
    return JoinedValues(
        np.where(has_given, given.values, joined.values), np.where(has_given, given.reasons, joined.reasons)
    )


def _side(rows: pd.DataFrame, subjects: list[str], measure: Measure, side: str) -> JoinedValues:
    """Values and reasons of one side."""
    columns = ["subject_id", measure.column, "reason"]
    chosen = rows.loc[rows["side"] == side, columns].set_index("subject_id").reindex(subjects)
    values = chosen[measure.column].to_numpy(dtype=np.float64, na_value=np.nan)
    stated = chosen["reason"].fillna("").to_numpy(dtype=object)
    reasons = np.where(np.isnan(values), np.where(stated == "", NOT_MEASURED, stated), "")
    return JoinedValues(values, reasons.astype(object))


def _join(left: JoinedValues, right: JoinedValues, values: FloatArray) -> JoinedValues:
    """Joined values with their reasons: both sides missing for their own reasons, or one side missing."""
    reasons = np.full(values.shape, "", dtype=object)
    missing = np.flatnonzero(np.isnan(values))
    pairs = list(zip(left.reasons[missing], right.reasons[missing], strict=True))
    joined = {pair: join_side_reasons(*pair) for pair in set(pairs)}
    reasons[missing] = [joined[pair] for pair in pairs]
    return JoinedValues(values, reasons)


def join_side_reasons(left: str, right: str) -> str:
    """Why the value of both sides is missing; an empty reason is that of a side with a value."""
    one_sided = [] if left and right else [ONE_SIDE_MISSING]
    words = (word for side in (left, right) for word in side.split(";") if word != NOT_MEASURED)
    return join_words([*one_sided, *words]) or NOT_MEASURED


def _pool(
    rows: pd.DataFrame, subjects: list[str], left: FloatArray, right: FloatArray, *, needed: npt.NDArray[np.bool_]
) -> FloatArray:
    """Fraction of both sides taken as one muscle; each side counts by its pixels."""
    w_left, w_right = _pixel_weights(rows, subjects, "left"), _pixel_weights(rows, subjects, "right")
    both = needed & ~np.isnan(left) & ~np.isnan(right)
    weightless = both & ~(w_left + w_right > 0)
    if weightless.any():
        first = subjects[int(np.flatnonzero(weightless)[0])]
        raise TableInvalid(
            f"Expected n_valid, n_pixels or csa_mm2 beside each fraction to pool two sides, found none for "
            f"{int(weightless.sum())} subjects (first: {first}), in the rows of {rows['muscle'].iloc[0]}.",
            hint="Add the column, or join the sides by mean or sum.",
        )
    pooled = np.full(left.shape, np.nan)
    np.divide(left * w_left + right * w_right, w_left + w_right, out=pooled, where=both)
    return pooled


def _pixel_weights(rows: pd.DataFrame, subjects: list[str], side: str) -> FloatArray:
    """Pixels a fraction of this side rests on, or an area proportional to them; NaN where the table has neither."""
    chosen = rows[rows["side"] == side].set_index("subject_id").reindex(subjects)
    for column in ("n_valid", "n_pixels"):
        if column in chosen.columns and chosen[column].notna().any():
            return chosen[column].to_numpy(dtype=np.float64, na_value=np.nan)
    n_slices = chosen["n_slices"].to_numpy(dtype=np.float64, na_value=np.nan)
    area = chosen["csa_mm2"].to_numpy(dtype=np.float64, na_value=np.nan)
    return area * np.where(np.isnan(n_slices), 1.0, n_slices)


def _refuse_without_sides(
    rows: pd.DataFrame, subjects: list[str], given: JoinedValues, measure: Measure, request: RelateRequest
) -> None:
    """Refuse a mean or sum of two sides where only the pooled fraction is known."""
    sided = set(rows.loc[rows["side"] != BOTH_SIDES, "subject_id"])
    pooled_only = [s for s, v in zip(subjects, given.values, strict=True) if s not in sided and not np.isnan(v)]
    if pooled_only:
        raise TableInvalid(
            f"Expected left and right rows for the {request.bilateral} of two {measure.word}, found only rows of "
            f"both sides for {len(pooled_only)} subjects (first: {pooled_only[0]}), "
            f"in the rows of {rows['muscle'].iloc[0]}.",
            hint="Hand in the rows of each side, or use pooled.",
        )
