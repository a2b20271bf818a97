"""Streaks of fat along the grain of a muscle, with an exactly chosen share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .fields import Array, Texture
from .shipped_tables import read_rows

_GRAIN_PER_SLICE_MM = 9.0
"""Millimetres along the slices for one step of the texture: streaks go on over two or three slices."""

_LUMPED_BELOW = 0.06
"""Fat share below which fat lies in a few lumps rather than in streaks thinner than a pixel."""


@dataclass(frozen=True)
class Grain:
    """How fat lies in a muscle.

    Parameters
    ----------
    angle_deg : float
        Direction of the streaks in the slice: 0 lateral, 90 backward.
    along_mm, across_mm : float
        Size of the pattern along and across them [mm].
    medial, posterior, border : float
        How strongly fat prefers these places; negative for the opposite.
    """

    angle_deg: float
    along_mm: float
    across_mm: float
    medial: float
    posterior: float
    border: float


@cache
def grain_of(muscle: str) -> Grain:
    """Grain of a muscle, or the common one for muscles without an entry."""
    rows = {row.pop("muscle"): row for row in read_rows("muscle_grain.csv")}
    row = rows.get(muscle, rows[""])
    return Grain(**{name: float(value) for name, value in row.items()})


def place_fat(
    lateral_mm: Array,
    backward_mm: Array,
    *,
    depth_mm: Array,
    height_mm: float,
    share: float,
    grain: Grain,
    texture: Texture,
    offset: float,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Which pixels of a muscle section are fat; exactly the asked share, rounded to whole pixels.

    Parameters
    ----------
    lateral_mm, backward_mm : array, shape (n,)
        Pixels of the section; lateral counts from the midline outwards [mm].
    depth_mm : array, shape (n,)
        Distance to the border of the muscle [mm].
    height_mm : float
        Height of the slice [mm].
    share : float
        Share of the pixels to become fat.
    grain : Grain
        Direction, size and preferred places.
    texture : Texture
        The subject's random pattern.
    offset : float
        Where this muscle reads the pattern, so that no two muscles look alike.
    rng : numpy.random.Generator
        For the speckle that frays the streaks.
    """
    n_fat = round(share * lateral_mm.size)
    found = np.zeros(lateral_mm.size, bool)
    if n_fat == 0:
        return found
    along, across = _follow_bend(lateral_mm, backward_mm, np.radians(grain.angle_deg))
    level = height_mm / _GRAIN_PER_SLICE_MM + offset
    lines = texture.at(along / grain.along_mm + offset, across / grain.across_mm, level)
    fan = across + 0.45 * along
    branches = texture.at(along / grain.along_mm, fan / (1.1 * grain.across_mm) + 2 * offset, level)
    patches = texture.at(along / (2.5 * grain.across_mm), across / (1.8 * grain.across_mm) + offset, level)
    lumped = float(np.exp(-share / _LUMPED_BELOW))
    liking = (
        1.3 * (1 - 0.8 * lumped) * np.maximum(0.8 - np.abs(lines), 0.6 - np.abs(branches))
        + (0.6 + lumped) * patches
        + rng.normal(0, 0.14 * (1 - lumped), lateral_mm.size)
        - 0.6 * grain.medial * _standardise(lateral_mm)
        + 0.6 * grain.posterior * _standardise(backward_mm)
        + grain.border * (1 - lumped) * np.exp(-depth_mm / 1.5)
    )
    found[np.argsort(-liking, kind="stable")[:n_fat]] = True
    return found


def _follow_bend(lateral_mm: Array, backward_mm: Array, angle: float) -> tuple[Array, Array]:
    """Coordinates along and across the streaks, bent as the section itself is bent."""
    x, y = lateral_mm - lateral_mm.mean(), backward_mm - backward_mm.mean()
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    curved = along**2 - np.mean(along**2)
    spread = float(np.sum(curved**2))
    bend = float(np.sum(curved * across)) / spread if spread > 0 else 0.0
    return along, across - bend * along**2


def _standardise(values: Array) -> Array:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)
