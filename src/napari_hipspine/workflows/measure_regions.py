"""Fat between muscles and lean muscle volume of one subject: picture, labels and compartment in, a table out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.implants import Implants
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.provenance import Provenance, fingerprints
from ..domain.subject import Progress, SubjectKey, stay_silent
from ..domain.volume import Volume, WaterFat
from .measure_provenance import describe_labels, describe_volume
from .measure_subject import default_protocol

if TYPE_CHECKING:
    import pandas as pd

    from ..measuring.regions_rule import CompartmentRule


@dataclass(frozen=True)
class RegionsResult:
    """The region table of one subject and what it rests on.

    Parameters
    ----------
    key : SubjectKey
        Who was measured.
    regions : pandas.DataFrame
        Table as declared in `napari_hipspine.domain.tables`.
    provenance : Provenance
        Versions, settings and inputs.
    """

    key: SubjectKey
    regions: pd.DataFrame
    provenance: Provenance


def measure_subject_regions(
    image: Volume | WaterFat,
    label_map: LabelMap,
    rule: CompartmentRule,
    *,
    key: SubjectKey,
    protocol: MeasurementProtocol | None = None,
    excluded: LabelMap | None = None,
    compartment: LabelMap | None = None,
    fat_roi: LabelMap | None = None,
    implants: Implants | None = None,
    inputs: Sequence[str | Path] = (),
    progress: Progress = stay_silent,
) -> RegionsResult:
    """InterMAT as defined here, intramuscular fat and lean muscle volume of one subject.

    Parameters
    ----------
    image : Volume or WaterFat
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        Muscles; this and every other map is brought onto the image's grid by lossless steps if it is not on it.
    rule : CompartmentRule
        What the deep-fascia compartment is.
    key : SubjectKey
        Who is measured.
    protocol : MeasurementProtocol, optional
        Settings; by default those that fit the image.
    excluded : LabelMap, optional
        Subcutaneous and visceral fat, bone and vessels: every value but 0.
    compartment : LabelMap, optional
        The drawing, for a drawn compartment.
    fat_roi : LabelMap, optional
        Macroscopic fat accepted or redrawn by the reader.
    implants : Implants, optional
        Implants, fusions, metal and slices to leave out; the volumes they touch are empty with their reason.
    inputs : sequence of path
        Files to fingerprint for the provenance.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    HipSpineError
        Whatever `napari_hipspine.measuring.regions.measure_regions` refuses.
    """
    from ..measuring.regions import measure_regions

    settings = protocol or default_protocol(image)
    muscles = label_map.on_grid(image.grid)
    excluded, compartment, fat_roi = (
        one.on_grid(image.grid) if one is not None else None for one in (excluded, compartment, fat_roi)
    )
    measured = measure_regions(
        image,
        muscles,
        rule,
        protocol=settings,
        key=key,
        excluded=excluded,
        compartment=compartment,
        fat_roi=fat_roi,
        implants=implants,
        progress=progress,
    )
    volumes = (image.water, image.fat) if isinstance(image, WaterFat) else (image,)
    described: dict[str, Any] = {
        "protocol": settings.as_dict(),
        "compartment": {"rule": str(rule), "closing_radius_mm": rule.radius_mm},
        "excluded": excluded is not None,
        "images": [describe_volume(volume) for volume in volumes],
        "labels": describe_labels(muscles),
        "thresholds": measured.thresholds.as_dict(),
        **({"implants": implants.as_dict(key)} if implants else {}),
    }
    maps = [one for one in (muscles, excluded, compartment, fat_roi) if one is not None]
    of_maps = [note for one in maps for note in one.notes]
    of_image = image.notes if isinstance(image, WaterFat) else ()
    provenance = Provenance("regions", described, fingerprints(inputs), (*of_image, *of_maps, *measured.notes))
    return RegionsResult(key, measured.regions, provenance)


def regions_files(result: RegionsResult) -> dict[str, str | bytes]:
    """Texts of one subject's result by file name: the table, its columns, and what it rests on."""
    from ..writing.tables import as_json, columns_as_json, table_as_csv

    return {
        "regions.csv": table_as_csv(result.regions),
        "regions_columns.json": columns_as_json("regions"),
        "regions_run.json": as_json({"subject": vars(result.key), **result.provenance.as_dict()}),
    }
