"""How far a long piece of work has come, and the button that stops it."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget


class ProgressRow(QWidget):
    """A bar with words and Cancel; hidden while nothing is done.

    Attributes
    ----------
    cancelled : Signal()
        The user wants the work to stop.
    """

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._bar = QProgressBar()
        self._bar.setTextVisible(True)
        self._stop = QPushButton("Cancel")
        self._stop.setToolTip("Stop; everything stays as it was before")
        self._stop.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._bar, 1)
        row.addWidget(self._stop)
        self.setVisible(False)

    def begin(self, says: str) -> None:
        """Show that something is being done, not yet how far it is."""
        self._stop.setEnabled(True)
        self.set_value(0, 0, says)
        self.setVisible(True)

    def set_value(self, done: int, total: int, doing: str) -> None:
        """Show how far it is."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        share = f" · {done} of {total}" if total else " …"
        self._bar.setFormat(f"{doing}{share}")

    def value(self) -> tuple[int, int]:
        """Steps done and steps in all."""
        return self._bar.value(), self._bar.maximum()

    def stop_asked(self) -> None:
        """Show that it will stop at the next step."""
        self._stop.setEnabled(False)
        self._bar.setFormat("stopping …")

    def end(self) -> None:
        """Hide."""
        self.setVisible(False)
