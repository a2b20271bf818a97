"""A look at labels before they mean anything: one pass over the voxels gives counts and where each value lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box, FarSource, Scratch, asked_ahead, blocks_of, boxes_of, brief_reader
from ..domain.errors import UnknownLabel
from ..domain.grid import Grid
from ..domain.index_map import basic_box
from ..domain.volume import Volume
from .namings import Meaning

LARGEST_VALUE = 65535
"""Labels are kept as unsigned 16-bit integers."""

_WHOLE_WITHIN = 1e-4
_SHOWN = 8


@dataclass(frozen=True)
class LabelVoxels:
    """Stored labels of any number type, seen as unsigned 16-bit integers while they are read.

    Parameters
    ----------
    source : BlockSource
        The labels as stored.
    scale : tuple of float
        ``(slope, intercept)`` that turns stored numbers into label values.
    path : str
        Where they came from, for messages.
    """

    source: BlockSource
    scale: tuple[float, float] = (1.0, 0.0)
    path: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return self.source.shape

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Unsigned 16-bit."""
        return np.dtype(np.uint16)

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks as stored."""
        return self.source.block_shape

    def is_empty(self, box: Box) -> bool:
        """Whether the box is known to hold only background without reading it."""
        return self.scale[1] == 0 and self.source.is_empty(box)

    def read(self, box: Box) -> NDArray[np.uint16]:
        """Label values of one box.

        Raises
        ------
        UnknownLabel
            If a value is fractional, negative, not finite or beyond 65535.
        """
        return as_label_values(self.source.read(box), self.scale, path=self.path)

    def read_briefly(self, box: Box, scratch: Scratch) -> NDArray[Any]:
        """As `read`, to be used up before the scratch memory is handed in again; small labels stay 8 bits wide.

        Raises
        ------
        UnknownLabel
            As `read`.
        """
        stored = brief_reader(self.source)(box, scratch)
        if stored.dtype == np.uint8 and self.scale == (1.0, 0.0):
            return stored
        return as_label_values(stored, self.scale, path=self.path)

    @property
    def is_far(self) -> bool:
        """Whether what is stored lies far away."""
        return isinstance(self.source, FarSource) and self.source.is_far

    def expect(self, box: Box) -> None:
        """Ask for what a box needs."""
        if isinstance(self.source, FarSource):
            self.source.expect(box)

    def __getitem__(self, key: Any) -> Any:
        """Label values by basic indexing."""
        box, picked = basic_box(key, self.shape)
        return self.read(box)[picked]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self[...], dtype=dtype)


def label_voxels_of(volume: Volume) -> LabelVoxels:
    """The voxels of an opened volume as labels."""
    return LabelVoxels(blocks_of(volume.voxels), volume.voxel_scale, volume.source.path)


def as_label_values(stored: NDArray[Any], scale: tuple[float, float], *, path: str) -> NDArray[np.uint16]:
    """Stored numbers as label values.

    Raises
    ------
    UnknownLabel
        If a value is fractional, negative, not finite or beyond 65535; a few are listed.
    """
    if stored.dtype.kind == "b" or (stored.dtype.kind == "u" and stored.dtype.itemsize <= 2 and scale == (1.0, 0.0)):
        return stored.astype(np.uint16, copy=False)
    values = stored if scale == (1.0, 0.0) else stored.astype(np.float64) * scale[0] + scale[1]
    if values.dtype.kind == "f":
        whole = np.rint(values)
        with np.errstate(invalid="ignore"):
            wrong = ~(np.abs(values - whole) <= _WHOLE_WITHIN)
        _refuse(values, wrong, "whole numbers", path)
        values = whole
    _refuse(values, (values < 0) | (values > LARGEST_VALUE), f"label values from 0 to {LARGEST_VALUE}", path)
    return values.astype(np.uint16)


def _refuse(values: NDArray[Any], wrong: NDArray[np.bool_], expected: str, path: str) -> None:
    if wrong.any():
        found = np.unique(values[wrong])
        more = f" and {found.size - _SHOWN} more" if found.size > _SHOWN else ""
        raise UnknownLabel(
            f"Expected {expected}, found {', '.join(f'{v:g}' for v in found[:_SHOWN])}{more}, in {path}.",
            hint="This is no label map, or it was resampled with interpolation; use the map as the tool wrote it.",
        )


@dataclass(frozen=True)
class SliceTally:
    """Where each label value lies, slice by slice.

    Parameters
    ----------
    value, slice_index : ndarray of int
        One entry per value and slice on which it occurs, sorted.
    n_voxels : ndarray of int
        Voxels of the value on the slice.
    x_mm : ndarray of float
        Centroid of those voxels along the patient's left [mm, LPS].
    """

    value: NDArray[np.int64]
    slice_index: NDArray[np.int64]
    n_voxels: NDArray[np.int64]
    x_mm: NDArray[np.float64]

    def counts(self) -> dict[int, int]:
        """Voxels of every value, in ascending order of the values."""
        values, at = np.unique(self.value, return_inverse=True)
        totals = np.bincount(at, weights=self.n_voxels)
        return {int(v): int(n) for v, n in zip(values, totals, strict=True)}

    def slices_of(self, value: int) -> NDArray[np.int64]:
        """Slices on which a value occurs."""
        return np.asarray(self.slice_index[self.value == value])


@dataclass(frozen=True)
class LabelLook:
    """What was found in a label map before anything was named.

    Parameters
    ----------
    path : str
        File or folder.
    voxels : LabelVoxels or other source of blocks
        Labels as unsigned 16-bit integers, read lazily.
    grid : Grid
        Where they lie.
    tally : SliceTally
        Which value lies on which slice, how often and where.
    carried : mapping of int to Meaning
        What the file itself says of its values; a Meaning without structure is a name that is no muscle.
    carried_unknown : mapping of int to str
        Names in the file that could not be read, and why.
    carrier : str
        Naming word of what carried the names, e.g. ``"slicer"``; empty when none did.
    values_are_stored : bool
        Whether the values are those in the file, so that a table of another tool can name them.
    flags : tuple of str
        Flags of the volume.
    notes : tuple of str
        What was noticed on opening.
    """

    path: str
    voxels: Any
    grid: Grid
    tally: SliceTally
    carried: Mapping[int, Meaning] = field(default_factory=dict)
    carried_unknown: Mapping[int, str] = field(default_factory=dict)
    carrier: str = ""
    values_are_stored: bool = True
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[int, int]:
        """Voxels of every label value."""
        return self.tally.counts()


def tally_labels(labels: BlockSource, grid: Grid) -> SliceTally:
    """Count and centroid of every value on every slice, in one pass that skips blocks known to be empty.

    Parameters
    ----------
    labels : BlockSource
        Unsigned 16-bit label values of shape ``(n_slices, n_rows, n_columns)``.
    grid : Grid
        Where they lie.
    """
    pieces = [
        _tally_block(labels.read(box), box, grid)
        for box in asked_ahead(labels, boxes_of(labels.shape, labels.block_shape))
        if not labels.is_empty(box)
    ]
    found = np.concatenate(pieces, axis=1) if pieces else np.empty((4, 0))
    keys, at = np.unique(found[0] * labels.shape[0] + found[1], return_inverse=True)
    n_voxels, x_sums = (np.bincount(at, weights=row, minlength=keys.size) for row in found[2:])
    return SliceTally(
        value=(keys // labels.shape[0]).astype(np.int64),
        slice_index=(keys % labels.shape[0]).astype(np.int64),
        n_voxels=n_voxels.astype(np.int64),
        x_mm=x_sums / np.maximum(n_voxels, 1),
    )


def _tally_block(block: NDArray[np.uint16], box: Box, grid: Grid) -> NDArray[np.float64]:
    """Rows value, slice, voxels and summed x of one block; whole numbers are exact in double precision.

    Labels hardly change along a row, so runs of equal values are added up instead of voxels.
    """
    starts, lengths = _runs_along_rows(block)
    values = block.reshape(-1)[starts]
    labelled = values > 0
    starts, lengths, values = starts[labelled], lengths[labelled], values[labelled]
    slices, within = np.divmod(starts, block.shape[1] * block.shape[2])
    rows, columns = np.divmod(within, block.shape[2])
    found, ranks = np.unique(values, return_inverse=True)
    group = ranks * block.shape[0] + slices
    totals = np.bincount(group, weights=lengths)
    keys = np.flatnonzero(totals)
    along_x = grid.affine[0]
    slice_index = box[0].start + keys % block.shape[0]
    first = along_x[0] * slice_index + along_x[1] * box[1].start + along_x[2] * box[2].start + along_x[3]
    moment = along_x[1] * np.bincount(group, weights=rows * lengths)
    moment += along_x[2] * np.bincount(group, weights=lengths * columns + lengths * (lengths - 1) / 2)
    n_voxels = totals[keys]
    return np.stack([found[keys // block.shape[0]], slice_index, n_voxels, n_voxels * first + moment[keys]])


def _runs_along_rows(block: NDArray[np.uint16]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Flat index of the first voxel and number of voxels of every run of equal values within a row."""
    flat = block.reshape(-1)
    begins = np.empty(flat.size, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[:: block.shape[2]] = True
    starts = np.flatnonzero(begins)
    return starts, np.diff(starts, append=flat.size)
