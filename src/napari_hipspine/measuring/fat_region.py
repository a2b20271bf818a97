"""Macroscopic fat beside the muscles: found on the slices where muscles are labelled, or drawn by the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from ..domain.anatomy import Term
from ..domain.blocks import VoxelArray, blocks_of, boxes_of
from ..domain.errors import GridMismatch, InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.volume import FatPolarity, Volume
from .histograms import Histogram, histogram_of, pool_many
from .signal_peaks import find_peaks
from .surroundings import FatSearch, Mask, Surroundings, signal_of

_MOST_SLICES = 24
"""Fat is looked for on this many labelled slices, evenly spread, if there are more."""

_RING_MM = 8.0
"""Bright and dark patches are counted up to this far for the polarity check, or within four pixels [mm]."""

_PEAK_HEIGHT = 0.25
"""Fat is the brightest peak beside the muscles that is at least this high, as a share of the highest."""

_AROUND_PEAK = 0.25
"""Pixels this far from that peak, as a share of its signal, belong to the region."""

_LEAST_PIXELS = 30
"""Fewer pixels than this are no reference."""


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
        Homogeneous pixels near the muscles that are much brighter, and much darker, than lean muscle; dark ones that
        reach the edge of the picture are air and not counted.
    ring : float
        Median signal of all that lies near the muscles.
    beside : mapping of str to (float, int)
        Median signal and number of those of its pixels that are nearest to a muscle, by muscle id.
    """

    signal: float
    n_pixels: int
    low: float
    high: float
    slices: tuple[int, ...]
    n_bright: int = 0
    n_dark: int = 0
    ring: float = float("nan")
    beside: Mapping[str, tuple[float, int]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_found(self) -> bool:
        """Whether there is a reference."""
        return self.n_pixels >= _LEAST_PIXELS

    def signal_beside(self, muscle: Term, *, tolerance: float, min_pixels: int) -> float:
        """Signal of the fat nearest to one muscle, where it is enough and like that of all; else that of all.

        Near and far fat differ by the sensitivity of the coil, and so does the muscle beside them.
        """
        signal, n_pixels = self.beside.get(muscle.id, (float("nan"), 0))
        is_like_all = abs(signal - self.signal) <= tolerance * abs(self.signal)
        return signal if n_pixels >= min_pixels and is_like_all else self.signal


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
    pixels = _Pixels(label_map)
    n_bright = n_dark = 0
    rings: list[Histogram] = []
    for z in slices:
        around = Surroundings.read(image, label_map, z, search.distance_mm)
        if around is None:
            continue
        bright = around.core(replace(search, polarity=FatPolarity.BRIGHT))
        pixels.add(around, bright if search.polarity is FatPolarity.BRIGHT else around.core(search))
        near = around.distance <= max(_RING_MM, 4 * around.pixel_mm)
        rings.append(histogram_of(around.signal[near & (around.distance > 0)]))
        n_bright += int((bright & near).sum())
        n_dark += int((around.enclosed_core(replace(search, polarity=FatPolarity.DARK)) & near).sum())
    low, high = _range_of_fat(pool_many(pixels.everywhere), search.polarity)
    ring = pool_many(rings).quantile(0.5)
    return replace(pixels.region(low, high, slices), n_bright=n_bright, n_dark=n_dark, ring=ring)


def propose_fat_roi(
    image: Volume, label_map: LabelMap, slice_index: int, *, region: FatRegion, search: FatSearch
) -> Mask:
    """Pixels of the proposed fat on one slice, shape ``(n_rows, n_columns)``, for display and correction.

    Accepting it on the slices where it was looked for (``region.slices``) and nowhere else changes no threshold.
    """
    mask = np.zeros(image.grid.shape[1:], dtype=bool)
    around = Surroundings.read(image, label_map, slice_index, search.distance_mm)
    if around is not None and region.is_found:
        in_range = (around.signal >= region.low) & (around.signal <= region.high)
        mask[around.box[1], around.box[2]] = around.core(search) & in_range
    return mask


def drawn_fat_region(
    image: Volume, label_map: LabelMap, roi: LabelMap | VoxelArray, *, distance_mm: float
) -> FatRegion:
    """Fat as the reader has drawn or accepted it: every pixel that is not 0.

    Parameters
    ----------
    image : Volume
        Voxels of shape ``(n_slices, n_rows, n_columns)``.
    label_map : LabelMap
        Muscles, on the image's grid.
    roi : LabelMap or VoxelArray
        The drawing, on the image's grid.
    distance_mm : float
        How far from a muscle fat still counts as beside it [mm].

    Raises
    ------
    GridMismatch
        If the drawing is not on the image's grid.
    InvalidChoice
        If it holds no finite pixel.
    """
    drawn = _drawn_voxels(image, roi)
    source, seen = blocks_of(drawn), image.blocks()
    pixels, slices = _Pixels(label_map), set[int]()
    for box in boxes_of(source.shape, source.block_shape):
        if source.is_empty(box):
            continue
        inside = np.asarray(source.read(box)) != 0
        if inside.any():
            pixels.everywhere.append(histogram_of(signal_of(image, seen.read(box))[inside]))
            slices.update(int(z) + box[0].start for z in np.flatnonzero(inside.any(axis=(1, 2))))
    for z in sorted(slices):
        around = Surroundings.read(image, label_map, z, distance_mm)
        if around is not None:
            inside = np.asarray(source.read(around.box))[0] != 0
            pixels.add_beside(around, inside & (around.distance <= distance_mm))
    everything = pool_many(pixels.everywhere)
    if not everything.n:
        raise InvalidChoice(
            "Expected a fat region with at least one finite pixel, found none.",
            hint="Draw it on fat beside the muscles, or leave it out to have one proposed.",
        )
    low, high = float(everything.values[0]), float(everything.values[-1])
    return pixels.region(low, high, tuple(sorted(slices)))


class _Pixels:
    """Signals of fat pixels, all together and by the nearest muscle."""

    def __init__(self, label_map: LabelMap) -> None:
        self._muscles: dict[str, list[int]] = {}
        for value, structure in label_map.structures.items():
            self._muscles.setdefault(structure.muscle.id, []).append(value)
        self.everywhere: list[Histogram] = []
        self._beside: dict[str, list[Histogram]] = {muscle: [] for muscle in self._muscles}

    def add(self, around: Surroundings, chosen: Mask) -> None:
        """Chosen pixels of one slice."""
        self.everywhere.append(histogram_of(around.signal[chosen]))
        self.add_beside(around, chosen)

    def add_beside(self, around: Surroundings, chosen: Mask) -> None:
        """Chosen pixels of one slice, by the nearest muscle only."""
        signal, nearest = around.signal[chosen], around.nearest[chosen]
        for muscle, values in self._muscles.items():
            self._beside[muscle].append(histogram_of(signal[np.isin(nearest, values)]))

    def region(self, low: float, high: float, slices: tuple[int, ...]) -> FatRegion:
        """The region of the pixels with signals in a range."""
        whole = pool_many(self.everywhere).between(low, high)
        beside = {}
        for muscle, parts in self._beside.items():
            near = pool_many(parts).between(low, high)
            beside[muscle] = (near.quantile(0.5), near.n)
        return FatRegion(whole.quantile(0.5), whole.n, low, high, slices, beside=MappingProxyType(beside))


def _drawn_voxels(image: Volume, roi: LabelMap | VoxelArray) -> Any:
    if isinstance(roi, LabelMap):
        if not roi.grid.same_as(image.grid):
            raise GridMismatch(
                f"Expected the fat region on the grid of the image, found {roi.grid.difference_from(image.grid)}."
            )
        return roi.labels
    if tuple(roi.shape) != image.grid.shape:
        raise GridMismatch(f"Expected a fat region of shape {image.grid.shape}, found {tuple(roi.shape)}.")
    return roi


def _range_of_fat(found: Histogram, polarity: FatPolarity) -> tuple[float, float]:
    peaks = [peak for peak in find_peaks(found) if peak.height >= _PEAK_HEIGHT]
    if not peaks:
        return float("nan"), float("nan")
    if polarity is FatPolarity.DARK:
        # Dark fat, air and compact bone lie side by side near zero; all of them are beyond any sensible threshold.
        return float(found.values[0]), float(found.values[-1])
    fat = peaks[-1].signal
    return fat * (1 - _AROUND_PEAK), fat * (1 + _AROUND_PEAK)


def _evenly_spread(labelled: Sequence[int]) -> tuple[int, ...]:
    if len(labelled) <= _MOST_SLICES:
        return tuple(labelled)
    picked = np.linspace(0, len(labelled) - 1, _MOST_SLICES).round().astype(int)
    return tuple(int(labelled[k]) for k in picked)
