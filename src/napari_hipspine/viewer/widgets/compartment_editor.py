"""What the deep-fascia compartment is."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QFormLayout, QWidget

from ...domain.errors import InvalidChoice
from ...measuring.regions_rule import ClosedMuscles, CompartmentRule, DrawnCompartment, HoleRule
from .small_parts import PathRow, choice_box, choose_value
from .word_inputs import WordsLine

CLOSED, DRAWN = "closed", "drawn"
_KINDS = (("all muscles, closed", CLOSED), ("drawn", DRAWN))
_HOLES = (("kept", HoleRule.KEPT), ("filled", HoleRule.FILLED))
LARGEST_MM = 100.0


class CompartmentEditor(QWidget):
    """The muscles closed by a radius that the reader states, or a drawing.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._kind = choice_box(_KINDS, tooltip="How the compartment is found; there is no usual one")
        self._radius = QDoubleSpinBox()
        self._radius.setRange(0.0, LARGEST_MM)
        self._radius.setSingleStep(0.5)
        self._radius.setSpecialValueText("choose a radius")
        self._radius.setToolTip(
            "Gaps between muscles narrower than twice this radius are taken in. No radius is right for every study: "
            "choose one [mm], keep it for all subjects and report it."
        )
        self._holes = choice_box(_HOLES, tooltip="Background that the closed muscles enclose on a slice")
        self._path = PathRow("Label map of the compartment")
        self._values = WordsLine("Label values of the compartment; none means all but 0", example="4")
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow("Found by", self._kind)
        self._form.addRow("Radius [mm]", self._radius)
        self._form.addRow("Holes", self._holes)
        self._form.addRow("Drawing", self._path)
        self._form.addRow("Values", self._values)
        signals = (self._radius.valueChanged, self._holes.currentIndexChanged, self._path.value_changed)
        for signal in (*signals, self._values.value_changed):
            signal.connect(lambda *_: self.value_changed.emit())
        self._kind.currentIndexChanged.connect(self._show_rows)
        self._show_rows()

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        if self._kind.currentData() == DRAWN:
            return "" if self._path.value() else "Expected the drawing of the compartment, found none"
        return "" if self._radius.value() else "Expected a closing radius, found none"

    def value(self) -> tuple[CompartmentRule, Path | None]:
        """The rule, and the drawing where it is drawn.

        Raises
        ------
        InvalidChoice
            If the radius or the drawing is missing, or a label value is no number.
        """
        if self.missing():
            raise InvalidChoice(f"{self.missing()}.")
        if self._kind.currentData() == CLOSED:
            return ClosedMuscles(self._radius.value(), self._holes.currentData()), None
        words = self._values.value()
        if not all(word.isdigit() for word in words):
            raise InvalidChoice(f"Expected label values as whole numbers, found {', '.join(words)}.")
        return DrawnCompartment(tuple(map(int, words))), Path(self._path.value())

    def set_value(self, choice: tuple[CompartmentRule, Path | None]) -> None:
        """Show a rule and its drawing."""
        rule, path = choice
        if isinstance(rule, ClosedMuscles):
            choose_value(self._kind, CLOSED)
            self._radius.setValue(rule.radius_mm)
            choose_value(self._holes, rule.holes)
        else:
            choose_value(self._kind, DRAWN)
            self._values.set_value([str(value) for value in rule.values])
            self._path.set_value("" if path is None else str(path))
        self._show_rows()

    def _show_rows(self) -> None:
        is_drawn = self._kind.currentData() == DRAWN
        for row in (self._radius, self._holes):
            self._form.setRowVisible(row, not is_drawn)
        for row in (self._path, self._values):
            self._form.setRowVisible(row, is_drawn)
        self.value_changed.emit()
