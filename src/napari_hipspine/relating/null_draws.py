"""Every cell of a correlation table when nothing is related: the subjects of one side in drawn orders.

One drawn order serves all cells, so that cells which share subjects vary together as they do in the table. Where
values are missing, each cell permutes inside its own complete subjects: following the drawn order from a complete
subject to the next complete one makes every order of those subjects equally likely and keeps the other pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .cell_groups import CellGroup, group_cells, ranks_of_columns
from .correlation import RankCorrelations
from .partial import residual_ranks
from .ranks import BoolArray, FloatArray

DRAWS = 9_999
"""Orders drawn for all cells together; the smallest p then is 1/10,000."""

FEWER_DRAWS = 999
MANY_SUBJECT_GROUPS = 10_000
"""Above this product of subjects and patterns of missing values only 999 orders are drawn."""

_NUMBERS_AT_ONCE = 200_000

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NullDraws:
    """Coefficients when nothing is related.

    Attributes
    ----------
    cells
        Column of x and of y of each cell that has a coefficient, shape ``(n_cells, 2)``.
    sizes
        |rho| of each cell in each drawn order, shape ``(n_cells, draws)``.
    observed
        |rho| of each cell as observed, shape ``(n_cells,)``, rounded like the drawn ones.
    freedom
        Degrees of freedom of each cell, n − 2 − covariates.
    """

    cells: IntArray
    sizes: FloatArray
    observed: FloatArray
    freedom: IntArray


def draw_null(
    x: FloatArray,
    y: FloatArray,
    cells: RankCorrelations,
    *,
    covariates: FloatArray | None = None,
    draws: int | None = None,
    seed: int = 0,
) -> NullDraws:
    """|rho| of all cells in each of many drawn orders of the subjects.

    With covariates the residuals of the ranks of x are permuted and adjusted anew (Freedman and Lane), which is exact
    only for large samples.

    Parameters
    ----------
    x, y
        Values, shapes ``(n_subjects, n_x_columns)`` and ``(n_subjects, n_y_columns)``; NaN is missing.
    cells
        Their rank correlations, partial ones where covariates are given.
    covariates
        Shape ``(n_subjects, n_covariates)``.
    draws
        Number of orders; None takes 9,999, or 999 where that would take minutes.

    References
    ----------
    Freedman & Lane 1983, doi:10.1080/07350015.1983.10509354.
    """
    n_subjects, n_covariates = x.shape[0], 0 if covariates is None else covariates.shape[1]
    filled = ~np.isnan(cells.rho)
    groups = [group for group in group_cells(x, y, covariates=covariates) if filled[tuple(group.cells.T)].any()]
    if draws is None:
        draws = DRAWS if n_subjects * len(groups) <= MANY_SUBJECT_GROUPS else FEWER_DRAWS
    sources = [_GroupRanks.of(x, y, group, covariates) for group in groups]
    where = np.concatenate([source.group.cells for source in sources] or [np.empty((0, 2), dtype=np.int64)])
    sizes = np.empty((len(where), draws))
    generator = np.random.Generator(np.random.PCG64([seed, n_subjects]))
    at_once = max(1, _NUMBERS_AT_ONCE // max(1, n_subjects))
    as_given = np.arange(n_subjects)[None]
    observed = np.concatenate([source.drawn(as_given)[:, 0] for source in sources] or [np.empty(0)])
    for start in range(0, draws, at_once):
        some = min(at_once, draws - start)
        orders = generator.permuted(np.repeat(as_given, some, axis=0), axis=1)
        first = 0
        for source in sources:
            last = first + len(source.group.cells)
            sizes[first:last, start : start + some] = source.drawn(orders)
            first = last
    kept = filled[tuple(where.T)]
    if not kept.all():
        where, sizes, observed = where[kept], sizes[kept], observed[kept]
    freedom = cells.n[tuple(where.T)] - 2 - n_covariates
    return NullDraws(where, sizes, observed, freedom)


def inside(orders: IntArray, rows: BoolArray) -> IntArray:
    """Orders of all subjects turned into orders of some, as positions among those.

    Parameters
    ----------
    orders
        Permutations of all subjects, shape ``(n_orders, n_subjects)``.
    rows
        Which subjects stay, shape ``(n_subjects,)``.

    Returns
    -------
    IntArray
        Permutations of ``0 … n_rows − 1``, shape ``(n_orders, n_rows)``; each equally likely if the given ones are.
    """
    if rows.all():
        return orders
    led_to = orders[:, rows]
    flat, n_rows = led_to.reshape(-1), led_to.shape[1]
    outside = np.flatnonzero(~rows[flat])
    while outside.size:
        flat[outside] = orders[outside // n_rows, flat[outside]]
        outside = outside[~rows[flat[outside]]]
    position = np.cumsum(rows) - 1
    return position[flat].reshape(led_to.shape)


@dataclass(frozen=True)
class _GroupRanks:
    """Ranks of one group of cells; the side with fewer columns is the one permuted.

    Attributes
    ----------
    moved, fixed
        Ranks, or their residuals, of the side permuted and the other, ``(n_columns, n_rows)``, of length 1.
    basis
        Orthonormal columns of constant and covariates, ``(n_rows, 1 + n_covariates)``; None without covariates.
    moved_places, fixed_places
        Where each cell stands among the columns of both sides.
    is_x_moved
        Whether the side permuted is x.
    """

    group: CellGroup
    moved: FloatArray
    fixed: FloatArray
    basis: FloatArray | None
    moved_places: IntArray
    fixed_places: IntArray
    is_x_moved: bool

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray, group: CellGroup, covariates: FloatArray | None) -> _GroupRanks:
        """Ranks of a group of cells."""
        x_ranks = ranks_of_columns(x, group.x_columns, group.rows)
        y_ranks = ranks_of_columns(y, group.y_columns, group.rows)
        basis = None
        if covariates is not None:
            x_ranks, y_ranks, basis = residual_ranks(x_ranks, y_ranks, covariates[group.rows])
        x_ranks, y_ranks = _unit_rows(x_ranks), _unit_rows(y_ranks)
        x_places, y_places = group.places
        if len(x_ranks) <= len(y_ranks):
            return cls(group, x_ranks, y_ranks, basis, x_places, y_places, is_x_moved=True)
        return cls(group, y_ranks, x_ranks, basis, y_places, x_places, is_x_moved=False)

    def drawn(self, orders: IntArray) -> FloatArray:
        """|rho| of each cell of the group in each order, ``(n_cells, n_orders)``."""
        moved = self.moved.take(inside(orders, self.group.rows), axis=1)
        products = np.matmul(self.fixed, moved.transpose(0, 2, 1))
        if len(self.group.cells) == len(self.moved) * len(self.fixed):
            whole = products if self.is_x_moved else products.transpose(1, 0, 2)
            of_cells = whole.reshape(-1, len(orders))
        else:
            of_cells = products[self.moved_places, self.fixed_places]
        sizes: FloatArray = np.abs(of_cells, out=of_cells)
        if self.basis is not None:
            # Permuted residuals follow the covariates by chance again; what they explain is taken out.
            left = np.sqrt(np.maximum(1 - np.square(moved @ self.basis).sum(axis=2), 0.0))[self.moved_places]
            np.divide(sizes, left, out=sizes, where=left > 0)
        return sizes


def _unit_rows(ranks: FloatArray) -> FloatArray:
    """Rows of length 1, so that products are coefficients; rows of zeros stay."""
    lengths = np.sqrt(np.einsum("cs,cs->c", ranks, ranks))[:, None]
    unit: FloatArray = np.divide(ranks, lengths, out=np.zeros_like(ranks), where=lengths > 0)
    return unit
