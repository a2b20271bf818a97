"""A log to attach to a report: what was done and what went wrong, without names of people and folders."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import platform
import re
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..domain.provenance import RESEARCH_ONLY, installed_versions
from ..keeping.user_folders import log_folder
from ..reading.study_names import LABEL_ENDINGS

LOGGER = "napari_hipspine"
NAME = "napari-hipspine.log"
_BYTES = 2**19
_BACKUPS = 3
_LINES_REPORTED = 200
_LONGEST = 20_000
"""Letters of one entry; of a longer one the end is kept, where a traceback says what happened."""

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_ENDINGS = (*LABEL_ENDINGS, ".dcm", ".ima", ".csv", ".tsv", ".json", ".xlsx", ".label")

_CODE = re.compile(r'File "[^"]*(?:site-packages[\\/]|src[\\/](?=napari_hipspine)|lib[\\/]python3\.\d+[\\/])([^"]*)"')
_PATH = re.compile(r"""(?<![\w.<>/\\-])(?:~?/(?=[^\s/])|[A-Za-z]:[\\/]|\\\\(?=\w))[^\n"]*""")
_FILE = re.compile(rf"[^\s'\"/\\]{{1,255}}(?:{'|'.join(map(re.escape, sorted(_ENDINGS, key=len, reverse=True)))})\b")
_UID = re.compile(r"\b\d+(?:\.\d+){5,}\b")
_FEWEST_LETTERS = 3


class ScrubbedLog(RotatingFileHandler):
    """A log file in which paths are digests and private words are not written.

    Parameters
    ----------
    path : Path
        The file; made with the first line.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_BYTES, backupCount=_BACKUPS, encoding="utf-8", delay=True)
        self.setFormatter(logging.Formatter(_FORMAT))
        self._private: set[str] = set()

    def hide(self, words: Iterable[str]) -> None:
        """Never write some words, such as the names of a study and of its subjects."""
        self._private |= {word for word in words if len(word) >= _FEWEST_LETTERS}

    def format(self, record: logging.LogRecord) -> str:
        """A line without names of people and folders."""
        return scrubbed(super().format(record)[-_LONGEST:], self._private)


def begin_log() -> ScrubbedLog | None:
    """The log of this program; None where it cannot be written."""
    logger = logging.getLogger(LOGGER)
    running = next((one for one in logger.handlers if isinstance(one, ScrubbedLog)), None)
    if running is not None:
        return running
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        log = ScrubbedLog(log_folder() / NAME)
    except OSError:
        return None
    logger.addHandler(log)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    return log


def end_log() -> None:
    """Write no more lines."""
    logger = logging.getLogger(LOGGER)
    for one in [one for one in logger.handlers if isinstance(one, ScrubbedLog)]:
        logger.removeHandler(one)
        one.close()


def scrubbed(text: str, private: Iterable[str] = ()) -> str:
    """Text without folders and file names: where a path begins, everything to the end of the line becomes a digest.

    A path may hold blanks and commas, and its end cannot be told; what follows it in its line is given up with it.
    Names of our own and of Python's source files stay, by their place within the package.
    """
    code: list[str] = []

    def keep(found: re.Match[str]) -> str:
        code.append(found[1].replace("\\", "/"))
        return f"<code {len(code) - 1}>"

    text = _CODE.sub(keep, text)
    for word in sorted(private, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "<name>", text)
    for pattern in (_PATH, _FILE, _UID):
        text = pattern.sub(lambda found: _digest(found[0]), text)
    for number, place in enumerate(code):
        text = text.replace(f"<code {number}>", f'File "{place}"')
    return text


def report() -> str:
    """Versions and the last lines of the log, for a report of an error."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = (log_folder() / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    versions = {**installed_versions(), **_window_versions()}
    told = [f"{name} {version}" for name, version in versions.items()]
    return "\n".join([RESEARCH_ONLY, platform.platform(), ", ".join(told), "", *lines[-_LINES_REPORTED:]])


def _window_versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("napari", "npe2", "qtpy", "PyQt6", "PySide6", "vispy"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _digest(path: str) -> str:
    stripped = path.rstrip(" .'\")")
    ending = next((one for one in _ENDINGS if stripped.lower().endswith(one)), "")
    return f"<{hashlib.sha256(stripped.encode(errors='replace')).hexdigest()[:8]}{ending}>"
