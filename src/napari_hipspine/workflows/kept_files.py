"""Files as a person hands them in, and as a project remembers them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..keeping.project import ROLES, KeptLabels, KeptSeries, KeptWords
from .open_subject import ImageFiles, LabelFiles


def files_of_kept(kept: KeptSeries) -> tuple[ImageFiles, LabelFiles | None]:
    """Files of a remembered series, as a person would hand them in."""
    labels, pictures = kept.labels, image_files(kept.files, kept.words)
    if labels is None:
        return pictures, None
    outlines = LabelFiles(labels.path, labels.naming, labels.series, labels.ignores_unknown, labels.orientation)
    return pictures, outlines


def image_files(files: Mapping[str, Path], words: KeptWords) -> ImageFiles:
    """Picture files with what was said of them."""
    return ImageFiles(
        image=files.get("image"),
        water=files.get("water"),
        fat=files.get("fat"),
        fat_fraction=files.get("fat_fraction"),
        series=words.series,
        contrast=words.contrast,
        fat_polarity=words.fat_polarity,
        allows_fat_suppressed=words.allows_fat_suppressed,
        accepts_header_mismatch=words.accepts_header_mismatch,
        orientation=words.orientation,
    )


def kept_words(pictures: ImageFiles) -> KeptWords:
    """What was said of a picture, to be remembered."""
    return KeptWords(
        pictures.series,
        pictures.contrast,
        pictures.fat_polarity,
        pictures.allows_fat_suppressed,
        pictures.accepts_header_mismatch,
        pictures.orientation,
    )


def kept_files(pictures: ImageFiles) -> dict[str, Path]:
    """Picture files by what they are, absolute."""
    given = {role: getattr(pictures, role) for role in ROLES}
    return {role: Path(os.path.normpath(Path(path).absolute())) for role, path in given.items() if path is not None}


def kept_labels(outlines: LabelFiles | None) -> KeptLabels | None:
    """The label map outlines were copied from, to be remembered."""
    if outlines is None:
        return None
    naming = outlines.naming
    if naming is not None and Path(naming).is_file():
        naming = Path(naming).absolute()
    elif naming is not None:
        naming = str(naming)
    return KeptLabels(
        Path(outlines.labels).absolute(), naming, outlines.series, outlines.ignores_unknown, outlines.orientation
    )
