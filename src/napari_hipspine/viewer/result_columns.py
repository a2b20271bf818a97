"""How the cells of result tables are headed and written for people: units in the heading, sensible digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import vocabulary
from ..domain.cells import is_missing
from ..domain.headings import PER_CENT, TITLES, heading_of
from ..domain.protocol import FatMethod
from ..domain.tables import SEPARATOR, TABLES

if TYPE_CHECKING:
    import pandas as pd

MISSING = "–"


@dataclass(frozen=True)
class ShownColumn:
    """One column on the screen.

    Parameters
    ----------
    name : str
        Its name in the file.
    heading : str
        Title with unit.
    meaning : str
        For the tooltip.
    values : ndarray
        As in the table, missing numbers as NaN.
    texts : list of str
        As shown.
    is_number : bool
        Whether it is aligned to the right.
    """

    name: str
    heading: str
    meaning: str
    values: NDArray[Any]
    texts: list[str]
    is_number: bool

    def order(self, *, descending: bool) -> NDArray[np.intp]:
        """Rows in the order of this column, equal ones as they stand, missing ones always last."""
        if not self.is_number:
            order = np.argsort(self.values, kind="stable")
            return order[::-1] if descending else order
        return np.argsort(-self.values if descending else self.values, kind="stable")


def shown_columns(frame: pd.DataFrame, table: str) -> list[ShownColumn]:
    """Columns of a result table for the screen, without those that are empty throughout.

    Parameters
    ----------
    frame : pandas.DataFrame
        A whole table as measured.
    table : str
        Name of its contract.
    """
    wanted = [column for column in TABLES[table].columns if column.name in TITLES]
    is_fraction = bool(len(frame)) and set(frame["fat_method"]) == {FatMethod.DIXON.value}
    headings = {c.name: heading_of(c.name, c.unit, is_fraction=is_fraction) for c in wanted}
    shown = (shown_column(frame[c.name].tolist(), c.name, headings[c.name], c.meaning) for c in wanted)
    return [column for column in shown if any(text != MISSING for text in column.texts)]


def reasons_of_row(row: dict[str, Any]) -> str:
    """Why cells of a row are empty, in words; empty when none is said."""
    words = str(row.get("reason", "") or "").split(SEPARATOR)
    known = {(term.kind, term.id): term.label for term in vocabulary()}
    return "; ".join(known.get(("reason", w)) or known.get(("flag", w)) or w for w in words if w)


def row_caption(row: dict[str, Any]) -> str:
    """Muscle and side of a row."""
    return f"{row['muscle']} {row['side']}".replace("_", " ")


def shown_column(cells: Sequence[Any], name: str, heading: str, meaning: str) -> ShownColumn:
    """A column of cells as they stand in a table."""
    is_number = not any(isinstance(cell, str) for cell in cells)
    texts = [cell_text(name, cell) for cell in cells]
    if is_number:
        values = np.array([np.nan if is_missing(cell) else float(cell) for cell in cells])
    else:
        values = np.array([str(cell) for cell in cells])
    return ShownColumn(name, heading, meaning, values, texts, is_number)


def cell_text(name: str, cell: Any) -> str:
    """One cell for people: areas without decimals, per cent with one, missing as a dash."""
    if is_missing(cell):
        return MISSING
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return cell.replace("_", " ").replace(SEPARATOR, ", ")
    if name in PER_CENT:
        return _signed(f"{100 * cell:.1f}")
    if name in ("csa_mm2", "fcsa_mm2", "lean_area_mm2", "volume_mm3"):
        return f"{cell:,.0f}".replace(",", " ")
    if name == "position_mm":
        return _signed(f"{cell:.1f}")
    return _signed(f"{cell:.4g}") if isinstance(cell, float) else str(cell)


def _signed(text: str) -> str:
    return text.replace("-", "−")
