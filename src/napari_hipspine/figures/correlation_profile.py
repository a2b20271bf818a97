"""The muscle profile: z of every muscle, and how far hip and lumbar muscles of each person lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.anatomy import find_muscle
from ..domain.colours import muscle_colour
from ..writing.correlation_layout import MEASURE_LABELS, short_level
from .model_looks import COLOURS, GREY, INK, calm_axes, finish_figure
from .plain_looks import PAGE_INCHES, plain_looks

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_INCHES = 0.34
MOST_INTERVALS = 80
"""Of more people only the differences are drawn, without their intervals."""

SPREAD = 0.22
"""Points of one muscle are spread over this share of a row to either side, in the order of the subjects."""

FURTHEST_Z = 8.0
"""Nothing beyond is drawn; what was left out is counted."""


def correlation_profile(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """One row of panels per measure: left z of every subject and muscle with the mean, right hip less lumbar z.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        ``norms``, ``profile_muscles``, ``profile_subjects`` and ``profile``, as a muscle profile has them.
    """
    from matplotlib.figure import Figure

    summary = tables["profile"]
    n_muscles = max(int(tables["profile_muscles"].groupby("measure")["muscle"].size().max()), 4)
    height = (0.9 + ROW_INCHES * n_muscles) * len(summary)
    with plain_looks():
        figure = Figure(figsize=(PAGE_INCHES, height + 1.1), layout="constrained")
        panels = figure.subplots(len(summary), 2, squeeze=False, width_ratios=(1.15, 1))
        for (left, right), row in zip(panels, summary.to_dict("records"), strict=True):
            measure = str(row["measure"])
            _draw_muscles(left, measure, tables)
            _draw_people(right, measure, tables["profile_subjects"], row)
        reference = str(summary["reference"].iloc[0])
        below = (
            "Left: dots are subjects, diamonds the mean, bars its 95 % interval (Student; none within the sample).\n"
            "Right: each person with the 95 % interval over the muscles (Welch), in order of size; band: mean of all."
        )
        finish_figure(figure, title=f"Muscle profile: z against {reference}", below=below)
    return figure


def _draw_muscles(axes: Axes, measure: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """z of every subject as a dot and the mean as a bar, lumbar muscles above, hip muscles below."""
    muscles = tables["profile_muscles"].query("measure == @measure").to_dict("records")
    norms = tables["norms"].query("measure == @measure")
    several = {
        row["region"]: len({one["level"] for one in muscles if one["region"] == row["region"]}) for row in muscles
    }
    beyond = 0
    for place, row in enumerate(muscles):
        colour = muscle_colour(find_muscle(str(row["muscle"])))
        of_muscle = norms[(norms["muscle"] == row["muscle"]) & (norms["level"] == row["level"])]
        z = of_muscle["z"].dropna().to_numpy(dtype=np.float64)
        shown = z[np.abs(z) <= FURTHEST_Z]
        beyond += z.size - shown.size
        offsets = np.linspace(-SPREAD, SPREAD, shown.size) if shown.size > 1 else np.zeros(shown.size)
        axes.scatter(shown, place + offsets, s=9, color=[colour], edgecolor="none", alpha=0.65)
        if not np.isnan(row["low"]):
            axes.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=2.2, solid_capstyle="butt")
        axes.plot(row["mean_z"], place, "D", color=INK, markersize=4.5)
    axes.set_yticks(range(len(muscles)), [_label(row, with_level=several[row["region"]] > 1) for row in muscles])
    axes.set_ylim(len(muscles) - 0.5, -0.5)
    n_lumbar = sum(row["region"] == "lumbar" for row in muscles)
    axes.axhline(n_lumbar - 0.5, color=GREY, linewidth=0.8)
    axes.axvline(0, color=GREY, linewidth=0.8)
    left_out = f" ({beyond} beyond ±{FURTHEST_Z:g} not drawn)" if beyond else ""
    axes.set_xlabel(f"z of {MEASURE_LABELS.get(measure, measure)}{left_out}", fontsize=9)
    calm_axes(axes)


def _draw_people(axes: Axes, measure: str, subjects: pd.DataFrame, summary: Mapping[Any, Any]) -> None:
    """Differences of the people in order of size, and the mean of all as a band."""
    rows = subjects.query("measure == @measure").dropna(subset=["difference"]).sort_values("difference")
    places, is_few = np.arange(len(rows)), len(rows) <= MOST_INTERVALS
    if is_few:
        axes.hlines(places, rows["low"], rows["high"], color="#9fb8c8", linewidth=1.4)
    axes.plot(rows["difference"], places, "o", color=COLOURS[0], markersize=3.2 if is_few else 1.6)
    mean, low, high = (summary[name] for name in ("mean_difference", "low", "high"))
    if not np.isnan(low):
        axes.axvspan(low, high, color=COLOURS[1], alpha=0.25, linewidth=0)
    axes.axvline(mean, color=COLOURS[1], linewidth=1.4)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks([])
    axes.set_ylabel(f"{len(rows)} subjects", fontsize=9)
    axes.set_xlabel(f"mean hip z − mean lumbar z, {MEASURE_LABELS.get(measure, measure)}", fontsize=9)
    interval = "" if np.isnan(low) else f" (95 % {low:.2f} to {high:.2f})"
    share, equal = 100 * summary["first_share"], 100 * summary["equal_share"]
    shared = "" if np.isnan(share) else f"\nfirst component {share:.0f} %\n(nothing shared: {equal:.0f} %)"
    axes.set_title(
        f"mean {round(mean, 2) + 0.0:.2f}{interval}{shared}".replace("-", "−"), fontsize=8.5, loc="left", color=INK
    )
    calm_axes(axes)


def _label(row: Mapping[Any, Any], *, with_level: bool) -> str:
    """Muscle, its level where its region has several, and n."""
    label = find_muscle(row["muscle"]).label
    level = f", {short_level(row['level'])}" if with_level else ""
    return f"{label[:1].upper()}{label[1:]}{level} (n {row['n']})"
