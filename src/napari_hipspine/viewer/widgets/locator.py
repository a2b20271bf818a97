"""Where the slices lie: a sagittal or coronal picture beside the axial view, with the levels on it."""

from __future__ import annotations

import math
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from ...domain.grid import Grid
from ..locator_picture import Cut, LocatorPicture, name_of_cut
from .locator_canvas import LocatorCanvas
from .small_parts import choice_box, choose_value, wrapped_label

OBLIQUE_DEG = 5.0
"""Slices tilted by more than this against the body's axis deserve a warning [degrees]."""


class Locator(QWidget):
    """The canvas, which way it cuts, and how much the slices are tilted.

    Attributes
    ----------
    picture_wished : Signal()
        Another picture is wanted: see `cut` and `held`.
    """

    picture_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.canvas = LocatorCanvas()
        self.canvas.setToolTip(
            "Drag a level to move it; click, scroll or press Up and Down to go to a slice. "
            "White: the slice that is shown. Green: confirmed. Orange and dashed: suggested."
        )
        self._cut = choice_box(((cut.value, cut) for cut in Cut), tooltip="Which way the picture cuts")
        self._through = QSlider(Qt.Orientation.Horizontal)
        self._through.setToolTip("Through which row or column of the slices the picture cuts")
        self._through.setTracking(False)
        self._tilt = wrapped_label()
        self._grid: Grid | None = None
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._cut, 1)
        row.addWidget(self._through, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.canvas)
        column.addLayout(row)
        column.addWidget(self._tilt)
        self._cut.currentIndexChanged.connect(self._cut_chosen)
        self._through.valueChanged.connect(lambda *_: self.picture_wished.emit())
        self.set_grid(None)

    @property
    def cut(self) -> Cut:
        """Which way the picture cuts."""
        return Cut(self._cut.currentData())

    @property
    def held(self) -> int:
        """Row or column through which it runs."""
        return int(self._through.value())

    @property
    def tilt_words(self) -> str:
        """What is said of the tilt of the slices."""
        return str(self._tilt.text())

    def set_grid(self, grid: Grid | None) -> None:
        """Show another series: its names for the cuts, its middle, its tilt."""
        if grid == self._grid and grid is not None:
            return
        self._grid = grid
        self.setVisible(grid is not None)
        self.canvas.set_picture(None)
        if grid is None:
            return
        for number, cut in enumerate(Cut):
            self._cut.setItemText(number, name_of_cut(grid, cut).capitalize())
            self._cut.setItemData(number, cut.value, Qt.ItemDataRole.ToolTipRole)
        self._centre()
        self._tilt.setText(words_of_tilt(grid))
        if self.isVisible():
            self.picture_wished.emit()

    def choose(self, cut: Cut) -> None:
        """Cut another way."""
        choose_value(self._cut, cut)

    def set_through(self, held: int) -> None:
        """Cut through another row or column."""
        self._through.setValue(held)

    def show_picture(self, picture: LocatorPicture) -> None:
        """Show what was read, if it is still what is wanted."""
        if (
            self._grid is not None
            and picture.grid == self._grid
            and (picture.cut, picture.held) == (self.cut, self.held)
        ):
            self.canvas.set_picture(picture)

    def showEvent(self, event: Any) -> None:
        """A picture is read only once somebody sees it."""
        super().showEvent(event)
        if self._grid is not None and self.canvas.picture is None:
            self.picture_wished.emit()

    def _cut_chosen(self) -> None:
        self._centre()
        self.canvas.set_picture(None, words="reading …")
        self.picture_wished.emit()

    def _centre(self) -> None:
        if self._grid is not None:
            n = self._grid.shape[self.cut.axis]
            self._through.blockSignals(True)
            self._through.setRange(0, n - 1)
            self._through.setValue(n // 2)
            self._through.blockSignals(False)


def words_of_tilt(grid: Grid) -> str:
    """How much the slices are tilted, with a warning above five degrees."""
    tilt = grid.obliquity_deg
    said = f"Slices tilted by {tilt:.1f}° against the body’s axes."
    if tilt <= OBLIQUE_DEG:
        return said
    larger = 100 * (1 / math.cos(math.radians(tilt)) - 1)
    return f"<b>⚠ {said}</b> A muscle that runs along the body is cut {larger:.1f} % larger than straight across."
