"""Differences from a mean, and means of z, in which what is zero is 0 and not a trace of rounding."""

from __future__ import annotations

from math import fsum

import numpy as np
import numpy.typing as npt

from .ranks import FloatArray

_ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""A float and a mean of floats are known to a few units of their last place; less than that between them is none."""


def subtract_mean(values: npt.ArrayLike, mean: npt.ArrayLike) -> FloatArray:
    """Values less a mean; 0 where both are the same but for the last place. NaN stays NaN.

    Examples
    --------
    >>> subtract_mean([0.1, 0.2, 0.3], exact_mean(np.array([0.1, 0.2, 0.3]))).tolist()
    [-0.1, 0.0, 0.09999999999999998]
    """
    cells, centre = np.asarray(values, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    left = cells - centre
    return np.where(np.abs(left) <= _ROUNDING * (np.abs(cells) + np.abs(centre)), 0.0, left)


def exact_mean(values: FloatArray) -> float:
    """Mean of numbers, summed without rounding; 0 where less is left than rounding of the numbers themselves leaves.

    Deviations of opposite sign cancel to a trace instead of 0; that trace says nothing.
    """
    total = fsum(values)
    return 0.0 if abs(total) <= _ROUNDING * fsum(np.abs(values)) else total / len(values)
