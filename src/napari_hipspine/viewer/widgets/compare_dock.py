"""Two subjects, or two time points, side by side: one table, and their slices linked by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QSplitter, QVBoxLayout, QWidget

from ...workflows.compare_results import Comparison
from ..compare_work import (
    MIDDLE,
    OneSide,
    levels_beside,
    measures_of,
    shown_comparison,
    slice_beside,
)
from ..series_work import SeriesWork
from ..slice_look import SliceLook, look_at_slice
from .results_table import CopyingView, ResultsModel
from .slice_picture import SlicePicture
from .small_parts import choice_box, choose_value, research_line, set_reason, wrapped_label

_HALVES = (640, 520)
"""Width of the table and of the pictures, to begin with [pixels]."""

_REACH_MM = 120
_AROUND_MM = 24.0
"""Shown around the muscles [mm]."""
_NOTHING = "Measure two series, or add a folder of results."
_NO_PICTURE = "A table has no picture. Open and measure the series to see its slices."


class CompareDock(QWidget):
    """Shows a `Comparison`; what is compared is chosen in two boxes.

    Attributes
    ----------
    sides_chosen : Signal(object, object)
        The `OneSide` that are to be compared, as A and B.
    file_wished, export_wished : Signal()
        A table is to be added to the boxes; the comparison is to be written.
    seen : Signal()
        The dock came into sight; what it shows may be old.
    """

    sides_chosen = Signal(object, object)
    file_wished = Signal()
    export_wished = Signal()
    seen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sides: tuple[OneSide, ...] = ()
        self._comparison: Comparison | None = None
        self._boxes = [choice_box((), tooltip=f"What stands as {name}") for name in "AB"]
        self._add = QPushButton("Add table…")
        self._add.setToolTip("A folder of results or a measurement table: other subjects, or an earlier time point")
        self._measure = choice_box((), tooltip="Which measure is compared")
        self._copy = QPushButton("Copy")
        self._export = QPushButton("Export…")
        self._model = ResultsModel()
        self.table = CopyingView(self._model)
        self._said = wrapped_label()
        self.pictures = (SlicePicture(), SlicePicture())
        self._level = choice_box(
            (), tooltip="Slices of both are shown so far above this level, or the middle of what is labelled"
        )
        self._above = QSlider(Qt.Orientation.Horizontal)
        self._above.setRange(-_REACH_MM, _REACH_MM)
        self._above.setToolTip("How far above the level, towards the head [mm]; both pictures move together")
        self._above_says = QLabel()
        self._fat = QCheckBox("Fat")
        self._fat.setToolTip("Draw pixels called fat in yellow, each by the thresholds of its own series")
        self._lay_out()
        self._wire()
        self._show_pictures()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        for name, box in zip("AB", self._boxes, strict=True):
            head.addWidget(QLabel(name))
            head.addWidget(box, 3)
        head.addWidget(self._add)
        head.addWidget(self._measure, 2)
        head.addWidget(self._copy)
        head.addWidget(self._export)
        left, right = QWidget(), QWidget()
        rows = QVBoxLayout(left)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._said)
        rows.addWidget(self.table, 1)
        looks = QVBoxLayout(right)
        looks.setContentsMargins(0, 0, 0, 0)
        beside = QHBoxLayout()
        for picture in self.pictures:
            beside.addWidget(picture, 1)
        steer = QHBoxLayout()
        steer.addWidget(self._level, 1)
        steer.addWidget(self._above, 2)
        steer.addWidget(self._above_says)
        steer.addWidget(self._fat)
        looks.addLayout(beside, 1)
        looks.addLayout(steer)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(right)
        halves.setSizes(list(_HALVES))
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(halves, 1)
        column.addWidget(research_line())

    def _wire(self) -> None:
        for box in self._boxes:
            box.activated.connect(self._choose)
        self._add.clicked.connect(self.file_wished)
        self._export.clicked.connect(self.export_wished)
        self._copy.clicked.connect(self.table.copy_chosen)
        self._measure.activated.connect(self._show_rows)
        self._level.activated.connect(self._show_pictures)
        self._above.valueChanged.connect(self._show_pictures)
        self._fat.toggled.connect(self._show_pictures)
        self.table.clicked.connect(lambda index: self._go_to_level(self._model.row(index.row())))

    def showEvent(self, event: Any) -> None:
        """Tell that what is shown should be as it is now."""
        super().showEvent(event)
        self.seen.emit()

    def value(self) -> Comparison | None:
        """What is shown."""
        return self._comparison

    def offer(self, sides: Sequence[OneSide]) -> None:
        """Offer what can be compared; what was chosen stays where it is still there, else the first two are."""
        # Of one alone nothing was chosen.
        before = [str(box.currentText()) if len(self._sides) > 1 else "" for box in self._boxes]
        self._sides = tuple(sides)
        words = [one.words for one in self._sides]
        for number, box in enumerate(self._boxes):
            box.clear()
            for at, word in enumerate(words):
                box.addItem(word, at)
            usual = min(number, len(words) - 1)
            box.setCurrentIndex(words.index(before[number]) if before[number] in words else usual)
        self._choose()

    def set_value(self, comparison: Comparison | None, *, words: str = "") -> None:
        """Show a comparison, or say why there is none."""
        self._comparison = comparison
        before = self._measure.currentData()
        self._measure.clear()
        for heading, name in measures_of(comparison) if comparison is not None else ():
            self._measure.addItem(heading, name)
        choose_value(self._measure, before)
        self._said.setText(words)
        self._said.setVisible(bool(words))
        for button, says in ((self._copy, "Copy the rows with their headings"), (self._export, "Write comparison.csv")):
            set_reason(button, "" if comparison is not None else words or _NOTHING, otherwise=says)
        self._show_rows()
        self._offer_levels()
        self._show_pictures()

    def sides(self) -> tuple[OneSide, ...]:
        """What is chosen as A and B; empty where there is nothing to choose."""
        found = [box.currentData() for box in self._boxes]
        return tuple(self._sides[at] for at in found if at is not None) if self._sides else ()

    def _choose(self, *_: object) -> None:
        sides = self.sides()
        if len(sides) == 2 and len(self._sides) > 1:
            self.sides_chosen.emit(*sides)
        else:
            self.set_value(None, words=_NOTHING)

    def _show_rows(self, *_: object) -> None:
        import pandas as pd

        measure = self._measure.currentData()
        if self._comparison is None or measure is None:
            self._model.show_columns(pd.DataFrame(), [])
            return
        self._model.show_columns(*shown_comparison(self._comparison, measure))
        self.table.resizeColumnsToContents()

    def _offer_levels(self) -> None:
        before = self._level.currentText()
        self._level.clear()
        for level in levels_beside(tuple(one.work for one in self.sides())):
            self._level.addItem(level.replace("_", " "), level)
        self._level.setCurrentIndex(max(0, self._level.findText(before)))

    def _go_to_level(self, row: dict[str, Any]) -> None:
        choose_value(self._level, row["level"])
        self._above.setValue(0)
        self._show_pictures()

    def _show_pictures(self, *_: object) -> None:
        above = self._above.value()
        self._above_says.setText(f"{above:+d} mm".replace("-", "−"))
        sides = self.sides() if self._comparison is not None else ()
        looks = [self._look_of(one.work) for one in sides] or [(None, "")] * 2
        extents = [look.muscles_mm for look, _ in looks if look is not None]
        high = max((bottom - top for top, _, bottom, _ in extents), default=0.0) + _AROUND_MM
        wide = max((right - left for _, left, _, right in extents), default=0.0) + _AROUND_MM
        for picture, (look, words) in zip(self.pictures, looks, strict=True):
            picture.set_value(look, words=words, room_mm=(high, wide))

    def _look_of(self, work: SeriesWork | None) -> tuple[SliceLook | None, str]:
        """The slice of a series that belongs beside the other's, or why there is none."""
        if work is None:
            return None, _NO_PICTURE
        index = slice_beside(work, self._level.currentData() or MIDDLE, float(self._above.value()))
        if index is None:
            return None, f"{work.name} does not reach so far."
        return look_at_slice(work, index, shows_fat=self._fat.isChecked()), ""
