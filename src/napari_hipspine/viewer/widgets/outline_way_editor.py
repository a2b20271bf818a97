"""How an outline becomes a muscle: sides, effect, limits of the signal."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from ..drawn_wishes import Effect, OutlineWay, Sides
from ..shortcuts import Wish, tooltip_of
from .small_parts import choice_box, choose_value
from .wish_buttons import plain_button, row_of

_EFFECTS = {
    Effect.REPLACES: "replaces",
    Effect.ADDS: "adds",
    Effect.TAKES: "takes over",
    Effect.CUTS: "cuts away",
}


class OutlineWayEditor(QWidget):
    """Edits an `OutlineWay`.

    Attributes
    ----------
    value_changed : Signal(object)
        The way that was chosen.
    """

    value_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._livewire = plain_button(Wish.LIVEWIRE.value, tooltip_of(Wish.LIVEWIRE))
        self._straight = plain_button("Straight", "Join the corners by straight lines instead of slightly bent ones")
        self._threshold = plain_button(Wish.THRESHOLD.value, tooltip_of(Wish.THRESHOLD))
        for button in (self._livewire, self._straight, self._threshold):
            button.setCheckable(True)
        self._effect = choice_box(
            ((words, effect) for effect, words in _EFFECTS.items()),
            tooltip="What the outline does to the muscle on its slice; other muscles stay unless it takes over, "
            "locked ones always",
        )
        self._lowest = _limit("lowest", "Pixels below this signal stay out [signal of the image]; empty for no limit")
        self._highest = _limit("highest", "Pixels above this signal stay out [signal of the image]; empty for no limit")
        self._limits = QWidget()
        self._limits.setLayout(row_of(self._lowest, self._highest))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row_of(self._livewire, self._straight, self._threshold, self._effect))
        column.addWidget(self._limits)
        self._limits.setVisible(False)
        self._livewire.clicked.connect(lambda on: self._join(self._straight, on))
        self._straight.clicked.connect(lambda on: self._join(self._livewire, on))
        self._threshold.toggled.connect(self._limits.setVisible)
        self._threshold.clicked.connect(self._tell)
        self._effect.activated.connect(self._tell)
        for limit in (self._lowest, self._highest):
            limit.editingFinished.connect(self._tell)

    def value(self) -> OutlineWay:
        """The way chosen."""
        sides = Sides.ROUNDED
        if self._livewire.isChecked():
            sides = Sides.LIVEWIRE
        elif self._straight.isChecked():
            sides = Sides.STRAIGHT
        has_limits = self._threshold.isChecked()
        lowest, highest = (_number(limit) if has_limits else None for limit in (self._lowest, self._highest))
        return OutlineWay(sides, self._effect.currentData(), lowest, highest)

    def set_value(self, way: OutlineWay) -> None:
        """Show a way."""
        self._livewire.setChecked(way.sides is Sides.LIVEWIRE)
        self._straight.setChecked(way.sides is Sides.STRAIGHT)
        self._threshold.setChecked(way.lowest is not None or way.highest is not None)
        choose_value(self._effect, way.effect)
        for limit, number in ((self._lowest, way.lowest), (self._highest, way.highest)):
            limit.setText("" if number is None else f"{number:g}")

    def toggle(self, wish: Wish) -> None:
        """Press the button for the livewire or the threshold."""
        {Wish.LIVEWIRE: self._livewire, Wish.THRESHOLD: self._threshold}[wish].click()

    def _join(self, other: QWidget, on: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        if on:
            other.setChecked(False)
        self._tell()

    def _tell(self) -> None:
        self.value_changed.emit(self.value())


def _limit(words: str, says: str) -> QLineEdit:
    line = QLineEdit()
    line.setPlaceholderText(f"{words} signal")
    line.setToolTip(says)
    return line


def _number(line: QLineEdit) -> float | None:
    """What was typed; nothing where it is no number."""
    try:
        return float(line.text().strip().replace(",", "."))
    except ValueError:
        line.clear()
        return None
