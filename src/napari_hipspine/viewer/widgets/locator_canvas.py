"""The picture across the slices, with the slice that is shown and the levels as lines that can be dragged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from ...domain.level_plan import LevelPlan
from ..crosshair import Place
from ..locator_picture import LocatorPicture
from .locator_painter import LocatorPainter, paint_words

_NEAR_PIXELS = 6
_HEIGHTS = (96, 250)
_USUAL_WIDTH = 360
_EMPTY = "No picture yet"


class LocatorCanvas(QWidget):
    """Levels on a sagittal or coronal picture.

    Attributes
    ----------
    value_changed : Signal(object)
        The `LevelPlan` after a line was dragged and let go.
    visit_wished : Signal(int)
        The user wants to see a slice.
    pointed : Signal(int, float)
        Axis of the grid that runs across the picture, and the row or column along it that was clicked.
    """

    value_changed = Signal(object)
    visit_wished = Signal(int)
    pointed = Signal(int, float)

    def __init__(self) -> None:
        super().__init__()
        self._plan = LevelPlan()
        self._picture: LocatorPicture | None = None
        self._image = QImage()
        self._here: int | None = None
        self._cross: Place | None = None
        self._words = _EMPTY
        self._dragged: int | None = None
        self._visited: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit_height()

    def value(self) -> LevelPlan:
        """Levels and window."""
        return self._plan

    def set_value(self, plan: LevelPlan) -> None:
        """Show levels; not while one of them is being dragged."""
        if self._dragged is None:
            self._plan = plan
            self.update()

    @property
    def picture(self) -> LocatorPicture | None:
        """What lies behind the lines."""
        return self._picture

    def set_picture(self, picture: LocatorPicture | None, *, words: str = _EMPTY) -> None:
        """Show a picture, or words in place of one."""
        self._picture, self._words, self._dragged = picture, words, None
        if picture is not None:
            n_down, n_across = picture.pixels.shape
            grey = QImage.Format.Format_Grayscale8
            self._image = QImage(picture.pixels.tobytes(), n_across, n_down, n_across, grey).copy()
        self._fit_height()
        self.update()

    def set_here(self, slice_index: int | None) -> None:
        """Mark the slice that is on the screen."""
        if slice_index != self._here:
            self._here = slice_index
            self.update()

    def set_cross(self, place: Place | None) -> None:
        """Mark the place of the crosshair, or none."""
        self._cross = place
        self.update()

    def line_y(self, position_mm: float) -> float:
        """Height on the widget at which a position is drawn [pixels]."""
        area = self._area()
        return float(area.top() + (self._picture.down_of(position_mm) if self._picture else 0.0) * area.height())

    def resizeEvent(self, event: Any) -> None:
        """Keep the picture's proportions in the patient."""
        super().resizeEvent(event)
        self._fit_height()

    def mousePressEvent(self, event: Any) -> None:
        """Take up a line, or go to the slice under the pointer."""
        if self._picture is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._dragged = self._line_near(event.position())
        if self._dragged is None:
            self._visit(event.position())

    def mouseMoveEvent(self, event: Any) -> None:
        """Move the line that was taken up; the slice shown goes with it."""
        if self._picture is None:
            return
        if self._dragged is None and event.buttons() & Qt.MouseButton.LeftButton:
            self._visit(event.position())
        elif self._dragged is None:
            is_near = self._line_near(event.position()) is not None
            self.setCursor(Qt.CursorShape.SizeVerCursor if is_near else Qt.CursorShape.ArrowCursor)
        else:
            moved = replace(self._plan.placements[self._dragged], position_mm=self._position_at(event.position()))
            placements = list(self._plan.placements)
            placements[self._dragged] = moved
            self._plan = replace(self._plan, placements=tuple(placements))
            self._visit(event.position())
            self.update()

    def mouseReleaseEvent(self, event: Any) -> None:
        """Let the line go: it stays where it is now."""
        was_dragged, self._dragged, self._visited = self._dragged is not None, None, None
        self.update()
        if was_dragged:
            self.value_changed.emit(self._plan)

    def wheelEvent(self, event: Any) -> None:
        """One slice towards the head or the feet."""
        self._step(1 if event.angleDelta().y() > 0 else -1)
        event.accept()

    def keyPressEvent(self, event: Any) -> None:
        """Arrows go one slice towards the head or the feet."""
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            self._step(steps[event.key()])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: Any) -> None:
        """Picture, window, lines, letters."""
        brush = QPainter(self)
        if self._picture is None:
            paint_words(brush, QRectF(self.rect()), self._words)
            return
        painter = LocatorPainter(brush, self._picture, self._area(), QRectF(self.rect()))
        painter.paint_picture(self._image)
        painter.paint_here(self._here)
        if self._cross is not None:
            painter.paint_cross(self._cross)
        for number, placed in enumerate(self._plan.placements):
            painter.paint_level(placed, self._plan, is_dragged=number == self._dragged)
        painter.paint_letters()

    def _area(self) -> QRectF:
        """Where the picture is drawn: as large as fits, with the patient's proportions."""
        picture = self._picture
        if picture is None:
            return QRectF(self.rect())
        scale = min(self.width() / picture.width_mm, self.height() / picture.height_mm)
        width, height = picture.width_mm * scale, picture.height_mm * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _fit_height(self) -> None:
        low, high = _HEIGHTS
        picture = self._picture
        wanted = low if picture is None else (self.width() or _USUAL_WIDTH) * picture.height_mm / picture.width_mm
        self.setFixedHeight(round(min(max(wanted, low), high)))

    def _line_near(self, point: QPointF) -> int | None:
        """The level whose line lies under the pointer, the nearest where there are several."""
        away = [(abs(self.line_y(p.position_mm) - point.y()), n) for n, p in enumerate(self._plan.placements)]
        distance, number = min(away, default=(_NEAR_PIXELS + 1.0, -1))
        return number if distance <= _NEAR_PIXELS else None

    def _position_at(self, point: QPointF) -> float:
        area = self._area()
        return self._picture.position_at((point.y() - area.top()) / area.height()) if self._picture else 0.0

    def _visit(self, point: QPointF) -> None:
        if self._picture is not None:
            area = self._area()
            along = self._picture.index_across((point.x() - area.left()) / area.width())
            self.pointed.emit(self._picture.cut.axis_across, along)
            index = self._picture.grid.nearest_slice(self._position_at(point))
            if index != self._visited:
                self._visited = index
                self.visit_wished.emit(index)

    def _step(self, headwards: int) -> None:
        if self._picture is None or self._here is None:
            return
        index = self._here + (-headwards if self._picture.first_is_at_top else headwards)
        if 0 <= index < self._picture.grid.shape[0]:
            self.visit_wished.emit(index)
