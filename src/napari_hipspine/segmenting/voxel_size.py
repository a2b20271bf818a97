"""How large voxels are in a direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..domain.grid import Grid


def voxel_along(grid: Grid, along: NDArray[np.float64]) -> float:
    """Size of a grid's voxels along a direction: that of the axis which runs nearest to it [mm].

    Parameters
    ----------
    grid : Grid
        Whose voxels.
    along : ndarray, shape (3,)
        Unit vector in patient LPS.
    """
    return float(np.abs(along @ grid.affine[:3, :3]).max())
