"""The inclusion flow as boxes: down the left who stays, to the right who leaves and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.provenance import RESEARCH_ONLY
from ..relating.flow import InclusionFlow, StepCount
from .plain_looks import PAGE_INCHES, plain_looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, STAYS, LEAVES = "#1b1b1b", "#6e6e6e", "#e4eef7", "#f4f4f4"
LEFT, RIGHT = 0.22, 0.68
LINE = 36
ROW_INCHES, REASON_INCHES, BOX_INCHES = 0.62, 0.2, 0.42


def flow_diagram(flow: InclusionFlow) -> Figure:
    """Boxes from everyone screened to everyone analysed; overlapping reasons are listed and said to overlap.

    Parameters
    ----------
    flow : InclusionFlow
        Counts of every step.
    """
    from matplotlib.figure import Figure

    boxes = [(_wrapped(step.name, f"n = {step.n_excluded}"), _listed(step)) for step in flow.steps]
    heights = [BOX_INCHES + REASON_INCHES * (len(name) - 1 + len(reasons)) for name, reasons in boxes]
    total = 2 * BOX_INCHES + sum(heights) + ROW_INCHES / 2 * (len(flow.steps) + 1) + 0.75
    with plain_looks():
        figure = Figure(figsize=(PAGE_INCHES, total))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 1), ylim=(0, total))
        axes.set_axis_off()
        bottom = _box(
            axes, LEFT, total - 0.15 - BOX_INCHES, BOX_INCHES, [f"Screened: n = {flow.n_screened}"], [], STAYS
        )
        for step, (name, reasons), height in zip(flow.steps, boxes, heights, strict=True):
            low = bottom - ROW_INCHES / 2 - height
            _box(axes, RIGHT, low, height, name, reasons, LEAVES)
            middle = low + height / 2
            _arrow(axes, (LEFT, middle), (RIGHT - 0.225, middle))
            axes.plot([LEFT, LEFT], [bottom, low], color=INK, linewidth=1)
            axes.text(LEFT - 0.015, low, f"n = {step.n_after}", ha="right", va="bottom", fontsize=8, color=GREY)
            bottom = low
        low = bottom - ROW_INCHES / 2 - BOX_INCHES
        _arrow(axes, (LEFT, bottom), (LEFT, low + BOX_INCHES))
        _box(axes, LEFT, low, BOX_INCHES, [f"Analysed: n = {flow.n_analysed}"], [], STAYS)
        note = "Several reasons can hold for one person, who is counted once.\n" if _any_overlap(flow) else ""
        axes.text(0.02, 0.1, f"{note}{RESEARCH_ONLY}", fontsize=7.5, color=GREY, ha="left", va="bottom")
    return figure


def _listed(step: StepCount) -> list[str]:
    """Reasons with their counts; one reason says no more than the step."""
    if len(step.with_reason) < 2:
        return []
    return [f"{reason.replace('_', ' ')}: {n}" for reason, n in step.with_reason.items()]


def _any_overlap(flow: InclusionFlow) -> bool:
    return any(sum(step.with_reason.values()) > step.n_excluded for step in flow.steps)


def _wrapped(name: str, count: str) -> list[str]:
    """A name and its count in lines that fit into a box; the count is never broken."""
    import textwrap

    one = f"{name}: {count}"
    return [one] if len(one) <= LINE else [*textwrap.wrap(name, LINE), count]


def _box(
    axes: Axes, middle: float, low: float, height: float, name: list[str], reasons: list[str], colour: str
) -> float:
    """A box with its name strong; its lower edge."""
    from matplotlib.patches import Rectangle

    width = 0.36 if middle == LEFT else 0.45
    axes.add_patch(Rectangle((middle - width / 2, low), width, height, facecolor=colour, edgecolor=INK, linewidth=1))
    top = low + height - BOX_INCHES / 2
    for k, line in enumerate([*name, *reasons]):
        size, weight = (9.5, "bold") if k < len(name) else (8.5, "normal")
        place = top - REASON_INCHES * (k if k < len(name) else k + 0.2)
        axes.text(middle, place, line, ha="center", va="center", fontsize=size, color=INK, fontweight=weight)
    return low


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    )
