"""What lies beside the muscles of one slice, and which of it may be macroscopic fat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.protocol import MeasurementProtocol
from ..domain.volume import FatPolarity, Volume
from .sampled_slices import SampledSlice

TOUCHES_MM = 3.0
"""Fat lies beside a muscle when the patch it belongs to comes this near to one, or within two pixels [mm]."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class FatSearch:
    """How macroscopic fat is told from the rest.

    Parameters
    ----------
    lean : float
        Lean peak of all muscles.
    polarity : FatPolarity
        Whether fat is bright or dark.
    distance_mm : float
        How far from a muscle it may lie [mm].
    ratio : float
        Least factor between fat and lean muscle.
    """

    lean: float
    polarity: FatPolarity
    distance_mm: float
    ratio: float

    def is_candidate(self, signal: NDArray[np.float64]) -> Mask:
        """Pixels bright (or dark) enough to be fat."""
        if self.polarity is FatPolarity.DARK:
            return np.asarray(signal <= self.lean / self.ratio)
        return np.asarray(signal >= self.lean * self.ratio)


def search_for(lean: float, polarity: FatPolarity, protocol: MeasurementProtocol) -> FatSearch:
    """The search the protocol asks for."""
    return FatSearch(lean, polarity, protocol.fat_search_mm, protocol.fat_lean_ratio)


@dataclass(frozen=True)
class Surroundings:
    """One slice around its labels, all of shape ``(n_rows, n_columns)`` of the part that was cut out.

    Parameters
    ----------
    stored : ndarray
        Stored voxels.
    scale : tuple of float
        ``(slope, intercept)`` from stored values to signal.
    distance : ndarray of float64
        Distance to the nearest labelled pixel [mm].
    nearest : ndarray of unsigned int
        1 + number of the structure of that pixel.
    place : tuple of slice
        Rows and columns of the picture these are.
    reach_mm : float
        How far from a label fat may lie [mm].
    pixel_mm : float
        Larger distance between rows or columns [mm].
    """

    stored: NDArray[Any]
    scale: tuple[float, float]
    distance: NDArray[np.float64]
    nearest: NDArray[Any]
    place: tuple[slice, slice]
    reach_mm: float
    pixel_mm: float

    @classmethod
    def of(cls, one: SampledSlice, image: Volume, *, reach_mm: float) -> Surroundings:
        """The surroundings of the labels of one slice of an image."""
        from scipy.ndimage import distance_transform_edt

        row_mm, column_mm = image.grid.spacing_mm[1:]
        between = (row_mm * (one.place[0].step or 1), column_mm * (one.place[1].step or 1))
        distance, (rows, columns) = distance_transform_edt(one.numbers == 0, sampling=between, return_indices=True)
        nearest = one.numbers[rows, columns]
        return cls(one.stored, image.voxel_scale, distance, nearest, one.place, reach_mm, max(between))

    @cached_property
    def signal(self) -> NDArray[np.float64]:
        """Signal of every pixel."""
        return signal_of(self.stored, self.scale)

    def core(self, search: FatSearch) -> Mask:
        """Candidates without their rim, within reach, of patches that touch a muscle."""
        from scipy.ndimage import label

        candidate = search.is_candidate(self.signal) & np.isfinite(self.signal)
        candidate &= (self.distance > 0) & (self.distance <= self.reach_mm)
        patches, n = label(candidate)
        touching = np.zeros(n + 1, dtype=bool)
        touches_mm = max(TOUCHES_MM, 2 * self.pixel_mm)
        touching[patches[candidate & (self.distance <= touches_mm)]] = True
        touching[0] = False
        return _without_rim(touching[patches])

    def enclosed_core(self, search: FatSearch) -> Mask:
        """As `core`, without patches that reach the edge of what was cut out: air, or a blank background."""
        from scipy.ndimage import label

        patches, n = label(search.is_candidate(self.signal))
        reaching = np.zeros(n + 1, dtype=bool)
        for edge in (patches[0], patches[-1], patches[:, 0], patches[:, -1]):
            reaching[edge] = True
        reaching[0] = False
        return np.asarray(self.core(search) & ~reaching[patches])

    def on_picture(self, chosen: Mask, shape: tuple[int, int]) -> Mask:
        """A mask of these pixels as one of the whole picture; each fills the rows and columns it stands for."""
        mask = np.zeros(shape, dtype=bool)
        rows, columns = self.place
        each = (rows.step or 1, columns.step or 1)
        whole = np.repeat(np.repeat(chosen, each[0], axis=0), each[1], axis=1)
        target = mask[rows.start : rows.start + len(whole), columns.start : columns.start + whole.shape[1]]
        target[...] = whole[: target.shape[0], : target.shape[1]]
        return mask


def _without_rim(mask: Mask) -> Mask:
    """Pixels whose eight neighbours are in the mask too; none on the edge of the picture."""
    inner = np.zeros_like(mask)
    if min(mask.shape) > 2:
        across = mask[:, :-2] & mask[:, 1:-1] & mask[:, 2:]
        inner[1:-1, 1:-1] = across[:-2] & across[1:-1] & across[2:]
    return inner


def signal_of(stored: NDArray[Any], scale: tuple[float, float]) -> NDArray[np.float64]:
    """Stored voxels as signal."""
    slope, intercept = scale
    return np.asarray(stored, dtype=np.float64) * slope + intercept
