"""Which files are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QWidget

from ...domain.errors import InvalidChoice
from ...workflows.open_subject import ImageFiles
from .small_parts import PathRow, choice_box, choose_value

_KINDS = (
    ("One image (T1, T2, PD)", ("image",)),
    ("Water and fat", ("water", "fat")),
    ("Fat-fraction map", ("fat_fraction",)),
)
_HINTS = {
    "image": "Image file or DICOM folder",
    "water": "Water image",
    "fat": "Fat image",
    "fat_fraction": "Fat-fraction map",
}
_ONLY_SERIES = (("the only one", None),)


class ImageFilesEditor(QWidget):
    """One image, a pair or a fat-fraction map, with the series where there are several."""

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: ImageFiles | None = None
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._kind = choice_box(
            _KINDS, tooltip="One image may also be a series of two echoes; it is read as water and fat"
        )
        self._form.addRow("Kind", self._kind)
        self._rows = {name: PathRow(hint) for name, hint in _HINTS.items()}
        for name, row in self._rows.items():
            self._form.addRow(name.replace("_", " ").capitalize(), row)
            row.value_changed.connect(self._path_changed)
        self._series = choice_box(_ONLY_SERIES, tooltip="Which series of the file or folder is opened")
        self._form.addRow("Series", self._series)
        self._mismatch = QCheckBox("Accept headers that disagree")
        self._mismatch.setToolTip(
            "Take water and fat of one acquisition although their headers place them differently. "
            "Shapes must agree and spacings to 0.1 %; it is written into every row."
        )
        self._form.addRow("", self._mismatch)
        self._kind.currentIndexChanged.connect(self._show_rows)
        self._series.currentIndexChanged.connect(lambda *_: self.value_changed.emit())
        self._mismatch.toggled.connect(lambda *_: self.value_changed.emit())
        self._show_rows()

    def value(self) -> ImageFiles:
        """The files given.

        Raises
        ------
        InvalidChoice
            If a path is missing.
        """
        names = self._kind.currentData()
        paths = {name: self._rows[name].value() for name in names}
        missing = [_HINTS[name].lower() for name, path in paths.items() if not path]
        if missing:
            raise InvalidChoice(f"Expected a path for the {' and the '.join(missing)}, found none.")
        is_pair = len(names) == 2
        given = ImageFiles(
            image=paths.get("image"),
            water=paths.get("water"),
            fat=paths.get("fat"),
            fat_fraction=paths.get("fat_fraction"),
            series=None if is_pair else self._series.currentData(),
            accepts_header_mismatch=is_pair and self._mismatch.isChecked(),
        )
        shown = self._shown
        if shown is None or shown.paths != given.paths:
            return given
        accepts = given.accepts_header_mismatch
        return replace(shown, series=given.series, accepts_header_mismatch=accepts)

    def set_value(self, files: ImageFiles) -> None:
        """Show files; what was said of them stays with them."""
        self._shown = files
        for words, names in _KINDS:
            if getattr(files, names[0]) is not None:
                self._kind.setCurrentText(words)
                for name in names:
                    self._rows[name].set_value(str(getattr(files, name)))
        if files.series is not None:
            self._series.addItem(files.series, files.series)
        choose_value(self._series, files.series)
        self._mismatch.setChecked(files.accepts_header_mismatch)

    def why_not_open(self) -> str:
        """What is missing, as a sentence; empty when nothing is."""
        try:
            self.value()
        except InvalidChoice as missing:
            return missing.message
        return ""

    def offer_series(self, descriptions: Sequence[str]) -> None:
        """Let the user choose one of several series, by number from 0; nothing is chosen for them."""
        self._series.clear()
        if len(descriptions) < 2:
            self._series.addItem(*_ONLY_SERIES[0])
        else:
            self._series.addItem(f"choose one of {len(descriptions)}", None)
            for number, words in enumerate(descriptions):
                self._series.addItem(f"{number}: {words}", str(number))
        self._show_rows()

    def _path_changed(self) -> None:
        if self._series.count() > 1:
            self.offer_series(())
        self.value_changed.emit()

    def _show_rows(self) -> None:
        names = self._kind.currentData()
        for name, row in self._rows.items():
            self._form.setRowVisible(row, name in names)
        self._form.setRowVisible(self._mismatch, len(names) == 2)
        self._form.setRowVisible(self._series, len(names) == 1 and self._series.count() > 1)
        self.value_changed.emit()
