"""Z-scores whose reference is stated: who they are compared with, and what their deviation was divided by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import TableInvalid
from ..deviations import exact_mean, subtract_mean
from .columns import FloatArray, as_text, is_gap, number_groups, read_numbers_or_gaps

if TYPE_CHECKING:
    import pandas as pd

DDOF = 1
"""The standard deviation divides by n - 1."""


@dataclass(frozen=True)
class ZReference:
    """What a z-score was made with.

    Attributes
    ----------
    column
        Column that was normalised.
    group
        Who was compared: ``all``, or such as ``sex=female``.
    n, mean, sd
        Their number, mean and standard deviation.
    ddof
        What the deviation divides by: n minus this.
    """

    column: str
    group: str
    n: int
    mean: float
    sd: float
    ddof: int

    @property
    def sentence(self) -> str:
        """The reference in words."""
        return (
            f"{self.column}_z: ({self.column} - {self.mean:.6g}) / {self.sd:.6g}, "
            f"reference {self.group} of this table (n {self.n}, ddof {self.ddof})."
        )


def add_z_scores(
    table: pd.DataFrame,
    column: str,
    *,
    within: str | None = None,
    reference: tuple[str, str] | None = None,
    ddof: int = DDOF,
) -> tuple[pd.DataFrame, tuple[ZReference, ...]]:
    """The table with ``COLUMN_z``, and the reference of every group; gaps stay gaps.

    Parameters
    ----------
    table : data frame
        One row per person.
    column : str
        Numbers to normalise.
    within : str, optional
        Column of the groups, such as sex; otherwise all rows are one group.
    reference : tuple of str, optional
        Column and word of the rows whose mean and deviation are used, such as controls; otherwise all of a group.
    ddof : int
        The standard deviation divides by n - ddof.

    Raises
    ------
    TableInvalid
        If a column is missing or holds no numbers, ``COLUMN_z`` is there already, or the reference of a group has
        fewer than two values or no variation.
    """
    name = f"{column}_z"
    of_reference = reference[0] if reference else None
    lacking = [one for one in (column, within, of_reference) if one is not None and one not in table.columns]
    if lacking or name in table.columns:
        found = f"missing {', '.join(lacking)}" if lacking else f"found {name} already"
        raise TableInvalid(f"Expected a table with {column} and without {name}, {found}.")
    cells = table[column].tolist()
    gaps = np.array([is_gap(cell) for cell in cells], dtype=bool)
    if within is not None:
        gaps |= np.array([is_gap(cell) for cell in table[within]], dtype=bool)
    values = np.where(gaps, np.nan, read_numbers_or_gaps(cells, column))
    groups, names = _find_groups(table, within, gaps)
    compared = np.ones(len(values), dtype=bool)
    if reference is not None:
        compared = np.array([as_text(cell) == reference[1] for cell in table[reference[0]]], dtype=bool)
        names = tuple(", ".join([*([name] if name != "all" else []), "=".join(reference)]) for name in names)
    z, references = np.full(len(values), np.nan), []
    for number, group in enumerate(names):
        members = groups == number
        own = _refer(values[members & compared], column, group, ddof)
        z[members] = subtract_mean(values[members], own.mean) / own.sd
        references.append(own)
    return table.assign(**{name: z}), tuple(references)


def _find_groups(table: pd.DataFrame, within: str | None, gaps: Any) -> tuple[Any, tuple[str, ...]]:
    """Each row's group, -1 for gaps, and the groups' names."""
    numbers = np.full(len(table), -1)
    if within is None:
        numbers[~gaps] = 0
        return numbers, ("all",)
    found, names = number_groups(table[within].to_numpy(dtype=object)[~gaps].tolist())
    numbers[~gaps] = found
    return numbers, tuple(f"{within}={name}" for name in names)


def _refer(values: FloatArray, column: str, group: str, ddof: int) -> ZReference:
    if len(values) <= max(ddof, 1) or np.ptp(values) == 0:
        raise TableInvalid(
            f"Expected at least two different values of {column} in {group}, found {len(np.unique(values))}."
        )
    return ZReference(column, group, len(values), exact_mean(values), float(values.std(ddof=ddof)), ddof)
