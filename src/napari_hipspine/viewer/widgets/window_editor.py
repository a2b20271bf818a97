"""How wide a level is read."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSpinBox, QWidget

from ...domain.level_plan import MillimetresAround, NearestSlice, SlicesAround, Window
from .small_parts import choice_box, choose_value

_KINDS = (("nearest slice", NearestSlice), ("slices around", SlicesAround), ("mm around", MillimetresAround))


class WindowEditor(QWidget):
    """Nearest slice, an odd number of slices, or all slices within some millimetres."""

    value_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._kind = choice_box(_KINDS, tooltip="Which slices around a level are read together")
        self._slices = QSpinBox()
        self._slices.setRange(1, 99)
        self._slices.setSingleStep(2)
        self._slices.setValue(3)
        self._slices.setSuffix(" slices")
        self._slices.setToolTip("An odd number, centred on the level")
        self._width = QDoubleSpinBox()
        self._width.setRange(0.1, 500.0)
        self._width.setDecimals(1)
        self._width.setValue(20.0)
        self._width.setSuffix(" mm")
        self._width.setToolTip("Slice centres within half of this on either side")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for part in (self._kind, self._slices, self._width):
            row.addWidget(part, 1)
        self._kind.currentIndexChanged.connect(self._show_parts)
        self._slices.valueChanged.connect(self._tell)
        self._width.valueChanged.connect(self._tell)
        self._show_parts()

    def value(self) -> Window:
        """The window chosen; an even number of slices is read as the odd one above."""
        kind = self._kind.currentData()
        if kind is SlicesAround:
            return SlicesAround(self._slices.value() // 2 * 2 + 1)
        return MillimetresAround(self._width.value()) if kind is MillimetresAround else NearestSlice()

    def set_value(self, window: Window) -> None:
        """Show a window."""
        if isinstance(window, SlicesAround):
            self._slices.setValue(window.n_slices)
        if isinstance(window, MillimetresAround):
            self._width.setValue(window.width_mm)
        choose_value(self._kind, type(window))

    def _show_parts(self) -> None:
        kind = self._kind.currentData()
        self._slices.setVisible(kind is SlicesAround)
        self._width.setVisible(kind is MillimetresAround)
        self._tell()

    def _tell(self) -> None:
        self.value_changed.emit(self.value())
