"""The tables below the picture, per level and per slice, narrowed as wished, with the muscle along the slices."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QTabWidget, QVBoxLayout, QWidget

from ...domain.anatomy import Structure, Term, find_muscle
from ...domain.tables import BOTH_SIDES
from ..profile import profiles_of
from ..result_filter import ResultFilter, choices_of, levels_of
from ..session import Session
from .filter_row import FilterRow
from .profile_plot import ProfilePlot
from .results_table import ResultsTable
from .small_parts import research_line, wrapped_label

_TABS = (("measurements", "Per level"), ("slices", "Per slice"))
_LEAST_HEIGHT = 195
_HALVES = (720, 460)
"""Width of the tables and of the profile, to begin with [pixels]."""


class ResultsDock(QWidget):
    """Both tables of the series that is worked on.

    Attributes
    ----------
    row_chosen : Signal(dict)
        The row that was chosen, as it stands in its table.
    slice_chosen : Signal(int, object)
        A slice that was clicked in the profile, and its muscle.
    """

    row_chosen = Signal(dict)
    slice_chosen = Signal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.tables = {name: ResultsTable(name) for name, _ in _TABS}
        self.filter = FilterRow()
        self.profile = ProfilePlot()
        self._caption = wrapped_label()
        self._muscle: Term | None = None
        self._measured: Any = None
        self._leading: ResultsTable | None = None
        self._place: tuple[int | None, Structure | None] = (None, None)
        self._tabs = QTabWidget()
        for name, title in _TABS:
            self._tabs.addTab(self.tables[name], title)
            self.tables[name].row_chosen.connect(partial(self._tell, self.tables[name]))
        self._copy = QPushButton("Copy")
        self._copy.setToolTip("Copy the chosen rows, or all that are shown, with their headings (Ctrl+C)")
        self._copy.clicked.connect(lambda: self._shown_table().copy_chosen())
        self.filter.value_changed.connect(self._narrow)
        self.profile.slice_chosen.connect(lambda index: self.slice_chosen.emit(index, self._muscle))
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._caption, 1)
        head.addWidget(self.filter)
        head.addWidget(self._copy)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._tabs)
        halves.addWidget(self.profile)
        halves.setSizes(list(_HALVES))
        for at, share in enumerate(_HALVES):
            halves.setStretchFactor(at, share)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(halves, 1)
        column.addWidget(research_line())
        self.setMinimumHeight(_LEAST_HEIGHT)

    def refresh(self, session: Session) -> None:
        """Show the session."""
        measured = session.work.measured if session.work else None
        if measured is None:
            self._caption.setText("Nothing is measured yet.")
            for table in self.tables.values():
                table.set_value(table.value().iloc[:0])
            self._measured = None
            self.profile.set_value(())
            return
        result, stale = measured.result, session.why_stale()
        who = " · ".join(word for word in (result.key.subject_id, result.key.session, result.key.series) if word)
        self._caption.setText(f"<b>{escape(who)}</b>" + (f"  ⚠ {escape(stale)}" if stale else ""))
        if measured is self._measured:
            return
        self._measured = measured
        for name, table in self.tables.items():
            table.set_value(getattr(result, name))
        rows = [row for frame in (result.measurements, result.slices) for row in _rows(frame)]
        self.filter.offer(choices_of(rows))
        self._show_profile()

    def show_place(self, slice_index: int | None, structure: Structure | None) -> None:
        """Choose the rows of a slice and a muscle, because they are on the screen; nobody is told."""
        self.profile.set_slice(slice_index)
        if structure is None or (slice_index, structure) == self._place:
            return
        self._place = (slice_index, structure)
        self._show_muscle(structure.muscle)
        names = (structure.muscle.id, structure.side.value)
        by_slice, by_level = self.tables["slices"], self.tables["measurements"]
        if by_slice is not self._leading:
            by_slice.show_row(lambda row: (row["muscle"], row["side"]) == names and row["slice_index"] == slice_index)
        if by_level is not self._leading and not self._speaks_of_both(structure):
            on_slice = by_slice.chosen_row()
            levels = levels_of(on_slice) if on_slice else []
            if not by_level.show_row(lambda row: (row["muscle"], row["side"]) == names and row["level"] in levels):
                by_level.show_row(lambda row: (row["muscle"], row["side"]) == names)

    def _speaks_of_both(self, structure: Structure) -> bool:
        """Whether the row of a level that is chosen speaks of both sides of the muscle: it stays chosen."""
        row = self.tables["measurements"].chosen_row()
        return row is not None and row["muscle"] == structure.muscle.id and row["side"] == BOTH_SIDES

    def _shown_table(self) -> ResultsTable:
        name, _ = _TABS[self._tabs.currentIndex()]
        return self.tables[name]

    def _tell(self, table: ResultsTable, row: dict[str, Any]) -> None:
        """Tell of a row; its table leads, and what follows from it does not choose another row in it."""
        self._show_muscle(find_muscle(row["muscle"]))
        self._leading = table
        self.row_chosen.emit(row)
        self._leading = None

    def _narrow(self, wanted: ResultFilter) -> None:
        for table in self.tables.values():
            table.narrow(wanted)
        if wanted.muscle:
            self._show_muscle(find_muscle(wanted.muscle))

    def _show_muscle(self, muscle: Term) -> None:
        if muscle != self._muscle:
            self._muscle = muscle
            self._show_profile()

    def _show_profile(self) -> None:
        if self._measured is None:
            return
        slices, plan = self._measured.result.slices, self._measured.request.level_plan
        if self._muscle is None or self._muscle.id not in set(slices["muscle"]):
            self._muscle = find_muscle(slices["muscle"].iloc[0])
        self.profile.set_value(profiles_of(slices, self._muscle, plan))


def _rows(frame: Any) -> list[dict[str, Any]]:
    """Only the cells that rows are narrowed by."""
    found: list[dict[str, Any]] = frame[["muscle", "side", "level"]].drop_duplicates().to_dict("records")
    return found
