"""Columns made before a model is fitted: lean muscle volume, and activity in three groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from ...domain.errors import InvalidChoice
from ...workflows.cohort_columns import CohortColumns, LeanColumns
from .small_parts import set_reason
from .table_files import TableFiles
from .word_inputs import ColumnBox, WordsLine


class CohortColumnsEditor(QWidget):
    """Measurements and muscles of the lean volume, and the column of activity.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.measurements = TableFiles("measurements.csv with volume and FI: lean_volume_cm3 is added", most=None)
        self._muscles = WordsLine("", example="multifidus, erector_spinae")
        self._activity = ColumnBox("MET min/week that become activity: low, moderate, high")
        self._cuts = WordsLine("", example="500, 5000")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Lean volume from", self.measurements)
        form.addRow("of the muscles", self._muscles)
        form.addRow("Activity from", self._activity)
        form.addRow("cut at", self._cuts)
        for part in (self.measurements, self._muscles, self._activity, self._cuts):
            part.value_changed.connect(lambda *_: self._tell())
        self.set_value(CohortColumns())

    def value(self) -> CohortColumns:
        """The choices.

        Raises
        ------
        InvalidChoice
            If measurements or their muscles are missing, or the cuts are not two numbers.
        """
        paths = tuple(Path(path) for path in self.measurements.value())
        lean = LeanColumns(paths, self._muscles.value() if paths else ())
        return CohortColumns(lean, activity=self._activity.value(), activity_cuts=self._read_cuts())

    def set_value(self, columns: CohortColumns) -> None:
        """Show choices."""
        self.measurements.set_value(tuple(map(str, columns.lean.measurements)))
        self._muscles.set_value(columns.lean.muscles)
        self._activity.set_value(columns.activity)
        self._cuts.set_value([f"{cut:g}" for cut in columns.activity_cuts])
        self._tell()

    def offer(self, names: Sequence[str]) -> None:
        """Offer the columns of the table."""
        self._activity.offer(names)

    def _read_cuts(self) -> tuple[float, float]:
        try:
            low, high = (float(word) for word in self._cuts.value())
        except ValueError:
            raise InvalidChoice(
                f"Expected two numbers where activity is cut, found {', '.join(self._cuts.value()) or 'none'}."
            ) from None
        return low, high

    def _tell(self) -> None:
        unmeasured = "" if self.measurements.value() else "Add measurements first."
        inactive = "" if self._activity.value() else "Choose the column of activity first."
        set_reason(self._muscles, unmeasured, otherwise="Muscles whose lean volume is added up")
        set_reason(self._cuts, inactive, otherwise="Where low ends and high begins [MET min/week]")
        self.value_changed.emit()
