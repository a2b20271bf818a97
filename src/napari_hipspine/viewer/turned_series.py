"""A series opened anew as the patient lies according to its reader."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..domain.volume import Volume, WaterFat
from ..workflows.open_subject import ImageFiles, open_image
from .openings import cache_of
from .series_work import SeriesWork


@dataclass(frozen=True)
class TurnedImage:
    """An image as stated, and the files with the statement."""

    image: Volume | WaterFat
    pictures: ImageFiles


def why_not_turn(work: SeriesWork) -> str:
    """Why no other orientation can be stated, as a sentence; empty when it can."""
    if work.pictures is None:
        return "This image came from no file; state its orientation where it was made."
    if work.label_map is not None:
        return "Labels lie on this image as it was assumed to lie. Remove their layer first, then open them again."
    return ""


def turn_series(pictures: ImageFiles, letters: str, progress: Progress) -> TurnedImage:
    """An image with its axes pointing where the reader says; voxels are not read for it.

    Raises
    ------
    InvalidChoice
        If the letters do not name three different axes, or the file states its own orientation.
    """
    if len(letters) != 3:
        raise InvalidChoice(f"Expected three letters such as SPL, found {letters!r}.")
    said = replace(pictures, orientation=letters)
    as_read = replace(said, contrast=None, fat_polarity=None, allows_fat_suppressed=False)
    return TurnedImage(open_image(as_read, cache=cache_of(progress)), said)
