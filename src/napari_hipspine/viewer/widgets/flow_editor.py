"""Every choice of an inclusion flow: people with reasons, or counts taken from elsewhere."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from ...domain.errors import InvalidChoice
from ...relating.flow import FlowStep
from ..study_wishes import CountsFlowWish, PeopleFlowWish
from .date_rules_editor import DateRulesEditor
from .small_parts import choice_box
from .table_files import TableFiles
from .word_inputs import ColumnBox, NamedRows

PEOPLE, COUNTS = 0, 1
MOST_PEOPLE = 10_000_000


class FlowEditor(QWidget):
    """A table of people with its steps and date rules, or counts.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._from = choice_box((("a table of people", PEOPLE), ("counts", COUNTS)), tooltip="What is counted")
        self.people = TableFiles("One row per subject_id with its exclusion reasons")
        self._reasons = ColumnBox("Column of the reasons, joined by semicolons; no reason means analysed")
        self._steps = NamedRows(("Box", "Reasons"), tooltip="A box of the flow, and its reasons joined by commas")
        self.rules = DateRulesEditor()
        self._screened, self._analysed = _count("People screened"), _count("People analysed")
        self._left = NamedRows(("Box", "People"), tooltip="A box of the flow, and how many left there")
        self._parts = QStackedWidget()
        self._lay_out()
        self._wire()
        self.set_value(PeopleFlowWish())

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        if self._from.currentData() == COUNTS:
            return "" if self._screened.value() else "Say how many were screened first."
        return "" if self.people.value() else "Choose a table of people first."

    def value(self) -> PeopleFlowWish | CountsFlowWish:
        """The choices.

        Raises
        ------
        InvalidChoice
            If a box has no name or nothing belongs to it, or a date is none.
        """
        if self._from.currentData() == COUNTS:
            excluded = tuple((name, _read_count(name, number)) for name, number in self._left.value())
            return CountsFlowWish(self._screened.value(), excluded, self._analysed.value())
        steps = tuple(_read_step(name, reasons) for name, reasons in self._steps.value())
        column = self._reasons.value() or PeopleFlowWish().reason_column
        return PeopleFlowWish("".join(self.people.value()), steps, column, self.rules.value())

    def set_value(self, wish: PeopleFlowWish | CountsFlowWish) -> None:
        """Show choices."""
        if isinstance(wish, CountsFlowWish):
            self._from.setCurrentIndex(COUNTS)
            self._screened.setValue(wish.n_screened)
            self._left.set_value([(name, str(n)) for name, n in wish.excluded])
            self._analysed.setValue(wish.n_analysed)
            return
        self._from.setCurrentIndex(PEOPLE)
        self.people.set_value((wish.people,) if wish.people else ())
        self._steps.set_value([(step.name, ", ".join(step.reasons)) for step in wish.steps])
        self._reasons.set_value(wish.reason_column)
        self.rules.set_value(wish.rules)

    def _lay_out(self) -> None:
        people, counts = QWidget(), QWidget()
        form = QFormLayout(people)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("People", self.people)
        form.addRow("Reasons in", self._reasons)
        form.addRow("Steps", self._steps)
        form.addRow("Dates", self.rules)
        counted = QFormLayout(counts)
        counted.setContentsMargins(0, 0, 0, 0)
        counted.addRow("Screened", self._screened)
        counted.addRow("Left", self._left)
        counted.addRow("Analysed", self._analysed)
        self._parts.addWidget(people)
        self._parts.addWidget(counts)
        top = QFormLayout()
        top.addRow("Count", self._from)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self._parts)
        column.addStretch(1)

    def _wire(self) -> None:
        self._from.currentIndexChanged.connect(self._parts.setCurrentIndex)
        self.people.value_changed.connect(self._offer_columns)
        signals = [part.value_changed for part in (self.people, self._reasons, self._steps, self.rules, self._left)]
        signals += [self._from.currentIndexChanged, self._screened.valueChanged, self._analysed.valueChanged]
        for signal in signals:
            signal.connect(lambda *_: self.value_changed.emit())

    def _offer_columns(self) -> None:
        columns = self.people.columns()
        self._reasons.offer(columns)
        self.rules.offer(columns)


def _count(tooltip: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, MOST_PEOPLE)
    box.setToolTip(tooltip)
    return box


def _read_step(name: str, reasons: str) -> FlowStep:
    words = tuple(word.strip() for word in reasons.split(",") if word.strip())
    if not name or not words:
        raise InvalidChoice(
            f"Expected a box with a name and reasons, found {name or 'no name'} with {reasons or 'no reasons'}.",
            hint="Fill both cells of the row, or remove it.",
        )
    return FlowStep(name, words)


def _read_count(name: str, number: str) -> int:
    if not name or not number.isdigit():
        raise InvalidChoice(
            f"Expected a box with a name and a number of people, found {name or 'no name'} with {number or 'nothing'}.",
            hint="Fill both cells of the row, or remove it.",
        )
    return int(number)
