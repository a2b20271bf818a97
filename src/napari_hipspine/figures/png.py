"""A figure as PNG or SVG bytes that depend on nothing but the figure."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from .plain_looks import plain_looks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 300
"""As journals ask for."""


def pictures_of(figures: Mapping[str, Callable[[], Figure]]) -> dict[str, Callable[[], bytes]]:
    """What makes each PNG file, by file name, from what makes its figure, by name."""
    return {f"{name}.png": partial(_draw, make) for name, make in figures.items()}


def _draw(make: Callable[[], Figure]) -> bytes:
    return figure_as_png(make())


def figure_as_png(figure: Figure, *, dpi: int = DOTS_PER_INCH) -> bytes:
    """The figure as PNG: equal figures give equal bytes, whatever the user's matplotlib settings and the date."""
    out = io.BytesIO()
    with plain_looks():
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def figure_as_svg(figure: Figure, *, origin: str = "") -> bytes:
    """The figure as SVG: equal figures give equal bytes; words stay words.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    origin : str
        What it rests on, kept in the file's description.
    """
    import matplotlib as mpl

    out = io.BytesIO()
    with plain_looks(), mpl.rc_context({"svg.hashsalt": "figure", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Description": origin or None})
    return out.getvalue()
