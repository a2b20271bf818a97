"""Labels without the pixels near their border, slice by slice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box


def halo_pixels(erosion_mm: float, spacing_mm: tuple[float, float, float]) -> tuple[int, int]:
    """Rows and columns around a block that an erosion needs to see."""
    return math.floor(erosion_mm / spacing_mm[1] + 1e-9), math.floor(erosion_mm / spacing_mm[2] + 1e-9)


def read_eroded(
    labels: BlockSource, box: Box, *, erosion_mm: float, spacing_mm: tuple[float, float, float]
) -> NDArray[Any]:
    """Labels of a box with 0 where a pixel of another label lies within ``erosion_mm`` in the slice plane.

    Distances are taken between pixel centres. Nothing is known beyond the edge of the picture, so that edge
    does not erode.

    Parameters
    ----------
    labels : BlockSource
        Shape ``(n_slices, n_rows, n_columns)``.
    box : Box
        What is wanted; more is read around it.
    erosion_mm : float
        Depth of the erosion [mm].
    spacing_mm : tuple of float
        Spacing of slices, rows and columns [mm].
    """
    reach = halo_pixels(erosion_mm, spacing_mm)
    wide = [box[0]]
    inner = []
    for wanted, n, margin in zip(box[1:], labels.shape[1:], reach, strict=True):
        low, high = max(0, wanted.start - margin), min(n, wanted.stop + margin)
        wide.append(slice(low, high))
        inner.append(slice(wanted.start - low, wanted.stop - low))
    seen = labels.read((wide[0], wide[1], wide[2]))
    eroded = np.stack([_eroded_slice(one, reach, erosion_mm, spacing_mm) for one in seen])
    return eroded[:, inner[0], inner[1]]


def _eroded_slice(
    labels: NDArray[Any], reach: tuple[int, int], erosion_mm: float, spacing_mm: tuple[float, float, float]
) -> NDArray[Any]:
    from scipy.ndimage import binary_erosion, find_objects

    down, across = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
    disc = np.hypot(down * spacing_mm[1], across * spacing_mm[2]) <= erosion_mm + 1e-9
    kept = np.zeros_like(labels)
    values = np.unique(labels[labels > 0])
    compact = np.searchsorted(values, labels) + 1
    compact[labels <= 0] = 0
    for number, found in enumerate(find_objects(compact), start=1):
        if found is None:
            continue
        around = tuple(
            slice(max(0, s.start - r - 1), min(n, s.stop + r + 1))
            for s, r, n in zip(found, reach, labels.shape, strict=True)
        )
        inside = compact[around] == number
        kept[around][binary_erosion(inside, disc, border_value=1) & inside] = values[number - 1]
    return kept
