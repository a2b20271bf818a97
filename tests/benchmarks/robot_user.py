"""A user who knows the truth but clicks imprecisely: outlines by clicks, scribbles where the result is wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, label
from skimage.measure import approximate_polygon, find_contours

from napari_hipspine.segmenting.outline import outline_to_mask

Mask = NDArray[np.bool_]

CLICK_NOISE_MM = 0.7
LOOP_MM = (4.0, 5.2)
"""How far outside the muscle the rough loop runs [mm]."""

FIRST_STROKE_MM = 40.0
CORRECTION_MM = 12.0


def clicks(mask: Mask, n_clicks: int, *, pixel_mm: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Corners of the polygon with about that many corners that simplifies the largest contour, each click off a bit."""
    contours = find_contours(np.pad(mask, 1).astype(float), 0.5)
    contour = max(contours, key=len)[:-1] - 1
    # The walk begins at the farthest corner, which a person would click too; elsewhere its beginning costs a click.
    contour = np.roll(contour, -np.linalg.norm(contour - contour.mean(axis=0), axis=1).argmax(), axis=0)
    contour = np.vstack([contour, contour[:1]])
    low, high = 0.05, 80.0
    for _ in range(25):
        middle = (low + high) / 2
        corners = approximate_polygon(contour, middle)[:-1]
        low, high = (middle, high) if len(corners) > n_clicks else (low, middle)
    corners = approximate_polygon(contour, high)[:-1]
    return corners + rng.normal(0, CLICK_NOISE_MM / pixel_mm, corners.shape)


def outlined(labels: NDArray[np.uint16], n_clicks: int, *, pixel_mm: float, seed: int = 0) -> NDArray[np.uint16]:
    """One slice of labels as drawn by clicks; small parts are drawn as they are."""
    rng = np.random.default_rng(seed)
    out = np.zeros_like(labels)
    for value in np.unique(labels[labels > 0]):
        mask = labels == value
        corners = clicks(mask, n_clicks, pixel_mm=pixel_mm, rng=rng) if mask.sum() > 20 else np.empty((0, 2))
        out[outline_to_mask(corners, mask.shape) if len(corners) >= 3 else mask] = value
    return out


def stroke(region: Mask, *, pixel_mm: float, longest_mm: float) -> Mask:
    """A stroke through the deepest point of a region, along its length, within it."""
    depth = distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    start = np.array(np.unravel_index(depth.argmax(), depth.shape), dtype=float)
    deep = np.argwhere(region & (depth > 0.5 * depth.max()))
    out = np.zeros(region.shape, dtype=bool)
    out[tuple(start.astype(int))] = True
    if len(deep) > 2:
        along = np.linalg.svd(deep - deep.mean(axis=0), full_matrices=False)[2][0]
        for direction in (along, -along):
            for step in range(1, int(longest_mm / 2 / pixel_mm) + 1):
                place = tuple(np.rint(start + step * direction).astype(int))
                inside = all(0 <= at < size for at, size in zip(place, region.shape, strict=True))
                if not inside or not region[place] or depth[place] < 0.35 * depth.max():
                    break
                out[place] = True
    return (binary_dilation(out) & region) if depth.max() >= 3 else out


def first_scribbles(truth: Mask, *, pixel_mm: float) -> NDArray[np.uint8]:
    """One stroke inside (1) and a rough loop outside (2)."""
    out = np.zeros(truth.shape, dtype=np.uint8)
    outside = distance_transform_edt(~truth) * pixel_mm
    out[(outside > LOOP_MM[0]) & (outside < LOOP_MM[1])] = 2
    out[stroke(truth, pixel_mm=pixel_mm, longest_mm=FIRST_STROKE_MM)] = 1
    return out


def correct(scribbles: NDArray[np.uint8], found: Mask, truth: Mask, *, pixel_mm: float) -> bool:
    """Add a stroke in the largest wrong part; False when nothing is wrong."""
    parts, n_parts = label(found ^ truth)
    if not n_parts:
        return False
    largest = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    drawn = stroke(largest, pixel_mm=pixel_mm, longest_mm=CORRECTION_MM)
    scribbles[drawn] = np.where(truth[drawn], 1, 2)
    return True
