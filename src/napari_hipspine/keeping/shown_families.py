"""Under which families of tests the results of a study were shown, kept for the user from one sitting to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from .user_folders import data_folder
from .whole_file import write_whole_file

_WORDS = "families_shown"


def families_folder() -> Path:
    """Where they are kept: one small file per study, named by a digest; it names no file and no person."""
    return data_folder() / "families"


def read_shown_families(studies: Sequence[str]) -> list[str]:
    """Families shown before, the first one first; of several names of a study the one most is known of.

    Parameters
    ----------
    studies : sequence of str
        What the study is known by; any text.
    """
    found: list[str] = []
    for study in studies:
        try:
            words = json.loads(_file_of(study).read_text(encoding="utf-8"))[_WORDS]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(words, list) and len(words) > len(found):
            found = [str(word) for word in words]
    return found


def keep_shown_families(studies: Sequence[str], families: Sequence[str]) -> None:
    """Keep the families of a study under all its names.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    for study in studies:
        path = _file_of(study)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole_file(path, json.dumps({_WORDS: list(families)}).encode())


def _file_of(study: str) -> Path:
    return families_folder() / f"{hashlib.sha256(study.encode(errors='surrogateescape')).hexdigest()[:32]}.json"
