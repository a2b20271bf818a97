"""What every fit gives: coefficients, how sure they are, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from .columns import FloatArray
from .troubles import Trouble

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Deviation:
    """One parameter of the distribution of groups (or of the residual): a standard deviation or a correlation."""

    name: str
    estimate: float
    std_error: float = np.nan


@dataclass(frozen=True)
class Estimates:
    """What a fit gives; every array has one entry per fitted column.

    Attributes
    ----------
    beta, covariance
        Coefficients ``(n_columns,)`` and their covariance ``(n_columns, n_columns)``.
    low, high, p
        95 % interval and two-sided p of each coefficient.
    interval_by
        How interval and p were found: ``wald``, ``t`` or ``profile``.
    df
        Degrees of freedom of t, one per coefficient; None where there is no t.
    log_likelihood
        At the maximum; restricted or penalised where the method says so; NaN where there is none.
    n_parameters
        Coefficients and variance parameters.
    converged
        Whether the maximum was reached.
    troubles
        What is wrong with the whole fit.
    deviations
        Standard deviations between groups, their correlations, and the residual.
    random_covariance
        Covariance of intercept (and slope) between groups, ``(1, 1)`` or ``(2, 2)``.
    """

    beta: FloatArray
    covariance: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    interval_by: str
    log_likelihood: float
    n_parameters: int
    converged: bool
    troubles: tuple[Trouble, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    random_covariance: FloatArray | None = None
    df: FloatArray | None = None

    @property
    def std_error(self) -> FloatArray:
        """Standard errors of the coefficients."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def has_numbers(self) -> bool:
        """Whether the coefficients may be read."""
        return not any(trouble.empties_numbers for trouble in self.troubles)


def wald_estimates(
    beta: FloatArray,
    covariance: FloatArray,
    *,
    log_likelihood: float,
    n_parameters: int | None = None,
    troubles: tuple[Trouble, ...] = (),
    deviations: tuple[Deviation, ...] = (),
    random_covariance: FloatArray | None = None,
) -> Estimates:
    """Estimates with normal intervals and z tests."""
    from scipy.special import ndtr

    error = np.sqrt(np.diag(covariance))
    half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * error
    return Estimates(
        beta=beta,
        covariance=covariance,
        low=beta - half,
        high=beta + half,
        p=2 * ndtr(-np.abs(beta / error)),
        interval_by="wald",
        log_likelihood=log_likelihood,
        n_parameters=len(beta) if n_parameters is None else n_parameters,
        converged=True,
        troubles=troubles,
        deviations=deviations,
        random_covariance=random_covariance,
    )


def with_student(estimates: Estimates, df: FloatArray) -> Estimates:
    """The same estimates with Student intervals and t tests on so many degrees of freedom per coefficient."""
    from scipy.stats import t as student

    error = estimates.std_error
    half = student.ppf((1 + CONFIDENCE) / 2, df) * error
    return replace(
        estimates,
        low=estimates.beta - half,
        high=estimates.beta + half,
        p=2 * student.sf(np.abs(estimates.beta / error), df),
        interval_by="t",
        df=df,
    )


def empty_estimates(n_columns: int, trouble: Trouble, *, interval_by: str = "wald") -> Estimates:
    """Estimates without numbers, and why."""
    gap = np.full(n_columns, np.nan)
    return Estimates(
        beta=gap,
        covariance=np.full((n_columns, n_columns), np.nan),
        low=gap,
        high=gap,
        p=gap,
        interval_by=interval_by,
        log_likelihood=np.nan,
        n_parameters=n_columns,
        converged=False,
        troubles=(trouble,),
    )
