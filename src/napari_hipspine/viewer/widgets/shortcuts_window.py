"""The window with every key."""

from __future__ import annotations

from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from ..shortcuts import shortcut_rows


class ShortcutsWindow(QDialog):
    """Keys and what they do; stays open beside the work."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        grid = QGridLayout(self)
        grid.setHorizontalSpacing(18)
        for row, (keys, says) in enumerate(shortcut_rows()):
            key = QLabel(keys)
            font = key.font()
            font.setBold(True)
            key.setFont(font)
            grid.addWidget(key, row, 0)
            grid.addWidget(QLabel(says), row, 1)
