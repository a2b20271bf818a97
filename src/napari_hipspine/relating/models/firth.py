"""Logistic regression with Firth's penalty: finite coefficients where maximum likelihood has none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .columns import BoolArray, FloatArray
from .estimates import CONFIDENCE, Estimates, empty_estimates, wald_estimates
from .logistic import as_binomial, binomial_log_likelihood, expit, find_obstacle, fit_logistic, log_choices
from .ticks import Tick, run_on
from .troubles import Trouble

MOST_STEPS = 200
LONGEST_STEP = 5.0
"""In units of a column's deviation."""

DECREMENT = 1e-15
ENOUGH = 0.1
"""Share of the rise that a step promises which it must give; few rows make full steps go twice too far."""

FARTHEST = 60.0
"""Log-odds, per deviation of the column, at which the search for an end of an interval is given up."""


@dataclass(frozen=True)
class _Penalised:
    """The penalised log-likelihood of rows: log-likelihood + half the log determinant of the information."""

    matrix: FloatArray
    events: FloatArray
    trials: FloatArray

    def value(self, beta: FloatArray) -> float:
        """The penalised log-likelihood, without the binomial constants."""
        eta = self.matrix @ beta
        sign, log_determinant = np.linalg.slogdet(self._information(expit(eta)))
        return binomial_log_likelihood(eta, self.events, self.trials) + (log_determinant / 2 if sign > 0 else -np.inf)

    def climb(self, start: FloatArray, free: BoolArray) -> tuple[FloatArray, bool]:
        """Coefficients at the top over the free ones, the others held, and whether the top was reached."""
        beta, value = start.copy(), self.value(start)
        for _ in range(MOST_STEPS):
            chance = expit(self.matrix @ beta)
            information = self._information(chance)
            try:
                score = self._score(chance, information)[free]
                step = np.linalg.solve(information[np.ix_(free, free)], score)
            except np.linalg.LinAlgError:
                return beta, False
            if score @ step < DECREMENT:
                return beta, True
            step = step * min(1.0, LONGEST_STEP / np.abs(step).max())
            move = np.zeros_like(beta)
            move[free] = step
            for _ in range(MOST_STEPS):
                risen = self.value(beta + move)
                if risen >= value + ENOUGH * (score @ move[free]) - 1e-14 * max(1.0, abs(value)):
                    break
                move = move / 2
            beta, value = beta + move, risen
        return beta, False

    def covariance(self, beta: FloatArray) -> FloatArray:
        """Inverse information at the coefficients."""
        return np.asarray(np.linalg.inv(self._information(expit(self.matrix @ beta))), dtype=np.float64)

    def _information(self, chance: FloatArray) -> FloatArray:
        weight = self.trials * chance * (1 - chance)
        return np.asarray(self.matrix.T @ (self.matrix * weight[:, None]))

    def _score(self, chance: FloatArray, information: FloatArray) -> FloatArray:
        weight = self.trials * chance * (1 - chance)
        leverage = weight * np.einsum("ij,ji->i", self.matrix, np.linalg.solve(information, self.matrix.T))
        return np.asarray(self.matrix.T @ (self.events - self.trials * chance + leverage * (0.5 - chance)))


def fit_firth(
    matrix: FloatArray, successes: npt.ArrayLike, trials: npt.ArrayLike | None = None, *, tick: Tick = run_on
) -> Estimates:
    """Coefficients with Firth's penalty, intervals and p from the profile of the penalised likelihood.

    The first column must be the intercept. Its coefficient is corrected afterwards, so that the mean fitted
    probability is the observed share of events; its interval and p then are Wald's.

    Parameters
    ----------
    matrix : ndarray, shape ``(n_rows, n_columns)``
        Linearly independent columns, the first of ones.
    successes, trials : array-like, shape ``(n_rows,)``
        Events and, unless every row is one trial, the number of trials.
    tick : Tick
        Called at every step of the profiles.

    References
    ----------
    Firth 1993, doi:10.1093/biomet/80.1.27. Heinze & Schemper 2002, doi:10.1002/sim.1047. Puhr et al. 2017 (intercept
    correction), doi:10.1002/sim.7273.
    """
    events, tried = as_binomial(successes, trials)
    n_columns = matrix.shape[1]
    stop = find_obstacle(matrix, events, tried)
    if stop is not None:
        return empty_estimates(n_columns, stop, interval_by="profile")
    centred, back = centre_columns(matrix)
    likelihood = _Penalised(centred, events, tried)
    beta, converged = likelihood.climb(np.zeros(n_columns), np.ones(n_columns, dtype=bool))
    if not converged:
        return empty_estimates(n_columns, Trouble.NOT_CONVERGED, interval_by="profile")
    slopes = _profile_slopes(likelihood, beta, tick)
    value = likelihood.value(beta) + float(np.log(1 / np.diag(back)).sum()) + log_choices(events, tried)
    corrected = _correct_intercept(likelihood, beta)
    covariance, of_intercept = (back @ likelihood.covariance(one) @ back.T for one in (beta, corrected))
    covariance[0, 0] = of_intercept[0, 0]
    wald = wald_estimates(back @ corrected, of_intercept, log_likelihood=np.nan)
    low, high, p = np.array([(wald.low[0], wald.high[0], wald.p[0]), *slopes]).T
    low[1:], high[1:] = low[1:] * np.diag(back)[1:], high[1:] * np.diag(back)[1:]
    unbounded = (Trouble.INTERVAL_UNBOUNDED,) if np.isnan([low, high, p]).any() else ()
    return Estimates(
        beta=back @ corrected,
        covariance=covariance,
        low=low,
        high=high,
        p=p,
        interval_by="profile",
        log_likelihood=value,
        n_parameters=n_columns,
        converged=True,
        troubles=unbounded,
    )


