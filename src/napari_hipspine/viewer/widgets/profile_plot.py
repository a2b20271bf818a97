"""Area and fat of one muscle along the slices; a click goes to the slice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...domain.anatomy import Side
from ..plot_scale import tick_text
from ..profile import Profile, ProfileLine
from ..result_columns import MISSING
from .plot_frame import PlotFrame, faint_colour, line_colour, paint_bottom_axis, paint_left_axis, text_colour

_LEFT_CHARACTERS = 6
_GAP = 10.0
_DOT = 2.2
_LEVEL = (0.902, 0.631, 0.0)
_NOTHING = "Choose a row to see its muscle along the slices."


class ProfilePlot(QWidget):
    """One panel per measure, beside each other where there is room, else below each other.

    Attributes
    ----------
    slice_chosen : Signal(int)
        The slice that was clicked.
    """

    slice_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._profiles: tuple[Profile, ...] = ()
        self._slice: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def value(self) -> tuple[Profile, ...]:
        """What is shown."""
        return self._profiles

    def set_value(self, profiles: tuple[Profile, ...]) -> None:
        """Show measures of one muscle."""
        self._profiles = profiles
        self.update()

    def set_slice(self, slice_index: int | None) -> None:
        """Mark the slice on the screen."""
        if slice_index != self._slice:
            self._slice = slice_index
            self.update()

    def sizeHint(self) -> QSize:
        """Two panels beside each other."""
        return QSize(420, 120)

    def minimumSizeHint(self) -> QSize:
        """Small enough to leave the table its room."""
        return QSize(200, 90)

    def frames(self) -> tuple[PlotFrame, ...]:
        """Where every panel lies."""
        n = len(self._profiles)
        line = QFontMetricsF(self.font()).height()
        left = QFontMetricsF(self.font()).averageCharWidth() * _LEFT_CHARACTERS + 6
        is_wide = self.width() > 2 * self.height()
        frames = []
        for number, profile in enumerate(self._profiles):
            width, height = (self.width() / n, float(self.height())) if is_wide else (self.width(), self.height() / n)
            x, y = (number * width, 0.0) if is_wide else (0.0, number * height)
            inside = QRectF(x + left, y + line + 4, max(10.0, width - left - _GAP), max(10.0, height - 3 * line - 12))
            frames.append(PlotFrame(inside, profile.across, profile.up))
        return tuple(frames)

    def mousePressEvent(self, event: Any) -> None:
        """Go to the slice that was clicked."""
        found = self._slice_at(event.pos().x(), event.pos().y())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.slice_chosen.emit(found)

    def mouseMoveEvent(self, event: Any) -> None:
        """Say what lies under the pointer."""
        found = self._slice_at(event.pos().x(), event.pos().y())
        self.setCursor(Qt.CursorShape.ArrowCursor if found is None else Qt.CursorShape.PointingHandCursor)
        QToolTip.showText(event.globalPosition().toPoint(), "" if found is None else self._words(found), self)

    def paintEvent(self, event: Any) -> None:
        """Paint every panel."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._profiles:
            painter.setPen(faint_colour(self, 190))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), _NOTHING)
        for profile, frame in zip(self._profiles, self.frames(), strict=True):
            self._paint_panel(painter, profile, frame)
        painter.end()

    def _slice_at(self, x: float, y: float) -> int | None:
        for profile, frame in zip(self._profiles, self.frames(), strict=True):
            if frame.inside.adjusted(-_GAP / 2, -_GAP, _GAP / 2, _GAP).contains(QPointF(x, y)):
                return profile.nearest(frame.value_at(x))
        return None

    def _words(self, slice_index: int) -> str:
        lines = [f"{self._profiles[0].muscle.label}, slice {slice_index}"]
        for profile in self._profiles:
            values = profile.value_on(slice_index).items()
            said = ", ".join(f"{side.value} {_number(value)}" for side, value in values)
            lines.append(f"{profile.heading}: {said}")
        return "\n".join(lines)

    def _paint_panel(self, painter: QPainter, profile: Profile, frame: PlotFrame) -> None:
        inside, line = frame.inside, QFontMetricsF(self.font()).height()
        most = max(2, int(inside.height() / (line * 1.6)))
        paint_left_axis(painter, self, frame, most=most)
        paint_bottom_axis(painter, self, frame, "position [mm]")
        painter.setPen(text_colour(self))
        above = QRectF(inside.left(), inside.top() - line - 4, inside.width(), line)
        words = f"{profile.heading} · {profile.muscle.label}"
        painter.drawText(above, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        self._paint_marks(painter, profile, frame)
        for one in sorted(profile.lines, key=lambda drawn: drawn.structure.side is Side.LEFT):
            self._paint_line(painter, one, frame)

    def _paint_marks(self, painter: QPainter, profile: Profile, frame: PlotFrame) -> None:
        """Levels, and the slice on the screen."""
        inside, colour = frame.inside, line_colour(self, _LEVEL)
        for name, position in profile.levels:
            x = frame.x(position)
            painter.setPen(QPen(colour, 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, inside.top()), QPointF(x, inside.bottom()))
            painter.setPen(colour)
            painter.drawText(QRectF(x + 3, inside.top(), 120, 16), int(Qt.AlignmentFlag.AlignLeft), name)
        if self._slice is not None and math.isfinite(here := profile.position_of(self._slice)):
            painter.setPen(QPen(text_colour(self), 1))
            painter.drawLine(QPointF(frame.x(here), inside.top()), QPointF(frame.x(here), inside.bottom()))

    def _paint_line(self, painter: QPainter, one: ProfileLine, frame: PlotFrame) -> None:
        """Points joined where neighbours are known; a gap stays a gap."""
        colour = line_colour(self, one.colour)
        painter.setPen(QPen(colour, 1.8))
        known = np.isfinite(one.values)
        for part in np.split(np.arange(len(known)), np.flatnonzero(~known)):
            points = [frame.point(one.positions_mm[i], one.values[i]) for i in part if known[i]]
            painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for i in np.flatnonzero(known):
            painter.drawEllipse(frame.point(one.positions_mm[i], one.values[i]), _DOT, _DOT)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _number(value: float) -> str:
    return tick_text(round(value, 1)) if math.isfinite(value) else MISSING
