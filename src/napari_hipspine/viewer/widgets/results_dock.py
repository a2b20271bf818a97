"""The tables below the picture: per level and per slice."""

from __future__ import annotations

from html import escape
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from ..session import Session
from .results_table import ResultsTable
from .small_parts import research_line, wrapped_label

_TABS = (("measurements", "Per level"), ("slices", "Per slice"))
_LEAST_HEIGHT = 195


class ResultsDock(QWidget):
    """Both tables of the series that is worked on.

    Attributes
    ----------
    row_chosen : Signal(dict)
        The row that was clicked, as it stands in its table.
    """

    row_chosen = Signal(dict)

    def __init__(self) -> None:
        super().__init__()
        self.tables = {name: ResultsTable(name) for name, _ in _TABS}
        self._caption = wrapped_label()
        self._tabs = QTabWidget()
        for name, title in _TABS:
            self._tabs.addTab(self.tables[name], title)
            self.tables[name].row_chosen.connect(self._tell)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.addWidget(self._caption)
        column.addWidget(self._tabs, 1)
        column.addWidget(research_line())
        self.setMinimumHeight(_LEAST_HEIGHT)

    def refresh(self, session: Session) -> None:
        """Show the session."""
        measured = session.work.measured if session.work else None
        if measured is None:
            self._caption.setText("Nothing is measured yet.")
            for table in self.tables.values():
                table.set_value(table.value().iloc[:0])
            return
        result, stale = measured.result, session.why_stale()
        for name, table in self.tables.items():
            frame = getattr(result, name)
            if table.value() is not frame:
                table.set_value(frame)
        who = " · ".join(word for word in (result.key.subject_id, result.key.session, result.key.series) if word)
        self._caption.setText(f"<b>{escape(who)}</b>" + (f"  ⚠ {escape(stale)}" if stale else ""))

    def _tell(self, row: dict[str, Any]) -> None:
        self.row_chosen.emit(row)
