"""What tools propose for the labels: worked out off the main thread, shown, then taken in one step or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..keeping.label_store_changes import LabelChange
from ..keeping.label_store_status import Hand
from ..keeping.label_store_view import PaintedLabels
from ..segmenting.fill_between import Filled, fill_between
from ..segmenting.flow_store import FlowMemory
from ..segmenting.mirror import mirror, mirror_adapted, mirror_column
from ..segmenting.scribbles import region_from_scribbles
from .label_work import KEYS, Extent, LabelWork
from .series_work import SeriesWork

UNSURE_MM = 2.0
"""Where the two key slices see a muscle's border further apart than this on average, a person should look [mm]."""

Plane = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Proposal:
    """Labels of some slices as they were and as they would be.

    Parameters
    ----------
    title : str
        What it is; the name of the step it becomes.
    before, after : mapping of int to ndarray of uint16, shape (n_rows, n_columns)
        By slice.
    hand : Hand
        Whose work it is when it is taken.
    unsure : tuple of (int, int)
        Slices and label values that need a look, the worst first.
    notes : tuple of str
        What the reader should know.
    """

    title: str
    before: Mapping[int, Plane]
    after: Mapping[int, Plane]
    hand: Hand = Hand.TOOL
    unsure: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def slices(self) -> tuple[int, ...]:
        """Slices that would change."""
        return tuple(sorted(index for index in self.after if (self.after[index] != self.before[index]).any()))

    def describe(self) -> str:
        """In one line."""
        n = len(self.slices)
        words = (
            f"{self.title}: {n} slice{'' if n == 1 else 's'} would change" if n else f"{self.title}: nothing changes"
        )
        return "; ".join((words, *self.notes))

    def accept(self, work: LabelWork) -> LabelChange | None:
        """Take it, as one step; pixels painted since it was worked out are changed only where it says so."""
        store, painted = work.store, cast("PaintedLabels", work.store.labels)
        store.begin_step(self.title, hand=self.hand)
        try:
            for index in self.slices:
                labels, changes = painted[index], self.after[index] != self.before[index]
                labels[changes] = self.after[index][changes]
                painted[index] = labels
        except BaseException:
            store.cancel_step()
            raise
        change = store.commit_step()
        work.look_at(self.unsure)
        return change


@dataclass(frozen=True, eq=False)
class FillWish:
    """Everything a fill between key slices rests on, frozen when it was asked for."""

    image: VoxelArray
    labels: VoxelArray
    key_slices: Mapping[int, tuple[int, ...]]
    spacing_mm: tuple[float, float, float]
    extents: Mapping[int, tuple[int, int]]
    locked: tuple[int, ...]
    flows: FlowMemory = field(repr=False, default_factory=FlowMemory)

    def run(self, progress: Progress) -> Proposal:
        """The fill."""
        filled = fill_between(
            self.image,
            self.labels,
            key_slices=self.key_slices,
            spacing_mm=self.spacing_mm,
            extents=self.extents,
            locked=self.locked,
            flows=self.flows,
            progress=progress,
        )
        before = {index: np.asarray(self.labels[index]) for index in filled.filled_slices}
        after = {index: filled.labels[index] for index in filled.filled_slices}
        return Proposal("fill between", before, after, unsure=unsure_places(filled), notes=filled.notes)


@dataclass(frozen=True, eq=False)
class MirrorWish:
    """Everything a reflection of one muscle rests on."""

    image: VoxelArray
    labels: VoxelArray
    slices: tuple[int, ...]
    value: int
    other: int
    spacing_mm: tuple[float, float, float]
    locked: tuple[int, ...]
    adapts: bool

    def run(self, progress: Progress) -> Proposal:
        """The reflection, moved to the picture of the other side where that can be followed."""
        before, after = {}, {}
        for done, index in enumerate(self.slices):
            progress(done, len(self.slices), "mirroring")
            picture, labels = np.asarray(self.image[index])[np.newaxis], np.asarray(self.labels[index])[np.newaxis]
            column = mirror_column(picture, column_mm=self.spacing_mm[2])
            pairs = {self.value: self.other}
            if self.adapts:
                found = mirror_adapted(
                    picture, labels, pairs, column=column, spacing_mm=self.spacing_mm, locked=self.locked
                )
            else:
                found = mirror(labels, pairs, column=column, locked=self.locked)
            before[index], after[index] = labels[0], found[0]
        return Proposal("mirror", before, after)


def fill_wish(work: SeriesWork) -> FillWish:
    """The wish to fill every unlocked muscle that has been outlined on enough slices.

    Raises
    ------
    InvalidChoice
        If something is missing; the message says what.
    """
    kept = _writable(work)
    missing = why_not_fill(work)
    if missing:
        raise InvalidChoice(missing)
    keys = _fillable(work)
    extents = {value: _closed(kept.extents.get(value, (None, None)), keys[value]) for value in keys}
    return FillWish(
        work.volume.voxels,
        kept.store.snapshot(),
        keys,
        work.volume.grid.spacing_mm,
        {value: extent for value, extent in extents.items() if extent is not None},
        tuple(kept.store.locked),
        kept.flows,
    )


