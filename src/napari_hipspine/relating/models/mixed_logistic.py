"""Logistic regression with a random intercept: the integral over the groups by adaptive Gauss-Hermite quadrature."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .columns import FloatArray
from .estimates import Deviation, Estimates, empty_estimates, wald_estimates
from .logistic import as_binomial, fit_logistic, log_choices
from .random_intercept import DEFAULT_POINTS, RandomInterceptLikelihood, arrange_by_group
from .ticks import Tick, run_on
from .troubles import Trouble

Downhill: TypeAlias = Callable[[FloatArray], tuple[float, FloatArray]]

FEW_GROUPS = 5
START_DEVIATION = 0.5
LARGEST_DEVIATION = 50.0
"""Standard deviation of the groups' log-odds beyond which the variance counts as without bound."""

MOST_STEPS = 100
DECREMENT = 1e-9
GAIN_OF_VARIANCE = 1e-7
"""Log-likelihood that a variance between groups must gain to count as more than zero."""


def fit_mixed_logistic(
    matrix: FloatArray,
    successes: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    trials: npt.ArrayLike | None = None,
    n_points: int = DEFAULT_POINTS,
    tick: Tick = run_on,
) -> Estimates:
    """Coefficients and the standard deviation between groups of a logistic model with a random intercept.

    Standard errors come from the observed information of coefficients and standard deviation together.

    Parameters
    ----------
    matrix : ndarray, shape ``(n_rows, n_columns)``
        Linearly independent columns, the first of ones.
    successes, trials : array-like, shape ``(n_rows,)``
        Events and, unless every row is one trial, the number of trials.
    groups : array-like of int, shape ``(n_rows,)``
        Group of each row.
    n_points : int
        Quadrature points.
    tick : Tick
        Called at every step.

    References
    ----------
    Pinheiro & Bates 1995, doi:10.1080/10618600.1995.10474663.
    """
    events, tried = as_binomial(successes, trials)
    plain = fit_logistic(matrix, events, tried)
    stop = plain.troubles[0] if not plain.has_numbers else find_group_obstacle(groups, rows_of_one=tried.max() == 1)
    if stop is not None:
        return empty_estimates(matrix.shape[1], stop)
    likelihood = arrange_by_group(matrix, events, tried, groups, n_points=n_points)
    few = (Trouble.FEW_GROUPS,) if len(likelihood.starts) < FEW_GROUPS else ()
    constants = log_choices(events, tried)
    start = np.append(plain.beta, START_DEVIATION)
    found = maximise(likelihood, start, plain.covariance, tick=tick)
    if found is None:
        return empty_estimates(matrix.shape[1], Trouble.NOT_CONVERGED)
    theta, covariance, value = found
    if value + constants - plain.log_likelihood < GAIN_OF_VARIANCE:
        return wald_estimates(
            plain.beta,
            plain.covariance,
            log_likelihood=plain.log_likelihood,
            n_parameters=len(theta),
            troubles=(Trouble.SINGULAR_FIT, *few),
            deviations=(Deviation("(Intercept)", 0.0),),
            random_covariance=np.zeros((1, 1)),
        )
    sigma = abs(float(theta[-1]))
    return wald_estimates(
        theta[:-1],
        covariance[:-1, :-1],
        log_likelihood=value + constants,
        n_parameters=len(theta),
        troubles=few,
        deviations=(Deviation("(Intercept)", sigma, float(np.sqrt(covariance[-1, -1]))),),
        random_covariance=np.array([[sigma**2]]),
    )


def find_group_obstacle(groups: npt.ArrayLike, *, rows_of_one: bool = True) -> Trouble | None:
    """Why nothing can be said of the groups: there is one, or (where rows are single values) each has one row."""
    _, sizes = np.unique(np.asarray(groups), return_counts=True)
    says_nothing = len(sizes) == 1 or (rows_of_one and sizes.max() == 1)
    return Trouble.GROUPS_SAY_NOTHING if says_nothing else None


