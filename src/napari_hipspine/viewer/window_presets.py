"""Black and white for one kind of tissue, from a coarse look at the series; no number rests on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..domain.volume import Contrast, FatPolarity, Volume
from .coarse_look import without_air

Limits = tuple[float, float]


class Preset(StrEnum):
    """What a window is made for."""

    BODY = "Body"
    MUSCLE = "Muscle"
    FAT = "Fat"
    FULL = "Full range"


_OF_CLASS = (2.0, 98.0)
_ROOM = 0.25
"""Room on both sides of a class, as a share of its width, so that its border is seen too."""

_FRACTION_CUTS = {Preset.BODY: (0.0, 1.0), Preset.MUSCLE: (0.0, 0.3), Preset.FAT: (0.5, 1.0), Preset.FULL: (0.0, 1.0)}
"""Windows of a fat-fraction map; where it is in percent, a hundred times as much."""

_POLARITIES = {Contrast.WATER: FatPolarity.DARK, Contrast.FAT: FatPolarity.BRIGHT}
"""Of the two pictures of a Dixon series it needs not be said."""

_SAYS = {
    Preset.BODY: "from air to the brightest tissue, as the series was opened",
    Preset.MUSCLE: "the signals of muscle: fat streaks stand out",
    Preset.FAT: "the signals of fat: its parts are told apart",
    Preset.FULL: "from the lowest to the highest signal of a coarse look",
}


@dataclass(frozen=True)
class Windows:
    """Windows of a series, and why some cannot be found.

    Parameters
    ----------
    limits : dict of Preset to tuple of float
        Darkest and brightest signal that is drawn.
    why_not : dict of Preset to str
        In words, for those that are missing.
    """

    limits: dict[Preset, Limits]
    why_not: dict[Preset, str]


def words_of(preset: Preset) -> str:
    """What a window shows, in one line."""
    return _SAYS[preset]


def find_windows(volume: Volume, seen: NDArray[np.float64], *, body: Limits) -> Windows:
    """Find windows for muscle, fat, the body and everything.

    Muscle and fat are the two classes of signal without air that differ most (Otsu); which of them is which is what
    the reader or the header says of fat, never guessed.

    Parameters
    ----------
    volume : Volume
        Says what is drawn and how fat looks.
    seen : ndarray
        Signals of a coarse look, air and frame among them.
    body : tuple of float
        The window the series was opened with.
    """
    if volume.contrast is Contrast.FAT_FRACTION:
        return Windows({one: (low * body[1], high * body[1]) for one, (low, high) in _FRACTION_CUTS.items()}, {})
    full = (float(seen.min()), float(seen.max())) if seen.size else body
    limits = {Preset.BODY: body, Preset.FULL: full if full[1] > full[0] else body}
    tissue = without_air(seen)
    if np.unique(tissue).size < 2:
        return Windows(limits, dict.fromkeys((Preset.MUSCLE, Preset.FAT), "There is one signal only on this series."))
    polarity = _POLARITIES.get(volume.contrast, volume.fat_polarity)
    if polarity is FatPolarity.UNKNOWN:
        why = "Say first whether fat is bright or dark on this series (step 1)."
        return Windows(limits, dict.fromkeys((Preset.MUSCLE, Preset.FAT), why))
    cut = _between_classes(tissue)
    dark, bright = tissue[tissue < cut], tissue[tissue >= cut]
    muscle, fat = (dark, bright) if polarity is FatPolarity.BRIGHT else (bright, dark)
    return Windows({**limits, Preset.MUSCLE: _around(muscle), Preset.FAT: _around(fat)}, {})


def _between_classes(tissue: NDArray[np.float64]) -> float:
    from ..measuring.class_fits import otsu_threshold
    from ..measuring.histograms import histogram_of

    return otsu_threshold(histogram_of(tissue))


def _around(signal: NDArray[np.float64]) -> Limits:
    low, high = (float(one) for one in np.percentile(signal, _OF_CLASS))
    room = _ROOM * (high - low) or 1.0
    return low - room, high + room
