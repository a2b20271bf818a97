"""Above the steps: which study and subject are open, how far the study is, and which region is worked on."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QRadioButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from ...domain.anatomy import Region
from ..session import Session
from ..shortcuts import Wish, tooltip_of
from ..study_list import done_words, subject_rows, switch_titles
from .small_parts import choice_box, set_reason, wrapped_label
from .subject_list import SubjectList

NO_STUDY = "Study"
_STUDY_STYLE = "QPushButton { padding: 3px 18px 3px 6px; }"
"""Room for the arrow that says it opens a menu."""

_MOST_BUTTONS = 3


class StudyHeader(QWidget):
    """Study, subject, progress; the switch between the series of the subject; the list of subjects on demand.

    Attributes
    ----------
    series_chosen : Signal(int)
        The reader wants to work on another open series.
    subject_chosen : Signal(object)
        Subject and session the reader wants to open.
    wished : Signal(object)
        A `Wish` whose button was pressed.
    answered, skipped : Signal()
        The reader answers the question that is asked, or goes on without.
    """

    series_chosen = Signal(int)
    subject_chosen = Signal(object)
    wished = Signal(object)
    answered = Signal()
    skipped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.menu = QMenu(self)
        self._study = QPushButton(NO_STUDY)
        self._study.setMenu(self.menu)
        self._study.setStyleSheet(_STUDY_STYLE)
        self._study.setToolTip("Open a study folder or a project, or one that was opened lately")
        self._subject = QElidingLabel()
        self._progress = QPushButton()
        self._progress.setCheckable(True)
        self._progress.setToolTip("Show or hide the list of subjects")
        self._done = ""
        self._next = QPushButton(Wish.NEXT_SUBJECT.value)
        self._next.clicked.connect(lambda: self.wished.emit(Wish.NEXT_SUBJECT))
        self.subjects = SubjectList()
        self.subjects.chosen.connect(self.subject_chosen)
        self._progress.toggled.connect(self._show_or_hide)
        self._switch = SeriesSwitch()
        self._switch.chosen.connect(self.series_chosen)
        self._asked = self._make_question()
        self._lay_out()
        self.ask("")

    def _make_question(self) -> QWidget:
        self._question = wrapped_label()
        self._answer, self._skip = QPushButton(), QPushButton()
        self._answer.clicked.connect(self.answered)
        self._skip.clicked.connect(self.skipped)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._question)
        row = QHBoxLayout()
        row.addWidget(self._answer)
        row.addWidget(self._skip)
        column.addLayout(row)
        return box

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._study)
        row.addWidget(self._subject, 1)
        row.addWidget(self._progress)
        row.addWidget(self._next)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 0)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self._asked)
        column.addWidget(self.subjects)
        column.addWidget(self._switch)
        self.subjects.setVisible(False)

    def refresh(self, session: Session) -> None:
        """Show the session."""
        study, busy = session.study, f"Wait until {session.doing} has ended." if session.doing else ""
        is_listed = study is not None and study.project.folder is not None
        self._study.setText(study.project.name if study is not None and is_listed else NO_STUDY)
        who = session.who
        subject = f"{who.subject_id} ses-{who.session}" if who.session else who.subject_id
        self._subject.setText(subject)
        self._subject.setToolTip(subject)
        for widget in (self._progress, self._next):
            widget.setVisible(is_listed)
        self.subjects.setVisible(is_listed and self._progress.isChecked())
        self._switch.set_value(switch_titles(session.works), session.current)
        if study is None or not is_listed:
            return
        self._done = done_words(study)
        self._show_or_hide(self._progress.isChecked())
        self.subjects.set_value(subject_rows(study, session))
        self.subjects.set_problems(study.problems)
        self.subjects.setEnabled(not busy)
        set_reason(self._next, busy, otherwise=tooltip_of(Wish.NEXT_SUBJECT))

    def show_list(self, *, shown: bool) -> None:
        """Open or close the list of subjects."""
        self._progress.setChecked(shown)

    def _show_or_hide(self, shown: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self._progress.setText(f"{'▾' if shown else '▸'} {self._done}")
        self.subjects.setVisible(shown)

    def ask(self, question: str, *, answer: str = "", skip: str = "") -> None:
        """Ask something that can wait; empty when nothing is to be asked.

        Parameters
        ----------
        question : str
            What is asked.
        answer, skip : str
            Words on the two buttons.
        """
        self._question.setText(question)
        self._answer.setText(answer)
        self._skip.setText(skip)
        self._asked.setVisible(bool(question))

    @property
    def question(self) -> str:
        """What is asked now; empty when nothing is."""
        return str(self._question.text())


class SeriesSwitch(QWidget):
    """Which of the open series is worked on; the others keep everything they have.

    Attributes
    ----------
    chosen : Signal(int)
        Number of the series that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._titles: tuple[str, ...] = ()
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        self._box = choice_box((), tooltip="Which of the open series is worked on; the others keep what they have")
        self._box.activated.connect(self.chosen)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._box, 1)
        self.setVisible(False)

    def value(self) -> int:
        """Number of the series shown as worked on; -1 when there is none."""
        return int(self._group.checkedId() if self._is_few else self._box.currentIndex())

    def set_value(self, titles: tuple[str, ...], current: int) -> None:
        """Show the titles of all open series, and which one is worked on."""
        if titles != self._titles:
            self._titles = titles
            self._make_anew()
        button = self._group.button(current)
        if button is not None:
            button.setChecked(True)
        self._box.setCurrentIndex(current)

    @property
    def titles(self) -> tuple[str, ...]:
        """Words on the switch."""
        return self._titles

    @property
    def _is_few(self) -> bool:
        return len(self._titles) <= _MOST_BUTTONS

    def _make_anew(self) -> None:
        for button in self._group.buttons():
            self._group.removeButton(button)
            # Deleting waits for the event loop; until then it must not stand beside the new ones.
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._box.clear()
        self._box.addItems(list(self._titles))
        self._box.setVisible(not self._is_few)
        if self._is_few:
            for number, title in sorted(enumerate(self._titles), key=_place_in_body):
                button = QRadioButton(title)
                button.setToolTip(tooltip_of(Wish.OTHER_REGION))
                self._group.addButton(button, number)
                self._row.addWidget(button, 1)
        self.setVisible(bool(self._titles))


def _place_in_body(numbered: tuple[int, str]) -> tuple[bool, int]:
    """The lumbar spine stands before the hip, whichever was opened first."""
    number, title = numbered
    return Region.LUMBAR.value not in title.lower(), number
