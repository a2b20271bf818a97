"""Outlines of one slice taken to others: carried on along the picture, or copied and pasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..keeping.label_store_status import Hand
from ..segmenting.flow_store import FlowMemory
from ..segmenting.propagate import propagate
from ..segmenting.tidy import pasted
from .label_work import LabelWork
from .proposals import TAKEN, Plane, Proposal, named, unlocked, writable
from .series_work import SeriesWork


@dataclass(frozen=True, eq=False)
class CarryWish:
    """Everything rests on it that outlines of one slice are carried on to the slices beside it."""

    image: VoxelArray
    labels: VoxelArray
    from_slice: int
    to_slice: int
    values: tuple[int, ...]
    spacing_mm: tuple[float, float, float]
    locked: tuple[int, ...]
    notes: tuple[str, ...] = ()
    flows: FlowMemory = field(repr=False, default_factory=FlowMemory)

    def run(self, progress: Progress) -> Proposal:
        """The outlines carried on.

        Raises
        ------
        PackageMissing
            If OpenCV is not installed.
        """
        progress(0, 0, "carrying outlines on")
        found = propagate(
            self.image,
            self.labels,
            from_slice=self.from_slice,
            to_slice=self.to_slice,
            spacing_mm=self.spacing_mm,
            values=self.values,
            locked=self.locked,
            flows=self.flows,
        )
        first, last = sorted((self.from_slice, self.to_slice))
        reached = range(first, last) if self.to_slice == first else range(first + 1, last + 1)
        after = dict(zip(reached, found, strict=True))
        before = {index: np.asarray(self.labels[index]) for index in reached}
        progress(1, 1, "carrying outlines on")
        return Proposal("carry on", before, after, notes=self.notes)


def carry_wish(work: SeriesWork, values: Sequence[int], *, from_slice: int, n_slices: int) -> CarryWish:
    """The wish to carry outlines on, up to where a person has outlined them, a file had them, or a slab ends.

    Parameters
    ----------
    work : SeriesWork
        What is open.
    values : sequence of int
        Label values; those that are not on the slice, or are locked, are left out.
    from_slice : int
        The outlined slice.
    n_slices : int
        How many slices further; negative goes back.

    Raises
    ------
    InvalidChoice
        If there is nothing to carry, or nowhere to go.
    """
    kept = writable(work)
    wanted = [value for value in values if value not in kept.store.locked and (from_slice, value) in _statuses(kept)]
    if not wanted:
        raise InvalidChoice(
            f"Expected an unlocked outline on slice {from_slice} to carry on, found none.",
            hint="Outline the muscle there first.",
        )
    step = 1 if n_slices > 0 else -1
    free = {value: _n_free(kept, value, from_slice, step) for value in wanted}
    carried = tuple(value for value in wanted if free[value])
    if not carried:
        raise InvalidChoice(
            f"Expected a free slice beside slice {from_slice}, found the end of the slab or {named(work, wanted)} "
            "outlined or imported there.",
        )
    n_reached = min(abs(n_slices), *(free[value] for value in carried))
    notes = () if n_reached == abs(n_slices) else (f"stops after {n_reached}: what follows is outlined, or no slice",)
    return CarryWish(
        work.volume.voxels,
        kept.store.snapshot(),
        from_slice,
        from_slice + step * n_reached,
        carried,
        work.volume.grid.spacing_mm,
        tuple(kept.store.locked),
        notes,
        kept.flows,
    )


@dataclass(frozen=True, eq=False)
class CopiedSlice:
    """Labels of one slice as they were when it was copied."""

    slice_index: int
    labels: Plane


def copied_slice(work: SeriesWork, slice_index: int) -> CopiedSlice:
    """All labels of a slice, to be pasted muscle by muscle."""
    return CopiedSlice(slice_index, np.asarray(writable(work).store.labels[slice_index]))


def pasted_slice(work: SeriesWork, copied: CopiedSlice, *, to_slice: int, values: Sequence[int]) -> Proposal:
    """Copied outlines of some muscles in place of their outlines on a slice; other labels stay.

    Raises
    ------
    InvalidChoice
        If a single muscle is wanted and is locked, or none of them is on the copied slice.
    """
    kept = unlocked(work, values[0]) if len(values) == 1 else writable(work)
    before = np.asarray(kept.store.labels[to_slice])
    if copied.labels.shape != before.shape:
        raise InvalidChoice("Expected a copy of a slice of these labels, found one of others.")
    if not np.isin(copied.labels, values).any():
        raise InvalidChoice(
            f"Expected {named(work, values[:1]) if len(values) == 1 else 'a muscle'} on the copied slice "
            f"{copied.slice_index}, found none.",
            hint="Copy a slice that shows it.",
        )
    after = pasted(
        np.stack([copied.labels, before]), from_slice=0, to_slice=1, values=values, locked=tuple(kept.store.locked)
    )
    return Proposal("paste", {to_slice: before}, {to_slice: after}, hand=Hand.PERSON)


def _statuses(kept: LabelWork) -> frozenset[tuple[int, int]]:
    return frozenset(kept.store.statuses())


def _n_free(kept: LabelWork, value: int, from_slice: int, step: int) -> int:
    """How many slices on from here show no outline of a person or a file, within the slab."""
    slabs, index = kept.slabs(), from_slice + step
    while (
        0 <= index < len(slabs) and slabs[index] == slabs[from_slice] and kept.store.status(index, value) not in TAKEN
    ):
        index += step
    return abs(index - from_slice) - 1
