"""Buttons of the muscles panel: each named, explained and bound by the table of shortcuts."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractSpinBox, QHBoxLayout, QPushButton, QWidget

from ..shortcuts import Wish, tooltip_of


def wish_button(wish: Wish, pressed: Callable[[Wish], None], *, is_checkable: bool = False) -> QPushButton:
    """A button for a wish."""
    button = plain_button(wish.value, tooltip_of(wish))
    button.setCheckable(is_checkable)
    button.clicked.connect(lambda: pressed(wish))
    return button


def plain_button(words: str, says: str) -> QPushButton:
    """A narrow button; what it says while it can be pressed is kept as its property ``says``."""
    button = QPushButton(words)
    button.setToolTip(says)
    button.setProperty("says", says)
    button.setStyleSheet("padding: 3px 4px;")
    # The canvas keeps the focus, so that keys go on working after a click here.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


def leaves_keys(box: QAbstractSpinBox) -> None:
    """Have a box of numbers take keys only after a click, and until Enter."""
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.editingFinished.connect(box.clearFocus)


def row_of(*widgets: QWidget) -> QHBoxLayout:
    """Widgets side by side, as wide as their words ask for."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(3)
    for widget in widgets:
        row.addWidget(widget, max(1, widget.sizeHint().width()))
    return row
