"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from .whole_folder import UNFINISHED


def write_whole_file(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file, from bytes or part by part; until all of it is on the disk, what was there before stays.

    Raises
    ------
    OSError
        If the disk does not take it; nothing is left behind then.
    """
    unfinished = path.with_name(f".{UNFINISHED}{secrets.token_hex(6)}{path.suffix}")
    try:
        with unfinished.open("xb") as file:
            file.writelines((content,) if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            unfinished.chmod(path.stat().st_mode & 0o777)
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
