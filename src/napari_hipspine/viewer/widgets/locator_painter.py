"""How the picture across the slices is drawn: grey, levels with their windows, letters."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QImage, QPainter, QPen

from ...domain.errors import InvalidChoice
from ...domain.level_plan import LevelPlacement, LevelPlan
from ..crosshair import Place
from ..locator_picture import LocatorPicture

_BACKGROUND = QColor(0, 0, 0)
_CONFIRMED = QColor("#44DD99")
_SUGGESTED = QColor("#FFB347")
_HERE = QColor(255, 255, 255, 190)
_CROSS = QColor("#66E0FF")
_WINDOW_ALPHA = 50
_BOX = QColor(0, 0, 0, 170)
_LETTER = QColor(255, 255, 255)
_POINTS = 8
_LETTER_POINTS = 11
_FIRST_WORDS = 18
_PLACES = {
    "left": Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    "right": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
    "top": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop,
    "bottom": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom,
}


class LocatorPainter:
    """Draws on a widget; the same colours on black in every theme.

    Parameters
    ----------
    brush : QPainter
        Open on the widget.
    picture : LocatorPicture
        What is drawn.
    area, whole : QRectF
        Where the picture lies, and the widget.
    """

    def __init__(self, brush: QPainter, picture: LocatorPicture, area: QRectF, whole: QRectF) -> None:
        self._brush = brush
        self._picture = picture
        self._area = area
        self._whole = whole
        family = brush.font().family()
        self._small = QFont(family, _POINTS)
        self._taken: list[QRectF] = []
        self._large = QFont(family, _LETTER_POINTS, QFont.Weight.Bold)

    def paint_picture(self, image: QImage) -> None:
        """The grey picture on black."""
        self._brush.fillRect(self._whole, _BACKGROUND)
        self._brush.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._brush.drawImage(self._area, image)

    def paint_here(self, slice_index: int | None) -> None:
        """A thin line where the slice on the screen lies."""
        grid = self._picture.grid
        if slice_index is not None and 0 <= slice_index < grid.shape[0]:
            self._brush.setPen(QPen(_HERE, 1))
            self._draw_line(self._y(grid.slice_position_mm(slice_index)))

    def paint_cross(self, place: Place) -> None:
        """The crosshair's place as a line down the picture; its slice has a line already."""
        picture = self._picture
        share = picture.across_of(place.row if picture.cut.axis_across == 1 else place.column)
        x = self._area.left() + share * self._area.width()
        self._brush.setPen(QPen(_CROSS, 1))
        self._brush.drawLine(QPointF(x, self._area.top()), QPointF(x, self._area.bottom()))

    def paint_level(self, placed: LevelPlacement, plan: LevelPlan, *, is_dragged: bool) -> None:
        """A level: the slices read there shaded, its line, its words."""
        brush, y = self._brush, self._y(placed.position_mm)
        colour = _CONFIRMED if placed.is_confirmed else _SUGGESTED
        faint = QColor(colour)
        faint.setAlpha(_WINDOW_ALPHA)
        brush.fillRect(self._window(placed, plan), faint)
        dash = Qt.PenStyle.SolidLine if placed.is_confirmed else Qt.PenStyle.DashLine
        brush.setPen(QPen(colour, 3 if is_dragged else 2, dash))
        self._draw_line(y)
        brush.setFont(self._small)
        words, metrics = words_of(self._picture, placed), brush.fontMetrics()
        height = metrics.height() + 2
        above = y - height - 2
        top = above if above >= self._area.top() else y + 2
        box = self._beside_others(QRectF(_FIRST_WORDS, top, metrics.horizontalAdvance(words) + 8, height))
        brush.fillRect(box, _BOX)
        brush.setPen(colour)
        brush.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def paint_letters(self) -> None:
        """The patient's letter at every edge."""
        self._brush.setFont(self._large)
        inner = self._whole.adjusted(4, 2, -4, -2)
        for edge, place in _PLACES.items():
            for shift, colour in ((1, _BACKGROUND), (0, _LETTER)):
                self._brush.setPen(colour)
                self._brush.drawText(inner.translated(shift, shift), place, self._picture.letters.get(edge, ""))

    def _window(self, placed: LevelPlacement, plan: LevelPlan) -> QRectF:
        """The slices that are read at a level; none where it lies outside."""
        grid = self._picture.grid
        try:
            slices = plan.slices(grid, placed)
        except InvalidChoice:
            return QRectF()
        half = self._area.height() / grid.shape[0] / 2
        ys = [self._y(grid.slice_position_mm(index)) for index in slices]
        return QRectF(self._area.left(), min(ys) - half, self._area.width(), max(ys) - min(ys) + 2 * half)

    def _beside_others(self, box: QRectF) -> QRectF:
        """A place for words where none are yet: further to the right, as long as the widget reaches."""
        for other in self._taken:
            if box.intersects(other) and other.right() + 2 + box.width() < self._whole.right() - _FIRST_WORDS:
                box.moveLeft(other.right() + 2)
        self._taken.append(box)
        return box

    def _y(self, position_mm: float) -> float:
        return float(self._area.top() + self._picture.down_of(position_mm) * self._area.height())

    def _draw_line(self, y: float) -> None:
        self._brush.drawLine(QPointF(self._area.left(), y), QPointF(self._area.right(), y))


def paint_words(brush: QPainter, whole: QRectF, words: str) -> None:
    """Words in place of a picture."""
    brush.fillRect(whole, _BACKGROUND)
    brush.setPen(_LETTER)
    brush.drawText(whole, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)


def words_of(picture: LocatorPicture, placed: LevelPlacement) -> str:
    """Level, muscle where it has one of its own, position and slice."""
    index = picture.grid.nearest_slice(placed.position_mm)
    name = placed.level.id.replace("_", " ") + ("" if placed.is_confirmed else "?")
    muscle = f" ({placed.muscle.label})" if placed.muscle else ""
    return f"{name}{muscle}  {placed.position_mm:.1f} mm · slice {index}".replace("-", "−")
