"""Paths in a project file: relative to the file where they lie beside or below it, so that a study moves as a whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from ..domain.errors import InvalidChoice


@dataclass(frozen=True)
class PathCode:
    """How paths are written and read.

    Parameters
    ----------
    home : Path
        Folder of the project file; absolute.
    """

    home: Path

    def written(self, path: Path) -> str:
        """A path for the file: with ``/`` and relative below the home, else absolute."""
        absolute = Path(os.path.normpath(path.absolute()))
        if absolute.is_relative_to(self.home):
            return absolute.relative_to(self.home).as_posix()
        return str(absolute)

    def read(self, said: Any) -> Path:
        """An absolute path from the file.

        Raises
        ------
        InvalidChoice
            If it is no path.
        """
        if not isinstance(said, str) or not said:
            raise InvalidChoice(f"Expected a path, found {said!r}.")
        elsewhere = PureWindowsPath(said)
        if elsewhere.drive and os.name != "nt":
            # Nothing lies there on this system; its parts still tell what has been moved.
            return Path("/", elsewhere.drive, *elsewhere.parts[1:])
        return Path(os.path.normpath(self.home / said))
