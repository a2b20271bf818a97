"""Differences of two raters against their means, with bias and limits of agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..domain.anatomy import find_muscle
from ..domain.colours import muscle_colour
from ..domain.provenance import RESEARCH_ONLY
from ..relating.raters import RatedValues
from ..relating.reliability import find_limits
from ..relating.request import MEASURES
from ..writing.correlation_layout import MEASURE_LABELS, describe_level
from .plain_looks import COLUMN_DOTS, COLUMN_INCHES, plain_looks, wrapped_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY, INK, BAND = "#6e6e6e", "#1b1b1b", "#d9d9d9"
_ROOM = 0.96 * COLUMN_INCHES


def bland_altman(rated: RatedValues, *, first: int = 0, second: int = 1) -> Figure:
    """One point per subject: mean of both raters across, second − first up; bands are 95 % intervals.

    Fractions are shown in percent.

    Parameters
    ----------
    rated : RatedValues
        Values of all raters.
    first, second : int
        Which raters.

    Raises
    ------
    TableInvalid
        If fewer than three subjects have both values.
    """
    from matplotlib.figure import Figure

    measure = rated.what[3]
    scale, unit = _scale_and_unit(measure)
    pairs = rated.values[:, [first, second]] * scale
    a, b = pairs[~np.isnan(pairs).any(axis=1)].T
    limits = find_limits(a, b)
    muscle = find_muscle(rated.what[1])
    with plain_looks():
        figure = Figure(figsize=(COLUMN_INCHES, 3.1), dpi=COLUMN_DOTS, layout="constrained")
        axes = figure.add_subplot()
        lines = ((limits.bias, "bias"), (limits.lower, "−1.96 SD"), (limits.upper, "+1.96 SD"))
        for line, words in lines if limits.sd else ((limits.bias, "all alike:"),):
            _draw_line(axes, line, words)
        axes.scatter(
            (a + b) / 2, b - a, s=18, color=[muscle_colour(muscle)], edgecolor=INK, linewidth=0.5, alpha=0.9, zorder=3
        )
        one, other = rated.raters[first], rated.raters[second]
        axes.set_xlabel(wrapped_words(f"mean of {one} and {other} {unit}", 2.2, size=7.5, may_break=True), fontsize=7.5)
        axes.set_ylabel(wrapped_words(f"{other} − {one} {unit}", 1.6, size=7.5, may_break=True), fontsize=7.5)
        axes.tick_params(labelsize=7)
        label = f"{muscle.label[:1].upper()}{muscle.label[1:]} {MEASURE_LABELS.get(measure, measure)}"
        title = f"{label}, {rated.what[2]}, {describe_level(rated.what[0])}; n {limits.n}"
        figure.suptitle(wrapped_words(title, _ROOM, size=8), fontsize=8, x=0.02, ha="left", color=INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.08, y=0.12)
        below = f"Lines: bias and limits of agreement; bands: their 95 % intervals.\n{RESEARCH_ONLY}"
        figure.supxlabel(wrapped_words(below, _ROOM, size=6.5), fontsize=6.5, x=0.02, ha="left", color=GREY)
    return figure


def _draw_line(axes: Axes, line: tuple[float, float, float], words: str) -> None:
    """A horizontal line with its band and its number at the right."""
    value, low, high = line
    if low == low:
        axes.axhspan(low, high, color=BAND, alpha=0.55, linewidth=0)
    axes.axhline(value, color=INK, linewidth=1.1, linestyle="--" if "SD" in words else "-")
    text = f"{words}\n{value:.4g}".replace("-", "−")
    axes.annotate(
        text,
        (1.0, value),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        fontsize=7,
        color=INK,
        va="center",
    )


def _scale_and_unit(measure: str) -> tuple[float, str]:
    known = {one.word: one for one in MEASURES}.get(measure)
    if known is None:
        return 1.0, ""
    return 100.0 if known.is_fraction else 1.0, f"[{known.shown_unit}]"


def has_enough_pairs(rated: RatedValues, *, first: int = 0, second: int = 1, fewest: int = 3) -> bool:
    """Whether enough subjects have both values for a figure."""
    pairs = rated.values[:, [first, second]]
    return int((~np.isnan(pairs).any(axis=1)).sum()) >= fewest
