"""The muscles of one slice closed in millimetres."""

from __future__ import annotations

import numpy as np

from .erosion import halo_pixels
from .regions_rule import ClosedMuscles, HoleRule
from .surroundings import Mask

_ROUNDING_MM = 1e-9
"""Two pixels whose centres are apart by exactly the radius are within it, whatever the last digit says."""


def close_muscles(muscles: Mask, rule: ClosedMuscles, spacing_mm: tuple[float, float, float]) -> Mask:
    """The smallest region around the muscles into whose background a disc of the radius fits everywhere.

    This is the morphological closing by the pixels whose centres lie within the radius of the disc's centre. Beyond
    the edge of the picture there is background, so the closing never reaches farther out than the muscles do.

    Parameters
    ----------
    muscles : ndarray of bool, shape (n_rows, n_columns)
        Muscles of one slice.
    rule : ClosedMuscles
        Radius, and what becomes of holes.
    spacing_mm : tuple of float
        Spacing of slices, rows and columns [mm].

    References
    ----------
    Serra J. Image Analysis and Mathematical Morphology. Academic Press 1982.
    """
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    closed = np.zeros_like(muscles)
    if not muscles.any():
        return closed
    reach = halo_pixels(rule.radius_mm, spacing_mm)
    rows, columns = np.nonzero(muscles)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    # One pixel beyond the reach stays background, so that distances to it are those on an endless plane.
    wide = np.pad(muscles[box], [(pixels + 1, pixels + 1) for pixels in reach])
    grown = distance_transform_edt(~wide, sampling=spacing_mm[1:]) <= rule.radius_mm + _ROUNDING_MM
    shrunk = distance_transform_edt(grown, sampling=spacing_mm[1:]) > rule.radius_mm + _ROUNDING_MM
    if rule.holes is HoleRule.FILLED:
        shrunk = binary_fill_holes(shrunk)
    down, across = (slice(pixels + 1, -pixels - 1) for pixels in reach)
    closed[box] = shrunk[down, across]
    return closed
