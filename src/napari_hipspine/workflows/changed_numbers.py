"""How many numbers of a result are others than they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..domain.cells import Kind
from ..domain.subject import SubjectResult
from ..domain.tables import MEASUREMENTS, SLICES, Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ChangedNumbers:
    """Numbers of both tables that changed, appeared or went.

    Parameters
    ----------
    n_changed : int
        Cells that differ.
    n_numbers : int
        Cells with a number before or after.
    """

    n_changed: int
    n_numbers: int


def count_changed_numbers(before: SubjectResult, after: SubjectResult) -> ChangedNumbers:
    """Cells with numbers that differ between two results of one series, row by row of the tables' keys."""
    counts = [
        _count(SLICES, before.slices, after.slices),
        _count(MEASUREMENTS, before.measurements, after.measurements),
    ]
    return ChangedNumbers(sum(n for n, _ in counts), sum(n for _, n in counts))


def _count(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> tuple[int, int]:
    numbers = [c.name for c in table.columns if c.kind in (Kind.NUMBER, Kind.INTEGER) and c.name not in table.key]
    one, other = (frame.set_index(list(table.key))[numbers] for frame in (before, after))
    rows = one.index.union(other.index)
    old, new = (frame.reindex(rows).astype("float64").to_numpy() for frame in (one, other))
    known = ~(np.isnan(old) & np.isnan(new))
    return int((known & (old != new)).sum()), int(known.sum())
