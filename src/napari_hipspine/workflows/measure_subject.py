"""The main job for one subject: picture and labels in, tables out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import UnknownLabel
from ..domain.implants import Implants
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.provenance import Fingerprint, fingerprints
from ..domain.subject import Progress, SubjectKey, SubjectResult, stay_silent
from ..domain.threshold_review import ThresholdReview
from ..domain.volume import Contrast, Volume, WaterFat
from .measure_provenance import provenance_of

if TYPE_CHECKING:
    from ..measuring.fat_threshold import FatThresholds
    from ..measuring.measures import Measured


@dataclass(frozen=True)
class CountedResult(SubjectResult):
    """A result with what it was counted from, for measuring again after an edit.

    Parameters
    ----------
    counted : Measured
        Sums and thresholds.
    """

    counted: Measured


def measure_subject(
    image: Volume | WaterFat,
    label_map: LabelMap,
    *,
    key: SubjectKey,
    level_plan: LevelPlan | None = None,
    protocol: MeasurementProtocol | None = None,
    fat_roi: LabelMap | None = None,
    implants: Implants | None = None,
    review: ThresholdReview | None = None,
    accepted: FatThresholds | None = None,
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
    implants : Implants, optional
        Implants, fusions, metal and slices to leave out; what they touch is empty with its reason.
    review : ThresholdReview, optional
        Thresholds that the reader has moved, and whether the proposed fat was accepted.
    accepted : FatThresholds, optional
        Thresholds accepted before, as `napari_hipspine.workflows.accepted_thresholds` reads them: used as they are.
    inputs : sequence of path
        Files to fingerprint for the provenance.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    UnknownLabel
        If no labelled voxel lies inside the image.
    InvalidChoice
        If a level was suggested and not confirmed.
    HipSpineError
        Grids that do not match, unknown polarity, contradictions, settings that do not fit the image.
    """
    counted = measure_counted(
        image,
        label_map,
        key=key,
        level_plan=level_plan,
        protocol=protocol,
        fat_roi=fat_roi,
        implants=implants,
        review=review,
        accepted=accepted,
        inputs=inputs,
        progress=progress,
    )
    return SubjectResult(counted.key, counted.slices, counted.measurements, counted.provenance)


def measure_counted(
    image: Volume | WaterFat,
    label_map: LabelMap,
    *,
    key: SubjectKey,
    level_plan: LevelPlan | None = None,
    protocol: MeasurementProtocol | None = None,
    fat_roi: LabelMap | None = None,
    implants: Implants | None = None,
    review: ThresholdReview | None = None,
    accepted: FatThresholds | None = None,
    inputs: Sequence[str | Path] = (),
    n_workers: int = 2,
    progress: Progress = stay_silent,
) -> CountedResult:
    """The result of `measure_subject` with what it was counted from, for `measure_touched`; takes and refuses alike."""
    from ..measuring.measures import measure_volume

    plan = (level_plan or LevelPlan()).require_confirmed()
    settings = protocol or default_protocol(image)
    on_image = label_map.on_grid(image.grid)
    roi = fat_roi.on_grid(image.grid) if fat_roi else None
    measured = measure_volume(
        image,
        on_image,
        plan,
        settings,
        key=key,
        accepted=accepted,
        fat_roi=roi,
        implants=implants,
        review=review,
        n_workers=n_workers,
        progress=progress,
    )
    read = fingerprints(inputs)
    return _result(measured, image, on_image, plan, settings, key=key, implants=implants, inputs=read)


def measure_touched(
    before: CountedResult,
    dirty_slices: Collection[int],
    image: Volume | WaterFat,
    label_map: LabelMap,
    *,
    key: SubjectKey | None = None,
    level_plan: LevelPlan | None = None,
    protocol: MeasurementProtocol | None = None,
    fat_roi: LabelMap | None = None,
    implants: Implants | None = None,
    review: ThresholdReview | None = None,
) -> CountedResult:
    """The result after outlines, levels or moved thresholds: touched slices are counted anew, what was found is kept.

    Parameters
    ----------
    before : CountedResult
        Of the same image and settings, from the same files.
    dirty_slices : collection of int
        Slices of the image whose labels have changed; with none, no voxel is read.
    image, label_map, level_plan, protocol, fat_roi, implants, review
        As in `measure_subject`; the labels after the edit.
    key : SubjectKey, optional
        Who is measured; by default who was.

    Raises
    ------
    UnknownLabel
        If no labelled voxel is left inside the image.
    """
    from ..measuring.measures import measure_again

    plan, who = (level_plan or LevelPlan()).require_confirmed(), key or before.key
    settings = protocol or default_protocol(image)
    on_image = label_map.on_grid(image.grid)
    roi = fat_roi.on_grid(image.grid) if fat_roi else None
    measured = measure_again(
        before.counted,
        dirty_slices,
        image,
        on_image,
        plan,
        settings,
        key=who,
        fat_roi=roi,
        implants=implants,
        review=review,
    )
    read = before.provenance.inputs
    return _result(measured, image, on_image, plan, settings, key=who, implants=implants, inputs=read)


def _result(
    measured: Measured,
    image: Volume | WaterFat,
    on_image: LabelMap,
    plan: LevelPlan,
    settings: MeasurementProtocol,
    *,
    key: SubjectKey,
    implants: Implants | None,
    inputs: tuple[Fingerprint, ...],
) -> CountedResult:
    if measured.slices.empty:
        raise UnknownLabel(
            f"Expected labels inside the image, found none of them there, in {on_image.path or 'memory'}.",
            hint="Check that labels and image belong to the same scan.",
        )
    of_implants = {"implants": implants.as_dict(key)} if implants else {}
    return CountedResult(
        key=key,
        slices=measured.slices,
        measurements=measured.measurements,
        provenance=provenance_of(measured, image, on_image, plan, settings, more=of_implants, inputs=inputs),
        counted=measured,
    )


def default_protocol(image: Volume | WaterFat) -> MeasurementProtocol:
    """The settings for an image nobody has chosen settings for."""
    if isinstance(image, WaterFat) or image.contrast is Contrast.FAT_FRACTION:
        return MeasurementProtocol(fat_method=FatMethod.DIXON)
    return MeasurementProtocol()
