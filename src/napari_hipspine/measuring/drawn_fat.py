"""Macroscopic fat beside the muscles as the reader has drawn or accepted it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..domain.blocks import VoxelArray, blocks_of, boxes_of
from ..domain.errors import GridMismatch, InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.volume import Volume
from .fat_pixels import FatPixels, FatRegion
from .histograms import histogram_of_stored, pool_many
from .sampled_slices import SampledSlices
from .surroundings import Surroundings


def drawn_fat_region(
    image: Volume, label_map: LabelMap, roi: LabelMap | VoxelArray, *, distance_mm: float
) -> FatRegion:
    """Fat as the reader has drawn or accepted it: every pixel that is not 0.

    Parameters
    ----------
    image : Volume
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        Muscles, on the image's grid.
    roi : LabelMap or VoxelArray
        The drawing, on the image's grid.
    distance_mm : float
        How far from a muscle fat still counts as beside it [mm].

    Raises
    ------
    GridMismatch
        If the drawing is not on the image's grid.
    InvalidChoice
        If it holds no finite pixel.
    """
    drawn = _drawn_voxels(image, roi)
    source, seen = blocks_of(drawn), image.blocks()
    pixels, slices = FatPixels(label_map), set[int]()
    for box in boxes_of(source.shape, source.block_shape):
        if source.is_empty(box):
            continue
        inside = np.asarray(source.read(box)) != 0
        if inside.any():
            pixels.everywhere.append(histogram_of_stored(seen.read(box)[inside], image.voxel_scale))
            slices.update(int(z) + box[0].start for z in np.flatnonzero(inside.any(axis=(1, 2))))
    sample = SampledSlices(image, label_map, reach_mm=distance_mm)
    for group in sample.groups(sorted(slices)):
        for one in sample.complete(group):
            around = Surroundings.of(one, image, reach_mm=distance_mm)
            rows, columns = one.place
            part = source.read((slice(one.z, one.z + 1), _whole(rows), _whole(columns)))[0]
            inside = np.asarray(part)[:: rows.step or 1, :: columns.step or 1] != 0
            pixels.add_beside(around, inside & (around.distance <= distance_mm))
    everything = pool_many(pixels.everywhere)
    if not everything.n:
        raise InvalidChoice(
            "Expected a fat region with at least one finite pixel, found none.",
            hint="Draw it on fat beside the muscles, or leave it out to have one proposed.",
        )
    low, high = float(everything.values[0]), float(everything.values[-1])
    return pixels.region(low, high, tuple(sorted(slices)))


def _whole(part: slice) -> slice:
    return slice(part.start, part.stop)


def _drawn_voxels(image: Volume, roi: LabelMap | VoxelArray) -> Any:
    if isinstance(roi, LabelMap):
        if not roi.grid.same_as(image.grid):
            raise GridMismatch(
                f"Expected the fat region on the grid of the image, found {roi.grid.difference_from(image.grid)}."
            )
        return roi.labels
    if tuple(roi.shape) != image.grid.shape:
        raise GridMismatch(f"Expected a fat region of shape {image.grid.shape}, found {tuple(roi.shape)}.")
    return roi
