"""Studies and subjects that were opened last, kept in a small file of the user's own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..keeping.user_folders import data_folder
from ..keeping.whole_file import write_whole_file

DEFAULT_LENGTH = 10
_NAME = "recent.json"


@dataclass(frozen=True)
class Recent:
    """A study that was opened, or a subject of it.

    Parameters
    ----------
    path : str
        Study folder or project file.
    study : str
        Name of the study.
    subject_id, session : str
        Whom it leads to; empty for the study as it was left.
    """

    path: str
    study: str
    subject_id: str = ""
    session: str = ""

    @property
    def title(self) -> str:
        """Words for a menu."""
        subject = f"{self.subject_id} ses-{self.session}" if self.session else self.subject_id
        return " · ".join(part for part in dict.fromkeys((subject, self.study)) if part)

    @property
    def is_there(self) -> bool:
        """Whether it can still be opened."""
        return Path(self.path).exists()


def load_recent() -> tuple[Recent, ...]:
    """Newest first; nothing where the file is missing or makes no sense, for no work rests on it."""
    try:
        said = json.loads((data_folder() / _NAME).read_text(encoding="utf-8"))
        return tuple(Recent(**{name: str(value) for name, value in one.items()}) for one in said)
    except (OSError, ValueError, TypeError, AttributeError):
        return ()


def add_recent(new: Iterable[Recent], *, length: int = DEFAULT_LENGTH) -> tuple[Recent, ...]:
    """The list with some put at its beginning, kept on the disk where that takes it.

    Parameters
    ----------
    new : iterable of Recent
        Newest first.
    length : int
        How many studies, and how many subjects, are kept.
    """
    every = list(dict.fromkeys((*new, *load_recent())))
    studies = [one for one in every if not one.subject_id][:length]
    subjects = [one for one in every if one.subject_id][:length]
    kept = tuple(one for one in every if one in studies or one in subjects)
    path = data_folder() / _NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole_file(path, json.dumps([asdict(one) for one in kept], indent=1).encode())
    except OSError:
        return kept
    return kept
