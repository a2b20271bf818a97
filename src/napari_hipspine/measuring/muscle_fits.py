"""Thresholds fitted to the signals of one muscle, or of all muscles together."""

from __future__ import annotations

from ..domain.protocol import FatMethod, MeasurementProtocol
from ..domain.volume import FatPolarity
from .class_fits import (
    LEAST_SEPARATION,
    kmeans_classes,
    lower_class,
    mixture_threshold,
    musclemap_threshold,
    otsu_threshold,
)
from .fat_threshold import NOT_KNOWN, MuscleThreshold
from .histograms import Histogram


def fit_muscle(signals: Histogram, polarity: FatPolarity, protocol: MeasurementProtocol) -> MuscleThreshold:
    """Threshold from a muscle's own signals by the protocol's method.

    A muscle of fewer pixels than the protocol asks for is not fitted: reason ``too_few_pixels``.
    """
    method = protocol.fat_method
    if signals.n < protocol.min_fit_pixels:
        return MuscleThreshold(NOT_KNOWN, method.value, reason="too_few_pixels")
    if signals.is_constant:
        return MuscleThreshold(NOT_KNOWN, method.value, reason="constant_image")
    is_dark = polarity is FatPolarity.DARK
    seen = signals.mirrored() if is_dark else signals
    sign = -1.0 if is_dark else 1.0
    if method is FatMethod.MUSCLEMAP:
        return MuscleThreshold(sign * musclemap_threshold(seen), method.value)
    if method is FatMethod.MIXTURE:
        threshold, mixture = mixture_threshold(seen, protocol.n_classes, protocol.mixture_cut)
        ends = (float(mixture.means[0]), float(mixture.means[-1]))
    elif method is FatMethod.KMEANS:
        classes = kmeans_classes(seen, protocol.n_classes)
        threshold = float(classes.midpoints()[lower_class(len(classes.means), protocol.mixture_cut)])
        ends = (float(classes.means[0]), float(classes.means[-1]))
    else:
        threshold, halves = otsu_threshold(seen), kmeans_classes(seen, 2)
        ends = (float(halves.means[0]), float(halves.means[1]))
    return MuscleThreshold(sign * threshold, method.value, lean=sign * ends[0], fat=sign * ends[1])


def pooled_threshold(everything: Histogram, polarity: FatPolarity, protocol: MeasurementProtocol) -> MuscleThreshold:
    """Midpoint between the means of the darker and the brighter class of all muscles of a series.

    There is none, reason ``no_fat_class``, when the brighter is less than ``fat_lean_ratio`` times the darker, when
    the fat class holds less than ``min_fat_share``, or when two classes explain no more of the variance than
    halves of one bell curve would.
    """
    method = FatMethod.POOLED.value
    if everything.n < protocol.min_fit_pixels:
        return MuscleThreshold(NOT_KNOWN, method, reason="too_few_pixels")
    if everything.is_constant:
        return MuscleThreshold(NOT_KNOWN, method, reason="no_fat_class")
    is_dark = polarity is FatPolarity.DARK
    classes = kmeans_classes(everything, 2)
    dark, bright = float(classes.means[0]), float(classes.means[-1])
    fat_share = float(classes.shares[0 if is_dark else -1])
    is_apart = bright >= protocol.fat_lean_ratio * dark and bright > 0
    if not is_apart or fat_share < protocol.min_fat_share or classes.separation < LEAST_SEPARATION:
        return MuscleThreshold(NOT_KNOWN, method, reason="no_fat_class")
    lean, fat = (bright, dark) if is_dark else (dark, bright)
    return MuscleThreshold((dark + bright) / 2, method, lean=lean, fat=fat)
