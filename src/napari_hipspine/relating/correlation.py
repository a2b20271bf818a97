"""Spearman's rho of every column of one table with every column of another, on each pair's complete subjects."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ..domain.errors import TableInvalid
from .cell_groups import missing_patterns
from .ranks import BoolArray, FloatArray, rank_within

SMALLEST_N = 5
"""Pairs with fewer complete subjects give an empty cell."""

SMALLEST_N_FOR_INTERVAL = 8
"""Below this the Bonett-Wright interval is not given."""

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RankCorrelations:
    """Spearman's rho of each pair of columns; every array has shape ``(n_x_columns, n_y_columns)``.

    Attributes
    ----------
    n
        Subjects with both values.
    rho
        Spearman's rho; NaN where fewer than 5 subjects or a constant column leave none.
    tied
        Whether either column holds equal values among those subjects.
    constant
        Whether either column holds only one value among those subjects.
    """

    n: IntArray
    rho: FloatArray
    tied: BoolArray
    constant: BoolArray


def correlate_ranks(x: npt.ArrayLike, y: npt.ArrayLike) -> RankCorrelations:
    """Spearman's rho of each column of `x` with each column of `y`, by mid-ranks within the complete pairs.

    Columns with the same missing subjects are handled together, so that a table without gaps is one matrix
    product. Ranks are whole numbers here, hence every sum is exact and no order of the subjects changes a bit.

    Parameters
    ----------
    x, y
        Values, shapes ``(n_subjects, n_x_columns)`` and ``(n_subjects, n_y_columns)``; NaN is missing.

    Raises
    ------
    TableInvalid
        If the two tables do not have the same subjects, or a value is infinite.

    References
    ----------
    Spearman 1904, doi:10.2307/1412159.
    """
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if left.ndim != 2 or right.ndim != 2 or left.shape[0] != right.shape[0]:
        raise TableInvalid(
            f"Expected two tables with one row per subject, found shapes {left.shape} and {right.shape}, "
            "in a rank correlation.",
            hint="Bring both tables to the same subjects in the same order.",
        )
    left_masks, left_pattern = missing_patterns(left)
    right_masks, right_pattern = missing_patterns(right)
    left_ranks = _ranks_against(left, right_masks)
    right_ranks = _ranks_against(right, left_masks)

    shape = (left.shape[1], right.shape[1])
    n = (left_masks.astype(np.int64) @ right_masks.astype(np.int64).T)[np.ix_(left_pattern, right_pattern)]
    left_squares = np.einsum("cms,cms->cm", left_ranks, left_ranks)[:, right_pattern]
    right_squares = np.einsum("cms,cms->cm", right_ranks, right_ranks)[:, left_pattern].T
    products = np.zeros(shape)
    for i in range(left_masks.shape[0]):
        of_left = np.flatnonzero(left_pattern == i)
        for j in range(right_masks.shape[0]):
            of_right = np.flatnonzero(right_pattern == j)
            products[np.ix_(of_left, of_right)] = left_ranks[of_left, j] @ right_ranks[of_right, i].T

    constant = (left_squares == 0) | (right_squares == 0)
    untied_squares = (n**3 - n) / 3
    computable = (n >= SMALLEST_N) & ~constant
    scale = np.sqrt(left_squares * right_squares, where=computable, out=np.ones(shape))
    rho = np.where(computable, np.clip(products / scale, -1.0, 1.0), np.nan)
    tied = (left_squares < untied_squares) | (right_squares < untied_squares)
    return RankCorrelations(n=n, rho=rho, tied=tied, constant=constant)


def bonett_wright_interval(
    rho: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper confidence limit of Spearman's rho; NaN for n below 8 and for rho = 1 or -1.

    A perfect coefficient gets none because the formula would give an interval of no width. Below n = 25 and for
    coefficients beyond 0.9 the limits are rough, and being another approximation than p they can disagree with it.

    References
    ----------
    Bonett & Wright 2000, doi:10.1007/BF02294183.
    """
    coefficient, subjects = np.broadcast_arrays(np.asarray(rho, dtype=np.float64), np.asarray(n, dtype=np.float64))
    usable = (subjects >= SMALLEST_N_FOR_INTERVAL) & (np.abs(coefficient) < 1)
    inner = np.where(usable, coefficient, 0.0)
    error = np.sqrt((1 + inner**2 / 2) / (np.where(usable, subjects, 4.0) - 3))
    half_width = NormalDist().inv_cdf((1 + confidence) / 2) * error
    low, high = np.tanh(np.arctanh(inner) - half_width), np.tanh(np.arctanh(inner) + half_width)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)


def _ranks_against(table: FloatArray, partner_masks: BoolArray) -> FloatArray:
    """Ranks of each column within each pattern of the partner, ``(n_columns, n_patterns, n_subjects)``."""
    ranks = np.empty((table.shape[1], *partner_masks.shape))
    for column in range(table.shape[1]):
        ranks[column] = rank_within(table[:, column], partner_masks)
    return ranks
