"""What open series and their layers are called: ``sub-007 · lumbar T2``, ``sub-007 · lumbar muscles``."""

from __future__ import annotations

from ..domain.anatomy import Region
from ..domain.volume import Contrast, Volume, WaterFat
from ..reading.study_names import take_apart
from ..workflows.open_study import name_of
from ..workflows.open_subject import ImageFiles
from ..workflows.subject_key import subject_of_path

SEPARATOR = " · "
MUSCLES = "muscles"
PAIR = name_of(None, Contrast.WATER)
"""How water and fat of one series are called together."""


def region_of_files(pictures: ImageFiles) -> Region | None:
    """Region that the name of a picture file says."""
    return take_apart(pictures.paths[0]).region


def contrast_of(image: Volume | WaterFat, pictures: ImageFiles | None = None) -> Contrast:
    """Contrast as the reader says, else as the header does."""
    if isinstance(image, WaterFat):
        return Contrast.WATER
    return (pictures.contrast if pictures else None) or image.contrast


def series_name(subject_id: str, region: Region | None, contrast: Contrast) -> str:
    """Subject, region and contrast of a series."""
    return SEPARATOR.join(part for part in (subject_id, name_of(region, contrast)) if part)


def name_of_files(image: Volume | WaterFat, pictures: ImageFiles) -> str:
    """Name of a series that was opened from files nobody has said anything of."""
    return series_name(subject_of_path(pictures.paths[0]), region_of_files(pictures), contrast_of(image, pictures))


def muscles_name(name: str, region: str) -> str:
    """Name of the labels of a series: its region stands for it where it is known."""
    subject, dot, _ = name.partition(SEPARATOR)
    return SEPARATOR.join((subject, f"{region} {MUSCLES}")) if dot and region else SEPARATOR.join((name, MUSCLES))


def switch_title(region: str, contrast: Contrast, name: str) -> str:
    """Words on the switch between the series of a subject, e.g. ``Lumbar · T2``."""
    shown = name_of(None, contrast)
    if region:
        return SEPARATOR.join((region.capitalize().replace("_", " "), shown)) if shown else region.capitalize()
    return shown or name.rpartition(SEPARATOR)[2]


def part_name(name: str, part: Contrast) -> str:
    """Name of the layer of one part of a pair: ``sub-007 · lumbar water`` of ``sub-007 · lumbar water and fat``."""
    if name.endswith(PAIR):
        return name.removesuffix(PAIR) + part.value
    return SEPARATOR.join((name, part.value))


def renamed_layer(layer: str, before: str, after: str, region: str) -> str:
    """Name of a layer after its series was called otherwise; names that a person gave stay."""
    for part in (Contrast.WATER, Contrast.FAT):
        if layer == part_name(before, part):
            return part_name(after, part)
    if layer.startswith(before):
        return after + layer.removeprefix(before)
    of_labels = layer.startswith(before.partition(SEPARATOR)[0]) and layer.endswith(MUSCLES)
    return muscles_name(after, region) if of_labels else layer
