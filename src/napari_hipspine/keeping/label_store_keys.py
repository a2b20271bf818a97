"""What an index into labels picks: a box, single points, or a box with an index inside; and labels from values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box
from ..domain.errors import UnknownLabel
from ..domain.index_map import basic_box
from .journal_history import Chunk
from .label_store_chunks import CHUNK_SHAPE, Labels

_LARGEST = int(np.iinfo(np.uint16).max)

Shape = tuple[int, int, int]
"""``(n_slices, n_rows, n_columns)``."""


@dataclass(frozen=True)
class PickedBox:
    """A box, or what an index picks out of its smallest box.

    Parameters
    ----------
    box : tuple of slice
        The smallest box that holds everything.
    inside : tuple
        Index into that box.
    is_whole : bool
        Whether the index picks all of the box, in order, at most dropping axes of length one.
    """

    box: Box
    inside: tuple[Any, ...]
    is_whole: bool


@dataclass(frozen=True)
class PickedPoints:
    """Single voxels.

    Parameters
    ----------
    index : ndarray of int, shape (3, n)
        Slice, row and column of each.
    shape : tuple of int
        Shape of the result.
    """

    index: NDArray[np.intp]
    shape: tuple[int, ...]

    def by_chunk(self) -> Iterator[tuple[Chunk, NDArray[np.intp]]]:
        """Chunks and which of the points lie in each, in the order given."""
        if not self.index.shape[1]:
            return
        at = self.index // np.array(CHUNK_SHAPE)[:, None]
        order = np.lexsort((at[2], at[1], at[0]))
        at = at[:, order]
        cuts = np.flatnonzero((np.diff(at, axis=1) != 0).any(axis=0)) + 1
        for members in np.split(order, cuts):
            first = self.index[:, members[0]] // np.array(CHUNK_SHAPE)
            yield (int(first[0]), int(first[1]), int(first[2])), members

    def within(self, members: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of some points inside their chunk."""
        return self.index[1, members] % CHUNK_SHAPE[1], self.index[2, members] % CHUNK_SHAPE[2]


def picked(key: Any, shape: Shape) -> PickedBox | PickedPoints:
    """What an index picks.

    Parameters
    ----------
    key : int, slice, Ellipsis, array of int, boolean mask, or a tuple of these
        As numpy takes it; a mask spans as many axes as it has itself.
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.

    Raises
    ------
    IndexError
        As numpy does, and for new axes.
    """
    keys = _one_per_axis(key, shape)
    if not any(isinstance(one, np.ndarray) for one in keys):
        box, inside = basic_box(tuple(keys), shape)
        is_whole = all(not isinstance(one, slice) or one.step in (None, 1) for one in inside)
        return PickedBox(box, inside, is_whole)
    if not any(isinstance(one, slice) for one in keys):
        together = np.broadcast_arrays(*keys)
        return PickedPoints(np.array([one.ravel() for one in together], dtype=np.intp), together[0].shape)
    bounds = [_bounds(one, n) for one, n in zip(keys, shape, strict=True)]
    inside = tuple(_shifted(one, bound, n) for one, bound, n in zip(keys, bounds, shape, strict=True))
    return PickedBox((bounds[0], bounds[1], bounds[2]), inside, is_whole=False)


def as_labels(value: Any) -> Labels:
    """Values as labels.

    Raises
    ------
    UnknownLabel
        If they are no whole numbers from 0 to 65535; none is wrapped round or cut.
    """
    values = np.asarray(value)
    if values.dtype.kind not in "biu" and values.size:
        raise UnknownLabel(f"Expected whole numbers as labels, found {values.dtype}.")
    is_wide = values.dtype.kind in "iu" and values.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16))
    if is_wide and values.size and not 0 <= int(values.min()) <= int(values.max()) <= _LARGEST:
        raise UnknownLabel(f"Expected labels from 0 to {_LARGEST}, found {values.min()} to {values.max()}.")
    return np.asarray(values, dtype=np.uint16)


