"""Every cell of a correlation table when nothing is related: the subjects of one side in drawn orders.

One drawn order serves all cells, so that cells which share subjects vary together as they do in the table. Where
values are missing, each cell permutes inside its own complete subjects: following the drawn order from a complete
subject to the next complete one makes every order of those subjects equally likely and keeps the other pairs.

In large tables with gaps that would take minutes. There each subject's product of ranks is given a drawn sign instead,
one sign per subject for all cells; of a thousand subjects and more both give the same spread and the same dependence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .cell_groups import CellGroup, group_cells, ranks_of_columns
from .correlation import RankCorrelations
from .partial import AnyFloats, length_left, residual_ranks
from .ranks import BoolArray, FloatArray

DRAWS = 9_999
"""Drawn for all cells together; the smallest p then is 1/10,000."""

FEWER_DRAWS = 999
MANY_SUBJECT_GROUPS = 10_000
"""Above this product of subjects and patterns of missing values only 999 orders are drawn."""

SIGNS_FROM_SUBJECT_GROUPS = 200_000
"""Above this product, and with gaps, signs are drawn instead of orders."""

SIGNS_FROM_SUBJECTS = 1_000
MOST_SIGNS = 30_000_000
"""Fewer signs are drawn where subjects times draws would be more."""

LARGEST_N_FOR_SMALL_FLOATS = 128
"""Up to here products of ranks are whole numbers that 32-bit floats hold exactly, and coefficients differ visibly."""

_NUMBERS_AT_ONCE = 100_000

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NullDraws:
    """Coefficients when nothing is related.

    Attributes
    ----------
    cells
        Column of x and of y of each cell that has a coefficient, shape ``(n_cells, 2)``.
    sizes
        |rho| of each cell in each draw, shape ``(n_cells, draws)``; 32-bit where that says as much.
    observed
        |rho| of each cell as observed, shape ``(n_cells,)``, rounded like the drawn ones.
    freedom
        Degrees of freedom of each cell, n − 2 − covariates.
    has_signs
        Whether signs were drawn instead of orders.
    """

    cells: IntArray
    sizes: AnyFloats
    observed: AnyFloats
    freedom: IntArray
    has_signs: bool = False


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
        Number of draws; None takes 9,999, or fewer where that would take minutes.

    References
    ----------
    Freedman & Lane 1983, doi:10.1080/07350015.1983.10509354; random signs: Wu 1986, doi:10.1214/aos/1176350142.
    """
    n_subjects, n_covariates = x.shape[0], 0 if covariates is None else covariates.shape[1]
    filled = ~np.isnan(cells.rho)
    groups = [group for group in group_cells(x, y, covariates=covariates) if filled[tuple(group.cells.T)].any()]
    n_both = n_subjects * len(groups)
    has_signs = len(groups) > 1 and n_both > SIGNS_FROM_SUBJECT_GROUPS and n_subjects >= SIGNS_FROM_SUBJECTS
    generator = np.random.Generator(np.random.PCG64([seed, n_subjects]))
    sources = [_GroupRanks.of(x, y, group, covariates) for group in groups]
    where = np.concatenate([source.group.cells for source in sources] or [np.empty((0, 2), dtype=np.int64)])
    observed = np.concatenate([source.observed() for source in sources] or [np.empty(0)])
    if has_signs:
        some = draws or max(min(DRAWS, MOST_SIGNS // n_subjects), FEWER_DRAWS)
        sizes = _draw_signs(sources, n_subjects, some, generator)
    else:
        some = draws or (DRAWS if n_both <= MANY_SUBJECT_GROUPS else FEWER_DRAWS)
        sizes = _draw_orders(sources, n_subjects, some, generator)
    kept = filled[tuple(where.T)]
    if not kept.all():
        where, sizes, observed = where[kept], sizes[kept], observed[kept]
    freedom = cells.n[tuple(where.T)] - 2 - n_covariates
    return NullDraws(where, sizes, observed, freedom, has_signs)


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


def _draw_orders(
    sources: Sequence[_GroupRanks], n_subjects: int, draws: int, generator: np.random.Generator
) -> AnyFloats:
    """|rho| of the cells of all groups in drawn orders of the subjects."""
    small = n_subjects <= LARGEST_N_FOR_SMALL_FLOATS and all(source.is_whole for source in sources)
    sizes: AnyFloats = np.empty((_n_cells(sources), draws), dtype=np.float32 if small else np.float64)
    as_given = np.arange(n_subjects)[None]
    at_once = max(1, _NUMBERS_AT_ONCE // max(1, n_subjects))
    for start in range(0, draws, at_once):
        some = min(at_once, draws - start)
        orders = generator.permuted(np.repeat(as_given, some, axis=0), axis=1)
        first = 0
        for source in sources:
            last = first + len(source.group.cells)
            source.draw(orders, sizes[first:last, start : start + some])
            first = last
    lengths = np.concatenate([source.lengths for source in sources] or [np.empty(0)])
    return _as_coefficients(sizes, lengths)


def _as_coefficients(sizes: AnyFloats, lengths: FloatArray) -> AnyFloats:
    """Products of ranks turned, in place, into |rho|."""
    np.abs(sizes, out=sizes)
    np.multiply(sizes, (1 / lengths).astype(sizes.dtype)[:, None], out=sizes)
    return sizes


def _draw_signs(
    sources: Sequence[_GroupRanks], n_subjects: int, draws: int, generator: np.random.Generator
) -> AnyFloats:
    """|rho| of the cells of all groups under drawn signs of the subjects, with the spread of drawn orders."""
    products = np.zeros((_n_cells(sources), n_subjects), dtype=np.float32)
    first = 0
    for source in sources:
        last = first + len(source.group.cells)
        products[first:last, source.group.rows] = source.products()
        first = last
    sizes = np.empty((len(products), draws), dtype=np.float32)
    at_once = max(1, 200 * _NUMBERS_AT_ONCE // n_subjects)
    for start in range(0, draws, at_once):
        some = min(at_once, draws - start)
        signs = generator.integers(0, 2, size=(n_subjects, some), dtype=np.int8).astype(np.float32) * 2 - 1
        np.matmul(products, signs, out=sizes[:, start : start + some])
    return np.abs(sizes, out=sizes)


def _n_cells(sources: Sequence[_GroupRanks]) -> int:
    return sum(len(source.group.cells) for source in sources)


@dataclass(frozen=True)
class _GroupRanks:
    """Ranks of one group of cells; the side with fewer columns is the one permuted.

    Attributes
    ----------
    moved, fixed
        Ranks, or their residuals, of the side permuted and the other, ``(n_columns, n_rows)``.
    lengths
        Product of the lengths of both rows of each cell; 1 where a row is all zero.
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
    lengths: FloatArray
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
        x_places, y_places = group.places
        squares = [np.einsum("cs,cs->c", ranks, ranks) for ranks in (x_ranks, y_ranks)]
        lengths = np.sqrt(squares[0][x_places] * squares[1][y_places])
        lengths = np.where(lengths > 0, lengths, 1.0)
        if len(x_ranks) <= len(y_ranks):
            return cls(group, x_ranks, y_ranks, lengths, basis, x_places, y_places, is_x_moved=True)
        return cls(group, y_ranks, x_ranks, lengths, basis, y_places, x_places, is_x_moved=False)

    @property
    def is_whole(self) -> bool:
        """Whether every product is a whole number."""
        return self.basis is None

    def observed(self) -> AnyFloats:
        """|rho| of each cell as it is, rounded as in a draw."""
        small = self.is_whole and self.group.rows.size <= LARGEST_N_FOR_SMALL_FLOATS
        out = np.empty((len(self.group.cells), 1), dtype=np.float32 if small else np.float64)
        self.draw(np.arange(self.group.rows.size)[None], out)
        sizes: AnyFloats = _as_coefficients(out, self.lengths)[:, 0]
        return sizes

    def draw(self, orders: IntArray, out: AnyFloats) -> None:
        """Put the product of ranks of each cell in each order into ``out``, shape ``(n_cells, n_orders)``."""
        moved = self.moved.astype(out.dtype).take(inside(orders, self.group.rows), axis=1)
        fixed = self.fixed.astype(out.dtype)
        if len(self.group.cells) == len(self.moved) * len(self.fixed) and self.is_x_moved:
            # Splitting the first axis is a view: the products are written where they belong.
            np.matmul(fixed, moved.transpose(0, 2, 1), out=out.reshape(len(moved), len(fixed), -1))
        else:
            products = np.matmul(fixed, moved.transpose(0, 2, 1))
            out[:] = products[self.moved_places, self.fixed_places]
        if self.basis is not None:
            squares = np.einsum("cs,cs->c", self.moved, self.moved)
            left = length_left(moved, squares, self.basis)[self.moved_places]
            np.divide(out, left, out=out, where=left > 0)

    def products(self) -> FloatArray:
        """Products of each subject's ranks in each cell, ``(n_cells, n_rows)``, of variance 1/(n − 1) when summed."""
        products = self.moved[self.moved_places] * self.fixed[self.fixed_places]
        spread = np.sqrt(np.square(products).sum(axis=1) * (self.group.n - 1))[:, None]
        scaled: FloatArray = np.divide(products, spread, out=np.zeros_like(products), where=spread > 0)
        return scaled
