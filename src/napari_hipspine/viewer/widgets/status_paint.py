"""How far a slice is, painted the same in the strips and in their legend."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen

from ...keeping.label_store_status import Status

_UNSURE = QColor("#ffb000")

_HEIGHTS = {
    Status.EMPTY: 0.0,
    Status.IMPORTED: 0.5,
    Status.FILLED: 0.5,
    Status.DRAWN: 1.0,
    Status.EDITED: 0.78,
    Status.APPROVED: 1.0,
}
"""How much of a cell is coloured; an imported one is hollow, an approved one underlined besides."""


def paint_status(painter: QPainter, rect: QRectF, status: Status, colour: QColor, text: QColor) -> None:
    """How far a slice is, as the legend has it.

    Parameters
    ----------
    painter : QPainter
        Painting.
    rect : QRectF
        The cell.
    status : Status
        How far the slice is.
    colour, text : QColor
        Of the muscle, and of text.
    """
    inner = rect.adjusted(0.4, 1, -0.4, -1) if rect.width() > 3 else rect.adjusted(0, 1, 0, -1)
    height = inner.height() * _HEIGHTS[status]
    bar = QRectF(inner.left(), inner.bottom() - height, inner.width(), height)
    if status is Status.IMPORTED:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 1))
        painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
        return
    painter.fillRect(bar, colour)
    if status is Status.APPROVED:
        painter.fillRect(QRectF(inner.left(), inner.bottom() - 3, inner.width(), 3), text)


def paint_doubt(painter: QPainter, at: QPointF) -> None:
    """The dot of a slice that wants a look."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_UNSURE)
    painter.drawEllipse(at, 2.4, 2.4)
