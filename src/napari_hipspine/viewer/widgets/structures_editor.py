"""Which muscle each label value is."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...domain.anatomy import Side, Structure, vocabulary
from ...domain.colours import structure_colour
from .small_parts import choice_box, choose_value

_HEADINGS = ("Value", "Muscle", "Side")
_SWATCH = 12
_HEIGHT = 170


class StructuresEditor(QWidget):
    """Values with their muscle and the patient's side; a row click chooses the value to paint with.

    Attributes
    ----------
    value_chosen : Signal(int)
        The user clicked the row of a label value.
    """

    value_changed = Signal(object)
    value_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._structures: dict[int, Structure] = {}
        self._table = QTableWidget(0, len(_HEADINGS))
        self._table.setHorizontalHeaderLabels(_HEADINGS)
        self._table.verticalHeader().hide()
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._table.setFixedHeight(_HEIGHT)
        self._table.cellClicked.connect(lambda row, _column: self._choose_row(row))
        self._number = QSpinBox()
        self._number.setRange(1, 65535)
        self._number.setToolTip("Label value")
        muscles = [(term.label, term) for term in vocabulary().of_kind("muscle")]
        self._muscle = choice_box(muscles, tooltip="Muscle")
        self._side = choice_box([(side.value, side) for side in Side], tooltip="The patient's side")
        self._side.setMinimumContentsLength(4)
        name = QPushButton("Name")
        name.setToolTip("Say that this value is this muscle; an older name of it is replaced")
        name.clicked.connect(self._name_value)
        forget = QPushButton("Forget")
        forget.setToolTip("This value is no muscle; it is not measured")
        forget.clicked.connect(self._forget_value)
        row = QHBoxLayout()
        row.addWidget(self._number)
        row.addWidget(self._muscle, 2)
        row.addWidget(self._side, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(name)
        buttons.addWidget(forget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table)
        column.addLayout(row)
        column.addLayout(buttons)

    def value(self) -> dict[int, Structure]:
        """Muscle and side by label value."""
        return dict(self._structures)

    def set_value(self, structures: Mapping[int, Structure]) -> None:
        """Show muscles and sides."""
        if dict(structures) != self._structures:
            self._structures = dict(structures)
            self._show()

    def choose(self, value: int) -> None:
        """Put the row of a label value in view, and the value into the naming row."""
        self._number.setValue(value)
        values = sorted(self._structures)
        if value in values:
            self._table.selectRow(values.index(value))

    def _choose_row(self, row: int) -> None:
        value = sorted(self._structures)[row]
        self._number.setValue(value)
        choose_value(self._muscle, self._structures[value].muscle)
        choose_value(self._side, self._structures[value].side)
        self.value_chosen.emit(value)

    def _name_value(self) -> None:
        named = Structure(self._muscle.currentData(), self._side.currentData())
        others = {v: s for v, s in self._structures.items() if s != named}
        self._structures = {**others, self._number.value(): named}
        self._show()
        self.value_changed.emit(self.value())

    def _forget_value(self) -> None:
        self._structures.pop(self._number.value(), None)
        self._show()
        self.value_changed.emit(self.value())

    def _show(self) -> None:
        self._table.setRowCount(len(self._structures))
        for row, value in enumerate(sorted(self._structures)):
            structure = self._structures[value]
            cells = (str(value), structure.muscle.label, structure.side.value)
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(structure.label)
                if column == 0:
                    item.setIcon(_swatch(structure))
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._table.setItem(row, column, item)


def _swatch(structure: Structure) -> QIcon:
    pixels = QPixmap(_SWATCH, _SWATCH)
    pixels.fill(QColor.fromRgbF(*structure_colour(structure)))
    return QIcon(pixels)
