"""Macroscopic fat beside the muscles as it is kept: its signal, its range, and what lies beside which muscle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ..domain.anatomy import Term
from ..domain.label_map import LabelMap
from .histograms import Histogram, histogram_of_stored, pool_many
from .measured_labels import structures_of
from .surroundings import Mask, Surroundings

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


class FatPixels:
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

    def join(self, others: FatPixels) -> None:
        """Take the pixels of another slice."""
        self.everywhere += others.everywhere
        for muscle, parts in others._beside.items():
            self._beside[muscle] += parts

    def region(self, low: float, high: float, slices: tuple[int, ...]) -> FatRegion:
        """The region of the pixels with signals in a range."""
        whole = pool_many(self.everywhere).between(low, high)
        beside = {}
        for muscle, parts in self._beside.items():
            near = pool_many(parts).between(low, high)
            beside[muscle] = (near.quantile(0.5), near.n)
        return FatRegion(whole.quantile(0.5), whole.n, low, high, slices, beside=MappingProxyType(beside))
