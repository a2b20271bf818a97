"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = "unfinished-"
"""What the name of a folder begins with while it is being filled."""


@contextmanager
def unfinished_folder(parent: Path) -> Iterator[Path]:
    """A new folder to fill; what has not been renamed away by the end is removed.

    Parameters
    ----------
    parent : Path
        Where it is made, so that renaming it into place needs no copy.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=parent))
    try:
        yield unfinished
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def put_in_place(unfinished: Path, folder: Path) -> None:
    """Rename a filled folder into place; an older one there gives way."""
    if folder.exists():
        aside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent)) / "replaced"
        folder.rename(aside)
        unfinished.rename(folder)
        shutil.rmtree(aside.parent, ignore_errors=True)
    else:
        unfinished.rename(folder)
