"""A figure as PNG bytes that depend on nothing but the figure."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150


def figure_as_png(figure: Figure, *, dpi: int = DOTS_PER_INCH) -> bytes:
    """The figure as PNG: equal figures give equal bytes, whatever the user's matplotlib settings and the date."""
    import matplotlib as mpl

    out = io.BytesIO()
    with mpl.rc_context(mpl.rcParamsDefault):
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()
