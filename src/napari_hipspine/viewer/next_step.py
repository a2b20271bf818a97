"""Where the job goes on once a series is exported, so that nobody has to know the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .session import Session
from .study_list import beside, switch_titles

RELATE = "Relate lumbar to hip muscles…"


class Way(Enum):
    """What comes next."""

    SERIES = "another series of the subject"
    SUBJECT = "the next subject of the study"
    RELATE = "the table of correlations"


@dataclass(frozen=True)
class NextStep:
    """What comes next, and the words for it.

    Parameters
    ----------
    way : Way
        What comes next.
    words : str
        On the button.
    says : str
        What happens when it is pressed.
    number : int
        Of the series to go on with, where it is one.
    """

    way: Way
    words: str
    says: str
    number: int = -1


def next_step(session: Session) -> NextStep | None:
    """What comes after the series that is worked on; None before it is exported."""
    work = session.work
    if work is None or work.measured is None or work.exported is not work.measured:
        return None
    titles = switch_titles(session.works)
    for number, other in enumerate(session.works):
        if other.who == work.who and other is not work and not _is_exported(session, number):
            return NextStep(Way.SERIES, f"Go on: {titles[number]}", "Measure the other series of this subject", number)
    if session.study is not None and session.study.project.folder is not None:
        following = beside(session.study, session, step=1)
        if following is not None:
            return NextStep(Way.SUBJECT, f"Go on: {following}", "Open the next subject of the study")
    return NextStep(Way.RELATE, RELATE, "Open the dock of correlations, with the tables that were exported")


def exported_tables(session: Session) -> tuple[Path, ...]:
    """Tables of the open series that were exported and still hold."""
    found = (work.exported_to / "measurements.csv" for work in session.works if work.exported_to is not None)
    return tuple(path for path in found if path.is_file())


def folder_name(name: str) -> str:
    """Name of the folder for the tables of a series: one series never takes the place of another one's.

    Examples
    --------
    >>> folder_name("sub-007 · lumbar T2")
    'sub-007_lumbar_T2'
    """
    kept = "".join(letter if letter.isalnum() or letter in "-_." else " " for letter in name)
    return "_".join(kept.split())


def _is_exported(session: Session, number: int) -> bool:
    other = session.works[number]
    return other.measured is not None and other.exported is other.measured
