"""ITK-SNAP label descriptions: a text file that names the values of a label map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..domain.errors import InvalidChoice, UnknownLabel
from .namings import CARRIED, Meaning, Naming
from .structure_words import meaning_of_segment

_LINE = re.compile(r'^\s*(\d+)(?:\s+[\d.]+){6}\s+"(.*)"\s*$')
"""Value; red, green, blue; opacity; visible in slices; visible in 3-D; name in quotes."""


def is_label_description(path: Path) -> bool:
    """Whether a file is a text with at least one line of a label description."""
    if not path.is_file() or path.suffix.lower() not in (".txt", ".label"):
        return False
    return any(_LINE.match(line) for line in _lines_of(path))


def read_label_description(path: Path) -> tuple[Naming, Mapping[int, str]]:
    """The naming in a label description, and why some names in it mean nothing.

    Parameters
    ----------
    path : Path
        Text file saved by ITK-SNAP (Segmentation, Save Label Descriptions).
    """
    meanings: dict[int, Meaning] = {}
    unreadable: dict[int, str] = {}
    for line in _lines_of(path):
        found = _LINE.match(line)
        if not found or int(found[1]) == 0:
            continue
        try:
            meanings[int(found[1])] = meaning_of_segment(found[2])
        except UnknownLabel as error:
            unreadable[int(found[1])] = error.message
    return Naming("itksnap", CARRIED["itksnap"], meanings), unreadable


def find_label_description(labels: Path, stem: str) -> Path:
    """The label description that belongs to a label map: of the same name, or the only one in the folder.

    Raises
    ------
    InvalidChoice
        If there is none, or several of which none has the name.
    """
    beside = sorted(file for file in labels.parent.iterdir() if is_label_description(file))
    named = [file for file in beside if file.stem == stem]
    if len(named or beside) == 1:
        return (named or beside)[0]
    raise InvalidChoice(
        f"Expected one ITK-SNAP label description beside the labels, found "
        f"{', '.join(file.name for file in beside) or 'none'}, for {labels}.",
        hint=f"Save it as {stem}.txt, or give its path as the naming.",
    )


def _lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()