def penalised_rise(
    matrix: FloatArray, successes: npt.ArrayLike, trials: npt.ArrayLike | None = None, *, held: BoolArray
) -> float:
    """How far the penalised log-likelihood rises above its top with some coefficients held at 0; NaN if not reached.

    The penalty is that of the whole model both times, as in the profile of one coefficient.

    Parameters
    ----------
    matrix, successes, trials
        As `fit_firth` takes them.
    held : ndarray, shape ``(n_columns,)``
        Which columns are held; never the first.

    References
    ----------
    Heinze & Schemper 2002, doi:10.1002/sim.1047.
    """
    events, tried = as_binomial(successes, trials)
    likelihood = _Penalised(centre_columns(matrix)[0], events, tried)
    start = np.zeros(matrix.shape[1])
    top, reached = likelihood.climb(start, np.ones(len(start), dtype=bool))
    lower, lower_reached = likelihood.climb(start, ~held)
    return likelihood.value(top) - likelihood.value(lower) if reached and lower_reached else float("nan")


def firth_coefficients(matrix: FloatArray, events: FloatArray) -> FloatArray | None:
    """Coefficients alone, the intercept corrected; None where the top is not reached."""
    trials = np.ones_like(events)
    if find_obstacle(matrix, events, trials) is not None:
        return None
    centred, back = centre_columns(matrix)
    likelihood = _Penalised(centred, events, trials)
    beta, converged = likelihood.climb(np.zeros(matrix.shape[1]), np.ones(matrix.shape[1], dtype=bool))
    return np.asarray(back @ _correct_intercept(likelihood, beta)) if converged else None


def centre_columns(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The matrix with every column but the first at mean 0 and deviation 1, and what turns its coefficients back.

    Slopes stay slopes, so that a column is profiled in its own right whatever its unit and origin.
    """
    mean, deviation = matrix[:, 1:].mean(axis=0), matrix[:, 1:].std(axis=0)
    centred = np.column_stack([matrix[:, 0], (matrix[:, 1:] - mean) / deviation])
    back = np.diag(np.concatenate([[1.0], 1 / deviation]))
    back[0, 1:] = -mean / deviation
    return centred, back


def _profile_slopes(likelihood: _Penalised, beta: FloatArray, tick: Tick) -> list[tuple[float, float, float]]:
    """Interval and p of every coefficient but the intercept."""
    from scipy.stats import chi2

    top = likelihood.value(beta)
    drop = chi2.ppf(CONFIDENCE, 1) / 2
    errors = np.sqrt(np.diag(likelihood.covariance(beta)))
    found = []
    for column in range(1, len(beta)):
        ends = [_find_end(likelihood, beta, column, top - drop, sign * errors[column], tick) for sign in (-1, 1)]
        without, reached = _hold(likelihood, beta, column, 0.0)
        p = float(chi2.sf(max(0.0, 2 * (top - without)), 1)) if reached else np.nan
        found.append((ends[0], ends[1], p))
    return found


def _hold(likelihood: _Penalised, start: FloatArray, column: int, value: float) -> tuple[float, bool]:
    """The penalised likelihood at its top with one coefficient held."""
    held = start.copy()
    held[column] = value
    free = np.arange(len(start)) != column
    if not free.any():
        return likelihood.value(held), True
    beta, reached = likelihood.climb(held, free)
    return likelihood.value(beta), reached


def _find_end(likelihood: _Penalised, beta: FloatArray, column: int, level: float, step: float, tick: Tick) -> float:
    """Where the profile falls to a level, going away from the top; NaN where it never does."""
    from scipy.optimize import brentq

    def above(distance: float) -> float:
        tick()
        return _hold(likelihood, beta, column, beta[column] + distance)[0] - level

    near, far = 0.0, 2 * step
    while above(far) > 0:
        near, far = far, 1.5 * far
        if abs(far) > FARTHEST:
            return float("nan")
    return float(beta[column] + brentq(above, near, far, xtol=1e-10, rtol=1e-12))


def _correct_intercept(likelihood: _Penalised, beta: FloatArray) -> FloatArray:
    """Coefficients whose fitted probabilities have the mean of the outcome; the same where there are none."""
    slopes = np.concatenate([[0.0], beta[1:]])
    only = fit_logistic(
        likelihood.matrix[:, :1], likelihood.events, likelihood.trials, offset=likelihood.matrix @ slopes
    )
    return np.concatenate([only.beta, beta[1:]]) if only.has_numbers else beta
