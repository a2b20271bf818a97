"""Files and folders that become visible only once they are complete."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
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


def file_word(text: str) -> str:
    """A text as part of a file name: letters, digits and underscores.

    Examples
    --------
    >>> file_word("recovery (gpe<=2)")
    'recovery_gpe_2'
    """
    return re.sub(r"[^\w]+", "_", text).strip("_")


def file_words(texts: Iterable[str]) -> dict[str, str]:
    """A part of a file name for each text; texts that would share one are numbered.

    Examples
    --------
    >>> file_words(["a<1", "a>1"])
    {'a<1': 'a_1', 'a>1': 'a_1_2'}
    """
    found: dict[str, str] = {}
    for text in texts:
        word, number = file_word(text), 1
        while text not in found and (word if number == 1 else f"{word}_{number}") in found.values():
            number += 1
        found.setdefault(text, word if number == 1 else f"{word}_{number}")
    return found
