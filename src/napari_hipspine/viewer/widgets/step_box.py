"""One numbered, collapsible step with its mark and what it has come to."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from ..steps import Status, StepState

_MARK_WIDTH = 20
_HEADING_WIDTH = 168
_INDENT = 8


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
        self._says = QElidingLabel()
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
        return StepState(Status(self._mark.text()), self._says.text())

    def set_value(self, state: StepState) -> None:
        """Show how the step stands."""
        self._mark.setText(state.status.value)
        self._mark.setToolTip(_MEANINGS[state.status])
        self._says.setText(state.says)
        self._says.setToolTip(state.says)

    def _toggle(self, checked: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self._content.setVisible(checked)
        self.opened.emit(checked)


_MEANINGS = {
    Status.DONE: "done",
    Status.NOW: "this is the step to do now",
    Status.TODO: "not yet",
    Status.ATTENTION: "needs a look",
}
