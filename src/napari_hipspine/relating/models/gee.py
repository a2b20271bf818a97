"""Logistic regression averaged over the population: generalised estimating equations."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from .columns import FloatArray, IntArray
from .estimates import Deviation, Estimates, empty_estimates, wald_estimates
from .logistic import expit, fit_logistic
from .ticks import Tick, run_on
from .troubles import Trouble

MOST_STEPS = 100
TOLERANCE = 1e-10
FEW_GROUPS = 40
"""Sandwich standard errors are too small with fewer groups."""


class WorkingCorrelation(StrEnum):
    """How rows of one group are taken to be correlated while weighing them."""

    EXCHANGEABLE = "exchangeable"
    INDEPENDENCE = "independence"


def fit_gee(
    matrix: FloatArray,
    response: FloatArray,
    groups: npt.ArrayLike,
    *,
    correlation: WorkingCorrelation = WorkingCorrelation.EXCHANGEABLE,
    tick: Tick = run_on,
) -> Estimates:
    """Population-averaged log-odds ratios with sandwich standard errors, which do not rest on the correlation.

    Parameters
    ----------
    matrix : ndarray, shape ``(n_rows, n_columns)``
        Linearly independent columns.
    response : ndarray, shape ``(n_rows,)``
        Outcome, 0 or 1.
    groups : array-like of int, shape ``(n_rows,)``
        Group of each row.
    correlation : WorkingCorrelation
        One correlation for all pairs of a group, or none.
    tick : Tick
        Called at every step.

    References
    ----------
    Liang & Zeger 1986, doi:10.1093/biomet/73.1.13.
    """
    plain = fit_logistic(matrix, response)
    if not plain.has_numbers:
        return empty_estimates(matrix.shape[1], plain.troubles[0])
    number = np.asarray(groups)
    if len(np.unique(number)) <= matrix.shape[1]:
        return empty_estimates(matrix.shape[1], Trouble.TOO_FEW_GROUPS)
    order = np.argsort(number, kind="stable")
    _, starts = np.unique(number[order], return_index=True)
    x, y = matrix[order], response[order]
    beta, rho = plain.beta, 0.0
    for _ in range(MOST_STEPS):
        tick()
        if correlation is WorkingCorrelation.EXCHANGEABLE:
            rho = _pair_correlation(x, y, starts, beta)
        bread, scores = _equations(x, y, starts, beta, rho)
        step = np.linalg.solve(bread, scores.sum(axis=0))
        beta = beta + step
        if not np.isfinite(step).all():
            break
        if step @ bread @ step < TOLERANCE**2 * len(y):
            bread, scores = _equations(x, y, starts, beta, rho)
            inverse = np.linalg.inv(bread)
            few = (Trouble.FEW_GROUPS,) if len(starts) < FEW_GROUPS else ()
            return wald_estimates(
                beta,
                inverse @ (scores.T @ scores) @ inverse,
                log_likelihood=np.nan,
                troubles=few,
                deviations=(Deviation("working correlation", rho),),
            )
    return empty_estimates(matrix.shape[1], Trouble.NOT_CONVERGED)


def _pair_correlation(x: FloatArray, y: FloatArray, starts: IntArray, beta: FloatArray) -> float:
    """Mean product of the standardised residuals of two rows of one group, over their mean square."""
    chance = expit(x @ beta)
    residual = (y - chance) / np.sqrt(chance * (1 - chance))
    sums, squares = np.add.reduceat(residual, starts), np.add.reduceat(residual**2, starts)
    sizes = np.diff([*starts, len(y)])
    n_pairs = float(np.sum(sizes * (sizes - 1)) / 2)
    n_columns = x.shape[1]
    if n_pairs <= n_columns:
        return 0.0
    scale = squares.sum() / (len(y) - n_columns)
    return float(np.sum(sums**2 - squares) / 2 / (n_pairs - n_columns) / scale)


def _equations(
    x: FloatArray, y: FloatArray, starts: IntArray, beta: FloatArray, rho: float
) -> tuple[FloatArray, FloatArray]:
    """The derivative of the estimating equations, and each group's share of them, ``(n_groups, n_columns)``.

    The inverse of an exchangeable correlation matrix is (I - c J)/(1 - rho), so that sums per group are enough.
    """
    chance = expit(x @ beta)
    root = np.sqrt(chance * (1 - chance))
    scaled, residual = x * root[:, None], (y - chance) / root
    sizes = np.diff([*starts, len(y)])
    shared = rho / (1 + (sizes - 1) * rho)
    x_sums, r_sums = np.add.reduceat(scaled, starts, axis=0), np.add.reduceat(residual, starts)
    bread = (scaled.T @ scaled - x_sums.T @ (x_sums * shared[:, None])) / (1 - rho)
    own = np.add.reduceat(scaled * residual[:, None], starts, axis=0)
    return bread, (own - x_sums * (shared * r_sums)[:, None]) / (1 - rho)
