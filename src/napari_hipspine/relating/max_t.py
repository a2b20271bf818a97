"""Beside q: p adjusted by the largest coefficient of drawn orders, and how many small p chance alone gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .null_draws import NullDraws
from .partial import AnyFloats
from .rank_null import LARGEST_EXACT_N, count_orders
from .ranks import FloatArray

_EQUAL, _EQUAL_IN_SMALL_FLOATS = 1e-9, 4e-7
"""Coefficients that differ by less, relative to 1, are the same: rounding never decides which is larger."""

ALPHA = 0.05


class SmallPCount(NamedTuple):
    """How many cells of a family have p below .05, and how often chance gives as many.

    Attributes
    ----------
    observed
        Cells with p below .05.
    expected
        Their mean number in the drawn orders.
    p
        Share of the orders with as many or more.
    """

    observed: int
    expected: float
    p: float


def max_t_p(null: NullDraws, labels: Sequence[str]) -> FloatArray:
    """Westfall-Young step-down p of each cell within its family; NaN where a cell is in none.

    Coefficients of different n are compared on a normal scale on which each n has about the same chance.

    Parameters
    ----------
    null
        Drawn coefficients.
    labels
        Family of each cell, in the order of ``null.cells``; empty for cells in none.

    References
    ----------
    Westfall & Young 1993, Resampling-based multiple testing, algorithm 2.8; Wallace 1959,
    Annals of Mathematical Statistics 30, 1121 (the scale).
    """
    observed, drawn, equal = null.observed, null.sizes, _smallest_difference(null)
    if np.unique(null.freedom).size > 1:
        observed, drawn = normal_scale(observed, null.freedom), normal_scale(drawn, null.freedom[:, None])
    p = np.full(observed.shape, np.nan)
    family_of = np.asarray(labels, dtype=object)
    for family in dict.fromkeys(labels):
        if not family:
            continue
        members = np.flatnonzero(family_of == family)
        falling = members[np.argsort(-observed[members], kind="stable")]
        largest_left = np.zeros(drawn.shape[1], dtype=drawn.dtype)
        counts = np.empty(falling.size)
        for place in range(falling.size - 1, -1, -1):
            cell = falling[place]
            np.maximum(largest_left, drawn[cell], out=largest_left)
            counts[place] = np.count_nonzero(largest_left >= observed[cell] * (1 - equal) - equal)
        p[falling] = np.maximum.accumulate((counts + 1) / (drawn.shape[1] + 1))
    return p


def count_small_p(null: NullDraws, members: npt.NDArray[np.intp], *, is_exact: npt.NDArray[np.bool_]) -> SmallPCount:
    """How many of some cells have p below .05, and the share of drawn orders with as many or more.

    Parameters
    ----------
    null
        Drawn coefficients.
    members
        Places of the cells in ``null.cells``.
    is_exact
        Which of all cells take their p from counted orders; the others take Student's t.
    """
    limits = np.array(
        [smallest_size_below_alpha(int(null.freedom[k]), exact=bool(is_exact[k])) for k in members], dtype=np.float64
    )
    limits = (limits - _smallest_difference(null)).astype(null.sizes.dtype)
    observed = int(np.count_nonzero(null.observed[members] >= limits))
    counts = np.count_nonzero(null.sizes[members] >= limits[:, None], axis=0)
    p = (np.count_nonzero(counts >= observed) + 1) / (counts.size + 1)
    return SmallPCount(observed, float(counts.mean()), float(p))


def smallest_size_below_alpha(freedom: int, *, exact: bool) -> float:
    """Smallest |rho| with p < .05; above 1 where there is none.

    Parameters
    ----------
    freedom
        Degrees of freedom of Student's t, or n − 2 of counted orders.
    """
    if exact and freedom + 2 <= LARGEST_EXACT_N:
        n = freedom + 2
        counts = count_orders(n)
        tails = 2 * np.cumsum(counts) / counts.sum()
        below = int(np.count_nonzero(tails < ALPHA))
        return float(1 - 12 * (below - 1) / (n**3 - n)) if below else 2.0
    return smallest_size_by_t(freedom)


def smallest_size_by_t(freedom: int, *, alpha: float = ALPHA) -> float:
    """|rho| at which p by Student's t is `alpha`."""
    from scipy.special import stdtrit

    t = float(stdtrit(freedom, 1 - alpha / 2))
    return t / float(np.sqrt(freedom + t * t))


def normal_scale(sizes: AnyFloats, freedom: npt.NDArray[np.int64]) -> AnyFloats:
    """|rho| as the standard normal number of about the same p, by Wallace's formula; the order within an n is kept."""
    largest = 1 - np.finfo(sizes.dtype).eps
    inner = -np.log1p(-np.minimum(np.square(sizes), largest))
    factor = (np.sqrt(freedom) * ((8 * freedom + 1) / (8 * freedom + 3))).astype(sizes.dtype)
    scaled: AnyFloats = np.sqrt(inner) * factor
    return scaled


def _smallest_difference(null: NullDraws) -> float:
    return _EQUAL if null.sizes.dtype == np.float64 else _EQUAL_IN_SMALL_FLOATS
