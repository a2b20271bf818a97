"""The subjects behind one cell of a correlation table: values or ranks, names on hover, a click to open one."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from ...relating.multiplicity import CellName
from ...workflows.relation import Relation
from ...writing.correlation_layout import Cell
from ..workers import refusals_told
from .figure_canvas import FigureCanvas
from .small_parts import choice_box

NO_CELL = "Click a cell of the table to see the subjects behind it."
NO_SUBJECTS = "The subjects of a published table are not known."
_LEAST_SHARE = 0.6


class ScatterPage(QWidget):
    """Shows the cell of a relation that was clicked.

    Attributes
    ----------
    subject_chosen : Signal(str)
        The subject_id of the point that was clicked.
    """

    subject_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._relation: Relation | None = None
        self._cell: Cell | None = None
        self.scale = choice_box((("values", "values"), ("ranks", "ranks")), tooltip="What the axes of the scatter hold")
        self.canvas = FigureCanvas(NO_CELL, least_share=_LEAST_SHARE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.scale)
        column.addWidget(self.canvas, 1)
        self.scale.currentIndexChanged.connect(lambda *_: self._draw())
        self.canvas.point_chosen.connect(self.subject_chosen)

    def value(self) -> Cell | None:
        """The cell shown; None before one was clicked."""
        return self._cell

    def set_value(self, cell: Cell | None) -> None:
        """Show the subjects behind a cell."""
        self._cell = cell
        self._draw()

    def set_relation(self, relation: Relation) -> None:
        """Take the cells of another relation; nothing is shown before one is clicked."""
        self._relation = relation
        self.canvas.set_hint(NO_CELL if relation.values is not None else NO_SUBJECTS)
        self.set_value(None)

    def _draw(self) -> None:
        from ...figures.correlation_scatter import ScatterScale, correlation_scatter

        cell, relation = self._cell, self._relation
        if cell is None or relation is None or relation.values is None:
            self.canvas.set_value(None)
            return
        name = CellName(*cell.lumbar[:2], *cell.hip[:2], cell.lumbar.level, cell.hip.level)
        with refusals_told():
            scale = ScatterScale(self.scale.currentData())
            figure = correlation_scatter(relation.values, name, scale=scale, correlations=relation.correlations)
            self.canvas.set_value(figure, names=relation.values.pairs(name).subjects)
