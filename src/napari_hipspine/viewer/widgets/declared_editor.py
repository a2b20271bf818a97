"""What the reader says of a series where its header is silent."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QWidget

from ...domain.volume import Contrast, FatPolarity
from .small_parts import choice_box, choose_value

FROM_HEADER = "from the header"


@dataclass(frozen=True)
class Declared:
    """The reader's words; None leaves the header's."""

    contrast: Contrast | None = None
    fat_polarity: FatPolarity | None = None
    allows_fat_suppressed: bool = False


class DeclaredEditor(QWidget):
    """Contrast, fat polarity, and whether fat suppression is accepted."""

    value_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        contrasts = [(FROM_HEADER, None), *((c.value, c) for c in (Contrast.T1, Contrast.T2, Contrast.PD))]
        polarities = [
            (FROM_HEADER, None),
            ("fat bright", FatPolarity.BRIGHT),
            ("fat dark", FatPolarity.DARK),
        ]
        self._contrast = choice_box(contrasts, tooltip="What the series shows")
        self._polarity = choice_box(polarities, tooltip="Whether fat is brighter or darker than muscle")
        self._suppressed = QCheckBox("Measure although fat was suppressed")
        self._suppressed.setToolTip("Fat infiltration from a fat-suppressed series is flagged in every row.")
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow("Contrast", self._contrast)
        self._form.addRow("Fat", self._polarity)
        self._form.addRow("", self._suppressed)
        for box in (self._contrast, self._polarity):
            box.currentIndexChanged.connect(self._tell)
        self._suppressed.toggled.connect(self._tell)
        self.show_header(contrast=Contrast.UNKNOWN, fat_polarity=FatPolarity.UNKNOWN, fat_suppressed=None)

    def value(self) -> Declared:
        """What the reader says now."""
        return Declared(self._contrast.currentData(), self._polarity.currentData(), self._suppressed.isChecked())

    def set_value(self, declared: Declared) -> None:
        """Show what the reader said."""
        choose_value(self._contrast, declared.contrast)
        choose_value(self._polarity, declared.fat_polarity)
        self._suppressed.setChecked(declared.allows_fat_suppressed)

    def show_header(self, *, contrast: Contrast, fat_polarity: FatPolarity, fat_suppressed: bool | None) -> None:
        """Say beside the first choices what the header tells."""
        unknown = ("unknown", "nobody has said")
        words = unknown[1] if contrast.value in unknown else f"{contrast.value} ({FROM_HEADER})"
        self._contrast.setItemText(0, words)
        polarity = unknown[1] if fat_polarity.value in unknown else f"fat {fat_polarity.value} ({FROM_HEADER})"
        self._polarity.setItemText(0, polarity)
        self._form.setRowVisible(self._suppressed, bool(fat_suppressed))

    def _tell(self) -> None:
        self.value_changed.emit(self.value())
