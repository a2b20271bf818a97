"""How well two readers agree on grades: Cohen's kappa, plain or weighted by the distance of the grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ..domain.errors import TableInvalid

_ROUNDING = 1e-15
"""Variances of kappa below this are zero: every pair agrees, or every pair disagrees alike."""


class KappaWeights(StrEnum):
    """How much grades that differ count: all alike, by their distance, or by its square."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa with its 95 % interval.

    Attributes
    ----------
    n
        Pairs of grades.
    value, low, high
        Kappa and its interval, cut at −1 and 1; no interval (NaN) where its standard error is zero.
    observed
        Share of pairs with the same grade.
    """

    n: int
    value: float
    low: float
    high: float
    observed: float


def find_kappa(first: npt.ArrayLike, second: npt.ArrayLike, grades: Sequence[float], *, weights: KappaWeights) -> Kappa:
    """Kappa of two readers over all possible grades, with the large-sample standard error.

    Parameters
    ----------
    first, second
        Grades of the same targets; NaN is missing, and then the target does not count.
    grades
        Every possible grade in order, also those nobody gave.

    Raises
    ------
    TableInvalid
        If a grade is none of those possible, no pair is left, or all pairs are one grade, which leaves no kappa.

    References
    ----------
    Cohen 1968, doi:10.1037/h0026256; Fleiss, Cohen & Everitt 1969, doi:10.1037/h0028106.
    """
    pairs = np.column_stack([np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)])
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    unknown = sorted(set(np.unique(pairs)) - set(map(float, grades)))
    if unknown:
        raise TableInvalid(f"Expected grades of {', '.join(map(str, grades))}, found {unknown[0]:g}.")
    n, size = len(pairs), len(grades)
    if not n or np.unique(pairs).size < 2:
        raise TableInvalid(
            f"Expected pairs with at least two different grades, found {n} pairs of {np.unique(pairs).size}.",
            hint="Kappa has no value where every reader gives one and the same grade.",
        )
    places = np.searchsorted(np.asarray(grades, dtype=np.float64), pairs)
    shares = np.bincount(places[:, 0] * size + places[:, 1], minlength=size * size).reshape(size, size) / n
    agreement = _agreement_weights(size, weights)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    by_chance = np.outer(rows, columns)
    observed, expected = float((agreement * shares).sum()), float((agreement * by_chance).sum())
    value = (observed - expected) / (1 - expected)
    marginal = (agreement @ columns)[:, None] + (agreement.T @ rows)[None]
    inner = (agreement - marginal * (1 - value)) ** 2
    variance = ((shares * inner).sum() - (value - expected * (1 - value)) ** 2) / (n * (1 - expected) ** 2)
    if variance <= _ROUNDING:
        return Kappa(n, value, np.nan, np.nan, float(np.trace(shares)))
    half = NormalDist().inv_cdf(0.975) * sqrt(float(variance))
    return Kappa(n, value, max(-1.0, value - half), min(1.0, value + half), float(np.trace(shares)))


def _agreement_weights(size: int, weights: KappaWeights) -> npt.NDArray[np.float64]:
    """How much each pair of grades agrees, 1 on the diagonal and 0 in the far corners."""
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(1, size - 1)
    if weights is KappaWeights.NONE:
        return np.eye(size)
    return 1 - (distance if weights is KappaWeights.LINEAR else distance**2)
