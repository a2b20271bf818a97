"""Open series as they are remembered between two sittings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..domain.anatomy import Structure
from ..keeping.label_store_status import Status
from ..keeping.plan_json import plan_as_json
from ..keeping.project import KeptProgress, KeptSeries, KeptView, size_of
from ..workflows.kept_files import kept_files, kept_labels, kept_words
from .label_places import is_passing_place
from .label_work import LabelWork
from .series_work import Seen, SeriesWork


def kept_series(work: SeriesWork, before: KeptSeries | None, *, progress: KeptProgress) -> KeptSeries | None:
    """An open series, to be remembered; None for what came from no file, which could not be opened again.

    Parameters
    ----------
    work : SeriesWork
        As it is now.
    before : KeptSeries, optional
        As it was remembered; its sizes are those of the picture that was worked on.
    progress : KeptProgress
        How far it is.
    """
    if work.pictures is None:
        return None
    files = kept_files(work.pictures)
    # A layer of labels that was closed is not forgotten: it comes back with the series.
    closed = before if work.label_work is None else None
    return KeptSeries(
        files,
        before.sizes if before is not None and before.sizes else {role: size_of(path) for role, path in files.items()},
        work.stated_region,
        kept_words(work.pictures),
        closed.labels if closed is not None else kept_labels(work.outlines),
        closed.painted if closed is not None else _folder_of(work.label_work),
        work.level_plan,
        work.chosen_protocol,
        work.review,
        _view(work),
        progress,
        work.implants_file,
        _folder_of(work.fat_work),
    )


def muscle_progress(work: SeriesWork) -> tuple[int, int]:
    """Muscles and sides without a gap from their first slice to their last, and all that are named."""
    kept = work.label_work
    if kept is None or work.label_map is None:
        return 0, 0
    slices: dict[int, set[int]] = {}
    for (index, value), status in kept.store.statuses().items():
        if status is not Status.EMPTY:
            slices.setdefault(value, set()).add(index)
    n_done = 0
    for value in work.label_map.structures:
        seen, (first, last) = slices.get(value, set()), kept.extents.get(value, (None, None))
        if seen:
            span = range(min(seen) if first is None else first, (max(seen) if last is None else last) + 1)
            n_done += seen >= set(span)
    return n_done, len(work.label_map.structures)


def digest_of(work: SeriesWork, checksums: Iterable[int], *, of_fat: Iterable[int] = ()) -> str:
    """What a measurement of a series rests on, in a few letters: equal for equal labels, levels and settings.

    Parameters
    ----------
    work : SeriesWork
        As it is now.
    checksums, of_fat : iterable of int
        Of the slices of its labels, and of the fat beside the muscles where the reader has drawn it.
    """
    pictures, structures = work.pictures, work.label_map.structures if work.label_map else {}
    told: list[Any] = [
        plan_as_json(work.level_plan),
        work.protocol.as_dict(),
        [dict(work.review.moved), work.review.accepts_fat_roi],
        asdict(kept_words(pictures)) if pictures else {},
        [[value, structure.id] for value, structure in sorted(structures.items())],
        list(checksums),
        *([str(work.implants_file)] if work.implants_file else []),
        *([{"fat": list(of_fat)}] if work.fat_work is not None else []),
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def seen_of(kept: KeptView, structures: dict[int, Structure]) -> Seen:
    """What was on the screen, to be shown again."""
    values = {structure: value for value, structure in structures.items()}
    value = values.get(kept.structure) if kept.structure else None
    return Seen(kept.slice_index, value, kept.contrast_limits)


def hidden_of(kept: KeptView, structures: dict[int, Structure]) -> frozenset[int]:
    """Label values of the muscles that were hidden."""
    return frozenset(value for value, structure in structures.items() if structure in kept.hidden)


def _view(work: SeriesWork) -> KeptView:
    structures = work.label_map.structures if work.label_map else {}
    return KeptView(
        work.seen.slice_index,
        structures.get(work.seen.value) if work.seen.value is not None else None,
        work.seen.contrast_limits,
        tuple(structures[value] for value in sorted(work.hidden) if value in structures),
    )


def _folder_of(kept: LabelWork | None) -> Path | None:
    if kept is None:
        return None
    place = kept.store.folder.parent
    return None if is_passing_place(place) else place
