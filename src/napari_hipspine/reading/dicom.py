"""DICOM series in a folder, single files and enhanced multi-frame files."""

from __future__ import annotations

from pathlib import Path

from ..domain.volume import Volume


def is_dicom(start: bytes) -> bool:
    """Whether the first bytes of a file are a DICOM preamble."""
    return False


def list_dicom_volumes(path: Path) -> tuple[Volume, ...]:
    """Volumes of a folder or file."""
    return ()
