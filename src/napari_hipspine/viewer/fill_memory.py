"""What a fill came from, so that only what has changed since is filled again."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from ..keeping.label_store_notes import FillNote
from ..keeping.label_store_status import Place
from ..segmenting.fill_plan import FillPlan, Stretch
from ..segmenting.filled import FilledGaps

Run = tuple[int, int]
"""First and last slice of stretches that are filled together."""


def fill_sources(plan: FillPlan, extents: Mapping[int, tuple[int, int]]) -> dict[Place, str]:
    """By slice and label value, what a fill comes from, in a form that changes when that does."""
    found: dict[Place, str] = {}
    for stretch in plan.stretches:
        for value in stretch.values:
            outlines = [(key, _checksum(plan, key, value)) for key in (stretch.before, stretch.after)]
            source = hashlib.sha256(repr((outlines, extents.get(value))).encode()).hexdigest()[:12]
            found |= {(index, value): source for index in stretch.slices}
    return found


def fill_notes(filled: FilledGaps, sources: Mapping[Place, str]) -> dict[Place, FillNote]:
    """What is to be remembered of a fill; a muscle that it leaves out of a slice is remembered too."""
    found = {}
    for index in filled.filled_slices:
        labels, apart = filled.labels[index].ravel(), filled.disagreement_mm[index].ravel()
        n_pixels = np.bincount(labels)
        means = np.bincount(labels, weights=apart) / np.maximum(n_pixels, 1)
        for value in (value for place, value in sources if place == index):
            doubt = float(means[value]) if value < len(means) else 0.0
            found[index, value] = FillNote(round(doubt, 3), sources[index, value])
    return found


def joined_runs(stretches: Sequence[Stretch], changed: Sequence[Stretch]) -> list[Run]:
    """Runs of slices that hold all that changed, and every other stretch that lies partly in them."""
    runs = [(stretch.slices.start, stretch.slices.stop - 1) for stretch in changed]
    every = [(stretch.slices.start, stretch.slices.stop - 1) for stretch in stretches]
    while True:
        grown = _merged([*runs, *(one for one in every if any(_overlap(one, run) for run in runs))])
        if grown == runs:
            return runs
        runs = grown


def _merged(runs: Sequence[Run]) -> list[Run]:
    merged: list[Run] = []
    for run in sorted(runs):
        if merged and _overlap(merged[-1], run):
            merged[-1] = (merged[-1][0], max(merged[-1][1], run[1]))
        else:
            merged.append(run)
    return merged


def _overlap(one: Run, other: Run) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def places_of(stretch: Stretch) -> list[Place]:
    """Slices and label values that a stretch fills."""
    return [(index, value) for index in stretch.slices for value in stretch.values]


def _checksum(plan: FillPlan, key: int | None, value: int) -> int:
    return 0 if key is None else zlib.crc32(np.packbits(plan.outlines[key] == value).tobytes())
