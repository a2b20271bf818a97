"""What a measurement rests on, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.protocol import MeasurementProtocol
from ..domain.provenance import Fingerprint, Provenance
from ..domain.volume import Volume, WaterFat

if TYPE_CHECKING:
    from ..measuring.measures import Measured


def provenance_of(
    measured: Measured,
    image: Volume | WaterFat,
    label_map: LabelMap,
    plan: LevelPlan,
    protocol: MeasurementProtocol,
    *,
    more: Mapping[str, Any] = MappingProxyType({}),
    inputs: tuple[Fingerprint, ...] = (),
) -> Provenance:
    """What a measurement rests on, as plain values; ``more`` settings stand last."""
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
        "labels": describe_labels(label_map),
        "thresholds": measured.thresholds.as_dict(),
        **more,
    }
    return Provenance(
        command="measure",
        settings=settings,
        inputs=inputs,
        notes=(*(image.notes if isinstance(image, WaterFat) else ()), *label_map.notes, *measured.notes),
    )


def describe_labels(label_map: LabelMap) -> dict[str, Any]:
    """How labels were made and what their values mean, as plain values."""
    return {
        "origin": label_map.origin.value,
        "tool": label_map.tool,
        "values": {str(value): structure.id for value, structure in sorted(label_map.structures.items())},
    }


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
