"""Macroscopic fat beside the muscles, found on the slices where muscles are labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..domain.label_map import LabelMap
from ..domain.volume import FatPolarity, Volume
from .fat_pixels import FatPixels, FatRegion
from .histograms import Histogram, histogram_of_stored, pool_many
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
    looks: dict[int, _Look] = {}

    def work(group: list[int]) -> None:
        for one in kept.complete(group):
            looks[one.z] = _look_at(one, image, label_map, search)

    work_on(work, kept.groups(slices), n_workers=n_workers)
    ordered = [looks[z] for z in sorted(looks)]
    pixels = FatPixels(label_map)
    for look in ordered:
        pixels.join(look.fat)
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

    fat: FatPixels
    ring: Histogram
    n_bright: int
    n_dark: int
    n_labelled: int


def _look_at(one: SampledSlice, image: Volume, label_map: LabelMap, search: FatSearch) -> _Look:
    around = Surroundings.of(one, image, reach_mm=search.distance_mm)
    bright = around.core(replace(search, polarity=FatPolarity.BRIGHT))
    near = around.distance <= max(_RING_MM, 4 * around.pixel_mm)
    dark = around.enclosed_core(replace(search, polarity=FatPolarity.DARK)) & near
    pixels = FatPixels(label_map)
    pixels.add(around, bright if search.polarity is FatPolarity.BRIGHT else around.core(search))
    return _Look(
        fat=pixels,
        ring=histogram_of_stored(around.stored[near & (around.distance > 0)], around.scale),
        n_bright=int(np.count_nonzero(bright & near)),
        n_dark=int(np.count_nonzero(dark)),
        n_labelled=int(np.count_nonzero(one.numbers)),
    )


def propose_fat_roi(
    image: Volume, label_map: LabelMap, slice_index: int, *, region: FatRegion, search: FatSearch
) -> Mask:
    """Pixels of the proposed fat on one slice, shape ``(n_rows, n_columns)``, for display and correction.

    Accepting it on the slices where it was looked for (``region.slices``) and nowhere else changes no threshold.
    """
    shape = image.grid.shape[1:]
    sample = SampledSlices(image, label_map, reach_mm=search.distance_mm)
    for one in sample.complete([slice_index]) if region.is_found else ():
        around = Surroundings.of(one, image, reach_mm=search.distance_mm)
        in_range = (around.signal >= region.low) & (around.signal <= region.high)
        return around.on_picture(around.core(search) & in_range, shape)
    return np.zeros(shape, dtype=bool)


def _range_of_fat(found: Histogram, polarity: FatPolarity) -> tuple[float, float]:
    peaks = [peak for peak in find_peaks(found) if peak.height >= _PEAK_HEIGHT]
    if not peaks:
        return float("nan"), float("nan")
    if polarity is FatPolarity.DARK:
        # Dark fat, air and compact bone lie side by side near zero; all of them are beyond any sensible threshold.
        return float(found.values[0]), float(found.values[-1])
    fat = peaks[-1].signal
    return fat * (1 - _AROUND_PEAK), fat * (1 + _AROUND_PEAK)
