"""95 % intervals of Spearman's rho: two formulas, and drawing subjects anew."""

from __future__ import annotations

from enum import StrEnum
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from .cell_groups import CellGroup, group_cells
from .correlation import SMALLEST_N_FOR_INTERVAL, RankCorrelations, bonett_wright_interval
from .partial import take_out, weighted_basis
from .ranks import BoolArray, FloatArray, round_to_ties

CONFIDENCE = 0.95

BOOTSTRAP_DRAWS = 1000
"""Samples of subjects drawn for a bootstrap interval."""

FORMULA_UNRELIABLE_BELOW = 25
FORMULA_UNRELIABLE_ABOVE = 0.9
"""Subjects below which, and size of rho above which, an interval by formula covers less than it says."""

BOOTSTRAP_UNRELIABLE_BELOW = 20
"""Subjects below which a bootstrap interval is known to be too narrow."""

_SMALLEST_SHARE_USABLE = 0.9
"""Share of the drawn samples in which neither column is constant, below which no interval is given."""

_NUMBERS_AT_ONCE = 500_000


class IntervalMethod(StrEnum):
    """How the interval of a coefficient is found."""

    BONETT_WRIGHT = "bonett_wright"
    FIELLER = "fieller"
    BOOTSTRAP = "bootstrap"


def find_interval(
    x: FloatArray,
    y: FloatArray,
    cells: RankCorrelations,
    *,
    method: IntervalMethod = IntervalMethod.BONETT_WRIGHT,
    covariates: FloatArray | None = None,
    seed: int = 0,
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper 95 % limit of each cell; NaN where the method gives none.

    Parameters
    ----------
    x, y
        The tables the cells were made from, ``(n_subjects, n_x_columns)`` and ``(n_subjects, n_y_columns)``.
    cells
        Their rank correlations.
    covariates
        What is held constant, shape ``(n_subjects, n_covariates)``; each costs the formulas one subject.
    """
    n_covariates = 0 if covariates is None else covariates.shape[1]
    if method is IntervalMethod.BONETT_WRIGHT:
        return bonett_wright_interval(cells.rho, cells.n - n_covariates)
    if method is IntervalMethod.FIELLER:
        return fieller_interval(cells.rho, cells.n - n_covariates)
    return bootstrap_interval(x, y, covariates=covariates, seed=seed)


def fieller_interval(rho: npt.ArrayLike, n: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Limits with the standard error √(1.06/(n − 3)) of z; NaN for n below 8 and for rho = 1 or -1.

    References
    ----------
    Fieller, Hartley & Pearson 1957, doi:10.1093/biomet/44.3-4.470.
    """
    coefficient, subjects = np.broadcast_arrays(np.asarray(rho, dtype=np.float64), np.asarray(n, dtype=np.float64))
    usable = (subjects >= SMALLEST_N_FOR_INTERVAL) & (np.abs(coefficient) < 1)
    inner = np.where(usable, coefficient, 0.0)
    half_width = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * np.sqrt(1.06 / (np.where(usable, subjects, 4.0) - 3))
    low, high = np.tanh(np.arctanh(inner) - half_width), np.tanh(np.arctanh(inner) + half_width)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)


def bootstrap_interval(
    x: FloatArray,
    y: FloatArray,
    *,
    covariates: FloatArray | None = None,
    draws: int = BOOTSTRAP_DRAWS,
    seed: int = 0,
) -> tuple[FloatArray, FloatArray]:
    """Percentile limits of rho over samples of the complete subjects of each cell, drawn with replacement.

    Ranks, also those of the covariates, are found anew in every sample, and the covariates taken out of them. Samples
    in which a column has one value only, or follows from the covariates, are left out, and with covariates those of
    fewer different subjects than a coefficient needs. A cell in which they are more than one in ten, or with fewer than
    8 subjects and one more per covariate, has no interval; nor has one whose limits are equal, as those of a perfect
    coefficient are.

    References
    ----------
    Efron & Tibshirani 1986, doi:10.1214/ss/1177013815.
    """
    low, high = np.full((2, x.shape[1], y.shape[1]), np.nan)
    tails = 100 * (1 - CONFIDENCE) / 2
    held = x[:, :0] if covariates is None else covariates
    for group in group_cells(x, y, covariates=held):
        if group.n < SMALLEST_N_FOR_INTERVAL + held.shape[1]:
            continue
        drawn = _drawn_coefficients(x, y, held, group, draws=draws, seed=seed)
        usable = ~np.isnan(drawn)
        enough = usable.mean(axis=0) >= _SMALLEST_SHARE_USABLE
        limits = np.full((2, enough.size), np.nan)
        whole = usable.all(axis=0)
        limits[:, whole] = np.percentile(drawn[:, whole], [tails, 100 - tails], axis=0)
        for cell in np.flatnonzero(enough & ~whole):
            limits[:, cell] = np.percentile(drawn[usable[:, cell], cell], [tails, 100 - tails])
        limits[:, limits[0] == limits[1]] = np.nan
        low[tuple(group.cells.T)], high[tuple(group.cells.T)] = limits
    return low, high


