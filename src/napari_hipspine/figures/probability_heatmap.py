"""Fitted probability over two numbers, grey where nobody is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..relating.models.predictions import name_values
from ..relating.models.probability_grid import ProbabilityGrid
from .model_looks import EMPTY, GREY, INK, NOT_VALIDATED, calm_axes, finish_figure
from .plain_looks import PAGE_INCHES, plain_looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = "viridis"
"""Even in lightness, in print and for colour-blind eyes."""

MOST_POINTS = 2000
"""More rows than these are not drawn as points; the counts stand in the cells."""


def probability_heatmap(grid: ProbabilityGrid, *, title: str, fewest: int = 1) -> Figure:
    """Fitted probability as colour, with the number of rows in every cell.

    Parameters
    ----------
    grid : ProbabilityGrid
        What is shown.
    title : str
        Above the map.
    fewest : int
        Cells with fewer rows are grey: there the model speaks of nobody.
    """
    from matplotlib.figure import Figure

    with plain_looks():
        figure = Figure(figsize=(PAGE_INCHES, 5.6), layout="constrained")
        axes = figure.add_subplot()
        shown = np.ma.masked_where(grid.n < fewest, grid.probability)
        axes.set_facecolor(EMPTY)
        mesh = axes.pcolormesh(
            grid.first_edges, grid.second_edges, shown, cmap=COLOURS, edgecolor="white", linewidth=0.4
        )
        mesh.set_clim(float(shown.min()), float(shown.max()))
        _write_counts(grid, axes, mesh, fewest)
        axes.set_xlabel(grid.first, fontsize=9.5, color=INK)
        axes.set_ylabel(grid.second, fontsize=9.5, color=INK)
        calm_axes(axes)
        bar = figure.colorbar(mesh, ax=axes, shrink=0.8, pad=0.02)
        bar.set_label(f"fitted probability {grid.probability_of}".strip(), fontsize=9, color=INK)
        bar.ax.tick_params(labelsize=8.5, labelcolor=INK)
        bar.outline.set_visible(False)
        held = f" Held at: {name_values(grid.others)}." if grid.others else ""
        few = "none" if fewest == 1 else f"fewer than {fewest}"
        counts = f"Numbers: rows in a cell; grey: {few}; {grid.n_outside} rows outside.{held}"
        finish_figure(figure, title=title, below=f"{counts}\n{NOT_VALIDATED}")
    return figure


def _write_counts(grid: ProbabilityGrid, axes, mesh, fewest: int) -> None:  # type: ignore[no-untyped-def]
    """How many rows lie in each cell, dark on light and light on dark."""
    across = (grid.first_edges[:-1] + grid.first_edges[1:]) / 2
    up = (grid.second_edges[:-1] + grid.second_edges[1:]) / 2
    for j, y in enumerate(up):
        for i, x in enumerate(across):
            if grid.n[j, i] < fewest:
                continue
            red, green, blue, _ = mesh.to_rgba(grid.probability[j, i])
            is_dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
            axes.text(
                x, y, str(grid.n[j, i]), ha="center", va="center", fontsize=7.5, color="white" if is_dark else INK
            )
    if grid.n.sum() == 0:
        axes.text(0.5, 0.5, "no rows", transform=axes.transAxes, ha="center", color=GREY)
