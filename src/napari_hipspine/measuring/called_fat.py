"""Which pixels of a slice are called fat: what the counts count, as a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.volume import Contrast, FatPolarity, Volume, WaterFat
from .dixon import valid_fractions
from .erosion import read_eroded
from .fat_threshold import FatThresholds
from .surroundings import Mask
from .valid_range import in_range

Pixels = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns."""


def fat_scale(
    image: Volume | WaterFat,
    slice_index: int,
    protocol: MeasurementProtocol,
    *,
    per_unit: float = 1.0,
    pixels: Pixels | None = None,
) -> NDArray[np.float64]:
    """What thresholds are compared with on one slice: signal, or fat fraction; not a number where it is not valid.

    Parameters
    ----------
    image : Volume or WaterFat
        As it was measured, shape ``(n_slices, n_rows, n_columns)``.
    slice_index : int
        Which slice.
    protocol : MeasurementProtocol
        Its valid range.
    per_unit : float
        100 for a fat-fraction map in per cent.
    pixels : tuple of ndarray, optional
        Rows and columns of the pixels that are asked for, shape ``(n,)`` each; by default all.
    """
    if isinstance(image, WaterFat):
        water, fat = (_signal(volume, slice_index, pixels) for volume in (image.water, image.fat))
        fraction, valid = valid_fractions(water, fat, valid_low=protocol.valid_low, valid_high=protocol.valid_high)
        return np.where(valid, fraction, np.nan)
    signal = _signal(image, slice_index, pixels)
    valid = np.isfinite(signal) & in_range(signal, protocol.valid_low, protocol.valid_high)
    return np.where(valid, signal / per_unit, np.nan)


def measured_labels(label_map: LabelMap, slice_index: int, protocol: MeasurementProtocol) -> NDArray[Any]:
    """Labels of one slice that fat measures are taken from: without the rim that an erosion takes away."""
    if not protocol.erosion_mm:
        return np.asarray(label_map.labels[slice_index])
    _, n_rows, n_columns = label_map.grid.shape
    box: Box = (slice(slice_index, slice_index + 1), slice(0, n_rows), slice(0, n_columns))
    spacing = label_map.grid.spacing_mm
    return np.asarray(read_eroded(label_map.blocks(), box, erosion_mm=protocol.erosion_mm, spacing_mm=spacing)[0])


def called_fat(
    image: Volume | WaterFat, scale: NDArray[np.float64], labels: NDArray[Any], cuts: NDArray[np.float64]
) -> Mask:
    """Pixels of one slice that are called fat, shape ``(n_rows, n_columns)``.

    Parameters
    ----------
    image : Volume or WaterFat
        Says on which side of a threshold fat lies.
    scale : ndarray of float64
        From `fat_scale`.
    labels : ndarray of int
        From `measured_labels`.
    cuts : ndarray of float64
        From `cuts_by_value`.
    """
    known = np.where((labels >= 0) & (labels < len(cuts)), labels, 0)
    cut = cuts[known]
    if isinstance(image, WaterFat) or image.contrast is Contrast.FAT_FRACTION:
        return np.asarray(scale >= cut)
    return np.asarray(scale < cut if image.fat_polarity is FatPolarity.DARK else scale > cut)


def cuts_by_value(label_map: LabelMap, thresholds: FatThresholds) -> NDArray[np.float64]:
    """The threshold of every label value, not a number for those that are not measured."""
    cuts = np.full(max(label_map.structures, default=0) + 1, np.nan)
    for value, structure in label_map.structures.items():
        cuts[value] = thresholds.find(structure.muscle).threshold
    return cuts


def _signal(volume: Volume, slice_index: int, pixels: Pixels | None) -> NDArray[np.float64]:
    slope, intercept = volume.voxel_scale
    stored = np.asarray(volume.voxels[slice_index])
    return np.asarray(stored if pixels is None else stored[pixels], dtype=np.float64) * slope + intercept