def _drawn_coefficients(
    x: FloatArray, y: FloatArray, held: FloatArray, group: CellGroup, *, draws: int, seed: int
) -> FloatArray:
    """Rho of each cell in each sample, shape ``(draws, n_cells)``; NaN where there is none."""
    n = group.n
    generator = np.random.Generator(np.random.PCG64([seed, n]))
    x_places, y_places = group.places
    x_sorted = [_sort_once(x[group.rows, column]) for column in group.x_columns]
    y_sorted = [_sort_once(y[group.rows, column]) for column in group.y_columns]
    held_sorted = [_sort_once(column[group.rows]) for column in held.T]
    drawn = np.empty((draws, len(group.cells)))
    at_once = max(1, _NUMBERS_AT_ONCE // (n * (len(x_sorted) + len(y_sorted))))
    for start in range(0, draws, at_once):
        some = min(at_once, draws - start)
        picks = generator.integers(0, n, size=(some, n)) + n * np.arange(some)[:, None]
        times = np.bincount(picks.ravel(), minlength=some * n).reshape(some, n).astype(np.float64)
        x_ranks, y_ranks = (_ranks_in_samples(times, columns) for columns in (x_sorted, y_sorted))
        if held_sorted:
            basis, usable = weighted_basis(_ranks_in_samples(times, held_sorted), times)
            x_ranks, y_ranks = (take_out(ranks, basis, times) for ranks in (x_ranks, y_ranks))
            times = np.where(usable[:, None], times, 0.0)
        y_weighted = y_ranks * times[:, None]
        products = x_ranks @ y_weighted.transpose(0, 2, 1)
        x_squares = np.einsum("bcs,bcs->bc", x_ranks * times[:, None], x_ranks)
        y_squares = np.einsum("bcs,bcs->bc", y_ranks, y_weighted)
        scale = np.sqrt(x_squares[:, x_places] * y_squares[:, y_places])
        coefficients = np.full(scale.shape, np.nan)
        np.divide(products[:, x_places, y_places], scale, out=coefficients, where=scale > 0)
        drawn[start : start + some] = coefficients
    return drawn


def _ranks_in_samples(times: FloatArray, columns: list[tuple[npt.NDArray[np.intp], BoolArray]]) -> FloatArray:
    """Doubled, centred ranks of each column in each sample, shape ``(n_samples, n_columns, n_subjects)``."""
    ranks = np.empty((times.shape[0], len(columns), times.shape[1]))
    for place, column in enumerate(columns):
        _rank_in_samples(times, *column, out=ranks[:, place])
    return ranks


def _sort_once(column: FloatArray) -> tuple[npt.NDArray[np.intp], BoolArray]:
    """Order of the subjects by value, and where in that order a new value begins."""
    values = round_to_ties(column)
    order = np.argsort(values, kind="stable")
    starts = np.ones(values.size, dtype=bool)
    starts[1:] = values[order][1:] != values[order][:-1]
    return order, starts


def _rank_in_samples(times: FloatArray, order: npt.NDArray[np.intp], starts: BoolArray, *, out: FloatArray) -> None:
    """Put doubled, centred ranks in samples that hold each subject so many times into ``out``, like ``times``."""
    n = times.shape[1]
    picked = times.take(order, axis=1)
    up_to = picked.cumsum(axis=1)
    if starts.all():
        up_to *= 2
        up_to -= picked
    else:
        first_of_run = np.flatnonzero(starts)
        at_end = up_to[:, np.append(first_of_run[1:], n) - 1]
        at_end[:, 1:] += at_end[:, :-1].copy()
        up_to = at_end.take(np.cumsum(starts) - 1, axis=1)
    up_to -= n
    out[:, order] = up_to
