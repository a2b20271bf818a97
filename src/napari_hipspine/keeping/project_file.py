"""The project file: readable JSON, written whole or not at all, refused with words where it cannot be trusted."""

from __future__ import annotations

import json
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..domain.errors import HipSpineError
from .project import Project, ProjectInvalid
from .project_json import project_as_json, project_of_json
from .project_paths import PathCode
from .whole_file import write_whole_file

FILE_NAME = "hipspine_project.json"
"""What the project of a study is called in its folder."""

VERSION = 1

Stamp = tuple[int, int]
"""When a file was last written [ns], and its size [bytes]."""

_FORMAT = "napari-hipspine project"


def load_project(path: Path) -> Project:
    """A project as it was saved, every path absolute; whether the files are there is another question.

    Raises
    ------
    ProjectInvalid
        If there is no such file, it is no project, another version wrote it, or its values make no sense.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _invalid(path, error.strerror or str(error), "Check the path.") from error
    except ValueError as error:
        raise _invalid(path, f"no JSON ({error})", "Take an earlier copy of it.") from error
    if not isinstance(said, dict) or said.get("format") != _FORMAT:
        raise _invalid(path, "another kind of file", f"The project of a study is called {FILE_NAME} to begin with.")
    if said.get("version") != VERSION:
        found = f"version {said.get('version')}, written by napari-hipspine {said.get('program', 'unknown')}"
        raise _invalid(path, found, "Open it with that version or a later one; it was left as it is.")
    given = {name: value for name, value in said.items() if name not in ("format", "version", "program")}
    try:
        return project_of_json(given, PathCode(path.absolute().parent))
    except (HipSpineError, TypeError, AttributeError) as error:
        what = error.message if isinstance(error, HipSpineError) else str(error)
        raise _invalid(path, f"what makes no sense: {what}", "Mend it by hand, or take an earlier copy.") from error


def stamp_of(path: Path) -> Stamp | None:
    """What changes when somebody writes the file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def save_project(
    path: Path,
    project: Project,
    *,
    touched: Collection[tuple[str, str]] | None = None,
    as_of: Stamp | None = None,
) -> Project:
    """Write a project, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; its folder is there.
    project : Project
        What is to be remembered.
    touched : collection of tuple of str, optional
        Subjects and sessions that were worked on here. Of all others the file is believed, so that two people who
        work on different subjects of one study do not undo each other's work. By default everything is written.
    as_of : tuple of int, optional
        Stamp of the file when it was last read or written here; while it has not changed it is not read again.

    Returns
    -------
    Project
        What stands in the file now.

    Raises
    ------
    ProjectInvalid
        If the file there is no project of this version, which is then left alone, or the disk does not take it.
    """
    now = stamp_of(path)
    if touched is not None and now is not None and now != as_of:
        project = project.with_subjects(*(one for one in load_project(path).subjects if one.key not in touched))
    home = path.absolute().parent
    said: dict[str, Any] = {"format": _FORMAT, "version": VERSION, "program": _own_version()}
    said |= project_as_json(project, PathCode(home))
    try:
        write_whole_file(path, (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise ProjectInvalid(
            f"Expected a folder that takes the project file, found {error.strerror or error}, in {home}.",
            hint="Free disk space or save the project in another folder; the labels are on the disk already.",
        ) from error
    return project


def _own_version() -> str:
    try:
        return version("napari-hipspine")
    except PackageNotFoundError:
        return "unknown"


def _invalid(path: Path, found: str, hint: str) -> ProjectInvalid:
    return ProjectInvalid(f"Expected a project file of version {VERSION}, found {found}, in {path}.", hint=hint)
