"""The main job for one subject: picture and labels in, tables out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import UnknownLabel
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.provenance import Provenance, fingerprints
from ..domain.subject import Progress, SubjectKey, SubjectResult, stay_silent
from ..domain.volume import Contrast, Volume, WaterFat

if TYPE_CHECKING:
    from ..measuring.measures import Measured


def measure_subject(
    image: Volume | WaterFat,
    label_map: LabelMap,
    *,
    key: SubjectKey,
    level_plan: LevelPlan | None = None,
    protocol: MeasurementProtocol | None = None,
    fat_roi: LabelMap | None = None,
    inputs: Sequence[str | Path] = (),
    progress: Progress = stay_silent,
) -> SubjectResult:
    """Slice table and measurement table of one subject.

    Parameters
    ----------
    image : Volume or WaterFat
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        Outlines; brought onto the image's grid by lossless steps if they are not on it.
    key : SubjectKey
        Who is measured.
    level_plan : LevelPlan, optional
        Levels and window; without it every labelled slice is read as level ``all``.
    protocol : MeasurementProtocol, optional
        Settings; by default those that fit the image (Dixon for water and fat or a fat-fraction map).
    fat_roi : LabelMap, optional
        Macroscopic fat accepted or redrawn by the reader; brought onto the image's grid as the outlines are.
    inputs : sequence of path
        Files to fingerprint for the provenance.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    UnknownLabel
        If no labelled voxel lies inside the image.
    HipSpineError
        Grids that do not match, unknown polarity, contradictions, settings that do not fit the image.
    """
    from ..measuring.measures import measure_volume

    plan = level_plan or LevelPlan()
    settings = protocol or default_protocol(image)
    on_image = label_map.on_grid(image.grid)
    roi = fat_roi.on_grid(image.grid) if fat_roi else None
    measured = measure_volume(image, on_image, plan, settings, key=key, fat_roi=roi, progress=progress)
    if measured.slices.empty:
        raise UnknownLabel(
            f"Expected labels inside the image, found none of them there, in {label_map.path or 'memory'}.",
            hint="Check that labels and image belong to the same scan.",
        )
    return SubjectResult(
        key=key,
        slices=measured.slices,
        measurements=measured.measurements,
        provenance=provenance_of(measured, image, on_image, plan, settings, inputs=inputs),
    )


def default_protocol(image: Volume | WaterFat) -> MeasurementProtocol:
    """The settings for an image nobody has chosen settings for."""
    if isinstance(image, WaterFat) or image.contrast is Contrast.FAT_FRACTION:
        return MeasurementProtocol(fat_method=FatMethod.DIXON)
    return MeasurementProtocol()


def provenance_of(
    measured: Measured,
    image: Volume | WaterFat,
    label_map: LabelMap,
    plan: LevelPlan,
    protocol: MeasurementProtocol,
    *,
    inputs: Sequence[str | Path] = (),
) -> Provenance:
    """What a measurement rests on, as plain values."""
    volumes = (image.water, image.fat) if isinstance(image, WaterFat) else (image,)
    settings: dict[str, Any] = {
        "protocol": protocol.as_dict(),
        "window": str(plan.window),
        "levels": [
            {
                "level": placement.level.id,
                "slice_position": placement.slice_position,
                "position_mm": placement.position_mm,
                "muscle": placement.muscle.id if placement.muscle else "",
            }
            for placement in plan.placements
        ],
        "images": [describe_volume(volume) for volume in volumes],
        "labels": {
            "origin": label_map.origin.value,
            "tool": label_map.tool,
            "values": {str(value): structure.id for value, structure in sorted(label_map.structures.items())},
        },
        "thresholds": measured.thresholds.as_dict(),
    }
    return Provenance(
        command="measure",
        settings=settings,
        inputs=fingerprints(inputs),
        notes=(*(image.notes if isinstance(image, WaterFat) else ()), *label_map.notes, *measured.notes),
    )


def describe_volume(volume: Volume) -> dict[str, Any]:
    """Geometry, contrast and acquisition of a volume as plain values; nothing that could lead to a person."""
    grid = volume.grid
    return {
        "format": volume.source.format,
        "shape": list(grid.shape),
        "spacing_mm": list(grid.spacing_mm),
        "affine_lps": grid.affine.tolist(),
        "orientation": grid.orientation,
        "obliquity_deg": round(grid.obliquity_deg, 3),
        "dtype": str(volume.voxels.dtype),
        "contrast": volume.contrast.value,
        "fat_polarity": volume.fat_polarity.value,
        "fat_suppressed": volume.fat_suppressed,
        "flags": list(volume.flags),
        "acquisition": dict(volume.source.header),
    }
