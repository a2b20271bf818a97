"""Macroscopic fat beside the muscles: found on the slices where muscles are labelled, or drawn by the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import Box, blocks_of, boxes_of
from ..domain.errors import GridMismatch, InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.volume import FatPolarity, Volume
from .histograms import Histogram, histogram_of, pool_many
from .signal_peaks import find_peaks

_MOST_SLICES = 24
"""Fat is looked for on this many labelled slices, evenly spread, if there are more."""

_TOUCHES_MM = 3.0
"""Fat lies beside a muscle when the patch it belongs to comes this near to one [mm]."""

_RING_MM = 8.0
"""Bright and dark patches are counted up to this far for the polarity check [mm]."""

_PEAK_HEIGHT = 0.25
"""Fat is the brightest peak beside the muscles that is at least this high, as a share of the highest."""

_AROUND_PEAK = 0.25
"""Pixels this far from that peak, as a share of its signal, belong to the region."""

_LEAST_PIXELS = 30
"""Fewer pixels than this are no reference."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class FatRegion:
    """Macroscopic fat beside the muscles.

    Parameters
    ----------
    signal : float
        Median signal of its pixels; not a number if none was found.
    n_pixels : int
        Pixels in it.
    low, high : float
        Range of signals that belong to it.
    slices : tuple of int
        Slices on which it was looked for.
    n_bright, n_dark : int
        Homogeneous pixels near the muscles that are much brighter, and much darker, than lean muscle.
    """

    signal: float
    n_pixels: int
    low: float
    high: float
    slices: tuple[int, ...]
    n_bright: int = 0
    n_dark: int = 0

    @property
    def is_found(self) -> bool:
        """Whether there is a reference."""
        return self.n_pixels >= _LEAST_PIXELS


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


def find_fat_region(image: Volume, label_map: LabelMap, labelled: Sequence[int], search: FatSearch) -> FatRegion:
    """Fat beside the muscles, proposed without a reader.

    On each slice those patches of pixels that are bright enough (dark enough for dark fat) and touch a muscle are
    taken without their rim, up to the search distance. Of all slices together the brightest frequent signal is fat:
    marrow, kidney and bowel are darker or do not touch muscles, fluid is rarer.

    Parameters
    ----------
    image : Volume
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        Muscles, on the image's grid.
    labelled : sequence of int
        Slices that carry labels.
    search : FatSearch
        What counts as fat.
    """
    slices = _evenly_spread(labelled)
    parts: list[Histogram] = []
    n_bright = n_dark = 0
    for z in slices:
        around = _Surroundings.read(image, label_map, z, search.distance_mm)
        if around is None:
            continue
        parts.append(histogram_of(around.signal[around.core(search)]))
        bright, dark = (around.core(one) & (around.distance <= _RING_MM) for one in _both_ways(search))
        n_bright += int(bright.sum())
        n_dark += int(dark.sum())
    found = pool_many(parts)
    low, high = _range_of_fat(found, search.polarity)
    chosen = found.between(low, high)
    return FatRegion(chosen.quantile(0.5), chosen.n, low, high, slices, n_bright, n_dark)


def propose_fat_roi(
    image: Volume, label_map: LabelMap, slice_index: int, *, region: FatRegion, search: FatSearch
) -> Mask:
    """Pixels of the proposed fat on one slice, shape ``(n_rows, n_columns)``, for display and correction."""
    mask = np.zeros(image.grid.shape[1:], dtype=bool)
    around = _Surroundings.read(image, label_map, slice_index, search.distance_mm)
    if around is not None and region.is_found:
        in_range = (around.signal >= region.low) & (around.signal <= region.high)
        mask[around.box[1], around.box[2]] = around.core(search) & in_range
    return mask


