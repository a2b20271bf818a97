"""A correlation table as plain text for a terminal, laid out like the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..domain.provenance import RESEARCH_ONLY
from .correlation_layout import ALPHA, Cell, CorrelationLayout, Heading, format_p, format_rho, lay_out

if TYPE_CHECKING:
    import pandas as pd

P_MARK = "▸"
Q_MARK = "●"
CELL_WIDTH = 9
COLUMN_GAP = "  "


def format_table1(correlations: pd.DataFrame, *, notes: Sequence[str] = ()) -> str:
    """The table as text: rho over p in every cell, n at the right where a row shares it, else in the cell.

    Parameters
    ----------
    correlations : pandas.DataFrame
        One row per cell, as `CORRELATIONS` of `domain.tables` says.
    notes : sequence of str
        Sentences written below the table.
    """
    layout = lay_out(correlations)
    shared_n = {hip: _shared_n(layout, hip) for hip in layout.hip_rows}
    muscle_width = max((len(hip.muscle_label) for hip in layout.hip_rows), default=0)
    measure_width = max((len(hip.measure_label) for hip in layout.hip_rows), default=0)
    margin = " " * (muscle_width + 1 + measure_width)
    lines = [layout.header, f"{layout.lumbar_title} (across); {layout.hip_title} (down). {layout.rules}", ""]
    lines += _headings(layout, margin)
    for row, hip in enumerate(layout.hip_rows):
        repeats = row > 0 and layout.hip_rows[row - 1].group == hip.group
        muscle = "" if repeats else hip.muscle_label
        n = shared_n[hip]
        upper = [_upper(layout.cells[hip, lumbar]) for lumbar in layout.lumbar_columns]
        lower = [_lower(layout.cells[hip, lumbar], shared=n is not None) for lumbar in layout.lumbar_columns]
        n_text = "" if n is None else f"n {n}"
        lines.append(f"{muscle:<{muscle_width}} {hip.measure_label:<{measure_width}}{_join(upper)}{COLUMN_GAP}{n_text}")
        lines.append(f"{margin}{_join(lower)}")
    lines += ["", *_legend(layout), *notes, RESEARCH_ONLY]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _headings(layout: CorrelationLayout, margin: str) -> list[str]:
    """Two lines: lumbar muscles, and their measures below."""
    muscles, measures = margin, margin
    for group in dict.fromkeys(column.group for column in layout.lumbar_columns):
        columns = [column for column in layout.lumbar_columns if column.group == group]
        width = len(columns) * (CELL_WIDTH + len(COLUMN_GAP)) - len(COLUMN_GAP)
        muscles += COLUMN_GAP + columns[0].muscle_label[:width].center(width)
        measures += "".join(COLUMN_GAP + column.measure_label[:CELL_WIDTH].rjust(CELL_WIDTH) for column in columns)
    return [muscles, measures]


def _join(cells: list[str]) -> str:
    return "".join(COLUMN_GAP + cell.rjust(CELL_WIDTH) for cell in cells)


def _upper(cell: Cell) -> str:
    marks = (Q_MARK if cell.is_q_below_alpha else "") + (P_MARK if cell.is_below_alpha else "")
    return f"{marks} {format_rho(cell.rho)}".strip()


def _lower(cell: Cell, *, shared: bool) -> str:
    p = "" if cell.p is None else format_p(cell.p)
    return p if shared else f"{p} n{cell.n}".strip()


def _shared_n(layout: CorrelationLayout, hip: Heading) -> int | None:
    """n of a row when all its cells that hold numbers have the same."""
    cells = [layout.cells[hip, lumbar] for lumbar in layout.lumbar_columns]
    counts = {cell.n for cell in cells if cell.rho is not None} or {cell.n for cell in cells}
    return counts.pop() if len(counts) == 1 else None


def _legend(layout: CorrelationLayout) -> list[str]:
    """What the marks mean, and why cells are empty."""
    lines = [f"Spearman's rho over p; {P_MARK} p < {ALPHA}; {Q_MARK} q < {ALPHA}; n subjects with both values."]
    empty = Counter(cell.reasons[0] if cell.reasons else "" for cell in layout.cells.values() if cell.rho is None)
    return lines + [f"– in {count} cells: {reason or 'no reason stated'}." for reason, count in empty.items()]
