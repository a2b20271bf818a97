"""How the patient lies, stated by a person where the file carries no orientation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .errors import InvalidChoice
from .grid import Grid
from .volume import Volume

ASSUMED = "orientation_assumed"
"""Flag of volumes whose format carries no patient orientation."""

_DIRECTIONS = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}
"""World axis and sign of every letter in patient LPS coordinates."""


def state_orientation(volume: Volume, letters: str) -> Volume:
    """The volume with its axes pointing where a person says they do; the first voxel lies at the origin.

    Parameters
    ----------
    volume : Volume
        A volume whose orientation was assumed.
    letters : str
        Where slices, rows and columns grow, as ``Grid.orientation`` writes it: ``"SPL"`` is axial, slices to the
        head, rows to the back, columns to the patient's left.

    Raises
    ------
    InvalidChoice
        If the letters do not name three different axes, or the file states its own orientation.
    """
    if ASSUMED not in volume.flags:
        raise InvalidChoice(
            f"Expected a file without patient orientation, found {volume.grid.orientation} in its header, "
            f"in {volume.source.path or 'memory'}.",
            hint="Leave --orientation out; a wrong header is mended where the file was made.",
        )
    return replace(
        volume, grid=turn_grid(volume.grid, letters), flags=tuple(flag for flag in volume.flags if flag != ASSUMED)
    )


def turn_grid(grid: Grid, letters: str) -> Grid:
    """A grid of the same shape and spacing whose axes grow where the letters say.

    Raises
    ------
    InvalidChoice
        If the letters do not name three different axes.
    """
    axes = [_DIRECTIONS.get(letter, (-1, 0)) for letter in letters.upper()]
    if sorted(axis for axis, _ in axes) != [0, 1, 2]:
        raise InvalidChoice(
            f"Expected three letters such as SPL (slices to the head, rows to the back, columns to the left), "
            f"found {letters!r}."
        )
    affine = np.eye(4)
    affine[:3, :3] = 0.0
    for column, ((axis, sign), spacing) in enumerate(zip(axes, grid.spacing_mm, strict=True)):
        affine[axis, column] = sign * spacing
    return Grid(grid.shape, affine, grid.frame_of_reference_uid)
