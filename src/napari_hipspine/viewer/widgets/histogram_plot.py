"""The histogram of one muscle, both sides, with its classes and a threshold that can be dragged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from ...domain.anatomy import Side
from ..plot_scale import PlotScale, tick_text
from ..shown_threshold import N_BINS, ShownThreshold
from .plot_frame import PlotFrame, faint_colour, frame_for, line_colour, paint_bottom_axis, text_colour

_HEIGHT = 150
_NEAR = 8.0
_LEFT, _TOP = 10.0, 18.0
_FAT_TINT = QColor(255, 217, 26, 46)
_CLASS_POINTS = 120


class HistogramPlot(QWidget):
    """Pixels by signal, counted on a root scale so that a small class of fat is seen beside the lean one.

    Attributes
    ----------
    dragged : Signal(float)
        The threshold while it is being moved.
    moved : Signal(float)
        The threshold where it was let go.
    """

    dragged = Signal(float)
    moved = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._shown: ShownThreshold | None = None
        self._cut = math.nan
        self._is_dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def value(self) -> ShownThreshold | None:
        """What is shown."""
        return self._shown

    @property
    def cut(self) -> float:
        """The threshold where it is drawn now; not a number when there is none."""
        return self._cut

    @property
    def is_dragging(self) -> bool:
        """Whether the threshold is being moved."""
        return self._is_dragging

    def set_value(self, shown: ShownThreshold | None) -> None:
        """Show a muscle; a drag that is going on is given up."""
        self._shown = shown
        self._is_dragging = False
        self._cut = math.nan if shown is None else shown.threshold.threshold
        self.setToolTip("" if shown is None else _tooltip(shown))
        self.update()

    def frame(self) -> PlotFrame:
        """Where the plot lies."""
        shown = self._shown
        axis = PlotScale(0.0, 1.0) if shown is None else shown.axis
        highest = 1.0 if shown is None else max(1.0, *(float(shown.counts(side).max()) for side in Side))
        return frame_for(self, axis, PlotScale(0.0, math.sqrt(highest) * 1.08), left=_LEFT, top=_TOP)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(340, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """As high, however narrow."""
        return QSize(220, _HEIGHT)

    def mousePressEvent(self, event: Any) -> None:
        """Take hold of the threshold, or put it where it was clicked."""
        if event.button() == Qt.MouseButton.LeftButton and self._can_move:
            self._is_dragging = True
            self._drag_to(event.pos().x())

    def mouseMoveEvent(self, event: Any) -> None:
        """Move the threshold."""
        if self._is_dragging:
            self._drag_to(event.pos().x())
        elif self._can_move:
            is_near = math.isfinite(self._cut) and abs(event.pos().x() - self.frame().x(self._cut)) <= _NEAR
            self.setCursor(Qt.CursorShape.SizeHorCursor if is_near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: Any) -> None:
        """Let the threshold go."""
        if self._is_dragging and event.button() == Qt.MouseButton.LeftButton:
            self._is_dragging = False
            self.moved.emit(self._cut)

    def keyPressEvent(self, event: Any) -> None:
        """Move the threshold by one bin, or by a tenth of it with Shift."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
        if step is None or not self._can_move or self._shown is None or not math.isfinite(self._cut):
            super().keyPressEvent(event)
            return
        axis = self._shown.axis
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._cut = self._shown.rounded(self._cut + step * fine * (axis.high - axis.low) / N_BINS)
        self.update()
        self.moved.emit(self._cut)

    def paintEvent(self, event: Any) -> None:
        """Paint counts, classes and threshold."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self.frame()
        if self._shown is not None:
            self._paint_fat_side(painter, frame, self._shown)
            for side in (Side.RIGHT, Side.LEFT):
                self._paint_counts(painter, frame, self._shown, side)
            self._paint_classes(painter, frame, self._shown)
            self._paint_threshold(painter, frame, self._shown)
            title = "fat fraction" if self._shown.is_fraction else "signal"
            paint_bottom_axis(painter, self, frame, f"{title}; height: root of the pixels")
        painter.end()

    @property
    def _can_move(self) -> bool:
        return self._shown is not None and not self._shown.is_fraction and self.isEnabled()

    def _drag_to(self, x: float) -> None:
        shown, frame = self._shown, self.frame()
        if shown is None:
            return
        inside = min(max(x, frame.inside.left()), frame.inside.right())
        self._cut = shown.rounded(frame.value_at(inside))
        self.update()
        self.dragged.emit(self._cut)

    def _paint_fat_side(self, painter: QPainter, frame: PlotFrame, shown: ShownThreshold) -> None:
        if not math.isfinite(self._cut):
            return
        at = min(max(frame.x(self._cut), frame.inside.left()), frame.inside.right())
        fat = QRectF(frame.inside)
        if shown.fat_is_above:
            fat.setLeft(at)
        else:
            fat.setRight(at)
        painter.fillRect(fat, _FAT_TINT)
        painter.setPen(faint_colour(self, 190))
        edge = Qt.AlignmentFlag.AlignRight if shown.fat_is_above else Qt.AlignmentFlag.AlignLeft
        painter.drawText(fat.adjusted(4, 1, -4, 0), int(edge | Qt.AlignmentFlag.AlignTop), "fat")

    def _paint_counts(self, painter: QPainter, frame: PlotFrame, shown: ShownThreshold, side: Side) -> None:
        counts = np.sqrt(shown.counts(side))
        edges = np.linspace(frame.across.low, frame.across.high, N_BINS + 1)
        outline = [frame.point(edges[0], 0.0)]
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
            outline += [frame.point(low, count), frame.point(high, count)]
        outline.append(frame.point(edges[-1], 0.0))
        colour = line_colour(self, shown.colour(side))
        fill = QColor(colour)
        fill.setAlpha(90)
        painter.setBrush(fill)
        painter.setPen(QPen(colour, 1.2))
        painter.drawPolygon(QPolygonF(outline))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_classes(self, painter: QPainter, frame: PlotFrame, shown: ShownThreshold) -> None:
        """Bell curves where the method fits them, else where its classes lie."""
        pen = QPen(text_colour(self), 1, Qt.PenStyle.DotLine)
        width = (frame.across.high - frame.across.low) / N_BINS
        # Drawn against one side's counts: the mean of both.
        n = shown.both.n / 2
        for one in shown.classes:
            painter.setPen(pen)
            x = frame.x(one.signal)
            painter.drawLine(QPointF(x, frame.inside.top() + 14), QPointF(x, frame.inside.bottom()))
            if math.isfinite(one.spread):
                values = np.linspace(frame.across.low, frame.across.high, _CLASS_POINTS)
                bell = np.exp(-0.5 * ((values - one.signal) / one.spread) ** 2) / (one.spread * math.sqrt(2 * math.pi))
                heights = np.sqrt(n * one.share * width * bell)
                painter.setPen(QPen(text_colour(self), 1.4, Qt.PenStyle.DashLine))
                painter.drawPolyline(QPolygonF([frame.point(v, h) for v, h in zip(values, heights, strict=True)]))
            painter.setPen(faint_colour(self, 190))
            room = QRectF(x - 60, 1, 120, 14)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter), f"{one.name} {tick_text(round(one.signal, 1))}")

    def _paint_threshold(self, painter: QPainter, frame: PlotFrame, shown: ShownThreshold) -> None:
        found = shown.threshold.as_found.threshold
        if math.isfinite(found) and found != self._cut:
            painter.setPen(QPen(faint_colour(self, 150), 1, Qt.PenStyle.DashLine))
            painter.drawLine(frame.point(found, frame.up.low), frame.point(found, frame.up.high))
        if not math.isfinite(self._cut):
            return
        x = frame.x(self._cut)
        painter.setPen(QPen(text_colour(self), 2))
        painter.drawLine(QPointF(x, frame.inside.top()), QPointF(x, frame.inside.bottom()))
        if self._can_move:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(text_colour(self))
            middle = frame.inside.center().y()
            painter.drawRoundedRect(QRectF(x - 4, middle - 12, 8, 24), 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)


def _tooltip(shown: ShownThreshold) -> str:
    sides = "Left lighter, right darker, both with one threshold."
    if shown.is_fraction:
        return f"{sides} Fat fractions are cut at {tick_text(shown.threshold.threshold)}; the protocol says so."
    return f"{sides} Drag the line, or move it with ← and →; the dashed line is what was found."
