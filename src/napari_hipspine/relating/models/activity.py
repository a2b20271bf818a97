"""Physical activity in three groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.errors import InvalidChoice, TableInvalid
from .columns import is_gap, read_numbers

if TYPE_CHECKING:
    import pandas as pd

CUTS = (500.0, 5000.0)
"""MET minutes per week: low below the first, high above the second, moderate between, ends included."""

GROUPS = ("low", "moderate", "high")
REFERENCE = "moderate"
"""The usual reference, because both ends may differ from it in the same direction."""


def add_activity_groups(
    table: pd.DataFrame, column: str, *, cuts: tuple[float, float] = CUTS, name: str = "activity"
) -> pd.DataFrame:
    """The table with a column of low, moderate and high; gaps stay gaps.

    Raises
    ------
    InvalidChoice
        If the cuts do not rise.
    TableInvalid
        If the column is missing, holds no numbers or negative ones, or the new name is taken.
    """
    low, high = cuts
    if not low < high:
        raise InvalidChoice(f"Expected cuts that rise, found {low:g} and {high:g}.")
    if column not in table.columns or name in table.columns:
        raise TableInvalid(f"Expected {column} and no {name} in the table, found otherwise.")
    return table.assign(**{name: [_group(cell, column, low, high) for cell in table[column].tolist()]})


def _group(cell: Any, column: str, low: float, high: float) -> str:
    if is_gap(cell):
        return ""
    value = float(read_numbers([cell], column)[0])
    if value < 0:
        raise TableInvalid(f"Expected 0 or more in {column}, found {value:g}.")
    return GROUPS[0] if value < low else GROUPS[2] if value > high else GROUPS[1]
