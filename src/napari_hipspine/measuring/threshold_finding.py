"""How the thresholds of all muscles are found, frozen and checked against the picture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ..domain.anatomy import Term
from ..domain.blocks import VoxelArray
from ..domain.errors import InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.threshold_review import ThresholdReview
from ..domain.volume import Contrast, Volume, WaterFat
from .drawn_fat import drawn_fat_region
from .fat_pixels import FatRegion
from .fat_region import find_fat_region
from .fat_threshold import MOVED, NOT_KNOWN, PROPOSED, STALE, FatThresholds, MuscleThreshold
from .histograms import Histogram, pool_many
from .muscle_fits import fit_muscle, pooled_threshold
from .polarity import Series, refuse_wrong_polarity
from .sampled_slices import SampledSlices
from .signal_peaks import find_lean_peak
from .slice_sums import SliceSums
from .surroundings import search_for

_OWN_FITS = (FatMethod.OTSU, FatMethod.MIXTURE, FatMethod.KMEANS, FatMethod.MUSCLEMAP)


def find_thresholds(
    image: Volume | WaterFat,
    label_map: LabelMap,
    sums: SliceSums,
    protocol: MeasurementProtocol,
    *,
    accepted: FatThresholds | None = None,
    fat_roi: LabelMap | VoxelArray | None = None,
    review: ThresholdReview | None = None,
    reader_id: str = "",
    sample: SampledSlices | None = None,
    n_workers: int = 2,
) -> FatThresholds:
    """The threshold of every labelled muscle, found on all labelled slices and both sides together.

    Parameters
    ----------
    image : Volume or WaterFat
        The picture the sums were taken from.
    label_map : LabelMap
        Muscles, on the image's grid.
    sums : SliceSums
        Signals per slice and structure.
    protocol : MeasurementProtocol
        Method and its settings.
    accepted : FatThresholds, optional
        Kept as they are; muscles they do not know are added.
    fat_roi : LabelMap or VoxelArray, optional
        Fat accepted or redrawn by the reader.
    review : ThresholdReview, optional
        What a reader has moved or accepted; it comes last. By default what was moved among the accepted.
    reader_id : str
        Who that reader is.
    sample : SampledSlices, optional
        What was kept of some slices while they were counted; they are read again without it.
    n_workers : int
        Threads; they change nothing but the time.

    Raises
    ------
    PolarityContradiction
        If fat beside the muscles is on the other side of lean muscle than declared.
    InvalidChoice
        If a threshold was moved where fat fractions are measured.
    """
    muscles = _labelled_muscles(sums)
    review = review or ThresholdReview(accepted.moved if accepted else {})
    if isinstance(image, WaterFat) or image.contrast is Contrast.FAT_FRACTION:
        _refuse_moved(review)
        known = MuscleThreshold(protocol.ff_cut, FatMethod.DIXON.value)
        return FatThresholds({muscle.id: known for muscle in muscles})
    signals = {muscle.id: _signals_of(sums, muscle, protocol) for muscle in muscles}
    kept = _kept(accepted, signals)
    if accepted is not None and len(kept) == len(muscles):
        found = replace(accepted, muscles=kept)
    else:
        region = partial(_region_of, image, label_map, sums, protocol, fat_roi, sample=sample, n_workers=n_workers)
        found = _find_all(image, sums, signals, protocol, region, is_drawn=fat_roi is not None, review=review)
        found = replace(found, muscles={**found.muscles, **kept})
    how = "drawn" if fat_roi is not None else "accepted" if review.accepts_fat_roi else "proposed"
    return replace(
        found.reviewed(review, by=reader_id), notes=(*_notes(found, protocol, how), *_absent(review, signals))
    )


def _find_all(
    image: Volume,
    sums: SliceSums,
    signals: dict[str, Histogram],
    protocol: MeasurementProtocol,
    region_beside: Callable[[float], FatRegion],
    *,
    is_drawn: bool,
    review: ThresholdReview,
) -> FatThresholds:
    """The threshold of every muscle, found anew, given how fat is found beside muscles of one lean peak."""
    everything = pool_many(signals.values())
    lean = find_lean_peak(everything, image.fat_polarity, fat_lean_ratio=protocol.fat_lean_ratio)
    region = region_beside(lean)
    series = Series(
        everything,
        lean,
        image.fat_polarity,
        region,
        is_drawn=is_drawn,
        has_given_threshold=protocol.fat_method is FatMethod.MANUAL or set(signals) <= set(review.moved),
    )
    refuse_wrong_polarity(series, source=image.source.path or "the image")
    muscles = _labelled_muscles(sums)
    found = {muscle.id: _find_one(muscle, signals[muscle.id], series, protocol) for muscle in muscles}
    return FatThresholds(found, region, lean)


def _refuse_moved(review: ThresholdReview) -> None:
    if review.moved:
        raise InvalidChoice(
            f"Expected no moved threshold where fat fractions are measured, found one for {', '.join(review.moved)}.",
            hint="The cut of fat fractions is a setting of the protocol: ff_cut.",
        )


def _absent(review: ThresholdReview, signals: dict[str, Histogram]) -> tuple[str, ...]:
    """A note on moved thresholds of muscles that are labelled nowhere."""
    absent = [muscle for muscle in review.moved if muscle not in signals]
    return (f"threshold moved but not labelled anywhere: {', '.join(absent)}",) if absent else ()


def fingerprint_of(signals: Histogram) -> str:
    """Digest of a muscle's signals, another one as soon as one labelled pixel changes its signal."""
    digest = hashlib.sha256(np.ascontiguousarray(signals.values).tobytes())
    digest.update(np.ascontiguousarray(signals.counts).tobytes())
    return digest.hexdigest()[:16]


