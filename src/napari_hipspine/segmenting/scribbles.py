"""A region from a few strokes inside and outside: whoever gets there first by easy ground owns a pixel.

References
----------
Bai X, Sapiro G. Geodesic matting: a framework for fast interactive image and video segmentation and matting.
Int J Comput Vis 2009. doi:10.1007/s11263-008-0191-z
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..domain.errors import InvalidChoice
from .distances import PlaneBox, box_around

INSIDE = 1
OUTSIDE = 2

_MARGIN_MM = 25.0
_MARGIN_INSIDE_LOOP_MM = 6.0
_WORKING_PIXEL_MM = 0.8
_MOST_PIXELS = 30_000
_COIL_MM = 18.0
_TEXTURE_MM = 1.0
_FAT_STREAK_MM = 0.9
_EDGE_WEIGHT = 80.0
_GREY_WEIGHT = 0.5
_N_GREYS = 16
_OUTLINE_MM = 2.0
_LOOP_IS_NEAR = 1.4
"""Strokes outside race this much slower: a loop runs closer along the border than a stroke through the middle."""


def region_from_scribbles(
    image_slice: ArrayLike,
    scribbles: ArrayLike,
    *,
    pixel_spacing_mm: tuple[float, float],
    neighbours: ArrayLike | None = None,
    within: ArrayLike | None = None,
) -> NDArray[np.bool_]:
    """The region that strokes inside and outside a muscle mean.

    Strokes inside and outside race over the slice, slowly across edges and over greys that the other strokes cover;
    fat streaks inside a muscle are closed before the race. Parts that no stroke inside touches are dropped and holes
    without a stroke outside are filled.

    Parameters
    ----------
    image_slice : array_like, shape (n_rows, n_columns)
        The picture.
    scribbles : array_like of int, same shape
        0 unknown, 1 inside, 2 outside. Without strokes outside, the race is against a frame 25 mm around those inside.
    pixel_spacing_mm : tuple of float
        Distance between rows and between columns [mm].
    neighbours : array_like, optional
        Labels of other muscles, 0 elsewhere: they count as outside and are never taken.
    within : array_like of bool, optional
        Where the region may lie.

    Returns
    -------
    ndarray of bool, shape (n_rows, n_columns)

    Raises
    ------
    InvalidChoice
        If shapes differ, scribbles hold other values, or no stroke inside lies where the region may be.
    """
    image = np.nan_to_num(np.asarray(image_slice, dtype=np.float32), posinf=0.0, neginf=0.0)
    seeds, allowed = _checked(image, scribbles, neighbours, within)
    window = _window(seeds, pixel_spacing_mm)
    step = _working_step(seeds[window].shape, pixel_spacing_mm)
    spacing = (pixel_spacing_mm[0] * step, pixel_spacing_mm[1] * step)
    coarse_seeds = _coarse_seeds(seeds[window], step)
    picture = _coarse_mean(_flattened(image[window], pixel_spacing_mm), step)
    lead = _lead(picture, coarse_seeds, spacing, behind=_LOOP_IS_NEAR if (seeds[window] == OUTSIDE).any() else 1.0)
    won = _enlarged(lead, seeds[window].shape, step) > 0
    here = seeds[window]
    won = (won | (here == INSIDE)) & (here != OUTSIDE) & allowed[window]
    mask = np.zeros(image.shape, dtype=bool)
    mask[window] = _tidied(won, here) & allowed[window]
    return mask


def _checked(
    image: NDArray[np.float32], scribbles: ArrayLike, neighbours: ArrayLike | None, within: ArrayLike | None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Strokes with neighbours as outside, and where the region may lie."""
    strokes = np.asarray(scribbles)
    others = np.zeros(image.shape, dtype=bool) if neighbours is None else np.asarray(neighbours) != 0
    allowed = ~others if within is None else np.asarray(within, dtype=bool) & ~others
    if image.ndim != 2 or not image.shape == strokes.shape == others.shape == allowed.shape:
        raise InvalidChoice(
            f"Expected picture, scribbles and neighbours of one slice, found shapes {image.shape}, {strokes.shape} "
            f"and {allowed.shape}."
        )
    if not np.isin(strokes, (0, INSIDE, OUTSIDE)).all():
        raise InvalidChoice(
            f"Expected scribbles of 0 (unknown), 1 (inside) and 2 (outside), found {np.unique(strokes)[:8].tolist()}."
        )
    seeds = np.where(allowed | (strokes == OUTSIDE), strokes, 0).astype(np.uint8)
    seeds[others] = OUTSIDE
    if not (seeds == INSIDE).any():
        raise InvalidChoice(
            "Expected a stroke inside the muscle, found none where it may lie.",
            hint="Draw a stroke inside, away from other muscles.",
        )
    return seeds, allowed


