"""Which label file is opened, and what its values mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QFormLayout, QWidget

from ...domain.errors import InvalidChoice
from ...workflows.open_subject import LabelFiles
from .small_parts import PathRow, choice_box, choose_value

_OWN_TABLE = "own table (CSV) …"


class LabelFilesEditor(QWidget):
    """A label file, the naming of its values, and whether unknown values are left out.

    Parameters
    ----------
    namings : sequence of str
        Words for the namings there are.
    """

    value_changed = Signal()

    def __init__(self, namings: Sequence[str]) -> None:
        super().__init__()
        self._path = PathRow("Label map, or folder of masks")
        choices = [("named in the file", None), *((name, name) for name in namings), (_OWN_TABLE, _OWN_TABLE)]
        self._naming = choice_box(choices, tooltip="What the label values mean")
        self._ignores = QCheckBox("Leave out unknown values")
        self._ignores.setToolTip(
            "Values the naming does not know are left out; otherwise they are listed and nothing is opened"
        )
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("File", self._path)
        form.addRow("Naming", self._naming)
        form.addRow("", self._ignores)
        self._path.value_changed.connect(lambda *_: self.value_changed.emit())
        self._naming.currentIndexChanged.connect(lambda *_: self.value_changed.emit())
        self._naming.activated.connect(self._choose_own_table)
        self._ignores.toggled.connect(lambda *_: self.value_changed.emit())

    def value(self) -> LabelFiles:
        """The file given.

        Raises
        ------
        InvalidChoice
            If no path is given.
        """
        if not self._path.value():
            raise InvalidChoice("Expected a path for the labels, found none.")
        naming = self._naming.currentData()
        if naming == _OWN_TABLE:
            raise InvalidChoice("Expected a CSV with columns value, muscle, side, found none.")
        return LabelFiles(self._path.value(), naming, ignores_unknown=self._ignores.isChecked())

    def set_value(self, files: LabelFiles) -> None:
        """Show a file."""
        self._path.set_value(str(files.labels))
        if files.naming is not None:
            self._offer(str(files.naming))
        else:
            choose_value(self._naming, None)
        self._ignores.setChecked(files.ignores_unknown)

    def why_not_open(self) -> str:
        """What is missing, as a sentence; empty when nothing is."""
        try:
            self.value()
        except InvalidChoice as missing:
            return missing.message
        return ""

    def _offer(self, naming: str) -> None:
        known = [self._naming.itemData(index) for index in range(self._naming.count())]
        if naming not in known:
            self._naming.insertItem(self._naming.count() - 1, Path(naming).name, naming)
        choose_value(self._naming, naming)

    def _choose_own_table(self) -> None:
        if self._naming.currentData() != _OWN_TABLE:
            return
        path, _ = QFileDialog.getOpenFileName(self, "Table with columns value, muscle, side", "", "CSV (*.csv)")
        if path:
            self._offer(path)
        else:
            choose_value(self._naming, None)
