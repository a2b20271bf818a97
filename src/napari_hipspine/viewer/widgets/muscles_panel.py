"""The muscles of the series that is worked on, and the tools that outline them."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QGridLayout, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from ...keeping.journal_history import Mark
from ..shortcuts import Wish, tooltip_of
from .muscle_strips import MuscleStrips
from .shortcuts_window import ShortcutsWindow
from .small_parts import make_primary, set_reason, wrapped_label

_LEGEND = "low bar filled · tall drawn, a little lower edited · underlined approved · orange dot: look here"
_MARKS_SHOWN = 8
_BUTTONS = (
    (Wish.SCRIBBLE, Wish.FILL, Wish.MIRROR),
    (Wish.STARTS, Wish.ENDS, Wish.NEXT_LOOK, Wish.APPROVE),
)


class MusclesPanel(QWidget):
    """Strips, tools, and what is proposed.

    Attributes
    ----------
    wished : Signal(object)
        A `Wish` whose button was pressed.
    mode_wished : Signal(str)
        A tool of napari's: ``polygon``, ``paint`` or ``erase``.
    brush_changed : Signal(float)
        Diameter of the brush [mm].
    discard_wished : Signal(object)
        The moment that is to be gone back to.
    save_wished : Signal()
        The labels are wanted as a file.
    """

    wished = Signal(object)
    mode_wished = Signal(str)
    brush_changed = Signal(float)
    discard_wished = Signal(object)
    save_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.strips = MuscleStrips()
        self._notice = wrapped_label()
        self._proposed = wrapped_label()
        self._shortcuts: ShortcutsWindow | None = None
        self._buttons = {wish: self._button(wish) for wish in (w for line in _BUTTONS for w in line)}
        self._buttons[Wish.SCRIBBLE].setCheckable(True)
        make_primary(self._buttons[Wish.FILL])
        self._accept, self._drop = self._button(Wish.ACCEPT), self._button(Wish.DROP)
        self._modes = {
            "polygon": _plain("Outline", "Click the corners of the muscle; Enter or a double click closes it (3)"),
            "paint": _plain("Brush", "Paint; a drag with the right button fills what it encircles (2 or P)"),
            "erase": _plain("Eraser", "Erase (1 or E)"),
        }
        for mode, button in self._modes.items():
            button.clicked.connect(lambda _=False, mode=mode: self.mode_wished.emit(mode))
        self._brush = QDoubleSpinBox()
        self._brush.setRange(0.5, 60.0)
        self._brush.setValue(6.0)
        self._brush.setDecimals(1)
        self._brush.setSuffix(" mm")
        self._brush.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self._brush.setProperty("says", "Diameter of the brush")
        self._brush.valueChanged.connect(self.brush_changed)
        self._menu = QMenu(self)
        self._discard = _plain("Discard changes", "Go back to an earlier state; can itself be undone")
        self._discard.setMenu(self._menu)
        self._save = _plain(
            "Save as…", "NIfTI with its colour and name table, 3D Slicer or ITK-SNAP; work is kept anyway"
        )
        self._save.clicked.connect(self.save_wished)
        self._keys = _plain("Shortcuts", "Every key")
        self._keys.clicked.connect(self._show_shortcuts)
        self._lay_out()
        self.set_proposed("")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._notice)
        column.addWidget(self.strips)
        column.addWidget(wrapped_label(_LEGEND))
        column.addLayout(_row(*self._modes.values(), self._brush))
        grid = QGridLayout()
        for line, wishes in enumerate(_BUTTONS):
            grid.addLayout(_row(*(self._buttons[wish] for wish in wishes)), line, 0)
        column.addLayout(grid)
        column.addWidget(self._proposed)
        column.addLayout(_row(self._accept, self._drop))
        column.addLayout(_row(self._discard, self._save, self._keys))

    def set_notice(self, words: str) -> None:
        """Say what came of an earlier sitting."""
        self._notice.setText(words)
        self._notice.setVisible(bool(words))

    def set_proposed(self, words: str) -> None:
        """Say what is proposed, and offer to take or drop it; empty when nothing is."""
        self._proposed.setText(f"<b>{words}</b>" if words else "")
        for widget in (self._proposed, self._accept, self._drop):
            widget.setVisible(bool(words))

    def set_scribbling(self, *, is_on: bool) -> None:
        """Show whether strokes are being drawn."""
        self._buttons[Wish.SCRIBBLE].setChecked(is_on)

    def set_past(self, past: Sequence[tuple[str, Mark]]) -> None:
        """Offer moments to go back to."""
        self._menu.clear()
        for words, mark in list(past)[:_MARKS_SHOWN]:
            self._menu.addAction(words, lambda mark=mark: self.discard_wished.emit(mark))

    def brush_mm(self) -> float:
        """Diameter of the brush [mm]."""
        return float(self._brush.value())

    def set_brush_mm(self, diameter_mm: float) -> None:
        """Take a brush of another size."""
        self._brush.setValue(diameter_mm)

    def allow(self, *, painting: str, filling: str, looking: str, saving: str) -> None:
        """Disable what cannot be done now; each argument is the reason, empty when there is none."""
        for wish, button in self._buttons.items():
            reason = {Wish.FILL: filling, Wish.NEXT_LOOK: looking}.get(wish, painting)
            set_reason(button, reason, otherwise=tooltip_of(wish))
        for button in (*self._modes.values(), self._brush, self._discard):
            set_reason(button, painting, otherwise=button.property("says"))
        set_reason(self._save, saving, otherwise=self._save.property("says"))

    def _button(self, wish: Wish) -> QPushButton:
        button = _plain(wish.value, tooltip_of(wish))
        button.clicked.connect(lambda: self.wished.emit(wish))
        return button

    def _show_shortcuts(self) -> None:
        if self._shortcuts is None:
            self._shortcuts = ShortcutsWindow(self)
        self._shortcuts.show()
        self._shortcuts.raise_()


def _plain(words: str, says: str) -> QPushButton:
    button = QPushButton(words)
    button.setToolTip(says)
    button.setProperty("says", says)
    button.setStyleSheet("padding: 3px 6px;")
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