def _window(seeds: NDArray[np.uint8], spacing_mm: tuple[float, float]) -> PlaneBox:
    """Where the race is run: around the strokes inside, and no further than a loop around them."""
    wide = box_around(seeds == INSIDE, spacing_mm=spacing_mm, margin_mm=_MARGIN_MM)
    part = seeds[wide] == OUTSIDE
    if not part.any():
        return wide
    near = box_around(seeds[wide] > 0, spacing_mm=spacing_mm, margin_mm=_MARGIN_INSIDE_LOOP_MM)
    rows, columns = (
        slice(whole.start + inner.start, whole.start + inner.stop) for whole, inner in zip(wide, near, strict=True)
    )
    return rows, columns


def _working_step(shape: tuple[int, ...], spacing_mm: tuple[float, float]) -> int:
    """Pixels taken together: detail below a millimetre says nothing of a muscle's border."""
    by_detail = round(_WORKING_PIXEL_MM / max(spacing_mm))
    by_time = int(np.ceil(np.sqrt(shape[0] * shape[1] / _MOST_PIXELS)))
    return max(1, by_detail, by_time)


def _flattened(image: NDArray[np.float32], spacing_mm: tuple[float, float]) -> NDArray[np.float32]:
    """Logarithm of the signal without the coil's brightness, from 0 to 1."""
    from scipy.ndimage import gaussian_filter, zoom

    bright = image - min(float(image.min()), 0.0)
    bright = np.log(bright + (0.05 * float(bright.mean()) or 1.0))
    # The coil's brightness is smooth enough to be found on every fourth pixel.
    few = bright[::4, ::4]
    slow = gaussian_filter(few, [_COIL_MM / 4 / step for step in spacing_mm], mode="nearest")
    factors = [whole / part for whole, part in zip(bright.shape, slow.shape, strict=True)]
    detail = bright - zoom(slow, factors, order=1, mode="nearest", grid_mode=True)
    low, high = np.percentile(detail, (1, 99))
    return np.asarray(np.clip((detail - low) / (high - low if high > low else 1.0), 0, 1), dtype=np.float32)


