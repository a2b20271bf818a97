"""Labels carried onto another grid: each voxel takes the label of the nearest one, or shapes are interpolated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.grid import Grid
from .distances import signed_distance

_EDGE = 1e-6
"""Slack in voxels, so that a voxel centre on the very edge of the source does not fall out by rounding."""

_AROUND = 12
"""Pixels around the wanted ones in which borders are looked for."""


def resample_labels(labels: VoxelArray, source: Grid, target: Grid) -> NDArray[Any]:
    """Labels on another grid by nearest neighbour; what lies outside the source is background.

    A target voxel takes the label of the source voxel whose box holds its centre; a centre exactly between two
    takes the one with the larger index. No new values arise.

    Parameters
    ----------
    labels : VoxelArray
        Shape ``(n_slices, n_rows, n_columns)`` of the source; only what is needed for one target slice is read at
        a time.
    source, target : Grid
        Where the labels lie and where they are wanted.

    Returns
    -------
    ndarray
        Shape of the target, type of the labels.
    """
    out = np.zeros(target.shape, dtype=labels.dtype)
    for slice_index, inside, at in _places(source, target):
        nearest = np.clip(np.floor(at + 0.5).astype(np.intp), 0, np.array(source.shape).reshape(3, 1) - 1)
        low, high = nearest.min(axis=1), nearest.max(axis=1) + 1
        part = np.asarray(labels[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))])
        out[slice_index][inside] = part[tuple(nearest - low[:, np.newaxis])]
    return out


def resample_labels_by_shape(labels: VoxelArray, source: Grid, target: Grid) -> NDArray[Any]:
    """Labels on another grid with smooth outlines: signed distances are interpolated, not labels.

    Between two slices a shape changes evenly from one to the other, so that thick slices make no steps. Every voxel
    takes the label it lies deepest in; what lies outside the source is background. No new values arise; a part
    thinner than a voxel of the target may be lost.

    Parameters
    ----------
    labels : VoxelArray
        Shape ``(n_slices, n_rows, n_columns)`` of the source; only what is needed for one target slice is read at
        a time.
    source, target : Grid
        Where the labels lie and where they are wanted.

    Returns
    -------
    ndarray
        Shape of the target, type of the labels.

    References
    ----------
    Raya SP, Udupa JK. Shape-based interpolation of multidimensional objects. IEEE Trans Med Imaging 1990.
    doi:10.1109/42.52980
    """
    from scipy.ndimage import map_coordinates

    out = np.zeros(target.shape, dtype=labels.dtype)
    last = np.array(source.shape).reshape(3, 1) - 1
    for slice_index, inside, at in _places(source, target):
        within = np.clip(at, 0, last)
        low = np.maximum(np.floor(within.min(axis=1)).astype(int) - _AROUND, 0)
        low[0] = max(low[0], int(np.floor(within[0].min())))
        high = np.minimum(np.ceil(within.max(axis=1)).astype(int) + 1 + _AROUND, source.shape)
        high[0] = min(high[0], int(np.ceil(within[0].max())) + 1)
        part = np.asarray(labels[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))])
        deepest = np.zeros(within.shape[1])
        found = np.zeros(within.shape[1], dtype=labels.dtype)
        for value in np.unique(part[part > 0]):
            distance = _slicewise_distance(part == value, source.spacing_mm)
            depth = map_coordinates(distance, within - low[:, np.newaxis], order=1, mode="nearest")
            found[depth > deepest] = value
            deepest = np.maximum(deepest, depth)
        out[slice_index][inside] = found
    return out


def _slicewise_distance(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Signed distance to the border within each slice [mm], cut off where it no longer matters."""
    plane_mm = (spacing_mm[1], spacing_mm[2])
    reach_mm = _AROUND * min(plane_mm)
    return np.stack([signed_distance(one, spacing_mm=plane_mm, reach_mm=reach_mm) for one in mask])


def _places(source: Grid, target: Grid) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.float64]]]:
    """For every target slice that meets the source: which pixels do, and their source indices, shape ``(3, n)``."""
    step = np.linalg.solve(source.affine, target.affine)
    rows, columns = np.meshgrid(np.arange(target.shape[1]), np.arange(target.shape[2]), indexing="ij")
    in_plane = np.tensordot(step[:3, 1:3], np.stack([rows, columns]), axes=1)
    sizes = np.array(source.shape).reshape(3, 1, 1)
    for slice_index in range(target.shape[0]):
        at = in_plane + (step[:3, 0] * slice_index + step[:3, 3]).reshape(3, 1, 1)
        inside: NDArray[np.bool_] = np.asarray(((at >= -0.5 - _EDGE) & (at < sizes - 0.5 + _EDGE)).all(axis=0))
        if not inside.any():
            continue
        yield slice_index, inside, at[:, inside]
