"""A figure that is made off the main thread, when its page is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Signal

from ..workers import BackgroundWork
from .figure_canvas import FigureCanvas

DRAWING = "The figure is being drawn."


class FigurePage(FigureCanvas):
    """Makes its figure when it is asked to draw; what is asked for meanwhile is made next.

    Parameters
    ----------
    hint : str
        Shown where there is nothing to draw.
    least_share : float
        As of `FigureCanvas`.

    Attributes
    ----------
    drawn : Signal()
        The figure of the present maker is shown.
    """

    drawn = Signal()

    def __init__(self, hint: str, *, least_share: float = 1.0) -> None:
        super().__init__(hint, least_share=least_share)
        self._hint_of_none = hint
        self._make: Callable[[], Any] | None = None
        self._is_stale = False
        self._background: BackgroundWork | None = None

    @property
    def is_drawing(self) -> bool:
        """Whether a figure is being made."""
        return self._background is not None

    def set_maker(self, make: Callable[[], Any] | None) -> None:
        """What makes the figure; nothing is made before the page is looked at."""
        self._make = make
        self._is_stale = make is not None
        self.set_hint(self._hint_of_none if make is None else DRAWING)
        self.set_value(None)

    def draw(self) -> None:
        """Make the figure, unless it is there: the page is looked at."""
        make = self._make
        if make is None or not self._is_stale or self._background is not None:
            return
        self._is_stale = False
        background = BackgroundWork(lambda _: (make, make()), says="drawing", parent=self, is_quiet=True)
        self._background = background
        background.done.connect(self._take)
        background.ended.connect(self._end)
        background.start()

    def _take(self, made: tuple[Callable[[], Any], Any]) -> None:
        make, figure = made
        if make is self._make:
            self.set_value(figure)
            self.drawn.emit()

    def _end(self) -> None:
        self._background = None
        if self._is_stale:
            self.draw()
