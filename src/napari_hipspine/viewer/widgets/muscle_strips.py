"""The list of muscles as strips: one cell per slice and side, painted by ourselves, clicked to go there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QPainter, QPalette, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...domain.anatomy import Side, Structure
from ...keeping.label_store_status import Status
from ..muscle_rows import MuscleRow, Strip
from ..shortcuts import Wish, tooltip_of
from .plot_frame import line_colour
from .status_paint import paint_doubt, paint_status

_ROW = 34
_NAME = 16
_BAR = 5
_ICON = 42
_LETTER = 12
_GAP = 6
_WORDS_ALPHA = 180
"""Of words that are not switched on; less could not be read in the light theme."""

_ICONS = ("lock", "solo", "eye")
_SAID = {"lock": ("lock", "locked"), "solo": ("solo", "alone"), "eye": ("hide", "hidden")}
"""What stands in a row: what can be done, and what was."""


@dataclass(frozen=True)
class _Spot:
    """What lies under the pointer."""

    row: MuscleRow
    part: str
    side: Side | None = None
    slice_index: int = 0


class MuscleStrips(QWidget):
    """Rows of muscles, the patient's left strip before the right one.

    Attributes
    ----------
    cell_chosen : Signal(int, int)
        Slice and label value that were clicked.
    value_chosen : Signal(int)
        The name of a muscle was clicked: its label value, on the side worked on so far.
    added : Signal(object)
        A structure was clicked that the labels do not name yet.
    lock_wished, solo_wished, hide_wished : Signal(object)
        The row whose lock, solo or eye was clicked.
    """

    cell_chosen = Signal(int, int)
    value_chosen = Signal(int)
    added = Signal(object)
    lock_wished = Signal(object)
    solo_wished = Signal(object)
    hide_wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[MuscleRow, ...] = ()
        self._active = 0
        self._slice: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def value(self) -> tuple[MuscleRow, ...]:
        """Rows shown."""
        return self._rows

    def set_value(self, rows: tuple[MuscleRow, ...]) -> None:
        """Show rows."""
        if rows != self._rows:
            self._rows = rows
            self.updateGeometry()
            self.update()

    def set_here(self, *, active: int, slice_index: int | None) -> None:
        """Show which label is worked on and which slice is on the screen."""
        if (active, slice_index) != (self._active, self._slice):
            self._active, self._slice = active, slice_index
            self.update()

    def active_strip(self) -> Strip | None:
        """The strip that is worked on."""
        strips = (strip for row in self._rows for strip in (row.left, row.right))
        return next((strip for strip in strips if strip is not None and strip.value == self._active), None)

    def sizeHint(self) -> QSize:
        """Tall enough for every row."""
        return QSize(360, max(1, len(self._rows)) * _ROW)

    def minimumSizeHint(self) -> QSize:
        """As tall, however narrow."""
        return QSize(280, self.sizeHint().height())

    def cell_rect(self, row: int, side: Side, slice_index: int) -> QRectF:
        """Where a cell is painted."""
        strip = self._rows[row].strip(side)
        whole = self._strip_rect(row, side)
        width = whole.width() / max(1, len(strip.statuses) if strip else 1)
        return QRectF(whole.left() + slice_index * width, whole.top(), width, whole.height())

    def icon_rect(self, row: int, icon: str) -> QRectF:
        """Where a row's ``lock``, ``solo`` or ``eye`` is painted."""
        right = self.width() - _ICON * (len(_ICONS) - _ICONS.index(icon))
        return QRectF(right, row * _ROW, _ICON, _NAME)

    def mousePressEvent(self, event: Any) -> None:
        """Go where was clicked."""
        spot = self._spot(event.pos().x(), event.pos().y())
        if spot is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if spot.part == "lock":
            self.lock_wished.emit(spot.row)
        elif spot.part == "solo":
            self.solo_wished.emit(spot.row)
        elif spot.part == "eye":
            self.hide_wished.emit(spot.row)
        elif spot.side is not None:
            self._choose_cell(spot, spot.side)
        else:
            active = self.active_strip()
            wanted = spot.row.strip(active.structure.side if active else Side.LEFT) or spot.row.left or spot.row.right
            if wanted is not None:
                self.value_chosen.emit(wanted.value)

    def mouseMoveEvent(self, event: Any) -> None:
        """Say what lies under the pointer."""
        spot = self._spot(event.pos().x(), event.pos().y())
        QToolTip.showText(event.globalPosition().toPoint(), _words(spot) if spot else "", self)

    def paintEvent(self, event: Any) -> None:
        """Paint every row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, row in enumerate(self._rows):
            self._paint_row(painter, number, row)
        painter.end()

    def _choose_cell(self, spot: _Spot, side: Side) -> None:
        strip = spot.row.strip(side)
        if strip is None:
            self.added.emit(Structure(spot.row.muscle, side))
        else:
            self.cell_chosen.emit(spot.slice_index, strip.value)

    def _strip_rect(self, row: int, side: Side) -> QRectF:
        width = (self.width() - _BAR - 3 * _GAP - 2 * _LETTER) / 2
        left = _BAR + _GAP + _LETTER
        if side is Side.RIGHT:
            left += width + _GAP + _LETTER
        return QRectF(left, row * _ROW + _NAME, width, _ROW - _NAME - 5)

    def _spot(self, x: float, y: float) -> _Spot | None:
        number = int(y // _ROW)
        if not 0 <= number < len(self._rows):
            return None
        row = self._rows[number]
        for icon in _ICONS:
            if self.icon_rect(number, icon).contains(QPointF(x, y)) and row.values:
                return _Spot(row, icon)
        for side in Side:
            rect = self._strip_rect(number, side)
            if rect.contains(QPointF(x, y)):
                strip = row.strip(side)
                n = len(strip.statuses) if strip else 1
                return _Spot(row, "cell", side, min(int((x - rect.left()) / rect.width() * n), n - 1))
        return _Spot(row, "name")

    def _paint_row(self, painter: QPainter, number: int, row: MuscleRow) -> None:
        text = self.palette().color(QPalette.ColorRole.WindowText)
        is_active = self._active in row.values
        top = number * _ROW
        if is_active:
            accent = self.palette().color(QPalette.ColorRole.Highlight)
            shade = QColor(accent)
            shade.setAlpha(110)
            painter.fillRect(QRectF(0, top, self.width(), _ROW - 2), shade)
            painter.fillRect(QRectF(0, top, _BAR, _ROW - 2), text)
        font = QFont(self.font())
        font.setBold(is_active)
        painter.setFont(font)
        strip = row.left or row.right
        name = QRectF(_BAR + _GAP, top, self.width() - len(_ICONS) * _ICON - _BAR - _GAP, _NAME)
        if strip is not None:
            painter.fillRect(QRectF(name.left(), top + 5, 9, 9), line_colour(self, strip.colour))
        painter.setPen(text)
        side = next((s.value for s in Side if (there := row.strip(s)) and there.value == self._active), "")
        words = f"{row.muscle.label} · {side}" if side else row.muscle.label
        painter.drawText(name.adjusted(14, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), words)
        self._paint_icons(painter, number, row, text)
        for one in Side:
            self._paint_strip(painter, number, row, one)

    def _paint_icons(self, painter: QPainter, number: int, row: MuscleRow, text: QColor) -> None:
        if not row.values:
            return
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1))
        states = (row.is_locked, row.is_solo, row.is_hidden)
        for icon, is_on in zip(_ICONS, states, strict=True):
            font.setBold(is_on)
            painter.setFont(font)
            shade = QColor(text)
            shade.setAlpha(255 if is_on else _WORDS_ALPHA)
            painter.setPen(shade)
            painter.drawText(self.icon_rect(number, icon), int(Qt.AlignmentFlag.AlignCenter), _SAID[icon][is_on])

    def _paint_strip(self, painter: QPainter, number: int, row: MuscleRow, side: Side) -> None:
        text = self.palette().color(QPalette.ColorRole.WindowText)
        whole, strip = self._strip_rect(number, side), row.strip(side)
        painter.setFont(self.font())
        painter.setPen(text)
        letter = QRectF(whole.left() - _LETTER, whole.top(), _LETTER, whole.height())
        painter.drawText(letter, int(Qt.AlignmentFlag.AlignCenter), side.value[0].upper())
        faint = QColor(text)
        faint.setAlpha(45)
        if strip is None:
            painter.setPen(QPen(faint, 1, Qt.PenStyle.DashLine))
            painter.drawRect(whole)
            faint.setAlpha(_WORDS_ALPHA)
            painter.setPen(faint)
            painter.drawText(whole, int(Qt.AlignmentFlag.AlignCenter), "add")
            return
        for index, status in enumerate(strip.statuses):
            self._paint_cell(painter, self.cell_rect(number, side, index), strip, status, index)
        is_active = strip.value == self._active
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(text if is_active else faint, 1.6 if is_active else 1))
        painter.drawRect(whole)
        if self._slice is not None and self._slice < len(strip.statuses):
            here = self.cell_rect(number, side, self._slice).center().x()
            painter.setPen(QPen(text, 1))
            painter.drawLine(QPointF(here, whole.top() - 2), QPointF(here, whole.bottom() + 3))

    def _paint_cell(self, painter: QPainter, rect: QRectF, strip: Strip, status: Status, index: int) -> None:
        colour = line_colour(self, strip.colour)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        paint_status(painter, rect, status, colour, text)
        if index in strip.unsure:
            paint_doubt(painter, QPointF(rect.center().x(), rect.top() + 4))
        if index in strip.slabs:
            painter.setPen(QPen(text, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(rect.left(), rect.top() - 3), QPointF(rect.left(), rect.bottom() + 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(text)
        for mark, edge, turn in ((0, rect.left(), 1), (1, rect.right(), -1)):
            if strip.extent[mark] == index:
                tip = [QPointF(edge, rect.top()), QPointF(edge + 5 * turn, rect.top()), QPointF(edge, rect.bottom())]
                painter.drawPolygon(QPolygonF(tip))


def _words(spot: _Spot) -> str:
    if spot.part == "lock":
        return "Locked: no tool, undo or redo changes it" if spot.row.is_locked else "Lock, so that nothing changes it"
    if spot.part == "solo":
        return "Show all muscles again" if spot.row.is_solo else tooltip_of(Wish.SOLO)
    if spot.part == "eye":
        return "Show again" if spot.row.is_hidden else tooltip_of(Wish.HIDE)
    if spot.side is None:
        return f"Work on {spot.row.muscle.label}"
    strip = spot.row.strip(spot.side)
    if strip is None:
        return f"Name a new label value {Structure(spot.row.muscle, spot.side).label}"
    return strip.describe(spot.slice_index)
