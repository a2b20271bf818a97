"""How slow files are kept in a fast form between two sittings, whoever keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .blocks import VoxelArray
from .subject import Progress, stay_silent


class VolumeCache(Protocol):
    """Keeps voxels that were expensive to decode; handed to those who open files."""

    def find(self, key: str) -> VoxelArray | None:
        """Voxels kept under a key, or None."""

    def keep(
        self, key: str, shape: tuple[int, int, int], dtype: np.dtype[Any], slabs: Iterable[NDArray[Any]]
    ) -> VoxelArray:
        """Voxels written slab by slab along the slice axis, whole or not at all, and opened again."""


def progress_of(cache: VolumeCache | None) -> Progress:
    """Whom to tell how far the making of voxels is that are to be kept: who watches the cache, or nobody."""
    told: Progress = getattr(cache, "progress", stay_silent)
    return told
