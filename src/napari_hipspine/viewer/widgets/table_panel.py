"""Step 5: what came out, and where it is written."""

from __future__ import annotations

from html import escape
from importlib.util import find_spec

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...workflows.export_result import REPORT, WORKBOOK, ExportChoice
from ..next_step import NextStep, next_step
from ..session import Session
from .explore_panel import ExplorePanel
from .small_parts import make_primary, set_reason, wrapped_label

FILES = "slices.csv, measurements.csv, columns.json and run.json"
_NO_WORKBOOK = "Needs the package openpyxl: pip install openpyxl"


class TablePanel(QWidget):
    """A summary, Show table, what is written beside the tables, and Export.

    Attributes
    ----------
    show_wished, export_wished : Signal()
        The user wants to see the table, or to write it; what beside it is `choice`.
    next_wished : Signal(object)
        The user wants to go on with a `NextStep`.
    """

    next_wished = Signal(object)
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
        self._written = wrapped_label()
        self._next = QPushButton()
        self._next.clicked.connect(lambda: self.next_wished.emit(self._then))
        self._then: NextStep | None = None
        make_primary(self._next)
        self._report = QCheckBox("Report with pictures (HTML)")
        self._report.setToolTip(f"{REPORT}: every level with its outlines and pixels called fat, the table, its origin")
        self._report.setChecked(True)
        self._workbook = QCheckBox("Excel workbook")
        missing = "" if find_spec("openpyxl") else _NO_WORKBOOK
        self._workbook.setChecked(not missing)
        set_reason(self._workbook, missing, otherwise=f"{WORKBOOK}: both tables, what the columns mean, their origin")
        more = QHBoxLayout()
        more.addWidget(self._report)
        more.addWidget(self._workbook)
        self._variations = QCheckBox("Variations, for the sensitivity table")
        self._variations.setToolTip(
            "variations.csv: the same with thresholds 10 % higher and lower, windows one slice up and down, and "
            "outlines half a pixel out and in; relating a cohort holds its result against them"
        )
        row = QHBoxLayout()
        row.addWidget(self._show)
        row.addWidget(self._export)
        column = QVBoxLayout(self)
        column.addWidget(self._summary)
        column.addLayout(more)
        column.addWidget(self._variations)
        column.addLayout(row)
        column.addWidget(self._written)
        column.addWidget(self._next)
        self.explore = ExplorePanel()
        column.addWidget(self.explore)

    def choice(self) -> ExportChoice:
        """What is written beside the tables."""
        return ExportChoice(
            workbook=self._workbook.isChecked(),
            report=self._report.isChecked(),
            variations=self._variations.isChecked(),
        )

    def refresh(self, session: Session) -> None:
        """Show the session."""
        measured = session.work.measured if session.work else None
        nothing = "" if measured else "Find the thresholds first (step 4)."
        set_reason(self._show, nothing, otherwise="Show the table below the picture")
        busy = f"Wait until {session.doing} has ended." if session.doing else ""
        set_reason(self._export, busy or session.why_not_export(), otherwise=f"Write {FILES} into a folder")
        self._show_next(session)
        self._summary.setVisible(measured is not None)
        if measured is None:
            return
        result = measured.result
        words = f"Tables: {len(result.measurements)} rows by level, {len(result.slices)} rows by slice."
        notes = " ".join(f"{note[:1].upper()}{note[1:]}." for note in result.provenance.notes)
        self._summary.setText(" ".join(part for part in (words, session.why_stale(), notes) if part))

    def _show_next(self, session: Session) -> None:
        """What was written where, and where the job goes on."""
        work, then = session.work, next_step(session)
        self._then = then
        for part in (self._written, self._next):
            part.setVisible(then is not None)
        make_primary(self._export, is_primary=then is None)
        if then is None or work is None:
            return
        self._written.setText(f"Written into {escape(str(work.exported_to))}")
        self._next.setText(then.words)
        busy = f"Wait until {session.doing} has ended." if session.doing else ""
        set_reason(self._next, busy, otherwise=then.says)
