"""Levels proposed from vertebrae, discs and femora that another tool has labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from ..domain.anatomy import Side
from ..domain.bones import TROCHANTER, Bone, LevelProposal, NoProposal
from ..domain.cache import VolumeCache
from ..domain.errors import GridMismatch, SideContradiction, UnknownLabel
from ..domain.grid import Grid
from ..domain.subject import Progress, stay_silent

if TYPE_CHECKING:
    from ..reading.label_looks import LabelLook

SIDES_APART_MM = 10.0
"""Trochanters further apart in height are worth a word [mm]."""

_EXTRA_VERTEBRA = "L6"


@dataclass(frozen=True)
class ProposedLevels:
    """Levels that a segmentation tells; each has to be confirmed by a reader.

    Parameters
    ----------
    path : str
        The segmentation.
    naming, tool : str
        What its values were taken for.
    grid : Grid
        Whose slice normal the positions run along: that of the picture, else that of the labels.
    proposals : tuple of LevelProposal
        From the head downwards.
    refused : tuple of NoProposal
        Levels whose bone is labelled and that could not be found, with the reason.
    notes : tuple of str
        What the reader should know.
    """

    path: str
    naming: str
    tool: str
    grid: Grid
    proposals: tuple[LevelProposal, ...]
    refused: tuple[NoProposal, ...]
    notes: tuple[str, ...] = ()

    @property
    def on_slices(self) -> tuple[LevelProposal, ...]:
        """Those that lie on the slices of the grid."""
        return tuple(one for one in self.proposals if one.lies_in(self.grid))

    def find(self, level: str, slice_position: str) -> LevelProposal | None:
        """The proposal for a place on a level, if it lies on the slices."""
        return next((o for o in self.on_slices if (o.level.id, o.slice_position) == (level, slice_position)), None)


def propose_levels_from(
    path: str | PathLike[str],
    naming: str | PathLike[str] | None = None,
    *,
    onto: Grid | None = None,
    series: str | int | None = None,
    cache: VolumeCache | None = None,
    progress: Progress = stay_silent,
) -> ProposedLevels:
    """Levels told by a segmentation of vertebrae, discs or femora.

    Parameters
    ----------
    path : path-like
        Label map in any format.
    naming : str or path, optional
        What its values mean; not needed where the file carries names.
    onto : Grid, optional
        Grid of the picture that is measured; both must lie in one patient space, not on the same voxels.
    series : str or int, optional
        Which volume, where a place holds several.
    cache : VolumeCache, optional
        Keeps decoded voxels between sittings.
    progress : Progress
        Told what is being done; may cancel it.

    Raises
    ------
    UnknownLabel
        If no vertebra, disc or femur is labelled, or vertebrae lie in another order than their names say.
    SideContradiction
        If the left femur lies on the patient's right.
    GridMismatch
        If labels and picture do not overlap in the patient.
    HipSpineError
        Whatever reading and naming refuse.
    """
    from ..reading.carried_names import naming_for
    from ..reading.label_maps import look_at_labels
    from ..segmenting.propose_levels import propose_levels

    progress(0, 0, "looking at the segmentation")
    look = look_at_labels(path, series=series, cache=cache)
    found, _ = naming_for(look, naming)
    present = {value: found.meanings[value] for value in look.counts if value in found.meanings}
    bones = {value: meaning.bone for value, meaning in present.items() if meaning.bone is not None}
    if not bones:
        others = ", ".join(meaning.name for meaning in list(present.values())[:8]) or "none that are known"
        raise UnknownLabel(
            f"Expected a lumbar vertebra, a disc or a femur, found only {others}, in {look.path}.",
            hint=f"The naming was {found.name}; an own CSV may tell levels in a column level.",
        )
    _require_overlap(look, onto)
    _require_sides(look, bones)
    progress(0, 0, "finding levels")
    proposals, refused = propose_levels(look.voxels, look.grid, bones, onto=onto)
    _require_order(proposals, look.path)
    grid = onto or look.grid
    has_extra = any(meaning.name.endswith(_EXTRA_VERTEBRA) for meaning in present.values())
    notes: tuple[str, ...] = ("a sixth lumbar vertebra is labelled: check the count",) if has_extra else ()
    outside = [one.level.label for one in proposals if not one.lies_in(grid)]
    if outside:
        notes += (f"outside the slices of the picture: {', '.join(dict.fromkeys(outside))}",)
    return ProposedLevels(look.path, found.name, found.tool, grid, _join_sides(proposals), refused, notes)


def _join_sides(proposals: Sequence[LevelProposal]) -> tuple[LevelProposal, ...]:
    """Both trochanters as one level, halfway between them."""
    others = [one for one in proposals if one.level.id != TROCHANTER]
    sides = {one.side: one for one in proposals if one.level.id == TROCHANTER}
    if not sides:
        return tuple(others)
    if len(sides) == 1:
        (only,) = sides.values()
        return (*others, replace(only, side=None, notes=(f"from the {only.side} femur alone",)))
    left, right = sides[Side.LEFT], sides[Side.RIGHT]
    apart = abs(left.position_mm - right.position_mm)
    notes: tuple[str, ...] = (f"left {left.position_mm:.1f} mm, right {right.position_mm:.1f} mm".replace("-", "−"),)
    if apart > SIDES_APART_MM:
        notes += (f"the sides lie {apart:.0f} mm apart: one slice does not show both",)
    middle = (left.position_mm + right.position_mm) / 2
    give = max(left.give_mm, right.give_mm, apart / 2)
    return (*others, replace(left, position_mm=middle, give_mm=give, side=None, notes=notes))


def _require_overlap(look: LabelLook, onto: Grid | None) -> None:
    if onto is None:
        return
    ours, theirs = look.grid.corners_mm, onto.corners_mm
    is_apart = (ours.max(axis=0) < theirs.min(axis=0)) | (theirs.max(axis=0) < ours.min(axis=0))
    if is_apart.any():
        raise GridMismatch(
            f"Expected labels and picture in one place of the patient, found them apart "
            f"({look.grid.difference_from(onto)}), for {look.path}.",
            hint="Take a segmentation of the same sitting whose header was not changed.",
        )


def _require_sides(look: LabelLook, bones: Mapping[int, Bone]) -> None:
    means = {}
    for value, bone in bones.items():
        if bone.side is not None:
            is_value = look.tally.value == value
            means[bone.side] = np.average(look.tally.x_mm[is_value], weights=look.tally.n_voxels[is_value])
    if len(means) == len(Side) and means[Side.LEFT] <= means[Side.RIGHT]:
        raise SideContradiction(
            f"Expected the left femur further to the patient's left than the right one, found the opposite, "
            f"in {look.path}.",
            hint="The naming is another tool's, or the picture was saved mirrored.",
        )


def _require_order(proposals: Sequence[LevelProposal], path: str) -> None:
    """Vertebrae from the head to the feet; another order means another numbering."""
    heights = {one.level.id: one.position_mm for one in proposals if one.slice_position == "mid_vertebra"}
    names = sorted(heights)
    wrong = [f"{lower} above {upper}" for upper, lower in pairwise(names) if heights[upper] <= heights[lower]]
    if wrong:
        raise UnknownLabel(
            f"Expected vertebrae in their order from the head to the feet, found {', '.join(wrong)}, in {path}.",
            hint="The naming is another tool's, or of another version.",
        )
