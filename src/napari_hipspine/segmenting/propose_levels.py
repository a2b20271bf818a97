"""Where levels lie, found from labelled vertebrae, discs and femora; always a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Term, find_level, vocabulary
from ..domain.bones import TROCHANTER, Bone, LevelProposal, NoProposal
from ..domain.grid import Grid
from .body_ends import BodyEnds, body_ends
from .femur_profile import most_lateral

Floats = NDArray[np.float64]

_DISC = "disc_"
_VERTEBRA_MM = (12.0, 45.0)
"""Heights of bodies that are believed [mm]."""

_PART_OF_BODY_MM = 16.0
"""So much of a body that is cut off has to be seen [mm]."""

_DISC_MM = (2.0, 25.0)
"""Heights of discs that are believed [mm]."""


def propose_levels(
    labels: Any, grid: Grid, bones: Mapping[int, Bone], *, onto: Grid | None = None
) -> tuple[tuple[LevelProposal, ...], tuple[NoProposal, ...]]:
    """Levels that labelled bones tell, from the head downwards, and those that they do not.

    A vertebra gives its end plates and the middle of its body: the ball with the largest radius that fits into the
    label lies in the body, for arch and processes are thinner; around its centre the label is followed along the slice
    normal to its two ends. A labelled disc gives its middle; where discs are not labelled it is the middle between
    the end plates of its neighbours. A femur gives the height at which the trochanter reaches furthest to the side.

    Parameters
    ----------
    labels : VoxelArray
        Label values, shape ``(n_slices, n_rows, n_columns)``; read slice by slice where bones lie.
    grid : Grid
        Where the labels lie.
    bones : mapping of int to Bone
        What label values are.
    onto : Grid, optional
        Grid of the picture whose slice normal is meant; by default that of the labels.
    """
    along = np.asarray((onto or grid).slice_normal)
    ends: dict[str, BodyEnds] = {}
    proposed: list[LevelProposal] = []
    refused: list[NoProposal] = []
    for bone, mask, corner in _masks(labels, grid, bones):
        if bone.level.id != TROCHANTER:
            ends[bone.level.id] = body_ends(mask, corner, grid, along)
            continue
        found = most_lateral(mask, corner, grid, along, bone)
        if isinstance(found, LevelProposal):
            proposed.append(found)
        else:
            refused.append(found)
    for level, found_ends in ends.items():
        _add_of_body(find_level(level), found_ends, proposed, refused)
    _add_discs_between(ends, proposed)
    order = {term.id: number for number, term in enumerate(vocabulary().of_kind("level"))}
    return (
        tuple(sorted(proposed, key=lambda one: (one.level.id == TROCHANTER, -one.position_mm))),
        tuple(sorted(refused, key=lambda one: order[one.level.id])),
    )


def _masks(labels: Any, grid: Grid, bones: Mapping[int, Bone]) -> list[tuple[Bone, NDArray[np.bool_], Any]]:
    """Every bone that is there, cut out, with the index of its first voxel."""
    found: dict[int, list[tuple[int, NDArray[np.bool_]]]] = {}
    for index in range(grid.shape[0]):
        slab = np.asarray(labels[index])
        for value in np.intersect1d(slab, list(bones)):
            found.setdefault(int(value), []).append((index, slab == value))
    return [(bones[value], *_cut_out(planes)) for value, planes in sorted(found.items())]


def _cut_out(planes: list[tuple[int, NDArray[np.bool_]]]) -> tuple[NDArray[np.bool_], tuple[int, int, int]]:
    seen = np.logical_or.reduce([plane for _, plane in planes])
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    first, last = planes[0][0], planes[-1][0]
    box = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    mask = np.zeros((last - first + 1, rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1), bool)
    for index, plane in planes:
        mask[index - first] = plane[box]
    return mask, (first, int(rows[0]), int(columns[0]))


def _add_of_body(level: Term, ends: BodyEnds, proposed: list[LevelProposal], refused: list[NoProposal]) -> None:
    reason = _why_not_whole(level, ends)
    if reason:
        refused.append(NoProposal(level, reason))
    middle = (ends.lower_mm + ends.upper_mm) / 2
    if level.id.startswith(_DISC):
        if not reason:
            proposed.append(LevelProposal(level, "mid_disc", middle, ends.give_mm))
        return
    if _has_upper_end(ends):
        proposed.append(LevelProposal(level, "superior_endplate", ends.upper_mm, ends.give_mm))
    if not reason:
        proposed.append(LevelProposal(level, "mid_vertebra", middle, ends.give_mm))
    if _has_lower_end(ends):
        proposed.append(LevelProposal(level, "inferior_endplate", ends.lower_mm, ends.give_mm))


def _why_not_whole(level: Term, ends: BodyEnds) -> str:
    """Why a body is not one from end to end, in words; empty when it is."""
    if ends.is_cut:
        where = " and ".join(["above"] * ends.is_cut_above + ["below"] * ends.is_cut_below)
        return f"cut off {where}: it reaches the edge of the labels"
    low, high = _DISC_MM if level.id.startswith(_DISC) else _VERTEBRA_MM
    if not low <= ends.height_mm <= high:
        return f"{ends.height_mm:.0f} mm high, where {low:.0f} to {high:.0f} mm are expected"
    return ""


def _is_body(ends: BodyEnds) -> bool:
    """Whether enough is seen to know a vertebral body from an arch, whose parts are thinner."""
    if not ends.is_cut:
        return _VERTEBRA_MM[0] <= ends.height_mm <= _VERTEBRA_MM[1]
    return ends.height_mm >= _PART_OF_BODY_MM and ends.radius_mm >= _PART_OF_BODY_MM / 2 - 0.5


def _has_upper_end(ends: BodyEnds) -> bool:
    return _is_body(ends) and not ends.is_cut_above


def _has_lower_end(ends: BodyEnds) -> bool:
    return _is_body(ends) and not ends.is_cut_below


def _add_discs_between(ends: Mapping[str, BodyEnds], proposed: list[LevelProposal]) -> None:
    """Discs that are not labelled, between the end plates of their neighbours."""
    discs = [term for term in vocabulary().of_kind("level") if term.id.startswith(_DISC) and term.id not in ends]
    for disc in discs:
        upper, lower = disc.id.removeprefix(_DISC).split("_")
        if upper not in ends or lower not in ends:
            continue
        if not _has_lower_end(ends[upper]) or not _has_upper_end(ends[lower]):
            continue
        middle = (ends[upper].lower_mm + ends[lower].upper_mm) / 2
        give = max(ends[upper].give_mm, ends[lower].give_mm)
        note = (f"the disc is not labelled: middle between {upper} and {lower}",)
        proposed.append(LevelProposal(disc, "mid_disc", middle, give, notes=note))
