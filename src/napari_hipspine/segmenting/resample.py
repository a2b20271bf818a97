"""Labels carried onto another grid, each voxel taking the label of the nearest one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import VoxelArray
from ..domain.grid import Grid

_EDGE = 1e-6
"""Slack in voxels, so that a voxel centre on the very edge of the source does not fall out by rounding."""


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
    step = np.linalg.solve(source.affine, target.affine)
    rows, columns = np.meshgrid(np.arange(target.shape[1]), np.arange(target.shape[2]), indexing="ij")
    in_plane = np.tensordot(step[:3, 1:3], np.stack([rows, columns]), axes=1)
    sizes = np.array(source.shape).reshape(3, 1, 1)
    for slice_index in range(target.shape[0]):
        at = in_plane + (step[:3, 0] * slice_index + step[:3, 3]).reshape(3, 1, 1)
        inside = ((at >= -0.5 - _EDGE) & (at < sizes - 0.5 + _EDGE)).all(axis=0)
        if not inside.any():
            continue
        nearest = np.clip(np.floor(at[:, inside] + 0.5).astype(np.intp), 0, sizes.reshape(3, 1) - 1)
        low, high = nearest.min(axis=1), nearest.max(axis=1) + 1
        part = np.asarray(labels[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))])
        out[slice_index][inside] = part[tuple(nearest - low[:, np.newaxis])]
    return out
