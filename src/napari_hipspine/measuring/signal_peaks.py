"""Peaks of a histogram: where lean muscle and where fat have their most frequent signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..domain.volume import FatPolarity
from .histograms import Histogram

Floats = NDArray[np.float64]

_GRID = 512
_VALUES = 2048
_REACH = 8.5
"""Widths of a Gaussian beyond which it adds nothing."""

_LEAST_PROMINENCE = 0.1
"""A peak that rises less above its surroundings, as a share of the highest peak, is a ripple."""


@dataclass(frozen=True)
class Peak:
    """A signal that is more frequent than its neighbours.

    Parameters
    ----------
    signal : float
        Where it lies.
    height : float
        Its density as a share of the highest.
    """

    signal: float
    height: float


def find_peaks(histogram: Histogram) -> tuple[Peak, ...]:
    """Peaks of the smoothed histogram, darkest first; one at least where there are pixels.

    The density is smoothed by a Gaussian whose width follows Silverman's rule on the narrower of standard
    deviation and interquartile range.

    References
    ----------
    Silverman BW. Density estimation for statistics and data analysis. Chapman and Hall 1986, section 3.4.
    """
    if not histogram.n:
        return ()
    if histogram.is_constant:
        return (Peak(float(histogram.values[0]), 1.0),)
    trimmed = histogram.between(histogram.quantile(0.001), histogram.quantile(0.999))
    if trimmed.is_constant:
        return (Peak(float(trimmed.values[0]), 1.0),)
    fine = trimmed.binned(_VALUES)
    width = _smoothing_width(trimmed)
    grid = np.linspace(fine.values[0] - 2 * width, fine.values[-1] + 2 * width, _GRID)
    density = _smoothed(fine, grid, max(width, float(grid[1] - grid[0])))
    density /= density.max()
    tops = np.flatnonzero((density[1:-1] > density[:-2]) & (density[1:-1] >= density[2:])) + 1
    found = [int(k) for k in tops if _prominence(density, int(k)) >= _LEAST_PROMINENCE]
    return tuple(Peak(_refined(grid, density, k), float(density[k])) for k in found)


def find_lean_peak(histogram: Histogram, polarity: FatPolarity, *, fat_lean_ratio: float) -> float:
    """Most frequent signal of lean muscle; not a number without pixels.

    The highest of the peaks within a factor of ``fat_lean_ratio`` of the one farthest from fat: the farthest may
    be one muscle away from the coil, and a higher peak beyond that factor may be fat itself.
    """
    peaks = find_peaks(histogram)
    if not peaks:
        return float("nan")
    if polarity is FatPolarity.DARK:
        lean = [peak for peak in peaks if peak.signal * fat_lean_ratio >= peaks[-1].signal]
    else:
        lean = [peak for peak in peaks if peak.signal <= peaks[0].signal * fat_lean_ratio]
    # A peak of negative signal lies in no range of factors.
    candidates = lean or [peaks[-1] if polarity is FatPolarity.DARK else peaks[0]]
    return max(candidates, key=lambda peak: peak.height).signal


def _smoothed(histogram: Histogram, grid: Floats, width: float) -> Floats:
    """Density on a grid; signals farther away than a Gaussian reaches in double precision are left out."""
    values, counts = histogram.values, histogram.counts.astype(np.float64)
    first = np.searchsorted(values, grid - _REACH * width)
    stop = np.searchsorted(values, grid + _REACH * width)
    near = first[:, None] + np.arange(max(1, int((stop - first).max())))
    weights = np.where(near < stop[:, None], counts[np.minimum(near, len(values) - 1)], 0.0)
    z = (grid[:, None] - values[np.minimum(near, len(values) - 1)]) / width
    return np.asarray((np.exp(-0.5 * z * z) * weights).sum(axis=1))


def _prominence(density: Floats, top: int) -> float:
    """How far a peak rises above the higher of the two valleys that part it from higher ground."""
    higher = np.flatnonzero(density > density[top])
    left = int(higher[higher < top].max(initial=-1))
    right = int(higher[higher > top].min(initial=len(density)))
    valleys = density[left + 1 : top + 1].min(), density[top:right].min()
    return float(density[top] - max(valleys))


def _smoothing_width(histogram: Histogram) -> float:
    n = histogram.n
    spread = float(np.sqrt((histogram.counts * (histogram.values - histogram.mean) ** 2).sum() / n))
    between = (histogram.quantile(0.75) - histogram.quantile(0.25)) / 1.349
    return float(1.06 * (min(spread, between) if between > 0 else spread) * n**-0.2)


def _refined(grid: Floats, density: Floats, k: int) -> float:
    """Top of the parabola through a maximum and its neighbours."""
    below, at, above = density[k - 1], density[k], density[k + 1]
    curve = below - 2 * at + above
    shift = 0.5 * (below - above) / curve if curve else 0.0
    return float(grid[k] + shift * (grid[1] - grid[0]))
