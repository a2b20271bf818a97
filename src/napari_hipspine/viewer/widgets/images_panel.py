"""Step 1: who is measured, on which pictures, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QFormLayout, QPushButton, QVBoxLayout, QWidget

from ...domain.anatomy import Region
from ...domain.orientation import ASSUMED
from ...domain.volume import WaterFat
from ...workflows.open_subject import ImageFiles
from ..series_work import SeriesWork
from ..session import Session
from ..turned_series import why_not_turn
from .declared_editor import Declared, DeclaredEditor
from .image_files_editor import ImageFilesEditor
from .orientation_editor import OrientationEditor
from .small_parts import align_labels, choice_box, choose_value, make_primary, set_reason, wrapped_label
from .subject_editor import SubjectEditor

_REGIONS = (("not stated", None), ("lumbar", Region.LUMBAR), ("hip", Region.HIP))


class ImagesPanel(QWidget):
    """Subject, files and the words that headers leave out.

    Attributes
    ----------
    open_wished : Signal()
        The user wants the files opened; they are `files.value()`.
    region_chosen : Signal(object)
        The `Region` the reader says, or None.
    """

    open_wished = Signal()
    region_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.files = ImageFilesEditor()
        self.subject = SubjectEditor()
        self.declared = DeclaredEditor()
        self._open = QPushButton("Open")
        self._open.clicked.connect(self.open_wished)
        make_primary(self._open)
        self._region = choice_box(_REGIONS, tooltip="Which muscles and levels are offered; no number rests on it")
        self._region.activated.connect(lambda _: self.region_chosen.emit(self._region.currentData()))
        self._region_row = QWidget()
        row = QFormLayout(self._region_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addRow("Region", self._region)
        self._alike = wrapped_label()
        self._problem = wrapped_label()
        self._more = QPushButton("Another image")
        self._more.setCheckable(True)
        self._more.setToolTip("Open one more image beside this one, or a series of it that was not opened")
        self._sources = QWidget()
        sources = QVBoxLayout(self._sources)
        sources.setContentsMargins(0, 0, 0, 0)
        sources.addWidget(self.files)
        sources.addWidget(self._open)
        self._more.toggled.connect(self._sources.setVisible)
        self._n_works = 0
        self._foreign = wrapped_label()
        self._foreign.setVisible(False)
        self.orientation = OrientationEditor()
        column = QVBoxLayout(self)
        said = (self.subject, self._region_row, self.declared, self.orientation, self._alike, self._problem)
        for part in (*said, self._foreign, self._more, self._sources):
            column.addWidget(part)
        self._forms = [part.layout() for part in said[:4]]
        self.files.value_changed.connect(self._allow_open)
        self._busy = ""
        self._allow_open()

    def showEvent(self, event: QShowEvent) -> None:
        """Only now do the labels have the font they are drawn with."""
        super().showEvent(event)
        align_labels(*self._forms)

    def refresh(self, session: Session) -> None:
        """Show the session."""
        work = session.work
        self._busy = f"Wait until {session.doing} has ended." if session.doing else ""
        self._allow_open()
        self._fold(session)
        self.subject.set_value(session.who)
        is_of_study = session.study is not None and session.study.project.folder is not None
        self.subject.set_fixed("Named by the study folder." if is_of_study else "")
        self._region_row.setVisible(work is not None)
        choose_value(self._region, work.stated_region if work else None)
        alike = work.said_as_for if work else ""
        self._alike.setText(
            f"Fat and settings are taken over from {escape(alike)}; change them where this picture differs."
        )
        self._alike.setVisible(bool(alike))
        self._refresh_orientation(work)
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

    def warn_of(self, foreign: Sequence[str]) -> None:
        """Say that pictures in the window were opened without their place in the patient, while none of ours is."""
        names = ", ".join(f"“{escape(name)}”" for name in foreign)
        self._foreign.setText(
            f"{names} came into this window without pixel size and sides of the patient, so nothing can be measured "
            "on it. Open the same file below."
        )
        self._foreign.setVisible(bool(foreign) and self._n_works == 0)

    @property
    def foreign(self) -> str:
        """What is said of pictures that cannot be measured; empty when there is nothing to say."""
        return "" if self._foreign.isHidden() else str(self._foreign.text())

    def offer(self, pictures: ImageFiles) -> None:
        """Show files that wait for a word of the reader before they can be opened."""
        self.files.set_value(pictures)
        self._more.setChecked(True)

    def _fold(self, session: Session) -> None:
        """Once an image is open, where others could come from is out of the way until it is asked for."""
        if len(session.works) != self._n_works:
            self._more.setChecked(False)
        self._n_works = len(session.works)
        self.subject.setVisible(session.work is not None)
        self._more.setVisible(session.work is not None)
        self._sources.setVisible(self._more.isChecked() or session.work is None)

    def _refresh_orientation(self, work: SeriesWork | None) -> None:
        said = work.pictures.orientation if work is not None and work.pictures is not None else None
        self.orientation.setVisible(work is not None and (said is not None or ASSUMED in work.volume.flags))
        if work is not None:
            self.orientation.set_value(work.volume.grid.orientation, is_stated=said is not None)
            self.orientation.allow(self._busy or why_not_turn(work))

    def _allow_open(self) -> None:
        set_reason(self._open, self._busy or self.files.why_not_open(), otherwise="Open without reading every voxel")
