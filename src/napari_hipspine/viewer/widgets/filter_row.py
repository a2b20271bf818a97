"""Muscle, side and level that the tables are narrowed to."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QWidget

from ...domain.anatomy import find_muscle
from ..result_filter import Choices, ResultFilter
from .small_parts import choice_box, choose_value

_ALL = {"muscle": "all muscles", "side": "all sides", "level": "all levels"}


class FilterRow(QWidget):
    """Three boxes; what is not narrowed shows everything."""

    value_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._choices = Choices()
        self._boxes = {
            name: choice_box(((words, ""),), tooltip=f"Show the rows of one {name} only")
            for name, words in _ALL.items()
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for box in self._boxes.values():
            box.activated.connect(lambda *_: self.value_changed.emit(self.value()))
            row.addWidget(box)

    def value(self) -> ResultFilter:
        """What rows must have."""
        return ResultFilter(**{name: str(box.currentData() or "") for name, box in self._boxes.items()})

    def set_value(self, wanted: ResultFilter) -> None:
        """Show a filter; words that do not occur mean everything."""
        for name, box in self._boxes.items():
            box.setCurrentIndex(0)
            choose_value(box, getattr(wanted, name))

    def offer(self, choices: Choices) -> None:
        """Offer the words that occur; what was chosen stays where it still does."""
        if choices == self._choices:
            return
        self._choices, before = choices, self.value()
        words = {"muscle": choices.muscles, "side": choices.sides, "level": choices.levels}
        for name, box in self._boxes.items():
            box.clear()
            box.addItem(_ALL[name], "")
            for word in words[name]:
                box.addItem(find_muscle(word).label if name == "muscle" else word.replace("_", " "), word)
        self.set_value(before)
        if self.value() != before:
            self.value_changed.emit(self.value())
