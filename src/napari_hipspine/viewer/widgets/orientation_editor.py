"""How the patient lies, where the file does not say."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from ..orientation_words import orientation_choices, screen_change
from .small_parts import choice_box, choose_value, set_reason, wrapped_label

_SAYS = "Where slices, rows and columns grow to in the patient; check it against a structure whose side you know"


class OrientationEditor(QWidget):
    """One of the orientations there are, and what it does to the picture.

    Attributes
    ----------
    value_changed : Signal(str)
        Three letters the reader has chosen.
    """

    value_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._box = choice_box(orientation_choices(), tooltip=_SAYS)
        self._box.activated.connect(lambda _: self.value_changed.emit(self.value()))
        self._box.highlighted.connect(self._describe)
        self._says = wrapped_label()
        self._shown = ""
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Orientation", self._box)
        form.addRow(self._says)

    def value(self) -> str:
        """The letters chosen."""
        return str(self._box.currentData())

    def set_value(self, letters: str, *, is_stated: bool = False) -> None:
        """Show letters, and whether a reader has stated them."""
        self._shown = letters
        choose_value(self._box, letters)
        who = "Stated by the reader." if is_stated else "The file does not say how the patient lies; this is assumed."
        self._says.setText(who)

    def allow(self, reason: str) -> None:
        """Disable while there is a reason to."""
        set_reason(self._box, reason, otherwise=_SAYS)

    def _describe(self, number: int) -> None:
        """Say what an orientation under the pointer would change."""
        self._says.setText(screen_change(self._shown, str(self._box.itemData(number))))
