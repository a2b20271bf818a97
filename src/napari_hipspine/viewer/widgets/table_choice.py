"""One of several statistics tables, chosen by its title."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from ..study_work import ShownTable
from .small_parts import choice_box
from .study_table import StudyTable


class TableChoice(QWidget):
    """Shows the first table until another is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.box = choice_box((), tooltip="Which table is shown")
        self.table = StudyTable()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.box)
        column.addWidget(self.table, 1)
        self.box.currentIndexChanged.connect(lambda *_: self._show())

    def value(self) -> tuple[ShownTable, ...]:
        """The tables."""
        return tuple(self.box.itemData(k) for k in range(self.box.count()))

    def set_value(self, tables: tuple[ShownTable, ...]) -> None:
        """Other tables; one table is no choice."""
        self.box.blockSignals(True)
        self.box.clear()
        for table in tables:
            self.box.addItem(table.title, table)
        self.box.blockSignals(False)
        self.box.setVisible(len(tables) > 1)
        self._show()

    def _show(self) -> None:
        self.table.set_value(self.box.currentData())
