"""Labels as arrays: one to look at and measure, and one that can be painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box
from .journal_history import Chunk
from .label_store_chunks import CHUNK_SHAPE, ChunkSource, Labels, decode, overlaps, read_box
from .label_store_keys import PickedPoints, Shape, picked


class StoredLabels:
    """Labels that are read chunk by chunk; also hands over blocks, of which those never painted are known empty.

    Parameters
    ----------
    source : ChunkSource
        Where the chunks come from.
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    """

    dtype = np.dtype(np.uint16)
    ndim = 3
    chunks = CHUNK_SHAPE
    block_shape = CHUNK_SHAPE

    def __init__(self, source: ChunkSource, shape: Shape) -> None:
        self._source = source
        self.shape = shape

    def encoded(self, chunk: Chunk) -> bytes:
        """Bytes of a chunk; none for one that is all zero."""
        return self._source.encoded(chunk)

    def may_hold(self, slice_index: int) -> bool:
        """Whether a slice may hold a label."""
        return self._source.may_hold(slice_index)

    def is_empty(self, box: Box) -> bool:
        """Whether nothing in the box was ever painted, or all of it was erased; no chunk is unpacked."""
        slices = [index for index in range(box[0].start, box[0].stop) if self.may_hold(index)]
        painted = ((slice(index, index + 1), *box[1:]) for index in slices)
        return not any(self._source.encoded(one.chunk) for part in painted for one in overlaps(part))

    def read(self, box: Box) -> Labels:
        """Labels of one box."""
        return read_box(self._source, box)

    def __getitem__(self, key: Any) -> Any:
        """Labels by any index numpy takes, free to be changed; a change reaches the disk only when assigned."""
        chosen = picked(key, self.shape)
        if not isinstance(chosen, PickedPoints):
            return read_box(self._source, chosen.box)[chosen.inside]
        out = np.zeros(chosen.index.shape[1], dtype=np.uint16)
        for chunk, members in chosen.by_chunk():
            out[members] = decode(self._source.encoded(chunk), chunk)[chosen.within(members)]
        return out.reshape(chosen.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy calls it so
        return np.asarray(self[...], dtype=dtype)

    def __len__(self) -> int:
        return self.shape[0]


class PaintedLabels(StoredLabels):
    """Labels that are on the disk as soon as they are assigned.

    Parameters
    ----------
    source : ChunkSource
        Where the chunks come from.
    shape : tuple of int
        ``(n_slices, n_rows, n_columns)``.
    write : callable
        Takes an index and values.
    """

    def __init__(self, source: ChunkSource, shape: Shape, write: Callable[[Any, Any], None]) -> None:
        super().__init__(source, shape)
        self._write = write

    def __setitem__(self, key: Any, value: Any) -> None:
        """Paint; labels that are locked stay as they are.

        Raises
        ------
        IndexError, ValueError
            As numpy does for an index or values that do not fit.
        UnknownLabel
            For values that are no labels.
        LabelsReadOnly
            If somebody else is writing.
        LabelsNotKept
            If the disk does not take them; the step is then taken back.
        """
        self._write(key, value)
