"""Regions of one subject from files: what both faces ask for, and what they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.cells import is_missing
from ..domain.protocol import MeasurementProtocol
from ..domain.provenance import RESEARCH_ONLY
from ..domain.subject import Progress, SubjectKey, stay_silent
from ..domain.volume import WaterFat
from .measure_regions import RegionsResult, measure_subject_regions
from .measure_subject import default_protocol
from .open_implants import open_implants
from .open_subject import ImageFiles, LabelFiles, open_drawing, open_subject
from .subject_key import series_word, subject_of_path

if TYPE_CHECKING:
    from ..measuring.regions_rule import CompartmentRule

_SHOWN = {
    "compartment_mm3": "compartment",
    "excluded_mm3": "excluded",
    "intermat_mm3": "InterMAT as defined here",
    "intramuscular_fat_mm3": "fat in muscles",
    "lean_volume_mm3": "lean volume (voxels not fat)",
    "lean_volume_of_ff_mm3": "lean volume (sum of 1 - FF)",
    "muscle_volume_mm3": "muscle volume",
}


@dataclass(frozen=True)
class RegionFiles:
    """Files and words of one subject whose regions are measured.

    Parameters
    ----------
    pictures, labels
        Image and outlines of the muscles.
    rule : CompartmentRule
        What the deep-fascia compartment is.
    compartment, excluded, fat_roi : path, optional
        Label maps of a drawn compartment, of tissue that is neither, and of macroscopic fat accepted by the reader.
    subject : str, optional
        Pseudonym; otherwise from the name of the picture.
    session, reader : str
        Visit, and who outlined.
    implants, metal : path, optional
        Table of implants, fusions and slices to leave out, and label map of metal or its artefact.
    metal_values : tuple of int
        Its values that are metal; none means any but 0.
    keeps_metal : bool
        Whether outlines over metal are measured and flagged instead of left out.
    """

    pictures: ImageFiles
    labels: LabelFiles
    rule: CompartmentRule
    compartment: Path | None = None
    excluded: Path | None = None
    fat_roi: Path | None = None
    subject: str | None = None
    session: str = ""
    reader: str = ""
    implants: Path | None = None
    metal: Path | None = None
    metal_values: tuple[int, ...] = ()
    keeps_metal: bool = False

    @property
    def drawings(self) -> dict[str, Path]:
        """Label maps beside the muscles, as far as there are any."""
        given = {"compartment": self.compartment, "excluded": self.excluded, "fat_roi": self.fat_roi}
        return {name: path for name, path in given.items() if path is not None}


def measure_region_files(
    files: RegionFiles,
    *,
    choose_protocol: Callable[[MeasurementProtocol], MeasurementProtocol] = lambda usual: usual,
    progress: Progress = stay_silent,
) -> RegionsResult:
    """Regions of one subject from its files.

    Parameters
    ----------
    files : RegionFiles
        What is measured.
    choose_protocol : callable
        From the settings that fit the image to those that are used.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    HipSpineError
        Whatever opening or measuring refuses.
    """
    progress(0, 1, "reading")
    beside = [path for path in (files.implants, files.metal) if path is not None]
    image, label_map = open_subject(files.pictures, files.labels)
    volume = image.water if isinstance(image, WaterFat) else image
    subject = files.subject or subject_of_path(files.pictures.paths[0])
    return measure_subject_regions(
        image,
        label_map,
        files.rule,
        key=SubjectKey(subject, files.session, series_word(volume), files.reader),
        protocol=choose_protocol(default_protocol(image)),
        implants=open_implants(
            files.implants, files.metal, metal_values=files.metal_values, keeps_metal=files.keeps_metal
        ),
        inputs=[*files.pictures.paths, files.labels.labels, *files.drawings.values(), *beside],
        progress=progress,
        **{name: open_drawing(path) for name, path in files.drawings.items()},
    )


def regions_in_words(result: RegionsResult) -> str:
    """The volumes as a terminal shows them, with what the reader should know."""
    row = result.regions.to_dict("records")[0]
    radius = "" if is_missing(row["closing_radius_mm"]) else f", {row['closing_radius_mm']:g} mm"
    lines = [f"{row['subject_id']}: compartment {row['rule'].replace('_', ' ')}{radius}; {row['n_slices']} slices"]
    for name, words in _SHOWN.items():
        if not is_missing(row[name]):
            lines.append(f"  {words}: {row[name] / 1000:.1f} cm³")
    for name in ("flags", "reason"):
        if row[name]:
            lines.append(f"  {name}: {row[name].replace(';', ', ').replace('_', ' ')}")
    return "\n".join([*lines, *(f"  {note}" for note in result.provenance.notes), RESEARCH_ONLY])
