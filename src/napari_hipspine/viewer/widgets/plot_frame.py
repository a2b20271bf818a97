"""The frame that our small plots share: margins, axes with round numbers and titles, in the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPalette, QPen
from qtpy.QtWidgets import QWidget

from ..plot_scale import PlotScale, tick_text
from ..readable import behind_text, readable

_TICK = 4.0
_GAP = 3.0
_TICK_ROOM = 70.0
_FAINT = 60


@dataclass(frozen=True)
class PlotFrame:
    """Where a plot lies in its widget, and how values become places.

    Parameters
    ----------
    inside : QRectF
        The rectangle between the axes [pixels].
    across, up : PlotScale
        Values from left to right, and from bottom to top.
    """

    inside: QRectF
    across: PlotScale
    up: PlotScale

    def x(self, value: float) -> float:
        """Column of a value [pixels]."""
        return float(self.inside.left() + self.across.share(value) * self.inside.width())

    def y(self, value: float) -> float:
        """Row of a value [pixels]."""
        return float(self.inside.bottom() - self.up.share(value) * self.inside.height())

    def value_at(self, x: float) -> float:
        """Value at a column."""
        return self.across.value((x - self.inside.left()) / max(1.0, self.inside.width()))

    def point(self, across: float, up: float) -> QPointF:
        """Place of a pair of values."""
        return QPointF(self.x(across), self.y(up))


def frame_for(widget: QWidget, across: PlotScale, up: PlotScale, *, left: float, top: float) -> PlotFrame:
    """A frame that fills a widget, with room for numbers on the left and a title line at the top [pixels]."""
    line = QFontMetricsF(widget.font()).height()
    bottom = 2 * line + _TICK + _GAP
    inside = QRectF(left, top, max(10.0, widget.width() - left - 10), max(10.0, widget.height() - top - bottom))
    return PlotFrame(inside, across, up)


def text_colour(widget: QWidget) -> QColor:
    """Colour of text in the theme."""
    return QColor(widget.palette().color(QPalette.ColorRole.WindowText))


def faint_colour(widget: QWidget, alpha: int = _FAINT) -> QColor:
    """The same, to be seen through."""
    colour = text_colour(widget)
    colour.setAlpha(alpha)
    return colour


def line_colour(widget: QWidget, colour: tuple[float, float, float]) -> QColor:
    """A colour of ours as it can be told from the theme's background."""
    text = text_colour(widget)
    return QColor.fromRgbF(*readable(colour, behind_text((text.redF(), text.greenF(), text.blueF()))))


def paint_bottom_axis(painter: QPainter, widget: QWidget, frame: PlotFrame, title: str) -> None:
    """Line, round numbers and title below the plot."""
    inside, line = frame.inside, QFontMetricsF(widget.font()).height()
    painter.setPen(QPen(faint_colour(widget, 160), 1))
    painter.drawLine(inside.bottomLeft(), inside.bottomRight())
    for value in frame.across.ticks(max(2, int(inside.width() / _TICK_ROOM))):
        x = frame.x(value)
        painter.setPen(QPen(faint_colour(widget, 160), 1))
        painter.drawLine(QPointF(x, inside.bottom()), QPointF(x, inside.bottom() + _TICK))
        painter.setPen(text_colour(widget))
        room = QRectF(x - _TICK_ROOM / 2, inside.bottom() + _TICK, _TICK_ROOM, line)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter), tick_text(value))
    painter.setPen(text_colour(widget))
    below = QRectF(inside.left(), inside.bottom() + _TICK + line, inside.width(), line + _GAP)
    painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), title)


def paint_left_axis(
    painter: QPainter, widget: QWidget, frame: PlotFrame, *, most: int, words: Callable[[float], str] = tick_text
) -> None:
    """Line, round numbers and faint rules at the left of the plot."""
    inside, line = frame.inside, QFontMetricsF(widget.font()).height()
    for value in frame.up.ticks(most):
        y = frame.y(value)
        painter.setPen(QPen(faint_colour(widget, 40), 1))
        painter.drawLine(QPointF(inside.left(), y), QPointF(inside.right(), y))
        painter.setPen(text_colour(widget))
        room = QRectF(0, y - line / 2, inside.left() - _GAP, line)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words(value))
    painter.setPen(QPen(faint_colour(widget, 160), 1))
    painter.drawLine(inside.topLeft(), inside.bottomLeft())
