"""Every choice of the regions of one subject: files, compartment, how fat is told, who."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from ...domain.errors import InvalidChoice
from ...domain.protocol import FatMethod
from ...measuring.regions_fat import ONE_CUT
from ...workflows.open_subject import ImageFiles
from ...workflows.region_files import RegionFiles
from ..series_work import SubjectWords
from ..study_wishes import RegionsWish
from .compartment_editor import CompartmentEditor
from .declared_editor import Declared, DeclaredEditor
from .image_files_editor import ImageFilesEditor
from .label_files_editor import LabelFilesEditor
from .small_parts import PathRow, choice_box, choose_value, set_reason
from .subject_editor import SubjectEditor

_METHODS = (("what fits the image", None), *((one.value, one) for one in ONE_CUT))
_DRAWINGS = {
    "excluded": ("Excluded", "Label map of bone, vessels, subcutaneous and visceral fat (any value but 0)"),
    "fat_roi": ("Fat beside", "Label map of macroscopic fat you accepted or drew (any value but 0)"),
    "implants": ("Implants", "Table of implants, fusions and slices to leave out; volumes they touch stay empty"),
    "metal": ("Metal", "Label map of metal or its artefact (any value but 0); volumes it touches stay empty"),
}


class RegionsEditor(QWidget):
    """Image, outlines, compartment and what is excluded.

    Attributes
    ----------
    value_changed : Signal()
        A choice was changed.
    """

    value_changed = Signal()

    def __init__(self) -> None:
        from ...reading.namings import TABLED

        super().__init__()
        self.images, self.labels = ImageFilesEditor(), LabelFilesEditor(tuple(TABLED))
        self.declared, self.compartment, self.who = DeclaredEditor(), CompartmentEditor(), SubjectEditor()
        self._drawings = {name: PathRow(hint) for name, (_, hint) in _DRAWINGS.items()}
        self._method = choice_box(_METHODS, tooltip="How fat is told from lean muscle, by one cut for the whole series")
        self._threshold = QLineEdit()
        self._keeps_metal = QCheckBox("Measure over metal all the same")
        form = QFormLayout()
        form.addRow("Images", self.images)
        form.addRow("Labels", self.labels)
        form.addRow("Series", self.declared)
        form.addRow("Compartment", self.compartment)
        for name, row in self._drawings.items():
            form.addRow(_DRAWINGS[name][0], row)
        form.addRow("", self._keeps_metal)
        form.addRow("Fat method", self._method)
        form.addRow("Threshold", self._threshold)
        form.addRow("Who", self.who)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addStretch(1)
        parts: list[Any] = [self.images, self.labels, self.declared, self.compartment, self.who]
        signals = [*(part.value_changed for part in (*parts, *self._drawings.values()))]
        for signal in (
            *signals,
            self._keeps_metal.toggled,
            self._method.currentIndexChanged,
            self._threshold.textChanged,
        ):
            signal.connect(lambda *_: self._tell())
        self._tell()

    def missing(self) -> str:
        """What is still to be given; empty when nothing is."""
        missing = self.images.why_not_open() or self.labels.why_not_open() or self.compartment.missing()
        return f"{missing.rstrip('.')}: give it first." if missing else ""

    def value(self) -> RegionsWish:
        """The choices.

        Raises
        ------
        InvalidChoice
            If a path is missing, or the threshold is no number.
        """
        said, pictures, who = self.declared.value(), self.images.value(), self.who.value()
        declared: dict[str, Any] = vars(said) if pictures.image is not None else {}
        rule, drawn = self.compartment.value()
        beside: dict[str, Any] = {
            name: Path(row.value()) if row.value() else None for name, row in self._drawings.items()
        }
        files = RegionFiles(
            ImageFiles(**{**vars(pictures), **declared}),
            self.labels.value(),
            rule,
            compartment=drawn,
            subject=who.subject_id or None,
            session=who.session,
            reader=who.reader_id,
            keeps_metal=self._keeps_metal.isEnabled() and self._keeps_metal.isChecked(),
            **beside,
        )
        return RegionsWish(files, self._method.currentData(), self._read_threshold())

    def set_value(self, wish: RegionsWish) -> None:
        """Show choices."""
        files, pictures = wish.files, wish.files.pictures
        self.images.set_value(pictures)
        self.declared.set_value(Declared(pictures.contrast, pictures.fat_polarity, pictures.allows_fat_suppressed))
        self.labels.set_value(files.labels)
        self.compartment.set_value((files.rule, files.compartment))
        for name, row in self._drawings.items():
            row.set_value(str(getattr(files, name) or ""))
        choose_value(self._method, wish.fat_method)
        self._threshold.setText("" if wish.threshold is None else f"{wish.threshold:g}")
        self._keeps_metal.setChecked(files.keeps_metal)
        self.who.set_value(SubjectWords(files.subject or "", files.session, files.reader))
        self._tell()

    def _read_threshold(self) -> float | None:
        text = self._threshold.text().strip() if self._threshold.isEnabled() else ""
        try:
            return float(text) if text else None
        except ValueError:
            raise InvalidChoice(f"Expected a number as threshold, found {text!r}.") from None

    def _tell(self) -> None:
        not_manual = "" if self._method.currentData() is FatMethod.MANUAL else "For the manual fat method."
        set_reason(self._threshold, not_manual, otherwise="Signal beyond which a voxel is fat, in units of the series")
        no_metal = "" if self._drawings["metal"].value() else "Give a label map of metal first."
        set_reason(self._keeps_metal, no_metal, otherwise="Volumes stay, with the flag metal_artefact")
        self.value_changed.emit()
