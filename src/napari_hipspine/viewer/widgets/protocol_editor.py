"""Every setting that can change a number; titles, units and reasons come from the protocol itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ...domain.errors import InvalidChoice
from ...domain.protocol import FatMethod, MeasurementProtocol, Setting, protocol_settings
from .small_parts import choice_box, choose_value, wrapped_label

_ALWAYS = ("fat_method",)
_ONLY_WITH = {
    "manual_threshold": (FatMethod.MANUAL,),
    "n_classes": (FatMethod.MIXTURE,),
    "mixture_cut": (FatMethod.MIXTURE,),
}
"""Settings that only some fat methods read."""


class ProtocolEditor(QWidget):
    """The fat method in front, everything else behind “More settings”."""

    value_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._protocol = MeasurementProtocol()
        self._editors: dict[str, QWidget] = {}
        self._front, self._back, self._rest = QFormLayout(), QFormLayout(), QWidget()
        self._more = QPushButton("More settings")
        self._more.setCheckable(True)
        self._more.setToolTip("Every setting that can change a number, each with its reason")
        self._more.toggled.connect(self._rest.setVisible)
        self._problem = wrapped_label()
        self._problem.setVisible(False)
        for setting in protocol_settings():
            form = self._front if setting.name in (*_ALWAYS, *_ONLY_WITH) else self._back
            form.addRow(_heading(setting), self._make_editor(setting))
        self._rest.setLayout(self._back)
        self._rest.setVisible(False)
        for form in (self._front, self._back):
            form.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._front)
        column.addWidget(self._problem)
        column.addWidget(self._more)
        column.addWidget(self._rest)
        self.set_value(self._protocol)

    def value(self) -> MeasurementProtocol:
        """The last settings that were allowed."""
        return self._protocol

    def set_value(self, protocol: MeasurementProtocol) -> None:
        """Show settings."""
        self._protocol = protocol
        for name, editor in self._editors.items():
            editor.blockSignals(True)
            _show_in(editor, getattr(protocol, name))
            editor.blockSignals(False)
        self._problem.setVisible(False)
        self._show_rows(protocol.fat_method)

    def problem(self) -> str:
        """Why what is typed is not allowed; empty when it is."""
        return str(self._problem.text()) if self._problem.isVisibleTo(self) else ""

    def _make_editor(self, setting: Setting) -> QWidget:
        if setting.choices:
            editor = choice_box([(str(choice).replace("_", " "), choice) for choice in setting.choices])
            editor.currentIndexChanged.connect(self._read)
        else:
            editor = QLineEdit()
            editor.setPlaceholderText("not set" if setting.default is None else f"{setting.default:g}")
            editor.editingFinished.connect(self._read)
        editor.setToolTip(setting.reason)
        self._editors[setting.name] = editor
        return editor

    def _read(self) -> None:
        """Take what is typed if the protocol allows it; else say why and keep the last settings."""
        typed = {name: _typed_in(editor) for name, editor in self._editors.items()}
        self._show_rows(typed["fat_method"])
        try:
            protocol = replace(MeasurementProtocol(), **typed)
        except InvalidChoice as refused:
            self._problem.setText(refused.message)
            self._problem.setVisible(True)
            return
        self._problem.setVisible(False)
        if protocol != self._protocol:
            self._protocol = protocol
            self.value_changed.emit(protocol)

    def _show_rows(self, method: object) -> None:
        for name, methods in _ONLY_WITH.items():
            self._front.setRowVisible(self._editors[name], method in methods)


def _heading(setting: Setting) -> str:
    return setting.title if setting.unit == "1" else f"{setting.title} [{setting.unit}]"


def _show_in(editor: QWidget, value: Any) -> None:
    if isinstance(editor, QLineEdit):
        editor.setText("" if value is None else f"{value:g}")
    else:
        choose_value(editor, str(value))


def _typed_in(editor: QWidget) -> Any:
    """A number, a word for the protocol to refuse, or None where nothing is typed."""
    if not isinstance(editor, QLineEdit):
        return editor.currentData()
    text = editor.text().strip().replace(",", ".")
    try:
        return float(text) if text else None
    except ValueError:
        return text
