"""A figure made elsewhere, on a Qt canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QScrollArea, QToolTip, QVBoxLayout, QWidget

from .small_parts import wrapped_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class FigureCanvas(QWidget):
    """Shows one figure at a time, or words where there is none.

    Parameters
    ----------
    hint : str
        Shown before there is a figure.
    least_share : float
        How small the figure may be drawn, words and all, as a share of the size it was laid out for; below that it is
        scrolled.

    Attributes
    ----------
    point_chosen : Signal(str)
        Name of the point that was clicked.
    """

    point_chosen = Signal(str)

    def __init__(self, hint: str, *, least_share: float = 1.0) -> None:
        super().__init__()
        self._least_share = least_share
        self._hint = wrapped_label(hint)
        self._names: tuple[str, ...] = ()
        self._canvas: Any = None
        self._laid_out = (1.0, 1.0, 100.0)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._hint)
        column.addWidget(self._area, 1)

    def value(self) -> Figure | None:
        """The figure shown."""
        return None if self._canvas is None else self._canvas.figure

    def set_value(self, figure: Figure | None, *, names: Sequence[str] = ()) -> None:
        """Show a figure, or the hint again; names of its points are shown on hover and told on a click."""
        from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg

        if self._canvas is not None:
            self._area.takeWidget().deleteLater()
            self._canvas = None
        self._hint.setVisible(figure is None)
        self._names = tuple(names)
        if figure is not None:
            self._laid_out = (*figure.get_size_inches(), figure.dpi)
            self._set_dots(figure)
            self._canvas = FigureCanvasQTAgg(figure)
            self._area.setWidget(self._canvas)
            if self._names:
                self._canvas.mpl_connect("motion_notify_event", self._hover)
                self._canvas.mpl_connect("button_press_event", self._click)
        self._area.setVisible(figure is not None)
        self._fit()

    def resizeEvent(self, event: Any) -> None:
        """Draw the figure as large as the width allows, down to its smallest size."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._canvas is not None:
            width, height = self._set_dots(self._canvas.figure)
            self._canvas.setMinimumSize(width, height)
            self._match_inches()
            self._canvas.draw_idle()

    def _match_inches(self) -> None:
        """Other dots per inch leave other inches of a canvas that keeps its pixels; Qt tells of changed pixels only."""
        canvas = self._canvas
        ratio = canvas.device_pixel_ratio
        inches = (canvas.width() * ratio / canvas.figure.dpi, canvas.height() * ratio / canvas.figure.dpi)
        canvas.figure.set_size_inches(*inches, forward=False)

    def _set_dots(self, figure: Figure) -> tuple[int, int]:
        """The size of the figure in pixels, after its dots per inch were chosen.

        Fewer dots make words smaller too; in less room alone they would run into each other.
        """
        wide, high, dots = self._laid_out
        room = self._area.maximumViewportSize()
        share = self._share_of(room.width() / (wide * dots))
        if high * dots * share > room.height():
            beside_bar = room.width() - self._area.verticalScrollBar().sizeHint().width()
            share = self._share_of(beside_bar / (wide * dots))
        figure.set_dpi(dots * share)
        return round(wide * dots * share), round(high * dots * share)

    def _share_of(self, share: float) -> float:
        return min(1.0, max(self._least_share, share))

    def set_hint(self, words: str) -> None:
        """Other words for where there is no figure."""
        self._hint.setText(words)

    def names_at(self, event: Any) -> tuple[str, ...]:
        """Names of the points below the mouse, in the order in which they were given."""
        axes = event.inaxes
        points = [one for one in axes.collections if one.pickable()] if axes is not None else []
        if not points:
            return ()
        is_hit, found = points[0].contains(event)
        return tuple(self._names[int(place)] for place in found["ind"]) if is_hit else ()

    def _hover(self, event: Any) -> None:
        names = self.names_at(event)
        self._canvas.setCursor(Qt.CursorShape.PointingHandCursor if names else Qt.CursorShape.ArrowCursor)
        if names:
            QToolTip.showText(QCursor.pos(), f"{', '.join(names)}\nClick to open", self._canvas)
        else:
            QToolTip.hideText()

    def _click(self, event: Any) -> None:
        names = self.names_at(event)
        if names and event.button == 1:
            self.point_chosen.emit(names[0])
