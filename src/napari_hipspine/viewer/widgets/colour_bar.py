"""What the colours of local fat mean, in per cent."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPalette, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from ...domain.colours import FAT_SCALE, MOST_FAT

_BAR = 12
_SPACE = 3
_END = 14
_TICKS = 6


class ColourBar(QWidget):
    """From no fat to as much as the colours tell apart."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "Share of pixels called fat in the muscle around a place [%]; the scale is the same for everybody. "
            "Grey: not known, because the muscle has no threshold."
        )

    def sizeHint(self) -> QSize:
        """A bar with one line of numbers below."""
        return QSize(240, _BAR + _SPACE + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """As tall, however narrow."""
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: Any) -> None:
        """Paint the bar and its numbers."""
        painter = QPainter(self)
        bar = QRectF(_END, 0, self.width() - 2 * _END, _BAR)
        shades = QLinearGradient(bar.topLeft(), bar.topRight())
        for at, code in zip(np.linspace(0, 1, len(FAT_SCALE)), FAT_SCALE, strict=True):
            shades.setColorAt(float(at), QColor(code))
        text = self.palette().color(QPalette.ColorRole.WindowText)
        painter.fillRect(bar, shades)
        painter.setPen(QPen(text, 1))
        painter.drawRect(bar)
        width = bar.width() / (_TICKS - 1)
        for number, share in enumerate(np.linspace(0, MOST_FAT, _TICKS)):
            words = f"{100 * share:.0f}" if number < _TICKS - 1 else f"≥ {100 * share:.0f} %"
            middle = min(bar.left() + number * width, self.width() - width / 2)
            place = QRectF(middle - width / 2, _BAR + _SPACE, width, self.fontMetrics().height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), words)
        painter.end()
