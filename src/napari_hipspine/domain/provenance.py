"""What a result rests on: versions, settings and the inputs' fingerprints."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .errors import UnreadableImage

RESEARCH_ONLY = "Research software. Not a medical device. Not for diagnosis or treatment decisions."
"""Stands in every window, file and report."""

PACKAGES = (
    "napari-hipspine",
    "numpy",
    "scipy",
    "scikit-image",
    "zarr",
    "nibabel",
    "pydicom",
    "SimpleITK",
    "numba",
    "opencv-python-headless",
)
"""Packages whose version can change a number."""

_READ_BYTES = 2**20


@dataclass(frozen=True)
class Fingerprint:
    """A file or folder and the SHA-256 of what is in it."""

    path: str
    sha256: str
    n_bytes: int


@dataclass(frozen=True)
class Provenance:
    """Everything needed to repeat a result.

    Parameters
    ----------
    command : str
        What was run: a workflow's name.
    settings : mapping
        Protocol, levels and every other choice, as plain values.
    inputs : tuple of Fingerprint
        Files read.
    notes : tuple of str
        What was done that the reader of the numbers should know.
    versions : mapping
        Of Python and the packages that can change a number.
    made_at : str
        Date and time in UTC, as ISO 8601 writes them. Two runs that differ in nothing else are equal.
    """

    command: str
    settings: Mapping[str, Any]
    inputs: tuple[Fingerprint, ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=lambda: installed_versions())
    made_at: str = field(default_factory=lambda: present_moment(), compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "research_only": RESEARCH_ONLY,
            "command": self.command,
            "made_at": self.made_at,
            "settings": dict(self.settings),
            "inputs": [vars(one) for one in self.inputs],
            "notes": list(self.notes),
            "versions": dict(self.versions),
        }


def present_moment() -> str:
    """Date and time in UTC to the second, as ISO 8601 writes them with its time zone."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def installed_versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change a number; absent packages are left out."""
    return dict(_versions_found())


@cache
def _versions_found() -> dict[str, str]:
    """Looked up once: numbers that follow every stroke carry them too."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def fingerprint(path: str | Path) -> Fingerprint:
    """SHA-256 of a file, or of all files of a folder with their relative names and sizes in sorted order.

    What lies at a URL is named and has no fingerprint: it would have to be read as a whole once more.

    Raises
    ------
    UnreadableImage
        If there is no such file or folder.
    """
    if "://" in str(path):
        return Fingerprint(str(path), "", 0)
    root = Path(path)
    if not root.exists():
        raise UnreadableImage(f"Expected a file or folder, found nothing, in {path}.")
    members = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    digest, n_bytes = hashlib.sha256(), 0
    for member in members:
        if member != root:
            # The size closes the name, so that no byte can wander between a name and a content unseen.
            entry = f"{member.relative_to(root).as_posix()}\0{member.stat().st_size}\0"
            digest.update(entry.encode(errors="surrogateescape"))
        n_bytes += _feed(digest, member)
    return Fingerprint(str(path), digest.hexdigest(), n_bytes)


def fingerprints(paths: Iterable[str | Path]) -> tuple[Fingerprint, ...]:
    """Fingerprints of several files or folders."""
    return tuple(fingerprint(path) for path in paths)


def _feed(digest: Any, path: Path) -> int:
    size = 0
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
            size += len(block)
    return size
