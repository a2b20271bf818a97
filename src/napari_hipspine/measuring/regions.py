"""Fat between and around muscles (InterMAT as defined here), fat inside them, and lean muscle volume."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..domain.blocks import VoxelArray
from ..domain.errors import GridMismatch, InvalidChoice, UnknownLabel
from ..domain.implants import Implants
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.protocol import MeasurementProtocol
from ..domain.subject import Progress, SubjectKey, stay_silent
from ..domain.tables import REGIONS
from ..domain.volume import Volume, WaterFat
from .bias_field import corrected
from .choices import check_choices
from .erosion import halo_pixels
from .fat_threshold import FatThresholds
from .left_out import LeftOut, describe_left_out, find_left_out, sums_without
from .measures import readout_of
from .regions_fat import check_one_cut, find_fat_cut
from .regions_row import region_notes, region_row, without_volumes
from .regions_rule import ClosedMuscles, CompartmentRule, HoleRule
from .regions_walk import RegionCounts, count_regions
from .slice_sums import SliceSums, sum_slices
from .threshold_finding import find_thresholds

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RegionsMeasured:
    """The region table of one subject, and what it is computed from.

    Parameters
    ----------
    regions : pandas.DataFrame
        One row, as declared in `napari_hipspine.domain.tables`.
    counts : RegionCounts
        Voxels per slice between and around the muscles.
    sums : SliceSums
        Counts per slice and muscle.
    thresholds : FatThresholds
        The threshold of every muscle.
    notes : tuple of str
        What was done that the reader of the numbers should know.
    """

    regions: pd.DataFrame
    counts: RegionCounts
    sums: SliceSums
    thresholds: FatThresholds
    notes: tuple[str, ...] = ()


def measure_regions(
    image: Volume | WaterFat,
    label_map: LabelMap,
    rule: CompartmentRule,
    *,
    protocol: MeasurementProtocol,
    key: SubjectKey,
    excluded: LabelMap | None = None,
    compartment: LabelMap | None = None,
    fat_roi: LabelMap | VoxelArray | None = None,
    implants: Implants | None = None,
    n_workers: int = 2,
    progress: Progress = stay_silent,
) -> RegionsMeasured:
    """InterMAT as defined here, intramuscular fat and lean muscle volume of one subject.

    InterMAT is the volume of fat voxels inside the deep-fascia compartment that are neither muscle nor excluded.

    Parameters
    ----------
    image : Volume or WaterFat
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        Muscles, on the image's grid.
    rule : CompartmentRule
        What the compartment is.
    protocol : MeasurementProtocol
        How fat is told from lean muscle.
    key : SubjectKey
        Who is measured.
    excluded : LabelMap, optional
        Subcutaneous and visceral fat, bone and vessels: every value but 0. Where it overlaps a muscle, it is muscle.
    compartment : LabelMap, optional
        The drawing, for a drawn compartment.
    fat_roi : LabelMap or VoxelArray, optional
        Macroscopic fat accepted or redrawn by the reader, as in `measure_volume`.
    implants : Implants, optional
        Implants, fusions, metal and slices to leave out. A volume without one of its slices would be another volume:
        where they take one away, the volumes are empty with the reason. A level is not known here, so that a row
        which names one touches every slice.
    n_workers : int
        Threads; they change nothing but the time.
    progress : Progress
        Told how far the work has come; may cancel it.

    Raises
    ------
    GridMismatch
        If the maps and the image are not on one grid.
    InvalidChoice
        If rule and drawing do not go together, the closing reaches no neighbouring pixel, no slice has both muscle
        and compartment, or fat cannot be told by one cut (see `check_one_cut`).
    UnknownLabel
        If no muscle is labelled.
    HipSpineError
        Whatever `measure_volume` refuses.
    """
    check_choices(image, protocol)
    check_one_cut(image, protocol)
    _check_rule(image, rule, excluded=excluded, compartment=compartment)
    picture = corrected(image, protocol)
    sums = sum_slices(picture, label_map, protocol, n_workers=n_workers, progress=progress)
    if not sums.n_pixels.any():
        raise UnknownLabel(f"Expected at least one labelled muscle, found none, in {label_map.path or 'memory'}.")
    left_out = _find_left_out(implants, sums, label_map, key) if implants else None
    seen = sums_without(sums, left_out.is_beside_threshold) if left_out else sums
    thresholds = find_thresholds(picture, label_map, seen, protocol, fat_roi=fat_roi)
    cut = find_fat_cut(picture, sums, thresholds, protocol)
    counts = count_regions(
        picture,
        label_map,
        rule,
        cut,
        excluded=excluded,
        compartment=compartment,
        n_workers=n_workers,
        progress=progress,
    )
    if not len(counts.measured_slices()):
        raise InvalidChoice(
            "Expected a compartment on at least one slice with a labelled muscle, found none.",
            hint="Check the drawing, and the label values named as compartment.",
        )
    readout, notes = readout_of(sums, thresholds, image, label_map, LevelPlan(), protocol, key=key)
    row = region_row(readout, counts, cut, rule, is_excluding=excluded is not None)
    notes = (*thresholds.notes, *notes, *region_notes(counts, is_excluding=excluded is not None))
    if left_out is not None:
        row = without_volumes(row, left_out, counts.measured_slices())
        notes = (*notes, *describe_left_out(left_out))
    return RegionsMeasured(REGIONS.frame([row]), counts, sums, thresholds, notes)


def _find_left_out(implants: Implants, sums: SliceSums, label_map: LabelMap, key: SubjectKey) -> LeftOut:
    """What implants touch; rows with levels touch all slices, because nothing says here where a level is."""
    everywhere = replace(implants, rows=tuple(replace(row, levels=()) for row in implants.rows))
    return find_left_out(everywhere, sums, label_map, LevelPlan(), key)


def _check_rule(
    image: Volume | WaterFat, rule: CompartmentRule, *, excluded: LabelMap | None, compartment: LabelMap | None
) -> None:
    is_closed = isinstance(rule, ClosedMuscles)
    if is_closed == (compartment is not None):
        raise InvalidChoice(
            f"Expected {'no drawing beside closed muscles' if is_closed else 'a drawing for a drawn compartment'}, "
            f"found {'one' if is_closed else 'none'}.",
            hint="Give either a drawn compartment or a closing radius.",
        )
    for what, given in (("excluded tissue", excluded), ("the compartment", compartment)):
        if given is not None and not given.grid.same_as(image.grid):
            raise GridMismatch(
                f"Expected {what} on the grid of the image, found {given.grid.difference_from(image.grid)}.",
                hint="Bring it there first with LabelMap.on_grid, which allows lossless steps only.",
            )
    if isinstance(rule, ClosedMuscles) and rule.holes is HoleRule.KEPT:
        spacing = image.grid.spacing_mm
        if not any(halo_pixels(rule.radius_mm, spacing)):
            raise InvalidChoice(
                f"Expected a closing radius of at least one pixel ({min(spacing[1:]):.4g} mm), found "
                f"{rule.radius_mm:g} mm: nothing but muscle would lie inside.",
                hint="Choose half the width of the widest gap that still lies between muscles.",
            )
