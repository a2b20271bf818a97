"""Labels of one side proposed on the other side of the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.errors import InvalidChoice, PackageMissing
from .carrying import warped_layers
from .distances import signed_distances
from .flows import Flow, dense_flow, joined, opencv_is_there, warped

_REACH_MM = 12.0
_BODY_MM = 2.0
_COIL_MM = 25.0
_SEARCHED = 0.2
"""How far from the middle of the picture the mirror line is looked for, as a share of the breadth."""

_LEAST_CONTRAST = 1e-6
_SCALES_MM = (2.0, 1.0)
_FARTHEST_MM = 8.0
_SMOOTH_MM = 3.0
_AGREE_MM = 2.0


def mirror_column(image: NDArray[Any], *, column_mm: float) -> float:
    """Column of the body's mirror line, where the picture is most like its reflection.

    Parameters
    ----------
    image : ndarray, shape (n_rows, n_columns) or (n_slices, n_rows, n_columns)
        The picture; columns run from side to side.
    column_mm : float
        Distance between columns [mm].

    Returns
    -------
    float
        In steps of half a column.

    Raises
    ------
    InvalidChoice
        If the picture has no contrast.
    """
    from scipy.ndimage import gaussian_filter1d

    seen = np.nan_to_num(np.asarray(image, dtype=np.float64))
    seen = seen.mean(axis=0) if seen.ndim == 3 else seen
    body = gaussian_filter1d(seen, _BODY_MM / column_mm, axis=1)
    body = body - gaussian_filter1d(body, _COIL_MM / column_mm, axis=1)
    n_columns = body.shape[1]
    likeness = {
        twice: _likeness_to_reflection(body, twice)
        for twice in range(int((1 - _SEARCHED) * n_columns), int((1 + _SEARCHED) * n_columns) + 1)
    }
    best = max(likeness, key=lambda twice: likeness[twice])
    if likeness[best] <= 0 or float(np.ptp(seen)) <= _LEAST_CONTRAST * float(np.abs(seen).max()):
        raise InvalidChoice(
            "Expected a picture whose two sides are alike, found none.", hint="Give the mirror line yourself."
        )
    return best / 2


def mirror(
    labels: NDArray[Any], pairs: Mapping[int, int], *, column: float, locked: tuple[int, ...] = ()
) -> NDArray[np.uint16]:
    """Labels with those of one side reflected onto the other.

    Parameters
    ----------
    labels : ndarray, shape (n_slices, n_rows, n_columns)
        Labels; columns run from side to side.
    pairs : mapping of int to int
        Label value on the drawn side: label value it gets on the other.
    column : float
        The mirror line, a multiple of one half.
    locked : tuple of int
        Label values that are not changed.

    Returns
    -------
    ndarray of uint16, same shape
        The values of the other side drawn anew where the drawn side shows them; a slice without labels of the drawn
        side stays as it is, and other labels are never painted over.

    Raises
    ------
    InvalidChoice
        If the mirror line is no multiple of one half, or a value would be mirrored onto itself.
    """
    _check_pairs(pairs, column)
    out: NDArray[np.uint16] = np.array(labels, dtype=np.uint16)
    for slice_labels in out:
        reflected = _reflected(slice_labels, column)
        proposed = np.zeros_like(slice_labels)
        for value, other in pairs.items():
            proposed[reflected == value] = other
        _propose(slice_labels, proposed, locked)
    return out


def mirror_adapted(
    image: NDArray[Any],
    labels: NDArray[Any],
    pairs: Mapping[int, int],
    *,
    column: float,
    spacing_mm: tuple[float, float, float],
    locked: tuple[int, ...] = (),
) -> NDArray[np.uint16]:
    """As `mirror`, then moved by at most 8 mm to where the picture of the other side has the muscle.

    Helps where fascia is visible; in muscle with much fat it can do harm, so it is shown before it is taken.

    Parameters
    ----------
    image : ndarray, shape (n_slices, n_rows, n_columns)
        The picture.
    labels, pairs, column, locked
        As for `mirror`.
    spacing_mm : tuple of float
        Distance between slices, rows and columns [mm].

    Raises
    ------
    PackageMissing
        If OpenCV is not installed.
    InvalidChoice
        As `mirror`.
    """
    _check_pairs(pairs, column)
    if not opencv_is_there():
        raise PackageMissing(
            "Expected OpenCV to adapt a reflection to the picture, found none.",
            hint="Install opencv-python-headless, or reflect without adapting.",
        )
    out: NDArray[np.uint16] = np.array(labels, dtype=np.uint16)
    values = tuple(pairs)
    plane_mm = (float(spacing_mm[1]), float(spacing_mm[2]))
    for picture, slice_labels in zip(image, out, strict=True):
        if not np.isin(slice_labels, values).any():
            continue
        flow = _adaptation(np.nan_to_num(np.asarray(picture, dtype=np.float32)), column, plane_mm)
        layers = signed_distances(_reflected(slice_labels, column), values, spacing_mm=plane_mm, reach_mm=_REACH_MM)
        moved = warped_layers(layers, flow)
        targets = np.array([pairs[value] for value in values], dtype=np.uint16)
        proposed = np.where(moved.max(axis=0) > 0, targets[moved.argmax(axis=0)], np.uint16(0))
        _propose(slice_labels, proposed, locked)
    return out


def _check_pairs(pairs: Mapping[int, int], column: float) -> None:
    if 2 * column != int(2 * column):
        raise InvalidChoice(f"Expected a mirror line on a column or half-way between two, found {column}.")
    onto_itself = [value for value, other in pairs.items() if other in pairs]
    if onto_itself or not pairs:
        raise InvalidChoice(
            f"Expected pairs of a drawn and another label value, found {dict(pairs)}.",
            hint="Mirror one side onto the other, not both at once.",
        )


def _likeness_to_reflection(body: NDArray[np.float64], twice: int) -> float:
    """Correlation of the picture with its reflection about half of ``twice``, where both are seen."""
    first, last = max(0, twice - body.shape[1] + 1), min(body.shape[1] - 1, twice)
    part = body[:, first : last + 1]
    size = float(np.sum(part * part))
    return float(np.sum(part * part[:, ::-1])) / size if size > 0 else 0.0


def _reflected(picture: NDArray[Any], column: float) -> NDArray[Any]:
    """A slice reflected about a column; what comes from outside the slice is 0."""
    out = np.zeros_like(picture)
    columns = np.arange(picture.shape[1])
    source = int(2 * column) - columns
    seen = (source >= 0) & (source < picture.shape[1])
    out[:, columns[seen]] = picture[:, source[seen]]
    return out


def _propose(labels: NDArray[np.uint16], proposed: NDArray[np.uint16], locked: tuple[int, ...]) -> None:
    """Draw what is proposed in place of earlier labels of the same values, around all others."""
    proposed = np.where(np.isin(proposed, locked), np.uint16(0), proposed)
    new = np.unique(proposed[proposed > 0])
    labels[np.isin(labels, new)] = 0
    free = (labels == 0) & (proposed > 0)
    labels[free] = proposed[free]


def _adaptation(picture: NDArray[np.float32], column: float, spacing_mm: tuple[float, float]) -> Flow:
    """Flow from the picture to its reflection, coarse to fine, held back where forth and back disagree."""
    grey = _as_grey(picture)
    other = _reflected(grey, column)
    flow = np.zeros((*grey.shape, 2), dtype=np.float32)
    for scale in _SCALES_MM:
        fixed, moving = (_smoothed(one, scale, spacing_mm) for one in (grey, warped(other, flow)))
        forth, back = dense_flow(fixed, moving), dense_flow(moving, fixed)
        astray = forth + warped(back, forth)
        trust = np.exp(-np.sum((astray * np.array(spacing_mm[::-1]) / _AGREE_MM) ** 2, axis=2)) + 1e-3
        weight = _smoothed(trust.astype(np.float32), _SMOOTH_MM, spacing_mm)
        step = _smoothed((forth * trust[..., np.newaxis]).astype(np.float32), _SMOOTH_MM, spacing_mm)
        flow = joined(flow, np.asarray(step / weight[..., np.newaxis], dtype=np.float32))
        far = np.linalg.norm(flow * np.array(spacing_mm[::-1]), axis=2)
        flow *= np.minimum(1, _FARTHEST_MM / np.maximum(far, 1e-6))[..., np.newaxis].astype(np.float32)
    return flow


def _as_grey(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey from 0 to 1, the darkest and the brightest hundredth cut off."""
    low, high = np.percentile(picture, (1, 99))
    return np.asarray(np.clip((picture - low) / max(high - low, 1e-6), 0, 1), dtype=np.float32)


def _smoothed(picture: NDArray[Any], width_mm: float, spacing_mm: tuple[float, float]) -> NDArray[Any]:
    import cv2

    return cv2.GaussianBlur(picture, (0, 0), sigmaX=width_mm / spacing_mm[1], sigmaY=width_mm / spacing_mm[0])
