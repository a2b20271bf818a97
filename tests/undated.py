"""What a file holds but for the moment it was made at, which alone differs between equal runs."""

from __future__ import annotations

import re
from pathlib import Path

MOMENT = re.compile(rb'^ *"made_at": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00",\n', re.MULTILINE)


def undated(path: Path) -> bytes:
    """Bytes of a file; of a ``run.json`` without its date, which has to be there once."""
    return without_date(path.name, path.read_bytes())


def without_date(name: str, held: bytes) -> bytes:
    """The same of bytes that are no file yet."""
    if not name.endswith("run.json"):
        return held
    without, n_found = MOMENT.subn(b"", held)
    if n_found != 1:
        raise AssertionError(f"Expected one moment, found {n_found}, in {name}.")
    return without
