"""Labels that tell how far somebody has read them, so that writing them can be watched and cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box
from ..domain.subject import Progress


@dataclass(frozen=True)
class WatchedLabels:
    """Labels as they are, block by block.

    Parameters
    ----------
    labels : BlockSource
        What is read.
    progress : Progress
        Told the slice that is read, whatever the order; may stop it.
    doing : str
        What is being done, in words.
    """

    labels: Any
    progress: Progress
    doing: str

    ndim = 3
    dtype = np.dtype(np.uint16)

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        n_slices, n_rows, n_columns = self.labels.shape
        return (int(n_slices), int(n_rows), int(n_columns))

    @property
    def block_shape(self) -> tuple[int, int, int]:
        """Blocks as stored."""
        source: BlockSource = self.labels
        return source.block_shape

    def is_empty(self, box: Box) -> bool:
        """Whether a box is known to hold no label."""
        return bool(self.labels.is_empty(box))

    def read(self, box: Box) -> NDArray[Any]:
        """Labels of one box."""
        self._tell(box[0].start)
        return np.asarray(self.labels.read(box))

    def __getitem__(self, key: Any) -> NDArray[Any]:
        self._tell(0)
        return np.asarray(self.labels[key])

    def _tell(self, slice_index: int) -> None:
        self.progress(slice_index, self.shape[0], self.doing)
