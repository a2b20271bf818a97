"""Two-sided p of a partial Spearman from drawn orders of what the covariates leave over."""

from __future__ import annotations

import numpy as np

from .cell_groups import CellGroup, group_cells, ranks_of_columns
from .correlation import RankCorrelations
from .p_values import PERMUTATION_DRAWS
from .partial import length_left, residual_ranks
from .ranks import FloatArray

_EQUAL = 1e-9
"""Coefficients that differ by less are the same: rounding never decides which is larger."""

_NUMBERS_AT_ONCE = 2_000_000


def drawn_partial_p(
    x: FloatArray,
    y: FloatArray,
    covariates: FloatArray,
    cells: RankCorrelations,
    *,
    seed: int,
    draws: int = PERMUTATION_DRAWS,
) -> FloatArray:
    """p of each partial coefficient: (as far from 0 or farther + 1)/(draws + 1); NaN in empty cells.

    What the ranked covariates leave over of the ranks of `x` is put into drawn orders, adjusted for the covariates once
    more and correlated with what they leave over of `y` (Freedman and Lane). Such rests are only nearly exchangeable:
    the p is exact for large samples, and for small ones near to it. p of a cell depends on its own values and the order
    of the subjects, not on its neighbours.

    Parameters
    ----------
    x, y
        Values, shapes ``(n_subjects, n_x_columns)`` and ``(n_subjects, n_y_columns)``; NaN is missing.
    covariates
        Shape ``(n_subjects, n_covariates)``; NaN is missing.
    cells
        Their partial coefficients.
    seed
        Start of the random numbers.

    References
    ----------
    Freedman & Lane 1983, doi:10.1080/07350015.1983.10509354; + 1: Phipson & Smyth 2010, doi:10.2202/1544-6115.1585.
    """
    p = np.full(cells.rho.shape, np.nan)
    filled = ~np.isnan(cells.rho)
    for group in group_cells(x, y, covariates=covariates):
        where = tuple(group.cells.T)
        if filled[where].any():
            p[where] = _drawn_p_of_group(x, y, covariates, group, np.abs(cells.rho[where]), seed=seed, draws=draws)
    return np.where(filled, p, np.nan)


def _drawn_p_of_group(
    x: FloatArray,
    y: FloatArray,
    covariates: FloatArray,
    group: CellGroup,
    observed: FloatArray,
    *,
    seed: int,
    draws: int,
) -> FloatArray:
    """p of the cells of one group, whose subjects are the same."""
    x_left, y_left, basis = residual_ranks(
        ranks_of_columns(x, group.x_columns, group.rows),
        ranks_of_columns(y, group.y_columns, group.rows),
        covariates[group.rows],
    )
    x_squares, y_squares = (np.einsum("cs,cs->c", left, left) for left in (x_left, y_left))
    i, j = group.places
    lengths = np.sqrt(x_squares[i] * y_squares[j])[:, None]
    generator = np.random.Generator(np.random.PCG64([seed, group.n]))
    as_given = np.arange(group.n)[None]
    as_far = np.zeros(len(i), dtype=np.int64)
    at_once = max(1, _NUMBERS_AT_ONCE // (group.n * len(x_left)))
    for start in range(0, draws, at_once):
        orders = generator.permuted(np.repeat(as_given, min(at_once, draws - start), axis=0), axis=1)
        permuted = x_left[:, orders]
        sizes = np.abs(permuted @ y_left.T).transpose(0, 2, 1)[i, j]
        limits = (observed[:, None] * (1 - _EQUAL) - _EQUAL) * lengths * length_left(permuted, x_squares, basis)[i]
        as_far += np.count_nonzero(sizes >= limits, axis=1)
    return np.asarray((as_far + 1) / (draws + 1), dtype=np.float64)
