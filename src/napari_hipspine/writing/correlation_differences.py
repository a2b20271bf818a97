"""Two correlation tables held against each other, cell by cell, in the layout of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .correlation_layout import Cell, Heading, describe_level, lay_out

if TYPE_CHECKING:
    import pandas as pd

_RULES = ("side_rule", "bilateral_rule", "missing_rule", "covariates")
"""What is said where two tables have it otherwise."""


@dataclass(frozen=True)
class CellDifference:
    """Rho of one cell here and there; None where it is empty or the other table has no such cell.

    Parameters
    ----------
    cell : Cell
        Here.
    other : Cell or None
        There.
    """

    cell: Cell
    other: Cell | None

    @property
    def difference(self) -> float | None:
        """Rho here less rho there."""
        if self.other is None or self.cell.rho is None or self.other.rho is None:
            return None
        return self.cell.rho - self.other.rho

    @property
    def n_text(self) -> str:
        """Subjects here and there."""
        return f"n {self.cell.n}" if self.other is None else f"n {self.cell.n} | {self.other.n}"

    @property
    def changes_sign(self) -> bool:
        """Whether one is positive and the other negative."""
        if self.other is None or self.cell.rho is None or self.other.rho is None:
            return False
        return self.cell.rho * self.other.rho < 0


@dataclass(frozen=True)
class DifferenceLayout:
    """Rows, columns and differences of a page, and the sentence above it.

    Parameters
    ----------
    hip_rows, lumbar_columns : tuple of Heading
        As in the table here.
    cells : dict
        `CellDifference` by (row, column).
    here, there : str
        What the two tables are called.
    lumbar_title, hip_title : str
        Region and level, here.
    notes : tuple of str
        In what they cannot be compared.
    """

    hip_rows: tuple[Heading, ...]
    lumbar_columns: tuple[Heading, ...]
    cells: dict[tuple[Heading, Heading], CellDifference]
    here: str
    there: str
    lumbar_title: str
    hip_title: str
    notes: tuple[str, ...] = ()

    @property
    def header(self) -> str:
        """How many cells can be held against each other, and how far they lie apart."""
        found = [one.difference for one in self.cells.values() if one.difference is not None]
        if not found:
            return f"{self.here} − {self.there}: no cell has a coefficient in both"
        sizes = sorted(abs(one) for one in found)
        middle = (sizes[(len(sizes) - 1) // 2] + sizes[len(sizes) // 2]) / 2
        n_signs = sum(one.changes_sign for one in self.cells.values())
        words = (
            f"{self.here} − {self.there}: {len(found)} of {len(self.cells)} cells in both; ρ differs by "
            f"{middle:.3f} (median) to {sizes[-1]:.3f}; {n_signs} change sign; no test of a difference"
        )
        return "; ".join([words, *self.notes])


def lay_out_differences(here: pd.DataFrame, there: pd.DataFrame, *, names: tuple[str, str]) -> DifferenceLayout:
    """Every cell of a table less the same cell of another.

    A cell is the same where muscles and measures are. Where either table holds several levels of a region, the levels
    must be the same too; two tables of one level each are held against each other whatever their levels.
    """
    layout, other = lay_out(here), lay_out(there)
    by_name = {(cell.hip, cell.lumbar): cell for cell in other.cells.values()}
    levels = [(_levels(here, name), _levels(there, name)) for name in ("hip_level", "lumbar_level")]

    def find(cell: Cell) -> Cell | None:
        places = [_there(one, *known) for one, known in zip((cell.hip, cell.lumbar), levels, strict=True)]
        return by_name.get((places[0], places[1])) if places[0] and places[1] else None

    cells = {place: CellDifference(cell, find(cell)) for place, cell in layout.cells.items()}
    notes = [
        f"levels differ: {describe_level(of_here[0])} and {describe_level(of_there[0])}"
        for of_here, of_there in levels
        if len(of_here) == len(of_there) == 1 and of_here != of_there
    ]
    notes += [
        f"{name.replace('_', ' ')}: {_first(here, name)} here, {_first(there, name)} there"
        for name in _RULES
        if _first(here, name) != _first(there, name)
    ]
    return DifferenceLayout(
        layout.hip_rows, layout.lumbar_columns, cells, *names, layout.lumbar_title, layout.hip_title, tuple(notes)
    )


def variation_table(sensitivity: pd.DataFrame, correlations: pd.DataFrame, name: str) -> pd.DataFrame:
    """The cells of one variation as a correlation table; what a sensitivity table does not hold is as in the result."""
    keys = ["lumbar_muscle", "lumbar_measure", "lumbar_level", "hip_muscle", "hip_measure", "hip_level"]
    numbers = ["n", "rho", "rho_low", "rho_high", "p", "q", "reason"]
    rows = sensitivity[sensitivity["variation"] == name].set_index(keys)[numbers]
    main = correlations.set_index(keys)
    return main.assign(**{one: rows[one] for one in numbers}).reset_index()[list(correlations.columns)]


def _first(table: pd.DataFrame, name: str) -> str:
    return next((str(cell).replace(";", ", ") for cell in table[name] if cell), "none")


def _levels(table: pd.DataFrame, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, table[name])))


def _there(heading: Heading, here: tuple[str, ...], there: tuple[str, ...]) -> Heading | None:
    """The heading of the same muscle, measure and level in the other table; None where it has no such level."""
    if len(here) < 2 and len(there) < 2:
        return heading
    level = heading.level or here[0]
    if level not in there:
        return None
    return heading._replace(level=level if len(there) > 1 else "")