def _find_one(muscle: Term, signals: Histogram, series: Series, protocol: MeasurementProtocol) -> MuscleThreshold:
    method = protocol.fat_method
    if method is FatMethod.MANUAL and protocol.manual_threshold is not None:
        found = MuscleThreshold(protocol.manual_threshold, method.value, flags=(MOVED,))
    elif method in _OWN_FITS:
        found = fit_muscle(signals, series.polarity, protocol)
    elif method is FatMethod.OTSU_POOLED:
        found = replace(fit_muscle(series.everything, series.polarity, protocol), method=method.value)
    elif method is FatMethod.FAT_REFERENCE and series.region.is_found:
        found = _midway_to_fat(muscle, signals, series, protocol)
    else:
        found = pooled_threshold(series.everything, series.polarity, protocol)
    checked = () if series.region.is_found else ("polarity_unchecked",)
    return replace(found, flags=(*found.flags, *checked), fingerprint=fingerprint_of(signals))


def _midway_to_fat(muscle: Term, signals: Histogram, series: Series, protocol: MeasurementProtocol) -> MuscleThreshold:
    """Midpoint between this muscle's lean peak, where it can be trusted, and the fat beside the muscles."""
    own = find_lean_peak(signals, series.polarity, fat_lean_ratio=protocol.fat_lean_ratio)
    reach = protocol.lean_peak_tolerance * abs(series.lean)
    is_own = signals.n >= protocol.min_fit_pixels and abs(own - series.lean) <= reach
    lean = own if is_own else series.lean
    flags = () if is_own else ("lean_peak_borrowed",)
    proposed = () if series.is_drawn else (PROPOSED,)
    fat = series.region.signal_beside(
        muscle, tolerance=protocol.lean_peak_tolerance, min_pixels=protocol.min_fit_pixels
    )
    return MuscleThreshold(
        threshold=(lean + fat) / 2,
        method=FatMethod.FAT_REFERENCE.value,
        lean=lean,
        fat=fat,
        flags=(*flags, *proposed),
    )


def _region_of(
    image: Volume,
    label_map: LabelMap,
    sums: SliceSums,
    protocol: MeasurementProtocol,
    fat_roi: LabelMap | VoxelArray | None,
    lean: float,
    *,
    sample: SampledSlices | None,
    n_workers: int,
) -> FatRegion:
    if fat_roi is not None:
        return drawn_fat_region(image, label_map, fat_roi, distance_mm=protocol.fat_search_mm)
    labelled = [int(z) for z in np.flatnonzero(sums.n_pixels.any(axis=1))]
    if not lean > 0:
        return FatRegion(NOT_KNOWN, 0, NOT_KNOWN, NOT_KNOWN, tuple(labelled))
    search = search_for(lean, image.fat_polarity, protocol)
    return find_fat_region(image, label_map, labelled, search, sample=sample, n_workers=n_workers)


def _kept(accepted: FatThresholds | None, signals: dict[str, Histogram]) -> dict[str, MuscleThreshold]:
    """Accepted thresholds of labelled muscles, flagged where their signals are others than when they were found."""
    if accepted is None:
        return {}
    kept = {}
    for id, one in accepted.muscles.items():
        if id in signals:
            found = one.as_found
            flags = tuple(flag for flag in found.flags if flag != STALE)
            is_stale = bool(found.fingerprint) and fingerprint_of(signals[id]) != found.fingerprint
            kept[id] = replace(found, flags=(*flags, STALE) if is_stale else flags)
    return kept


def _notes(found: FatThresholds, protocol: MeasurementProtocol, how: str) -> tuple[str, ...]:
    region = found.fat_region
    if region is None:
        return found.notes
    if region.is_found:
        pixels = f"median signal {region.signal:.6g} of {region.n_pixels} pixels"
        return (f"fat beside the muscles ({how}): {pixels}; lean peak of all muscles {found.lean_peak:.6g}",)
    if protocol.fat_method is FatMethod.FAT_REFERENCE:
        return ("no fat found beside the muscles: thresholds found by the pooled method",)
    return ("no fat found beside the muscles: fat polarity unchecked",)


def _labelled_muscles(sums: SliceSums) -> list[Term]:
    there = sums.labelled_structures()
    return list({structure.muscle.id: structure.muscle for structure in there}.values())


def _numbers_of(sums: SliceSums, muscle: Term) -> Sequence[int]:
    return [number for number, structure in enumerate(sums.structures) if structure.muscle == muscle]


def _signals_of(sums: SliceSums, muscle: Term, protocol: MeasurementProtocol) -> Histogram:
    return sums.pooled(_numbers_of(sums, muscle)).between(protocol.valid_low, protocol.valid_high)
