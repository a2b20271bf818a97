"""Whether the declared fat polarity and the picture agree."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.errors import PolarityContradiction
from ..domain.volume import FatPolarity
from .class_fits import LEAST_SEPARATION, kmeans_classes
from .fat_pixels import FatRegion
from .histograms import Histogram

_CONTRADICTION_FACTOR = 3.0
"""How many times more patches must speak against the declared polarity than for it."""

_CONTRADICTION_SHARE = 0.05
"""Least size of those patches, as a share of the labelled pixels on the same slices."""

_MOST_FAT_SHARE = 2 / 3
"""Muscles with more fat than this, and no fat beside them, are muscles seen with the wrong polarity."""


@dataclass(frozen=True)
class Series:
    """What all muscles of a series share when their thresholds are found.

    Parameters
    ----------
    everything : Histogram
        Signals of all muscles on all labelled slices.
    lean : float
        Their lean peak.
    polarity : FatPolarity
        Whether fat is bright or dark.
    region : FatRegion
        Fat beside the muscles; may be empty.
    is_drawn : bool
        Whether a reader has drawn or accepted it.
    has_given_threshold : bool
        Whether the reader gave the threshold, having looked at the muscles.
    """

    everything: Histogram
    lean: float
    polarity: FatPolarity
    region: FatRegion
    is_drawn: bool
    has_given_threshold: bool = False


def refuse_wrong_polarity(series: Series, *, source: str) -> None:
    """Stop where the picture contradicts the declared polarity.

    Parameters
    ----------
    series : Series
        Signals of the muscles, and the fat beside them.
    source : str
        Name of the image for the message.

    Raises
    ------
    PolarityContradiction
        If fat drawn by the reader is on the wrong side of lean muscle; if patches beside the muscles speak three to
        one against the declaration; or if the muscles would be mostly fat while nothing beside them is.
    """
    found = _drawn_against(series) if series.is_drawn else _picture_against(series)
    if found:
        raise PolarityContradiction(
            f"Expected {series.polarity.value} fat as declared, found {found}, in {source}.",
            hint="Check whether fat was suppressed and declare the other polarity with --fat-polarity, "
            "or draw the fat region yourself (--fat-roi).",
        )


def _drawn_against(series: Series) -> str:
    is_beyond = series.region.signal > series.lean
    is_right = is_beyond if series.polarity is FatPolarity.BRIGHT else series.region.signal < series.lean
    if is_right:
        return ""
    return f"a fat region of signal {series.region.signal:.6g} and a lean peak of {series.lean:.6g}"


def _picture_against(series: Series) -> str:
    region = series.region
    is_bright = series.polarity is FatPolarity.BRIGHT
    speak_for, against = (region.n_bright, region.n_dark)[:: 1 if is_bright else -1]
    if against > max(_CONTRADICTION_FACTOR * speak_for, _CONTRADICTION_SHARE * region.n_labelled):
        wrong, right = ("dark", "bright")[:: 1 if is_bright else -1]
        return f"{against} pixels of {wrong} and {speak_for} of {right} patches beside the muscles"
    if series.has_given_threshold or region.is_found or not _would_be_inverted(series):
        return ""
    return "muscles that would be mostly fat, with no fat but signals like their lean parts beside them"


def _would_be_inverted(series: Series) -> bool:
    """Whether most of the muscles would be fat, and what lies beside them is like what would be lean."""
    if series.everything.is_constant:
        return False
    halves = kmeans_classes(series.everything, 2)
    cut = float(halves.midpoints()[0])
    below, above = series.everything.between(None, cut), series.everything.between(cut, None)
    lean, fat = (below, above) if series.polarity is FatPolarity.BRIGHT else (above, below)
    is_like_lean = lean.quantile(0.05) <= series.region.ring <= lean.quantile(0.95)
    is_mostly_fat = fat.n > _MOST_FAT_SHARE * series.everything.n
    return halves.separation >= LEAST_SEPARATION and is_mostly_fat and is_like_lean
