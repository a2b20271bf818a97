"""The correlation table laid out as in print: two header rows, hip muscles down, lumbar muscles across."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QRect, Qt, Signal
from qtpy.QtGui import QColor, QFont
from qtpy.QtWidgets import QAbstractItemView, QStyledItemDelegate, QTableWidget, QTableWidgetItem

from ...writing.correlation_layout import Cell, CorrelationLayout, Heading, format_p, format_rho, lay_out

if TYPE_CHECKING:
    import pandas as pd

_HEADER_ROWS = 2
_HEADER_COLUMNS = 2
_CELL = Qt.ItemDataRole.UserRole
_CELL_SIZE = (68, 42)
_MUSCLE_WIDTH = 100
_MEASURE_WIDTH = 46
_SMALL = 0.75
_MARGIN = 4
Q_MARK = "●"


class CorrelationTable(QTableWidget):
    """Rho over p in every cell: bold for p < 0.05, a dot for q < 0.05, n small; why empty on hover.

    Attributes
    ----------
    cell_chosen : Signal(object)
        The `Cell` that was clicked.
    """

    cell_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__(0, 0)
        self._frame: pd.DataFrame | None = None
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setItemDelegate(_CellDrawer(self))
        self.itemClicked.connect(self._tell)

    def value(self) -> pd.DataFrame | None:
        """The table shown; None before there is one."""
        return self._frame

    def set_value(self, correlations: pd.DataFrame) -> None:
        """Show a correlation table."""
        self._frame = correlations
        layout = lay_out(correlations)
        self.clear()
        self.clearSpans()
        self.setRowCount(_HEADER_ROWS + len(layout.hip_rows))
        self.setColumnCount(_HEADER_COLUMNS + len(layout.lumbar_columns))
        self._show_headings(layout)
        for row, hip in enumerate(layout.hip_rows, start=_HEADER_ROWS):
            self.setRowHeight(row, _CELL_SIZE[1])
            for column, lumbar in enumerate(layout.lumbar_columns, start=_HEADER_COLUMNS):
                self.setItem(row, column, _item_of(layout.cells[hip, lumbar]))

    def cell_at(self, row: int, column: int) -> Cell | None:
        """The cell at a place counted without the headings."""
        item = self.item(row + _HEADER_ROWS, column + _HEADER_COLUMNS)
        return item.data(_CELL) if item is not None else None

    def _show_headings(self, layout: CorrelationLayout) -> None:
        self.setColumnWidth(0, _MUSCLE_WIDTH)
        self.setColumnWidth(1, _MEASURE_WIDTH)
        corner = _heading("Hip ↓   Lumbar →")
        corner.setToolTip(f"{layout.hip_title}, down; {layout.lumbar_title}, across")
        self.setItem(0, 0, corner)
        self.setSpan(0, 0, _HEADER_ROWS, _HEADER_COLUMNS)
        for column, lumbar in enumerate(layout.lumbar_columns, start=_HEADER_COLUMNS):
            self.setColumnWidth(column, _CELL_SIZE[0])
            self.setItem(1, column, _heading(lumbar.measure_label))
        for row, hip in enumerate(layout.hip_rows, start=_HEADER_ROWS):
            self.setItem(row, 1, _heading(hip.measure_label))
        for start, length, heading in _runs(layout.lumbar_columns):
            self.setItem(0, _HEADER_COLUMNS + start, _heading(heading.muscle_label))
            if length > 1:
                self.setSpan(0, _HEADER_COLUMNS + start, 1, length)
        for start, length, heading in _runs(layout.hip_rows):
            self.setItem(_HEADER_ROWS + start, 0, _heading(heading.muscle_label))
            if length > 1:
                self.setSpan(_HEADER_ROWS + start, 0, length, 1)

    def _tell(self, item: QTableWidgetItem) -> None:
        cell = item.data(_CELL)
        if cell is not None:
            self.cell_chosen.emit(cell)


class _CellDrawer(QStyledItemDelegate):
    """Draws rho and p above a small n."""

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        """Draw one cell; headings are drawn as Qt does."""
        super().paint(painter, option, index)
        cell = index.data(_CELL)
        if cell is None:
            return
        painter.save()
        inner = option.rect.adjusted(_MARGIN, 1, -_MARGIN, -1)
        small = QFont(option.font)
        small.setPointSizeF(option.font.pointSizeF() * _SMALL)
        colour = QColor(option.palette.text().color())
        colour.setAlphaF(0.6)
        painter.setFont(small)
        painter.setPen(colour)
        painter.drawText(QRect(inner), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"n {cell.n}")
        painter.restore()


def cell_text(cell: Cell) -> str:
    """Rho, and p with its mark below."""
    if cell.rho is None:
        return "–"
    mark = f" {Q_MARK}" if cell.is_q_below_alpha else ""
    return f"{format_rho(cell.rho)}{mark}\n{format_p(cell.p)}"


def cell_tooltip(cell: Cell) -> str:
    """Everything known of a cell, line by line."""
    lines = [f"{cell.hip} with {cell.lumbar}", f"n {cell.n}"]
    if cell.rho is not None:
        interval = "" if cell.low is None else f" (95 % {format_rho(cell.low)} to {format_rho(cell.high)})"
        lines.append(f"ρ {format_rho(cell.rho)}{interval}")
        lines.append(f"p {format_p(cell.p)} ({cell.p_method}), q {format_p(cell.q)}")
    lines += [f"empty: {reason}" if cell.rho is None else reason for reason in cell.reasons]
    return "\n".join(lines)


def _item_of(cell: Cell) -> QTableWidgetItem:
    item = QTableWidgetItem(cell_text(cell))
    item.setData(_CELL, cell)
    item.setToolTip(cell_tooltip(cell))
    item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    font = item.font()
    font.setBold(cell.is_below_alpha)
    item.setFont(font)
    return item


def _heading(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled)
    item.setToolTip(text)
    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
    font = item.font()
    font.setBold(True)
    item.setFont(font)
    return item


def _runs(headings: tuple[Heading, ...]) -> list[tuple[int, int, Heading]]:
    """Start and length of neighbouring headings of one muscle and level."""
    runs: list[tuple[int, int, Heading]] = []
    for at, heading in enumerate(headings):
        if runs and runs[-1][2].group == heading.group:
            start, length, first = runs[-1]
            runs[-1] = (start, length + 1, first)
        else:
            runs.append((at, 1, heading))
    return runs
