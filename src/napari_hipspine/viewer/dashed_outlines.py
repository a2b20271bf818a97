"""Labels as dashed outlines, made of a slice when it is looked at: what is proposed looks unlike what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

DASH_PIXELS, GAP_PIXELS = 5, 4
_WIDTH_PIXELS = 2

Plane = NDArray[np.uint16]


class DashedOutlines:
    """Labels of some slices, shown as dashed lines along the inside of their borders.

    Parameters
    ----------
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    """

    dtype = np.dtype(np.uint16)
    ndim = 3

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._labels: dict[int, Plane] = {}
        self._dashed: dict[int, Plane] = {}

    def show(self, labels: Mapping[int, Plane]) -> None:
        """Show these slices, by slice, and no others."""
        self._labels, self._dashed = dict(labels), {}

    def __getitem__(self, key: Any) -> Any:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, int | np.integer):
            return self._plane(int(first) % self.shape[0])[tuple(rest)]
        return self._whole()[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self._whole(), dtype=dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def _whole(self) -> Plane:
        out = np.zeros(self.shape, dtype=self.dtype)
        for index in self._labels:
            out[index] = self._plane(index)
        return out

    def _plane(self, index: int) -> Plane:
        if index not in self._labels:
            return np.zeros(self.shape[1:], dtype=self.dtype)
        if index not in self._dashed:
            self._dashed[index] = dashed(self._labels[index])
        return self._dashed[index]


def dashed(labels: Plane) -> Plane:
    """Dashes along the inside of the border of every label.

    Parameters
    ----------
    labels : ndarray of uint16, shape (n_rows, n_columns)
        Labels of one slice.
    """
    from scipy.ndimage import binary_dilation

    out = np.zeros_like(labels)
    for value in np.unique(labels[labels > 0]):
        inside = labels == value
        marks = np.zeros_like(inside)
        for row, column in _dash_pixels(inside):
            marks[row, column] = True
        out[binary_dilation(marks, iterations=_WIDTH_PIXELS - 1) & inside] = value
    return out


def _dash_pixels(inside: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pixels under the dashes; each border is closed by a whole number of them."""
    from skimage.measure import find_contours

    found = []
    for border in find_contours(np.pad(inside, 1).astype(np.float32), 0.5):  # type: ignore[no-untyped-call]
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(border, axis=0), axis=1))])
        n_dashes = max(round(along[-1] / (DASH_PIXELS + GAP_PIXELS)), 1)
        phase = along / max(along[-1], 1.0) * n_dashes % 1
        for row, column in border[phase < DASH_PIXELS / (DASH_PIXELS + GAP_PIXELS)] - 1:
            # A border lies between two pixels; the one inside is marked.
            low, high = (int(np.floor(row)), int(np.floor(column))), (int(np.ceil(row)), int(np.ceil(column)))
            found.append(next(place for place in (low, high) if _holds(inside, place)))
    return found


def _holds(inside: NDArray[np.bool_], place: tuple[int, int]) -> bool:
    return all(0 <= at < n for at, n in zip(place, inside.shape, strict=True)) and bool(inside[place])
