"""How the picture is looked at: window, crosshair, ruler, labels; no number rests on any of it."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from ..shortcuts import Wish, tooltip_of
from ..window_presets import Preset
from .small_parts import set_reason
from .wish_buttons import row_of, wish_button

WINDOWS = {
    Wish.WINDOW_BODY: Preset.BODY,
    Wish.WINDOW_MUSCLE: Preset.MUSCLE,
    Wish.WINDOW_FAT: Preset.FAT,
    Wish.WINDOW_FULL: Preset.FULL,
}
TOGGLES = (Wish.CROSSHAIR, Wish.RULER, Wish.HIDE_LABELS)
VIEW_WISHES = (*WINDOWS, *TOGGLES)


class ViewRow(QWidget):
    """A button for every way to look at the picture.

    Attributes
    ----------
    wished : Signal(object)
        The `Wish` of a button that was pressed.
    """

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._buttons = {wish: wish_button(wish, self._wish, is_checkable=wish in TOGGLES) for wish in VIEW_WISHES}
        for wish, preset in WINDOWS.items():
            self._buttons[wish].setText(preset.value)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.addLayout(row_of(*self._buttons.values()))

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

    def _wish(self, wish: Wish) -> None:
        # What is shown stays until the wish is fulfilled.
        self._buttons[wish].setChecked(wish in TOGGLES and not self._buttons[wish].isChecked())
        self.wished.emit(wish)
