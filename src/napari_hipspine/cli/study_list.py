"""A study folder in the terminal: who is in it and how far each subject is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..workflows.open_study import Study, StudySubject, open_study

HEADINGS = ("subject", "images", "levels", "muscles", "measured")


def is_study(path: Path) -> bool:
    """Whether a path is a study folder or a project file."""
    from ..keeping.project_file import FILE_NAME
    from ..reading.study_folder import is_study_folder

    return is_study_folder(path) or (path / FILE_NAME).is_file() or (path.is_file() and path.suffix == ".json")


def described(path: Path) -> dict[str, Any]:
    """A study as plain values for JSON."""
    study = open_study(path)
    return {
        "study": study.project.name,
        "project": str(study.path) if study.path.is_file() else None,
        "n_subjects": len(study.subjects),
        "n_done": study.n_done,
        "subjects": [_subject(one) for one in study.subjects],
        "problems": list(study.problems),
    }


def as_text(path: Path) -> str:
    """A study as a table with its problems below."""
    study = open_study(path)
    rows = [HEADINGS, *(_row(one) for one in study.subjects)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([_title(study), *lines, *(f"! {problem}" for problem in study.problems)])


def _title(study: Study) -> str:
    n = len(study.subjects)
    return f"{study.project.name}: {n} {'subject' if n == 1 else 'subjects'}, {study.n_done} measured completely"


def _row(subject: StudySubject) -> tuple[str, ...]:
    n_series, (done, named) = len(subject.series), subject.muscles
    return (
        str(subject),
        ", ".join(one.name for one in subject.series) or "none",
        f"{subject.n_levels}/{n_series}",
        f"{done}/{named}" if named else "-",
        f"{subject.n_measured}/{n_series}",
    )


def _subject(subject: StudySubject) -> dict[str, Any]:
    return {
        "subject_id": subject.subject_id,
        "session": subject.session,
        "series": [
            {
                "name": one.name,
                "region": one.region,
                "files": [str(path) for path in one.pictures.paths],
                "labels": str(one.outlines.labels) if one.outlines else None,
                "has_levels": one.has_levels,
                "n_muscles_done": one.muscles[0],
                "n_muscles": one.muscles[1],
                "measured": one.kept.progress.measured if one.kept else "",
            }
            for one in subject.series
        ],
    }
