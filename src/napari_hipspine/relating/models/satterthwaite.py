"""Degrees of freedom of the coefficients of a linear mixed model, by Satterthwaite's approximation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from .columns import FloatArray

WIDTH = 1e-3
"""Step of the differences, in units of the parameter or of what the groups can tell of it."""

FIRST = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
SECOND = ((-2, -1 / 12), (-1, 4 / 3), (0, -5 / 2), (1, 4 / 3), (2, -1 / 12))
"""Weights of differences that are exact to the fourth power of the step."""

LEAST_CURVATURE = 1e-8
"""Directions in which the deviance bends less tell nothing of the variances."""


class GroupSums(Protocol):
    """What is needed of the sums over the groups."""

    @property
    def n_rows(self) -> int:
        """Rows."""

    @property
    def zz(self) -> FloatArray:
        """Products of the random columns, ``(n_groups, n_random, n_random)``."""

    def solve(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, float, float]:
        """Coefficients, X'V^-1 X, residual squares and log determinant of V for a relative factor."""


def satterthwaite_df(
    sums: GroupSums, theta: FloatArray, variance: float, back: FloatArray, *, n_spent: int
) -> FloatArray:
    """Degrees of freedom of each coefficient; infinite where the variance of a coefficient does not depend on doubt.

    The variance of a coefficient is a function of the variance parameters; its own variance follows from their
    information by the delta method, and the degrees of freedom are those of a chi-squared with that variance.

    Parameters
    ----------
    sums : GroupSums
        Sums of the fitted model.
    theta, variance
        Relative factor of the groups' covariance and residual variance at the optimum.
    back : ndarray, shape ``(n_columns, n_columns)``
        What turns the coefficients of the sums into those of the model.
    n_spent : int
        Coefficients the restricted likelihood has spent; 0 for the full likelihood.

    References
    ----------
    Satterthwaite 1946, doi:10.2307/3002019. Kuznetsova et al. 2017, doi:10.18637/jss.v082.i13.
    """
    sigma, n_left = float(np.sqrt(variance)), sums.n_rows - n_spent

    def parts(at: FloatArray) -> FloatArray:
        """Deviance at the residual variance, residual squares, and relative variances of the coefficients."""
        _, information, squares, log_determinant = sums.solve(at)
        spent = float(np.linalg.slogdet(information)[1]) if n_spent else 0.0
        relative = np.einsum("ij,jk,ik->i", back, np.linalg.inv(information), back)
        return np.concatenate([[log_determinant + spent + squares / variance, squares], relative])

    steps = _steps(sums, theta)
    first = np.array([_differ(parts, theta, steps, [k]) for k in range(len(theta))])
    here = parts(theta)
    curvature = np.empty((len(theta) + 1,) * 2)
    curvature[-1, -1] = 6 * here[1] / variance**2 - 2 * n_left / variance
    curvature[:-1, -1] = curvature[-1, :-1] = -2 * first[:, 1] / sigma**3
    for j in range(len(theta)):
        for k in range(j + 1):
            curvature[j, k] = curvature[k, j] = _differ(parts, theta, steps, [j, k])[0]
    gradient = np.vstack([variance * first[:, 2:], 2 * sigma * here[2:]])
    values, directions = np.linalg.eigh(curvature)
    kept = values > LEAST_CURVATURE
    turned = directions[:, kept].T @ gradient
    doubt = 2 * np.sum(turned**2 / values[kept, None], axis=0)
    own = variance * here[2:]
    told = doubt > 0
    df: FloatArray = np.full(len(back), np.inf)
    df[told] = 2 * own[told] ** 2 / doubt[told]
    return df


def _steps(sums: GroupSums, theta: FloatArray) -> FloatArray:
    """A step per parameter: of its size, or of what the rows of a group can tell of it."""
    told = 1 / np.sqrt(np.mean(np.diagonal(sums.zz, axis1=1, axis2=2), axis=0))
    rows = [0] if len(theta) == 1 else [0, 1, 1]
    return np.asarray(WIDTH * np.maximum(np.abs(theta), told[rows]))


def _differ(
    parts: Callable[[FloatArray], FloatArray], theta: FloatArray, steps: FloatArray, of: list[int]
) -> FloatArray:
    """The derivative by one parameter, by two, or twice by one."""
    k = of[-1]
    twice = len(of) == 2 and of[0] == k
    inner = parts if len(of) == 1 or twice else (lambda at: _differ(parts, at, steps, of[:1]))
    total: FloatArray = np.zeros(1)
    for place, weight in SECOND if twice else FIRST:
        moved = theta.copy()
        moved[k] += place * steps[k]
        total = total + weight * inner(moved)
    return np.asarray(total / steps[k] ** (2 if twice else 1))
