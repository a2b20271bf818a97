"""Where nnInteractive runs, and whether the strokes of the scribble tool go there."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QPushButton, QWidget

from ..prompted import TITLE, PromptPlace
from .small_parts import choice_box, choose_value, set_reason, wrapped_label

USUAL_SERVER = "http://127.0.0.1:1527"


class PromptEditor(QWidget):
    """Here or on a server, connect and disconnect.

    Attributes
    ----------
    connect_wished, disconnect_wished : Signal()
        The button was pressed.
    value_changed : Signal(object)
        Another `PromptPlace` was chosen.
    """

    value_changed = Signal(object)
    connect_wished = Signal()
    disconnect_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._where = choice_box((("this machine", False), ("a server", True)), tooltip="Where it computes")
        self._server = QLineEdit()
        self._server.setPlaceholderText(USUAL_SERVER)
        self._server.setToolTip("The picture is sent there. The key is read from NN_INTERACTIVE_API_KEY")
        self._fetches = QCheckBox("May fetch its weights")
        self._fetches.setToolTip("About 400 MB, once; official weights are not for commercial use (CC BY-NC-SA 4.0)")
        self._button = QPushButton(f"Connect {TITLE}")
        self._said = wrapped_label()
        self._is_connected = False
        self._reason = ""
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(TITLE, self._where)
        form.addRow("Server", self._server)
        form.addRow("", self._fetches)
        form.addRow("", self._button)
        form.addRow(self._said)
        self._form = form
        self._where.currentIndexChanged.connect(lambda *_: self._show())
        self._where.currentIndexChanged.connect(lambda *_: self.value_changed.emit(self.value()))
        self._button.clicked.connect(self._pressed)
        self._show()

    def value(self) -> PromptPlace:
        """Where it runs."""
        if self._where.currentData():
            return PromptPlace(self._server.text().strip() or USUAL_SERVER)
        return PromptPlace("", self._fetches.isChecked())

    def set_value(self, place: PromptPlace) -> None:
        """Show where it runs."""
        choose_value(self._where, bool(place.server))
        self._server.setText("" if place.server == USUAL_SERVER else place.server)
        self._fetches.setChecked(place.fetches_weights)

    def show_state(self, *, is_connected: bool, reason: str, says: str) -> None:
        """Whether it is connected, why it cannot be, and what is to be known."""
        self._is_connected, self._reason = is_connected, reason
        self._said.setText(says)
        self._show()

    def _show(self) -> None:
        is_server = bool(self._where.currentData())
        self._form.setRowVisible(self._server, is_server)
        self._form.setRowVisible(self._fetches, not is_server)
        self._button.setText(f"{'Disconnect' if self._is_connected else 'Connect'} {TITLE}")
        set_reason(self._button, self._reason, otherwise="Strokes of the scribble tool then outline on all slices")
        for part in (self._where, self._server, self._fetches):
            part.setEnabled(not self._is_connected)
        self._said.setVisible(bool(self._said.text()))

    def _pressed(self) -> None:
        (self.disconnect_wished if self._is_connected else self.connect_wished).emit()
