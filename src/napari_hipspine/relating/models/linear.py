"""Linear regression by least squares."""

from __future__ import annotations

import numpy as np

from .columns import FloatArray
from .estimates import Deviation, Estimates, empty_estimates, wald_estimates, with_student
from .logistic import orthonormal_columns
from .troubles import Trouble

EXACT = 1e-14
"""Residual sum of squares, as a share of the total, at which the fit counts as without error."""


def fit_linear(matrix: FloatArray, response: FloatArray) -> Estimates:
    """Coefficients of a linear regression, with Student intervals and t tests on n - p degrees of freedom.

    Parameters
    ----------
    matrix : ndarray, shape ``(n_rows, n_columns)``
        Linearly independent columns.
    response : ndarray, shape ``(n_rows,)``
        Outcome.
    """
    n_rows, n_columns = matrix.shape
    stop = find_obstacle(matrix, response)
    if stop is not None:
        return empty_estimates(n_columns, stop, interval_by="t")
    basis, back = orthonormal_columns(matrix)
    beta = basis.T @ response / n_rows
    squares = float(np.sum((response - basis @ beta) ** 2))
    df = n_rows - n_columns
    if squares <= EXACT * np.sum((response - response.mean()) ** 2):
        return empty_estimates(n_columns, Trouble.PERFECT_FIT, interval_by="t")
    found = wald_estimates(
        back @ beta,
        back @ back.T / n_rows * squares / df,
        log_likelihood=-n_rows / 2 * (np.log(2 * np.pi * squares / n_rows) + 1),
        n_parameters=n_columns + 1,
        deviations=(Deviation("sigma", float(np.sqrt(squares / df))),),
    )
    return with_student(found, np.full(n_columns, float(df)))


def find_obstacle(matrix: FloatArray, response: FloatArray) -> Trouble | None:
    """Why there is nothing to fit: too few rows or an outcome without variation."""
    if matrix.shape[0] <= matrix.shape[1]:
        return Trouble.TOO_FEW_ROWS
    return Trouble.CONSTANT_OUTCOME if np.ptp(response) == 0 else None
