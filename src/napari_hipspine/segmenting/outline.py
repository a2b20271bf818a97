"""Masks from outlines: polygons with movable vertices, and lines that follow edges between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..domain.errors import InvalidChoice

_LIVEWIRE_MARGIN_MM = 6.0
_STRAIGHTNESS = 0.35
_EDGE_WEIGHT = 30.0
_NOISE_MM = 1.0
_POINTS_PER_SIDE = 12
_BEND = 0.3


def outline_to_mask(vertices: ArrayLike, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels inside a closed outline.

    A pixel is inside when its centre is. Where the outline crosses itself, what is encircled at all is inside, so
    that a slip of the hand makes no hole. Parts outside the slice are cut off. An outline too small to hold a pixel
    centre marks the pixel in its middle, so that every accepted outline leaves a trace.

    Parameters
    ----------
    vertices : array_like, shape (n_vertices, 2)
        Row and column of every vertex, in order, pixel centres on whole numbers; the last is joined to the first.
    shape : tuple of int
        ``(n_rows, n_columns)``.

    Returns
    -------
    ndarray of bool, shape (n_rows, n_columns)

    Raises
    ------
    InvalidChoice
        If there are fewer than three vertices or a coordinate is not finite.
    """
    points = _checked(vertices)
    if len(points) < 3:
        raise InvalidChoice(
            f"Expected an outline of at least 3 vertices, found {len(points)}.", hint="Click more points."
        )
    mask = np.zeros(shape, dtype=bool)
    low = np.maximum(np.ceil(points.min(axis=0)), 0).astype(int)
    high = np.minimum(np.floor(points.max(axis=0)) + 1, shape).astype(int)
    if (low < high).all():
        window = (slice(low[0], high[0]), slice(low[1], high[1]))
        mask[window] = _turns(points - low, (int(high[0] - low[0]), int(high[1] - low[1]))) != 0
    if not mask.any():
        middle = np.floor(points.mean(axis=0) + 0.5).astype(int)
        if (middle >= 0).all() and (middle < shape).all():
            mask[tuple(middle)] = True
    return mask


def _turns(points: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.int32]:
    """How often the outline winds around every pixel centre; the sign is its direction."""
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    for (row, column), (next_row, next_column) in zip(points, np.roll(points, -1, axis=0), strict=True):
        # Half-open in rows: a vertex on a row of centres belongs to one of its two edges only.
        low, high = sorted((row, next_row))
        rows = np.arange(max(int(np.ceil(low)), 0), min(int(np.ceil(high)), shape[0]))
        if rows.size == 0:
            continue
        columns = column + (rows - row) * ((next_column - column) / (next_row - row))
        first = np.clip(np.ceil(columns), 0, shape[1]).astype(int)
        np.add.at(crossings, (rows, first), 1 if next_row > row else -1)
    turns: NDArray[np.int32] = np.cumsum(crossings, axis=1, dtype=np.int32)[:, :-1]
    return turns


def rounded_outline(vertices: ArrayLike) -> NDArray[np.float64]:
    """The outline with its sides bent outwards a little where it is convex, for `outline_to_mask`.

    Straight sides between few clicks cut off a slice of every bulge. Each side is moved a third of the way from the
    straight line to a smooth curve through the clicks (a centripetal Catmull-Rom spline), which on muscle outlines of
    8 clicks gives nearly the true area; the whole way would give too much.

    Parameters
    ----------
    vertices : array_like, shape (n_vertices, 2)
        Row and column of every click, in order.

    Returns
    -------
    ndarray, shape (n_points, 2)
        The clicks with points between them.

    Raises
    ------
    InvalidChoice
        If there are fewer than three vertices or a coordinate is not finite.

    References
    ----------
    Yuksel C et al. Parameterization and applications of Catmull-Rom curves. Computer-Aided Design 2011.
    doi:10.1016/j.cad.2010.08.008
    """
    points = _checked(vertices)
    if len(points) < 3:
        raise InvalidChoice(
            f"Expected an outline of at least 3 vertices, found {len(points)}.", hint="Click more points."
        )
    share = np.linspace(0, 1, _POINTS_PER_SIDE, endpoint=False)[:, np.newaxis]
    sides = []
    for index in range(len(points)):
        around = [points[(index + offset) % len(points)] for offset in (-1, 0, 1, 2)]
        straight = (1 - share) * around[1] + share * around[2]
        sides.append((1 - _BEND) * straight + _BEND * _smooth_side(around, share))
    return np.concatenate(sides)


