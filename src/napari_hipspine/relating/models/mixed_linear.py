"""Linear models with a random intercept, or a random intercept and slope, by (restricted) maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from .columns import FloatArray
from .estimates import Deviation, Estimates, empty_estimates, wald_estimates, with_student
from .linear import find_obstacle
from .logistic import orthonormal_columns
from .mixed_logistic import FEW_GROUPS, find_group_obstacle
from .satterthwaite import satterthwaite_df
from .ticks import Tick, run_on
from .troubles import Trouble

SINGULAR = 1e-4
"""Standard deviation between groups, in residual standard deviations, that counts as zero (lme4's bound)."""

UNBOUND = 1e6
"""Standard deviation between groups, in residual ones, that binds a group to nothing."""

NOTHING = 1e-11
"""Residual sum of squares, as a share of the total, at which groups without bound meet every value."""

FLAT = 1e-4
"""Largest gradient of the deviance at which a minimum counts as reached, and least decrement."""


class Criterion(StrEnum):
    """What is maximised: the restricted likelihood, or the full one that likelihood-ratio tests need."""

    REML = "reml"
    ML = "ml"


@dataclass(frozen=True)
class _GroupSums:
    """Sums of products over the rows of each group; the deviance needs nothing else.

    Shapes: ``zz (n_groups, q, q)``, ``zx (n_groups, q, p)``, ``zy (n_groups, q)``, ``xx (p, p)``, ``xy (p,)``.
    """

    zz: FloatArray
    zx: FloatArray
    zy: FloatArray
    xx: FloatArray
    xy: FloatArray
    yy: float
    n_rows: int

    def solve(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, float, float]:
        """Coefficients, X'V^-1 X, residual squares and log determinant of V for a relative factor of the covariance."""
        factor = _as_factor(theta)
        inner = np.eye(factor.shape[0]) + factor.T @ self.zz @ factor
        turned_x, turned_y = factor.T @ self.zx, self.zy @ factor
        solved_x = np.linalg.solve(inner, turned_x)
        information = self.xx - np.einsum("gqp,gqr->pr", turned_x, solved_x)
        score = self.xy - np.einsum("gq,gqp->p", turned_y, solved_x)
        squares = self.yy - np.einsum("gq,gq->", turned_y, np.linalg.solve(inner, turned_y[..., None])[..., 0])
        beta = np.linalg.solve(information, score)
        return beta, information, float(squares - score @ beta), float(np.linalg.slogdet(inner)[1].sum())

    def deviance(self, theta: FloatArray, criterion: Criterion) -> float:
        """Minus twice the log-likelihood with coefficients and residual variance at their best."""
        _, information, squares, log_determinant = self.solve(theta)
        if criterion is Criterion.ML:
            return log_determinant + self.n_rows * (1 + float(np.log(2 * np.pi * squares / self.n_rows)))
        df = self.n_rows - len(self.xy)
        extra = float(np.linalg.slogdet(information)[1])
        return log_determinant + extra + df * (1 + float(np.log(2 * np.pi * squares / df)))


def fit_mixed_linear(
    matrix: FloatArray,
    response: FloatArray,
    groups: npt.ArrayLike,
    *,
    slope: FloatArray | None = None,
    criterion: Criterion = Criterion.REML,
    tick: Tick = run_on,
) -> Estimates:
    """Coefficients with Student intervals, and standard deviations between groups.

    Degrees of freedom are Satterthwaite's, as in lmerTest.

    Parameters
    ----------
    matrix : ndarray, shape ``(n_rows, n_columns)``
        Linearly independent columns.
    response : ndarray, shape ``(n_rows,)``
        Outcome.
    groups : array-like of int, shape ``(n_rows,)``
        Group of each row.
    slope : ndarray, optional
        Column whose slope varies between groups together with the intercept.
    criterion : Criterion
        Restricted likelihood, or the full one for likelihood-ratio tests.
    tick : Tick
        Called at every step.

    References
    ----------
    Bates et al. 2015, doi:10.18637/jss.v067.i01.
    """
    n_columns = matrix.shape[1]
    stop = find_obstacle(matrix, response) or find_group_obstacle(groups)
    if stop is not None:
        return empty_estimates(n_columns, stop)
    basis, back = orthonormal_columns(matrix)
    width = 1.0 if slope is None else float(np.sqrt(np.mean(slope**2))) or 1.0
    random = np.ones((len(response), 1)) if slope is None else np.column_stack([np.ones(len(response)), slope / width])
    level = float(response.mean())
    sums = _sum_products(basis, response - level, random, groups)
    if _leaves_nothing(sums):
        return empty_estimates(n_columns, Trouble.PERFECT_FIT)
    theta, reached = _find_minimum(sums, criterion, tick)
    if not reached:
        return empty_estimates(n_columns, Trouble.NOT_CONVERGED)
    beta, information, squares, _ = sums.solve(theta)
    if squares <= 0:
        return empty_estimates(n_columns, Trouble.PERFECT_FIT)
    variance = squares / (sums.n_rows - (n_columns if criterion is Criterion.REML else 0))
    factor = _as_factor(theta) / np.array([1.0, width])[: random.shape[1], None]
    # turning the matrix changed the determinant of X'V^-1 X, which the restricted likelihood carries
    turned = 2 * float(np.linalg.slogdet(back)[1]) if criterion is Criterion.REML else 0.0
    centred = np.linalg.lstsq(basis, np.ones(len(response)), rcond=None)[0] * level
    few = (Trouble.FEW_GROUPS,) if len(sums.zy) < FEW_GROUPS else ()
    found = wald_estimates(
        back @ (beta + centred),
        back @ np.linalg.inv(information) @ back.T * variance,
        log_likelihood=-(sums.deviance(theta, criterion) - turned) / 2,
        n_parameters=n_columns + len(theta) + 1,
        troubles=((Trouble.SINGULAR_FIT,) if _is_singular(theta) else ()) + few,
        deviations=_name_deviations(factor, float(np.sqrt(variance))),
        random_covariance=factor @ factor.T * variance,
    )
    n_spent = n_columns if criterion is Criterion.REML else 0
    return with_student(found, satterthwaite_df(sums, theta, variance, back, n_spent=n_spent))


def _leaves_nothing(sums: _GroupSums) -> bool:
    """Whether groups that may differ without bound meet every value."""
    size = sums.zy.shape[1]
    unbound = np.array([UNBOUND] if size == 1 else [UNBOUND, 0.0, UNBOUND])
    return sums.solve(unbound)[2] <= NOTHING * sums.yy


def _as_factor(theta: FloatArray) -> FloatArray:
    """The lower triangular factor of the relative covariance."""
    return np.array([[theta[0]]]) if len(theta) == 1 else np.array([[theta[0], 0.0], [theta[1], theta[2]]])


def _is_singular(theta: FloatArray) -> bool:
    return bool(min(theta[0], theta[-1]) < SINGULAR)


def _sum_products(matrix: FloatArray, response: FloatArray, random: FloatArray, groups: npt.ArrayLike) -> _GroupSums:
    number = np.asarray(groups)
    order = np.argsort(number, kind="stable")
    _, starts = np.unique(number[order], return_index=True)
    x, y, z = matrix[order], response[order], random[order]
    return _GroupSums(
        zz=np.add.reduceat(z[:, :, None] * z[:, None, :], starts, axis=0),
        zx=np.add.reduceat(z[:, :, None] * x[:, None, :], starts, axis=0),
        zy=np.add.reduceat(z * y[:, None], starts, axis=0),
        xx=x.T @ x,
        xy=x.T @ y,
        yy=float(y @ y),
        n_rows=len(y),
    )


def _find_minimum(sums: _GroupSums, criterion: Criterion, tick: Tick) -> tuple[FloatArray, bool]:
    """The relative factor of least deviance, and whether it is a minimum."""
    from scipy.optimize import minimize

    def deviance(theta: FloatArray) -> float:
        tick()
        return sums.deviance(theta, criterion)

    size = sums.zy.shape[1]
    bounds = [(0.0, None)] if size == 1 else [(0.0, None), (None, None), (0.0, None)]
    start = np.array([1.0]) if size == 1 else np.array([1.0, 0.0, 1.0])
    tried = [minimize(deviance, scale * start, method="L-BFGS-B", bounds=bounds) for scale in (0.3, 1.0, 3.0)]
    best = min(tried, key=lambda one: float(one.fun))
    fine = minimize(
        deviance,
        best.x,
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "maxfev": 8000},
    )
    theta = np.asarray(fine.x if fine.fun <= best.fun else best.x)
    return theta, bool(np.isfinite(fine.fun)) and _is_flat(sums, criterion, theta)


def _is_flat(sums: _GroupSums, criterion: Criterion, theta: FloatArray) -> bool:
    """Whether the deviance rises, or stays, in every allowed direction."""
    here = sums.deviance(theta, criterion)
    for k in range(len(theta)):
        width = 1e-3 * max(1.0, abs(theta[k]))
        for sign in (-1, 1):
            there = theta.copy()
            there[k] += sign * width
            may_go = k == 1 or there[k] >= 0
            if may_go and sums.deviance(there, criterion) < here - FLAT:
                return False
    return True


def _name_deviations(factor: FloatArray, residual: float) -> tuple[Deviation, ...]:
    """Standard deviations in lme4's order: intercept, slope, their correlation, residual."""
    covariance = factor @ factor.T * residual**2
    found = [Deviation("(Intercept)", float(np.sqrt(covariance[0, 0])))]
    if len(covariance) == 2:
        both = float(np.sqrt(covariance[0, 0] * covariance[1, 1]))
        found.append(Deviation("slope", float(np.sqrt(covariance[1, 1]))))
        found.append(Deviation("correlation", float(covariance[0, 1]) / both if both else float("nan")))
    return (*found, Deviation("sigma", residual))
