"""Logistic regression by maximum likelihood, and whether a maximum exists."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .columns import FloatArray
from .estimates import Estimates, empty_estimates, wald_estimates
from .troubles import Trouble

MOST_STEPS = 50
DECREMENT = 1e-12
"""Newton's decrement (twice the log-likelihood still to be gained) at which the maximum counts as reached."""

EXTREME_LOG_ODDS = 15.0
"""Fitted log-odds beyond this let separation be looked for."""

SLACK_PER_ROW = 1e-6
"""What the linear programme may miss a constraint by, as a share of the largest value of a column."""


def fit_logistic(
    matrix: FloatArray,
    successes: npt.ArrayLike,
    trials: npt.ArrayLike | None = None,
    *,
    offset: FloatArray | None = None,
) -> Estimates:
    """Coefficients of a logistic regression with Wald intervals from the observed information.

    Parameters
    ----------
    matrix : ndarray, shape ``(n_rows, n_columns)``
        Linearly independent columns.
    successes, trials : array-like, shape ``(n_rows,)``
        Events and, unless every row is one trial, the number of trials. The log-likelihood carries the binomial
        constants.
    offset : ndarray, optional
        Known part of the log-odds.
    """
    events, tried = as_binomial(successes, trials)
    known = np.zeros(len(events)) if offset is None else offset
    stop = find_obstacle(matrix, events, tried)
    if stop is not None:
        return empty_estimates(matrix.shape[1], stop)
    basis, back = orthonormal_columns(matrix)
    beta, information, converged = _climb(basis, events, tried, known)
    eta = basis @ beta + known
    if (not converged or np.abs(eta).max() > EXTREME_LOG_ODDS) and is_separated(matrix, events, tried):
        return empty_estimates(matrix.shape[1], Trouble.SEPARATION)
    if not converged:
        return empty_estimates(matrix.shape[1], Trouble.NOT_CONVERGED)
    return wald_estimates(
        back @ beta,
        back @ np.linalg.inv(information) @ back.T,
        log_likelihood=binomial_log_likelihood(eta, events, tried) + log_choices(events, tried),
    )


def as_binomial(successes: npt.ArrayLike, trials: npt.ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Events and trials as floats."""
    events = np.asarray(successes, dtype=np.float64)
    return events, np.ones_like(events) if trials is None else np.asarray(trials, dtype=np.float64)


def find_obstacle(matrix: FloatArray, events: FloatArray, trials: FloatArray) -> Trouble | None:
    """Why there is nothing to fit: too few rows or an outcome without variation."""
    if trials.sum() <= matrix.shape[1]:
        return Trouble.TOO_FEW_ROWS
    if events.sum() in (0.0, trials.sum()):
        return Trouble.CONSTANT_OUTCOME
    return None


def binomial_log_likelihood(eta: FloatArray, events: FloatArray, trials: FloatArray) -> float:
    """Log-likelihood of log-odds, without the binomial constants."""
    return float(np.sum(events * eta - trials * softplus(eta)))


def log_choices(events: FloatArray, trials: FloatArray) -> float:
    """Sum of the logarithms of the binomial coefficients; zero for single trials."""
    from scipy.special import gammaln

    return float(np.sum(gammaln(trials + 1) - gammaln(events + 1) - gammaln(trials - events + 1)))


def softplus(eta: FloatArray) -> FloatArray:
    """log(1 + exp(eta)) without overflow."""
    return np.asarray(np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta))))


def expit(eta: FloatArray) -> FloatArray:
    """Probability of log-odds."""
    from scipy import special

    return np.asarray(special.expit(eta))


def orthonormal_columns(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The matrix as one with orthogonal columns of unit mean square, and what turns its coefficients back.

    Newton steps in these coordinates do not care for the units of the columns.
    """
    q, r = np.linalg.qr(matrix)
    scale = np.sqrt(matrix.shape[0])
    return q * scale, np.linalg.inv(r) * scale


def is_separated(matrix: FloatArray, events: FloatArray, trials: FloatArray) -> bool:
    """Whether some combination of columns tells events from others without error (ties at zero allowed).

    A linear programme looks for the direction along which the likelihood never falls.

    References
    ----------
    Albert & Anderson 1984, doi:10.1093/biomet/71.1.1.
    """
    from scipy.optimize import linprog

    scaled = matrix / np.abs(matrix).max(axis=0)
    signed = np.vstack([scaled[events > 0], -scaled[events < trials]])
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    return bool(found.success and -found.fun > SLACK_PER_ROW * max(1, len(signed)))


def _climb(
    matrix: FloatArray, events: FloatArray, trials: FloatArray, offset: FloatArray
) -> tuple[FloatArray, FloatArray, bool]:
    """Newton steps, halved while the likelihood falls; the last information and whether the top was reached."""
    beta = np.zeros(matrix.shape[1])
    eta = offset
    value = binomial_log_likelihood(eta, events, trials)
    information = np.eye(matrix.shape[1])
    for _ in range(MOST_STEPS):
        chance = expit(eta)
        gradient = matrix.T @ (events - trials * chance)
        information = matrix.T @ (matrix * (trials * chance * (1 - chance))[:, None])
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return beta, information, False
        if gradient @ step < DECREMENT:
            return beta, information, True
        for _ in range(MOST_STEPS):
            there = offset + matrix @ (beta + step)
            risen = binomial_log_likelihood(there, events, trials)
            if risen >= value - 1e-12 * abs(value):
                break
            step = step / 2
        beta, eta, value = beta + step, there, risen
    return beta, information, False
