"""Who uses an entry of a cache, and which one nobody has used for longest: what is in use is never removed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

from .lock_file import host_name, is_alive

_MARK = "used-by-"
_FORGOTTEN_S = 7 * 24 * 3600.0
"""A mark of another computer, whose programs cannot be asked about, counts for a week [s]."""


def mark_used(folder: Path) -> None:
    """Say that this program reads an entry, until it ends; a folder that cannot be written is read all the same."""
    with contextlib.suppress(OSError):
        (folder / _mark_of(os.getpid())).touch()
        for mark in folder.glob(f"{_MARK}*"):
            if not _is_living(mark):
                mark.unlink()


def is_in_use(folder: Path) -> bool:
    """Whether a program that still runs reads an entry: a chunk that was removed under it would be read as zeros."""
    return any(_is_living(mark) for mark in folder.glob(f"{_MARK}*"))


def last_use(folder: Path) -> float:
    """When an entry was used last [s]."""
    times = [0.0]
    for file in folder.iterdir():
        with contextlib.suppress(OSError):
            times.append(file.stat().st_mtime)
    return max(times)


def _is_living(mark: Path) -> bool:
    host, _, pid = mark.name.removeprefix(_MARK).partition("-")
    try:
        age = time.time() - mark.stat().st_mtime
    except OSError:
        return False
    return is_alive(int(pid)) if host == _host() and pid.isdecimal() else age < _FORGOTTEN_S


def _mark_of(pid: int) -> str:
    return f"{_MARK}{_host()}-{pid}"


def _host() -> str:
    return hashlib.sha256(host_name().encode()).hexdigest()[:12]
