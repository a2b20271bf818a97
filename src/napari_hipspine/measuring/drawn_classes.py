"""The classes a threshold was found between, as something to draw over a histogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.volume import FatPolarity
from .class_fits import fit_mixture
from .fat_threshold import NOT_KNOWN, MuscleThreshold
from .histograms import Histogram

_MIXTURES = {FatMethod.MIXTURE.value, FatMethod.MUSCLEMAP.value}
_NAMES = {1: ("lean",), 2: ("lean", "fat"), 3: ("lean", "between", "fat")}


@dataclass(frozen=True)
class DrawnClass:
    """One class of signal.

    Parameters
    ----------
    name : str
        ``lean``, ``between`` or ``fat``.
    signal : float
        Its mean, or its most frequent signal.
    spread : float
        Standard deviation; not a number where the method fits none.
    share : float
        Share of the muscle's pixels; not a number where the method fits none.
    """

    name: str
    signal: float
    spread: float = NOT_KNOWN
    share: float = NOT_KNOWN


def classes_behind(
    found: MuscleThreshold, signals: Histogram, polarity: FatPolarity, protocol: MeasurementProtocol
) -> tuple[DrawnClass, ...]:
    """Classes a threshold was found between, lean first; none where a method has none.

    Parameters
    ----------
    found : MuscleThreshold
        As it was found, before a reader moved it.
    signals : Histogram
        Signals of the muscle; a mixture is fitted to them as it was when the threshold was found.
    polarity : FatPolarity
        On which side fat lies.
    protocol : MeasurementProtocol
        Number of classes of a mixture.
    """
    if found.method in _MIXTURES and not signals.is_constant and found.threshold == found.threshold:
        n_classes = protocol.n_classes if found.method == FatMethod.MIXTURE.value else 2
        is_dark = polarity is FatPolarity.DARK
        mixture = fit_mixture(signals.mirrored() if is_dark else signals, n_classes)
        means = -mixture.means if is_dark else mixture.means
        fitted = zip(_NAMES[len(means)], means, mixture.spreads, mixture.shares, strict=True)
        return tuple(DrawnClass(name, float(mean), float(s), float(share)) for name, mean, s, share in fitted)
    ends = (("lean", found.lean), ("fat", found.fat))
    return tuple(DrawnClass(name, signal) for name, signal in ends if np.isfinite(signal))
