"""A correlation table as a coloured grid."""

from __future__ import annotations

from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from ..domain.provenance import RESEARCH_ONLY
from ..writing.correlation_differences import CellDifference, DifferenceLayout
from ..writing.correlation_layout import ALPHA, Cell, CorrelationLayout, Heading, format_rho, lay_out
from .plain_looks import PAGE_INCHES, plain_looks, wrapped_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.text import Text

COLOURS = "RdBu_r"
"""Blue for negative, white for none, red for positive: told apart by colour-blind eyes, light in the middle."""

LIMIT = 1.0
"""The colours always run from -1 to 1, so that two figures can be compared."""

GREY, DARK_GREY = "#6e6e6e", "#3d3d3d"
INK = "#1b1b1b"
EMPTY = "#efefef"
COLOURED_CELL, DARK_CELL = 0.3, 0.62
"""From these coefficients on small text is darker, and all text white."""

CELL_INCHES = (0.69, 0.44)
MARGIN_INCHES = (2.55, 2.0)
LETTER_INCHES = 0.078
"""Of the names of muscles."""


def correlation_heatmap(correlations: pd.DataFrame) -> Figure:
    """Rho of every cell as colour and number, hip muscles down, lumbar muscles across.

    Bold is p < 0.05, a dot q < 0.05; n stands small below; empty cells are grey and hatched.

    Parameters
    ----------
    correlations : pandas.DataFrame
        One row per cell, as `CORRELATIONS` of `domain.tables` says.
    """
    layout = lay_out(correlations)
    return _draw_grid(
        layout,
        {place: _square_of(cell) for place, cell in layout.cells.items()},
        bar="Spearman's ρ",
        marks=f"bold: p < {ALPHA}; ●: q < {ALPHA}; n: subjects with both values; hatched: empty",
    )


def difference_heatmap(layout: DifferenceLayout) -> Figure:
    """Rho less rho of another table as colour and number, hip muscles down, lumbar muscles across.

    Parameters
    ----------
    layout : DifferenceLayout
        Two tables held against each other.
    """
    return _draw_grid(
        layout,
        {place: _square_of_difference(one) for place, one in layout.cells.items()},
        bar="difference of ρ",
        marks="n: subjects here | there; hatched: empty in one of both; differences beyond ±1 are drawn as ±1",
    )


class _Square(NamedTuple):
    """One square: its number, None where it is empty, its words, and the small words below."""

    number: float | None
    text: str
    small: str
    is_bold: bool = False


def _square_of(cell: Cell) -> _Square:
    mark = " ●" if cell.is_q_below_alpha else ""
    return _Square(cell.rho, format_rho(cell.rho) + mark, f"n {cell.n}", cell.is_below_alpha)


def _square_of_difference(one: CellDifference) -> _Square:
    return _Square(one.difference, format_rho(one.difference), one.n_text)