def spread_over(values: Labels, chosen: PickedBox | PickedPoints) -> Labels:
    """Values repeated as numpy does, without a copy: shape of the box, or one per point.

    Raises
    ------
    ValueError
        If they do not fit.
    """
    if isinstance(chosen, PickedPoints):
        return np.broadcast_to(_without_leading(values, len(chosen.shape)), chosen.shape).reshape(-1)
    sizes = [s.stop - s.start for s in chosen.box]
    stays = [isinstance(one, slice) for one in chosen.inside]
    seen = tuple(n for n, stay in zip(sizes, stays, strict=True) if stay)
    spread = np.broadcast_to(_without_leading(values, len(seen)), seen)
    return spread[tuple(slice(None) if stay else np.newaxis for stay in stays)]


def _without_leading(values: Labels, n_axes: int) -> Labels:
    """Numpy lets an assigned array have more axes than its place, as long as the first ones are of length one."""
    while values.ndim > n_axes and values.shape[0] == 1:
        values = values[0]
    return values


def _one_per_axis(key: Any, shape: Shape) -> list[Any]:
    """One index per axis: ints and slices, or slices and arrays of whole numbers from 0 on."""
    given = [_plain(one) for one in (key if isinstance(key, tuple) else (key,))]
    n_spanned = sum(one.ndim if _is_mask(one) else 1 for one in given if one is not Ellipsis)
    if n_spanned > 3 or any(one is None for one in given):
        raise IndexError(f"Expected an index into 3 axes, found one into {n_spanned} or with a new axis.")
    at = next((i for i, one in enumerate(given) if one is Ellipsis), len(given))
    given[at : at + 1] = [slice(None)] * (3 - n_spanned)
    if any(one is Ellipsis for one in given):
        raise IndexError("Expected one ellipsis in an index, found several.")
    keys: list[Any] = []
    for one in given:
        sizes = shape[len(keys) :]
        if _is_mask(one):
            keys += _points_of_mask(one, sizes[: one.ndim])
        else:
            keys.append(_from_zero_on(one, sizes[0]) if isinstance(one, np.ndarray) else one)
    if not any(isinstance(one, np.ndarray) for one in keys):
        return keys
    # Beside an array a single number counts as an array too, as it does for numpy.
    return [
        one if isinstance(one, slice | np.ndarray) else _from_zero_on(np.asarray(one), n)
        for one, n in zip(keys, shape, strict=True)
    ]


def _plain(one: Any) -> Any:
    """Lists as arrays, arrays without an axis as numbers; masks stay masks."""
    if isinstance(one, list | np.ndarray | bool | np.bool_):
        array = np.asarray(one)
        return array if array.ndim or array.dtype == np.bool_ else array.item()
    return one


def _is_mask(one: Any) -> bool:
    return isinstance(one, np.ndarray) and one.dtype == np.bool_


def _points_of_mask(mask: NDArray[np.bool_], sizes: tuple[int, ...]) -> list[NDArray[np.intp]]:
    if mask.shape != sizes or not mask.ndim:
        raise IndexError(f"Expected a mask of the shape {sizes} of the labels, found {mask.shape}.")
    return list(np.nonzero(mask))


def _from_zero_on(index: NDArray[Any], n: int) -> NDArray[np.intp]:
    """Whole numbers with negative ones counted from the end."""
    if index.dtype.kind not in "iu" and index.size:
        raise IndexError(f"Expected whole numbers as an index, found {index.dtype}.")
    whole = index.astype(np.intp)
    if whole.size and not (-n <= whole.min() and whole.max() < n):
        raise IndexError(f"Expected an index within an axis of {n} voxels, found {whole.min()} to {whole.max()}.")
    return np.where(whole < 0, whole + n, whole)


def _bounds(one: Any, n: int) -> slice:
    """Smallest run of an axis that holds an index."""
    indices = np.array(range(*one.indices(n))) if isinstance(one, slice) else one
    return slice(int(indices.min()), int(indices.max()) + 1) if indices.size else slice(0, 0)


def _shifted(one: Any, bounds: slice, n: int) -> Any:
    """An index as seen from the beginning of its run."""
    if not isinstance(one, slice):
        return one - bounds.start
    indices = range(*one.indices(n))
    return slice(None, None, indices.step) if len(indices) else slice(0, 0)
