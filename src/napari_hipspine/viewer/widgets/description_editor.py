"""What is handed in to describe a study."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from ..study_wishes import DescriptionWish
from .small_parts import PathRow, set_reason
from .table_files import TableFiles
from .word_inputs import ColumnBox, WordsLine


class DescriptionEditor(QWidget):
    """Participants, measurements, acquisitions and reference values, as far as there are any.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.participants = TableFiles("One row per subject_id: Table 1")
        self._by = ColumnBox("Column of the groups of Table 1")
        self._variables = WordsLine("Columns of Table 1; none means all", example="age, sex, bmi")
        self.measurements = TableFiles("measurements.csv: values to look at again", most=None)
        self.acquisitions = TableFiles("One row per series: how they were acquired")
        self._images = PathRow("DICOM images instead: acquisitions from their headers")
        self.reference = TableFiles("Reference values: percentiles within them")
        form = QFormLayout(self)
        form.addRow("Participants", self.participants)
        form.addRow("Groups", self._by)
        form.addRow("Variables", self._variables)
        form.addRow("Measurements", self.measurements)
        form.addRow("Acquisitions", self.acquisitions)
        form.addRow("… or images", self._images)
        form.addRow("Reference", self.reference)
        self.participants.value_changed.connect(lambda: self._by.offer(self.participants.columns()))
        tables = (self.participants, self.measurements, self.acquisitions, self.reference)
        for part in (*tables, self._by, self._variables, self._images):
            part.value_changed.connect(lambda *_: self._tell())
        self._tell()

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        given = (self.participants.value(), self.measurements.value(), self.acquisitions.value(), self._images.value())
        return "" if any(given) else "Choose participants, measurements, acquisitions or images first."

    def value(self) -> DescriptionWish:
        """The choices."""
        return DescriptionWish(
            participants="".join(self.participants.value()),
            by=self._by.value(),
            variables=self._variables.value(),
            measurements=self.measurements.value(),
            acquisitions="".join(self.acquisitions.value()),
            images=self._images.value(),
            reference="".join(self.reference.value()),
        )

    def set_value(self, wish: DescriptionWish) -> None:
        """Show choices."""
        for part, path in (
            (self.participants, wish.participants),
            (self.acquisitions, wish.acquisitions),
            (self.reference, wish.reference),
        ):
            part.set_value((path,) if path else ())
        self.measurements.set_value(wish.measurements)
        self._by.set_value(wish.by)
        self._variables.set_value(wish.variables)
        self._images.set_value(wish.images)

    def _tell(self) -> None:
        nobody = "" if self.participants.value() else "Choose participants first."
        set_reason(self._by, nobody, otherwise="Column of the groups of Table 1")
        set_reason(self._variables, nobody, otherwise="Columns of Table 1; none means all")
        unmeasured = "" if self.measurements.value() else "Add measurements first."
        set_reason(self.reference, unmeasured, otherwise="Percentiles of the measurements within this file")
        self.value_changed.emit()
