"""Data that lies elsewhere than a project says: found missing all at once, asked for once, and checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..domain.errors import InvalidChoice
from .project import KeptSeries, Project, size_of

_SHOWN = 3


@dataclass(frozen=True)
class MovedData:
    """What a project names and is not there.

    Parameters
    ----------
    before : Path
        The folder that all of it lay in.
    missing : tuple of Path
        Files and folders, sorted.
    """

    before: Path
    missing: tuple[Path, ...]

    def describe(self) -> str:
        """A question for the reader."""
        n = len(self.missing)
        what = "1 file or folder is" if n == 1 else f"{n} files and folders are"
        return f"{what} no longer in {self.before}. Where is that folder now?"


def find_moved(project: Project) -> MovedData | None:
    """What is missing and the folder all of it lay in; None where everything is there.

    What was lost from two places, say pictures and labels, is asked for one after the other, the larger part first.
    """
    missing = sorted(path for path in _all_paths(project) if not path.exists())
    if not missing:
        return None
    parts: dict[Path, list[Path]] = {}
    for path in missing:
        parts.setdefault(_highest_gone(path), []).append(path)
    largest = max(parts.values(), key=len)
    anchors = [path if path == project.folder else path.parent for path in largest]
    return MovedData(Path(os.path.commonpath(anchors)), tuple(largest))


def follow_move(project: Project, moved: MovedData, now: Path) -> Project:
    """The project with everything that was missing looked for in another folder.

    Parameters
    ----------
    project : Project
        As it was loaded.
    moved : MovedData
        What `find_moved` found.
    now : Path
        What the folder ``moved.before`` has become; a folder above both is understood as well.

    Raises
    ------
    InvalidChoice
        If nothing of it is there, or a picture there is another one than was worked on.
    """
    befores = [one for one in (moved.before, *moved.before.parents) if one == moved.before or not one.exists()]
    moves = [(before, place) for before in befores for place in (now, now / before.name)]
    before, place = max(moves, key=lambda move: _n_found(moved, *move))
    if not _n_found(moved, before, place):
        raise InvalidChoice(
            f"Expected {_listed(moved)}, found none of them, in {now}.",
            hint=f"Choose the folder that {moved.before} has become.",
        )
    there = frozenset(path for path in moved.missing if _put(path, before, place).exists())
    followed = project.with_paths(lambda path: _put(path, before, place) if path in there else path)
    _refuse_others(followed, frozenset(_put(path, before, place) for path in there))
    return followed


def wrong_picture(series: KeptSeries) -> str:
    """Why a picture is not the one that was worked on, as a sentence; empty when nothing speaks against it."""
    for role, path in series.files.items():
        size, found = series.sizes.get(role, -1), size_of(path)
        if -1 not in (size, found) and size != found:
            unit = "bytes" if path.is_file() else "entries"
            return f"Expected the picture that was worked on, with {size} {unit}, found {found}, in {path}."
    return ""


def _all_paths(project: Project) -> set[Path]:
    found = {path for subject in project.subjects for series in subject.series for path in series.paths}
    return found | ({project.folder} if project.folder else set())


def _highest_gone(path: Path) -> Path:
    """The highest folder on the way to a path that is not there."""
    return [one for one in (path, *path.parents) if not one.exists()][-1]


def _n_found(moved: MovedData, before: Path, now: Path) -> int:
    """How much of what is missing lies in another folder; that the folder itself is there proves nothing."""
    inside = (path for path in moved.missing if before in path.parents)
    return sum(_put(path, before, now).exists() for path in inside)


def _put(path: Path, before: Path, now: Path) -> Path:
    return now / path.relative_to(before) if path.is_relative_to(before) else path


def _refuse_others(project: Project, moved: frozenset[Path]) -> None:
    for subject in project.subjects:
        for series in subject.series:
            found = wrong_picture(series) if moved & set(series.files.values()) else ""
            if found:
                raise InvalidChoice(found, hint="Choose the folder with the very data that the project was made on.")


def _listed(moved: MovedData) -> str:
    names = [path.relative_to(moved.before).as_posix() for path in moved.missing if moved.before in path.parents]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
