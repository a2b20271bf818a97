"""The subjects of a study, and how far each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QFont
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QPlainTextEdit, QTableView, QVBoxLayout, QWidget

from ..study_list import HEADINGS, MEANINGS, SubjectRow

_NOWHERE = QModelIndex()
_ROWS_SHOWN = 7
_PROBLEMS_SHOWN = 3
_ROW_MARGIN = 6
_SUBJECT_COLUMN = 1


class SubjectModel(QAbstractTableModel):
    """Rows of subjects as a table."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[SubjectRow, ...] = ()

    def show_rows(self, rows: Sequence[SubjectRow]) -> None:
        """Show rows."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    @property
    def rows(self) -> tuple[SubjectRow, ...]:
        """Rows shown."""
        return self._rows

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """Subjects."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(HEADINGS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.cells[_SUBJECT_COLUMN]}: {row.says}. Click to open."
        if role == Qt.ItemDataRole.FontRole and row.is_open:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() != _SUBJECT_COLUMN:
            return Qt.AlignmentFlag.AlignCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return MEANINGS[section] if role == Qt.ItemDataRole.ToolTipRole else None


class SubjectList(QWidget):
    """Rows to click, and what is wrong with the study folder below them.

    Attributes
    ----------
    chosen : Signal(object)
        Subject and session of the row that was clicked.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._model = SubjectModel()
        self._table = QTableView()
        self._table.setModel(self._model)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_SUBJECT_COLUMN, QHeaderView.ResizeMode.Stretch)
        self._table.clicked.connect(lambda index: self.chosen.emit(self._model.rows[index.row()].key))
        self._problems = QPlainTextEdit()
        self._problems.setReadOnly(True)
        self._problems.setToolTip("What is missing in the study folder or cannot be told; the rest can be worked on")
        line = self.fontMetrics().lineSpacing()
        self._problems.setFixedHeight(_PROBLEMS_SHOWN * line + line)
        row = line + _ROW_MARGIN
        self._table.verticalHeader().setDefaultSectionSize(row)
        self._table.verticalHeader().setMinimumSectionSize(row)
        self._table.setFixedHeight((_ROWS_SHOWN + 1) * row + _ROW_MARGIN)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table)
        column.addWidget(self._problems)
        self.set_problems(())

    def value(self) -> tuple[SubjectRow, ...]:
        """Rows shown."""
        return self._model.rows

    def set_value(self, rows: Sequence[SubjectRow]) -> None:
        """Show rows, and the one that is open among them."""
        if tuple(rows) == self._model.rows:
            return
        self._model.show_rows(rows)
        at = next((number for number, row in enumerate(rows) if row.is_open), None)
        if at is not None:
            self._table.scrollTo(self._model.index(at, 0))

    def set_problems(self, problems: Sequence[str]) -> None:
        """Show what is wrong, one sentence a line."""
        self._problems.setPlainText("\n".join(problems))
        self._problems.setVisible(bool(problems))
