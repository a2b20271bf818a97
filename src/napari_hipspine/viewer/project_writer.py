"""Pages of a project on their way to the disk: one is written at a time, on any thread, and the last state wins."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ..domain.errors import HipSpineError
from ..keeping.project import Project
from ..keeping.project_file import Stamp, save_project, stamp_of
from ..workflows.open_study import Study
from .kept_numbers import keep_numbers
from .series_work import SeriesWork

SubjectId = tuple[str, str]
"""Subject and session."""


@dataclass(frozen=True)
class ProjectPage:
    """A project as it was at one moment, to be written.

    Parameters
    ----------
    number : int
        Later ones are higher.
    study : Study
        As it was then.
    touched : frozenset of tuple of str
        Subjects that were worked on here.
    """

    number: int
    study: Study
    touched: frozenset[SubjectId]


@dataclass(frozen=True)
class WrittenPage:
    """What stands in the file of a project now.

    Parameters
    ----------
    project : Project
        With what others have written into it.
    refused : HipSpineError, optional
        Why numbers could not be kept beside their labels.
    """

    project: Project
    refused: HipSpineError | None = None


class ProjectWriter:
    """Writes pages and the numbers that go with them; holds its lock while the disk works."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers: deque[tuple[SeriesWork, str]] = deque()
        self._stamps: dict[Path, Stamp] = {}
        self._stands: dict[Path, tuple[int, Project]] = {}

    def begin(self, study: Study) -> None:
        """Trust what was just read of a project, as long as its file does not change."""
        with self._lock:
            self._stands.pop(study.path, None)
            self._stamps.pop(study.path, None)
            if study.as_of is not None:
                self._stamps[study.path] = study.as_of

    def keep_numbers(self, work: SeriesWork, digest: str) -> None:
        """Keep the tables of a series with the next page, before the project says that they are there."""
        self._numbers.append((work, digest))

    def write(self, page: ProjectPage) -> WrittenPage:
        """Write one page, whole or not at all; one that is no newer than what stands there is not written any more.

        Raises
        ------
        HipSpineError
            If the disk does not take it.
        """
        path = page.study.path
        with self._lock:
            refused = self._write_numbers()
            number, stands = self._stands.get(path, (0, page.study.project))
            if page.number <= number:
                return WrittenPage(stands, refused)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise HipSpineError(
                    f"Expected a folder for the project, found {error.strerror or error}, at {path.parent}."
                ) from error
            project = save_project(path, page.study.project, touched=page.touched, as_of=self._stamps.get(path))
            self._stands[path] = page.number, project
            self._note_stamp(path, is_all_known=project == page.study.project)
            return WrittenPage(project, refused)

    def _note_stamp(self, path: Path, *, is_all_known: bool) -> None:
        """While others' work in the file is not known here, the file is read again before it is written again."""
        stamp = stamp_of(path) if is_all_known else None
        if stamp is None:
            self._stamps.pop(path, None)
        else:
            self._stamps[path] = stamp

    def _write_numbers(self) -> HipSpineError | None:
        refused = None
        while self._numbers:
            try:
                keep_numbers(*self._numbers.popleft())
            except HipSpineError as error:
                refused = error
        return refused
