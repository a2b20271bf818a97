"""How well two label maps agree: overlap and distance of the outlines, structure by structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from ..domain.anatomy import Structure
from ..domain.errors import GridMismatch
from ..domain.label_map import LabelMap

PERCENTILE = 95.0
_SLICES_AT_ONCE = 16

Box = tuple[slice, slice, slice]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


class DistanceRule(StrEnum):
    """How the distances from either outline to the other become one number.

    `MAX_OF_DIRECTED` takes the percentile of each direction and the larger of both (MONAI, Metrics Reloaded);
    `POOLED` takes the percentile of both directions together (MedPy, surface-distance of some tools). They differ.
    """

    MAX_OF_DIRECTED = "max_of_directed"
    POOLED = "pooled"


class BorderRule(StrEnum):
    """Which voxels are the outline.

    `SLICE_OUTLINE`: labelled voxels with an unlabelled neighbour in their own slice, as an outline is drawn.
    `FACES`: labelled voxels with an unlabelled neighbour in any of six directions, so that first and last slice count
    as a whole.
    """

    SLICE_OUTLINE = "slice_outline"
    FACES = "faces"


@dataclass(frozen=True)
class Overlap:
    """Agreement on one structure.

    Attributes
    ----------
    structure
        Muscle and side.
    n_first, n_second, n_both
        Labelled voxels.
    dice
        2 · both/(first + second); None where neither map has the structure, 0 where one lacks it.
    hd95_mm, hd_mm
        95th percentile and maximum of the distances between outlines [mm]; infinite where one map lacks the
        structure, None where both do.
    """

    structure: Structure
    n_first: int
    n_second: int
    n_both: int
    dice: float | None
    hd95_mm: float | None
    hd_mm: float | None


def find_overlaps(
    first: LabelMap,
    second: LabelMap,
    *,
    distance: DistanceRule = DistanceRule.MAX_OF_DIRECTED,
    border: BorderRule = BorderRule.SLICE_OUTLINE,
) -> list[Overlap]:
    """Agreement of two label maps on one grid, one entry per structure that either of them names.

    Distances are taken in three dimensions between voxel centres, in mm of the grid.

    Raises
    ------
    GridMismatch
        If the maps do not lie on one grid.

    References
    ----------
    Dice 1945, doi:10.2307/1932409; Maier-Hein et al. 2024, doi:10.1038/s41592-023-02151-z (conventions of HD95).
    """
    if not first.grid.same_as(second.grid):
        raise GridMismatch(
            f"Expected two label maps on one grid, found a difference: {first.grid.difference_from(second.grid)}.",
            hint="Bring the second map onto the grid of the first.",
        )
    values = _values_by_structure(first, second)
    extents = _find_extents(first, second, values)
    spacing = first.grid.spacing_mm
    found = []
    for structure, extent in extents.items():
        hd95 = hd = None
        if extent.n_first and extent.n_second:
            box = extent.box()
            one, other = values[structure]
            masks = _is_value(np.asarray(first.labels[box]), one), _is_value(np.asarray(second.labels[box]), other)
            hd95, hd = outline_distances(*masks, spacing, distance=distance, border=border)
        elif extent.n_first or extent.n_second:
            hd95 = hd = float("inf")
        found.append(_overlap(structure, extent, hd95, hd))
    return found


def outline_distances(
    first: BoolArray,
    second: BoolArray,
    spacing_mm: tuple[float, float, float],
    *,
    distance: DistanceRule = DistanceRule.MAX_OF_DIRECTED,
    border: BorderRule = BorderRule.SLICE_OUTLINE,
) -> tuple[float, float]:
    """95th percentile and maximum of the distances between the outlines of two masks that are not empty [mm].

    Parameters
    ----------
    first, second
        Masks, shape ``(n_slices, n_rows, n_columns)``.
    spacing_mm
        Distance of neighbouring voxel centres along each axis.
    """
    outlines = find_outline(first, border=border), find_outline(second, border=border)
    there, back = (_distances(outlines[k], outlines[1 - k], spacing_mm) for k in (0, 1))
    if distance is DistanceRule.POOLED:
        hd95 = float(np.percentile(np.concatenate([there, back]), PERCENTILE))
    else:
        hd95 = float(max(np.percentile(there, PERCENTILE), np.percentile(back, PERCENTILE)))
    return hd95, float(max(there.max(), back.max()))


def find_outline(mask: BoolArray, *, border: BorderRule) -> BoolArray:
    """Outline voxels of a mask; beyond the image nothing is labelled."""
    axes = (1, 2) if border is BorderRule.SLICE_OUTLINE else (0, 1, 2)
    padded = np.pad(mask, 1)
    inner = mask.copy()
    for axis in axes:
        for step in (0, 2):
            window = [slice(1, -1)] * 3
            window[axis] = slice(step, step + mask.shape[axis])
            inner &= padded[tuple(window)]
    return mask & ~inner


class _Extent:
    """Counts of one structure in both maps, and the box that holds both."""

    def __init__(self) -> None:
        self.n_first = self.n_second = self.n_both = 0
        self._low: npt.NDArray[np.int64] | None = None
        self._high = np.zeros(3, dtype=np.int64)

    def add(self, first: BoolArray, second: BoolArray, first_slice: int) -> None:
        """Count one slab."""
        self.n_first += int(first.sum())
        self.n_second += int(second.sum())
        self.n_both += int((first & second).sum())
        places = np.argwhere(first | second) + np.array([first_slice, 0, 0])
        if places.size:
            low = places.min(axis=0)
            self._low = low if self._low is None else np.minimum(self._low, low)
            self._high = np.maximum(self._high, places.max(axis=0) + 1)

    def box(self) -> Box:
        """The smallest box with all voxels of both maps."""
        low = np.zeros(3, dtype=np.int64) if self._low is None else self._low
        slices, rows, columns = (slice(int(a), int(b)) for a, b in zip(low, self._high, strict=True))
        return slices, rows, columns


def _values_by_structure(first: LabelMap, second: LabelMap) -> dict[Structure, tuple[int | None, int | None]]:
    """Label values of each structure in both maps; None where a map does not name it."""
    of_first, of_second = ({s: value for value, s in one.structures.items()} for one in (first, second))
    return {s: (of_first.get(s), of_second.get(s)) for s in dict.fromkeys([*of_first, *of_second])}


def _find_extents(
    first: LabelMap, second: LabelMap, values: Mapping[Structure, tuple[int | None, int | None]]
) -> dict[Structure, _Extent]:
    """Counts and boxes of all structures, a few slices in memory at a time."""
    extents = {structure: _Extent() for structure in values}
    for start in range(0, first.grid.shape[0], _SLICES_AT_ONCE):
        slab = slice(start, start + _SLICES_AT_ONCE)
        a, b = np.asarray(first.labels[slab]), np.asarray(second.labels[slab])
        in_a, in_b = set(np.unique(a).tolist()), set(np.unique(b).tolist())
        for structure, (one, other) in values.items():
            if one in in_a or other in in_b:
                extents[structure].add(_is_value(a, one), _is_value(b, other), start)
    return extents


def _is_value(labels: npt.NDArray[Any], value: int | None) -> BoolArray:
    """Where the labels have a value; nowhere for a structure the map does not name."""
    return np.zeros(labels.shape, dtype=bool) if value is None else np.asarray(labels == value)


def _distances(from_outline: BoolArray, to_outline: BoolArray, spacing_mm: tuple[float, float, float]) -> FloatArray:
    """Distance of every voxel of one outline to the nearest of the other [mm]."""
    from scipy.ndimage import distance_transform_edt

    nearest: FloatArray = distance_transform_edt(~to_outline, sampling=spacing_mm)[from_outline]
    return nearest


def _overlap(structure: Structure, extent: _Extent, hd95: float | None, hd: float | None) -> Overlap:
    either = extent.n_first + extent.n_second
    dice = 2 * extent.n_both / either if either else None
    return Overlap(structure, extent.n_first, extent.n_second, extent.n_both, dice, hd95, hd)
