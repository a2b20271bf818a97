"""Whether readers are compared by their numbers or by their outlines."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QStackedWidget, QVBoxLayout, QWidget

from ..study_wishes import AgreementWish, OutlinesWish
from .agreement_editor import AgreementEditor
from .outlines_editor import OutlinesEditor
from .small_parts import choice_box

NUMBERS, OUTLINES = 0, 1
_OF = (("numbers in tables", NUMBERS), ("outlines of two label maps", OUTLINES))


class AgreementChoice(QWidget):
    """Either editor, one at a time.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        from ...reading.namings import TABLED

        super().__init__()
        self._of = choice_box(_OF, tooltip="What is compared")
        self.numbers, self.outlines = AgreementEditor(), OutlinesEditor(tuple(TABLED))
        self._parts = QStackedWidget()
        self._parts.addWidget(self.numbers)
        self._parts.addWidget(self.outlines)
        form = QFormLayout()
        form.addRow("Compare", self._of)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._parts)
        column.addStretch(1)
        self._of.currentIndexChanged.connect(self._parts.setCurrentIndex)
        for signal in (self._of.currentIndexChanged, self.numbers.value_changed, self.outlines.value_changed):
            signal.connect(lambda *_: self.value_changed.emit())

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        return self._shown.missing()

    def value(self) -> AgreementWish | OutlinesWish:
        """The choices of the editor that is shown."""
        return self._shown.value()

    def set_value(self, wish: AgreementWish | OutlinesWish) -> None:
        """Show choices in their editor."""
        if isinstance(wish, OutlinesWish):
            self._of.setCurrentIndex(OUTLINES)
            self.outlines.set_value(wish)
        else:
            self._of.setCurrentIndex(NUMBERS)
            self.numbers.set_value(wish)

    @property
    def _shown(self) -> AgreementEditor | OutlinesEditor:
        return self.outlines if self._of.currentData() == OUTLINES else self.numbers
