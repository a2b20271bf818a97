"""What a few slices say of a volume: contrast limits for the screen, found without reading it whole."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box, VoxelArray, blocks_of, boxes_of
from ..domain.volume import Contrast, Volume

_N_SLICES = 5
_MOST_PIXELS = 256
_MOST_BYTES = 96 * 2**20
"""Of large blocks no more than these are unpacked for a look [bytes]."""

_GOLDEN = (5**0.5 - 1) / 2
_AIR_SHARE = 0.06
"""Signal below this share of the brightest is air or empty frame, and has no say in the limits."""

_DARKEST_TO_BRIGHTEST = (0.1, 99.8)
"""Percentiles beyond which a pixel is an artefact."""

FRACTION_LIMITS = (0.0, 1.0)
PERCENT_LIMITS = (0.0, 100.0)


def contrast_limits(volume: Volume) -> tuple[float, float]:
    """Darkest and brightest signal to draw, from percentiles of a few slices without the air around the body.

    Fat-fraction maps are drawn from 0 to 1, or from 0 to 100 where their values say so; their background divides by
    nearly zero and must not set the limits.
    """
    signal = few_signals(volume)
    if volume.contrast is Contrast.FAT_FRACTION:
        inside = signal[(signal > 0) & (signal <= PERCENT_LIMITS[1])]
        return PERCENT_LIMITS if inside.size and np.median(inside) > FRACTION_LIMITS[1] else FRACTION_LIMITS
    if signal.size == 0 or signal.min() == signal.max():
        start = float(signal[0]) if signal.size else 0.0
        return start, start + 1.0
    return _body_limits(signal)


def few_signals(volume: Volume) -> NDArray[np.float64]:
    """Signals of a few slices, air and frame among them, from the coarsest copy there is."""
    coarsest = volume.resolution_steps[-1] if volume.resolution_steps else volume.voxels
    slope, intercept = volume.voxel_scale
    signal = _few_pixels(coarsest).astype(np.float64) * slope + intercept
    return np.asarray(signal[np.isfinite(signal)], dtype=np.float64)


def without_air(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signals that are no air around the body."""
    if signal.size == 0:
        return signal
    low, high = np.percentile(signal, _DARKEST_TO_BRIGHTEST)
    return np.asarray(signal[signal > low + _AIR_SHARE * (high - low)], dtype=np.float64)


def _body_limits(signal: NDArray[np.float64]) -> tuple[float, float]:
    darkest = float(np.percentile(signal, _DARKEST_TO_BRIGHTEST[0]))
    body = without_air(signal)
    if body.size == 0:
        return float(signal.min()), float(signal.max())
    low, high = np.percentile(body, [1, 99.5])
    low = min(0.0, float(low)) if darkest >= 0 else darkest
    return (low, float(high)) if high > low else (low, low + 1.0)


def _few_pixels(voxels: VoxelArray) -> NDArray[Any]:
    """Pixels of a few slices spread over the volume, thinned in plane, and of no more blocks than are read quickly."""
    source = blocks_of(voxels)
    n_slices, n_rows, n_columns = source.shape
    inner = np.linspace(0, n_slices - 1, min(_N_SLICES, n_slices) + 2)[1:-1]
    step = max(1, max(n_rows, n_columns) // _MOST_PIXELS)
    wanted = sorted({round(i) for i in inner})
    tiles = list(boxes_of((1, n_rows, n_columns), (1, *source.block_shape[1:])))
    n_per_slice = max(1, _most_blocks(source) // len(wanted))
    found = []
    for number, index in enumerate(wanted):
        for _, rows, columns in tiles if len(tiles) <= n_per_slice else _spread(tiles, n_per_slice, number):
            found.append(source.read((slice(index, index + 1), rows, columns))[0, ::step, ::step].ravel())
    return np.concatenate(found)


def _most_blocks(source: BlockSource) -> int:
    return _MOST_BYTES // max(
        1,
        prod(min(n, size) for n, size in zip(source.block_shape, source.shape, strict=True))
        * np.dtype(source.dtype).itemsize,
    )


def _spread(tiles: Sequence[Box], n_wanted: int, number: int) -> list[Box]:
    """So many tiles at places that look evenly spread in both directions, others on every slice."""
    at = (np.arange(n_wanted) + number * n_wanted) * _GOLDEN % 1.0
    return [tiles[index] for index in sorted({int(share * len(tiles)) for share in at})]
