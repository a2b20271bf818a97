"""What the cells of the strips say, in small."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPalette
from qtpy.QtWidgets import QSizePolicy, QWidget

from ...keeping.label_store_status import Status
from .status_paint import paint_doubt, paint_status

_SHOWN = (Status.IMPORTED, Status.FILLED, Status.DRAWN, Status.EDITED, Status.APPROVED)
_LOOK = "look"
_CELL = QSize(7, 13)
_GAP = 4
_BETWEEN = 10
_SMALLER_PT = 1.5

MEANINGS = {
    Status.IMPORTED: "came from a file; nobody has looked at it here",
    Status.FILLED: "made by a tool; wants a look",
    Status.DRAWN: "made by a person",
    Status.EDITED: "made by a tool or imported, then changed by a person",
    Status.APPROVED: "a person said that it is good",
}


class StripLegend(QWidget):
    """One line: a cell of every kind and its word."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        lines = [f"{status.value}: {meaning}" for status, meaning in MEANINGS.items()]
        filled_from = "Fill between starts from drawn, edited and approved slices."
        self.setToolTip("\n".join([*lines, f"{_LOOK} (orange dot): the fill is unsure", filled_from]))

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(320, _CELL.height() + 5)

    def minimumSizeHint(self) -> QSize:
        """One line, however narrow."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: Any) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(max(6.5, font.pointSizeF() - _SMALLER_PT))
        painter.setFont(font)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        colour = QColor(text)
        colour.setAlpha(150)
        left = 0.0
        for status in (*_SHOWN, None):
            cell = QRectF(left, 2, _CELL.width(), _CELL.height())
            if status is None:
                paint_doubt(painter, QPointF(cell.center()))
            else:
                paint_status(painter, cell, status, colour, text)
            words = _LOOK if status is None else status.value
            painter.setPen(text)
            width = painter.fontMetrics().horizontalAdvance(words)
            place = QRectF(cell.right() + _GAP, 0, width + 1, self.height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), words)
            left = place.right() + _BETWEEN
        painter.end()
