"""Remembers what is open in the project file of the study, so that a sitting goes on where the last one stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psygnal import Signal

from ..domain.errors import HipSpineError
from ..keeping.project import KeptProgress, KeptSeries, KeptSubject, Project
from ..keeping.project_file import save_project
from ..workflows.kept_files import kept_files, kept_words
from ..workflows.open_study import Study, places_of_alone
from .kept_work import digest_of, kept_series, muscle_progress
from .label_places import is_sample
from .label_sums import LabelSums
from .label_work import LabelWork
from .project_writer import ProjectPage, ProjectWriter, SubjectId, WrittenPage
from .series_work import SeriesWork, SubjectWords
from .session import Session

_OF_NO_CONSEQUENCE = frozenset({"doing", "study", "name", "stale_slices"})


class StudyKeeper:
    """Watches a session, and writes what is known of its subjects when it is asked to.

    Parameters
    ----------
    session : Session
        What is open.
    tell : callable
        Told once why the project could not be written.

    Attributes
    ----------
    waiting : psygnal.Signal
        Emitted when there is something to be written.
    """

    waiting = Signal()

    def __init__(self, session: Session, *, tell: Callable[[HipSpineError], None]) -> None:
        self._session = session
        self._tell = tell
        self._touched: set[SubjectId] = set()
        self._is_waiting = False
        self._has_told = False
        self._writer = ProjectWriter()
        self._pages: dict[int, ProjectPage] = {}
        self._n_pages = 0
        self._sums: dict[int, LabelSums] = {}
        self._n_works = 0
        self._is_closing = False
        self._chosen: tuple[str, ...] = ()
        session.changed.connect(self._hear)
        session.parted.connect(self._part)

    def close(self) -> None:
        """Write what is waiting, and hear nothing more."""
        self.save()
        self._session.changed.disconnect(self._hear, missing_ok=True)
        self._session.parted.disconnect(self._part, missing_ok=True)

    def begin(self, study: Study | None) -> None:
        """Keep what is open from now on in another study."""
        self._touched.clear()
        self._is_waiting = False
        if study is not None:
            self._writer.begin(study)
        self._session.set_study(study)

    def remember(self) -> None:
        """Take what is open now into the study, on the way to the disk; the list shows it at once."""
        works = [work for work in self._session.works if self._is_worth_it(work)]
        for who in dict.fromkeys(work.who for work in works):
            self._take(who, [work for work in works if work.who == who])

    def save(self) -> None:
        """Write what is to be written, and wait for the disk, also for what is being written on another thread."""
        self.next_page()
        for page in sorted(self._pages.values(), key=lambda page: -page.number):
            try:
                written = self.write(page)
            except HipSpineError as error:
                self.could_not_write(page, error)
            else:
                self.has_written(page, written)

    def next_page(self) -> ProjectPage | None:
        """What is to be written now; None if there is nothing. Whoever takes it writes it, and says what came of it."""
        if not self._is_waiting:
            return None
        self.remember()
        study = self._session.study
        if study is None:
            return None
        self._is_waiting = False
        self._n_pages += 1
        page = self._pages[self._n_pages] = ProjectPage(self._n_pages, study, frozenset(self._touched))
        return page

    def write(self, page: ProjectPage) -> WrittenPage:
        """Write a page; the only part of saving that may be done on another thread.

        Raises
        ------
        HipSpineError
            If the disk does not take it.
        """
        return self._writer.write(page)

    def catch_up(self) -> None:
        """Have on the disk what was taken to be written, on any thread; who took it is told of refusals."""
        for page in sorted(self._pages.values(), key=lambda page: -page.number):
            with suppress(HipSpineError):
                self.write(page)

    def has_written(self, page: ProjectPage, written: WrittenPage) -> None:
        """Take up what others have written into the file in the meantime."""
        if self._pages.pop(page.number, None) is None:
            return
        if written.refused is not None:
            self._tell_once(written.refused)
        else:
            self._has_told = False
        study = self._session.study
        if written.project != page.study.project and study is not None and study.path == page.study.path:
            found = _with_others(study, written.project, self._touched)
            if found.project != study.project:
                self._session.set_study(found)

    def could_not_write(self, page: ProjectPage, error: HipSpineError) -> None:
        """Tell once that the disk refused; it is tried again with the next change, and when the window closes."""
        if self._pages.pop(page.number, None) is not None:
            self._is_waiting = True
            self._tell_once(error)

    def save_as(self, path: Path) -> None:
        """Keep the project in another file from now on.

        Raises
        ------
        ProjectInvalid
            If the disk does not take it.
        """
        study = self._session.study
        if study is not None:
            self.catch_up()
            save_project(path, study.project)
            self._session.set_study(replace(study, path=path))

    def touch_all(self) -> None:
        """Write every subject the next time: all of them were changed here."""
        study = self._session.study
        if study is not None:
            self._touched |= {one.key for one in study.project.subjects}
            self._wait()

    def _take(self, who: SubjectWords, works: list[SeriesWork]) -> None:
        study = self._session.study or _study_of_one(works)
        key = (who.subject_id, who.session)
        before = study.project.subject(key) or _renamed(study, works)
        known = {one.key: one for one in before.series} if before else {}
        for work in works:
            kept = self._kept(work, known.get(_key_of(work)))
            known[kept.key] = kept
        known = {one: known[one] for one in sorted(known, key=_order_in(study, key))}
        current = before.current if before else 0
        if self._chosen in known:
            current = list(known).index(self._chosen)
        taken = KeptSubject(*key, who.reader_id, tuple(known.values()), current)
        self._touched.add(key)
        is_told = study is self._session.study and study.project.current == key
        if study.project.subject(key) != taken or not is_told:
            if study.project.folder is None and before is not None and before.key != key:
                study = replace(study, project=Project(study.project.name), subjects=())
            self._session.set_study(study.remember(taken))

    def _kept(self, work: SeriesWork, before: KeptSeries | None) -> KeptSeries:
        was = before.progress if before is not None else KeptProgress()
        done, named = (was.n_muscles_done, was.n_muscles) if work.label_work is None else muscle_progress(work)
        measured, rests_on = "", ""
        if self._session.is_up_to_date(work):
            rests_on = self._digest(work)
            measured = was.measured if was.rests_on == rests_on and was.measured else _now()
            self._writer.keep_numbers(work, rests_on)
        elif work.measured is None and was.measured and self._rests_on_the_same(work, was.rests_on):
            measured, rests_on = was.measured, was.rests_on
        found = kept_series(work, before, progress=KeptProgress(named, done, measured, rests_on))
        if found is None:
            raise TypeError("a series without files is not remembered")
        return found

    def _rests_on_the_same(self, work: SeriesWork, rests_on: str) -> bool:
        return work.label_work is None or self._digest(work) == rests_on

    def _digest(self, work: SeriesWork) -> str:
        if work.label_work is None:
            return digest_of(work, ())
        of_fat = () if work.fat_work is None else self._sums_of(work.fat_work).value()
        return digest_of(work, self._sums_of(work.label_work).value(), of_fat=of_fat)

    def _sums_of(self, kept: LabelWork) -> LabelSums:
        if id(kept) not in self._sums:
            self._sums[id(kept)] = kept.sums
            kept.changed.connect(self._wait)
        return self._sums[id(kept)]

    def _hear(self, name: str) -> None:
        if name in _OF_NO_CONSEQUENCE:
            return
        self._note_chosen(name)
        for work in self._session.works:
            for kept in _stores_of(work):
                self._sums_of(kept)
        self._wait()

    def _note_chosen(self, name: str) -> None:
        """While series are closed one after the other, the one that is left is not one that was chosen."""
        works, chosen = self._session.works, self._session.work
        if name == "works":
            self._is_closing, self._n_works = len(works) < self._n_works, len(works)
        if chosen is not None and not self._is_closing:
            self._chosen = _key_of(chosen)
        if name == "current":
            self._is_closing = False

    def _wait(self, _: Any = None) -> None:
        self._is_waiting = True
        self.waiting.emit()

    def _part(self, work: SeriesWork) -> None:
        """A series that is closed is remembered as it was last."""
        if self._is_worth_it(work):
            self._take(work.who, [work])
        for kept in _stores_of(work):
            self._sums.pop(id(kept), None)

    def _is_worth_it(self, work: SeriesWork) -> bool:
        """Of a picture that was opened alone, only what was begun is remembered."""
        return can_be_remembered(work) and (self._session.study is not None or was_begun(work))

    def _tell_once(self, error: HipSpineError) -> None:
        if not self._has_told:
            self._has_told = True
            self._tell(error)


def can_be_remembered(work: SeriesWork) -> bool:
    """Whether a series came from files of the reader's own, and somebody has said whose it is."""
    return work.pictures is not None and bool(work.who.subject_id) and not is_sample(work.pictures.paths[0])


