"""The keys of the table, heard while the dock is seen, wherever in the window the focus is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QShortcut, QWidget

from ..shortcuts import SHORTCUTS, Wish


def listen_to_keys(owner: QWidget, heard: Callable[[Wish], None]) -> tuple[QShortcut, ...]:
    """Listen to every key of the table until the owner goes.

    napari's own bindings never see Shift with a digit, because the digit reaches them as the sign above it; Qt's do,
    and text that is typed into a line stays text.
    """
    made = []
    for shortcut in SHORTCUTS:
        for keys in shortcut.all_keys:
            one = QShortcut(QKeySequence(keys), owner)
            one.setContext(Qt.ShortcutContext.WindowShortcut)
            one.activated.connect(partial(heard, shortcut.wish))
            made.append(one)
    return tuple(made)


def stop_listening(shortcuts: tuple[QShortcut, ...]) -> None:
    """Hear no key any more."""
    for shortcut in shortcuts:
        shortcut.setEnabled(False)
        shortcut.setParent(None)
        shortcut.deleteLater()
