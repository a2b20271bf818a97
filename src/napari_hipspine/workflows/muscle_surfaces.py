"""Muscles as surfaces: labels in, triangles in patient millimetres out, with local fat where it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.errors import UnknownLabel
from ..domain.label_map import LabelMap
from ..domain.protocol import protocol_from_mapping
from ..domain.subject import Progress, stay_silent
from ..domain.surface import Surface
from ..domain.volume import Volume, WaterFat
from .measure_subject import CountedResult

if TYPE_CHECKING:
    from ..measuring.slice_fat import SliceFat


def find_surfaces(
    label_map: LabelMap, *, fat: SliceFat | None = None, progress: Progress = stay_silent
) -> tuple[Surface, ...]:
    """Surfaces of all muscles that are there, in the order of their label values, from a coarse level.

    Parameters
    ----------
    label_map : LabelMap
        Only a part of its slices is read where there are many, and no block that is known to be empty.
    fat : SliceFat, optional
        From `slice_fat_of`, for the local share of fat.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    UnknownLabel
        If no voxel belongs to a muscle.
    Cancelled
        When the user has stopped it.
    """
    from ..measuring.coarse_muscles import coarse_grid, count_coarsely
    from ..measuring.muscle_surface import surface_of

    coarse = coarse_grid(label_map.grid)
    cells = count_coarsely(label_map, coarse, fat=fat, progress=progress)
    if not cells:
        raise UnknownLabel(
            f"Expected voxels of a muscle, found none, in {label_map.path or 'the labels'}.",
            hint="Outline a muscle first, or name the label values.",
        )
    found = []
    for done, value in enumerate(sorted(cells)):
        structure = label_map.structures[value]
        progress(done, len(cells), f"making the surface of {structure.label}")
        found.append(surface_of(cells.pop(value), coarse, structure))
    return tuple(found)


def slice_fat_of(image: Volume | WaterFat, label_map: LabelMap, result: CountedResult) -> SliceFat:
    """Which pixels are called fat, by the thresholds of a measured series.

    Parameters
    ----------
    image : Volume or WaterFat
        What was measured.
    label_map : LabelMap
        On the image's grid.
    result : CountedResult
        Holds the thresholds and the settings.
    """
    from ..measuring.choices import fraction_unit, kind_of
    from ..measuring.readout import ImageKind
    from ..measuring.slice_fat import SliceFat

    counted = result.counted
    unit = fraction_unit(counted.sums) if kind_of(image) is ImageKind.FRACTION else 1.0
    protocol = protocol_from_mapping(result.provenance.settings["protocol"])
    return SliceFat(counted.picture or image, label_map, counted.thresholds, protocol, per_unit=unit)
