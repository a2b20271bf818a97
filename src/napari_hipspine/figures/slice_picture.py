"""One slice as people look at it: outlines in the muscles' colours, pixels called fat on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.colours import structure_colour
from ..domain.display import screen_view
from ..domain.grid import Grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_INCHES = 6.4
_FAT_OVERLAY = (1.0, 0.85, 0.1, 0.55)


def draw_slice(
    pixels: NDArray[Any],
    labels: NDArray[Any],
    *,
    grid: Grid,
    structures: Mapping[int, Structure],
    title: str,
    called_fat: NDArray[np.bool_] | None = None,
) -> Figure:
    """Figure of one slice in radiological display.

    Parameters
    ----------
    pixels, labels : ndarray, shape (n_rows, n_columns)
        Signal and label values of the slice.
    grid : Grid
        Geometry of the volume the slice is from.
    structures : mapping of int to Structure
        What the label values stand for.
    title : str
        Stands above the picture.
    called_fat : ndarray of bool, optional
        Pixels called fat.
    """
    from matplotlib.figure import Figure

    height_mm, width_mm = grid.shape[1] * grid.spacing_mm[1], grid.shape[2] * grid.spacing_mm[2]
    figure = Figure(figsize=(_WIDTH_INCHES, _WIDTH_INCHES * height_mm / width_mm + 1.2), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    turned = [_as_on_screen(array, grid) for array in (pixels, labels)]
    low, high = display_limits(turned[0])
    extent = (0.0, width_mm, height_mm, 0.0)
    axes.imshow(turned[0], cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="nearest")
    if called_fat is not None:
        overlay = np.zeros((*called_fat.shape, 4))
        overlay[called_fat] = _FAT_OVERLAY
        axes.imshow(_as_on_screen(overlay, grid), extent=extent, interpolation="nearest")
    _outline(axes, turned[1], structures, extent)
    _letter_edges(axes, grid)
    axes.set_title(title, fontsize=10)
    axes.set_axis_off()
    return figure


def display_limits(pixels: NDArray[Any]) -> tuple[float, float]:
    """Signals shown black and white: a little of the darkest and brightest tissue is cut, air is not counted."""
    finite = pixels[np.isfinite(pixels)]
    tissue = finite[finite > 0]
    if tissue.size == 0:
        return (0.0, 1.0)
    high = float(np.percentile(tissue, 99.5))
    return (min(0.0, float(np.percentile(tissue, 1))), high if high > 0 else 1.0)


def _outline(
    axes: Axes, labels: NDArray[Any], structures: Mapping[int, Structure], extent: tuple[float, float, float, float]
) -> None:
    from matplotlib.lines import Line2D

    handles = []
    n_rows, n_columns = labels.shape
    columns = (np.arange(n_columns) + 0.5) * extent[1] / n_columns
    rows = (np.arange(n_rows) + 0.5) * extent[2] / n_rows
    for value, structure in structures.items():
        inside = labels == value
        if inside.any():
            colour = structure_colour(structure)
            axes.contour(columns, rows, inside.astype(float), levels=[0.5], colors=[colour], linewidths=1.3)
            handles.append(Line2D([], [], color=colour, label=structure.label))
    if handles:
        axes.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4, fontsize=7.5, frameon=False
        )


def _letter_edges(axes: Axes, grid: Grid) -> None:
    view = screen_view(grid)
    at = {"left": (0.01, 0.5), "right": (0.97, 0.5), "top": (0.49, 0.95), "bottom": (0.49, 0.02)}
    for edge, (x, y) in at.items():
        axes.text(x, y, getattr(view, edge), transform=axes.transAxes, color="white", fontsize=11, weight="bold")


def _as_on_screen(array: NDArray[Any], grid: Grid) -> NDArray[Any]:
    view = screen_view(grid)
    return array[:: -1 if view.flips_rows else 1, :: -1 if view.flips_columns else 1]
