"""What is read beside the measurements, and what is made beside the correlations."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QFormLayout, QPushButton, QWidget

from ...domain.errors import InvalidChoice
from ...relating.covariates import SUBJECT_COLUMN
from ...workflows.relate_wholly import BesideChoices
from .many_choices import ManyChoices
from .table_files import TableFiles
from .word_inputs import NamedRows


class BesideEditor(QWidget):
    """Participants, implants, tables measured otherwise, slice tables, and the muscle profile.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.participants = TableFiles(
            "A table with subject_id and the covariates; with side, one row per person and side"
        )
        self.implants = TableFiles("Implants and fusions, whose muscles are left out")
        self.slices = TableFiles("slices.csv of the subjects, where they do not stand beside the tables", most=None)
        self._variations = NamedRows(
            ("Measured otherwise", "File"), tooltip="What was done otherwise, and the measurements taken so"
        )
        self._add = QPushButton("Add tables measured otherwise…")
        self._add.setToolTip("Measurements of the same subjects; each is named after its file until you rename it")
        self._columns = ManyChoices("nothing", tooltip="Columns of the participants, correlated with every muscle")
        self._profile = QCheckBox("Muscle profile")
        self._profile.setToolTip("z of every muscle, and how far hip and lumbar muscles of each person lie apart")
        self.reference = TableFiles("Reference values; without them z is taken within the sample")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Participants", self.participants)
        form.addRow("Columns", self._columns)
        form.addRow("Implants", self.implants)
        form.addRow("Slices", self.slices)
        form.addRow(self._variations)
        form.addRow("", self._add)
        form.addRow("", self._profile)
        form.addRow("Reference", self.reference)
        self._add.clicked.connect(lambda *_: self._ask_for_variations())
        self.participants.value_changed.connect(
            lambda *_: self._columns.offer([(name, name) for name in self.people_columns()])
        )
        files = (self._columns, self.participants, self.implants, self.slices, self.reference, self._variations)
        for signal in (*(part.value_changed for part in files), self._profile.toggled):
            signal.connect(lambda *_: self.value_changed.emit())

    def value(self) -> BesideChoices:
        """The choices.

        Raises
        ------
        InvalidChoice
            If a variation has no name or no file.
        """
        rows = self._variations.value()
        for name, path in rows:
            if not (name and path):
                raise InvalidChoice(
                    f"Expected a name and a file of what was measured otherwise, found {name or path} alone.",
                    hint="Fill in the row, or take it out.",
                )
        return BesideChoices(
            participants=_only(self.participants),
            implants=_only(self.implants),
            slices=tuple(map(Path, self.slices.value())),
            variations=tuple((name, Path(path)) for name, path in rows),
            wants_profile=self._profile.isChecked(),
            reference_values=_only(self.reference),
            columns=self._columns.value(),
        )

    def set_value(self, choices: BesideChoices) -> None:
        """Show choices."""
        singles = {
            self.participants: choices.participants,
            self.implants: choices.implants,
            self.reference: choices.reference_values,
        }
        for part, path in singles.items():
            part.set_value((str(path),) if path is not None else ())
        self.slices.set_value(tuple(map(str, choices.slices)))
        self._variations.set_value([(name, str(path)) for name, path in choices.variations])
        self._profile.setChecked(choices.wants_profile)
        self._columns.set_value(choices.columns)

    def people_columns(self) -> tuple[str, ...]:
        """Columns of the participants table that may be held constant."""
        return tuple(name for name in self.participants.columns() if name not in (SUBJECT_COLUMN, "side"))

    def add_variations(self, paths: list[str]) -> None:
        """Take in tables measured otherwise, each under the name of its file."""
        new = [(Path(path).stem, path) for path in paths]
        self._variations.set_value((*self._variations.value(), *new))

    def _ask_for_variations(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Measurements taken otherwise", "", "Tables (*.csv *.tsv)")
        if paths:
            self.add_variations(paths)


def _only(files: TableFiles) -> Path | None:
    return Path(files.value()[0]) if files.value() else None
