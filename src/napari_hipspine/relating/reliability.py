"""How well readers agree on numbers: intraclass correlation, measurement error, bias and limits of agreement."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from ..domain.errors import TableInvalid
from .ranks import FloatArray

CONFIDENCE = 0.95
Z95 = 1.96
"""As the formulas of limits and detectable change are printed, with two decimals."""
SMALLEST_N = 3
NO_SPREAD = "no_spread"
"""Reason: nothing varies that an interval could rest on; one of no width would look like certainty."""


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of a table of targets by raters (Shrout and Fleiss).

    Attributes
    ----------
    n, k
        Targets and raters.
    between, within, raters, error
        BMS, WMS, JMS and EMS.
    total_sd
        SD of all values.
    """

    n: int
    k: int
    between: float
    within: float
    raters: float
    error: float
    total_sd: float


@dataclass(frozen=True)
class Coefficient:
    """An intraclass correlation with its interval; none (NaN) where the raters differ by their means alone."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MeasurementError:
    """Standard error of measurement by three conventions; the smallest detectable change is 1.96 · √2 times it.

    Attributes
    ----------
    error
        √EMS: what is left after every rater's own mean is taken out.
    within
        √WMS: differences between the raters' means count as error.
    by_icc
        SD of all values · √(1 − ICC(2,1)).
    """

    error: float
    within: float
    by_icc: float

    @staticmethod
    def detectable(sem: float) -> float:
        """Smallest detectable change at 95 %."""
        return Z95 * sqrt(2) * sem


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Bias and limits of agreement of two raters, second less first; each as (value, low, high).

    Attributes
    ----------
    n, sd
        Targets, and SD of the differences.
    bias, lower, upper
        Mean difference, and mean ± 1.96 SD, with 95 % intervals; no intervals (NaN) where all differences are alike.
    """

    n: int
    sd: float
    bias: tuple[float, float, float]
    lower: tuple[float, float, float]
    upper: tuple[float, float, float]


def find_mean_squares(values: npt.ArrayLike) -> MeanSquares:
    """Mean squares of the targets that every rater has measured.

    Parameters
    ----------
    values
        Shape ``(n_targets, n_raters)``; targets with a missing value are left out.

    Raises
    ------
    TableInvalid
        If fewer than three targets or two raters are left, or all values are equal.
    """
    table = _complete(values)
    n, k = table.shape
    if n < SMALLEST_N or k < 2:
        raise TableInvalid(
            f"Expected at least {SMALLEST_N} targets measured by 2 raters, found {n} by {k}.",
            hint="Only targets measured by every rater count.",
        )
    mean = table.mean()
    if np.ptp(table) == 0:
        raise TableInvalid(f"Expected values that differ, found {n} targets with the one value {mean:g}.")
    of_targets, of_raters = table.mean(axis=1), table.mean(axis=0)
    between = k * np.square(of_targets - mean).sum() / (n - 1)
    within = np.square(_without_rounding(table - of_targets[:, None], table)).sum() / (n * (k - 1))
    raters = n * np.square(_without_rounding(of_raters - mean, table)).sum() / (k - 1)
    residual = _without_rounding(table - of_targets[:, None] - of_raters[None] + mean, table)
    error = np.square(residual).sum() / ((n - 1) * (k - 1))
    return MeanSquares(n, k, *map(float, (between, within, raters, error, table.std(ddof=1))))


