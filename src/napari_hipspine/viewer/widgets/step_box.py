"""One numbered, collapsible step with its mark and what it has come to."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ..steps import Status, StepState

_MARK_WIDTH = 20
_HEADING_WIDTH = 168
_INDENT = 8
_SPARE = 6
"""Left free beside shortened words: themes draw letters a little wider than they are measured [pixels]."""


class StepBox(QWidget):
    """A heading that opens and closes its content.

    Parameters
    ----------
    number : int
        Counted from 1.
    title : str
        A word or two.
    content : QWidget
        What the step holds.

    Attributes
    ----------
    opened : Signal(bool)
        The user opened or closed the step.
    """

    opened = Signal(bool)

    def __init__(self, number: int, title: str, content: QWidget) -> None:
        super().__init__()
        self._mark = QLabel(Status.TODO.value)
        self._mark.setFixedWidth(_MARK_WIDTH)
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._heading = QPushButton(f"{number}  {title}".replace("&", "&&"))
        self._heading.setCheckable(True)
        self._heading.setFixedWidth(_HEADING_WIDTH)
        self._heading.setFlat(True)
        self._heading.setStyleSheet("text-align: left; font-weight: bold; padding: 4px 8px;")
        self._heading.setToolTip(f"Show or hide step {number}")
        self._heading.clicked.connect(self._toggle)
        self._says = _Shortened()
        self._content = content
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._mark)
        row.addWidget(self._heading)
        row.addWidget(self._says, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(content)
        content.setContentsMargins(_INDENT, 0, 0, 4)
        content.setVisible(False)

    def width_asked(self) -> int:
        """Width below which the content would be cut off [pixels]."""
        return int(self._content.minimumSizeHint().width())

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return bool(self._heading.isChecked())

    def set_open(self, *, shown: bool) -> None:
        """Show or hide the content without telling."""
        self._heading.setChecked(shown)
        self._content.setVisible(shown)

    def value(self) -> StepState:
        """Mark and words shown."""
        return StepState(Status(self._mark.text()), self._says.value())

    def set_value(self, state: StepState) -> None:
        """Show how the step stands."""
        self._mark.setText(state.status.value)
        self._mark.setToolTip(_MEANINGS[state.status])
        self._says.set_value(state.says)

    def _toggle(self, checked: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self._content.setVisible(checked)
        self.opened.emit(checked)


class _Shortened(QLabel):
    """One line of words that ends in dots where it does not fit; whole in its tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def value(self) -> str:
        """All words."""
        return self._words

    def set_value(self, words: str) -> None:
        """Show words."""
        self._words = words
        self.setToolTip(words)
        self._fit()

    def resizeEvent(self, event: Any) -> None:
        """Shorten to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(0, self.width() - _SPARE)
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room))


_MEANINGS = {
    Status.DONE: "done",
    Status.NOW: "this is the step to do now",
    Status.TODO: "not yet",
    Status.ATTENTION: "needs a look",
}
