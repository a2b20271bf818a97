"""What the rows of a subject are called when nobody has said: from the file's name and the series."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ..domain.volume import Volume

_ENTITY = re.compile(r"sub-[A-Za-z0-9]+")
_ENDING = re.compile(r"(\.ome)?\.\w+(\.gz)?$")


def subject_of_path(path: str | Path) -> str:
    """Pseudonym proposed for a file: the ``sub-…`` part of its name, else its name without the ending."""
    name = Path(path).name
    entity = _ENTITY.search(name)
    return entity[0] if entity else _ENDING.sub("", name)


def series_word(volume: Volume) -> str:
    """Series of a volume for tables; a DICOM UID, which could lead back to a person, is shortened to a digest."""
    series = volume.source.series
    if volume.source.format == "dicom" and series:
        return f"series-{hashlib.sha256(series.encode()).hexdigest()[:8]}"
    return series
