"""An array that tells what was read of it."""

from __future__ import annotations

import numpy as np


class CountedArray:
    """An array that remembers which boxes were asked of it."""

    def __init__(self, array: np.ndarray, chunks: object = None) -> None:
        self.array, self.asked = array, []
        self.shape, self.dtype, self.ndim, self.chunks = array.shape, array.dtype, array.ndim, chunks

    def __getitem__(self, key: object) -> np.ndarray:
        self.asked.append(key)
        return self.array[key]
