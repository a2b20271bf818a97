"""How a slice stands on the screen: radiological, with the patient's letters at its edges."""

from __future__ import annotations

from dataclasses import dataclass

from .grid import Grid, axis_letters

_OPPOSITE = dict(zip("LRPASI", "RLAPIS", strict=True))
_TO_THE_RIGHT = "LP"
"""What stands on the right of the screen: the patient's left; on sagittal slices the back."""
_DOWNWARDS = "PI"
"""What stands at the bottom: the back on axial slices, the feet on sagittal and coronal ones."""


@dataclass(frozen=True)
class ScreenView:
    """In-plane flips for display and the letters at the edges.

    Parameters
    ----------
    flips_rows, flips_columns : bool
        Whether rows or columns are drawn in reverse; the slice axis never is.
    left, right, top, bottom : str
        The patient's direction at each edge of the screen.
    """

    flips_rows: bool
    flips_columns: bool
    left: str
    right: str
    top: str
    bottom: str


def opposite_letter(letter: str) -> str:
    """The patient's direction the other way."""
    return _OPPOSITE[letter]


def runs_to_the_right(letter: str) -> bool:
    """Whether an axis that grows this way is drawn from the left of the screen to the right."""
    return letter in _TO_THE_RIGHT


def runs_downwards(letter: str) -> bool:
    """Whether an axis that grows this way is drawn from the top of the screen downwards."""
    return letter in _DOWNWARDS


def screen_view(grid: Grid) -> ScreenView:
    """Radiological display of a grid's slices: the patient's left on the right of the screen."""
    _, down, across = axis_letters(grid.affine)
    flips_columns, flips_rows = not runs_to_the_right(across), not runs_downwards(down)
    right = _OPPOSITE[across] if flips_columns else across
    bottom = _OPPOSITE[down] if flips_rows else down
    return ScreenView(flips_rows, flips_columns, _OPPOSITE[right], right, _OPPOSITE[bottom], bottom)
