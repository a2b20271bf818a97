"""Means of a score over time, one line per group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model_looks import COLOURS, GREY, INK, MARKERS, calm_axes, finish_figure
from .plain_looks import COLUMN_DOTS, COLUMN_INCHES, plain_looks, wrapped_words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

APART = 0.012
"""Groups stand aside of each other by this share of the time, so that intervals do not cover each other."""


def course_plot(courses: pd.DataFrame, *, title: str, time_label: str = "time") -> Figure:
    """Means with 95 % intervals, and the number of persons behind each below the axis.

    Parameters
    ----------
    courses : pandas.DataFrame
        Rows of one score and one exposure, as `COURSES` says.
    title : str
        Above the plot, usually the formula of the model.
    time_label : str
        Name and unit of the time.
    """
    from matplotlib.figure import Figure

    groups = list(dict.fromkeys(courses["exposure_value"]))
    times = sorted(set(courses["time"]))
    aside = APART * (max(times) - min(times))
    with plain_looks():
        size = (COLUMN_INCHES, 3.4 + 0.2 * len(groups))
        figure = Figure(figsize=size, dpi=COLUMN_DOTS, layout="constrained")
        axes = figure.add_subplot()
        for number, group in enumerate(groups):
            # a time point without persons breaks the line
            rows = courses[courses["exposure_value"] == group].set_index("time").reindex(times)
            at = rows.index.to_numpy() + aside * (2 * number - len(groups) + 1)
            errors = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
            colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
            line = axes.errorbar(at, rows["mean"], yerr=errors, color=colour, capsize=2, label=group)
            line.lines[0].set(marker=marker, markersize=4, linewidth=1.2)
        axes.set_xticks(times, [f"{time:g}" for time in times])
        across = wrapped_words(f"{time_label}\n{_counts(courses, groups, times)}", 2.7, size=7.5)
        up = wrapped_words(f"mean {courses['score'].iloc[0]} (95 % interval)", 2.0, size=7.5)
        axes.set_xlabel(across, fontsize=7.5, color=INK)
        axes.set_ylabel(up, fontsize=7.5, color=INK)
        axes.grid(axis="y", color="#ededed", linewidth=0.7)
        calm_axes(axes, size=7)
        legend = axes.legend(title=str(courses["exposure"].iloc[0]), frameon=False, fontsize=7, labelcolor=INK)
        legend.get_title().set(fontsize=7, color=GREY)
        finish_figure(figure, title=title, below="Means of those with a value at each time point, not adjusted.")
    return figure


def _counts(courses: pd.DataFrame, groups: list[str], times: list[float]) -> str:
    """How many persons are behind each mean, a line per group."""
    lines = []
    for group in groups:
        own = courses[courses["exposure_value"] == group].set_index("time")["n"]
        lines.append(f"n of {group}: " + ", ".join(f"{own.get(time, 0)} at {time:g}" for time in times))
    return "\n".join(lines)
