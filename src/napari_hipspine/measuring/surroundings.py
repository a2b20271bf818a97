"""What lies beside the muscles of one slice, and which of it may be macroscopic fat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.volume import FatPolarity, Volume

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
    """One slice around its labels.

    Parameters
    ----------
    picture : ndarray of float64, shape (n_rows, n_columns)
        Signal of the whole slice.
    signal : ndarray of float64
        Signal of the part that was cut out.
    distance : ndarray of float64
        Distance to the nearest labelled pixel [mm].
    nearest : ndarray of int
        Label value of that pixel.
    box : Box
        Where it was cut out.
    reach_mm : float
        How far from a label fat may lie [mm].
    pixel_mm : float
        Larger side of a pixel [mm].
    """

    picture: NDArray[np.float64]
    signal: NDArray[np.float64]
    distance: NDArray[np.float64]
    nearest: NDArray[Any]
    box: Box
    reach_mm: float
    pixel_mm: float

    @classmethod
    def read(cls, image: Volume, label_map: LabelMap, z: int, reach_mm: float) -> Surroundings | None:
        """The slice cut to what lies within reach of a label; None where there is none."""
        from scipy.ndimage import distance_transform_edt

        n_rows, n_columns = image.grid.shape[1:]
        one_slice = (slice(z, z + 1), slice(0, n_rows), slice(0, n_columns))
        whole = label_map.blocks().read(one_slice)[0]
        labelled = np.isin(whole, list(label_map.structures))
        if not labelled.any():
            return None
        spacing = image.grid.spacing_mm[1:]
        box = [slice(z, z + 1)]
        for axis, (n, step) in enumerate(zip((n_rows, n_columns), spacing, strict=True)):
            where = np.flatnonzero(labelled.any(axis=1 - axis))
            margin = int(np.ceil(reach_mm / step)) + 1
            box.append(slice(max(0, int(where[0]) - margin), min(n, int(where[-1]) + margin + 1)))
        cut = (box[0], box[1], box[2])
        distance, (rows, columns) = distance_transform_edt(
            ~labelled[cut[1], cut[2]], sampling=spacing, return_indices=True
        )
        picture = signal_of(image, image.blocks().read(one_slice))[0]
        nearest = whole[cut[1], cut[2]][rows, columns]
        return Surroundings(picture, picture[cut[1], cut[2]], distance, nearest, cut, reach_mm, max(spacing))

    def core(self, search: FatSearch) -> Mask:
        """Candidates without their rim, within reach, of patches that touch a muscle."""
        from scipy.ndimage import binary_erosion, label

        candidate = search.is_candidate(self.signal) & np.isfinite(self.signal)
        candidate &= (self.distance > 0) & (self.distance <= self.reach_mm)
        patches, n = label(candidate)
        touching = np.zeros(n + 1, dtype=bool)
        touches_mm = max(TOUCHES_MM, 2 * self.pixel_mm)
        touching[np.unique(patches[candidate & (self.distance <= touches_mm)])] = True
        touching[0] = False
        return np.asarray(binary_erosion(touching[patches], np.ones((3, 3))))

    def enclosed_core(self, search: FatSearch) -> Mask:
        """As `core`, without patches that reach the edge of the picture: air, or a blank background."""
        from scipy.ndimage import label

        patches, _ = label(search.is_candidate(self.picture))
        edges = (patches[0], patches[-1], patches[:, 0], patches[:, -1])
        reaching = np.unique(np.concatenate(edges))
        is_enclosed = ~np.isin(patches, reaching[reaching > 0])
        return np.asarray(self.core(search) & is_enclosed[self.box[1], self.box[2]])


def signal_of(image: Volume, stored: NDArray[Any]) -> NDArray[np.float64]:
    """Stored voxels as signal."""
    slope, intercept = image.voxel_scale
    return np.asarray(stored, dtype=np.float64) * slope + intercept
