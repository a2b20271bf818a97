"""How the picture is looked at: window, crosshair, ruler, labels; no number rests on any of it."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu, QVBoxLayout, QWidget

from ..shortcuts import SHORTCUTS, Wish, tooltip_of
from ..window_presets import Preset
from .small_parts import set_reason
from .wish_buttons import plain_button, row_of, wish_button

WINDOWS = {
    Wish.WINDOW_BODY: Preset.BODY,
    Wish.WINDOW_MUSCLE: Preset.MUSCLE,
    Wish.WINDOW_FAT: Preset.FAT,
    Wish.WINDOW_FULL: Preset.FULL,
}
TOGGLES = (Wish.CROSSHAIR, Wish.RULER, Wish.HIDE_LABELS)
VIEW_WISHES = (*WINDOWS, *TOGGLES)


class ViewRow(QWidget):
    """A menu of windows and a button for every other way to look at the picture.

    Attributes
    ----------
    wished : Signal(object)
        The `Wish` of a button that was pressed.
    """

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._buttons = {wish: wish_button(wish, self._wish, is_checkable=True) for wish in TOGGLES}
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._windows = {wish: self._offer(wish) for wish in WINDOWS}
        self._window = plain_button("Window", "Black and white for the body, muscle, fat or everything")
        self._window.setMenu(self._menu)
        self._window.setStyleSheet("QPushButton { padding: 3px 18px 3px 6px; }")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.addLayout(row_of(self._window, *self._buttons.values()))

    def value(self) -> frozenset[Wish]:
        """What is switched on."""
        return frozenset(wish for wish in TOGGLES if self._buttons[wish].isChecked())

    def set_value(self, on: frozenset[Wish]) -> None:
        """Show what is switched on."""
        for wish in TOGGLES:
            self._buttons[wish].setChecked(wish in on)

    def allow(self, reasons: Mapping[Wish, str]) -> None:
        """Disable what cannot be done now, each with its reason."""
        for wish, button in self._buttons.items():
            set_reason(button, reasons.get(wish, ""), otherwise=tooltip_of(wish))
        for wish, action in self._windows.items():
            action.setEnabled(not reasons.get(wish, ""))
            action.setToolTip(reasons.get(wish, "") or tooltip_of(wish))
        whole = {reasons.get(wish, "") for wish in WINDOWS}
        set_reason(self._window, whole.pop() if len(whole) == 1 else "", otherwise=str(self._window.property("says")))

    def _offer(self, wish: Wish) -> QAction:
        """One window in the menu, with its key beside it; the key itself is listened to elsewhere."""
        (key,) = (one.keys for one in SHORTCUTS if one.wish is wish)
        action: QAction = self._menu.addAction(f"{WINDOWS[wish].value}  ({key})")
        action.triggered.connect(lambda: self.wished.emit(wish))
        return action

    def _wish(self, wish: Wish) -> None:
        # What is shown stays until the wish is fulfilled.
        self._buttons[wish].setChecked(not self._buttons[wish].isChecked())
        self.wished.emit(wish)
