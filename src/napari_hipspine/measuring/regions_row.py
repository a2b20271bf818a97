"""The region table: one row of volumes, what it rests on, and why a cell is empty."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..domain.anatomy import Term, vocabulary
from ..domain.tables import SEPARATOR, join_words
from .amounts import amount_of
from .left_out import LeftOut
from .quality import row_flags
from .readout import Readout
from .regions_fat import FatCut
from .regions_rule import CompartmentRule
from .regions_walk import RegionCounts

_HIDES_FAT = "two_echo_ambiguous"
"""Fat fractions above one half cannot be seen, so that no voxel could ever be called fat."""


def region_row(
    readout: Readout, counts: RegionCounts, cut: FatCut, rule: CompartmentRule, *, is_excluding: bool
) -> dict[str, Any]:
    """The row of one subject.

    Parameters
    ----------
    readout : Readout
        Counts of the muscles.
    counts : RegionCounts
        Counts between and around them.
    cut : FatCut
        How fat was told there.
    rule : CompartmentRule
        What the compartment is.
    is_excluding : bool
        Whether tissue to exclude was handed in.
    """
    slices = [int(z) for z in counts.measured_slices()]
    numbers = [n for n in range(len(readout.sums.structures)) if readout.sums.n_pixels[slices, n].any()]
    voxel = readout.grid.voxel_volume_mm3
    key = readout.key
    return {
        **{name: getattr(key, name) for name in ("subject_id", "session", "series", "reader_id")},
        "region": join_words(_regions(readout, numbers)),
        "muscles": join_words(readout.sums.structures[n].id for n in numbers),
        "rule": str(rule),
        "closing_radius_mm": rule.radius_mm,
        "n_slices": len(slices),
        "compartment_mm3": counts.total("compartment") * voxel,
        "excluded_mm3": counts.total("excluded") * voxel if is_excluding else None,
        **_fat_cells(readout, counts, cut, numbers=numbers, slices=slices),
        "threshold": cut.threshold,
        "fat_method": cut.method,
        "flags": join_words(_flags(readout, counts, numbers=numbers, slices=slices)),
    }


def without_volumes(row: dict[str, Any], left_out: LeftOut, slices: Collection[int]) -> dict[str, Any]:
    """The row with its volumes empty where a muscle is left out on one of the slices; flagged where it is kept.

    Parameters
    ----------
    row : dict
        From `region_row`.
    left_out : LeftOut
        What implants, metal and rows of single slices take away.
    slices : collection of int
        Slices that the volumes are summed over.
    """
    numbers = range(left_out.reasons.shape[1])
    reasons, flags = left_out.reasons_of(numbers, slices), left_out.flags_of(numbers, slices)
    flagged = row | {"flags": join_words([*row["flags"].split(SEPARATOR), *flags])}
    if not reasons:
        return flagged
    empty = {name: None for name in row if name.endswith("_mm3") or name == "n_invalid"}
    # What else is missing, is missing because of them: signals that are left out give no threshold.
    return flagged | empty | {"reason": join_words(reasons)}


def region_notes(counts: RegionCounts, *, is_excluding: bool) -> list[str]:
    """What was done that the reader of the numbers should know."""
    notes = []
    if not is_excluding:
        notes.append("nothing was excluded: fat of marrow, canal, viscera or skin inside the compartment is InterMAT")
    left_out = counts.left_out_slices()
    if len(left_out):
        notes.append(f"slices without muscle or without compartment, left out: {', '.join(map(str, left_out))}")
    outside = counts.total("muscle_outside")
    if outside:
        notes.append(
            f"{outside} of {counts.total('muscle')} muscle voxels lie outside the compartment and count as muscle"
        )
    blank = counts.total("between") - counts.total("valid")
    if blank:
        notes.append(f"{blank} of {counts.total('between')} voxels beside muscles have no valid signal")
    return notes


def _fat_cells(
    readout: Readout, counts: RegionCounts, cut: FatCut, *, numbers: Sequence[int], slices: Sequence[int]
) -> dict[str, Any]:
    amount = amount_of(readout, numbers, slices)
    voxel = readout.grid.voxel_volume_mm3
    in_muscle = _reasons_of_muscles(readout, cut, numbers=numbers, slices=slices)
    beside = _reasons_beside(counts, cut)
    cells: dict[str, Any] = {
        "muscle_volume_mm3": amount.n_pixels * voxel,
        "n_invalid": amount.n_pixels - amount.n_valid + counts.total("between") - counts.total("valid"),
        "reason": join_words([*in_muscle, *beside]),
    }
    if not beside:
        cells["intermat_mm3"] = counts.total("fat") * voxel
    if not in_muscle:
        cells["intramuscular_fat_mm3"] = amount.n_fat * voxel
        cells["lean_volume_mm3"] = (amount.n_valid - amount.n_fat) * voxel
        if readout.is_dixon:
            cells["lean_volume_of_ff_mm3"] = (amount.n_valid - amount.sum_ff) * voxel
    return cells


def _reasons_of_muscles(readout: Readout, cut: FatCut, *, numbers: Sequence[int], slices: Sequence[int]) -> list[str]:
    """Why the volumes of the muscles are empty: a sum without one of its muscles would be another sum."""
    if cut.reason == _HIDES_FAT:
        return [cut.reason]
    reasons = []
    for muscle, own in _by_muscle(readout, numbers).items():
        reasons.append(readout.thresholds.find(muscle).reason)
        if not amount_of(readout, own, slices).n_valid:
            reasons.append("no_valid_voxels")
    return [reason for reason in reasons if reason]


def _reasons_beside(counts: RegionCounts, cut: FatCut) -> list[str]:
    if cut.reason:
        return [cut.reason]
    is_blank = counts.total("between") > 0 and counts.total("valid") == 0
    return ["no_valid_voxels"] if is_blank else []


def _flags(readout: Readout, counts: RegionCounts, *, numbers: Sequence[int], slices: Sequence[int]) -> list[str]:
    flags: list[str] = []
    for muscle, own in _by_muscle(readout, numbers).items():
        flags.extend(row_flags(readout, muscle, amount_of(readout, own, slices), numbers=own, slices=slices))
    if counts.total("edge"):
        flags.append("touches_edge")
    if len(counts.left_out_slices()):
        flags.append("partial_window")
    return flags


def _by_muscle(readout: Readout, numbers: Sequence[int]) -> dict[Term, list[int]]:
    found: dict[Term, list[int]] = {}
    for number in numbers:
        found.setdefault(readout.sums.structures[number].muscle, []).append(number)
    return found


def _regions(readout: Readout, numbers: Sequence[int]) -> list[str]:
    """Regions of the muscles, in the order of the vocabulary."""
    found = {readout.sums.structures[n].muscle.region for n in numbers}
    return [region for region in dict.fromkeys(t.region for t in vocabulary().of_kind("muscle")) if region in found]
