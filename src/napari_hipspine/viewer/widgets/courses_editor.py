"""Every choice of severe fat against outcomes over time."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget
from superqt import QElidingLabel

from ...relating.models.model_request import Estimator
from ..study_wishes import CoursesWish
from .small_parts import choice_box, choose_value, set_reason
from .table_files import TableFiles
from .word_inputs import ColumnBox, WordsLine

_OVER_TIME = (
    ("mixed model, a person's own intercept", Estimator.LIKELIHOOD),
    ("GEE, population average", Estimator.GEE),
)
_USUAL = CoursesWish()


class CoursesEditor(QWidget):
    """Table, severe fat, outcomes and scores.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.table = TableFiles("A table with one row per person and time point")
        self._columns = QElidingLabel()
        self.measurements = TableFiles("measurements.csv: severe fat per muscle and side is added", most=None)
        self._rows = {"level": WordsLine("", example="L4"), "session": WordsLine("", example="baseline")}
        self._words = {
            "exposures": WordsLine("Columns of 0 and 1; none means all of the measurements"),
            "outcomes": WordsLine("Columns of 0 and 1, or a number that is cut", example="recovery=gpe<=2"),
            "scores": WordsLine("Columns of numbers whose course is modelled", example="leg_pain"),
            "covariates": WordsLine("Confounders in every model", example="age, sex, bmi"),
        }
        self._picks = {
            "time": ColumnBox("Column of the time point, a number"),
            "subject": ColumnBox("Column of the person"),
        }
        self._over_time = choice_box(_OVER_TIME, tooltip="Odds over all time points")
        self._lay_out()
        self.table.value_changed.connect(self._show_columns)
        parts: list[Any] = [self.table, self.measurements]
        parts += [*self._rows.values(), *self._words.values(), *self._picks.values()]
        for signal in (*(part.value_changed for part in parts), self._over_time.currentIndexChanged):
            signal.connect(lambda *_: self._tell())
        self.set_value(_USUAL)

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        if not self.table.value():
            return "Choose a table first."
        if not (self.measurements.value() or self._words["exposures"].value()):
            return "Add measurements or name exposures first."
        has_outcome = self._words["outcomes"].value() or self._words["scores"].value()
        return "" if has_outcome else "Name an outcome or a score first."

    def value(self) -> CoursesWish:
        """The choices."""
        choices: dict[str, Any] = {name: line.value() for name, line in self._words.items()}
        choices |= {name: pick.value() or getattr(_USUAL, name) for name, pick in self._picks.items()}
        if self.measurements.value():
            choices |= {name: ", ".join(line.value()) or None for name, line in self._rows.items()}
        return CoursesWish(
            "".join(self.table.value()), self.measurements.value(), over_time=self._over_time.currentData(), **choices
        )

    def set_value(self, wish: CoursesWish) -> None:
        """Show choices."""
        self.table.set_value((wish.table,) if wish.table else ())
        self.measurements.set_value(wish.measurements)
        for name, line in self._rows.items():
            word = getattr(wish, name)
            line.set_value((word,) if word else ())
        for name, line in self._words.items():
            line.set_value(getattr(wish, name))
        for name, pick in self._picks.items():
            pick.set_value(getattr(wish, name))
        choose_value(self._over_time, wish.over_time)
        self._tell()

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.addRow("Table", self.table)
        form.addRow("", self._columns)
        form.addRow("Measurements", self.measurements)
        form.addRow("their level", self._rows["level"])
        form.addRow("their session", self._rows["session"])
        form.addRow("Exposures", self._words["exposures"])
        form.addRow("Outcomes", self._words["outcomes"])
        form.addRow("Scores", self._words["scores"])
        form.addRow("Held constant", self._words["covariates"])
        form.addRow("Time", self._picks["time"])
        form.addRow("Person", self._picks["subject"])
        form.addRow("Over time", self._over_time)

    def _show_columns(self) -> None:
        columns = self.table.columns()
        self._columns.setText(f"Columns: {', '.join(columns)}" if columns else "Its columns stand here.")
        self._columns.setToolTip("\n".join(columns))
        for pick in self._picks.values():
            pick.offer(columns)

    def _tell(self) -> None:
        no_rows = "" if self.measurements.value() else "Add measurements first."
        set_reason(self._rows["level"], no_rows, otherwise="Level of the rows taken from the measurements")
        set_reason(self._rows["session"], no_rows, otherwise="Session of the rows taken from the measurements")
        self.value_changed.emit()
