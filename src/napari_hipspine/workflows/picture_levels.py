"""Pictures of the slices that a measurement was read on, for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.volume import Volume, WaterFat
from .measure_subject import CountedResult
from .muscle_surfaces import slice_fat_of

if TYPE_CHECKING:
    from ..measuring.surroundings import Mask
    from ..writing.report import Picture


def picture_levels(
    image: Volume | WaterFat, label_map: LabelMap, result: CountedResult, *, level_plan: LevelPlan | None = None
) -> tuple[Picture, ...]:
    """One picture per level, or of the middle labelled slice where no level was marked.

    Parameters
    ----------
    image : Volume or WaterFat
        What was measured.
    label_map : LabelMap
        Outlines on the image's grid.
    result : CountedResult
        Holds the thresholds.
    level_plan : LevelPlan, optional
        Levels that were read.
    """
    from ..figures.png import figure_as_png
    from ..figures.slice_picture import draw_slice
    from ..writing.report import Picture

    shown = image.water if isinstance(image, WaterFat) else image
    pictures = []
    for words, slice_index in _slices_to_show(image, result, level_plan or LevelPlan()):
        pixels = np.asarray(shown.voxels[slice_index])
        labels = np.asarray(label_map.labels[slice_index])
        position = image.grid.slice_position_mm(slice_index)
        caption = f"{result.key.subject_id}: {words}, slice {slice_index}, {position:.1f} mm"
        figure = draw_slice(
            pixels,
            labels,
            grid=image.grid,
            structures=label_map.structures,
            title=caption,
            called_fat=_called_fat(image, label_map, result, slice_index),
        )
        pictures.append(Picture(f"{caption}; pixels called fat in yellow", figure_as_png(figure, dpi=110)))
    return tuple(pictures)


def _slices_to_show(image: Volume | WaterFat, result: CountedResult, plan: LevelPlan) -> list[tuple[str, int]]:
    if plan.is_empty:
        labelled = sorted(set(result.slices["slice_index"].tolist()))
        return [("middle of the labelled slices", int(labelled[len(labelled) // 2]))] if labelled else []
    return [
        (f"{p.level.label}{f' ({p.muscle.label})' if p.muscle else ''}", image.grid.nearest_slice(p.position_mm))
        for p in plan.placements
    ]


def _called_fat(image: Volume | WaterFat, label_map: LabelMap, result: CountedResult, slice_index: int) -> Mask:
    """Pixels of the slice that were counted as fat."""
    _, called = slice_fat_of(image, label_map, result).on_slice(slice_index)
    return called
