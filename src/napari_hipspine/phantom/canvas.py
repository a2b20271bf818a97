"""The fine grid a slice is drawn on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fields import Array


@dataclass
class Canvas:
    """Tissue and muscle of every fine pixel of one slice.

    Parameters
    ----------
    rows_mm, columns_mm : array
        Backward positions ``(n_rows,)`` and leftward positions ``(n_columns,)`` of the pixel centres [mm],
        evenly spaced.
    """

    rows_mm: Array
    columns_mm: Array

    def __post_init__(self) -> None:
        shape = (self.rows_mm.size, self.columns_mm.size)
        self.tissue: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        self.muscle: NDArray[np.int16] = np.zeros(shape, np.int16)

    @property
    def step_mm(self) -> float:
        """Distance between pixel centres [mm]."""
        return float(self.columns_mm[1] - self.columns_mm[0])

    def paint(self, curve: Array, tissue: int, *, muscle: int = 0) -> None:
        """Fill a closed curve ``(n, 2)`` (leftward, backward) [mm] with a tissue; what was there is covered."""
        box = self._box(curve)
        if box is None:
            return
        inside = self._inside(curve, box)
        self.tissue[box][inside] = tissue
        self.muscle[box][inside] = muscle

    def _box(self, curve: Array) -> tuple[slice, slice] | None:
        low, high = curve.min(axis=0), curve.max(axis=0)
        rows = np.searchsorted(self.rows_mm, [low[1], high[1]])
        columns = np.searchsorted(self.columns_mm, [low[0], high[0]])
        if rows[0] == rows[1] or columns[0] == columns[1]:
            return None
        return slice(*rows.tolist()), slice(*columns.tolist())

    def _inside(self, curve: Array, box: tuple[slice, slice]) -> NDArray[np.bool_]:
        """Pixels of a box whose centre lies in the curve (even-odd rule)."""
        rows, columns = self.rows_mm[box[0]], self.columns_mm[box[1]]
        x, y = curve[:, 0], curve[:, 1]
        x_next, y_next = np.roll(x, -1), np.roll(y, -1)
        row, edge = np.nonzero((y[None] <= rows[:, None]) != (y_next[None] <= rows[:, None]))
        crossing = x[edge] + (rows[row] - y[edge]) / (y_next[edge] - y[edge]) * (x_next[edge] - x[edge])
        first = np.searchsorted(columns, crossing)
        flips = np.zeros((rows.size, columns.size + 1), np.int16)
        np.add.at(flips, (row, first), 1)
        return np.asarray(np.cumsum(flips[:, :-1], axis=1) % 2 == 1)
