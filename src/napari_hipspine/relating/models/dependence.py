"""Columns of a model matrix that add nothing to those before them."""

from __future__ import annotations

import numpy as np

from .columns import FloatArray
from .troubles import Trouble

DEPENDENCE = 1e-7
"""A column is called dependent when less than this share of its length is its own, as in R."""


def find_dependent(matrix: FloatArray) -> tuple[Trouble | None, ...]:
    """Why a column adds nothing to those before it."""
    basis = np.empty(matrix.shape, order="F")
    n_kept = 0
    troubles: list[Trouble | None] = []
    for number, column in enumerate(np.asfortranarray(matrix).T):
        length = np.linalg.norm(column)
        own = column / length if length else column
        for _ in range(2):
            own = own - basis[:, :n_kept] @ (basis[:, :n_kept].T @ own)
        left = np.linalg.norm(own)
        if number and np.ptp(column) == 0:
            troubles.append(Trouble.CONSTANT_COLUMN)
        elif left < DEPENDENCE:
            troubles.append(Trouble.COLLINEAR_COLUMN)
        else:
            troubles.append(None)
            basis[:, n_kept] = own / left
            n_kept += 1
    return tuple(troubles)
