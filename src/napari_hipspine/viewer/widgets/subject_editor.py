"""Who is measured."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QWidget

from ..series_work import SubjectWords
from .small_parts import set_reason

_ROWS = (
    ("subject_id", "Subject", "pseudonym", "A pseudonym; never a name or a birth date. It begins every row."),
    ("session", "Session", "may stay empty", "Visit or time point, where there are several."),
    ("reader_id", "Reader", "may stay empty", "Who outlined the muscles."),
)


class SubjectEditor(QWidget):
    """Subject, session and reader as typed."""

    value_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        self._lines: dict[str, QLineEdit] = {}
        for name, title, hint, reason in _ROWS:
            line = QLineEdit()
            line.setPlaceholderText(hint)
            line.setToolTip(reason)
            line.textChanged.connect(lambda *_: self.value_changed.emit(self.value()))
            form.addRow(title, line)
            line.setProperty("says", reason)
            self._lines[name] = line

    def value(self) -> SubjectWords:
        """What is typed now."""
        return SubjectWords(**{name: line.text().strip() for name, line in self._lines.items()})

    def set_value(self, who: SubjectWords) -> None:
        """Show words; what is being typed is left alone."""
        shown = self.value()
        for name, line in self._lines.items():
            if getattr(who, name) != getattr(shown, name):
                line.setText(getattr(who, name))

    def set_fixed(self, reason: str) -> None:
        """Let subject and session be as they are while there is a reason to; who reads can be said all the same."""
        for name in ("subject_id", "session"):
            line = self._lines[name]
            set_reason(line, reason, otherwise=line.property("says"))
