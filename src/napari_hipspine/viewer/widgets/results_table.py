"""A result table on the screen: a view on numpy columns, so that thousands of rows stay quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ...domain.tables import TABLES
from ..result_columns import MISSING, ShownColumn, reasons_of_row, shown_columns

if TYPE_CHECKING:
    import pandas as pd

_NOWHERE = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ResultsModel(QAbstractTableModel):
    """Columns of a result table, sorted by numpy; the table itself is never changed."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[ShownColumn] = []
        self._rows: list[dict[str, Any]] = []
        self._order = np.arange(0)

    def show_frame(self, frame: pd.DataFrame, table: str) -> None:
        """Show a table by the name of its contract."""
        self.show_columns(frame, shown_columns(frame, table))

    def show_columns(self, frame: pd.DataFrame, columns: list[ShownColumn]) -> None:
        """Show chosen columns of a table; its rows are told as they stand."""
        self.beginResetModel()
        self._columns = columns
        self._rows = [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
        self._order = np.arange(len(self._rows))
        self.endResetModel()

    def row(self, at: int) -> dict[str, Any]:
        """The row of the table that is shown at a place."""
        return self._rows[int(self._order[at])]

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """Rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell."""
        if not index.isValid():
            return None
        column, at = self._columns[index.column()], int(self._order[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return column.texts[at]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.is_number else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(column, at, self._rows[at])
        return None

    def headerData(self, section: int, orientation: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings with units."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self._columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].heading
        return self._columns[section].meaning if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Any = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        if not 0 <= column < len(self._columns):
            return
        self.layoutAboutToBeChanged.emit()
        self._order = self._columns[column].order(descending=order == Qt.SortOrder.DescendingOrder)
        self.layoutChanged.emit()


class CopyingView(QTableView):
    """A sortable view whose chosen rows can be copied with their headings.

    Parameters
    ----------
    model : ResultsModel
        What is shown.
    """

    def __init__(self, model: ResultsModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSortIndicatorShown(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def keyPressEvent(self, event: Any) -> None:
        """Copy the chosen rows with their headings, ready for a spreadsheet."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.chosen_text())
            return
        super().keyPressEvent(event)

    def chosen_text(self) -> str:
        """Chosen rows, or all of them, with headings, cells parted by tabs."""
        model, columns = self._model, range(self._model.columnCount())
        chosen = sorted({index.row() for index in self.selectedIndexes()}) or range(model.rowCount())
        lines = [[model.headerData(c, Qt.Orientation.Horizontal) for c in columns]]
        lines += [[model.data(model.index(row, c)) for c in columns] for row in chosen]
        return "\n".join("\t".join(line) for line in lines)


class ResultsTable(CopyingView):
    """Shows a result table; a click on a row tells which.

    Attributes
    ----------
    row_chosen : Signal(dict)
        The row that was clicked, as it stands in the table.
    """

    row_chosen = Signal(dict)

    def __init__(self, table: str) -> None:
        super().__init__(ResultsModel())
        self._table = table
        self._frame: pd.DataFrame | None = None
        self.clicked.connect(lambda index: self.row_chosen.emit(self._model.row(index.row())))

    def value(self) -> pd.DataFrame:
        """The table, as it was measured."""
        return TABLES[self._table].empty() if self._frame is None else self._frame

    def set_value(self, frame: pd.DataFrame) -> None:
        """Show a table."""
        self._frame = frame
        self._model.show_frame(frame, self._table)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.resizeColumnsToContents()


def _tooltip(column: ShownColumn, at: int, row: dict[str, Any]) -> str | None:
    if column.texts[at] != MISSING:
        return column.texts[at]
    return reasons_of_row(row) or f"{column.heading}: does not apply to this row"
