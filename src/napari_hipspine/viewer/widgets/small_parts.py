"""Small parts that several widgets share: words with ids in a box, paths, the fixed research line."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from ...domain.errors import HipSpineError
from ...domain.provenance import RESEARCH_ONLY

NOBODY_SAID = "not stated"

_PRIMARY = """
QPushButton:enabled { background-color: #1f6fb2; color: white; font-weight: bold; }
QPushButton:enabled:hover { background-color: #2b82cb; }
QPushButton:enabled:pressed { background-color: #185a91; }
"""


def choice_box(choices: Iterable[tuple[str, object]], *, tooltip: str = "") -> QComboBox:
    """A box of words, each with the value it stands for; it shrinks before it pushes the dock wider."""
    box = QComboBox()
    for words, value in choices:
        box.addItem(words, value)
    box.setToolTip(tooltip)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(7)
    return box


def choose_value(box: QComboBox, value: object) -> None:
    """Show the word that stands for a value; unknown values change nothing."""
    for index in range(box.count()):
        if box.itemData(index) == value:
            box.setCurrentIndex(index)
            return


def number_box(least: int, most: int, usual: int) -> QSpinBox:
    """A box for whole numbers, showing the usual one."""
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(usual)
    return box


def set_reason(widget: QWidget, reason: str, *, otherwise: str = "") -> None:
    """Disable a control while there is a reason to, and let its tooltip say which."""
    widget.setEnabled(not reason)
    widget.setToolTip(reason or otherwise)


def make_primary(button: QPushButton, *, is_primary: bool = True) -> QPushButton:
    """Let the one button that leads on stand out while it can be pressed, in dark and light themes alike."""
    button.setStyleSheet(_PRIMARY if is_primary else "")
    return button


def as_lines(refusal: HipSpineError) -> str:
    """What was refused and what to do, as text of a label that can be copied."""
    return f"<b>{escape(refusal.message)}</b><br>{escape(refusal.hint)}"


def wrapped_label(text: str = "") -> QLabel:
    """Text that breaks its lines instead of pushing the dock wider."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def align_labels(*forms: QFormLayout) -> None:
    """Give the labels of several forms below each other one width, so that their fields begin alike."""
    labels = [
        item.widget()
        for form in forms
        for row in range(form.rowCount())
        if (item := form.itemAt(row, QFormLayout.ItemRole.LabelRole)) is not None and item.widget() is not None
    ]
    width = max((label.sizeHint().width() for label in labels), default=0)
    for label in labels:
        label.setMinimumWidth(width)


def research_line() -> QLabel:
    """The fixed line of every window."""
    line = wrapped_label(RESEARCH_ONLY)
    line.setObjectName("research_only")
    line.setAlignment(Qt.AlignmentFlag.AlignCenter)
    font = line.font()
    font.setItalic(True)
    line.setFont(font)
    return line


class PathRow(QWidget):
    """One path: typed, or chosen as a file or a folder.

    Parameters
    ----------
    hint : str
        Shown while the row is empty.
    """

    value_changed = Signal(str)

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self._line = QLineEdit()
        self._line.setPlaceholderText(hint)
        self._line.setToolTip(hint)
        self._line.textChanged.connect(self.value_changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._line, 1)
        for words, choose in (("File…", self._choose_file), ("Folder…", self._choose_folder)):
            button = QPushButton(words)
            button.setToolTip(f"{hint}: choose a {words.rstrip('…').lower()}")
            button.clicked.connect(choose)
            row.addWidget(button)

    def value(self) -> str:
        """The path; empty when none is given."""
        return str(self._line.text()).strip()

    def set_value(self, path: str) -> None:
        """Show a path."""
        self._line.setText(path)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self._hint, self.value())
        if path:
            self.set_value(path)

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self._hint, self.value())
        if path:
            self.set_value(path)
