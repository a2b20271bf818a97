"""Rules on the dates of a study's people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QSpinBox, QWidget

from ...domain.errors import InvalidChoice
from ...relating.study_dates import USUAL_LIMIT_DAYS, DateRules, DayOfSurgery
from .small_parts import choice_box, choose_value, set_reason
from .word_inputs import ColumnBox, WordsLine

MOST_DAYS = 36_525
_DAYS = (("before surgery", DayOfSurgery.BEFORE), ("after surgery", DayOfSurgery.AFTER))


class DateRulesEditor(QWidget):
    """How far MRI may lie apart, before surgery, within which days.

    Attributes
    ----------
    value_changed : Signal()
        A rule was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mri = WordsLine("Columns of MRI dates that must lie close together", example="lumbar_date, hip_date")
        self._limit = QSpinBox()
        self._limit.setRange(0, MOST_DAYS)
        self._limit.setSuffix(" days")
        self._surgery = ColumnBox("MRI after the date in this column are refused")
        self._day = choice_box(_DAYS)
        self._window = ColumnBox("The date in this column must lie within, both days included")
        self._ends = {"first": QLineEdit(), "last": QLineEdit()}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("MRI in", self._mri)
        form.addRow("At most", self._limit)
        form.addRow("Surgery in", self._surgery)
        form.addRow("That day is", self._day)
        form.addRow("Window of", self._window)
        for name, line in self._ends.items():
            line.setPlaceholderText("2020-12-31")
            form.addRow(name.capitalize(), line)
            line.textChanged.connect(lambda *_: self.value_changed.emit())
        for signal in (self._mri.value_changed, self._surgery.value_changed, self._window.value_changed):
            signal.connect(self._tell)
        self._limit.valueChanged.connect(lambda *_: self.value_changed.emit())
        self._day.currentIndexChanged.connect(lambda *_: self.value_changed.emit())
        self.set_value(None)

    def value(self) -> DateRules | None:
        """The rules; None when there are none.

        Raises
        ------
        InvalidChoice
            If a date is none, or a window ends before it begins.
        """
        mri, surgery, window = self._mri.value(), self._surgery.value(), self._window.value()
        if not (mri or surgery or window):
            return None
        first, last = (_read_date(line.text().strip()) if window else None for line in self._ends.values())
        return DateRules(
            mri=mri,
            limit_days=self._limit.value(),
            surgery=surgery,
            day_of_surgery=self._day.currentData(),
            window_column=window,
            first=first,
            last=last,
        )

    def set_value(self, rules: DateRules | None) -> None:
        """Show rules."""
        shown = rules or DateRules()
        self._mri.set_value(shown.mri)
        self._limit.setValue(shown.limit_days if rules else USUAL_LIMIT_DAYS)
        self._surgery.set_value(shown.surgery)
        choose_value(self._day, shown.day_of_surgery)
        self._window.set_value(shown.window_column)
        for name, line in self._ends.items():
            day: date | None = getattr(shown, name)
            line.setText(day.isoformat() if day else "")
        self._tell()

    def offer(self, columns: Sequence[str]) -> None:
        """Offer the columns of a table."""
        for box in (self._surgery, self._window):
            box.offer(columns)

    def _tell(self) -> None:
        no_mri = "" if self._mri.value() else "Name the columns of the MRI dates first."
        no_surgery = "" if self._surgery.value() else "Choose the column of the surgery date first."
        no_window = "" if self._window.value() else "Choose the column of the window first."
        set_reason(self._limit, no_mri, otherwise="Longest distance that is still accepted")
        set_reason(self._day, no_surgery, otherwise="What an MRI on the day of surgery counts as")
        for name, line in self._ends.items():
            set_reason(line, no_window, otherwise=f"{name.capitalize()} day that is still accepted")
        self.value_changed.emit()


def _read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidChoice(
            f"Expected a day as 2020-12-31, found {text or 'none'}.", hint="Fill both days of the window."
        ) from None
