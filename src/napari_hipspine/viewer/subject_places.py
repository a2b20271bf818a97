"""Where the subject behind a point of the scatter is: in the study that is open, or in one its table lies in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..keeping.project_file import FILE_NAME
from ..workflows.open_study import Study
from .recent_studies import Recent


def key_in_study(study: Study | None, subject_id: str, session: str | None = None) -> tuple[str, str] | None:
    """Subject and session as a study has them; the first session where none is named; None where it has no such."""
    keys = [one.key for one in study.subjects if one.subject_id == subject_id] if study is not None else []
    named = [key for key in keys if key[1] == session]
    return next(iter(named or keys), None)


def place_of_tables(tables: Iterable[Path], subject_id: str, session: str | None = None) -> Recent | None:
    """The study whose folder one of the tables lies in, led to a subject; None where none of them lies in one."""
    for table in tables:
        for folder in table.absolute().parents:
            if (folder / FILE_NAME).is_file():
                return Recent(str(folder), folder.name, subject_id, session or "")
    return None


def how_to_open(subject_id: str) -> str:
    """What to do where a subject cannot be found."""
    return (
        f"Open the study folder of {subject_id} in the dock Hip-spine muscles (Open study folder…), then click "
        "the point again."
    )
