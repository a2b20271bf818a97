"""A result table on the screen: a view on numpy columns, so that thousands of rows stay quick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QAction, QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ...domain.tables import TABLES
from ..result_columns import MISSING, ShownColumn, reasons_of_row, shown_columns
from ..result_filter import ResultFilter

if TYPE_CHECKING:
    import pandas as pd

_NOWHERE = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

_WIDEST = 260


class ResultsModel(QAbstractTableModel):
    """Columns of a result table, sorted and narrowed by numpy; the table itself is never changed."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[ShownColumn] = []
        self._rows: list[dict[str, Any]] = []
        self._takes: Callable[[dict[str, Any]], bool] | None = None
        self._sorted_by: tuple[str, bool] | None = None
        self._order: NDArray[np.intp] = np.arange(0)

    def show_columns(self, frame: pd.DataFrame, columns: list[ShownColumn]) -> None:
        """Show chosen columns of a table; its rows are told as they stand."""
        self.beginResetModel()
        self._columns = columns
        self._rows = _rows_of(frame)
        self._order = self._arranged()
        self.endResetModel()

    def update_columns(self, frame: pd.DataFrame, columns: list[ShownColumn], *, key: Sequence[str]) -> bool:
        """Change the cells of the rows that are shown already; whether these are the same rows and columns.

        Rows keep their places, also where they are sorted by what has changed.
        """
        rows = _rows_of(frame)
        if [c.name for c in columns] != [c.name for c in self._columns] or len(rows) != len(self._rows):
            return False
        if any(old[name] != new[name] for old, new in zip(self._rows, rows, strict=True) for name in key):
            return False
        changed = {
            at
            for old, new in zip(self._columns, columns, strict=True)
            for at, (was, now) in enumerate(zip(old.texts, new.texts, strict=True))
            if was != now
        }
        self._columns, self._rows = columns, rows
        places = np.flatnonzero(np.isin(self._order, list(changed)))
        for first, last in _runs(places):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(columns) - 1))
        return True

    def narrow(self, takes: Callable[[dict[str, Any]], bool] | None) -> None:
        """Show only the rows that are taken; None for all."""
        self.beginResetModel()
        self._takes = takes
        self._order = self._arranged()
        self.endResetModel()

    def row(self, at: int) -> dict[str, Any]:
        """The row of the table that is shown at a place."""
        return self._rows[int(self._order[at])]

    def place_of(self, is_wanted: Callable[[dict[str, Any]], bool]) -> int | None:
        """Where the first row is shown that is wanted; None where none is."""
        return next((at for at, index in enumerate(self._order) if is_wanted(self._rows[int(index)])), None)

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """Rows."""
        return 0 if parent.isValid() else len(self._order)

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
        """Sort by a column; a column that is none brings the order of the table back."""
        is_column = 0 <= column < len(self._columns)
        descending = order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        self._sorted_by = (self._columns[column].name, descending) if is_column else None
        self._order = self._arranged()
        self.layoutChanged.emit()

    def _arranged(self) -> NDArray[np.intp]:
        """Rows that are taken, in their order."""
        order = np.arange(len(self._rows))
        if self._sorted_by is not None:
            name, descending = self._sorted_by
            by = next((column for column in self._columns if column.name == name), None)
            order = order if by is None else by.order(descending=descending)
        if self._takes is None:
            return order
        taken = np.array([self._takes(row) for row in self._rows], dtype=bool)
        return order[taken[order]]


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
        copy = QAction("Copy with headings", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy_chosen)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def chosen_row(self) -> dict[str, Any] | None:
        """The row that is chosen, the first of several."""
        rows = sorted({index.row() for index in self.selectedIndexes()})
        return self._model.row(rows[0]) if rows else None

    def copy_chosen(self) -> None:
        """Put the chosen rows with their headings on the clipboard, ready for a spreadsheet."""
        QGuiApplication.clipboard().setText(self.chosen_text())

    def chosen_text(self) -> str:
        """Chosen rows, or all of them, with headings, cells parted by tabs."""
        model, columns = self._model, range(self._model.columnCount())
        chosen = sorted({index.row() for index in self.selectedIndexes()}) or range(model.rowCount())
        lines = [[model.headerData(c, Qt.Orientation.Horizontal) for c in columns]]
        lines += [[model.data(model.index(row, c)) for c in columns] for row in chosen]
        return "\n".join("\t".join(line) for line in lines)


class ResultsTable(CopyingView):
    """Shows a result table; choosing a row by pointer or key tells which.

    Attributes
    ----------
    row_chosen : Signal(dict)
        The row that was chosen, as it stands in the table.
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
        """Show a table; where its rows are the same as before, only their cells change."""
        self._frame = frame
        columns = shown_columns(frame, self._table)
        if self._model.update_columns(frame, columns, key=TABLES[self._table].key):
            return
        self._model.show_columns(frame, columns)
        self.resizeColumnsToContents()
        for column in range(self._model.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column), _WIDEST))

    def narrow(self, wanted: ResultFilter) -> None:
        """Show only the rows a filter takes."""
        self._model.narrow(None if wanted == ResultFilter() else wanted.takes)

    def show_row(self, is_wanted: Callable[[dict[str, Any]], bool]) -> bool:
        """Choose a row without telling; whether there is one."""
        at = self._model.place_of(is_wanted)
        if at is None:
            self.clearSelection()
            return False
        self.selectRow(at)
        self.scrollTo(self._model.index(at, 0))
        return True

    def keyPressEvent(self, event: Any) -> None:
        """Keys that move to another row choose it."""
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        if self.currentIndex().isValid() and self.currentIndex().row() != before:
            self.row_chosen.emit(self._model.row(self.currentIndex().row()))


def _rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _runs(places: NDArray[np.intp]) -> list[tuple[int, int]]:
    """First and last of every run of neighbouring places."""
    ends = np.flatnonzero(np.diff(places, prepend=-2, append=places[-1] + 2 if len(places) else 0) > 1)
    return [(int(places[a]), int(places[b - 1])) for a, b in pairwise(ends)] if len(places) else []


def _tooltip(column: ShownColumn, at: int, row: dict[str, Any]) -> str | None:
    if column.texts[at] != MISSING:
        return column.texts[at]
    return reasons_of_row(row) or f"{column.heading}: does not apply to this row"
