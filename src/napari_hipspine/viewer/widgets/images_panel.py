"""Step 1: who is measured, on which pictures, and what is known of them."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QPushButton, QVBoxLayout, QWidget

from ...domain.volume import WaterFat
from ..session import Session
from .declared_editor import Declared, DeclaredEditor
from .image_files_editor import ImageFilesEditor
from .small_parts import choice_box, make_primary, set_reason, wrapped_label
from .subject_editor import SubjectEditor


class ImagesPanel(QWidget):
    """Subject, files and the words that headers leave out.

    Attributes
    ----------
    open_wished : Signal()
        The user wants the files opened; they are `files.value()`.
    series_chosen : Signal(int)
        The user wants to work on another open series.
    """

    open_wished = Signal()
    series_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.files = ImageFilesEditor()
        self.subject = SubjectEditor()
        self.declared = DeclaredEditor()
        self._open = QPushButton("Open")
        self._open.clicked.connect(self.open_wished)
        make_primary(self._open)
        self._series = choice_box((), tooltip="Which of the open series is worked on; the others keep what they have")
        self._series.activated.connect(self.series_chosen)
        self._series_row = QWidget()
        row = QFormLayout(self._series_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addRow("Series", self._series)
        self._problem = wrapped_label()
        column = QVBoxLayout(self)
        for part in (self.files, self._open, self._series_row, self.subject, self.declared, self._problem):
            column.addWidget(part)
        self.files.value_changed.connect(self._allow_open)
        self._busy = ""
        self._allow_open()

    def refresh(self, session: Session) -> None:
        """Show the session."""
        work = session.work
        self._busy = f"Wait until {session.doing} has ended." if session.doing else ""
        self._allow_open()
        self._series_row.setVisible(len(session.works) > 1)
        self._series.clear()
        self._series.addItems([one.name for one in session.works])
        self._series.setCurrentIndex(session.current)
        self.subject.set_value(session.who)
        set_reason(self.subject, "" if work else "Open an image first.")
        self.declared.setVisible(work is not None and not isinstance(work.image, WaterFat))
        self._problem.setVisible(False)
        if work is None or isinstance(work.opened, WaterFat):
            return
        opened, said = work.opened, work.pictures
        self.declared.blockSignals(True)
        self.declared.show_header(
            contrast=opened.contrast, fat_polarity=opened.fat_polarity, fat_suppressed=opened.fat_suppressed
        )
        if said is not None:
            self.declared.set_value(Declared(said.contrast, said.fat_polarity, said.allows_fat_suppressed))
        self.declared.blockSignals(False)
        if work.asks_for_polarity:
            self._problem.setText("Say whether fat is bright or dark on this series; it is never guessed.")
            self._problem.setVisible(True)

    def _allow_open(self) -> None:
        set_reason(self._open, self._busy or self.files.why_not_open(), otherwise="Open without reading every voxel")
