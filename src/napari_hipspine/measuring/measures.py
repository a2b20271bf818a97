"""Slice table and measurement table of one subject: the room's entry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..domain.blocks import VoxelArray
from ..domain.implants import Implants
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.protocol import MeasurementProtocol
from ..domain.subject import Progress, SubjectKey, stay_silent
from ..domain.tables import MEASUREMENTS, SLICES
from ..domain.threshold_review import ThresholdReview
from ..domain.volume import Contrast, Volume, WaterFat
from .bias_field import corrected
from .choices import check_choices, fraction_unit, kind_of
from .fat_threshold import FatThresholds
from .left_out import LeftOut, describe_left_out, find_left_out, sums_without
from .levels import measurement_rows
from .measured_labels import structures_of
from .readout import ImageKind, Readout
from .sampled_slices import SampledSlices
from .slice_rows import slice_columns
from .slice_sums import SliceSums, sum_slices, update_sums
from .threshold_finding import find_thresholds
from .totals import Totals, totals_of_fraction, totals_of_pair, totals_of_signal

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Measured:
    """Tables of one subject, and what they are computed from.

    Parameters
    ----------
    slices, measurements : pandas.DataFrame
        As declared in `napari_hipspine.domain.tables`.
    thresholds : FatThresholds
        The threshold of every muscle; hand it in again as ``accepted`` to freeze it.
    sums : SliceSums
        Counts per slice and structure, for measuring again without reading every voxel.
    notes : tuple of str
        What was done that the reader of the numbers should know.
    picture : Volume or WaterFat, optional
        The image as it was measured, its bias field corrected where the protocol asks for it.
    left_out : LeftOut, optional
        Structures on slices that implants, metal or a reason of the slice take away.
    """

    slices: pd.DataFrame
    measurements: pd.DataFrame
    thresholds: FatThresholds
    sums: SliceSums
    notes: tuple[str, ...] = ()
    picture: Volume | WaterFat | None = None
    left_out: LeftOut | None = None


def measure_volume(
    image: Volume | WaterFat,
    label_map: LabelMap,
    level_plan: LevelPlan,
    protocol: MeasurementProtocol,
    *,
    key: SubjectKey,
    accepted: FatThresholds | None = None,
    fat_roi: LabelMap | VoxelArray | None = None,
    implants: Implants | None = None,
    review: ThresholdReview | None = None,
    n_workers: int = 2,
    progress: Progress = stay_silent,
) -> Measured:
    """Slice table and measurement table of one subject.

    Parameters
    ----------
    image : Volume or WaterFat
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        Outlines on the image's grid.
    level_plan : LevelPlan
        Levels and window; an empty plan reads every labelled slice as level ``all``.
    protocol : MeasurementProtocol
        Settings.
    key : SubjectKey
        Who is measured.
    accepted : FatThresholds, optional
        Thresholds accepted before: used as they are, flagged ``threshold_stale`` where outlines have changed since.
    fat_roi : LabelMap or VoxelArray, optional
        Macroscopic fat accepted or redrawn by the reader, on the image's grid; any value but 0 is fat.
    implants : Implants, optional
        Implants, fusions, metal and slices to leave out; what they touch is empty with its reason.
    review : ThresholdReview, optional
        Thresholds that the reader has moved, and whether the proposed fat was accepted.
    n_workers : int
        Threads for reading; they change nothing but the time.
    progress : Progress
        Told how far the work has come; may cancel it.

    Returns
    -------
    Measured
        Tables, thresholds and sums.

    Raises
    ------
    GridMismatch
        If labels and image are not on one grid.
    InvalidChoice
        If the fat method does not fit the image, or a level or a slice to leave out lies outside the volume.
    ContrastUnknown
        If a threshold is asked for and nobody has said whether fat is bright or dark.
    FatSuppressed
        If a threshold is asked for on a fat-suppressed series.
    PolarityContradiction
        If the declared polarity and the fat beside the muscles disagree.
    """
    check_choices(image, protocol)
    picture = corrected(image, protocol)
    sample = _sample_for(picture, label_map, protocol) if fat_roi is None else None
    sums = sum_slices(picture, label_map, protocol, sample=sample, n_workers=n_workers, progress=progress)
    left_out = find_left_out(implants, sums, label_map, level_plan, key) if implants else None
    thresholds = find_thresholds(
        picture,
        label_map,
        _seen_by_thresholds(sums, left_out),
        protocol,
        accepted=accepted,
        fat_roi=fat_roi,
        review=review,
        reader_id=key.reader_id,
        sample=sample,
        n_workers=n_workers,
    )
    measured = tables_from_sums(sums, thresholds, image, label_map, level_plan, protocol, key=key, left_out=left_out)
    return replace(measured, picture=picture)


def _sample_for(picture: Volume | WaterFat, label_map: LabelMap, protocol: MeasurementProtocol) -> SampledSlices | None:
    """Room for the slices on which fat will be looked for; None where no threshold of signal is asked for."""
    if isinstance(picture, WaterFat) or kind_of(picture) is not ImageKind.SIGNAL:
        return None
    return SampledSlices(picture, label_map, reach_mm=protocol.fat_search_mm)


def measure_again(
    measured: Measured,
    dirty_slices: Collection[int],
    image: Volume | WaterFat,
    label_map: LabelMap,
    level_plan: LevelPlan,
    protocol: MeasurementProtocol,
    *,
    key: SubjectKey,
    fat_roi: LabelMap | VoxelArray | None = None,
    implants: Implants | None = None,
    review: ThresholdReview | None = None,
) -> Measured:
    """The tables after outlines, levels or moved thresholds: touched slices counted anew, what was found is kept.

    Parameters
    ----------
    measured : Measured
        The result before the edit, of the same image and protocol.
    dirty_slices : collection of int
        Slices whose labels have changed, none for other changes; all are counted where a structure was added or
        taken away.
    image, label_map, level_plan, protocol, key, fat_roi, implants, review
        As in `measure_volume`; the labels after the edit.
    """
    check_choices(image, protocol)
    picture = measured.picture or corrected(image, protocol)
    if structures_of(label_map) == measured.sums.structures:
        sums = update_sums(measured.sums, picture, label_map, protocol, slices=dirty_slices)
    else:
        sums = sum_slices(picture, label_map, protocol)
    left_out = find_left_out(implants, sums, label_map, level_plan, key) if implants else None
    thresholds = find_thresholds(
        picture,
        label_map,
        _seen_by_thresholds(sums, left_out),
        protocol,
        accepted=measured.thresholds,
        fat_roi=fat_roi,
        review=review,
        reader_id=key.reader_id,
    )
    again = tables_from_sums(sums, thresholds, image, label_map, level_plan, protocol, key=key, left_out=left_out)
    return replace(again, picture=picture)


def tables_from_sums(
    sums: SliceSums,
    thresholds: FatThresholds,
    image: Volume | WaterFat,
    label_map: LabelMap,
    level_plan: LevelPlan,
    protocol: MeasurementProtocol,
    *,
    key: SubjectKey,
    left_out: LeftOut | None = None,
) -> Measured:
    """Both tables out of sums and thresholds; no voxel is read, so a moved level or threshold costs nothing.

    Parameters
    ----------
    sums : SliceSums
        From `sum_slices` or `update_sums`.
    thresholds : FatThresholds
        From `find_thresholds`, or changed by the reader.
    image, label_map, level_plan, protocol, key
        As in `measure_volume`; of image and labels only geometry, contrast and flags are used.
    left_out : LeftOut, optional
        From `find_left_out` with the same level plan.
    """
    remaining = sums_without(sums, left_out.is_left_out, left_out=left_out) if left_out else sums
    readout, notes = readout_of(remaining, thresholds, image, label_map, level_plan, protocol, key=key)
    said = describe_left_out(left_out) if left_out else ()
    return Measured(
        slices=SLICES.frame_of(slice_columns(readout)),
        measurements=MEASUREMENTS.frame(measurement_rows(readout)),
        thresholds=thresholds,
        sums=sums,
        notes=(*thresholds.notes, *notes, *said, *_unlabelled(sums)),
        left_out=left_out,
    )


def readout_of(
    sums: SliceSums,
    thresholds: FatThresholds,
    image: Volume | WaterFat,
    label_map: LabelMap,
    level_plan: LevelPlan,
    protocol: MeasurementProtocol,
    *,
    key: SubjectKey,
) -> tuple[Readout, tuple[str, ...]]:
    """What the tables are written from, and notes on what had to be judged; parameters as in `tables_from_sums`."""
    totals, notes = _totals(sums, thresholds, image, protocol)
    flags = image.all_flags if isinstance(image, WaterFat) else image.flags
    readout = Readout(
        key=key,
        grid=image.grid,
        sums=sums,
        totals=totals,
        thresholds=thresholds,
        plan=level_plan,
        protocol=protocol,
        kind=kind_of(image),
        contrast=Contrast.UNKNOWN if isinstance(image, WaterFat) else image.contrast,
        flags=(*flags, *label_map.flags),
    )
    return readout, notes


def _seen_by_thresholds(sums: SliceSums, left_out: LeftOut | None) -> SliceSums:
    """The sums that thresholds are found on: all labelled slices without those that are left out as slices."""
    return sums_without(sums, left_out.is_beside_threshold) if left_out else sums


def _totals(
    sums: SliceSums, thresholds: FatThresholds, image: Volume | WaterFat, protocol: MeasurementProtocol
) -> tuple[Totals, tuple[str, ...]]:
    """Totals by the kind of image, and a note where something about it had to be judged."""
    if isinstance(image, WaterFat):
        return totals_of_pair(sums), ()
    if kind_of(image) is ImageKind.FRACTION:
        unit = fraction_unit(sums)
        said = "fat-fraction map read as per cent" if unit == 100 else "fat-fraction map read as fractions"
        return totals_of_fraction(sums, protocol, per_unit=unit), (said,)
    return totals_of_signal(sums, thresholds, image.fat_polarity, protocol), ()


def _unlabelled(sums: SliceSums) -> tuple[str, ...]:
    """A note on structures that the label map names and no voxel carries."""
    labelled = sums.labelled_structures()
    missing = [structure.id for structure in sums.structures if structure not in labelled]
    return (f"named but not labelled anywhere: {', '.join(missing)}",) if missing else ()