def maximise(
    likelihood: RandomInterceptLikelihood, start: FloatArray, covariance: FloatArray, *, tick: Tick = run_on
) -> tuple[FloatArray, FloatArray, float] | None:
    """Parameters at the maximum, their covariance and the log-likelihood; None if there is no maximum in reach.

    The search runs in coordinates in which the plain logistic model has unit information.
    """
    from scipy.optimize import minimize

    back = _unit_coordinates(covariance, len(likelihood.starts))

    def down(z: FloatArray) -> tuple[float, FloatArray]:
        tick()
        value, gradient = likelihood.value_and_gradient(start + back @ z)
        return -value, -back.T @ gradient

    z = minimize(down, np.zeros(len(start)), jac=True, method="BFGS", options={"gtol": 1e-4}).x
    for _ in range(MOST_STEPS):
        if abs((start + back @ z)[-1]) > LARGEST_DEVIATION:
            return None
        gradient, information = down(z)[1], _second_derivatives(down, z)
        values, directions = np.linalg.eigh(information)
        if values[0] <= 0:
            return _at_zero_deviation(likelihood, start + back @ z, covariance)
        step = directions @ (directions.T @ gradient / values)
        if gradient @ step < DECREMENT:
            theta = start + back @ (z - step)
            return theta, back @ np.linalg.inv(information) @ back.T, likelihood.value_and_gradient(theta)[0]
        z = _step_down(down, z, step)
    return None


def refit_roughly(
    matrix: FloatArray,
    response: FloatArray,
    groups: npt.ArrayLike,
    start: tuple[FloatArray, float],
    *,
    trials: FloatArray | None = None,
    n_points: int,
    slack: float = 1e-2,
    tick: Tick = run_on,
) -> tuple[FloatArray, float, float] | None:
    """Coefficients, deviation and log-likelihood without standard errors, from a start near by.

    For refits by the dozen or hundred. `slack` bounds what is missed, in standard errors of a coefficient; the
    log-likelihood misses half its square.
    """
    from scipy.optimize import minimize

    events, tried = as_binomial(response, trials)
    plain = fit_logistic(matrix, events, tried)
    if not plain.has_numbers:
        return None
    likelihood = arrange_by_group(matrix, events, tried, groups, n_points=n_points)
    theta = np.append(start[0], max(start[1], START_DEVIATION / 10))
    back = _unit_coordinates(plain.covariance, len(likelihood.starts))

    def down(z: FloatArray) -> tuple[float, FloatArray]:
        tick()
        value, gradient = likelihood.value_and_gradient(theta + back @ z)
        return -value, -back.T @ gradient

    found = minimize(down, np.zeros(len(theta)), jac=True, method="BFGS", options={"gtol": slack})
    theta = theta + back @ found.x
    if abs(theta[-1]) > LARGEST_DEVIATION:
        return None
    return theta[:-1], abs(float(theta[-1])), log_choices(events, tried) - float(found.fun)


def _unit_coordinates(covariance: FloatArray, n_groups: int) -> FloatArray:
    """What turns coordinates of about unit information into coefficients and deviation."""
    back = np.eye(len(covariance) + 1)
    back[:-1, :-1] = np.linalg.cholesky(covariance)
    back[-1, -1] = 1 / np.sqrt(2 * n_groups)
    return back


def _at_zero_deviation(
    likelihood: RandomInterceptLikelihood, theta: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray, float] | None:
    """The point itself where the deviation has shrunk to nothing, where the information need not be positive."""
    if abs(theta[-1]) > 1e-2:
        return None
    whole = np.zeros((len(theta), len(theta)))
    whole[:-1, :-1] = covariance
    return theta, whole, likelihood.value_and_gradient(theta)[0]


def _step_down(down: Downhill, z: FloatArray, step: FloatArray) -> FloatArray:
    """A Newton step, halved while the function rises."""
    value = down(z)[0]
    for _ in range(30):
        if down(z - step)[0] <= value + 1e-12 * abs(value):
            break
        step = step / 2
    return z - step


def _second_derivatives(down: Downhill, z: FloatArray, *, width: float = 1e-4) -> FloatArray:
    """Second derivatives by central differences of the exact gradient."""
    rows = []
    for k in range(len(z)):
        shift = np.zeros_like(z)
        shift[k] = width
        rows.append((down(z + shift)[1] - down(z - shift)[1]) / (2 * width))
    out = np.array(rows)
    return (out + out.T) / 2
