"""One tab of the statistics dock: an editor, one button that works it out, the result, and Export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ...domain.subject import Progress
from ...writing.tables import write_whole
from ..study_work import StudyOutcome
from ..workers import BackgroundWork, refusals_told
from .progress_row import ProgressRow
from .small_parts import set_reason, wrapped_label
from .study_result import StudyResult


@dataclass(frozen=True)
class StudyKind:
    """What a tab is for.

    Parameters
    ----------
    title : str
        Of the tab.
    verb : str
        On the button.
    doing : str
        Beside the progress.
    hint : str
        What the button gives.
    find : callable
        From a wish and a progress to the outcome.
    """

    title: str
    verb: str
    doing: str
    hint: str
    find: Callable[[Any, Progress], StudyOutcome]


class StudyPage(QWidget):
    """Asks, works out, shows and exports.

    Parameters
    ----------
    kind : StudyKind
        What it is for.
    editor : QWidget
        With ``value()``, ``missing()`` (what is still to be given, or nothing) and ``value_changed``.

    Attributes
    ----------
    ended : Signal()
        A piece of work is over.
    written : Signal(object)
        Paths of the files that were exported.
    subject_wished : Signal(object)
        What opens a subject, off the main thread, for the dock Hip-spine muscles to show.
    """

    ended = Signal()
    written = Signal(object)
    subject_wished = Signal(object)

    def __init__(self, kind: StudyKind, editor: Any) -> None:
        super().__init__()
        self._kind = kind
        self._background: BackgroundWork | None = None
        self.editor = editor
        self.result = StudyResult(f"Press {kind.verb} to see here: {kind.hint[:1].lower()}{kind.hint[1:]}.")
        self.progress = ProgressRow()
        self._area = QScrollArea()
        self._choices = QPushButton("Choices")
        self._find = QPushButton(kind.verb)
        self._export = QPushButton("Export…")
        self._said = wrapped_label()
        self._said.setVisible(False)
        self._lay_out()
        self._choices.toggled.connect(self._area.setVisible)
        self._find.clicked.connect(lambda *_: self.find())
        self._export.clicked.connect(lambda *_: self._ask_and_export())
        self.progress.cancelled.connect(self.cancel)
        editor.value_changed.connect(lambda *_: self._allow())
        self._allow()

    @property
    def is_busy(self) -> bool:
        """Whether something is being worked out."""
        return self._background is not None

    def find(self) -> None:
        """Work out what the editor asks for."""
        with refusals_told():
            wish = self.editor.value()
            self._begin(lambda progress: self._kind.find(wish, progress), self._kind.doing, self._show)

    def export(self, folder: str | Path) -> None:
        """Write the files of what is shown, as the command line does; `written` tells their paths."""
        outcome = self.result.value()
        if outcome is not None:
            self._begin(
                lambda progress: write_whole(folder, outcome.files, progress=progress), "writing", self._tell_written
            )

    def cancel(self) -> None:
        """Stop; what was shown before stays."""
        if self._background is not None:
            self.progress.stop_asked()
            self._background.cancel()

    def _begin(self, work: Callable[[Progress], Any], doing: str, take: Callable[[Any], None]) -> None:
        """Do a piece of work off the main thread and hand on what comes of it."""
        self.progress.begin(doing)
        background = BackgroundWork(work, says=doing, parent=self)
        self._background = background
        background.told.connect(self.progress.set_value)
        background.done.connect(take)
        background.ended.connect(self._end)
        self._allow()
        background.start()

    def _lay_out(self) -> None:
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.editor)
        self._choices.setCheckable(True)
        self._choices.setChecked(True)
        self._choices.setToolTip("Show or hide the choices")
        buttons = QHBoxLayout()
        buttons.addWidget(self._choices, 1)
        buttons.addWidget(self._find, 2)
        buttons.addWidget(self._export, 1)
        outer = QVBoxLayout(self)
        outer.addWidget(self._area, 1)
        outer.addLayout(buttons)
        outer.addWidget(self.progress)
        outer.addWidget(self._said)
        outer.addWidget(self.result)
        self._outer = outer

    def _show(self, outcome: StudyOutcome) -> None:
        with refusals_told():
            self._said.setVisible(False)
            self.result.set_value(outcome)
            # The result takes the room; the choices come back at a press of their button.
            self._outer.setStretchFactor(self.result, 1)
            self._choices.setChecked(False)

    def _tell_written(self, paths: tuple[Path, ...]) -> None:
        self._said.setText(f"{len(paths)} files written into {paths[0].parent}" if paths else "")
        self._said.setVisible(bool(paths))
        self.written.emit(paths)

    def _end(self) -> None:
        self._background = None
        self.progress.end()
        self._allow()
        self.ended.emit()

    def _allow(self) -> None:
        busy = "Wait until it is worked out, or cancel." if self.is_busy else ""
        nothing = "" if self.result.value() is not None else f"{self._kind.verb} first."
        set_reason(self._find, busy or self.editor.missing(), otherwise=self._kind.hint)
        set_reason(self._export, busy or nothing, otherwise="Write the files the command line writes into a folder")

    def _ask_and_export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the tables and figures")
        if folder:
            self.export(folder)
