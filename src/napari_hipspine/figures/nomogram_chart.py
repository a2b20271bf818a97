"""A nomogram on paper: a scale per variable, a table per joined pair, and total points to probability."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ..relating.models.nomogram import WIDEST, Nomogram, Scale, round_step
from .model_looks import INK, NOT_VALIDATED, finish_figure
from .plain_looks import PAGE_INCHES, plain_looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOW_TO_READ = (
    "Add the points of all scales and tables; read the probability below the total.\n"
    "Between numbers points lie on a straight line; ends are rounded here, nomogram.csv has them in full."
)
SCALE_INCHES, ROW_INCHES = 0.62, 0.26
PROBABILITIES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
FEWEST_TICKS = 3
ABOVE_AND_BELOW, FARTHER = (-0.16, 0.16), (-0.37, 0.37)
"""Heights of tick labels; the farther ones are for categories, of which none may be left out."""

LETTER = 0.0145
"""Width of a letter of a tick label, as a share of the width of the scales."""


def nomogram_chart(nomogram: Nomogram, *, title: str) -> Figure:
    """Points of every value, and the probability that a sum of points stands for.

    Variables joined by an interaction have a two-way table of points instead of a scale.

    Parameters
    ----------
    nomogram : Nomogram
        What is drawn.
    title : str
        Above the chart.
    """
    from matplotlib.figure import Figure

    singles = [scale for scale in nomogram.scales if len(scale.codings) == 1]
    pairs = [scale for scale in nomogram.scales if len(scale.codings) == 2]
    heights = [SCALE_INCHES * (len(singles) + 4), *(ROW_INCHES * (len(scale.ticks[0]) + 3.5) for scale in pairs)]
    with plain_looks():
        figure = Figure(figsize=(PAGE_INCHES, sum(heights) + 0.9), layout="constrained")
        panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _draw_scales(panels[0], nomogram, singles)
        for axes, scale in zip(panels[1:], pairs, strict=True):
            _draw_table(axes, nomogram, scale)
        below = f"{HOW_TO_READ}\n{NOT_VALIDATED}"
        finish_figure(figure, title=title, below=below)
    return figure


def _draw_scales(axes: Axes, nomogram: Nomogram, singles: list[Scale]) -> None:
    """The points, the scales of single variables, total points and the probabilities below each other."""
    names = ["points", *(" ".join(scale.names) for scale in singles)]
    _draw_line(axes, 0, [(value, f"{value:g}") for value in np.linspace(0, WIDEST, 11)], (0, WIDEST), WIDEST)
    for place, scale in enumerate(singles, start=1):
        column = scale.codings[0].variable.column
        points = nomogram.points(scale, {column: list(scale.ticks[0])})
        ticks = [(float(p), _text(value)) for p, value in zip(points, scale.ticks[0], strict=True)]
        span = (float(points.min()), float(points.max()))
        _draw_line(axes, place, ticks, span, WIDEST, are_numbers=not scale.codings[0].levels)
    most = _most_points(nomogram)
    totals = np.linspace(0, most, 11) if most <= WIDEST else np.arange(0, most + 1, 50.0 if most > 2 * WIDEST else 20.0)
    first = len(names)
    _draw_line(axes, first, [(value, f"{value:.0f}") for value in totals], (0, most), most)
    names.append("total points")
    kinds = [("\n".join(textwrap.wrap(f"probability {nomogram.fitted.probability_of}", 20)), nomogram.probability)]
    if nomogram.fitted.group_deviation:
        kinds.append(("probability averaged\nover the groups", nomogram.averaged))
    for place, (name, function) in enumerate(kinds, start=first + 1):
        fine = np.linspace(0, most, 4001)
        reached = function(fine)
        inside = _probability_ticks(float(reached[0]), float(reached[-1]))
        _draw_line(axes, place, [(float(np.interp(p, reached, fine)), f"{p:g}") for p in inside], (0, most), most)
        names.append(name)
    axes.set(xlim=(-0.01, 1.01), ylim=(len(names) - 0.3, -0.6))
    axes.set_yticks(range(len(names)), names, fontsize=9, color=INK)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _probability_ticks(low: float, high: float) -> list[float]:
    """The usual probabilities within a range, or round ones where it is too narrow for them."""
    inside = [p for p in PROBABILITIES if low <= p <= high]
    if len(inside) >= FEWEST_TICKS:
        return inside
    step = round_step((high - low) / (2 * FEWEST_TICKS))
    return [float(p) for p in np.round(np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step, 12)]


def _draw_line(
    axes: Axes,
    place: int,
    ticks: list[tuple[float, str]],
    ends: tuple[float, float],
    whole: float,
    *,
    are_numbers: bool = True,
) -> None:
    """One scale with its ticks; labels that would touch go below the line, or are left out, the ends last."""
    axes.plot([ends[0] / whole, ends[1] / whole], [place, place], color=INK, linewidth=1.1)
    ordered = sorted(ticks)
    if not ordered:
        return
    for value, _ in ordered:
        axes.plot([value / whole] * 2, [place - 0.1, place + 0.1], color=INK, linewidth=0.9)
    heights = ABOVE_AND_BELOW if are_numbers else (*ABOVE_AND_BELOW, *FARTHER)
    taken: dict[float, list[tuple[float, float]]] = {height: [] for height in heights}
    for value, text in dict.fromkeys([ordered[0], ordered[-1], *ordered]):
        at, half = value / whole, LETTER * (len(text) + 1) / 2
        free = (h for h in heights if all(abs(at - other) >= half + own for other, own in taken[h]))
        height = next(free, None)
        if height is not None:
            align = "bottom" if height < 0 else "top"
            axes.text(at, place + height, text, ha="center", va=align, fontsize=8, color=INK)
            taken[height].append((at, half))


def _draw_table(axes: Axes, nomogram: Nomogram, scale: Scale) -> None:
    """Points of every pair of values, the first variable down, the second across."""
    from matplotlib.transforms import Bbox

    down, across = scale.ticks
    first, second = (coding.variable for coding in scale.codings)
    axes.set_axis_off()
    cells = [[x, y] for x in down for y in across]
    points = nomogram.points(scale, {first.column: [c[0] for c in cells], second.column: [c[1] for c in cells]})
    grid = points.reshape(len(down), len(across))
    axes.text(0, 1.0, f"points of {first.name} (down) and {second.name} (across)", fontsize=9, color=INK, va="bottom")
    table = axes.table(
        cellText=[[f"{value:.0f}" for value in row] for row in grid],
        rowLabels=[_text(value) for value in down],
        colLabels=[_text(value) for value in across],
        loc="upper center",
        cellLoc="center",
        bbox=Bbox.from_bounds(0.08, 0.0, 0.9, 0.95),
    )
    table.auto_set_font_size(False)
    table.set_fontsize(8.5)
    for cell in table.get_celld().values():
        cell.set(edgecolor="#c4c4c4", linewidth=0.6)
        cell.get_text().set_color(INK)


def _most_points(nomogram: Nomogram) -> float:
    return sum((scale.highest - scale.lowest) / nomogram.per_point for scale in nomogram.scales)


def _text(value: Any) -> str:
    return f"{value:.3g}".replace("-", "−") if isinstance(value, float) else str(value)
