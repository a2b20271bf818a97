"""NRRD and MetaImage (MHA, MHD)."""

from __future__ import annotations

from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.volume import Volume


def is_itk_image(start: bytes) -> bool:
    """Whether the first bytes of a file are those of an NRRD or MetaImage header."""
    return False


def list_itk_volumes(path: Path, *, cache: VolumeCache | None = None) -> tuple[Volume, ...]:
    """Volumes of one NRRD or MetaImage file."""
    return ()
