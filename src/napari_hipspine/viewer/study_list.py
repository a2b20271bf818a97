"""The list of a study's subjects as it is shown: one row each, how far it is, and which comes next."""

from __future__ import annotations

from dataclasses import dataclass

from ..workflows.open_study import Study, StudySubject
from .series_names import SEPARATOR, contrast_of, switch_title
from .series_work import SeriesWork
from .session import Session
from .steps import Status

HEADINGS = ("", "Subject", "Images", "Levels", "Muscles", "Measured")
MEANINGS = (
    "✔ measured completely, ● open now, ◐ begun, ○ not yet",
    "Subject, and session where there are several",
    "Series found",
    "Series whose levels are marked and confirmed",
    "Muscles and sides outlined without a gap, of those that are named",
    "Series measured, and nothing changed since",
)
BEGUN = "◐"


@dataclass(frozen=True)
class SubjectRow:
    """One subject in the list.

    Parameters
    ----------
    key : tuple of str
        Subject and session.
    cells : tuple of str
        As the headings say.
    says : str
        Names of its series, or that there are none.
    is_open : bool
        Whether it is worked on now.
    """

    key: tuple[str, str]
    cells: tuple[str, ...]
    says: str
    is_open: bool


def subject_rows(study: Study, session: Session) -> tuple[SubjectRow, ...]:
    """Rows of all subjects in their order."""
    who = session.who
    return tuple(_row(one, is_open=one.key == (who.subject_id, who.session)) for one in study.subjects)


def beside(study: Study, session: Session, *, step: int) -> StudySubject | None:
    """The subject so many places further down the list; the first where none of them is open; None beyond the end."""
    keys = [one.key for one in study.subjects]
    here = (session.who.subject_id, session.who.session)
    at = keys.index(here) + step if here in keys else 0
    return study.subjects[at] if 0 <= at < len(keys) else None


def done_words(study: Study) -> str:
    """How many subjects are done, in words."""
    return f"{study.n_done}/{len(study.subjects)} done"


def switch_titles(works: tuple[SeriesWork, ...]) -> tuple[str, ...]:
    """Words on the switch between open series; with the subject where several are open."""
    titles = [switch_title(one.region, contrast_of(one.image, one.pictures), one.name) for one in works]
    several = len({one.who for one in works}) > 1
    named = [
        SEPARATOR.join((one.who.subject_id, title)) if several else title
        for one, title in zip(works, titles, strict=True)
    ]
    return tuple(one.name if named.count(title) > 1 else title for one, title in zip(works, named, strict=True))


def _row(subject: StudySubject, *, is_open: bool) -> SubjectRow:
    n_series, (done, named) = len(subject.series), subject.muscles
    mark = Status.TODO.value
    if is_open:
        mark = Status.NOW.value
    elif subject.is_done:
        mark = Status.DONE.value
    elif subject.kept is not None:
        mark = BEGUN
    cells = (
        mark,
        str(subject),
        str(n_series),
        f"{subject.n_levels}/{n_series}",
        f"{done}/{named}" if named else "–",
        f"{subject.n_measured}/{n_series}",
    )
    return SubjectRow(subject.key, cells, ", ".join(one.name for one in subject.series) or "no pictures", is_open)
