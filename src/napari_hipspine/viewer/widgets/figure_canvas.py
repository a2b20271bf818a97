"""A figure made elsewhere, on a Qt canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

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
        How small the figure may be drawn, as a share of the size it was laid out for; below that it is scrolled.
    """

    def __init__(self, hint: str, *, least_share: float = 1.0) -> None:
        super().__init__()
        self._least_share = least_share
        self._hint = wrapped_label(hint)
        self._canvas: Any = None
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

    def set_value(self, figure: Figure | None) -> None:
        """Show a figure, or the hint again."""
        from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg

        if self._canvas is not None:
            self._area.takeWidget().deleteLater()
            self._canvas = None
        self._hint.setVisible(figure is None)
        if figure is not None:
            self._canvas = FigureCanvasQTAgg(figure)
            # Drawn smaller than it was laid out for, its words would run into each other.
            width, height = (round(size * figure.dpi * self._least_share) for size in figure.get_size_inches())
            self._canvas.setMinimumSize(width, height)
            self._area.setWidget(self._canvas)
        self._area.setVisible(figure is not None)
