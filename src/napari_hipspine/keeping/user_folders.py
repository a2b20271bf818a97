"""Where a platform wants a program's own data, caches and logs of one user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "napari-hipspine"

DATA_VARIABLE = "NAPARI_HIPSPINE_DATA"
"""Names another folder for data that is to last."""

LOG_VARIABLE = "NAPARI_HIPSPINE_LOGS"
"""Names another folder for logs."""


def data_folder() -> Path:
    """What is to last: labels that are worked on, projects."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named) if named else _folder("LOCALAPPDATA", "Application Support", "XDG_DATA_HOME", ".local/share")


def cache_folder() -> Path:
    """What can be made again."""
    return _folder("LOCALAPPDATA", "Caches", "XDG_CACHE_HOME", ".cache")


def log_folder() -> Path:
    """What was done, for reports of errors."""
    named = os.environ.get(LOG_VARIABLE)
    return Path(named) if named else _folder("LOCALAPPDATA", "Logs", "XDG_STATE_HOME", ".local/state") / "logs"


def _folder(windows: str, mac: str, variable: str, elsewhere: str) -> Path:
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get(windows) or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / mac
    else:
        base = Path(os.environ.get(variable) or home / elsewhere)
    return base / NAME