def _draw_grid(
    layout: CorrelationLayout | DifferenceLayout,
    squares: Mapping[tuple[Heading, Heading], _Square],
    *,
    bar: str,
    marks: str,
) -> Figure:
    """The grid with its colour bar, the header above and what the marks mean below."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    n_rows, n_columns = len(layout.hip_rows), len(layout.lumbar_columns)
    size = (
        max(MARGIN_INCHES[0] + _column_inches(layout.lumbar_columns) * n_columns, PAGE_INCHES),
        MARGIN_INCHES[1] + CELL_INCHES[1] * n_rows,
    )
    with plain_looks():
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        colours = mpl.colormaps[COLOURS]
        for row, hip in enumerate(layout.hip_rows):
            for column, lumbar in enumerate(layout.lumbar_columns):
                _draw_square(axes, squares[hip, lumbar], column, row, colours)
        axes.set(xlim=(0, n_columns), ylim=(n_rows, 0))
        _label_axes(axes, layout)
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(-LIMIT, LIMIT), colours)
        colour_bar = figure.colorbar(scale, ax=axes, shrink=0.6, aspect=25, pad=0.02, ticks=[-1, -0.5, 0, 0.5, 1])
        colour_bar.set_label(bar, fontsize=9, color=INK)
        colour_bar.ax.tick_params(labelsize=8.5, labelcolor=INK)
        colour_bar.outline.set_visible(False)
        header = wrapped_words(layout.header, 0.98 * size[0], size=10)
        figure.suptitle(header, fontsize=10, x=0.01, ha="left", color=INK)
        said = wrapped_words(f"{marks}\n{RESEARCH_ONLY}", 0.98 * size[0], size=8)
        figure.supxlabel(said, fontsize=8, x=0.01, ha="left", color=GREY)
    return figure


def _draw_square(axes: Axes, square: _Square, column: int, row: int, colours: Colormap) -> None:
    """One square with its number, mark and n."""
    from matplotlib.patches import Rectangle

    if square.number is None:
        look = {"facecolor": EMPTY, "edgecolor": "#c4c4c4", "hatch": "////", "linewidth": 0.0}
        axes.add_patch(Rectangle((column, row), 1, 1, **look))  # type: ignore[arg-type]
        label = _write(axes, column, row, 0.5, square.small, size=7, color=GREY)
        label.set_bbox({"facecolor": EMPTY, "edgecolor": "none", "pad": 1.5})
        return
    axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colours((square.number / LIMIT + 1) / 2), linewidth=0))
    size = abs(square.number)
    is_dark = size >= DARK_CELL
    quiet = "#f0f0f0" if is_dark else DARK_GREY if size >= COLOURED_CELL else GREY
    weight = "bold" if square.is_bold else "normal"
    _write(axes, column, row, 0.4, square.text, size=8, color="white" if is_dark else INK, weight=weight)
    _write(axes, column, row, 0.77, square.small, size=7, color=quiet)


def _write(
    axes: Axes, column: int, row: int, down: float, text: str, *, size: float, color: str, weight: str = "normal"
) -> Text:
    return axes.text(
        column + 0.5, row + down, text, ha="center", va="center", fontsize=size, color=color, weight=weight
    )


def _label_axes(axes: Axes, layout: CorrelationLayout | DifferenceLayout) -> None:
    """Measures beside every row and column, muscles once outside them, white lines between."""
    rows, columns = layout.hip_rows, layout.lumbar_columns
    axes.set_xticks([k + 0.5 for k in range(len(columns))], [column.measure_label for column in columns])
    axes.set_yticks([k + 0.5 for k in range(len(rows))], [row.measure_label for row in rows])
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)
    axes.xaxis.tick_top()
    for spine in axes.spines.values():
        spine.set_visible(False)
    for k in range(len(rows) + 1):
        axes.axhline(k, color="white", linewidth=3 if k in _muscle_edges(rows) else 1)
    for k in range(len(columns) + 1):
        axes.axvline(k, color="white", linewidth=3 if k in _muscle_edges(columns) else 1)
    of_columns = axes.secondary_xaxis("top")
    of_columns.set_xticks(_muscle_places(columns)[0], _names_above(columns))
    of_columns.tick_params(length=0, pad=18, labelsize=9.5, labelcolor=INK)
    of_columns.spines[:].set_visible(False)
    of_columns.set_xlabel(layout.lumbar_title, fontsize=9, color=GREY, labelpad=6)
    of_rows = axes.secondary_yaxis("left")
    of_rows.set_yticks(*_muscle_places(rows))
    of_rows.tick_params(length=0, pad=38, labelsize=9.5, labelcolor=INK)
    of_rows.spines[:].set_visible(False)
    of_rows.set_ylabel(layout.hip_title, fontsize=9, color=GREY, labelpad=6)


def _column_inches(columns: Sequence[Heading]) -> float:
    """Width of a column with which the names of the muscles above do not touch."""
    words = (max(map(len, name.split("\n"))) for name in _names_above(columns))
    edges = pairwise([0, *sorted(_muscle_edges(columns)), len(columns)])
    wanted = (LETTER_INCHES * (n + 1) / (stop - start) for (start, stop), n in zip(edges, words, strict=True))
    return max(CELL_INCHES[0], *wanted)


def _names_above(columns: Sequence[Heading]) -> list[str]:
    """Names of the muscles above the columns, in lines as short as words allow where each has one column only."""
    names = _muscle_places(columns)[1]
    is_narrow = len(names) == len(columns)
    return ["\n".join(wrap(name, 12, break_long_words=False)) if is_narrow else name for name in names]


def _muscle_edges(headings: Sequence[Heading]) -> set[int]:
    """Where one muscle ends and the next begins."""
    return {k for k in range(1, len(headings)) if headings[k - 1].group != headings[k].group}


def _muscle_places(headings: Sequence[Heading]) -> tuple[list[float], list[str]]:
    """The middle of each muscle's rows or columns, and its name."""
    edges = [0, *sorted(_muscle_edges(headings)), len(headings)]
    middles = [(start + stop) / 2 for start, stop in pairwise(edges)]
    return middles, [headings[start].muscle_label for start in edges[:-1]]
