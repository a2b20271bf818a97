"""Outlines of the anatomy by height, and the parts painted with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from ..domain.anatomy import Region, Side
from .fields import Array
from .shipped_tables import read_rows
from .tissue import Tissue

POINTS_PER_KNOT = 8
"""Points of a smooth closed curve for every point in the table."""


class Placing(StrEnum):
    """How a half outline becomes a whole one."""

    PAIR = "pair"
    """Once on each side, mirrored."""
    MIDLINE = "midline"
    """Mirrored and joined at the midline; the table runs from the front to the back."""
    SINGLE = "single"
    """As it stands; positive is the patient's left."""


@dataclass(frozen=True)
class Part:
    """One thing that is painted, in the order of the table; later parts cover earlier ones.

    Parameters
    ----------
    name : str
        What it is.
    outline, inner_outline : str
        Names in the outline table; with an inner one, the curve runs between both, `blend` of the way in.
    blend : float
        0 is the outline itself, 1 the inner one.
    placing : Placing
        How the half outline is completed.
    repeats : bool
        Whether its heights are counted from the middle of each vertebra.
    tissue : Tissue
        What fills it.
    rim : Tissue or None
        What its border is made of.
    rim_mm : float
        Width of the border [mm].
    muscle : str
        Id in the vocabulary of a labelled muscle; empty for all else.
    is_muscle : bool
        Whether fascia separates it from its neighbours.
    size_varies : bool
        Whether its size differs between subjects and sides beyond the common variation.
    fused : str
        Neighbours in the table with one such word are one piece inside: their rims do not divide them.
    """

    name: str
    outline: str
    inner_outline: str
    blend: float
    placing: Placing
    repeats: bool
    tissue: Tissue
    rim: Tissue | None
    rim_mm: float
    muscle: str
    is_muscle: bool
    size_varies: bool
    fused: str

    @property
    def sides(self) -> tuple[Side | None, ...]:
        """Sides it is painted on; None for parts in or across the midline."""
        return (Side.LEFT, Side.RIGHT) if self.placing is Placing.PAIR else (None,)


@cache
def parts_of(region: Region) -> tuple[Part, ...]:
    """All parts of a region in the order they are painted."""
    return tuple(
        Part(
            row["part"],
            row["outline"],
            row["inner_outline"],
            float(row["blend"]),
            Placing(row["placing"]),
            row["repeats"] == "yes",
            Tissue[row["tissue"].upper()],
            Tissue[row["rim"].upper()] if row["rim"] else None,
            float(row["rim_mm"]),
            row["muscle"],
            row["fascia"] == "yes",
            row["size_varies"] == "yes",
            row["fused"],
        )
        for row in read_rows(f"{region.value}_parts.csv")
    )


@cache
def outlines_of(region: Region) -> MappingProxyType[str, Outline]:
    """All outlines of a region by name."""
    knots: dict[str, dict[float, Array]] = {}
    for row in read_rows(f"{region.value}_outlines.csv"):
        points = [[float(number) for number in pair.split()] for pair in row["points"].split(";")]
        knots.setdefault(row["outline"], {})[float(row["height_mm"])] = np.array(points)
    return MappingProxyType({name: Outline(heights) for name, heights in knots.items()})


class Outline:
    """A half outline that changes smoothly with height.

    Parameters
    ----------
    knots : dict of float to array
        Points ``(n, 2)``, lateral and backward [mm], at each tabulated height [mm]; n is the same at all heights.
    """

    def __init__(self, knots: dict[float, Array]) -> None:
        self.heights = np.array(sorted(knots))
        self.points = np.stack([knots[height] for height in self.heights])
        self._curve: Any = None

    @property
    def lowest_mm(self) -> float:
        """Height of its lower end [mm]."""
        return float(self.heights[0])

    @property
    def highest_mm(self) -> float:
        """Height of its upper end [mm]."""
        return float(self.heights[-1])

    def at(self, height_mm: float) -> Array | None:
        """Points at one height, shape ``(n, 2)`` [mm]; None above and below it."""
        from scipy.interpolate import PchipInterpolator

        if not self.lowest_mm <= height_mm <= self.highest_mm:
            return None
        if self._curve is None:
            self._curve = PchipInterpolator(self.heights, self.points, axis=0)
        return np.asarray(self._curve(height_mm))


def join_at_midline(half: Array) -> Array:
    """Whole outline from a half one that starts and ends on the midline."""
    mirrored = half[::-1] * [-1.0, 1.0]
    inner = mirrored[1:] if half[-1, 0] == 0 else mirrored
    return np.vstack([half, inner[:-1] if half[0, 0] == 0 else inner])


def smooth_closed_curve(knots: Array) -> Array:
    """Closed curve through all knots, shape ``(n_knots * POINTS_PER_KNOT, 2)`` [mm].

    References
    ----------
    Catmull E, Rom R. A class of local interpolating splines. 1974. doi:10.1016/B978-0-12-079050-0.50020-5
    """
    t = np.arange(POINTS_PER_KNOT) / POINTS_PER_KNOT
    powers = np.stack([np.ones_like(t), t, t**2, t**3], axis=1)
    weights = powers @ (0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]))
    around = np.arange(len(knots))[:, None] + np.arange(-1, 3)
    neighbours = knots[around % len(knots)]
    return np.asarray(np.einsum("tk,nkc->ntc", weights, neighbours)).reshape(-1, 2)


def shrink_curve(curve: Array, width_mm: float) -> Array:
    """Closed curve moved inwards by a width [mm]."""
    tangent = np.roll(curve, -1, axis=0) - np.roll(curve, 1, axis=0)
    length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / length[:, None]
    following = np.roll(curve, -1, axis=0)
    turns = np.sign(np.sum(curve[:, 0] * following[:, 1] - following[:, 0] * curve[:, 1]))
    return np.asarray(curve + turns * width_mm * normal)
