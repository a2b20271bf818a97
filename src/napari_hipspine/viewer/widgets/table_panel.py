"""Step 5: what came out, and where it is written."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ..session import Session
from .small_parts import make_primary, set_reason, wrapped_label

FILES = "slices.csv, measurements.csv, columns.json and run.json"


class TablePanel(QWidget):
    """A summary, Show table and Export.

    Attributes
    ----------
    show_wished, export_wished : Signal()
        The user wants to see the table, or to write it.
    """

    show_wished = Signal()
    export_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._summary = wrapped_label()
        self._show = QPushButton("Show table")
        self._show.clicked.connect(self.show_wished)
        self._export = QPushButton("Export…")
        self._export.clicked.connect(self.export_wished)
        make_primary(self._export)
        row = QHBoxLayout()
        row.addWidget(self._show)
        row.addWidget(self._export)
        column = QVBoxLayout(self)
        column.addWidget(self._summary)
        column.addLayout(row)

    def refresh(self, session: Session) -> None:
        """Show the session."""
        measured = session.work.measured if session.work else None
        nothing = "" if measured else "Find the thresholds first (step 4)."
        set_reason(self._show, nothing, otherwise="Show the table below the picture")
        set_reason(self._export, session.why_not_export(), otherwise=f"Write {FILES} into a folder")
        self._summary.setVisible(measured is not None)
        if measured is None:
            return
        result = measured.result
        words = f"{len(result.measurements)} rows per level, {len(result.slices)} rows per slice."
        notes = " ".join(f"{note[:1].upper()}{note[1:]}." for note in result.provenance.notes)
        self._summary.setText(" ".join(part for part in (words, session.why_stale(), notes) if part))
