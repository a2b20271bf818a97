"""Pictures of the slices that a measurement was read on, for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import find_structure
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.subject import SubjectResult
from ..domain.volume import FatPolarity, Volume, WaterFat

if TYPE_CHECKING:
    from ..writing.report import Picture


def picture_levels(
    image: Volume | WaterFat, label_map: LabelMap, result: SubjectResult, *, level_plan: LevelPlan | None = None
) -> tuple[Picture, ...]:
    """One picture per level, or of the middle labelled slice where no level was marked.

    Parameters
    ----------
    image : Volume or WaterFat
        What was measured.
    label_map : LabelMap
        Outlines on the image's grid.
    result : SubjectResult
        Its slice table holds the thresholds.
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


def _slices_to_show(image: Volume | WaterFat, result: SubjectResult, plan: LevelPlan) -> list[tuple[str, int]]:
    if plan.is_empty:
        labelled = sorted(set(result.slices["slice_index"].tolist()))
        return [("middle of the labelled slices", int(labelled[len(labelled) // 2]))] if labelled else []
    return [
        (f"{p.level.label}{f' ({p.muscle.label})' if p.muscle else ''}", image.grid.nearest_slice(p.position_mm))
        for p in plan.placements
    ]


def _called_fat(
    image: Volume | WaterFat, label_map: LabelMap, result: SubjectResult, slice_index: int
) -> NDArray[np.bool_]:
    """Pixels of the slice that count as fat, by the threshold each structure was given."""
    labels = np.asarray(label_map.labels[slice_index])
    signal, fat_is_above = _fat_signal(image, slice_index)
    called = np.zeros(labels.shape, dtype=bool)
    rows = result.slices[result.slices["slice_index"] == slice_index]
    thresholds = {find_structure(row["muscle"], row["side"]): row["threshold"] for row in rows.to_dict("records")}
    for value, structure in label_map.structures.items():
        threshold = thresholds.get(structure, np.nan)
        with np.errstate(invalid="ignore"):
            beyond = signal >= threshold if fat_is_above else signal <= threshold
        called |= (labels == value) & beyond
    return called


def _fat_signal(image: Volume | WaterFat, slice_index: int) -> tuple[NDArray[Any], bool]:
    """What the threshold is compared with, and whether fat lies above it."""
    if isinstance(image, WaterFat):
        water, fat = (_signal(volume, slice_index) for volume in (image.water, image.fat))
        with np.errstate(invalid="ignore", divide="ignore"):
            return fat / (fat + water), True
    return _signal(image, slice_index), image.fat_polarity is not FatPolarity.DARK


def _signal(volume: Volume, slice_index: int) -> NDArray[np.float64]:
    slope, intercept = volume.voxel_scale
    return np.asarray(volume.voxels[slice_index], dtype=np.float64) * slope + intercept
