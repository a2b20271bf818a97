"""Correlations of lumbar with hip muscles given what all muscles of a person have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.tables import join_words
from .cells import TOO_FEW_SUBJECTS, adjust_rows, cell_name
from .correlation import RankCorrelations
from .covariates import CovariateValues
from .extra_tables import PROFILE_PARTIAL
from .intervals import IntervalMethod, find_interval
from .multiplicity import Family
from .p_values import PMethod, student_p
from .partial import correlate_partial_ranks
from .ranks import FloatArray
from .subject_values import RegionValues, SubjectValues

if TYPE_CHECKING:
    import pandas as pd

MEAN_OF_ALL = "mean_of_all_muscles_"
"""Before the measure: a covariate that is each person's mean z of all muscles."""


def correlate_given_all_muscles(
    values: SubjectValues,
    means: FloatArray,
    measures: Sequence[str],
    *,
    covariates: CovariateValues | None = None,
    family: Family = Family.ALL,
    interval: IntervalMethod = IntervalMethod.BONETT_WRIGHT,
    seed: int = 0,
) -> pd.DataFrame:
    """Partial correlations given the covariates, given each person's mean z of all muscles, and given both.

    The means of both measures of a cell are held; without covariates there is one set of rows. Each set is adjusted
    for its own tests.

    Parameters
    ----------
    values
        Values of the subjects.
    means
        Mean z of all muscles, shape ``(n_subjects, n_measures)``.
    measures
        Measures of its columns.
    covariates
        Age, sex, BMI or whatever else is held, for the same subjects.
    family
        Tests adjusted together.
    interval
        How the intervals are found; samples of subjects keep each person's mean z.
    seed
        Start of the random numbers of drawn samples.
    """
    sets = [(None, True)] if covariates is None else [(covariates, False), (None, True), (covariates, True)]
    rows: list[dict[str, Any]] = []
    for of_people, is_given_mean in sets:
        held = _Held(of_people, means if is_given_mean else means[:, :0], measures if is_given_mean else ())
        cells = {(row["lumbar"], row["hip"]): row["cells"] for row in _correlate(values, held, interval, seed)}
        ordered = [cells[lumbar, hip] for hip, lumbar in product(values.hip.columns, values.lumbar.columns)]
        rows += adjust_rows(ordered, family)
    return PROFILE_PARTIAL.frame(rows)


class _Held:
    """What is held constant in one set of rows."""

    def __init__(self, covariates: CovariateValues | None, means: FloatArray, measures: Sequence[str]) -> None:
        self._names = covariates.names if covariates else ()
        self._values = covariates.values if covariates else means[:, :0]
        self._means, self._measures = means, list(measures)

    def of(self, *measures: str) -> tuple[tuple[str, ...], FloatArray]:
        """Names and values of what is held in cells of these measures."""
        held = sorted({self._measures.index(one) for one in measures if one in self._measures})
        names = (*self._names, *(f"{MEAN_OF_ALL}{self._measures[k]}" for k in held))
        return names, np.column_stack([self._values, self._means[:, held]])


def _correlate(values: SubjectValues, held: _Held, interval: IntervalMethod, seed: int) -> Iterator[dict[str, Any]]:
    """Every cell; those of the same two measures hold the same and are correlated at one go."""
    for lumbar_measure, hip_measure in product(_measures(values.lumbar), _measures(values.hip)):
        names, given = held.of(lumbar_measure, hip_measure)
        left = [k for k, column in enumerate(values.lumbar.columns) if column.measure == lumbar_measure]
        right = [k for k, column in enumerate(values.hip.columns) if column.measure == hip_measure]
        x, y = values.lumbar.values[:, left], values.hip.values[:, right]
        cells = correlate_partial_ranks(x, y, given)
        limits = np.stack(find_interval(x, y, cells, method=interval, covariates=given, seed=seed), axis=-1)
        for (i, a), (j, b) in product(enumerate(left), enumerate(right)):
            lumbar, hip = values.lumbar.columns[a], values.hip.columns[b]
            row = cell_name(lumbar, hip)._asdict() | {"covariates": join_words(names), "n": int(cells.n[i, j])}
            yield {"lumbar": lumbar, "hip": hip, "cells": row | _numbers(cells, (i, j), limits[i, j], len(names))}


def _measures(region: RegionValues) -> list[str]:
    return list(dict.fromkeys(column.measure for column in region.columns))


def _numbers(cells: RankCorrelations, place: tuple[int, int], limits: FloatArray, n_held: int) -> dict[str, Any]:
    rho, n = float(cells.rho[place]), int(cells.n[place])
    if np.isnan(rho):
        return {"p": np.nan, "reason": TOO_FEW_SUBJECTS}
    low, high = limits
    numbers = {"rho": rho, "rho_low": float(low), "rho_high": float(high), "p": float(student_p(rho, n - n_held))}
    return numbers | {"p_method": PMethod.T.value, "df": n - 2 - n_held}
