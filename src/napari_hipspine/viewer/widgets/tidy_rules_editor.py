"""Rules by which labels are tidied."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QDoubleSpinBox, QFormLayout, QWidget

from ...segmenting.tidy import OverlapRule
from ..tidy_wish import TidyRules
from .small_parts import choice_box, choose_value

_CONTESTED = (
    ("nobody: all keep what they had", None),
    ("the muscle it lies deepest in", OverlapRule.DEEPEST),
    ("the first in the list", OverlapRule.FIRST),
    ("the last in the list", OverlapRule.LAST),
)


class TidyRulesEditor(QWidget):
    """Edits `TidyRules`.

    Attributes
    ----------
    value_changed : Signal(object)
        The rules chosen.
    """

    value_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._largest = QCheckBox("keep the largest part only")
        self._holes = QCheckBox("fill holes")
        self._smooth = QDoubleSpinBox()
        self._smooth.setRange(0.0, 10.0)
        self._smooth.setSingleStep(0.5)
        self._smooth.setDecimals(1)
        self._smooth.setSuffix(" mm")
        self._smooth.setSpecialValueText("not")
        self._smooth.setToolTip("Bays and bumps narrower than this go; the area stays the same [mm]")
        self._contested = choice_box(_CONTESTED, tooltip="Who gets a pixel that several muscles grow into")
        self._contested.setMinimumContentsLength(24)
        form = QFormLayout(self)
        form.addRow(self._largest)
        form.addRow(self._holes)
        form.addRow("smooth the border", self._smooth)
        form.addRow("contested pixels go to", self._contested)
        self.set_value(TidyRules())
        self._largest.toggled.connect(self._tell)
        self._holes.toggled.connect(self._tell)
        self._smooth.valueChanged.connect(self._tell)
        self._contested.activated.connect(self._tell)

    def value(self) -> TidyRules:
        """The rules chosen."""
        return TidyRules(
            self._largest.isChecked(), self._holes.isChecked(), self._smooth.value(), self._contested.currentData()
        )

    def set_value(self, rules: TidyRules) -> None:
        """Show rules."""
        self._largest.setChecked(rules.keeps_largest)
        self._holes.setChecked(rules.fills_holes)
        self._smooth.setValue(rules.smooth_mm)
        choose_value(self._contested, rules.contested)

    def _tell(self) -> None:
        self.value_changed.emit(self.value())
