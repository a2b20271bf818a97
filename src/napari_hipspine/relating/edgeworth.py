"""p of Spearman's rho by an Edgeworth series (algorithm AS 89), the one R prints for small samples without ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .rank_null import exact_p
from .ranks import FloatArray

LARGEST_COUNTED_N = 9
"""Up to here the algorithm counts all orders; above, it takes the series."""

_C = (0.2274, 0.2531, 0.1745, 0.0758, 0.1033, 0.3932, 0.0879, 0.0151, 0.0072, 0.0831, 0.0131, 4.6e-4)
"""The twelve coefficients as printed."""


def edgeworth_p(rho: npt.ArrayLike, n: int) -> FloatArray:
    """Two-sided p of Spearman's rho without ties: twice the smaller tail, at most 1.

    Parameters
    ----------
    rho
        Coefficients, each on the grid 1 − 6 S/(n³ − n) with S even (rounding noise is removed).
    n
        Number of subjects.

    References
    ----------
    Best & Roberts 1975, algorithm AS 89, doi:10.2307/2347111.
    """
    if n <= LARGEST_COUNTED_N:
        return exact_p(rho, n)
    coefficient = np.asarray(rho, dtype=np.float64)
    squares = 2 * np.rint((1 - np.abs(coefficient)) * (n**3 - n) / 12)
    # The series approximates the continuous tail above S; the lower tail up to S ends one grid step of 2 higher.
    lower = 1 - upper_tail(squares + 2, n)
    p: FloatArray = np.minimum(1.0, 2 * np.maximum(lower, 0.0))
    return p


def upper_tail(squares: npt.ArrayLike, n: int) -> FloatArray:
    """Probability that the sum of squared rank differences reaches `squares` (even) when nothing is related."""
    from scipy.special import ndtr

    b = 1 / n
    x = (6 * (np.asarray(squares, dtype=np.float64) - 1) * b / (n**2 - 1) - 1) * np.sqrt(1 / b - 1)
    y = x * x
    inner = _C[6] + b * _C[7] - y * (_C[8] - b * _C[9] + y * b * (_C[10] - _C[11] * y))
    series = x * b * (_C[0] + b * (_C[1] + _C[2] * b) + y * (-_C[3] + b * (_C[4] + _C[5] * b) - y * b * inner))
    tail: FloatArray = np.clip(series / np.exp(y / 2) + ndtr(-x), 0.0, 1.0)
    return tail
