"""Which level sits where."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...domain.anatomy import Term, core_muscles, find_level, vocabulary
from ...domain.grid import Grid
from ...domain.level_plan import LevelPlacement, LevelPlan
from .small_parts import choice_box, choose_value, make_primary, set_reason
from .window_editor import WindowEditor

_HEADINGS = ("Level", "Place", "Slice", "[mm]", "Muscle", "")
_MM, _MUSCLE = _HEADINGS.index("[mm]"), _HEADINGS.index("Muscle")
_MOST_ROWS_SHOWN = 4

USUAL_LEVELS = {"lumbar": "L4", "hip": "greater_trochanter"}
"""Level offered first for the muscles of a region."""


class LevelPlanEditor(QWidget):
    """Levels marked on slices, and the window around them.

    Attributes
    ----------
    mark_wished : Signal()
        The user wants the chosen level on the slice that is shown; see `placement_at`.
    visit_wished : Signal(int)
        The user wants to see a slice.
    confirmed : Signal()
        The user has confirmed the suggested levels.
    """

    value_changed = Signal(object)
    mark_wished = Signal()
    visit_wished = Signal(int)
    confirmed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._placements: tuple[LevelPlacement, ...] = ()
        self._grid: Grid | None = None
        self._region = ""
        levels = [(term.label, term) for term in vocabulary().of_kind("level")]
        self._level = choice_box(levels, tooltip="Anatomical level")
        places = [(term.label, term.id) for term in vocabulary().of_kind("slice_position")]
        self._place = choice_box(places, tooltip="Where on the level the slice lies")
        choose_value(self._place, "user")
        muscles = [("all muscles", None), *((term.label, term) for term in core_muscles())]
        self._muscle = choice_box(muscles, tooltip="A muscle may be read at a slice of its own")
        self._mark = QPushButton()
        self._mark.clicked.connect(self.mark_wished)
        self._table = self._make_table()
        self._remove = QPushButton("Remove")
        self._remove.clicked.connect(self._remove_chosen)
        self._confirm = QPushButton("Confirm")
        self._confirm.clicked.connect(self.confirm_all)
        make_primary(self._confirm)
        self._window = WindowEditor()
        self._window.value_changed.connect(self._tell)
        self._level.currentIndexChanged.connect(self._name_mark)
        self._lay_out()
        choose_value(self._level, find_level(USUAL_LEVELS["lumbar"]))
        self._name_mark()
        self._show()

    def value(self) -> LevelPlan:
        """Levels and window."""
        return LevelPlan(self._placements, self._window.value())

    def set_value(self, plan: LevelPlan) -> None:
        """Show a plan."""
        if plan == self.value():
            return
        self._placements = plan.placements
        self._window.blockSignals(True)
        self._window.set_value(plan.window)
        self._window.blockSignals(False)
        self._show()

    def set_grid(self, grid: Grid | None, *, region: str = "") -> None:
        """The grid that turns positions into slices; a region puts its usual level first."""
        self._grid = grid
        if region != self._region and region in USUAL_LEVELS:
            choose_value(self._level, find_level(USUAL_LEVELS[region]))
        self._region = region
        self._show()

    def allow_marking(self, reason: str) -> None:
        """Disable marking while there is a reason to."""
        set_reason(self._mark, reason, otherwise="Put this level on the slice that is shown now")

    def placement_at(self, position_mm: float) -> LevelPlacement:
        """The chosen level at a position along the slice normal [mm]."""
        level, muscle = self._level.currentData(), self._muscle.currentData()
        return LevelPlacement(level, position_mm, self._place.currentData(), muscle)

    def add(self, placement: LevelPlacement) -> None:
        """Place a level; it replaces the same level of the same muscle."""
        key = (placement.level, placement.muscle)
        others = tuple(p for p in self._placements if (p.level, p.muscle) != key)
        self._placements = (*others, placement)
        self._show()
        self._tell()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Level", self._level)
        form.addRow("Place on it", self._place)
        form.addRow("For", self._muscle)
        buttons = QHBoxLayout()
        buttons.addWidget(self._confirm)
        buttons.addWidget(self._remove)
        window = QFormLayout()
        window.addRow("Window", self._window)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addWidget(self._mark)
        column.addWidget(self._table)
        column.addLayout(buttons)
        column.addLayout(window)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(_HEADINGS))
        table.setHorizontalHeaderLabels(_HEADINGS)
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        table.itemSelectionChanged.connect(self._visit_chosen)
        return table

    def _show(self) -> None:
        self._table.blockSignals(True)
        self._table.setRowCount(len(self._placements))
        for row, placed in enumerate(self._placements):
            index = "" if self._grid is None else str(self._grid.nearest_slice(placed.position_mm))
            words = ("suggested", "✔ confirmed")[placed.is_confirmed]
            muscle = placed.muscle.label if placed.muscle else "all"
            names = (placed.level.id.replace("_", " "), placed.slice_position.replace("_", " "))
            cells = (*names, index, f"{placed.position_mm:.1f}", muscle, words)
            says = "Confirmed by a reader" if placed.is_confirmed else "Suggested: look at the slice, then confirm"
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text.replace("-", "−") if column == _MM else text)
                item.setToolTip(says)
                self._table.setItem(row, column, item)
        self._table.setColumnHidden(_MUSCLE, not any(placed.muscle for placed in self._placements))
        self._table.blockSignals(False)
        shown = min(max(len(self._placements), 1), _MOST_ROWS_SHOWN)
        header = self._table.horizontalHeader().sizeHint().height()
        self._table.setFixedHeight(header + shown * self._table.verticalHeader().defaultSectionSize() + 6)
        for part in (self._table, self._remove):
            part.setVisible(bool(self._placements))
        self._remove.setToolTip("Remove the chosen level, or the last one")
        waiting = any(not p.is_confirmed for p in self._placements)
        self._confirm.setVisible(waiting)
        make_primary(self._mark, is_primary=not self._placements)
        self._confirm.setToolTip("I have looked at the suggested slices and they are right")

    def _name_mark(self) -> None:
        level: Term = self._level.currentData()
        self._mark.setText(f"Mark {level.id.replace('_', ' ')} here")

    def _visit_chosen(self) -> None:
        row = self._table.currentRow()
        if self._grid is not None and 0 <= row < len(self._placements):
            self.visit_wished.emit(self._grid.nearest_slice(self._placements[row].position_mm))

    def _remove_chosen(self) -> None:
        row = self._table.currentRow()
        at = row if 0 <= row < len(self._placements) else len(self._placements) - 1
        self._placements = (*self._placements[:at], *self._placements[at + 1 :])
        self._show()
        self._tell()

    def confirm_all(self) -> None:
        """Take the suggested levels as right."""
        if all(p.is_confirmed for p in self._placements):
            return
        self._placements = tuple(replace(p, is_confirmed=True) for p in self._placements)
        self._show()
        self._tell()
        self.confirmed.emit()

    def _tell(self) -> None:
        self.value_changed.emit(self.value())
