"""One slice as a small picture, true to scale, with letters and a caption."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QImage, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from ..slice_look import SliceLook

_LEAST = 150
_LETTER_POINTS = 11
_LEAST_ROOM_MM = 40.0
_BLACK, _WHITE = QColor(0, 0, 0), QColor(255, 255, 255)
_PLACES = {
    "left": Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    "right": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
}


class SlicePicture(QWidget):
    """Shows a `SliceLook`, or says why there is none; white on black in every theme, as radiologists look at slices."""

    def __init__(self) -> None:
        super().__init__()
        self._look: SliceLook | None = None
        self._words = ""
        self._room_mm = (0.0, 0.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def value(self) -> SliceLook | None:
        """What is shown."""
        return self._look

    def set_value(self, look: SliceLook | None, *, words: str = "", room_mm: tuple[float, float] = (0.0, 0.0)) -> None:
        """Show a slice, or words where there is none.

        Parameters
        ----------
        look : SliceLook or None
            What is shown.
        words : str
            Why there is none.
        room_mm : tuple of float
            Height and width around the middle of the muscles that are shown at least [mm]; two pictures with the
            same room are drawn to the same scale.
        """
        self._look, self._words, self._room_mm = look, words, room_mm
        self.setToolTip(look.caption if look is not None else words)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for one slice."""
        return QSize(220, _LEAST)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a low window."""
        return QSize(_LEAST, _LEAST - 40)

    def paintEvent(self, event: Any) -> None:
        """Paint the slice as large as fits."""
        painter = QPainter(self)
        whole = QRectF(0, 0, self.width(), self.height())
        painter.fillRect(whole, _BLACK)
        painter.setPen(_WHITE)
        if self._look is None:
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(whole.adjusted(8, 8, -8, -8), int(words), self._words)
        else:
            self._paint(painter, whole, self._look)
        painter.end()

    def _paint(self, painter: QPainter, whole: QRectF, look: SliceLook) -> None:
        line = self.fontMetrics().height()
        area = whole.adjusted(0, 0, 0, -line)
        room_high, room_wide = (max(one, _LEAST_ROOM_MM) for one in self._room_mm)
        scale = min(area.width() / room_wide, area.height() / room_high)
        top, left, bottom, right = look.muscles_mm
        height, width = look.size_mm
        drawn = QRectF(0, 0, width * scale, height * scale)
        middle = QPointF((left + right) / 2 * scale, (top + bottom) / 2 * scale)
        drawn.moveTopLeft(area.center() - middle)
        n_rows, n_columns, _ = look.colours.shape
        painter.save()
        painter.setClipRect(area)
        image = QImage(look.colours.data, n_columns, n_rows, 3 * n_columns, QImage.Format.Format_RGB888)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(drawn, image)
        painter.restore()
        below = QRectF(whole.left(), area.bottom(), whole.width(), line)
        words = self.fontMetrics().elidedText(look.caption, Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), words)
        painter.setFont(QFont(painter.font().family(), _LETTER_POINTS, QFont.Weight.Bold))
        for edge, place in _PLACES.items():
            painter.drawText(area.adjusted(4, 2, -4, -2), int(place), getattr(look.view, edge))
