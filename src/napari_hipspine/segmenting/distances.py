"""Signed distances to the borders of labels, and how labels are read back from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PlaneBox = tuple[slice, slice]
"""A window of a slice: rows and columns."""


def signed_distance(
    mask: NDArray[np.bool_], *, spacing_mm: tuple[float, float], reach_mm: float
) -> NDArray[np.float32]:
    """Distance of every pixel to the border of a mask [mm]: positive inside, cut off at plus and minus the reach.

    The border lies between the outermost pixel inside and the first one outside.

    Parameters
    ----------
    mask : ndarray of bool, shape (n_rows, n_columns)
        What is inside; an empty mask is as far away as can be.
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    reach_mm : float
        Largest distance that is told apart [mm].
    """
    from scipy.ndimage import distance_transform_edt

    out = np.full(mask.shape, -reach_mm, dtype=np.float32)
    if not mask.any():
        return out
    window = box_around(mask, spacing_mm=spacing_mm, margin_mm=reach_mm + max(spacing_mm))
    part = mask[window]
    half_pixel = 0.25 * (spacing_mm[0] + spacing_mm[1])
    outside = distance_transform_edt(~part, sampling=spacing_mm)
    # Beyond the slice is outside, but its edge is no border: a muscle that is cut off there goes on.
    inside = distance_transform_edt(part, sampling=spacing_mm) if not part.all() else np.full(part.shape, reach_mm)
    out[window] = np.clip(np.where(part, inside - half_pixel, half_pixel - outside), -reach_mm, reach_mm)
    return out


def signed_distances(
    labels: NDArray[Any], values: Sequence[int], *, spacing_mm: tuple[float, float], reach_mm: float
) -> NDArray[np.float32]:
    """Signed distances of several label values on one slice [mm], shape ``(n_values, n_rows, n_columns)``."""
    out = np.empty((len(values), *labels.shape), dtype=np.float32)
    for layer, value in zip(out, values, strict=True):
        layer[...] = signed_distance(labels == value, spacing_mm=spacing_mm, reach_mm=reach_mm)
    return out


def box_around(mask: NDArray[np.bool_], *, spacing_mm: tuple[float, float], margin_mm: float) -> PlaneBox:
    """Window that holds a mask and a margin [mm] around it, within the slice; the mask is not empty."""
    bounds = []
    for axis, spacing in zip((1, 0), spacing_mm, strict=True):
        where = np.flatnonzero(mask.any(axis=axis))
        margin = int(np.ceil(margin_mm / spacing))
        size = mask.shape[1 - axis]
        bounds.append(slice(max(int(where[0]) - margin, 0), min(int(where[-1]) + 1 + margin, size)))
    return bounds[0], bounds[1]


def depth_of(mask: NDArray[np.bool_], *, spacing_mm: tuple[float, float]) -> float:
    """Distance of the innermost pixel of a mask to its border [mm]; 0 for an empty mask."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return 0.0
    part = mask[box_around(mask, spacing_mm=spacing_mm, margin_mm=0.0)]
    return float(distance_transform_edt(np.pad(part, 1), sampling=spacing_mm).max())
