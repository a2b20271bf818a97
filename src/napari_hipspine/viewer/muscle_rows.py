"""What the list of muscles shows: for each muscle and side how far every slice is, read off the labels on disk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..domain.anatomy import Region, Side, Structure, Term, core_muscles, muscle_order
from ..domain.colours import Rgb, structure_colour
from ..keeping.label_store_notes import NOBODY_SAID, Extent
from ..keeping.label_store_status import Place, Status
from .series_work import SeriesWork


@dataclass(frozen=True)
class Strip:
    """One muscle on one side.

    Parameters
    ----------
    value : int
        Its label value.
    structure : Structure
        Muscle and the patient's side.
    statuses : tuple of Status
        One per slice.
    extent : tuple
        First and last slice, where somebody has said.
    unsure : frozenset of int
        Slices on which a fill is unsure.
    slabs : frozenset of int
        Slices on which a slab of another angulation begins.
    """

    value: int
    structure: Structure
    statuses: tuple[Status, ...]
    extent: Extent = NOBODY_SAID
    unsure: frozenset[int] = frozenset()
    slabs: frozenset[int] = frozenset()

    @property
    def colour(self) -> Rgb:
        """As in the layer."""
        return structure_colour(self.structure)

    def describe(self, slice_index: int) -> str:
        """One slice in words."""
        said = [f"{self.structure.label}, slice {slice_index}: {self.statuses[slice_index].value}"]
        said += ["the fill is unsure, have a look"] if slice_index in self.unsure else []
        said += ["starts here"] if slice_index == self.extent[0] else []
        said += ["ends here"] if slice_index == self.extent[1] else []
        said += ["a slab of another angulation begins"] if slice_index in self.slabs else []
        return "; ".join(said)


@dataclass(frozen=True)
class MuscleRow:
    """One muscle with its two sides; a side that the labels do not name is None."""

    muscle: Term
    left: Strip | None
    right: Strip | None
    is_locked: bool = False
    is_hidden: bool = False
    is_solo: bool = False

    @property
    def values(self) -> tuple[int, ...]:
        """Label values of the row."""
        return tuple(strip.value for strip in (self.left, self.right) if strip is not None)

    def strip(self, side: Side) -> Strip | None:
        """One side."""
        return self.left if side is Side.LEFT else self.right


def muscle_rows(work: SeriesWork, unsure: Collection[Place] | None = None) -> tuple[MuscleRow, ...]:
    """Rows of all muscles that the labels name, and of the core muscles of their region that they do not.

    Parameters
    ----------
    work : SeriesWork
        What is open.
    unsure : collection of (int, int), optional
        Slices and label values that get a dot; by default those of earlier fills.
    """
    if work.label_map is None or work.label_work is None:
        return ()
    named = work.label_map.structures.items()
    muscles = {structure.muscle.id: structure.muscle for _, structure in named}
    if work.region in (Region.LUMBAR, Region.HIP):
        muscles |= {muscle.id: muscle for muscle in core_muscles(work.region)}
    value_of = {structure: value for value, structure in named}
    statuses = work.label_work.store.statuses()
    locked = work.label_work.store.locked
    dots = work.label_work.to_look_at if unsure is None else unsure
    rows = []
    for muscle in sorted(muscles.values(), key=lambda term: muscle_order(term.id)):
        left, right = (_strip(work, Structure(muscle, side), value_of, statuses, dots) for side in Side)
        row = MuscleRow(muscle, left, right)
        values = frozenset(row.values)
        others = frozenset(work.label_map.structures) - values
        rows.append(
            MuscleRow(
                muscle,
                left,
                right,
                is_locked=bool(values) and values <= locked,
                is_hidden=bool(values) and values <= work.hidden,
                is_solo=bool(values) and bool(others) and others == work.hidden,
            )
        )
    return tuple(rows)


def _strip(
    work: SeriesWork,
    structure: Structure,
    value_of: dict[Structure, int],
    statuses: dict[Place, Status],
    dots: Collection[Place],
) -> Strip | None:
    kept, value = work.label_work, value_of.get(structure)
    if kept is None or value is None:
        return None
    n_slices = kept.store.grid.shape[0]
    return Strip(
        value,
        structure,
        tuple(statuses.get((index, value), Status.EMPTY) for index in range(n_slices)),
        kept.extents.get(value, NOBODY_SAID),
        frozenset(index for index, unsure in dots if unsure == value),
        kept.store.slabs,
    )
