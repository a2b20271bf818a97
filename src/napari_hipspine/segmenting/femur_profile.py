"""Where a femur reaches furthest to the side: the greater trochanter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side
from ..domain.bones import Bone, LevelProposal, NoProposal
from ..domain.grid import Grid
from .voxel_size import voxel_along

Floats = NDArray[np.float64]

REACH_MM = 110.0
"""The trochanter lies within this distance below the top of the femoral head [mm]."""

_LEAST_BELOW_TOP_MM = 5.0
_PROMINENCE_MM = 2.0
_FLAT_MM = 0.5
_FOLD = 4


def most_lateral(
    mask: NDArray[np.bool_], corner: tuple[int, int, int], grid: Grid, along: Floats, bone: Bone
) -> LevelProposal | NoProposal:
    """Height at which a femur reaches furthest to its side, near its upper end.

    Only a true prominence counts: the bone has to draw back again below it, so that a femur which is cut off, or whose
    shaft leads further to the side, gives no proposal. Where it is flat to within a voxel, the middle of the flat part
    is taken: which of its voxels reaches furthest is chance.

    Parameters
    ----------
    mask : ndarray of bool
        The femur, cut out.
    corner : tuple of int
        Index of its first voxel in the grid.
    grid : Grid
        Where the labels lie.
    along : ndarray, shape (3,)
        Slice normal of the picture, towards the head.
    bone : Bone
        Level and side.
    """
    sideward = _sideward(along, bone.side or Side.LEFT)
    heights, lateral = _profile(mask, corner, grid, along, sideward)
    found = _prominence(heights, lateral, flat_mm=max(_FLAT_MM, voxel_along(grid, sideward)) + 1e-6)
    if found is None:
        reason = "no prominence to the side: the upper femur is cut off, or this is another part of it"
        return NoProposal(bone.level, reason, bone.side)
    first, last = found
    step = float(heights[1] - heights[0])
    return LevelProposal(
        bone.level,
        "most_lateral",
        float((heights[first] + heights[last]) / 2),
        float((heights[last] - heights[first]) / 2 + step / 2),
        bone.side,
    )


def _profile(
    mask: NDArray[np.bool_], corner: tuple[int, int, int], grid: Grid, along: Floats, sideward: Floats
) -> tuple[Floats, Floats]:
    """Heights along the normal, ascending, and how far to the side the bone reaches at each [mm]."""
    points = (np.argwhere(mask) + np.array(corner)) @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    step = voxel_along(grid, along)
    height = points @ along
    number = np.rint((height - height.min()) / step).astype(np.intp)
    lateral = np.full(number.max() + 1, -np.inf)
    np.maximum.at(lateral, number, points @ sideward)
    return height.min() + np.arange(lateral.size) * step, lateral


def _sideward(along: Floats, side: Side) -> Floats:
    """Direction in the slice that leads to a side."""
    towards = np.array([1.0 if side is Side.LEFT else -1.0, 0.0, 0.0])
    towards = towards - (towards @ along) * along
    return np.asarray(towards / np.linalg.norm(towards))


def _prominence(heights: Floats, lateral: Floats, *, flat_mm: float) -> tuple[int, int] | None:
    """First and last place of the uppermost prominence; None where there is none."""
    from scipy.signal import find_peaks

    top = heights[-1]
    near = (heights >= top - REACH_MM) & np.isfinite(lateral)
    if near.sum() < _FOLD:
        return None
    offset = int(np.flatnonzero(near)[0])
    profile = np.where(np.isfinite(lateral[offset:]), lateral[offset:], lateral[near].min())
    peaks, _ = find_peaks(profile, prominence=_PROMINENCE_MM, plateau_size=(None, None))
    peaks = [int(peak) for peak in peaks if heights[peak + offset] <= top - _LEAST_BELOW_TOP_MM]
    if not peaks:
        return None
    peak = max(peaks, key=lambda place: profile[place])
    level = profile[peak] - flat_mm
    first = last = peak
    while first > 0 and profile[first - 1] >= level:
        first -= 1
    while last < profile.size - 1 and profile[last + 1] >= level:
        last += 1
    return first + offset, last + offset
