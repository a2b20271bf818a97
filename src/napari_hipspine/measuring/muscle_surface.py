"""The surface of a muscle from its coarse cells: in patient millimetres, and as large as the muscle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.surface import Surface, enclosed_volume, turned_outside
from .coarse_muscles import CoarseGrid, MuscleCells

SMOOTH_MM = 1.2
"""Steps between pixels and between slices are rounded by about so much [mm]."""

FAT_AROUND_MM = 4.0
"""Fat around a place on the surface is weighed by a bell curve with this standard deviation [mm]."""

_MOST_CELLS_SMOOTHED = 0.7
"""However thick the slices are, they are not blurred by more of them than this [cells]."""

_CLOSE_ENOUGH = 0.005
_MOST_TRIES = 6
"""The level is halved towards what was counted until the volume differs by less than this share."""

_LEAST_WEIGHT = 1e-3
_PAD = 3


def surface_of(cells: MuscleCells, coarse: CoarseGrid, structure: Structure) -> Surface:
    """The surface of one muscle, with the local share of fat where fat was counted.

    The level at which the surface lies is chosen so that it encloses what was counted: smoothing makes no muscle
    smaller. Ends are drawn half a slice beyond the first and the last slice, as volumes are counted.

    Parameters
    ----------
    cells : MuscleCells
        From `count_coarsely`.
    coarse : CoarseGrid
        Their grid.
    structure : Structure
        What they are.

    References
    ----------
    Lewiner T, et al. Efficient implementation of marching cubes' cases with topological guarantees.
    Journal of Graphics Tools 2003;8(2):1-15. doi:10.1080/10867651.2003.10487582
    """
    from scipy.ndimage import gaussian_filter

    full = np.float32(coarse.pixel_step**2)
    filled = np.pad(cells.n_pixels, _PAD).astype(np.float32) / full
    sigma = [min(SMOOTH_MM / size, _MOST_CELLS_SMOOTHED * (1 if axis == 0 else 4)) for axis, size in _axes(coarse)]
    field = gaussian_filter(filled, sigma, mode="constant")
    corners, triangles = _as_large(field, float(filled.sum()))
    places = corners.astype(np.float64) - _PAD
    index = coarse.index_of(places + np.array(cells.first))
    affine = coarse.grid.affine
    vertices = (index @ affine[:3, :3].T + affine[:3, 3]).astype(np.float32)
    turned = turned_outside(vertices, triangles.astype(np.int32))
    return Surface(structure, vertices, turned, _fat_at(cells, places, coarse))


def _axes(coarse: CoarseGrid) -> list[tuple[int, float]]:
    return list(enumerate(coarse.cell_mm))


def _as_large(field: NDArray[np.float32], n_filled: float) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Corners and triangles around as many cells as were filled, at the level where they enclose so many."""
    from skimage.measure import marching_cubes

    level, low, high = _level(field, n_filled), 0.0, float(field.max())
    found = []
    for _ in range(_MOST_TRIES):
        corners, triangles, _, _ = marching_cubes(field, level, allow_degenerate=False)  # type: ignore[no-untyped-call]
        volume = enclosed_volume(corners, triangles)
        found.append((abs(volume / n_filled - 1), corners, triangles))
        if found[-1][0] < _CLOSE_ENOUGH:
            break
        low, high = (level, high) if volume > n_filled else (low, level)
        level = (low + high) / 2
    _, corners, triangles = min(found, key=lambda one: one[0])
    return corners, triangles


def _level(field: NDArray[np.float32], n_filled: float) -> float:
    """Level above which lie as many cells as were filled."""
    above = field[field > 0]
    at = int(np.clip(len(above) - round(n_filled), 0, len(above) - 1))
    level = float(np.partition(above, at)[at])
    highest = float(above.max())
    return min(max(level, 0.02 * highest), 0.98 * highest)


def _fat_at(cells: MuscleCells, places: NDArray[np.float64], coarse: CoarseGrid) -> NDArray[np.float32] | None:
    """Share of pixels called fat around places given in cells of the box; not a number where none was judged."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    if cells.n_counted is None or cells.n_fat is None:
        return None
    sigma = [FAT_AROUND_MM / size for size in coarse.cell_mm]
    counted, fat = (
        map_coordinates(
            gaussian_filter(counts.astype(np.float32), sigma, mode="constant"), places.T, order=1, mode="nearest"
        )
        for counts in (cells.n_counted, cells.n_fat)
    )
    is_known = counted > _LEAST_WEIGHT * coarse.pixel_step**2
    shares = np.divide(fat, counted, out=np.full(len(places), np.nan, np.float32), where=is_known)
    return np.asarray(np.clip(shares, 0, 1), dtype=np.float32)
