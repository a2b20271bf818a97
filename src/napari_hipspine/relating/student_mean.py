"""The mean of some numbers with Student's interval, and why it has none."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, sqrt
from typing import TYPE_CHECKING

import numpy as np

from .cells import CONSTANT_VALUES, TOO_FEW_SUBJECTS

if TYPE_CHECKING:
    import numpy.typing as npt

_ROUNDING = 1e-12
"""Numbers that differ by less than this share of the largest differ by rounding only."""


@dataclass(frozen=True)
class StudentMean:
    """A mean and what is known of it; what is not known is None and `reason` says why.

    Attributes
    ----------
    mean, sd
        Of the numbers; the standard deviation divides by n - 1.
    low, high
        Ends of the 95 % interval of the mean.
    p
        Two-sided p of a mean of 0 (t test of one sample; of paired numbers, where these are differences).
    reason
        Why interval and p are empty.
    """

    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    reason: str = ""


def student_mean(values: npt.ArrayLike, *, smallest_n: int = 2) -> StudentMean:
    """Mean, standard deviation, interval and p of numbers without gaps.

    Parameters
    ----------
    values
        One number per person.
    smallest_n
        Fewer numbers have a mean, but neither interval nor p.
    """
    from scipy.special import stdtr, stdtrit

    numbers = np.asarray(values, dtype=np.float64)
    n = numbers.size
    if not n:
        return StudentMean(reason=TOO_FEW_SUBJECTS)
    is_constant = bool(np.ptp(numbers) <= _ROUNDING * np.abs(numbers).max())
    mean = float(numbers[0]) if is_constant else fsum(numbers) / n
    sd = (0.0 if is_constant else float(numbers.std(ddof=1))) if n > 1 else None
    if sd is None or n < smallest_n:
        return StudentMean(mean, sd, reason=TOO_FEW_SUBJECTS)
    if is_constant:
        return StudentMean(mean, sd, reason=CONSTANT_VALUES)
    error = sd / sqrt(n)
    half = float(stdtrit(n - 1, 0.975)) * error
    return StudentMean(mean, sd, mean - half, mean + half, float(2 * stdtr(n - 1, -abs(mean) / error)))
