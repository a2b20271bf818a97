"""Muscles in space, and fat on the slices: how they are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..explore_choice import ColourBy, ExploreChoice, SeenFrom
from ..shortcuts import Wish, tooltip_of
from .colour_bar import ColourBar
from .small_parts import choice_box, choose_value, set_reason
from .wish_buttons import plain_button, row_of, wish_button


class ExplorePanel(QWidget):
    """Shows and edits an `ExploreChoice`.

    Attributes
    ----------
    value_changed : Signal(object)
        Another choice was made.
    wished : Signal(object)
        A `Wish` whose button was pressed.
    compare_wished : Signal()
        Two results are to be compared.
    """

    value_changed = Signal(object)
    wished = Signal(object)
    compare_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._value = ExploreChoice()
        self._buttons = {
            wish: wish_button(wish, self._wish, is_checkable=True) for wish in (Wish.IN_SPACE, Wish.SHOW_FAT)
        }
        self._colour = choice_box((f"coloured by {one.value}", one) for one in ColourBy)
        self._side = choice_box(
            ((f"seen from the {one.value}", one) for one in SeenFrom),
            tooltip="Turn the muscles; drag in the picture to turn them freely, Shift+drag moves them",
        )
        self._bar = ColourBar()
        self._colour.activated.connect(self._tell)
        self._side.activated.connect(self._tell)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        compare = plain_button("Compare…", "Two subjects or time points on one table, their slices linked by level")
        compare.clicked.connect(self.compare_wished)
        column.addLayout(row_of(*self._buttons.values(), compare))
        looks = QHBoxLayout()
        looks.addWidget(self._colour, 1)
        looks.addWidget(self._side, 1)
        column.addLayout(looks)
        self._unit = QLabel("Pixels called fat around each place [%]")
        column.addWidget(self._unit)
        column.addWidget(self._bar)
        self.set_value(self._value)

    def value(self) -> ExploreChoice:
        """What is chosen."""
        return self._value

    def set_value(self, choice: ExploreChoice) -> None:
        """Show a choice without telling."""
        self._value = choice
        self._buttons[Wish.IN_SPACE].setChecked(choice.in_space)
        choose_value(self._colour, choice.colour_by)
        choose_value(self._side, choice.seen_from)
        for part in (self._unit, self._bar):
            part.setVisible(choice.colour_by is ColourBy.FAT)

    def show_fat(self, *, is_shown: bool) -> None:
        """Show whether fat is drawn on the slices."""
        self._buttons[Wish.SHOW_FAT].setChecked(is_shown)

    def allow(self, reasons: Mapping[Wish, str], *, fat_colours: str) -> None:
        """Disable what cannot be done now.

        Parameters
        ----------
        reasons : mapping of Wish to str
            Why a wish cannot be fulfilled; empty when it can.
        fat_colours : str
            Why surfaces cannot be coloured by fat.
        """
        for wish, button in self._buttons.items():
            set_reason(button, reasons.get(wish, ""), otherwise=tooltip_of(wish))
        at = self._colour.findData(ColourBy.FAT)
        self._colour.model().item(at).setEnabled(not fat_colours)
        self._colour.setToolTip(fat_colours or "What the colour of a surface says")

    def _wish(self, wish: Wish) -> None:
        # What is shown stays until the wish is fulfilled.
        self._buttons[wish].setChecked(not self._buttons[wish].isChecked())
        self.wished.emit(wish)

    def _tell(self) -> None:
        chosen = replace(self._value, colour_by=self._colour.currentData(), seen_from=self._side.currentData())
        self.set_value(chosen)
        self.value_changed.emit(chosen)
