"""Labels tidied by rules: stray parts, holes, rough borders, contested pixels; and whether sides were mixed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side, Structure
from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..keeping.label_store_status import Hand
from ..segmenting.tidy import OverlapRule, joined_outlines, largest_part, smoothed, swapped_sides, without_holes
from .proposals import Plane, Proposal, writable
from .series_work import SeriesWork


@dataclass(frozen=True)
class TidyRules:
    """What tidying does.

    Parameters
    ----------
    keeps_largest : bool
        Only the largest part of a muscle on a slice stays.
    fills_holes : bool
        What a muscle encloses becomes the muscle, unless it is another one.
    smooth_mm : float
        Bays and bumps narrower than this go, the area stays [mm]; 0 leaves the border.
    contested : OverlapRule, optional
        Who gets a pixel that several muscles grow into; None leaves every muscle what it had.
    """

    keeps_largest: bool = True
    fills_holes: bool = True
    smooth_mm: float = 2.0
    contested: OverlapRule | None = None


@dataclass(frozen=True, eq=False)
class TidyWish:
    """Everything tidying rests on."""

    labels: VoxelArray
    slices: tuple[int, ...]
    values: tuple[int, ...]
    rules: TidyRules
    spacing_mm: tuple[float, float]
    structures: Mapping[int, Structure]
    columns_toward_left: int

    def run(self, progress: Progress) -> Proposal:
        """The tidied slices, and in words where left and right look mixed up."""
        before, after, swapped = {}, {}, []
        for done, index in enumerate(self.slices):
            progress(done, len(self.slices), "tidying")
            before[index] = np.asarray(self.labels[index])
            after[index] = tidied_slice(before[index], self.values, self.rules, spacing_mm=self.spacing_mm)
            swapped += self._swapped(index, after[index])
        return Proposal("tidy", before, after, hand=Hand.REPAIR, notes=tuple(swapped))

    def _swapped(self, index: int, labels: Plane) -> list[str]:
        if not self.columns_toward_left:
            return []
        found = swapped_sides(labels[np.newaxis], _pairs(self.structures), columns_toward_left=self.columns_toward_left)
        return [
            f"on slice {index} {self.structures[left].label} lies right of its partner: are the sides mixed up?"
            for _, left, _ in found
        ]


def tidy_wish(work: SeriesWork, values: Sequence[int], slices: Sequence[int], rules: TidyRules) -> TidyWish:
    """The wish to tidy muscles on some slices; locked ones are left out.

    Raises
    ------
    InvalidChoice
        If none of them is there, or the rules do nothing.
    """
    kept = writable(work)
    if not (rules.keeps_largest or rules.fills_holes or rules.smooth_mm):
        raise InvalidChoice("Expected at least one rule to tidy by, found none.", hint="Choose one beside “Tidy”.")
    free = tuple(value for value in values if value not in kept.store.locked)
    there = frozenset(kept.store.statuses())
    found = tuple(index for index in slices if any((index, value) in there for value in free))
    if not found:
        raise InvalidChoice("Expected an unlocked muscle to tidy, found none, on the slices wanted.")
    toward = {"L": 1, "R": -1}.get(work.volume.grid.orientation[2], 0)
    structures = dict(work.label_map.structures) if work.label_map else {}
    spacing = work.volume.grid.spacing_mm[1:]
    return TidyWish(kept.store.snapshot(), found, free, rules, spacing, structures, toward)


def tidied_slice(labels: Plane, values: Sequence[int], rules: TidyRules, *, spacing_mm: tuple[float, float]) -> Plane:
    """One slice of labels with some values tidied; all other values stay as they are.

    Parameters
    ----------
    labels : ndarray of uint16, shape (n_rows, n_columns)
        Labels.
    values : sequence of int
        Label values that are tidied, in the order that a rule for contested pixels goes by.
    rules : TidyRules
        What is done.
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    """
    out = np.array(labels, dtype=np.uint16)
    present = [value for value in values if (out == value).any()]
    if rules.contested is None:
        for value in present:
            mask = _tidied(out == value, (out == 0) | (out == value), rules, spacing_mm)
            out[out == value] = 0
            out[mask] = value
        return out
    allowed = (out == 0) | np.isin(out, present)
    masks = {value: _tidied(out == value, allowed, rules, spacing_mm) for value in present}
    if masks:
        joined = joined_outlines(masks, rules.contested, spacing_mm=spacing_mm)
        out[np.isin(out, present)] = 0
        out[joined > 0] = joined[joined > 0]
    return out


def _tidied(
    mask: NDArray[np.bool_], allowed: NDArray[np.bool_], rules: TidyRules, spacing_mm: tuple[float, float]
) -> NDArray[np.bool_]:
    if rules.keeps_largest:
        mask = largest_part(mask)
    if rules.fills_holes:
        mask = without_holes(mask) & allowed
    if rules.smooth_mm:
        mask = smoothed(mask, spacing_mm=spacing_mm, width_mm=rules.smooth_mm, allowed=allowed)
    return mask


def _pairs(structures: Mapping[int, Structure]) -> dict[int, int]:
    """Left label value: right label value."""
    values = {structure: value for value, structure in structures.items()}
    return {
        value: values[structure.other_side]
        for value, structure in structures.items()
        if structure.side is Side.LEFT and structure.other_side in values
    }
