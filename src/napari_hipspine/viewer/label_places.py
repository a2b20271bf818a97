"""Where labels that are worked on lie: the same files lead to the same folder, samples to one that passes."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from ..keeping.user_folders import data_folder
from ..workflows.open_study import Study
from ..workflows.open_subject import ImageFiles, LabelFiles
from ..workflows.subject_key import subject_of_path

ENVIRONMENT_VARIABLE = "NAPARI_HIPSPINE_WORK"
"""Names another folder for labels that are worked on."""

_NAME_LENGTH = 40
_PASSING = "napari-hipspine-"


def work_folder() -> Path:
    """Where labels that are worked on lie: what the platform has for a program's data, or the folder named."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    return data_folder() / "labels"


def place_of_labels(pictures: ImageFiles | None, outlines: LabelFiles | None, *, study: Study | None = None) -> Path:
    """Folder for the labels of a series: the same files lead to the same folder, so that work is found again.

    Samples and pictures that came from no file get a folder of their own that lasts as long as the program; those of
    a study lie in its folder, called by paths within it, so that they move with it.
    """
    if pictures is None or (outlines is not None and is_sample(Path(outlines.labels))):
        return _passing_folder()
    root = study.project.folder if study is not None and study.labels_home is not None else None
    said = [_place_in(root, path) for path in pictures.paths] + [pictures.series or ""]
    if outlines is not None:
        said += [_place_in(root, Path(outlines.labels)), str(outlines.naming), str(outlines.series or "")]
    if pictures.orientation is not None:
        said.append(pictures.orientation)
    digest = hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]
    home = study.labels_home if study is not None and study.labels_home is not None else work_folder()
    return home / f"{_as_folder_name(subject_of_path(pictures.paths[0]))}-{digest}"


def _place_in(root: Path | None, path: Path) -> str:
    """A path as it stays when the study folder moves; absolute outside of it."""
    absolute = path.absolute()
    return absolute.relative_to(root).as_posix() if root and absolute.is_relative_to(root) else str(absolute)


def fresh_place(name: str, *, study: Study | None = None) -> Path:
    """A folder for labels that came from a layer: nothing was worked on there before; with the study if one is open."""
    now = datetime.now().astimezone()
    home = study.labels_home if study is not None and study.labels_home is not None else work_folder()
    return home / f"{_as_folder_name(name)}-{now:%Y%m%d-%H%M%S-%f}"


def _as_folder_name(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:_NAME_LENGTH] or "labels"


def is_sample(path: Path) -> bool:
    """Whether a file came with the package."""
    return path.absolute().is_relative_to(Path(__file__).parents[1].absolute())


def is_passing_place(place: Path) -> bool:
    """Whether labels lie where they last only as long as the program."""
    return place.name.startswith(_PASSING) and place.parent == Path(tempfile.gettempdir())


def _passing_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=_PASSING))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
