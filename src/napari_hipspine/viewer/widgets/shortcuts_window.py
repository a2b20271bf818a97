"""The window with every key."""

from __future__ import annotations

from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from ..shortcuts import shortcut_rows

_SIZE = (640, 700)


class ShortcutsWindow(QDialog):
    """Keys and what they do; stays open beside the work."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setHorizontalSpacing(18)
        grid.setColumnStretch(1, 1)
        for row, (keys, says) in enumerate(shortcut_rows()):
            key, words = QLabel(keys), QLabel(says)
            font = key.font()
            font.setBold(True)
            key.setFont(font)
            words.setWordWrap(True)
            grid.addWidget(key, row, 0)
            grid.addWidget(words, row, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        QVBoxLayout(self).addWidget(area)
        self.resize(*_SIZE)