def find_icc_agreement(squares: MeanSquares) -> Coefficient:
    """ICC(2,1): absolute agreement of single measurements by any raters, with McGraw and Wong's interval.

    References
    ----------
    Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420; McGraw & Wong 1996, doi:10.1037/1082-989X.1.1.30.
    """
    from scipy.special import fdtri

    n, k, bms, jms, ems = squares.n, squares.k, squares.between, squares.raters, squares.error
    spread = bms + (k - 1) * ems + k * (jms - ems) / n
    value = (bms - ems) / spread
    if ems == 0:
        return Coefficient(value, np.nan, np.nan)
    ratio = jms / ems
    a = k * value * ratio
    b = n * (1 + (k - 1) * value) - k * value
    freedom = (k - 1) * (n - 1) * (a + b) ** 2 / ((n - 1) * a**2 + b**2)
    tail = (1 + CONFIDENCE) / 2
    f_low, f_high = fdtri(n - 1, freedom, tail), fdtri(freedom, n - 1, tail)
    rest = k * jms + (k * n - k - n) * ems
    low = n * (bms - f_low * ems) / (f_low * rest + n * bms)
    high = n * (f_high * bms - ems) / (rest + n * f_high * bms)
    return Coefficient(value, float(low), float(high))


def find_icc_consistency(squares: MeanSquares) -> Coefficient:
    """ICC(3,1): consistency of single measurements by these raters, whose own means do not matter.

    References
    ----------
    Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420.
    """
    from scipy.special import fdtri

    n, k, bms, ems = squares.n, squares.k, squares.between, squares.error
    value = (bms - ems) / (bms + (k - 1) * ems)
    if ems == 0:
        return Coefficient(value, np.nan, np.nan)
    ratio, tail = bms / ems, (1 + CONFIDENCE) / 2
    low = ratio / fdtri(n - 1, (n - 1) * (k - 1), tail)
    high = ratio * fdtri((n - 1) * (k - 1), n - 1, tail)
    return Coefficient(value, float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1)))


def find_measurement_error(squares: MeanSquares) -> MeasurementError:
    """Standard error of measurement by three conventions, in the unit of the values."""
    icc = find_icc_agreement(squares).value
    return MeasurementError(sqrt(squares.error), sqrt(squares.within), squares.total_sd * sqrt(max(0.0, 1 - icc)))


def find_limits(first: npt.ArrayLike, second: npt.ArrayLike) -> LimitsOfAgreement:
    """Bias (second − first) and 95 % limits of agreement with their intervals.

    Raises
    ------
    TableInvalid
        If fewer than three targets have both values.

    References
    ----------
    Bland & Altman 1986, doi:10.1016/S0140-6736(86)90837-8; 1999, doi:10.1177/096228029900800204 (the intervals).
    """
    from scipy.special import stdtrit

    pairs = _complete(np.column_stack([np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)]))
    n = pairs.shape[0]
    if n < SMALLEST_N:
        raise TableInvalid(f"Expected at least {SMALLEST_N} targets with both values, found {n}.")
    differences = pairs[:, 1] - pairs[:, 0]
    mean = float(differences.mean())
    sd = sqrt(float(np.square(_without_rounding(differences - mean, pairs)).sum()) / (n - 1))
    if sd == 0:
        return LimitsOfAgreement(n, sd, *((mean, np.nan, np.nan),) * 3)
    t = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2))
    of_bias, of_limit = t * sd / sqrt(n), t * sd * sqrt(1 / n + Z95**2 / (2 * (n - 1)))
    lower, upper = mean - Z95 * sd, mean + Z95 * sd
    return LimitsOfAgreement(
        n=n,
        sd=sd,
        bias=(mean, mean - of_bias, mean + of_bias),
        lower=(lower, lower - of_limit, lower + of_limit),
        upper=(upper, upper - of_limit, upper + of_limit),
    )


def _without_rounding(differences: FloatArray, values: FloatArray) -> FloatArray:
    """Differences of values, 0 where they are no more than what rounding leaves of values of that size."""
    left: FloatArray = np.where(np.abs(differences) <= 1e-14 * np.abs(values).max(), 0.0, differences)
    return left


def _complete(values: npt.ArrayLike) -> FloatArray:
    """Targets every rater has measured."""
    table = np.asarray(values, dtype=np.float64)
    complete: FloatArray = table[~np.isnan(table).any(axis=1)]
    return complete
