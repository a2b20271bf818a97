"""Open series as they follow from files and layers, and what of them is shown."""

from __future__ import annotations

from dataclasses import replace

from ..domain.grid import Grid
from ..domain.level_plan import LevelPlan
from ..domain.volume import Contrast, Volume, WaterFat
from ..workflows.open_subject import ImageFiles, declare
from ..workflows.subject_key import subject_of_path
from .layers import ShownImage
from .series_names import contrast_of, name_of_files, part_name, region_of_files, series_name
from .series_work import SeriesWork, SubjectWords


def volumes_of(image: Volume | WaterFat) -> tuple[Volume, ...]:
    """One volume, or water and fat."""
    return (image.water, image.fat) if isinstance(image, WaterFat) else (image,)


def main_volume(image: Volume | WaterFat) -> Volume:
    """The volume that is looked at."""
    return volumes_of(image)[0]


def moved_to_grid(plan: LevelPlan, before: Grid, after: Grid) -> LevelPlan:
    """Levels on the same slices after a header was corrected: the slices stay, their positions do not."""
    if before.same_as(after):
        return plan
    moved = []
    for placed in plan.placements:
        index = before.nearest_slice(placed.position_mm)
        offset = placed.position_mm - before.slice_position_mm(index)
        moved.append(replace(placed, position_mm=after.slice_position_mm(index) + offset))
    return replace(plan, placements=tuple(moved))


def work_of_files(image: Volume | WaterFat, pictures: ImageFiles) -> SeriesWork:
    """A series of which nothing is known but its files."""
    return SeriesWork(
        name=name_of_files(image, pictures),
        opened=image,
        who=SubjectWords(subject_of_path(pictures.paths[0])),
        pictures=pictures,
        stated_region=region_of_files(pictures),
        is_named_after_files=True,
    )


def work_of_layer(shown: ShownImage, name: str) -> SeriesWork:
    """A series for an image layer that a reader or a sample made."""
    pictures, plan = shown.pictures, shown.level_plan
    if pictures is None:
        return SeriesWork(name=_without_part(name), opened=shown.image, level_plan=plan)
    declared = declare(shown.image, pictures) if isinstance(shown.image, Volume) else None
    work = replace(work_of_files(shown.image, pictures), declared=declared, level_plan=plan)
    if name in (work.name, part_name(work.name, Contrast.WATER), part_name(work.name, Contrast.FAT)):
        return work
    return replace(work, name=_without_part(name), is_named_after_files=False)


def _without_part(name: str) -> str:
    """Name of a series by that of the layer of its water or fat."""
    return name.removesuffix(" · water").removesuffix(" · fat")


def current_name(work: SeriesWork) -> str:
    """Name of a series by its subject, region and contrast of now, unless somebody else named it."""
    if not work.is_named_after_files:
        return work.name
    return series_name(work.who.subject_id, work.stated_region, contrast_of(work.image, work.pictures))