def _stores_of(work: SeriesWork) -> list[LabelWork]:
    return [kept for kept in (work.label_work, work.fat_work) if kept is not None]


def _key_of(work: SeriesWork) -> tuple[str, ...]:
    if work.pictures is None:
        return ()
    return KeptSeries(kept_files(work.pictures), words=kept_words(work.pictures)).key


def _order_in(study: Study, key: SubjectId) -> Callable[[tuple[str, ...]], int]:
    """Where a series stands among those of its subject; those that are new come last."""
    subject = study.subject(key)
    files = [tuple(map(str, kept_files(one.pictures).values())) for one in subject.series] if subject else []
    return lambda series: files.index(series[:-1]) if series[:-1] in files else len(files)


def _study_of_one(works: list[SeriesWork]) -> Study:
    """A project of their own for subjects that are opened without a study; none that is there is overwritten."""
    pictures = next(work.pictures for work in works if work.pictures is not None)
    place = next(place for place in places_of_alone(pictures) if not place.exists())
    return Study(Project(works[0].who.subject_id), place)


def was_begun(work: SeriesWork) -> bool:
    """Whether something was done with a series that would be missed."""
    is_turned = work.pictures is not None and work.pictures.orientation is not None
    return bool(is_turned or work.level_plan.placements or work.chosen_protocol or work.label_work or work.measured)


def _renamed(study: Study, works: list[SeriesWork]) -> KeptSubject | None:
    """What is remembered of a lone subject under the name it had before its reader typed another one."""
    if study.project.folder is not None:
        return None
    keys = {_key_of(work) for work in works}
    return next((one for one in study.project.subjects if keys & {series.key for series in one.series}), None)


def _with_others(study: Study, project: Project, touched: set[SubjectId]) -> Study:
    """A study with what others have written in the meantime."""
    found = study.remember(*(one for one in project.subjects if one.key not in touched))
    return replace(found, project=replace(project, current=study.project.current))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