def _smooth_side(around: list[NDArray[np.float64]], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of the curve between the second and the third of four clicks."""
    # Clicks on one place are told apart by a hair, so that nothing is divided by zero.
    steps = [max(float(np.linalg.norm(b - a)), 1e-6) ** 0.5 for a, b in pairwise(around)]
    knots = np.concatenate([[0.0], np.cumsum(steps)])
    at = knots[1] + share * (knots[2] - knots[1])

    def between(low: int, high: int, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        part = (at - knots[low]) / (knots[high] - knots[low])
        return np.asarray((1 - part) * start + part * end)

    lines = [between(i, i + 1, around[i], around[i + 1]) for i in range(3)]
    bends = [between(i, i + 2, lines[i], lines[i + 1]) for i in range(2)]
    return between(1, 2, bends[0], bends[1])


def livewire(
    image_slice: ArrayLike, anchors: ArrayLike, *, pixel_spacing_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """A closed line through the anchors that follows edges of the picture between them.

    In muscle with much fat a plain polygon through the same clicks is more accurate; this is for lean muscle with
    clear borders.

    Parameters
    ----------
    image_slice : array_like, shape (n_rows, n_columns)
        The picture.
    anchors : array_like, shape (n_anchors, 2)
        Row and column of every click; those outside are moved to the border of the slice.
    pixel_spacing_mm : tuple of float
        Distance between rows and between columns [mm].

    Returns
    -------
    ndarray, shape (n_vertices, 2)
        Vertices for `outline_to_mask`.

    Raises
    ------
    InvalidChoice
        If there are fewer than two anchors or a coordinate is not finite.
    """
    points = _checked(anchors)
    if len(points) < 2:
        raise InvalidChoice(f"Expected at least 2 anchors, found {len(points)}.", hint="Click more points.")
    cost = _edge_cost(np.asarray(image_slice, dtype=np.float64), pixel_spacing_mm)
    points = np.clip(np.rint(points), 0, np.array(cost.shape) - 1).astype(int)
    margin = np.ceil(_LIVEWIRE_MARGIN_MM / np.array(pixel_spacing_mm)).astype(int)
    pieces = [
        _cheapest_path(cost, start, end, margin) for start, end in zip(points, np.roll(points, -1, axis=0), strict=True)
    ]
    return np.concatenate(pieces).astype(np.float64)


def _edge_cost(image: NDArray[np.float64], spacing_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Cost of a step, low on edges."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(np.nan_to_num(image), [_NOISE_MM / step for step in spacing_mm])
    along_rows, along_columns = np.gradient(smooth, *spacing_mm)
    edge = np.hypot(along_rows, along_columns)
    strong = float(np.percentile(edge, 99))
    if strong > 0:
        edge = np.clip(edge / strong, 0, 1)
    return np.asarray(_STRAIGHTNESS + 1 / (1 + _EDGE_WEIGHT * edge**2))


def _cheapest_path(
    cost: NDArray[np.float64], start: NDArray[Any], end: NDArray[Any], margin: NDArray[Any]
) -> NDArray[np.int64]:
    """Pixels from one anchor to the next without the last."""
    from skimage.graph import route_through_array

    low = np.maximum(np.minimum(start, end) - margin, 0)
    high = np.maximum(start, end) + margin + 1
    window = cost[low[0] : high[0], low[1] : high[1]]
    path, _ = route_through_array(window, start - low, end - low, geometric=True)  # type: ignore[no-untyped-call]
    steps: NDArray[np.int64] = np.array(path, dtype=np.int64) + low
    return steps[:-1] if len(steps) > 1 else steps


def _checked(points: ArrayLike) -> NDArray[np.float64]:
    found = np.asarray(points, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != 2:
        raise InvalidChoice(f"Expected points as (row, column), found an array of shape {found.shape}.")
    if not np.isfinite(found).all():
        raise InvalidChoice("Expected finite coordinates, found others, in an outline.")
    return found
