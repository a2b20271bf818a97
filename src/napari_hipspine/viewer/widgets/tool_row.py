"""The tools that draw on one slice, and what can be chosen of the one that is in the hand."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QLabel, QVBoxLayout, QWidget

from ..shortcuts import Wish, tooltip_of
from .outline_way_editor import OutlineWayEditor
from .small_parts import set_reason
from .wish_buttons import leaves_keys, row_of, wish_button

TOOLS = (Wish.OUTLINE, Wish.SCRIBBLE, Wish.BRUSH, Wish.ERASER, Wish.FLOOD)
_BRUSHES = (Wish.BRUSH, Wish.ERASER)
_USUAL_BRUSH_MM = 6.0


class ToolRow(QWidget):
    """Shows which tool is in the hand, and offers all of them.

    Attributes
    ----------
    wished : Signal(object)
        The `Wish` of a button that was pressed.
    brush_changed : Signal(float)
        Diameter of the brush [mm].
    """

    wished = Signal(object)
    brush_changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._tools = {wish: wish_button(wish, self.wished.emit, is_checkable=True) for wish in TOOLS}
        self.outline = OutlineWayEditor()
        self._outside = wish_button(Wish.SWAP_STROKE, self.wished.emit, is_checkable=True)
        self._brush = QDoubleSpinBox()
        self._brush.setRange(0.5, 60.0)
        self._brush.setValue(_USUAL_BRUSH_MM)
        self._brush.setDecimals(1)
        self._brush.setSuffix(" mm")
        self._brush.setKeyboardTracking(False)
        leaves_keys(self._brush)
        self._brush.setToolTip("Diameter of the brush in the patient [mm]; [ and ] change it by a pixel")
        self._brush.valueChanged.connect(self.brush_changed)
        self._of_brush, self._of_strokes = QWidget(), QWidget()
        self._of_brush.setLayout(row_of(QLabel("Diameter"), self._brush))
        hint = QLabel("a stroke inside, a rough loop outside")
        self._of_strokes.setLayout(row_of(self._outside, hint))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row_of(*self._tools.values()))
        for choices in (self.outline, self._of_brush, self._of_strokes):
            column.addWidget(choices)
        self.set_value(None)

    def value(self) -> Wish | None:
        """The tool shown as in the hand."""
        return next((wish for wish, button in self._tools.items() if button.isChecked()), None)

    def set_value(self, tool: Wish | None) -> None:
        """Show which tool is in the hand."""
        for wish, button in self._tools.items():
            button.setChecked(wish is tool)
        self.outline.setVisible(tool is Wish.OUTLINE)
        self._of_strokes.setVisible(tool is Wish.SCRIBBLE)
        self._of_brush.setVisible(tool in _BRUSHES)

    def set_outside(self, *, is_on: bool) -> None:
        """Show whether strokes outside are drawn."""
        self._outside.setChecked(is_on)

    def brush_mm(self) -> float:
        """Diameter of the brush [mm]."""
        return float(self._brush.value())

    def set_brush_mm(self, diameter_mm: float) -> None:
        """Take a brush of another size."""
        self._brush.setValue(diameter_mm)

    def show_brush(self, diameter_mm: float) -> None:
        """Show the diameter that the brush has, without telling."""
        if not self._brush.hasFocus():
            self._brush.blockSignals(True)
            self._brush.setValue(diameter_mm)
            self._brush.blockSignals(False)

    def allow(self, reason: str) -> None:
        """Disable the tools while there is a reason to."""
        for wish, button in self._tools.items():
            set_reason(button, reason, otherwise=tooltip_of(wish))
