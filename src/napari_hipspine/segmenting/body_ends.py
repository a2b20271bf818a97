"""Both ends of a vertebral body or disc, followed from the middle of its thickest part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..domain.grid import Grid
from .voxel_size import voxel_along

Floats = NDArray[np.float64]

_THICKEST_SHARE = 0.98
_CORE_SHARE = 0.5
_N_RAYS = 37
_STEP_MM = 0.2
_REACH = 3.0
_HALF = 0.5


@dataclass(frozen=True)
class BodyEnds:
    """A body's lower and upper end along the slice normal [mm], and how far each may lie off."""

    lower_mm: float
    upper_mm: float
    give_mm: float
    radius_mm: float
    is_cut_below: bool
    is_cut_above: bool

    @property
    def height_mm(self) -> float:
        """From end to end [mm]."""
        return self.upper_mm - self.lower_mm

    @property
    def is_cut(self) -> bool:
        """Whether the labels end before it does."""
        return self.is_cut_below or self.is_cut_above


def body_ends(mask: NDArray[np.bool_], corner: tuple[int, int, int], grid: Grid, along: Floats) -> BodyEnds:
    """Where a body begins and ends along the slice normal.

    Parameters
    ----------
    mask : ndarray of bool
        The labelled bone, cut out; arch and processes may be in it.
    corner : tuple of int
        Index of its first voxel in the grid.
    grid : Grid
        Where the labels lie.
    along : ndarray, shape (3,)
        Slice normal of the picture, towards the head.
    """
    return _Place(mask, corner, grid, along).ends()


class _Place:
    """One bone cut out of the labels, with nothing around it."""

    def __init__(self, mask: NDArray[np.bool_], corner: tuple[int, int, int], grid: Grid, along: Floats) -> None:
        self._mask = np.pad(mask, 1)
        self._corner = np.array(corner) - 1
        self._grid = grid
        self._along = along

    def ends(self) -> BodyEnds:
        """Both ends of the body, followed from the middle of its thickest part."""
        from scipy.ndimage import distance_transform_edt

        depth = distance_transform_edt(self._mask, sampling=self._grid.spacing_mm)
        radius = float(depth.max())
        thickest = np.argwhere(depth >= radius * _THICKEST_SHARE)
        centre = self._in_patient(thickest).mean(axis=0)
        if not self._mask[tuple(np.rint(thickest.mean(axis=0)).astype(int))]:
            centre = self._in_patient(thickest[:1])[0]
        below, above = self._follow(centre, radius)
        middle = float(centre @ self._along)
        voxel = voxel_along(self._grid, self._along)
        return BodyEnds(
            middle - below.distance_mm,
            middle + above.distance_mm,
            float(np.hypot(voxel / 2, max(below.spread_mm, above.spread_mm))),
            radius,
            below.is_cut,
            above.is_cut,
        )

    def _follow(self, centre: Floats, radius: float) -> tuple[_End, _End]:
        """Ends below and above along rays through the middle of the body."""
        offsets = _disc_of_rays(self._along) * radius * _CORE_SHARE
        steps = np.arange(0.0, _REACH * radius + _STEP_MM, _STEP_MM)
        found = []
        for sign in (-1.0, 1.0):
            points = centre + offsets[:, None, :] + sign * steps[None, :, None] * self._along
            inside = self._sampled(points) >= _HALF
            length = np.where(inside.all(axis=1), steps.size, np.argmin(inside, axis=1))
            length = length[inside[:, 0]]
            if length.size == 0:
                found.append(_End(0.0, radius, is_cut=True))
                continue
            distance = (np.median(length) - _HALF) * _STEP_MM
            spread = float(np.percentile(length, 75) - np.percentile(length, 25)) / 2 * _STEP_MM
            tip = centre + sign * distance * self._along
            found.append(_End(float(distance), spread, is_cut=self._is_at_border(tip)))
        return found[0], found[1]

    def _sampled(self, points: Floats) -> Floats:
        """How much of the mask lies at points, 0 to 1, by linear interpolation."""
        from scipy.ndimage import map_coordinates

        at = self._as_index(points.reshape(-1, 3)) - self._corner
        values = map_coordinates(self._mask.astype(np.float32), at.T, order=1, mode="constant")
        return np.asarray(values, dtype=np.float64).reshape(points.shape[:2])

    def _is_at_border(self, point: Floats) -> bool:
        """Whether a point lies where the labels end: the bone may go on beyond."""
        at = self._as_index(point[None])[0]
        return bool((at <= 0).any() or (at >= np.array(self._grid.shape) - 1).any())

    def _as_index(self, points: Floats) -> Floats:
        affine = self._grid.affine
        return np.asarray((points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T)

    def _in_patient(self, index: NDArray[np.intp]) -> Floats:
        affine = self._grid.affine
        return np.asarray((index + self._corner) @ affine[:3, :3].T + affine[:3, 3])


@dataclass(frozen=True)
class _End:
    """How far an end lies from the middle, how much the rays differ, and whether the labels end there."""

    distance_mm: float
    spread_mm: float
    is_cut: bool


def _disc_of_rays(along: Floats) -> Floats:
    """Points evenly over a disc of radius 1 across a direction, shape ``(n, 3)``."""
    helper = np.eye(3)[int(np.argmin(np.abs(along)))]
    first = np.cross(along, helper)
    first /= np.linalg.norm(first)
    second = np.cross(along, first)
    number = np.arange(_N_RAYS)
    radius, angle = np.sqrt(number / _N_RAYS), number * np.pi * (3 - np.sqrt(5))
    return np.asarray(np.outer(radius * np.cos(angle), first) + np.outer(radius * np.sin(angle), second))
