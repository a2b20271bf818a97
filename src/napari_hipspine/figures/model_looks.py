"""What the figures of models share: their inks, and the line below each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.provenance import RESEARCH_ONLY
from .plain_looks import COLUMN_INCHES, wrapped_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, EMPTY = "#1b1b1b", "#6e6e6e", "#e4e4e4"
COLOURS = ("#0077BB", "#EE7733", "#009988", "#CC3311", "#33BBEE", "#EE3377")
"""Paul Tol's vibrant scheme, told apart by colour-blind eyes."""

MARKERS = ("s", "o", "^", "D", "v", "P")
NOT_VALIDATED = "Model-fitted probability in this sample; not validated; not for individual use."


def finish_figure(figure: Figure, *, title: str, below: str) -> None:
    """Title above, what has to be said below."""
    inches = 0.97 * figure.get_figwidth()
    large, small = (8, 6.5) if figure.get_figwidth() <= COLUMN_INCHES else (10, 7.5)
    figure.suptitle(wrapped_words(title, inches, size=large), fontsize=large, x=0.01, ha="left", color=INK)
    said = wrapped_words(f"{below}\n{RESEARCH_ONLY}", inches, size=small)
    figure.supxlabel(said, fontsize=small, x=0.01, ha="left", color=GREY)


def calm_axes(axes: Axes, *, size: float = 8.5) -> None:
    """Small dark labels, no frame on top and right."""
    axes.tick_params(labelsize=size, labelcolor=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
