"""Rows of people over time, made ready for models of courses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.errors import TableInvalid
from .models.columns import FloatArray, is_gap, read_events

if TYPE_CHECKING:
    import pandas as pd

    from .courses import CourseRequest


def prepare_courses(table: pd.DataFrame, request: CourseRequest) -> pd.DataFrame:
    """The table with exposures as 0 and 1.

    Raises
    ------
    TableInvalid
        If a column is missing, a person has two rows at one time point, or an exposure is neither yes nor no.
    """
    from_rules = {outcome.name for outcome in request.outcomes if outcome.rule}
    plain = [outcome.name for outcome in request.outcomes if not outcome.rule]
    needed = [request.subject, request.time, *request.exposures, *plain, *request.scores, *request.covariates]
    lacking = [name for name in dict.fromkeys(needed) if name not in table.columns and name not in from_rules]
    if lacking:
        raise TableInvalid(
            f"Expected the columns {', '.join(dict.fromkeys(needed))}, missing {', '.join(lacking)}.",
            hint=f"Found: {', '.join(map(str, table.columns))}.",
        )
    twice = table[table.duplicated([request.subject, request.time])]
    if len(twice):
        first = twice.iloc[0]
        raise TableInvalid(
            f"Expected one row per {request.subject} and {request.time}, found several for {first[request.subject]} at "
            f"{first[request.time]}.",
            hint="Keep one row per person and time point.",
        )
    return table.assign(**{name: _as_events(table[name].tolist(), name) for name in request.exposures})


def _as_events(cells: Sequence[Any], column: str) -> FloatArray:
    """0 and 1, with gaps as NaN."""
    gaps = np.array([is_gap(cell) for cell in cells], dtype=bool)
    out = np.full(len(cells), np.nan)
    out[~gaps] = read_events([cell for cell, gap in zip(cells, gaps, strict=True) if not gap], column, what="exposure")
    return out
