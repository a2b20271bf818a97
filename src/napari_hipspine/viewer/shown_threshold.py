"""The threshold of one muscle as it is reviewed: histograms of both sides, classes, and what to be careful about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side, Structure, Term, vocabulary
from ..domain.colours import Rgb, structure_colour
from ..domain.volume import FatPolarity, Volume, WaterFat
from ..measuring.choices import fraction_unit, kind_of
from ..measuring.drawn_classes import DrawnClass, classes_behind
from ..measuring.fat_threshold import MuscleThreshold
from ..measuring.histograms import Histogram, pool
from ..measuring.measures import Measured
from ..measuring.readout import ImageKind
from ..workflows.measure_subject import CountedResult
from .plot_scale import PlotScale, scale_around
from .series_work import SeriesWork

N_BINS = 96

_SILENT = frozenset({"threshold_manual"})
"""Flags that the panel shows in another way."""

_PSOAS_FLAG = "psoas_threshold_unreliable"


@dataclass(frozen=True, eq=False)
class ShownThreshold:
    """One muscle with its threshold, both sides together.

    Parameters
    ----------
    muscle : Term
        Which.
    signals : mapping of Side to Histogram
        Valid pixels of all labelled slices; fat fractions for water and fat.
    classes : tuple of DrawnClass
        What the threshold was found between.
    threshold : MuscleThreshold
        As it counts now.
    is_fraction : bool
        Whether fat fractions are cut instead of signals; that cut is not moved by hand.
    fat_is_above : bool
        On which side of the threshold fat lies.
    warnings : tuple of str
        What the reader should know, in words.
    """

    muscle: Term
    signals: Mapping[Side, Histogram]
    classes: tuple[DrawnClass, ...]
    threshold: MuscleThreshold
    is_fraction: bool
    fat_is_above: bool
    warnings: tuple[str, ...] = ()

    @property
    def both(self) -> Histogram:
        """Both sides together."""
        return pool(self.signals.values())

    @property
    def axis(self) -> PlotScale:
        """From the signals that occur, without single far ones, to all that is marked."""
        if self.is_fraction:
            return PlotScale(0.0, 1.0)
        whole = self.both
        marks = [one.signal for one in self.classes]
        marks += [self.threshold.threshold, self.threshold.as_found.threshold]
        ends = [whole.quantile(0.001), whole.quantile(0.999), *marks]
        known = [value for value in ends if np.isfinite(value)]
        return scale_around(min(known, default=0.0), max(known, default=1.0))

    def counts(self, side: Side) -> NDArray[np.float64]:
        """Pixels of one side in `N_BINS` equally wide bins along the axis; those beyond lie in the outermost ones."""
        one, axis = self.signals[side], self.axis
        place = np.floor((one.values - axis.low) / (axis.high - axis.low) * N_BINS)
        return np.bincount(np.clip(place, 0, N_BINS - 1).astype(int), one.counts, N_BINS).astype(np.float64)

    def fat_share(self, side: Side, cut: float) -> float:
        """Share of the side's pixels that a cut would call fat; not a number without pixels or cut."""
        one = self.signals[side]
        if not one.n or not np.isfinite(cut):
            return float("nan")
        beyond = one.values > cut if self.fat_is_above else one.values < cut
        if self.is_fraction:
            beyond = one.values >= cut
        return float(one.counts[beyond].sum() / one.n)

    def colour(self, side: Side) -> Rgb:
        """As in the layers."""
        return structure_colour(Structure(self.muscle, side))

    def rounded(self, signal: float) -> float:
        """A signal to as many digits as a drag can mean: a thousandth of the axis."""
        axis = self.axis
        digits = 3 - int(np.floor(np.log10(axis.high - axis.low)))
        return float(round(signal, max(0, digits))) + 0.0


def shown_thresholds(work: SeriesWork | None) -> tuple[ShownThreshold, ...]:
    """Every labelled muscle of a measured series, in the order of its tables; none before it was measured."""
    if work is None or work.measured is None or not isinstance(work.measured.result, CountedResult):
        return ()
    counted, asked = work.measured.result.counted, work.measured.request
    muscles = {s.muscle.id: s.muscle for s in counted.sums.labelled_structures()}
    kind, image = kind_of(asked.image), asked.image
    unit = fraction_unit(counted.sums) if kind is ImageKind.FRACTION else 1.0
    polarity = image.fat_polarity if isinstance(image, Volume) else FatPolarity.BRIGHT
    shown = []
    for muscle in muscles.values():
        threshold = counted.thresholds.find(muscle)
        signals = {side: _signals(counted, muscle, side, asked.protocol, unit) for side in Side}
        behind = classes_behind(threshold.as_found, pool(signals.values()), polarity, asked.protocol)
        shown.append(
            ShownThreshold(
                muscle=muscle,
                signals=signals,
                classes=() if kind is not ImageKind.SIGNAL else behind,
                threshold=threshold,
                is_fraction=kind is not ImageKind.SIGNAL,
                fat_is_above=polarity is not FatPolarity.DARK,
                warnings=_warnings(image, muscle, threshold),
            )
        )
    return tuple(shown)


def _signals(counted: Measured, muscle: Term, side: Side, protocol: Any, unit: float) -> Histogram:
    numbers = [n for n, structure in enumerate(counted.sums.structures) if structure == Structure(muscle, side)]
    found = counted.sums.pooled(numbers)
    if not counted.sums.is_dixon:
        found = found.between(protocol.valid_low, protocol.valid_high)
    return found if unit == 1.0 else replace(found, values=found.values / unit)


def _warnings(image: Volume | WaterFat, muscle: Term, threshold: MuscleThreshold) -> tuple[str, ...]:
    """Flags and reasons of the threshold and of the series that bear on fat, each in one line."""
    flags = [*(image.all_flags if isinstance(image, WaterFat) else image.flags), *threshold.flags]
    if muscle.id == "psoas_major" and isinstance(image, Volume) and kind_of(image) is ImageKind.SIGNAL:
        flags.append(_PSOAS_FLAG)
    known = {(term.kind, term.id): term for term in vocabulary()}
    terms = [known.get(("flag", flag)) for flag in dict.fromkeys(flags) if flag not in _SILENT]
    if threshold.reason:
        terms.insert(0, known.get(("reason", threshold.reason)))
    return tuple(term.definition or term.label for term in terms if term is not None)
