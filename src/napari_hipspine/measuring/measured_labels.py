"""Which labels are measured, and labels in the form in which voxels are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.label_map import LabelMap

_DIRECT = (np.dtype(np.uint8), np.dtype(np.uint16))
"""Labels of these types are counted as they are stored; all others become numbers of structures first."""


def structures_of(label_map: LabelMap) -> tuple[Structure, ...]:
    """Structures of a label map in the order of their values."""
    return tuple(label_map.structures[value] for value in sorted(label_map.structures))


@dataclass(frozen=True)
class MeasuredLabels:
    """Which structure each label value stands for.

    Parameters
    ----------
    numbers : ndarray of uint16
        1 + number of the structure for every value labels can have once `prepared`, 0 for those not measured.
    stored : ndarray of uint16
        The same for the values as they are stored.
    """

    numbers: NDArray[np.uint16]
    stored: NDArray[np.uint16]

    @classmethod
    def of(cls, label_map: LabelMap, structures: tuple[Structure, ...]) -> MeasuredLabels:
        """Numbers in the order of the given structures."""
        place = {structure: number for number, structure in enumerate(structures, start=1)}
        stored = _table(label_map.structures, place)
        is_direct = np.dtype(label_map.labels.dtype).newbyteorder("=") in _DIRECT
        return cls(stored if is_direct else np.arange(2**16, dtype=np.uint16), stored)

    def prepared(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Labels as they are counted, in the machine's byte order and 8 or 16 bits wide."""
        if not labels.dtype.isnative:
            labels = labels.astype(labels.dtype.newbyteorder("="))
        return labels if labels.dtype in _DIRECT else structure_numbers(labels, self.stored)


def structure_numbers(labels: NDArray[Any], numbers: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """1 + number of the structure of every voxel, 0 where nothing is measured; values outside the table are 0."""
    if len(numbers) > np.iinfo(labels.dtype).max and labels.dtype.kind == "u":
        return np.asarray(numbers[labels])
    inside = (labels > 0) & (labels < len(numbers))
    return np.asarray(numbers[np.where(inside, labels, 0)])


def _table(structures: Mapping[int, Structure], place: Mapping[Structure, int]) -> NDArray[np.uint16]:
    """Numbers by label value, with an entry for every 16-bit label."""
    table = np.zeros(max(2**16, max(structures) + 1), dtype=np.uint16)
    for value, structure in structures.items():
        table[value] = place.get(structure, 0)
    return table
