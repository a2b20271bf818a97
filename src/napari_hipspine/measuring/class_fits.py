"""Classes of signal fitted to a histogram: Otsu, k-means and Gaussian mixtures, all without chance.

Fat is taken to be the bright side here; for dark fat the histogram is mirrored before and the answer after.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..domain.protocol import MixtureCut
from .histograms import Histogram

Floats = NDArray[np.float64]

LEAST_SEPARATION = 0.7
"""Two classes that explain less of the variance than this are no classes: a Gaussian cut in half explains 0.64."""

_FIT_BINS = 1024
_TRIPLE_BINS = 384
_MOST_STEPS = 1000
_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Classes:
    """Classes of a histogram, darkest first.

    Parameters
    ----------
    means : ndarray, shape (n_classes,)
        Mean signal of each class.
    shares : ndarray, shape (n_classes,)
        Share of the pixels in each class.
    separation : float
        Variance between the classes / variance of all pixels, 0 to 1.
    """

    means: Floats
    shares: Floats
    separation: float

    def midpoints(self) -> Floats:
        """Signals halfway between neighbouring class means."""
        return (self.means[1:] + self.means[:-1]) / 2


def otsu_threshold(histogram: Histogram) -> float:
    """Signal that parts two classes with the largest variance between them.

    It lies halfway between the two neighbouring signals that occur.

    References
    ----------
    Otsu N. A threshold selection method from gray-level histograms. IEEE Trans Syst Man Cybern 1979;9:62-66.
    https://doi.org/10.1109/TSMC.1979.4310076
    """
    k = int(np.argmax(_between_two(histogram)))
    return float((histogram.values[k] + histogram.values[k + 1]) / 2)


def kmeans_classes(histogram: Histogram, n_classes: int) -> Classes:
    """The best of all partitions into two or three classes: k-means without a start to depend on.

    In one dimension the k-means optimum is the partition with the largest variance between the classes. Three
    classes are searched on at most a few hundred equally wide bins.
    """
    if n_classes == 2:
        k = int(np.argmax(_between_two(histogram)))
        return _classes_at(histogram, [k + 1])
    coarse = histogram.binned(_TRIPLE_BINS)
    n = len(coarse.values)
    if n < 3:
        return kmeans_classes(histogram, 2)
    weight, moment = _cumulated(coarse)
    first, second = np.triu_indices(n - 1, k=1)
    cuts = np.stack([first + 1, second + 1])
    score = np.zeros(cuts.shape[1])
    edges = (np.zeros_like(cuts[0]), cuts[0], cuts[1], np.full_like(cuts[0], n))
    for low, high in pairwise(edges):
        score += (moment[high] - moment[low]) ** 2 / (weight[high] - weight[low])
    best = int(np.argmax(score))
    return _classes_at(coarse, [int(cuts[0, best]), int(cuts[1, best])])


@dataclass(frozen=True)
class Mixture:
    """A mixture of Gaussians, darkest first.

    Parameters
    ----------
    means, spreads, shares : ndarray, shape (n_classes,)
        Mean, standard deviation and share of the pixels of each component.
    """

    means: Floats
    spreads: Floats
    shares: Floats

    def log_weights(self, values: Floats) -> Floats:
        """Logarithm of share x density of every component, shape ``(n_values, n_classes)``."""
        z = (values[:, None] - self.means) / self.spreads
        return np.asarray(np.log(self.shares) - np.log(self.spreads) - 0.5 * z * z - 0.5 * np.log(2 * np.pi))

    def crossing(self, lower: int) -> float:
        """Signal between component ``lower`` and the next at which both are equally likely.

        Where their weighted densities do not cross between the means, the midpoint of the means.
        """
        low, high = self.means[lower], self.means[lower + 1]

        def lead(value: float) -> float:
            weights = self.log_weights(np.array([value]))[0]
            return float(weights[lower] - weights[lower + 1])

        if not lead(low) > 0 > lead(high):
            return float((low + high) / 2)
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if lead(middle) > 0 else (low, middle)
        return float((low + high) / 2)


def fit_mixture(histogram: Histogram, n_classes: int) -> Mixture:
    """Gaussian mixture by expectation-maximisation from the k-means classes on; no random start.

    References
    ----------
    Dempster AP, Laird NM, Rubin DB. Maximum likelihood from incomplete data via the EM algorithm. J R Stat Soc B
    1977;39:1-38. https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
    """
    fitted = histogram.binned(_FIT_BINS)
    values, counts = fitted.values, fitted.counts.astype(np.float64)
    start = kmeans_classes(fitted, n_classes)
    member = np.abs(values[:, None] - start.means).argmin(axis=1)[:, None] == np.arange(len(start.means))
    # The narrowest a component may become: a fraction of the finest step between signals.
    floor = (0.1 * float(np.diff(values).min())) ** 2
    mixture = _from_members(values, counts, member.astype(np.float64), floor)
    previous = -np.inf
    for _ in range(_MOST_STEPS):
        weights = mixture.log_weights(values)
        top = weights.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(weights - top).sum(axis=1))
        likelihood = float((counts * total).sum() / counts.sum())
        mixture = _from_members(values, counts, np.exp(weights - total[:, None]), floor)
        if likelihood - previous < _TOLERANCE:
            break
        previous = likelihood
    order = np.argsort(mixture.means, kind="stable")
    return Mixture(mixture.means[order], mixture.spreads[order], mixture.shares[order])


def mixture_threshold(histogram: Histogram, n_classes: int, cut: MixtureCut) -> tuple[float, Mixture]:
    """Signal where two neighbouring components are equally likely, and the mixture.

    Parameters
    ----------
    histogram : Histogram
        Pixels of one muscle.
    n_classes : int
        2 or 3.
    cut : MixtureCut
        With three classes: above the darkest or below the brightest.
    """
    mixture = fit_mixture(histogram, n_classes)
    return mixture.crossing(lower_class(len(mixture.means), cut)), mixture


def musclemap_threshold(histogram: Histogram) -> float:
    """Largest signal that a mixture of two gives to its darker class: what is not above it is muscle."""
    mixture = fit_mixture(histogram, 2)
    member = mixture.log_weights(histogram.values).argmax(axis=1)
    means = [
        float((histogram.values * histogram.counts * (member == k)).sum() / max(1, histogram.counts[member == k].sum()))
        for k in (0, 1)
    ]
    dark = int(np.argmin(means)) if len(set(member)) == 2 else int(member[0])
    return float(histogram.values[member == dark].max())


def lower_class(n_classes: int, cut: MixtureCut) -> int:
    """The class below the cut."""
    return 0 if cut is MixtureCut.LEAN_REST else n_classes - 2


def _cumulated(histogram: Histogram) -> tuple[Floats, Floats]:
    """Pixels and sum of signals below every value, with a leading zero; signals counted from the mean."""
    centred = histogram.values - histogram.mean
    weight = np.concatenate([[0.0], np.cumsum(histogram.counts, dtype=np.float64)])
    return weight, np.concatenate([[0.0], np.cumsum(centred * histogram.counts)])


def _between_two(histogram: Histogram) -> Floats:
    weight, moment = _cumulated(histogram)
    below, above = weight[1:-1], weight[-1] - weight[1:-1]
    return np.asarray(moment[1:-1] ** 2 / below + (moment[-1] - moment[1:-1]) ** 2 / above)


def _classes_at(histogram: Histogram, cuts: list[int]) -> Classes:
    """Classes of a histogram cut before the given values."""
    parts = [
        (values, counts)
        for values, counts in zip(np.split(histogram.values, cuts), np.split(histogram.counts, cuts), strict=True)
    ]
    sizes = np.array([counts.sum() for _, counts in parts], dtype=np.float64)
    means = np.array([(values * counts).sum() for values, counts in parts]) / sizes
    shares = sizes / sizes.sum()
    centre = histogram.mean
    variance = float((histogram.counts * (histogram.values - centre) ** 2).sum() / sizes.sum())
    return Classes(means, shares, float((shares * (means - centre) ** 2).sum() / variance))


def _from_members(values: Floats, counts: Floats, member: Floats, floor: float) -> Mixture:
    weight = member * counts[:, None]
    sizes = np.maximum(weight.sum(axis=0), 1e-12)
    means = (weight * values[:, None]).sum(axis=0) / sizes
    variances = (weight * (values[:, None] - means) ** 2).sum(axis=0) / sizes
    return Mixture(means, np.sqrt(np.maximum(variances, floor)), sizes / counts.sum())
