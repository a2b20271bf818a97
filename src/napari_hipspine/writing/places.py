"""Files and folders that become visible only once they are complete."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..domain.errors import HipSpineError


@contextmanager
def complete_before_visible(folder: Path, *names: str) -> Iterator[tuple[Path, ...]]:
    """Places to write to; when the work ends without an error they take their names, the last one first.

    Parameters
    ----------
    folder : Path
        Where they are to stand; made if it does not exist.
    names : str
        Names of files or folders. An existing file of such a name is replaced.

    Raises
    ------
    HipSpineError
        If the folder cannot be written; nothing is left behind then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder) as waiting:
            places = tuple(Path(waiting) / name for name in names)
            yield places
            for place in reversed(places):
                place.replace(folder / place.name)
    except OSError as error:
        raise HipSpineError(
            f"Expected a folder that can be written, found {error.strerror or error}, in {folder}.",
            hint="Choose another folder, or make room on the disk.",
        ) from error
