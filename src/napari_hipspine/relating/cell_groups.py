"""Cells that rest on the same subjects, so that what concerns subjects is done once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .ranks import BoolArray, FloatArray, rank_within

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CellGroup:
    """Pairs of columns with the same complete subjects.

    Attributes
    ----------
    rows
        Which subjects are complete, shape ``(n_subjects,)``.
    cells
        Column of x and column of y of each cell, shape ``(n_cells, 2)``, ascending.
    x_columns, y_columns
        The distinct columns of the cells, ascending.
    """

    rows: BoolArray
    cells: IntArray
    x_columns: IntArray
    y_columns: IntArray

    @property
    def n(self) -> int:
        """Number of complete subjects."""
        return int(self.rows.sum())

    @property
    def places(self) -> tuple[IntArray, IntArray]:
        """Where each cell stands in a table of `x_columns` by `y_columns`."""
        return np.searchsorted(self.x_columns, self.cells[:, 0]), np.searchsorted(self.y_columns, self.cells[:, 1])


def group_cells(x: FloatArray, y: FloatArray, *, covariates: FloatArray | None = None) -> list[CellGroup]:
    """Groups of all cells of two tables, in the order of their first cell.

    Parameters
    ----------
    x, y
        Values, shapes ``(n_subjects, n_x_columns)`` and ``(n_subjects, n_y_columns)``; NaN is missing.
    covariates
        Values every subject of a cell must have too, shape ``(n_subjects, n_covariates)``.
    """
    has_covariates = np.ones(x.shape[0], dtype=bool) if covariates is None else ~np.isnan(covariates).any(axis=1)
    x_masks, x_pattern = missing_patterns(x)
    y_masks, y_pattern = missing_patterns(y)
    rows_of: dict[bytes, BoolArray] = {}
    cells_of: dict[bytes, list[IntArray]] = {}
    for a, x_rows in enumerate(x_masks):
        for b, y_rows in enumerate(y_masks):
            rows = x_rows & y_rows & has_covariates
            key = np.packbits(rows).tobytes()
            rows_of.setdefault(key, rows)
            columns = np.meshgrid(np.flatnonzero(x_pattern == a), np.flatnonzero(y_pattern == b), indexing="ij")
            cells_of.setdefault(key, []).append(np.stack(columns, axis=-1).reshape(-1, 2))
    groups = []
    for key, parts in cells_of.items():
        cells = np.unique(np.concatenate(parts), axis=0)
        groups.append(CellGroup(rows_of[key], cells, np.unique(cells[:, 0]), np.unique(cells[:, 1])))
    return groups


def missing_patterns(table: FloatArray) -> tuple[BoolArray, IntArray]:
    """The distinct patterns of present subjects, ``(n_patterns, n_subjects)``, and each column's pattern."""
    present = ~np.isnan(table.T)
    number: dict[bytes, int] = {}
    pattern = np.array([number.setdefault(row.tobytes(), len(number)) for row in present], dtype=np.int64)
    firsts = [int(np.argmax(pattern == k)) for k in range(len(number))]
    return present[firsts], pattern


def ranks_of_columns(table: FloatArray, columns: IntArray, rows: BoolArray) -> FloatArray:
    """Doubled, centred ranks of some columns within some subjects, shape ``(n_columns, n_rows_chosen)``."""
    everyone = np.ones((1, int(rows.sum())), dtype=bool)
    ranks = [rank_within(table[rows, column], everyone)[0] for column in columns]
    return np.array(ranks, dtype=np.float64).reshape(len(ranks), everyone.shape[1])
