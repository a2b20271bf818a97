"""A few slices kept whole, or every n-th pixel of them, while all slices are counted: fat is looked for on these."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box, FarSource, boxes_of
from ..domain.label_map import LabelMap
from ..domain.volume import Volume
from .measured_labels import MeasuredLabels, structures_of

MOST_SLICES = 24
"""So many labelled slices are looked at, if there are more."""

LEAST_SLICES = 8
"""So many of a large volume."""

_SAMPLED_VOXELS = 2**27
"""Up to this many voxels the full number of slices is looked at; the larger the volume, the fewer slices."""

_WHOLE_PIXELS = 2**18
"""Slices of four times as many pixels and more are looked at on every n-th row and column."""

_COARSEST_MM = 1.2
"""Those rows and columns lie no farther apart than this [mm], unless there are still too many pixels."""

_AHEAD_BYTES = 6 * 2**20
"""The smaller slices are, the more of those that may not be needed are kept in passing [bytes]."""

_MOST_ASKED = 2**13
"""Up to this many blocks of labels the store is asked which were never written."""

_MOST_PIXELS = 2**19
"""Of no slice more pixels than this are kept."""


@dataclass(frozen=True)
class SampledSlice:
    """One slice around its labels, on every n-th row and column.

    Parameters
    ----------
    z : int
        Index of the slice.
    stored : ndarray
        Stored voxels around the labels.
    numbers : ndarray of unsigned int
        1 + number of the structure of every pixel, 0 where nothing is measured.
    place : tuple of slice
        Rows and columns of the picture these are, every ``step``-th.
    """

    z: int
    stored: NDArray[Any]
    numbers: NDArray[Any]
    place: tuple[slice, slice]


@dataclass
class _Plane:
    """What has come in of one slice, on every n-th row and column."""

    numbers: NDArray[Any]
    stored: NDArray[Any]
    filled: set[tuple[int, int]] = field(default_factory=set)
    """First row and column of the blocks of the image that have come in."""


class RunPlanes:
    """What comes in of the wanted slices of one run."""

    def __init__(
        self, wanted: list[int], step: int, shape: tuple[int, int], dtypes: tuple[np.dtype[Any], np.dtype[Any]]
    ) -> None:
        self.wanted = wanted
        self._step = step
        self._shape = tuple(-(-n // step) for n in shape)
        self._numbers, self._dtype = dtypes
        self.by_slice: dict[int, _Plane] = {}

    def take_labels(self, place: Box, labels: NDArray[Any], numbers: NDArray[np.uint16]) -> None:
        """Labels of one box."""
        coarse, picked = self._coarse(place)
        for z in self._in(place):
            self._plane(z).numbers[coarse] = numbers[labels[z - place[0].start][picked]]

    def take_image(self, place: Box, stored: NDArray[Any]) -> None:
        """Stored voxels of one block."""
        coarse, picked = self._coarse(place)
        for z in self._in(place):
            plane = self._plane(z)
            plane.stored[coarse] = stored[z - place[0].start][picked]
            plane.filled.add((place[1].start, place[2].start))

    def _in(self, place: Box) -> list[int]:
        return [z for z in self.wanted if place[0].start <= z < place[0].stop]

    def _plane(self, z: int) -> _Plane:
        if z not in self.by_slice:
            self.by_slice[z] = _Plane(np.zeros(self._shape, self._numbers), np.zeros(self._shape, self._dtype))
        return self.by_slice[z]

    def _coarse(self, place: Box) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Where a box lies among every n-th row and column, and which of its own rows and columns those are."""
        step = self._step
        coarse = tuple(slice(-(-part.start // step), -(-part.stop // step)) for part in place[1:])
        picked = tuple(slice(-part.start % step, None, step) for part in place[1:])
        return coarse, picked


class SampledSlices:
    """Chooses slices by their place in the volume and their labels alone, whichever way the volume is walked.

    The first labelled slices in an order that spreads evenly over the volume are kept; blocks beside their labels,
    which the count has no use for, are read at the end.

    Parameters
    ----------
    image : Volume
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        On the image's grid.
    reach_mm : float
        How much is kept around the labels [mm].
    """

    def __init__(self, image: Volume, label_map: LabelMap, *, reach_mm: float) -> None:
        self._image = image.blocks()
        self._labels = label_map.blocks()
        self._measured = MeasuredLabels.of(label_map, structures_of(label_map))
        self._n_structures = len(label_map.structures)
        self._spacing = image.grid.spacing_mm[1:]
        self._shape = image.grid.shape
        self._reach_mm = reach_mm
        self._rank = _spread_order(self._shape[0])
        n_voxels = int(np.prod(self._shape, dtype=np.int64))
        self.most = int(np.clip(MOST_SLICES * _SAMPLED_VOXELS // n_voxels, LEAST_SLICES, MOST_SLICES))
        self.step = _pixel_step(self._shape[1:], self._spacing)
        self._lock = threading.Lock()
        self._kept: dict[int, _Plane] = {}
        n_bytes = (np.dtype(self._image.dtype).itemsize + 1) * int(np.prod(self._shape[1:])) // self.step**2
        self._horizon = self._first_horizon(self.most * int(np.clip(_AHEAD_BYTES // n_bytes, 4, 8)))

    def _first_horizon(self, usual: int) -> int:
        """Rank up to which slices are kept in passing; farther where many are known to hold no label."""
        may_be = np.ones(self._shape[0], dtype=bool)
        n_blocks = int(np.prod([-(-n // b) for n, b in zip(self._shape, self._labels.block_shape, strict=True)]))
        is_far = isinstance(self._labels, FarSource) and self._labels.is_far
        if n_blocks <= _MOST_ASKED and not is_far:
            for run, rows, columns in boxes_of(self._shape, (self._labels.block_shape[0], *self._shape[1:])):
                may_be[run] = not self._labels.is_empty((run, rows, columns))
        ranks = np.sort(self._rank[may_be])
        if may_be.all() or not len(ranks):
            return usual
        return max(usual, int(ranks[: 2 * self.most][-1]) + 1)

    def planes_of(self, run: slice) -> RunPlanes | None:
        """Room for the slices of a run that may be among the chosen; None if there are none."""
        with self._lock:
            limit = self._horizon
            if len(self._kept) >= self.most:
                limit = min(limit, sorted(int(self._rank[z]) for z in self._kept)[self.most - 1])
        wanted = [z for z in range(run.start, run.stop) if self._rank[z] < limit]
        if not wanted:
            return None
        return self._room_for(wanted)

    def offer(self, planes: RunPlanes) -> None:
        """Keep what has come in of the labelled slices among the wanted."""
        labelled = {z: plane for z, plane in planes.by_slice.items() if plane.numbers.any()}
        with self._lock:
            self._horizon += len(planes.wanted) - len(labelled)
            self._kept.update(labelled)
            for z in sorted(self._kept, key=lambda z: int(self._rank[z]))[self.most :]:
                del self._kept[z]

    def chosen(self, labelled: Sequence[int]) -> tuple[int, ...]:
        """Those of the labelled slices that are looked at, in ascending order."""
        return tuple(sorted(sorted(labelled, key=lambda z: int(self._rank[z]))[: self.most]))

    def groups(self, slices: Sequence[int]) -> list[list[int]]:
        """Slices by the run of image blocks they lie in: each group is read together."""
        depth = self._image.block_shape[0]
        return [list(group) for _, group in groupby(sorted(slices), key=lambda z: z // depth)]

    def complete(self, slices: list[int]) -> list[SampledSlice]:
        """Slices of one group around their labels; those without a label are left out."""
        planes = self._room_for(slices)
        for z in slices:
            if z in self._kept:
                planes.by_slice[z] = self._kept[z]
        self._read_labels([z for z in slices if z not in self._kept], planes)
        boxes = {z: self._around_labels(plane) for z, plane in planes.by_slice.items() if plane.numbers.any()}
        self._read_rest(boxes, planes)
        return [self._cut(z, planes.by_slice[z], box) for z, box in sorted(boxes.items())]

    def _room_for(self, slices: list[int]) -> RunPlanes:
        dtypes = np.min_scalar_type(self._n_structures), np.dtype(self._image.dtype).newbyteorder("=")
        return RunPlanes(slices, self.step, self._shape[1:], dtypes)

    def _read_labels(self, slices: list[int], planes: RunPlanes) -> None:
        if not slices:
            return
        anew = self._room_for(slices)
        run = slice(min(slices), max(slices) + 1)
        for box in boxes_of((1, *self._shape[1:]), (1, *self._labels.block_shape[1:])):
            place = (run, box[1], box[2])
            if not self._labels.is_empty(place):
                anew.take_labels(place, self._measured.prepared(self._labels.read(place)), self._measured.numbers)
        planes.by_slice.update(anew.by_slice)

    def _read_rest(self, boxes: dict[int, tuple[slice, slice]], planes: RunPlanes) -> None:
        """Read the blocks around the labels that have not come in yet."""
        for box in boxes_of((1, *self._shape[1:]), (1, *self._image.block_shape[1:])):
            key = (box[1].start, box[2].start)
            lacking = [
                z
                for z, around in boxes.items()
                if key not in planes.by_slice[z].filled and _overlap(box[1], around[0]) and _overlap(box[2], around[1])
            ]
            if lacking:
                place = (slice(min(lacking), max(lacking) + 1), box[1], box[2])
                planes.take_image(place, self._image.read(place))

    def _around_labels(self, plane: _Plane) -> tuple[slice, slice]:
        """Rows and columns within reach of the labels, every n-th."""
        found = []
        for axis, (n, spacing) in enumerate(zip(plane.numbers.shape, self._spacing, strict=True)):
            where = np.flatnonzero(plane.numbers.any(axis=1 - axis))
            margin = int(np.ceil(self._reach_mm / (spacing * self.step))) + 1
            low, high = max(0, int(where[0]) - margin), min(n, int(where[-1]) + margin + 1)
            found.append(slice(low * self.step, (high - 1) * self.step + 1, self.step))
        return found[0], found[1]

    def _cut(self, z: int, plane: _Plane, place: tuple[slice, slice]) -> SampledSlice:
        rows, columns = (slice(s.start // self.step, (s.stop - 1) // self.step + 1) for s in place)
        return SampledSlice(z, plane.stored[rows, columns], plane.numbers[rows, columns], place)


def _overlap(one: slice, other: slice) -> bool:
    return bool(one.start < other.stop and other.start < one.stop)


def _spread_order(n_slices: int) -> NDArray[np.int64]:
    """Rank of every slice in an order whose beginnings spread evenly over the volume: bits are read backwards.

    References
    ----------
    van der Corput JG. Verteilungsfunktionen. Proc Akad Wet Amsterdam 1935;38:813-821.
    """
    n_bits = max(1, (n_slices - 1).bit_length())
    at = np.arange(n_slices)
    backwards = np.zeros(n_slices, dtype=np.int64)
    for bit in range(n_bits):
        backwards |= ((at >> bit) & 1) << (n_bits - 1 - bit)
    return np.argsort(np.argsort(backwards))


def _pixel_step(shape: tuple[int, int], spacing: tuple[float, float]) -> int:
    n_pixels = shape[0] * shape[1]
    wished = max(1, min(int(np.sqrt(n_pixels / _WHOLE_PIXELS)), int(_COARSEST_MM / max(spacing))))
    return max(wished, int(np.ceil(np.sqrt(n_pixels / _MOST_PIXELS))))
