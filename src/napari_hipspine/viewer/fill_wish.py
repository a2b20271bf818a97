"""Filling between outlines: only what an edit touches, never across slabs, with what it came from remembered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from ..domain.anatomy import Structure
from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..keeping.label_store_notes import NOBODY_SAID, Extent, FillNote
from ..keeping.label_store_status import Place, Status
from ..segmenting.fill_between import fill_gaps
from ..segmenting.fill_plan import FillPlan, plan_fill
from ..segmenting.filled import FilledGaps
from ..segmenting.flow_store import FlowMemory
from .fill_memory import Run, fill_notes, fill_sources, joined_runs, places_of
from .label_work import KEYS
from .proposals import Proposal, why_not_paint, writable
from .series_work import SeriesWork


class Gaps(StrEnum):
    """Which gaps between outlines are filled."""

    CHANGED = "changed"
    """Those whose outlines, ends or slabs changed since they were filled."""
    ALL = "all"


@dataclass(frozen=True, eq=False)
class FillWish:
    """Everything a fill between key slices rests on, frozen when it was asked for.

    Parameters
    ----------
    image, labels : VoxelArray, shape (n_slices, n_rows, n_columns)
        The picture, and the labels as they are.
    key_slices : mapping of int to tuple of int
        By label value, the slices on which it was outlined.
    spacing_mm : tuple of float
        Distance between slices, rows and columns [mm].
    extents : mapping of int to (int, int)
        First and last slice of muscles, where somebody has said.
    locked : tuple of int
        Label values that are neither filled nor painted over.
    slabs : sequence of int
        Number of the slab of every slice.
    gaps : Gaps
        Which are filled.
    remembered : mapping of (int, int) to FillNote
        What is remembered of earlier fills.
    imported : frozenset of (int, int)
        Slices and label values that are as they came from a file.
    meanings : mapping of int to Structure
        What label values stand for, for the words.
    flows : FlowMemory
        What is known of the picture already.
    """

    image: VoxelArray
    labels: VoxelArray
    key_slices: Mapping[int, tuple[int, ...]]
    spacing_mm: tuple[float, float, float]
    extents: Mapping[int, tuple[int, int]]
    locked: tuple[int, ...] = ()
    slabs: Sequence[int] | None = None
    gaps: Gaps = Gaps.CHANGED
    remembered: Mapping[Place, FillNote] = field(default_factory=dict)
    imported: frozenset[Place] = frozenset()
    meanings: Mapping[int, Structure] = field(default_factory=dict)
    flows: FlowMemory = field(repr=False, default_factory=FlowMemory)

    def run(self, progress: Progress) -> Proposal:
        """The fill.

        Raises
        ------
        InvalidChoice
            If nothing was changed since the gaps were filled.
        """
        plan = plan_fill(self.labels, self.key_slices, extents=self.extents, locked=self.locked, slabs=self.slabs)
        sources = fill_sources(plan, self.extents)
        runs = self._runs(plan, sources)
        filled = [self._fill(run, progress, number, len(runs)) for number, run in enumerate(runs)]
        after = {index: one.labels[index] for one in filled for index in one.filled_slices}
        before = {index: np.asarray(self.labels[index]) for index in after}
        fills = {place: note for one in filled for place, note in fill_notes(one, sources).items()}
        notes = tuple(dict.fromkeys(_in_words(note, self.meanings) for one in filled for note in one.notes))
        replaced = {index for index, _ in self.imported & fills.keys()}
        if replaced:
            notes += (f"imported labels on {len(replaced)} slices would be replaced",)
        return Proposal("fill between", before, after, fills=fills, notes=notes)

    def _fill(self, run: Run, progress: Progress, number: int, n_runs: int) -> FilledGaps:
        def tell(done: int, total: int, doing: str) -> None:
            progress(number * total + done, n_runs * total, doing)

        return fill_gaps(
            self.image,
            self.labels,
            key_slices=self.key_slices,
            spacing_mm=self.spacing_mm,
            extents=self.extents,
            locked=self.locked,
            slabs=self.slabs,
            flows=self.flows,
            wanted=run,
            progress=tell,
        )

    def _runs(self, plan: FillPlan, sources: Mapping[Place, str]) -> list[Run]:
        changed = [
            stretch
            for stretch in plan.stretches
            if self.gaps is Gaps.ALL or any(not self._is_filled(place, sources) for place in places_of(stretch))
        ]
        if not changed:
            raise InvalidChoice(
                "Expected an outline, an end or a slab that was changed since the last fill, found none.",
                hint="“Refill all” fills every gap again.",
            )
        return joined_runs(plan.stretches, changed)

    def _is_filled(self, place: Place, sources: Mapping[Place, str]) -> bool:
        return place in self.remembered and self.remembered[place].source == sources[place]


def fill_wish(work: SeriesWork, gaps: Gaps = Gaps.CHANGED) -> FillWish:
    """The wish to fill every unlocked muscle that has been outlined on enough slices.

    Raises
    ------
    InvalidChoice
        If something is missing; the message says what.
    """
    kept = writable(work)
    missing = why_not_fill(work)
    if missing:
        raise InvalidChoice(missing)
    keys = _fillable(work)
    extents = {value: _closed(kept.extents.get(value, NOBODY_SAID), keys[value]) for value in keys}
    return FillWish(
        work.volume.voxels,
        kept.store.snapshot(),
        keys,
        work.volume.grid.spacing_mm,
        {value: extent for value, extent in extents.items() if extent is not None},
        locked=tuple(kept.store.locked),
        slabs=kept.slabs(),
        gaps=gaps,
        remembered=kept.store.fills,
        imported=frozenset(p for p, status in kept.store.statuses().items() if status is Status.IMPORTED),
        meanings=dict(work.label_map.structures) if work.label_map else {},
        flows=kept.flows,
    )


def why_not_fill(work: SeriesWork | None) -> str:
    """What is missing before the slices between can be filled, as a sentence; empty when nothing is."""
    missing = why_not_paint(work)
    if missing or work is None:
        return missing
    if not _fillable(work):
        return "Outline a muscle on two slices with slices between first; or on one, and mark where it starts or ends."
    return ""


def _in_words(note: str, meanings: Mapping[int, Structure]) -> str:
    """A note about label values as one about muscles."""
    return re.sub(
        r"label value (\d+)",
        lambda found: meanings[int(found[1])].label if int(found[1]) in meanings else found[0],
        note,
    )


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
        if _has_gap(found, _closed(kept.extents.get(value, NOBODY_SAID), tuple(found)))
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
