"""Partial Spearman: the correlation of two muscles at equal ranks of age, sex or whatever else is named."""

from __future__ import annotations

import numpy as np

from .cell_groups import CellGroup, group_cells, ranks_of_columns
from .correlation import SMALLEST_N, RankCorrelations
from .ranks import FloatArray

_NOTHING_LEFT = 1e-10
"""Share of a column's variation below which the covariates explain all of it."""


def correlate_partial_ranks(x: FloatArray, y: FloatArray, covariates: FloatArray) -> RankCorrelations:
    """Partial Spearman's rho of each column of `x` with each column of `y`, given the covariates.

    Values and covariates are ranked within the subjects that have all of them; rho is Pearson's coefficient of what
    the ranked covariates leave over of the ranks. A cell needs 5 subjects and one more per covariate.

    Parameters
    ----------
    x, y
        Values, shapes ``(n_subjects, n_x_columns)`` and ``(n_subjects, n_y_columns)``; NaN is missing.
    covariates
        Shape ``(n_subjects, n_covariates)``; NaN is missing.

    Returns
    -------
    RankCorrelations
        `constant` also marks cells in which a covariate is constant or follows from the others, or a column follows
        from the covariates.

    References
    ----------
    Conover & Iman 1981, doi:10.1080/00031305.1981.10479327 (methods on ranks).
    """
    shape = (x.shape[1], y.shape[1])
    n, rho = np.zeros(shape, dtype=np.int64), np.full(shape, np.nan)
    tied, constant = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for group in group_cells(x, y, covariates=covariates):
        where = tuple(group.cells.T)
        n[where] = group.n
        if group.n >= SMALLEST_N + covariates.shape[1]:
            rho[where], tied[where] = _correlate_group(x, y, covariates, group)
            constant[where] = np.isnan(rho[where])
    return RankCorrelations(n=n, rho=rho, tied=tied, constant=constant)


def residual_ranks(
    x_ranks: FloatArray, y_ranks: FloatArray, covariates: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What ranked covariates leave over of two sets of centred ranks, and the orthonormal basis taken out of them.

    Parameters
    ----------
    x_ranks, y_ranks
        Centred ranks, shapes ``(n_columns, n_subjects)``.
    covariates
        Complete values, shape ``(n_subjects, n_covariates)``.
    """
    rows = np.ones(covariates.shape[0], dtype=bool)
    ranked = ranks_of_columns(covariates, np.arange(covariates.shape[1]), rows).T
    basis, _ = np.linalg.qr(np.column_stack([np.ones(rows.size), ranked]))
    return x_ranks - (x_ranks @ basis) @ basis.T, y_ranks - (y_ranks @ basis) @ basis.T, basis


def are_independent(covariates: FloatArray) -> bool:
    """Whether no covariate is constant or follows, as ranks, from the others."""
    rows = np.ones(covariates.shape[0], dtype=bool)
    ranked = ranks_of_columns(covariates, np.arange(covariates.shape[1]), rows).T
    return bool(np.linalg.matrix_rank(ranked, tol=1e-9 * max(1.0, np.abs(ranked).max(initial=0.0))) == ranked.shape[1])


def _correlate_group(
    x: FloatArray, y: FloatArray, covariates: FloatArray, group: CellGroup
) -> tuple[FloatArray, FloatArray]:
    """Rho of the cells of one group, NaN where there is none, and whether their columns hold equal values."""
    x_ranks = ranks_of_columns(x, group.x_columns, group.rows)
    y_ranks = ranks_of_columns(y, group.y_columns, group.rows)
    x_squares, y_squares = (np.einsum("cs,cs->c", ranks, ranks) for ranks in (x_ranks, y_ranks))
    i, j = group.places
    untied = (group.n**3 - group.n) / 3
    tied = (x_squares[i] < untied) | (y_squares[j] < untied)
    if not are_independent(covariates[group.rows]):
        return np.full(len(i), np.nan), tied
    x_left, y_left, _ = residual_ranks(x_ranks, y_ranks, covariates[group.rows])
    x_over, y_over = (np.einsum("cs,cs->c", left, left) for left in (x_left, y_left))
    usable = (x_over > _NOTHING_LEFT * x_squares)[i] & (y_over > _NOTHING_LEFT * y_squares)[j]
    rho = np.full(len(i), np.nan)
    scale = np.sqrt(x_over[i] * y_over[j])
    np.divide((x_left @ y_left.T)[i, j], scale, out=rho, where=usable)
    return np.clip(rho, -1.0, 1.0), tied
