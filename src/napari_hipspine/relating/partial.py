"""Partial Spearman: the correlation of two muscles at equal ranks of age, sex or whatever else is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .cell_groups import CellGroup, group_cells, ranks_of_columns
from .correlation import SMALLEST_N, RankCorrelations
from .ranks import BoolArray, FloatArray

AnyFloats = npt.NDArray[np.floating[Any]]

_NOTHING_LEFT = 1e-10
"""Share of a column's variation below which the covariates explain all of it."""

_DEPENDENT = 1e-9
"""Share of the largest singular value below which covariates follow from one another."""


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


def length_left(permuted: AnyFloats, squares: FloatArray, basis: FloatArray) -> AnyFloats:
    """Share of the length of permuted residuals that is left once what they follow by chance is taken out again.

    Parameters
    ----------
    permuted
        Residuals of each column in drawn orders, shape ``(n_columns, n_orders, n_subjects)``.
    squares
        Their sums of squares, shape ``(n_columns,)``.
    basis
        Orthonormal columns of constant and covariates, shape ``(n_subjects, 1 + n_covariates)``.

    Returns
    -------
    AnyFloats
        Shape ``(n_columns, n_orders)``.
    """
    unit = permuted / np.sqrt(np.maximum(squares, 1e-300))[:, None, None]
    left: AnyFloats = np.sqrt(np.maximum(1 - np.square(unit @ basis).sum(axis=2), 0.0))
    return left


def are_independent(covariates: FloatArray) -> bool:
    """Whether no covariate is constant or follows, as ranks, from the others."""
    rows = np.ones(covariates.shape[0], dtype=bool)
    ranked = ranks_of_columns(covariates, np.arange(covariates.shape[1]), rows).T
    return bool(
        np.linalg.matrix_rank(ranked, tol=_DEPENDENT * max(1.0, np.abs(ranked).max(initial=0.0))) == ranked.shape[1]
    )


def weighted_basis(ranks: FloatArray, times: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Orthonormal rows of ranked covariates in samples that hold subjects several times, and in which there are any.

    Parameters
    ----------
    ranks
        Centred ranks in each sample, shape ``(n_samples, n_covariates, n_subjects)``.
    times
        How often a sample holds each subject, shape ``(n_samples, n_subjects)``.

    Returns
    -------
    tuple of array
        Rows times the root of `times`, shape ``(n_samples, n_covariates, n_subjects)``; and where the covariates are
        independent and enough different subjects are in the sample, shape ``(n_samples,)``.
    """
    weighted = ranks * np.sqrt(times)[:, None]
    _, sizes, rows = np.linalg.svd(weighted, full_matrices=False)
    independent = sizes[:, -1] > _DEPENDENT * np.maximum(sizes[:, 0], 1.0)
    enough = np.count_nonzero(times, axis=1) >= SMALLEST_N + ranks.shape[1]
    return rows, independent & enough


def take_out(ranks: FloatArray, basis: FloatArray, times: FloatArray) -> FloatArray:
    """What a `weighted_basis` leaves over of centred ranks in the same samples; exactly 0 where that is nothing."""
    root = np.sqrt(times)[:, None]
    explained = (ranks * root) @ basis.transpose(0, 2, 1)
    present = np.where(root > 0, root, 1.0)
    left = np.where(root > 0, ranks - (explained @ basis) / present, 0.0)
    squares, over = (np.einsum("bcs,bcs,bs->bc", one, one, times) for one in (ranks, left))
    return np.where((over > _NOTHING_LEFT * squares)[:, :, None], left, 0.0)


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