def why_not_fill(work: SeriesWork | None) -> str:
    """What is missing before the slices between can be filled, as a sentence; empty when nothing is."""
    missing = why_not_paint(work)
    if missing or work is None:
        return missing
    if not _fillable(work):
        return "Outline a muscle on two slices with slices between first; or on one, and mark where it starts or ends."
    return ""


def why_not_paint(work: SeriesWork | None) -> str:
    """Why tools cannot change the labels, as a sentence; empty when they can."""
    if work is None or work.label_work is None or work.label_map is None:
        return "Open or draw labels first."
    if work.label_work.read_only_reason:
        return work.label_work.read_only_reason
    if not work.label_map.grid.same_as(work.image.grid):
        return "These labels lie on another grid than the image; tools need both on one."
    return ""


def mirror_wish(work: SeriesWork, value: int) -> MirrorWish:
    """The wish to reflect one muscle onto the other side, on slices nobody has drawn there.

    Raises
    ------
    InvalidChoice
        If something is missing; the message says what.
    """
    from ..segmenting.flows import opencv_is_there

    kept = _writable(work)
    values = {structure: named for named, structure in (work.label_map.structures if work.label_map else {}).items()}
    structure = next((one for one, named in values.items() if named == value), None)
    if structure is None or structure.other_side not in values:
        raise InvalidChoice("Expected a muscle whose other side the labels name too, found none.")
    if work.volume.grid.orientation[2] not in "LR":
        raise InvalidChoice(
            f"Expected columns that run from side to side, found {work.volume.grid.orientation}.",
            hint="Mirroring needs axial or coronal slices.",
        )
    other = values[structure.other_side]
    taken = set(kept.keys_of(other))
    slices = tuple(sorted(s for s, v in kept.store.statuses() if v == value and s not in taken))
    if not slices:
        raise InvalidChoice(
            f"Expected {structure.label} on a slice where the other side is not drawn, found none.",
            hint="Outline it first, or erase the other side there.",
        )
    return MirrorWish(
        work.volume.voxels,
        kept.store.snapshot(),
        slices,
        value,
        other,
        work.volume.grid.spacing_mm,
        tuple(kept.store.locked),
        opencv_is_there(),
    )


def scribbled(work: SeriesWork, value: int, slice_index: int, strokes: NDArray[np.uint8]) -> Proposal:
    """The region that strokes on one slice mean, as one muscle; other muscles stay.

    Raises
    ------
    InvalidChoice
        If there is no stroke inside, or the muscle is locked.
    """
    kept = _writable(work)
    if value in kept.store.locked:
        raise InvalidChoice("Expected a muscle that may be changed, found a locked one.", hint="Unlock it first.")
    before = np.asarray(kept.store.labels[slice_index])
    region = region_from_scribbles(
        np.asarray(work.volume.voxels[slice_index]),
        strokes,
        pixel_spacing_mm=work.volume.grid.spacing_mm[1:],
        neighbours=np.where(before == value, 0, before),
    )
    after = np.where(region, np.uint16(value), np.where(before == value, np.uint16(0), before))
    return Proposal("scribble", {slice_index: before}, {slice_index: after}, hand=Hand.PERSON)


def unsure_places(filled: Filled) -> tuple[tuple[int, int], ...]:
    """Slices and label values whose border is unsure, the worst first."""
    found = []
    for index in filled.filled_slices:
        labels, apart = filled.labels[index], filled.disagreement_mm[index]
        n_pixels = np.bincount(labels.ravel())
        means = np.bincount(labels.ravel(), weights=apart.ravel()) / np.maximum(n_pixels, 1)
        found += [(float(means[value]), index, int(value)) for value in np.flatnonzero(means >= UNSURE_MM) if value]
    return tuple((index, value) for _, index, value in sorted(found, key=lambda one: (-one[0], one[1:])))


def _writable(work: SeriesWork) -> LabelWork:
    missing = why_not_paint(work)
    if missing or work.label_work is None:
        raise InvalidChoice(missing or "Open or draw labels first.")
    return work.label_work


def _fillable(work: SeriesWork) -> dict[int, tuple[int, ...]]:
    """Key slices of every unlocked muscle between or beyond which there is something to fill."""
    kept = work.label_work
    if kept is None or work.label_map is None:
        return {}
    keys: dict[int, list[int]] = {}
    for (index, value), status in sorted(kept.store.statuses().items()):
        if status in KEYS and value in work.label_map.structures and value not in kept.store.locked:
            keys.setdefault(value, []).append(index)
    return {
        value: tuple(found)
        for value, found in keys.items()
        if _has_gap(found, _closed(kept.extents.get(value, (None, None)), tuple(found)))
    }


def _has_gap(keys: list[int], extent: tuple[int, int] | None) -> bool:
    first, last = extent or (keys[0], keys[-1])
    return len(keys) < last - first + 1


def _closed(extent: Extent, keys: tuple[int, ...]) -> tuple[int, int] | None:
    """An extent of which one end was said, closed at the outermost key slice; None where nobody said anything."""
    first, last = extent
    if first is None and last is None:
        return None
    return (keys[0] if first is None else first), (keys[-1] if last is None else last)