def _coarse_mean(image: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    padded = np.pad(image, [(0, -n % step) for n in image.shape], mode="edge")
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _coarse_seeds(seeds: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Strokes on blocks of pixels; a block that both kinds touch is left to the race."""
    padded = np.pad(seeds, [(0, -n % step) for n in seeds.shape])
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    inside, outside = ((blocks == kind).any(axis=(1, 3)) for kind in (INSIDE, OUTSIDE))
    coarse = np.where(inside & ~outside, INSIDE, np.where(outside & ~inside, OUTSIDE, 0)).astype(np.uint8)
    if not (coarse == INSIDE).any():
        coarse[inside] = INSIDE
    if not (coarse == OUTSIDE).any():
        frame = np.ones(coarse.shape, dtype=bool)
        frame[1:-1, 1:-1] = False
        coarse[frame & (coarse == 0)] = OUTSIDE
    return coarse


def _lead(
    picture: NDArray[np.float32], seeds: NDArray[np.uint8], spacing_mm: tuple[float, float], *, behind: float
) -> NDArray[np.float32]:
    """How far the inside is ahead of the outside at every pixel, from -1 to 1."""
    from scipy.ndimage import gaussian_filter

    smooth, closed = _without_streaks(picture, spacing_mm)
    edges = np.zeros(picture.shape)
    for channel in (smooth, closed):
        if min(channel.shape) > 1:
            edges += np.hypot(*np.gradient(channel, *spacing_mm))
    odds = _grey_odds((picture, smooth, closed), seeds)
    cost = 1 + _EDGE_WEIGHT * edges
    inside = _travel(cost * np.exp(-_GREY_WEIGHT * odds), seeds == INSIDE, spacing_mm)
    outside = behind * _travel(cost * np.exp(_GREY_WEIGHT * odds), seeds == OUTSIDE, spacing_mm)
    lead = (outside - inside) / (outside + inside + 1e-9)
    return np.asarray(gaussian_filter(lead, [_OUTLINE_MM / step for step in spacing_mm]), dtype=np.float32)


def _without_streaks(
    picture: NDArray[np.float32], spacing_mm: tuple[float, float]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The picture smoothed, and with narrow bright streaks closed."""
    from scipy.ndimage import gaussian_filter, minimum_filter

    smooth = gaussian_filter(picture, [_TEXTURE_MM / step for step in spacing_mm])
    width = [2 * int(_FAT_STREAK_MM / step) + 1 for step in spacing_mm]
    fine = gaussian_filter(picture, [0.6 / step for step in spacing_mm])
    return smooth, gaussian_filter(minimum_filter(fine, size=width), [0.8 / step for step in spacing_mm])


def _grey_odds(channels: tuple[NDArray[np.float32], ...], seeds: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How much rather inside than outside the grey of every pixel is, learned from the strokes; -2 to 2."""
    odds = np.zeros(seeds.shape)
    for channel in channels:
        grey = np.clip(channel * _N_GREYS, 0, _N_GREYS - 1).astype(np.intp)
        inside, outside = (_share_of_greys(grey[seeds == kind]) for kind in (INSIDE, OUTSIDE))
        odds += np.log(inside / outside)[grey]
    return np.clip(odds / len(channels), -2, 2)


def _share_of_greys(greys: NDArray[np.intp]) -> NDArray[np.float64]:
    counts = np.bincount(greys, minlength=_N_GREYS).astype(np.float64)
    bell = np.array([1.0, 4, 6, 8, 6, 4, 1]) / 30
    smooth = np.convolve(np.pad(counts, 3, mode="edge"), bell, mode="valid")
    return np.asarray(smooth / max(smooth.sum(), 1.0) + 0.02)


def _travel(cost: NDArray[Any], start: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Cheapest cost from the start to every pixel."""
    from skimage.graph import MCP_Geometric

    ground: Any = MCP_Geometric(cost, fully_connected=True, sampling=spacing_mm)
    return np.asarray(ground.find_costs(np.argwhere(start))[0])


def _enlarged(lead: NDArray[np.float32], shape: tuple[int, ...], step: int) -> NDArray[np.float32]:
    """The lead on single pixels, linear between the middles of the blocks."""
    if step == 1:
        return lead
    from scipy.ndimage import zoom

    fine = zoom(lead, step, order=1, mode="nearest", grid_mode=True)
    return np.asarray(fine[: shape[0], : shape[1]], dtype=np.float32)


def _tidied(won: NDArray[np.bool_], seeds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Parts touched by a stroke inside, with holes filled that hold no stroke outside."""
    from scipy.ndimage import label

    parts, _ = label(won)
    kept = np.isin(parts, np.unique(parts[won & (seeds == INSIDE)]))
    kept &= won
    holes, _ = label(~kept)
    rims = np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]])
    open_ones = np.unique(np.concatenate([rims, holes[seeds == OUTSIDE]]))
    return np.asarray(kept | ((holes > 0) & ~np.isin(holes, open_ones)))
