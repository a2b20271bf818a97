"""The correlation table laid out as in print: two header rows, hip muscles down, lumbar muscles across."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QRect, Qt, Signal
from qtpy.QtGui import QColor, QFont, QFontMetrics
from qtpy.QtWidgets import QAbstractItemView, QStyledItemDelegate, QTableWidget, QTableWidgetItem

from ...writing.correlation_differences import CellDifference, DifferenceLayout
from ...writing.correlation_layout import Cell, CorrelationLayout, Heading, format_p, format_rho, lay_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_HEADER_ROWS = 2
_HEADER_COLUMNS = 2
_CELL = Qt.ItemDataRole.UserRole
_SMALL_WORDS = Qt.ItemDataRole(int(Qt.ItemDataRole.UserRole) + 1)
_CELL_SIZE = (68, 42)
_MUSCLE_WIDTH = 90
_MEASURE_WIDTH = 46
_SMALL = 0.75
_MARGIN = 4
Q_MARK = "●"
EMPTY = "–"
SIGN_MARK = " ⇄"


class CorrelationTable(QTableWidget):
    """Rho over p in every cell: bold for p < 0.05, a dot for q < 0.05, n small; or what two tables differ by.

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
        self._show(layout, {place: _item_of(cell) for place, cell in layout.cells.items()})
        corner = self.item(0, 0)
        corner.setToolTip(f"{layout.hip_title}, down; {layout.lumbar_title}, across")

    def set_differences(self, layout: DifferenceLayout) -> None:
        """Show a table less another; a click still tells the cell of the first."""
        self._frame = None
        self._show(layout, {place: _item_of_difference(one, layout) for place, one in layout.cells.items()})
        self.item(0, 0).setToolTip(f"{layout.here} less {layout.there}")

    def _show(
        self,
        layout: CorrelationLayout | DifferenceLayout,
        items: Mapping[tuple[Heading, Heading], QTableWidgetItem],
    ) -> None:
        self.clear()
        self.clearSpans()
        self.setRowCount(_HEADER_ROWS + len(layout.hip_rows))
        self.setColumnCount(_HEADER_COLUMNS + len(layout.lumbar_columns))
        self._show_headings(layout)
        for row, hip in enumerate(layout.hip_rows, start=_HEADER_ROWS):
            self.setRowHeight(row, _CELL_SIZE[1])
            for column, lumbar in enumerate(layout.lumbar_columns, start=_HEADER_COLUMNS):
                self.setItem(row, column, items[hip, lumbar])

    def cell_at(self, row: int, column: int) -> Cell | None:
        """The cell at a place counted without the headings."""
        item = self.item(row + _HEADER_ROWS, column + _HEADER_COLUMNS)
        return item.data(_CELL) if item is not None else None

    def _show_headings(self, layout: CorrelationLayout | DifferenceLayout) -> None:
        self.setColumnWidth(0, _MUSCLE_WIDTH)
        self.setColumnWidth(1, _MEASURE_WIDTH)
        self.setItem(0, 0, _heading("Hip ↓   Lumbar →"))
        self.setSpan(0, 0, _HEADER_ROWS, _HEADER_COLUMNS)
        for column, lumbar in enumerate(layout.lumbar_columns, start=_HEADER_COLUMNS):
            self.setColumnWidth(column, self._cell_width())
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

    def _cell_width(self) -> int:
        """Room for the widest bold words of a cell in one line; a line that breaks would push p out of the cell."""
        bold = QFont(self.font())
        bold.setBold(True)
        return max(_CELL_SIZE[0], QFontMetrics(bold).horizontalAdvance(f"{format_rho(-0.888)} {Q_MARK}") + 2 * _MARGIN)

    def _tell(self, item: QTableWidgetItem) -> None:
        cell = item.data(_CELL)
        if cell is not None:
            self.cell_chosen.emit(cell)


class _CellDrawer(QStyledItemDelegate):
    """Draws rho and p above a small n."""

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        """Draw one cell; headings are drawn as Qt does."""
        super().paint(painter, option, index)
        words = index.data(_SMALL_WORDS)
        if words is None:
            return
        painter.save()
        inner = option.rect.adjusted(_MARGIN, 1, -_MARGIN, -1)
        small = QFont(option.font)
        small.setPointSizeF(option.font.pointSizeF() * _SMALL)
        colour = QColor(option.palette.text().color())
        colour.setAlphaF(0.6)
        painter.setFont(small)
        painter.setPen(colour)
        painter.drawText(QRect(inner), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, words)
        painter.restore()


def cell_text(cell: Cell) -> str:
    """Rho, and p with its mark below."""
    if cell.rho is None:
        return EMPTY
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


def difference_text(one: CellDifference) -> str:
    """The difference with its sign; an exchange mark where the signs of both rho differ."""
    if one.difference is None:
        return f"{EMPTY}\n"
    sign = "+" if one.difference > 0 and format_rho(one.difference) != "0.000" else ""
    return f"{sign}{format_rho(one.difference)}{SIGN_MARK if one.changes_sign else ''}\n"


def difference_tooltip(one: CellDifference, layout: DifferenceLayout) -> str:
    """Both cells, one above the other."""
    lines = [f"{one.cell.hip} with {one.cell.lumbar}"]
    for name, cell in ((layout.here, one.cell), (layout.there, one.other)):
        if cell is None:
            lines.append(f"{name}: no such cell")
        else:
            numbers = "empty" if cell.rho is None else f"ρ {format_rho(cell.rho)}, p {format_p(cell.p)}"
            lines.append(f"{name}: {numbers}, n {cell.n}")
    lines += ["ρ has the other sign"] if one.changes_sign else []
    return "\n".join(lines)


def _item_of(cell: Cell) -> QTableWidgetItem:
    return _filled(cell, cell_text(cell), cell_tooltip(cell), small=f"n {cell.n}", is_bold=cell.is_below_alpha)


def _item_of_difference(one: CellDifference, layout: DifferenceLayout) -> QTableWidgetItem:
    tooltip = difference_tooltip(one, layout)
    return _filled(one.cell, difference_text(one), tooltip, small=one.n_text, is_bold=False)


def _filled(cell: Cell, text: str, tooltip: str, *, small: str, is_bold: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setData(_CELL, cell)
    item.setData(_SMALL_WORDS, small)
    item.setToolTip(tooltip)
    item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    font = item.font()
    font.setBold(is_bold)
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
