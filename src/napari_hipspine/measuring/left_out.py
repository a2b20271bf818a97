"""Structures on slices that are not measured: what implants, metal or a reason of the slice take from the sums."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure, Term, muscle_order
from ..domain.blocks import boxes_of
from ..domain.errors import InvalidChoice
from ..domain.grid import Grid
from ..domain.implants import METAL, Implant, Implants, check_slices
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.subject import SubjectKey
from ..domain.tables import SEPARATOR, join_words
from .histograms import Histogram, pool_many
from .readout import Readout
from .slice_sums import SliceSums

Words = NDArray[np.object_]
Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class LeftOut:
    """What is left out, or kept and flagged; every array has the shape ``(n_slices, n_structures)``.

    Parameters
    ----------
    reasons : ndarray of object
        Why a labelled structure is not measured on a slice; empty where it is measured.
    flags : ndarray of object
        What a structure is flagged with that is measured on demand.
    is_beside_threshold : ndarray of bool
        Where signals stay out of the search for thresholds too. Levels alone never do that: choosing levels changes
        no threshold.
    """

    reasons: Words
    flags: Words
    is_beside_threshold: Truths

    @property
    def is_left_out(self) -> Truths:
        """Where a structure is not measured."""
        return np.asarray(self.reasons != "", dtype=np.bool_)

    def reasons_of(self, numbers: Collection[int], slices: Collection[int]) -> tuple[str, ...]:
        """Reasons of some structures on some slices, each once."""
        return _words(self.reasons, numbers, slices)

    def flags_of(self, numbers: Collection[int], slices: Collection[int]) -> tuple[str, ...]:
        """Flags of some structures on some slices, each once."""
        return _words(self.flags, numbers, slices)


@dataclass(frozen=True)
class RemainingSums(SliceSums):
    """Sums of which some structures on some slices do not count.

    Parameters
    ----------
    is_labelled : ndarray of bool
        Where a structure is labelled, also where it does not count.
    is_without : ndarray of bool
        Where a structure does not count.
    left_out : LeftOut, optional
        Reasons and flags.
    """

    is_labelled: Truths = field(default_factory=lambda: np.empty((0, 0), dtype=np.bool_))
    is_without: Truths = field(default_factory=lambda: np.empty((0, 0), dtype=np.bool_))
    left_out: LeftOut | None = None

    def pooled(self, chosen: Sequence[int], slices: Collection[int] | None = None) -> Histogram:
        """Signals of the chosen structures on all slices, or on some, without those that do not count."""
        wanted = range(len(self.n_pixels)) if slices is None else sorted(slices)
        if not self.is_without[list(wanted)][:, list(chosen)].any():
            return super().pooled(chosen, slices)
        counted = ([z for z in wanted if not self.is_without[z, number]] for number in chosen)
        each = zip(chosen, counted, strict=True)
        return pool_many(SliceSums.pooled(self, [number], some) for number, some in each)


def sums_without(sums: SliceSums, is_without: Truths, *, left_out: LeftOut | None = None) -> RemainingSums:
    """The sums with nothing where a structure on a slice does not count; the given sums stay as they are."""
    given = {one.name: getattr(sums, one.name) for one in fields(SliceSums)}
    for name in ("n_pixels", "n_kept", "touches_edge"):
        given[name] = np.where(is_without, np.zeros_like(given[name]), given[name])
    return RemainingSums(**given, is_labelled=sums.n_pixels > 0, is_without=is_without, left_out=left_out)


def find_left_out(
    implants: Implants, sums: SliceSums, label_map: LabelMap, plan: LevelPlan, key: SubjectKey
) -> LeftOut:
    """What implants, fusions, metal and rows of single slices take away from one subject.

    Parameters
    ----------
    implants : Implants
        Of the whole study; the metal region is of this picture.
    sums : SliceSums
        Of all labelled pixels.
    label_map : LabelMap
        Outlines on the image's grid.
    plan : LevelPlan
        Where the levels lie that rows name.
    key : SubjectKey
        Who is measured.

    Raises
    ------
    InvalidChoice
        If a row names slices beyond the picture, or a level while no level was marked.
    GridMismatch
        If the metal region is on another grid.
    """
    found = LeftOut(
        reasons=np.full(sums.n_pixels.shape, "", dtype=object),
        flags=np.full(sums.n_pixels.shape, "", dtype=object),
        is_beside_threshold=np.zeros(sums.n_pixels.shape, dtype=np.bool_),
    )
    for implant in implants.of_subject(key):
        check_slices(implant, len(sums.n_pixels))
        for number, structure in enumerate(sums.structures):
            if implant.touches(structure.muscle, structure.side):
                _mark(found, implant, number, _slices_of(implant, structure, plan, label_map.grid))
    if implants.metal is not None:
        metal = Implant(key.subject_id, "", kind=METAL, is_kept=implants.keeps_metal)
        drawn = implants.metal.on_grid(label_map.grid)
        touched = overlaps(label_map, drawn, sums.structures, values=implants.metal_values)
        for number in range(len(sums.structures)):
            _mark(found, metal, number, np.flatnonzero(touched[:, number]).tolist())
    for cells in (found.reasons, found.flags):
        cells[sums.n_pixels == 0] = ""
    return found


def overlaps(
    label_map: LabelMap, region: LabelMap, structures: Sequence[Structure], *, values: Collection[int] = ()
) -> Truths:
    """On which slices each structure has a pixel in a region, shape ``(n_slices, n_structures)``.

    Parameters
    ----------
    label_map, region : LabelMap
        Outlines and region on one grid.
    structures : sequence of Structure
        In the order of the columns.
    values : collection of int
        Values of the region that count; none means any but 0.
    """
    value_of = {structure: value for value, structure in label_map.structures.items()}
    labels, drawn = label_map.blocks(), region.blocks()
    touched = np.zeros((labels.shape[0], len(structures)), dtype=np.bool_)
    for box in boxes_of(labels.shape, labels.block_shape):
        if drawn.is_empty(box) or labels.is_empty(box):
            continue
        found = drawn.read(box)
        is_drawn = np.isin(found, list(values)) if values else found != 0
        for offset in np.flatnonzero(is_drawn.any(axis=(1, 2))):
            z = box[0].start + int(offset)
            row = (slice(z, z + 1), box[1], box[2])
            there = set(np.unique(labels.read(row)[0][is_drawn[offset]]).tolist())
            touched[z] |= [value_of[structure] in there for structure in structures]
    return touched


def left_out_of(readout: Readout) -> LeftOut | None:
    """What is left out of the tables of a subject; None where nothing was asked for."""
    return readout.sums.left_out if isinstance(readout.sums, RemainingSums) else None


def left_out_slices(readout: Readout, number: int | None) -> tuple[int, ...]:
    """Slices on which a structure is labelled and left out."""
    found = left_out_of(readout)
    if number is None or found is None:
        return ()
    return tuple(int(z) for z in np.flatnonzero(found.is_left_out[:, number]))


def listed_muscles(readout: Readout) -> list[Term]:
    """Muscles with a labelled pixel, left out or not, in the order of the vocabulary."""
    if not isinstance(readout.sums, RemainingSums):
        return readout.muscles()
    labelled = np.flatnonzero(readout.sums.is_labelled.any(axis=0)).tolist()
    found = {one.muscle.id: one.muscle for one in (readout.sums.structures[number] for number in labelled)}
    return sorted(found.values(), key=lambda muscle: muscle_order(muscle.id))


def describe_left_out(left_out: LeftOut) -> tuple[str, ...]:
    """Notes on how many outlines were left out or kept on demand, and for which reasons."""
    notes = []
    for cells, words in ((left_out.reasons, "left out"), (left_out.flags, "kept on demand")):
        touched = cells[cells != ""]
        kinds = sorted({word for cell in touched for word in cell.split(SEPARATOR)})
        notes += [f"{touched.size} outlines on slices were {words}: {', '.join(kinds)}"] if kinds else []
    return tuple(notes) or ("of the implants handed in none touches an outline of this subject",)


def _slices_of(implant: Implant, structure: Structure, plan: LevelPlan, grid: Grid) -> list[int]:
    """Slices on which an implant touches a structure."""
    if implant.levels and plan.is_empty:
        raise InvalidChoice(
            f"Expected a marked level for what is left out at {', '.join(implant.levels)}, found no level, "
            f"for {implant.subject_id}.",
            hint="Mark the levels with --level, or name slices instead of levels.",
        )
    slices = set(range(grid.shape[0]))
    if implant.slices is not None:
        slices &= set(range(implant.slices[0], implant.slices[1] + 1))
    if implant.levels:
        placements = (one for one in plan.placements_for(structure.muscle) if one.level.id in implant.levels)
        slices &= {z for placement in placements for z in plan.slices(grid, placement)}
    return sorted(slices)


def _mark(found: LeftOut, implant: Implant, number: int, slices: Sequence[int]) -> None:
    cells: Words = found.flags if implant.is_kept else found.reasons
    for z in slices:
        cells[z, number] = join_words([*cells[z, number].split(SEPARATOR), implant.kind])
    if not implant.is_kept and not implant.levels:
        found.is_beside_threshold[list(slices), number] = True


def _words(cells: Words, numbers: Collection[int], slices: Collection[int]) -> tuple[str, ...]:
    part: Any = cells[np.ix_(list(slices), list(numbers))]
    return tuple(dict.fromkeys(word for cell in part.ravel() for word in cell.split(SEPARATOR) if word))