def drawn_fat_region(image: Volume, roi: LabelMap | Any) -> FatRegion:
    """Fat as the reader has drawn or accepted it: every pixel that is not 0.

    Raises
    ------
    GridMismatch
        If the drawing is not on the image's grid.
    InvalidChoice
        If it holds no finite pixel.
    """
    if isinstance(roi, LabelMap):
        if not roi.grid.same_as(image.grid):
            raise GridMismatch(
                f"Expected the fat region on the grid of the image, found {roi.grid.difference_from(image.grid)}."
            )
        roi = roi.labels
    if tuple(roi.shape) != image.grid.shape:
        raise GridMismatch(f"Expected a fat region of shape {image.grid.shape}, found {tuple(roi.shape)}.")
    source, seen = blocks_of(roi), image.blocks()
    parts, slices = [], set[int]()
    for box in boxes_of(source.shape, source.block_shape):
        if source.is_empty(box):
            continue
        drawn = np.asarray(source.read(box)) != 0
        if drawn.any():
            parts.append(histogram_of(_signal(image, seen.read(box))[drawn]))
            slices.update(int(z) + box[0].start for z in np.flatnonzero(drawn.any(axis=(1, 2))))
    found = pool_many(parts)
    if not found.n:
        raise InvalidChoice(
            "Expected a fat region with at least one finite pixel, found none.",
            hint="Draw it on fat beside the muscles, or leave it out to have one proposed.",
        )
    return FatRegion(
        found.quantile(0.5), found.n, float(found.values[0]), float(found.values[-1]), tuple(sorted(slices))
    )


@dataclass(frozen=True)
class _Surroundings:
    """One slice around its labels: signal, distance to the nearest labelled pixel and where it was cut out."""

    signal: NDArray[np.float64]
    distance: NDArray[np.float64]
    box: Box
    reach_mm: float

    @staticmethod
    def read(image: Volume, label_map: LabelMap, z: int, reach_mm: float) -> _Surroundings | None:
        """The slice cut to what lies within reach of a label; None where there is none."""
        from scipy.ndimage import distance_transform_edt

        n_rows, n_columns = image.grid.shape[1:]
        whole = label_map.blocks().read((slice(z, z + 1), slice(0, n_rows), slice(0, n_columns)))[0]
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
        distance = distance_transform_edt(~labelled[cut[1], cut[2]], sampling=spacing)
        return _Surroundings(_signal(image, image.blocks().read(cut))[0], distance, cut, reach_mm)

    def core(self, search: FatSearch) -> Mask:
        """Candidates without their rim, within reach, of patches that touch a muscle."""
        from scipy.ndimage import binary_erosion, label

        candidate = search.is_candidate(self.signal) & np.isfinite(self.signal)
        candidate &= (self.distance > 0) & (self.distance <= self.reach_mm)
        patches, n = label(candidate)
        touching = np.zeros(n + 1, dtype=bool)
        touching[np.unique(patches[candidate & (self.distance <= _TOUCHES_MM)])] = True
        touching[0] = False
        return np.asarray(binary_erosion(touching[patches], np.ones((3, 3))))


def _range_of_fat(found: Histogram, polarity: FatPolarity) -> tuple[float, float]:
    peaks = [peak for peak in find_peaks(found) if peak.height >= _PEAK_HEIGHT]
    if not peaks:
        return float("nan"), float("nan")
    if polarity is FatPolarity.DARK:
        # Dark fat, air and compact bone lie side by side near zero; all of them are beyond any sensible threshold.
        return float(found.values[0]), float(found.values[-1])
    fat = peaks[-1].signal
    return fat * (1 - _AROUND_PEAK), fat * (1 + _AROUND_PEAK)


def _both_ways(search: FatSearch) -> tuple[FatSearch, FatSearch]:
    return tuple(  # type: ignore[return-value]
        FatSearch(search.lean, polarity, search.distance_mm, search.ratio)
        for polarity in (FatPolarity.BRIGHT, FatPolarity.DARK)
    )


def _signal(image: Volume, stored: NDArray[Any]) -> NDArray[np.float64]:
    slope, intercept = image.voxel_scale
    return np.asarray(stored, dtype=np.float64) * slope + intercept


def _evenly_spread(labelled: Sequence[int]) -> tuple[int, ...]:
    if len(labelled) <= _MOST_SLICES:
        return tuple(labelled)
    picked = np.linspace(0, len(labelled) - 1, _MOST_SLICES).round().astype(int)
    return tuple(int(labelled[k]) for k in picked)


def search_for(lean: float, polarity: FatPolarity, protocol: MeasurementProtocol) -> FatSearch:
    """The search the protocol asks for."""
    return FatSearch(lean, polarity, protocol.fat_search_mm, protocol.fat_lean_ratio)
