"""The numbered steps below each other, one of them open."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ..steps import Step, StepState
from .step_box import StepBox

_SCROLL_BAR_WIDTH = 44


class StepColumn(QScrollArea):
    """Steps that open and close; opening one closes the others.

    Parameters
    ----------
    panels : mapping of Step to QWidget
        What each step holds, in the order of the steps.

    Attributes
    ----------
    opened : Signal()
        Another step is open.
    """

    opened = Signal()

    def __init__(self, panels: Mapping[Step, QWidget]) -> None:
        super().__init__()
        self._boxes = {
            step: StepBox(number, step.value, panel) for number, (step, panel) in enumerate(panels.items(), start=1)
        }
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 4, 4, 4)
        for step, box in self._boxes.items():
            column.addWidget(box)
            box.opened.connect(lambda shown, step=step: self._close_others(step) if shown else None)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A bar that comes and goes would move the slices of the strips away under the pointer.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setWidget(inside)

    def __getitem__(self, step: Step) -> StepBox:
        """The box of one step."""
        return self._boxes[step]

    def width_asked(self) -> int:
        """Width below which a step would be cut off [pixels]."""
        return max(box.width_asked() for box in self._boxes.values()) + _SCROLL_BAR_WIDTH

    def open(self, wanted: Step) -> None:
        """Show one step and close the others."""
        self._boxes[wanted].set_open(shown=True)
        self._close_others(wanted)

    def set_value(self, states: Mapping[Step, StepState]) -> None:
        """Show how each step stands."""
        for step, state in states.items():
            self._boxes[step].set_value(state)

    def _close_others(self, shown: Step) -> None:
        for step, box in self._boxes.items():
            if step is not shown:
                box.set_open(shown=False)
        self.opened.emit()
