"""Columns made before a model is fitted: volumes of muscles and regions, values per muscle, groups of activity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QWidget

from ...domain.errors import InvalidChoice
from ...relating.request import MEASURES
from ...workflows.cohort_columns import CohortColumns, LeanColumns, ValueColumns
from .small_parts import set_reason
from .table_files import TableFiles
from .word_inputs import ColumnBox, WordsLine


class CohortColumnsEditor(QWidget):
    """Measurements and muscles of the lean volume, region tables, values per muscle, and the column of activity.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.measurements = TableFiles("measurements.csv with volume and FI: lean_volume_cm3 is added", most=None)
        self.regions = TableFiles(
            "regions.csv of the people: intermat_cm3, lean_volume_cm3 and their indices are added", most=None
        )
        self.values = TableFiles("measurements.csv: MEASURE_MUSCLE_SIDE is added, e.g. fi_multifidus_left", most=None)
        self._words = {
            "muscles": WordsLine("", example="multifidus, erector_spinae"),
            "measures": WordsLine("", example="fi, fcsa"),
            "levels": WordsLine("", example="L4"),
            "sessions": WordsLine("", example="baseline"),
            "cuts": WordsLine("", example="500, 5000"),
        }
        self._activity = ColumnBox("MET min/week that become activity: low, moderate, high")
        self._mixed = QCheckBox("several contrasts in one column")
        self._mixed.setToolTip("Fat told by a fat fraction and by a threshold may stand in one column")
        self._psoas = QCheckBox("psoas FI of a threshold")
        self._psoas.setToolTip("Keep fat of the psoas that a signal threshold told, which is unreliable")
        self._lay_out()
        parts: list[Any] = [self.measurements, self.regions, self.values, *self._words.values(), self._activity]
        for part in parts:
            part.value_changed.connect(lambda *_: self._tell())
        for box in (self._mixed, self._psoas):
            box.toggled.connect(lambda *_: self._tell())
        self.set_value(CohortColumns())

    def value(self) -> CohortColumns:
        """The choices.

        Raises
        ------
        InvalidChoice
            If measurements or what is taken from them are missing, or the cuts are not two numbers.
        """
        lean, regions, values = (
            tuple(map(Path, part.value())) for part in (self.measurements, self.regions, self.values)
        )
        taken = {name: self._words[name].value() if values else () for name in ("measures", "levels", "sessions")}
        return CohortColumns(
            LeanColumns(lean, self._words["muscles"].value() if lean else ()),
            regions=regions,
            values=ValueColumns(values, **taken),
            mixed_contrast=self._mixed.isChecked(),
            allow_psoas_threshold_fi=self._psoas.isChecked(),
            activity=self._activity.value(),
            activity_cuts=self._read_cuts(),
        )

    def set_value(self, columns: CohortColumns) -> None:
        """Show choices."""
        self.measurements.set_value(tuple(map(str, columns.lean.measurements)))
        self.regions.set_value(tuple(map(str, columns.regions)))
        self.values.set_value(tuple(map(str, columns.values.measurements)))
        self._words["muscles"].set_value(columns.lean.muscles)
        for name in ("measures", "levels", "sessions"):
            self._words[name].set_value(getattr(columns.values, name))
        self._mixed.setChecked(columns.mixed_contrast)
        self._psoas.setChecked(columns.allow_psoas_threshold_fi)
        self._activity.set_value(columns.activity)
        self._words["cuts"].set_value([f"{cut:g}" for cut in columns.activity_cuts])
        self._tell()

    def offer(self, names: Sequence[str]) -> None:
        """Offer the columns of the table."""
        self._activity.offer(names)

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Lean volume from", self.measurements)
        form.addRow("of the muscles", self._words["muscles"])
        form.addRow("Regions", self.regions)
        form.addRow("Values from", self.values)
        form.addRow("of the measures", self._words["measures"])
        form.addRow("at the levels", self._words["levels"])
        form.addRow("of the session", self._words["sessions"])
        form.addRow("Allow", self._mixed)
        form.addRow("", self._psoas)
        form.addRow("Activity from", self._activity)
        form.addRow("cut at", self._words["cuts"])

    def _read_cuts(self) -> tuple[float, float]:
        words = self._words["cuts"].value()
        try:
            low, high = map(float, words)
        except ValueError:
            raise InvalidChoice(
                f"Expected two numbers where activity is cut, found {', '.join(words) or 'none'}."
            ) from None
        return low, high

    def _tell(self) -> None:
        unmeasured = "" if self.measurements.value() else "Add measurements first."
        unvalued = "" if self.values.value() else "Add measurements to take values from first."
        inactive = "" if self._activity.value() else "Choose the column of activity first."
        known = ", ".join(one.word for one in MEASURES)
        set_reason(self._words["muscles"], unmeasured, otherwise="Muscles whose lean volume is added up")
        set_reason(self._words["measures"], unvalued, otherwise=f"Which values: {known}")
        set_reason(self._words["levels"], unvalued, otherwise="Levels of the rows taken; none means all")
        set_reason(self._words["sessions"], unvalued, otherwise="Session of the rows taken; none means all")
        set_reason(self._words["cuts"], inactive, otherwise="Where low ends and high begins [MET min/week]")
        self.value_changed.emit()
