"""What is drawn on one slice made into a muscle: strokes inside and outside, or an outline of clicks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..keeping.label_store_status import Hand
from ..segmenting.outline import livewire, outline_to_mask, rounded_outline
from ..segmenting.scribbles import region_from_scribbles
from ..segmenting.threshold_in_outline import threshold_in_outline
from .proposals import Proposal, signal_on, unlocked
from .series_work import SeriesWork


class Sides(StrEnum):
    """How the clicks of an outline are joined."""

    ROUNDED = "rounded"
    """Sides bent outwards a little, as muscles are."""
    STRAIGHT = "straight"
    LIVEWIRE = "livewire"
    """Along edges of the picture."""


class Effect(StrEnum):
    """What an outline does to the muscle on its slice."""

    REPLACES = "replaces"
    ADDS = "adds"
    TAKES = "takes over"
    """Adds, also what other unlocked muscles have there."""
    CUTS = "cuts away"


@dataclass(frozen=True)
class OutlineWay:
    """How an outline becomes a muscle.

    Parameters
    ----------
    sides : Sides
        How the clicks are joined.
    effect : Effect
        What becomes of the muscle that is there.
    lowest, highest : float, optional
        Only signal between these counts; None sets no limit.
    """

    sides: Sides = Sides.ROUNDED
    effect: Effect = Effect.REPLACES
    lowest: float | None = None
    highest: float | None = None


def outlined(
    work: SeriesWork, value: int, slice_index: int, vertices: NDArray[np.float64], way: OutlineWay
) -> Proposal:
    """An outline on one slice as one muscle; locked muscles stay, others unless it takes over.

    Parameters
    ----------
    work : SeriesWork
        What is open.
    value : int
        Label value of the muscle.
    slice_index : int
        The slice.
    vertices : ndarray, shape (n_vertices, 2)
        Row and column of every click.
    way : OutlineWay
        How it becomes the muscle.

    Raises
    ------
    InvalidChoice
        If there are too few clicks, or the muscle is locked.
    """
    kept = unlocked(work, value)
    before = np.asarray(kept.store.labels[slice_index])
    mask = _inside(work, slice_index, vertices, way, before.shape)
    if way.lowest is not None or way.highest is not None:
        mask = threshold_in_outline(signal_on(work, slice_index), mask, lowest=way.lowest, highest=way.highest)
    after = np.where(before == value, np.uint16(0), before) if way.effect is Effect.REPLACES else before.copy()
    if way.effect is Effect.CUTS:
        after[mask & (before == value)] = 0
    else:
        protected = list(kept.store.locked) if way.effect is Effect.TAKES else [v for v in np.unique(before) if v]
        after[mask & (~np.isin(before, protected) | (before == value))] = value
    return Proposal("outline", {slice_index: before}, {slice_index: after}, hand=Hand.PERSON)


def scribbled(work: SeriesWork, value: int, slice_index: int, strokes: NDArray[np.uint8]) -> Proposal:
    """The region that strokes on one slice mean, as one muscle; other muscles stay.

    Raises
    ------
    InvalidChoice
        If there is no stroke inside, or the muscle is locked.
    """
    kept = unlocked(work, value)
    before = np.asarray(kept.store.labels[slice_index])
    region = region_from_scribbles(
        np.asarray(work.volume.voxels[slice_index]),
        strokes,
        pixel_spacing_mm=work.volume.grid.spacing_mm[1:],
        neighbours=np.where(before == value, 0, before),
    )
    after = np.where(region, np.uint16(value), np.where(before == value, np.uint16(0), before))
    return Proposal("scribble", {slice_index: before}, {slice_index: after}, hand=Hand.PERSON)


def _inside(
    work: SeriesWork, slice_index: int, vertices: NDArray[np.float64], way: OutlineWay, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    if way.sides is Sides.LIVEWIRE:
        vertices = livewire(signal_on(work, slice_index), vertices, pixel_spacing_mm=work.volume.grid.spacing_mm[1:])
    elif way.sides is Sides.ROUNDED:
        vertices = rounded_outline(vertices)
    return outline_to_mask(vertices, (shape[0], shape[1]))
