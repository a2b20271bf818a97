"""What the header does when a wish arrives: studies, subjects, data that was moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QWidget

from ...domain.errors import HipSpineError, InvalidChoice
from ...domain.subject import Progress
from ...keeping.moved_data import MovedData, find_moved, follow_move
from ...keeping.project_file import FILE_NAME
from ...workflows.open_study import (
    Study,
    StudySubject,
    last_place_of_alone,
    open_study,
    project_place,
    study_of_project,
)
from ...workflows.open_subject import ImageFiles
from ..layer_link import LayerLink
from ..preferred import Preferences
from ..project_writer import WrittenPage
from ..recent_studies import Recent, add_recent
from ..series_work import SubjectWords
from ..session import Session
from ..shortcuts import Wish
from ..study_keeper import StudyKeeper, can_be_remembered
from ..study_list import beside
from ..subject_layers import close_series, show_subject
from ..subject_openings import OpenedSubject, open_study_subject
from ..workers import BackgroundWork, refusals_told, tell_refusal
from .study_header import StudyHeader

PROJECTS = "Project (*.json);;Every file (*)"
_MS_PER_S = 1000


class StudyActions:
    """Wishes of the header, fulfilled.

    Parameters
    ----------
    parent : QWidget
        Dialogs belong to it, and the clock of saving.
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    header : StudyHeader
        Shows how things stand.
    run : callable
        Does a piece of work off the main thread: work, says, done.
    offer : callable
        Shows files that could not be opened without a word from the reader, for them to be opened in step 1.
    """

    def __init__(
        self,
        parent: QWidget,
        session: Session,
        link: LayerLink,
        header: StudyHeader,
        *,
        run: Callable[..., None],
        offer: Callable[[ImageFiles], None],
    ) -> None:
        self._parent = parent
        self._session = session
        self._link = link
        self._header = header
        self._run = run
        self._offer = offer
        self._asked: tuple[Study, MovedData] | None = None
        self._answers: tuple[Callable[[], None], Callable[[], None]] = (self._forget_question, self._forget_question)
        self.keeper = StudyKeeper(session, tell=tell_refusal)
        self._soon = QTimer(parent)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._save_if_free)
        self._n_saving = 0
        self.keeper.waiting.connect(self._save_soon)
        self.does: dict[Wish, Callable[[], None]] = {
            Wish.NEXT_SUBJECT: partial(self.go, 1),
            Wish.PREVIOUS_SUBJECT: partial(self.go, -1),
            Wish.OTHER_REGION: self.other_region,
        }
        header.wished.connect(lambda wish: self.does[wish]())
        header.series_chosen.connect(session.choose)
        header.subject_chosen.connect(self.choose)
        header.answered.connect(lambda: self._answers[0]())
        header.skipped.connect(lambda: self._answers[1]())
        session.changed.connect(self._hear)

    @property
    def has_study(self) -> bool:
        """Whether there is something to be kept or closed."""
        return self._session.study is not None

    def open(self, path: str | Path) -> None:
        """Open a study folder or a project file, and the subject that was open last."""
        if not self._session.doing:
            place = Path(path)
            self._run(lambda _: open_study(place), says="looking at the study", done=self._take)

    def open_recent(self, recent: Recent) -> None:
        """Open a study or a subject that was opened lately."""
        place, key = Path(recent.path), (recent.subject_id, recent.session)
        if self._session.doing:
            return
        wanted = key if recent.subject_id else None
        self._run(lambda _: open_study(place), says="looking at the study", done=partial(self._take, wanted=wanted))

    def choose(self, key: tuple[str, str]) -> None:
        """Open a subject as it was left; the one before is kept and closed."""
        study = self._session.study
        subject = study.subject(key) if study is not None else None
        who = self._session.who
        is_open = bool(self._session.works) and key == (who.subject_id, who.session)
        if study is None or subject is None or is_open or self._session.doing:
            return
        self.save_beside()
        current, preferred = self._session.study or study, self._session.preferred

        def open_it(progress: Progress) -> OpenedSubject:
            self.keeper.catch_up()
            return open_study_subject(current, subject, preferred, progress)

        self._run(open_it, says="opening the subject", done=self._show)

    def open_alone(self, open_it: Callable[[Preferences, Progress], OpenedSubject]) -> None:
        """Open a subject that stands in no study, in place of what is open, which is kept and closed.

        Parameters
        ----------
        open_it : callable
            Opens it off the main thread.
        """
        if self._session.doing:
            tell_refusal(InvalidChoice(f"Wait until {self._session.doing} has ended, then open the subject again."))
            return
        preferred = self._session.preferred
        self._run(lambda progress: open_it(preferred, progress), says="opening the subject", done=self._show_alone)

    def go(self, step: int) -> None:
        """Open the next subject of the list, or the one before."""
        study = self._session.study
        if study is None or study.project.folder is None or self._session.doing:
            return
        subject = beside(study, self._session, step=step)
        if subject is None:
            last = "last" if step > 0 else "first"
            tell_refusal(InvalidChoice(f"This is the {last} subject of {study.project.name}."))
            return
        self.choose(subject.key)

    def other_region(self) -> None:
        """Work on the next open series."""
        n_works = len(self._session.works)
        if n_works > 1:
            self._session.choose((self._session.current + 1) % n_works)

    def save(self) -> None:
        """Write what is waiting to be written, and wait until it is."""
        self._soon.stop()
        self._link.note_view()
        had_study = self.has_study
        self.keeper.save()
        if self.has_study and not had_study:
            self._remember_recent()

    def save_beside(self) -> None:
        """Write what is waiting off the main thread, one page after the other: the disk of a study may be far away."""
        self._soon.stop()
        self._link.note_view()
        had_study, page = self.has_study, self.keeper.next_page()
        if page is None:
            return
        if not had_study:
            self._remember_recent()

        def write(_: Progress) -> WrittenPage | HipSpineError:
            try:
                return self.keeper.write(page)
            except HipSpineError as error:
                return error

        def take(outcome: WrittenPage | HipSpineError) -> None:
            if isinstance(outcome, HipSpineError):
                self.keeper.could_not_write(page, outcome)
            else:
                self.keeper.has_written(page, outcome)

        saving = BackgroundWork(write, says="saving the project", parent=self._parent, is_quiet=True)
        saving.done.connect(take)
        saving.ended.connect(self._has_saved)
        self._n_saving += 1
        saving.start()

    def save_as(self, path: str | Path) -> None:
        """Keep the project in another file from now on."""
        study = self._session.study
        if study is not None:
            with refusals_told():
                self.keeper.remember()
                self.keeper.save_as(Path(path))
                self._remember_recent()

    def close_study(self) -> None:
        """Close the study and everything that is open; it is all kept."""
        self.save()
        close_series(self._link, self._session)
        self.save()
        self.keeper.begin(None)
        self._session.await_subject(SubjectWords())

    def follow(self, folder: str | Path) -> None:
        """Look for moved data in a folder; a wrong one is refused, and the question stays."""
        if self._asked is None:
            return
        study, moved = self._asked
        with refusals_told():
            project = follow_move(study.project, moved, Path(folder))
            self._take(study_of_project(project, study.path))
            self.keeper.touch_all()

    def go_on_without(self) -> None:
        """Open what is there of a project whose data was moved."""
        if self._asked is not None:
            study, _ = self._asked
            self._forget_question()
            self._begin(study, None)

    def ask_where_it_is(self) -> None:
        """Let the reader choose where the data went."""
        folder = QFileDialog.getExistingDirectory(self._parent, self._header.question)
        if folder:
            self.follow(folder)

    def ask_for_folder(self) -> None:
        """Let the reader choose a study folder."""
        folder = QFileDialog.getExistingDirectory(self._parent, "Study folder, with one folder per subject")
        if folder:
            self.open(folder)

    def ask_for_project(self) -> None:
        """Let the reader choose a project file."""
        path, _ = QFileDialog.getOpenFileName(self._parent, "Project", "", PROJECTS)
        if path:
            self.open(path)

    def ask_where_to_save(self) -> None:
        """Let the reader choose another file for the project."""
        path, _ = QFileDialog.getSaveFileName(self._parent, "Project", FILE_NAME, PROJECTS)
        if path:
            self.save_as(path)

    def leave(self) -> None:
        """Write what is waiting, and hear nothing more."""
        self._soon.stop()
        self._link.note_view()
        self.keeper.close()

    def _take(self, study: Study, *, wanted: tuple[str, str] | None = None) -> None:
        moved = find_moved(study.project)
        if moved is not None:
            self._asked = (study, moved)
            self._answers = (self.ask_where_it_is, self.go_on_without)
            self._header.ask(moved.describe(), answer="Choose the folder…", skip="Go on without")
            return
        self._forget_question()
        self._begin(study, wanted)

    def _begin(self, study: Study, wanted: tuple[str, str] | None) -> None:
        """Close what is open and show the study; the subject that was open last comes up as it was left."""
        self.save()
        close_series(self._link, self._session)
        self.save()
        self.keeper.begin(study)
        self._remember_recent()
        self._header.show_list(shown=True)
        keys = [key for key in (wanted, study.project.current) if key is not None and study.subject(key)]
        if keys:
            self.choose(keys[0])

    def _show(self, opened: OpenedSubject) -> None:
        close_series(self._link, self._session)
        self._session.await_subject(opened.who)
        show_subject(self._link, self._session, opened)
        if opened.failed:
            self._offer(opened.failed[0])
        self._header.show_list(shown=not opened.series)
        self._remember_recent(opened.subject)
        if opened.problems:
            lines = [str(problem) for problem in opened.problems]
            tell_refusal(HipSpineError("\n".join(lines)))

    def _show_alone(self, opened: OpenedSubject) -> None:
        self.close_study()
        self._show(opened)
        self._link.show_levels()

    def _remember_recent(self, subject: StudySubject | None = None) -> None:
        study = self._session.study
        if study is None:
            return
        folder = study.project.folder
        # A folder leads to its project; a project that was saved elsewhere is led to by its file.
        is_by_folder = folder is not None and project_place(folder) == study.path
        new = [Recent(str(folder if is_by_folder else study.path), study.project.name)]
        if folder is None:
            add_recent([replace(new[0], subject_id=study.project.name)], length=self._session.preferred.recent_length)
            return
        if subject is not None:
            new.append(replace(new[0], subject_id=subject.subject_id, session=subject.session))
        add_recent(new, length=self._session.preferred.recent_length)

    def _forget_question(self) -> None:
        self._asked = None
        self._header.ask("")

    def _hear(self, name: str) -> None:
        """A picture that is opened alone may have been worked on before."""
        if name == "study" and self._asked is None:
            self._header.ask("")
        work = self._session.work
        if name != "works" or work is None or self._session.study is not None or not can_be_remembered(work):
            return
        before = last_place_of_alone(work.pictures) if work.pictures is not None else None
        if before is not None:
            self._answers = (partial(self.open, before), self._forget_question)
            question = "This picture was worked on before. Go on where it was left?"
            self._header.ask(question, answer="Go on", skip="Begin anew")

    def _has_saved(self) -> None:
        self._n_saving -= 1

    def _save_if_free(self) -> None:
        """While a slow disk is still at the page before, pages do not queue up."""
        if self._n_saving:
            self._save_soon()
        else:
            self.save_beside()

    def _save_soon(self, *_: Any) -> None:
        if not self._soon.isActive():
            self._soon.start(round(self._session.preferred.save_pause_s * _MS_PER_S))
