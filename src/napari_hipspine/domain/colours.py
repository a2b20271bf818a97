"""One hue per muscle, the patient's left lighter and right darker: the same in layers, lists, plots and reports."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .anatomy import Side, Structure, Term, vocabulary

Rgb = tuple[float, float, float]

_CORE_HUES = {
    "multifidus": "#CC6677",
    "erector_spinae": "#88CCEE",
    "psoas_major": "#DDCC77",
    "quadratus_lumborum": "#44AA99",
    "gluteus_minimus": "#DDCC77",
    "gluteus_medius": "#88CCEE",
    "gluteus_maximus": "#CC6677",
    "tensor_fasciae_latae": "#AA4499",
    "sartorius": "#EE7733",
    "rectus_femoris": "#44AA99",
}
"""From Paul Tol's muted and vibrant schemes, so that neighbours differ for colour-blind eyes."""

_OTHER_HUES = ("#6699CC", "#999933", "#BB7799", "#66A61E", "#B07AA1", "#A6761D", "#5E9CA0", "#C49A6C")

FAT_SCALE = ("#2f5aa8", "#6d7f9f", "#9b9476", "#dec958", "#fee838")
"""From lean to fat: blue to yellow, always lighter, so that no eye confuses two of them, in print neither."""

MOST_FAT = 0.5
"""Share of fat from which on the colour stays the same; fixed, so that two subjects can be compared by eye."""

_NOT_KNOWN = "#8c8c8c"

_LIGHTER = 0.28
_DARKER = 0.72


def muscle_colour(muscle: Term) -> Rgb:
    """Hue of a muscle as red, green and blue from 0 to 1."""
    if muscle.id in _CORE_HUES:
        return _rgb(_CORE_HUES[muscle.id])
    others = [term.id for term in vocabulary().of_kind("muscle") if term.id not in _CORE_HUES]
    return _rgb(_OTHER_HUES[others.index(muscle.id) % len(_OTHER_HUES)])


def structure_colour(structure: Structure) -> Rgb:
    """Colour of a muscle on one side as red, green and blue from 0 to 1."""
    red, green, blue = muscle_colour(structure.muscle)
    if structure.side is Side.LEFT:
        return (red + (1 - red) * _LIGHTER, green + (1 - green) * _LIGHTER, blue + (1 - blue) * _LIGHTER)
    return (red * _DARKER, green * _DARKER, blue * _DARKER)


def fat_colours(shares: ArrayLike) -> NDArray[np.float32]:
    """Colours of shares of fat from 0 to 1, shape ``(n, 3)``; grey where a share is not a number."""
    given = np.asarray(shares, dtype=np.float64)
    scale = np.array([_rgb(code) for code in FAT_SCALE])
    ends = np.linspace(0, MOST_FAT, len(scale))
    found = np.column_stack([np.interp(given, ends, scale[:, channel]) for channel in range(3)])
    found[np.isnan(given)] = _rgb(_NOT_KNOWN)
    return found.astype(np.float32)


def _rgb(code: str) -> Rgb:
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (red, green, blue)
