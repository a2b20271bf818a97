"""Shapes without their dents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_RADIUS_MM = 12.0


def rounded_off(distance: NDArray[np.float32], spacing_mm: tuple[float, float]) -> NDArray[np.float32]:
    """1 inside a shape and where a disc of 12 mm radius that rolls around it does not reach; else 0.

    Parameters
    ----------
    distance : ndarray, shape (n_rows, n_columns)
        Signed distance to the border of the shape [mm].
    spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    """
    import cv2

    out = np.zeros(distance.shape, dtype=np.float32)
    inside = distance > 0
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        return out
    window = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    reach = [max(int(_RADIUS_MM / step), 1) for step in spacing_mm]
    part = np.pad(inside[window].astype(np.uint8), [(n, n) for n in reach])
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach[1] + 1, 2 * reach[0] + 1))
    closed: NDArray[Any] = cv2.morphologyEx(part, cv2.MORPH_CLOSE, disc)
    out[window] = closed[reach[0] : -reach[0], reach[1] : -reach[1]]
    return out
