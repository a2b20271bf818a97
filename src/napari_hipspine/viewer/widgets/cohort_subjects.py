"""The finished subjects of a cohort, to be looked at one by one."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...domain.cohort import FAILURES, MANIFEST, CohortEntry
from ...domain.tables import Table
from ..study_work import ShownTable
from .small_parts import set_reason
from .study_table import StudyTable

_OF_MANIFEST = ("subject_id", "session", "reader_id", "image", "water", "fat_fraction", "labels", "levels")
_FINISHED = Table(
    name="finished",
    columns=(
        *(one for one in MANIFEST.columns if one.name in _OF_MANIFEST),
        *(one for one in FAILURES.columns if one.name == "entry"),
    ),
    key=("entry",),
    required=("subject_id", "entry"),
)
_TABLE_HEIGHT = 170


class CohortSubjects(QWidget):
    """Rows that have results; one of them is opened by a double click or the button.

    Attributes
    ----------
    look_wished : Signal()
        The rows are to be looked for.
    open_wished : Signal(object)
        The row to be opened.
    """

    look_wished = Signal()
    open_wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, CohortEntry] = {}
        self._why_not_look = ""
        self.table = StudyTable()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setToolTip("Double click: open picture and labels in the viewer")
        self.table.setFixedHeight(_TABLE_HEIGHT)
        self._count = QLabel()
        self._look = QPushButton("Finished subjects")
        self._open = QPushButton("Open")
        row = QHBoxLayout()
        row.addWidget(self._count, 1)
        row.addWidget(self._look)
        row.addWidget(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.table)
        self._look.clicked.connect(lambda *_: self.look_wished.emit())
        self._open.clicked.connect(lambda *_: self.open_chosen())
        self.table.doubleClicked.connect(lambda *_: self.open_chosen())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._allow())
        self.set_value(())

    def value(self) -> tuple[CohortEntry, ...]:
        """The rows shown."""
        return tuple(self._entries.values())

    def set_value(self, entries: tuple[CohortEntry, ...]) -> None:
        """Show rows; none hides the table."""
        self._entries = {entry.name: entry for entry in entries}
        shown = None
        if entries:
            shown = ShownTable("Finished", _FINISHED, _FINISHED.frame(map(_cells, entries)), ("entry",))
        self.table.set_value(shown)
        self.table.setVisible(bool(entries))
        self._count.setText(f"{len(entries)} finished" if entries else "")
        self._allow()

    def forbid_looking(self, reason: str) -> None:
        """Say why the rows cannot be looked for; nothing allows it."""
        self._why_not_look = reason
        self._allow()

    def open_chosen(self) -> None:
        """Ask for the chosen row to be opened."""
        chosen = self.table.chosen_row()
        if chosen is not None:
            self.open_wished.emit(self._entries[chosen["entry"]])

    def _allow(self) -> None:
        set_reason(self._look, self._why_not_look, otherwise="List the subjects that have results, also during a run")
        nothing = "" if self.table.chosen_row() is not None else "Choose a finished subject first."
        set_reason(self._open, nothing, otherwise="Open picture and labels in the dock Hip-spine muscles")


def _cells(entry: CohortEntry) -> dict[str, str]:
    said = {name: getattr(entry, name) for name in _OF_MANIFEST}
    return {**said, "levels": "; ".join(entry.levels), "entry": entry.name}
