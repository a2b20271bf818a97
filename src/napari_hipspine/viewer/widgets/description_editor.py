"""What is handed in to describe a study."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QPushButton, QVBoxLayout, QWidget

from ..study_wishes import DescriptionWish
from .clinic_editor import ClinicEditor
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
        self.clinic = ClinicEditor()
        self.clinic.setVisible(False)
        self._more = QPushButton("Hip-spine clinic")
        self._more.setCheckable(True)
        self._more.setToolTip("Affected sides, procedures, time points, 2x2 table")
        self._more.toggled.connect(self.clinic.setVisible)
        self.reference = TableFiles("Reference values: percentiles within them")
        column = QVBoxLayout(self)
        form = QFormLayout()
        column.addLayout(form)
        column.addWidget(self._more)
        column.addWidget(self.clinic)
        column.addStretch(1)
        form.addRow("Participants", self.participants)
        form.addRow("Groups", self._by)
        form.addRow("Variables", self._variables)
        form.addRow("Measurements", self.measurements)
        form.addRow("Acquisitions", self.acquisitions)
        form.addRow("… or images", self._images)
        form.addRow("Reference", self.reference)
        self.participants.value_changed.connect(self._offer_columns)
        tables = (self.participants, self.measurements, self.acquisitions, self.reference)
        for part in (*tables, self._by, self._variables, self._images, self.clinic):
            part.value_changed.connect(lambda *_: self._tell())
        self._tell()

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        tables = (self.participants, self.measurements, self.acquisitions, self._images, self.clinic.procedures)
        given = [part.value() for part in tables]
        return "" if any(given) else "Choose participants, measurements, acquisitions or images first."

    def value(self) -> DescriptionWish:
        """The choices.

        Raises
        ------
        InvalidChoice
            If what a clinic asks lacks a part.
        """
        return DescriptionWish(
            participants="".join(self.participants.value()),
            by=self._by.value(),
            variables=self._variables.value(),
            measurements=self.measurements.value(),
            acquisitions="".join(self.acquisitions.value()),
            images=self._images.value(),
            reference="".join(self.reference.value()),
            clinic=self.clinic.value(),
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
        self.clinic.set_value(wish.clinic)

    def _offer_columns(self) -> None:
        columns = self.participants.columns()
        self._by.offer(columns)
        self.clinic.offer(columns)

    def _tell(self) -> None:
        nobody = "" if self.participants.value() else "Choose participants first."
        set_reason(self._by, nobody, otherwise="Column of the groups of Table 1")
        set_reason(self._variables, nobody, otherwise="Columns of Table 1; none means all")
        unmeasured = "" if self.measurements.value() else "Add measurements first."
        set_reason(self.reference, unmeasured, otherwise="Percentiles of the measurements within this file")
        self.value_changed.emit()
