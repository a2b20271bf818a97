"""The voxels of a label map with everything left out that stands for no structure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box
from ..domain.errors import InvalidChoice

_LARGEST_VALUE = 65535


@dataclass(frozen=True)
class NamedVoxels:
    """Labels as unsigned 16-bit integers, values without a meaning as background.

    Parameters
    ----------
    source : BlockSource
        Labels of any integer type.
    values : frozenset of int
        Values that stand for a structure.

    Raises
    ------
    InvalidChoice
        If a value does not fit 16 bits.
    """

    source: BlockSource
    values: frozenset[int]

    def __post_init__(self) -> None:
        if max(self.values) > _LARGEST_VALUE:
            raise InvalidChoice(f"Expected label values up to {_LARGEST_VALUE}, found {max(self.values)}.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return self.source.shape

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
        return self.source.is_empty(box)

    def read(self, box: Box) -> NDArray[np.uint16]:
        """Labels of one box."""
        stored = self.source.read(box)
        kept = np.isin(stored, list(self.values))
        return np.where(kept, stored, 0).astype(np.uint16)


def slabs_of(source: BlockSource, n_slices: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """First index and voxels of runs of whole slices.

    Parameters
    ----------
    source : BlockSource
        What is walked.
    n_slices : int
        Slices of one run.
    """
    total, n_rows, n_columns = source.shape
    for start in range(0, total, n_slices):
        box = (slice(start, min(start + n_slices, total)), slice(0, n_rows), slice(0, n_columns))
        yield start, source.read(box)
