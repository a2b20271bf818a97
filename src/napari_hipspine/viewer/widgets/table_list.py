"""Measurement tables in a list, read as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem

_HEIGHT = 52


class TableList(QListWidget):
    """Names of files, their paths on hover.

    Attributes
    ----------
    value_changed : Signal()
        A file came or went.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_HEIGHT)
        self.setToolTip("Measurement tables, read as one")

    def value(self) -> tuple[str, ...]:
        """Paths in the order in which they were added."""
        return tuple(str(self.item(row).data(Qt.ItemDataRole.UserRole)) for row in range(self.count()))

    def set_value(self, paths: Sequence[str]) -> None:
        """Show paths, each once."""
        self.clear()
        for path in dict.fromkeys(paths):
            item = QListWidgetItem("/".join(Path(path).parts[-2:]))
            item.setToolTip(path)
            item.setData(Qt.ItemDataRole.UserRole, path)
            self.addItem(item)
        self.value_changed.emit()

    def remove_chosen(self) -> None:
        """Take out the chosen file, or the first."""
        self.takeItem(max(self.currentRow(), 0))
        self.value_changed.emit()
