"""What hip-spine clinics ask of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from ...domain.errors import InvalidChoice
from ...relating.request import MEASURES
from ...workflows.describe_clinic import ClinicTables
from .small_parts import set_reason
from .table_files import TableFiles
from .word_inputs import ColumnBox, WordsLine

_AFFECTED = ClinicTables().affected_column
_PAIR = {"finding": "Column of the finding, yes or no", "condition": "Column of the condition, yes or no"}


class ClinicEditor(QWidget):
    """Affected sides, procedures, time points and a 2x2 table.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.sides = TableFiles("A table with subject_id, side and covariates of each side")
        self._affected = ColumnBox("")
        self.procedures = TableFiles("A table with subject_id, procedure and date: their order")
        self._sessions = WordsLine("Time points in their order: changes between them", example="before, after")
        self._measures = WordsLine(f"Of sides and time points: {', '.join(one.word for one in MEASURES)}")
        self._pair = {name: ColumnBox(tooltip) for name, tooltip in _PAIR.items()}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Sides", self.sides)
        form.addRow("Affected in", self._affected)
        form.addRow("Procedures", self.procedures)
        form.addRow("Time points", self._sessions)
        form.addRow("Measures", self._measures)
        form.addRow("2x2: finding", self._pair["finding"])
        form.addRow("2x2: condition", self._pair["condition"])
        self.sides.value_changed.connect(lambda: self._affected.offer(self.sides.columns()))
        parts: list[Any] = [self.sides, self._affected, self.procedures, self._sessions, self._measures]
        for part in (*parts, *self._pair.values()):
            part.value_changed.connect(lambda *_: self._tell())
        self.set_value(ClinicTables())

    def value(self) -> ClinicTables:
        """The choices.

        Raises
        ------
        InvalidChoice
            If a 2x2 table lacks its finding or its condition.
        """
        finding, condition = (self._pair[name].value() for name in _PAIR)
        if (finding is None) != (condition is None):
            raise InvalidChoice(
                f"Expected a finding and a condition for the 2x2 table, found only {finding or condition}.",
                hint="Choose both columns, or none.",
            )
        return ClinicTables(
            side_covariates="".join(self.sides.value()) or None,
            affected_column=self._affected.value() or _AFFECTED,
            procedures="".join(self.procedures.value()) or None,
            sessions=self._sessions.value(),
            finding=finding,
            condition=condition,
            measures=self._measures.value(),
        )

    def set_value(self, clinic: ClinicTables) -> None:
        """Show choices; tables that are no files are not shown."""
        for part, table in ((self.sides, clinic.side_covariates), (self.procedures, clinic.procedures)):
            part.set_value((table,) if isinstance(table, str) else ())
        self._affected.set_value(clinic.affected_column)
        self._sessions.set_value(clinic.sessions)
        self._measures.set_value(clinic.measures)
        for name, box in self._pair.items():
            box.set_value(getattr(clinic, name))

    def offer(self, columns: Sequence[str]) -> None:
        """Offer the columns of the participants table."""
        for box in self._pair.values():
            box.offer(columns)

    def _tell(self) -> None:
        no_sides = "" if self.sides.value() else "Choose a table of sides first."
        set_reason(self._affected, no_sides, otherwise="Column that marks the affected side")
        self.value_changed.emit()
