"""Inputs for words of a table: one of its columns, several words in a line, rows of a name and what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .small_parts import set_reason

NO_COLUMN = "none"
_ROWS_HEIGHT = 112
_LINES_HEIGHT = 54


class ColumnBox(QComboBox):
    """One column of a table by its name, or none; names that are not offered can be typed.

    Attributes
    ----------
    value_changed : Signal()
        Another column was chosen.
    """

    value_changed = Signal()

    def __init__(self, tooltip: str) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(7)
        self.setToolTip(tooltip)
        self.lineEdit().setPlaceholderText(NO_COLUMN)
        self.addItem("")
        self.editTextChanged.connect(lambda *_: self.value_changed.emit())

    def value(self) -> str | None:
        """The name; None for none."""
        return str(self.currentText()).strip() or None

    def set_value(self, name: str | None) -> None:
        """Show a name."""
        self.setEditText(name or "")

    def offer(self, columns: Sequence[str]) -> None:
        """Offer the columns of a table; what is shown stays."""
        shown = self.value()
        self.blockSignals(True)
        self.clear()
        self.addItems(["", *columns])
        self.setEditText(shown or "")
        self.blockSignals(False)


class WordsLine(QLineEdit):
    """Words joined by commas.

    Attributes
    ----------
    value_changed : Signal()
        The words were changed.
    """

    value_changed = Signal()

    def __init__(self, tooltip: str, *, example: str = "") -> None:
        super().__init__()
        self.setToolTip(tooltip)
        self.setPlaceholderText(example)
        self.textChanged.connect(lambda *_: self.value_changed.emit())

    def value(self) -> tuple[str, ...]:
        """The words, without empty ones."""
        return tuple(word.strip() for word in str(self.text()).split(",") if word.strip())

    def set_value(self, words: Sequence[str]) -> None:
        """Show words."""
        self.setText(", ".join(words))


class LinesBox(QPlainTextEdit):
    """Texts, one per line.

    Attributes
    ----------
    value_changed : Signal()
        The lines were changed.
    """

    value_changed = Signal()

    def __init__(self, tooltip: str) -> None:
        super().__init__()
        self.setToolTip(tooltip)
        self.setTabChangesFocus(True)
        self.setFixedHeight(_LINES_HEIGHT)
        self.textChanged.connect(self.value_changed)

    def value(self) -> tuple[str, ...]:
        """The lines, without empty ones."""
        return tuple(line.strip() for line in str(self.toPlainText()).splitlines() if line.strip())

    def set_value(self, lines: Sequence[str]) -> None:
        """Show lines."""
        self.setPlainText("\n".join(lines))


class NamedRows(QWidget):
    """Rows of a name and what belongs to it.

    Parameters
    ----------
    headings : tuple of str
        Of both columns.
    tooltip : str
        What a row means.

    Attributes
    ----------
    value_changed : Signal()
        A cell was changed, or a row came or went.
    """

    value_changed = Signal()

    def __init__(self, headings: tuple[str, str], *, tooltip: str) -> None:
        super().__init__()
        self._table = QTableWidget(0, 2)
        self._table.setHorizontalHeaderLabels(list(headings))
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.verticalHeader().hide()
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setFixedHeight(_ROWS_HEIGHT)
        self._table.setToolTip(tooltip)
        self._table.itemChanged.connect(lambda *_: self.value_changed.emit())
        add, remove = QPushButton("Add row"), QPushButton("Remove row")
        self._remove_button = remove
        add.setToolTip(f"A further row: {tooltip[:1].lower()}{tooltip[1:]}")
        add.clicked.connect(lambda: self._add("", ""))
        remove.clicked.connect(self._remove)
        buttons = QHBoxLayout()
        buttons.addWidget(add)
        buttons.addWidget(remove)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table)
        column.addLayout(buttons)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._allow()

    def value(self) -> tuple[tuple[str, str], ...]:
        """Both cells of every row that is not empty."""
        rows = [(self._text(row, 0), self._text(row, 1)) for row in range(self._table.rowCount())]
        return tuple(row for row in rows if any(row))

    def set_value(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show rows."""
        self._table.setRowCount(0)
        for name, belongs in rows:
            self._add(name, belongs)
        self._allow()
        self.value_changed.emit()

    def _add(self, name: str, belongs: str) -> None:
        row = self._table.rowCount()
        self._table.insertRow(row)
        for column, text in enumerate((name, belongs)):
            self._table.setItem(row, column, QTableWidgetItem(text))
        self._allow()

    def _remove(self) -> None:
        row = self._table.currentRow()
        self._table.removeRow(row if row >= 0 else self._table.rowCount() - 1)
        self._allow()
        self.value_changed.emit()

    def _allow(self) -> None:
        no_rows = "" if self._table.rowCount() else "There is no row."
        set_reason(self._remove_button, no_rows, otherwise="Take out the chosen row, or the last one")

    def _text(self, row: int, column: int) -> str:
        item = self._table.item(row, column)
        return str(item.text()).strip() if item is not None else ""
