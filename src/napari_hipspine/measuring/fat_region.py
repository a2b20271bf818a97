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
from .histograms import Histogram, histogram_of_stored, pool_many
from .measured_labels import structures_of
from .sampled_slices import SampledSlice, SampledSlices
from .signal_peaks import find_peaks
from .surroundings import FatSearch, Mask, Surroundings
from .threads import work_on

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
    n_labelled : int
        Labelled pixels among those that were looked at.
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
    n_labelled: int = 0
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


def find_fat_region(
    image: Volume,
    label_map: LabelMap,
    labelled: Sequence[int],
    search: FatSearch,
    *,
    sample: SampledSlices | None = None,
    n_workers: int = 1,
) -> FatRegion:
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
    sample : SampledSlices, optional
        What was kept of some slices while they were counted; they are read again without it.
    n_workers : int
        Threads; they change nothing but the time.
    """
    kept = sample or SampledSlices(image, label_map, reach_mm=search.distance_mm)
    slices = kept.chosen(labelled)
    pixels = _Pixels(label_map)
    looks: dict[int, _Look] = {}

    def work(group: list[int]) -> None:
        for one in kept.complete(group):
            around = _around(one, image, search.distance_mm)
            looks[one.z] = _look_at(around, one, search)

    work_on(work, kept.groups(slices), n_workers=n_workers)
    ordered = [looks[z] for z in sorted(looks)]
    for look in ordered:
        pixels.add(look.around, look.fat)
    low, high = _range_of_fat(pool_many(pixels.everywhere), search.polarity)
    return replace(
        pixels.region(low, high, slices),
        n_bright=sum(look.n_bright for look in ordered),
        n_dark=sum(look.n_dark for look in ordered),
        n_labelled=sum(look.n_labelled for look in ordered),
        ring=pool_many(look.ring for look in ordered).quantile(0.5),
    )


@dataclass(frozen=True)
class _Look:
    """What was found around the labels of one slice."""

    around: Surroundings
    fat: Mask
    ring: Histogram
    n_bright: int
    n_dark: int
    n_labelled: int


def _look_at(around: Surroundings, one: SampledSlice, search: FatSearch) -> _Look:
    bright = around.core(replace(search, polarity=FatPolarity.BRIGHT))
    near = around.distance <= max(_RING_MM, 4 * around.pixel_mm)
    dark = around.enclosed_core(replace(search, polarity=FatPolarity.DARK)) & near
    return _Look(
        around=around,
        fat=bright if search.polarity is FatPolarity.BRIGHT else around.core(search),
        ring=histogram_of_stored(around.stored[near & (around.distance > 0)], around.scale),
        n_bright=int(np.count_nonzero(bright & near)),
        n_dark=int(np.count_nonzero(dark)),
        n_labelled=int(np.count_nonzero(one.numbers)),
    )


def _around(one: SampledSlice, image: Volume, reach_mm: float) -> Surroundings:
    spacing = image.grid.spacing_mm[1:]
    return Surroundings.of(one, image.voxel_scale, spacing=spacing, reach_mm=reach_mm)


def propose_fat_roi(
    image: Volume, label_map: LabelMap, slice_index: int, *, region: FatRegion, search: FatSearch
) -> Mask:
    """Pixels of the proposed fat on one slice, shape ``(n_rows, n_columns)``, for display and correction.

    Accepting it on the slices where it was looked for (``region.slices``) and nowhere else changes no threshold.
    """
    shape = image.grid.shape[1:]
    sample = SampledSlices(image, label_map, reach_mm=search.distance_mm)
    for one in sample.complete([slice_index]) if region.is_found else ():
        around = _around(one, image, search.distance_mm)
        in_range = (around.signal >= region.low) & (around.signal <= region.high)
        return around.on_picture(around.core(search) & in_range, shape)
    return np.zeros(shape, dtype=bool)


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
            pixels.everywhere.append(histogram_of_stored(seen.read(box)[inside], image.voxel_scale))
            slices.update(int(z) + box[0].start for z in np.flatnonzero(inside.any(axis=(1, 2))))
    sample = SampledSlices(image, label_map, reach_mm=distance_mm)
    for group in sample.groups(sorted(slices)):
        for one in sample.complete(group):
            around = _around(one, image, distance_mm)
            rows, columns = one.place
            part = source.read((slice(one.z, one.z + 1), _whole(rows), _whole(columns)))[0]
            inside = np.asarray(part)[:: rows.step or 1, :: columns.step or 1] != 0
            pixels.add_beside(around, inside & (around.distance <= distance_mm))
    everything = pool_many(pixels.everywhere)
    if not everything.n:
        raise InvalidChoice(
            "Expected a fat region with at least one finite pixel, found none.",
            hint="Draw it on fat beside the muscles, or leave it out to have one proposed.",
        )
    low, high = float(everything.values[0]), float(everything.values[-1])
    return pixels.region(low, high, tuple(sorted(slices)))


def _whole(part: slice) -> slice:
    return slice(part.start, part.stop)


class _Pixels:
    """Signals of fat pixels, all together and by the nearest muscle."""

    def __init__(self, label_map: LabelMap) -> None:
        self._muscle_of = [structure.muscle.id for structure in structures_of(label_map)]
        self.everywhere: list[Histogram] = []
        self._beside: dict[str, list[Histogram]] = {muscle: [] for muscle in self._muscle_of}

    def add(self, around: Surroundings, chosen: Mask) -> None:
        """Chosen pixels of one slice."""
        self.everywhere.append(histogram_of_stored(around.stored[chosen], around.scale))
        self.add_beside(around, chosen)

    def add_beside(self, around: Surroundings, chosen: Mask) -> None:
        """Chosen pixels of one slice, by the nearest muscle only."""
        stored, nearest = around.stored[chosen], around.nearest[chosen]
        order = np.argsort(nearest, kind="stable")
        ends = np.searchsorted(nearest[order], np.arange(len(self._muscle_of) + 1), side="right")
        for number, muscle in enumerate(self._muscle_of):
            part = stored[order[ends[number] : ends[number + 1]]]
            if len(part):
                self._beside[muscle].append(histogram_of_stored(part, around.scale))

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
