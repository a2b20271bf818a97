"""What came of one wish: a summary, and its tables, figures and text in tabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import QPlainTextEdit, QTabWidget, QVBoxLayout, QWidget

from ..study_work import StudyOutcome
from .figure_canvas import FigureCanvas
from .small_parts import choice_box, wrapped_label
from .table_choice import TableChoice

_LEAST_SHARE = 0.62
FIGURES = 1
"""Place of the tab of figures."""


class StudyResult(QWidget):
    """Shows an outcome; a figure is made when it is looked at.

    Parameters
    ----------
    hint : str
        Shown before there is an outcome.
    """

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self._outcome: StudyOutcome | None = None
        self._figures: Mapping[str, Callable[[], Any]] = {}
        self._summary = wrapped_label(hint)
        self.tables = TableChoice()
        self.figure = FigureCanvas("There is no figure of this.", least_share=_LEAST_SHARE)
        self.figure_box = choice_box((), tooltip="Which figure is shown")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setToolTip("All there is to read; it can be copied")
        self.tabs = QTabWidget()
        self.tabs.addTab(self.tables, "Tables")
        self.tabs.addTab(_below(self.figure_box, self.figure), "Figures")
        self.tabs.addTab(self.text, "Text")
        self.tabs.setVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._summary)
        column.addWidget(self.tabs, 1)
        column.addStretch(0)
        self.figure_box.currentIndexChanged.connect(lambda *_: self._show_figure())
        self.tabs.currentChanged.connect(lambda *_: self._show_figure())

    @property
    def summary(self) -> str:
        """What stands above the tabs."""
        return str(self._summary.text())

    def value(self) -> StudyOutcome | None:
        """The outcome shown; None before there is one."""
        return self._outcome

    def set_value(self, outcome: StudyOutcome | None) -> None:
        """Show an outcome, or the hint again."""
        self._outcome = outcome
        self._figures = {} if outcome is None else outcome.figures
        self._summary.setText(self._hint if outcome is None else outcome.summary)
        self.text.setPlainText("" if outcome is None else outcome.text)
        self.tables.set_value(() if outcome is None else outcome.tables)
        _fill(self.figure_box, [(name.replace("_", " "), name) for name in self._figures])
        self.tabs.setTabVisible(FIGURES, bool(self._figures))
        self.tabs.setCurrentIndex(0)
        self.figure.set_value(None)
        self.tabs.setVisible(outcome is not None)

    def _show_figure(self) -> None:
        """Make and show the chosen figure, if figures are being looked at."""
        if self.tabs.currentIndex() == FIGURES:
            make = self._figures.get(self.figure_box.currentData())
            self.figure.set_value(None if make is None else make())


def _fill(box: Any, choices: list[tuple[str, object]]) -> None:
    """New choices; a box with one choice is no choice and is hidden."""
    box.blockSignals(True)
    box.clear()
    for words, value in choices:
        box.addItem(words, value)
    box.blockSignals(False)
    box.setVisible(len(choices) > 1)


def _below(box: QWidget, part: QWidget) -> QWidget:
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(box)
    column.addWidget(part, 1)
    return whole
