"""A crosshair that follows the pointer on the slices, and the same place in the patient for the locator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domain.display import opposite_letter
from ..domain.grid import Grid
from .canvas_marks import say_place
from .layers import AXIS_LABELS, METADATA, UNIT, shown_image, slice_shown
from .passing_layers import ShownProposal, added

CROSSHAIR = "crosshair"
_COLOUR = "#66e0ff"
_GROW_TO = "LPS"
"""The patient's directions that positions grow to."""


@dataclass(frozen=True)
class Place:
    """A voxel's place, not rounded, in the order of the file: slice, row, column."""

    slice_index: float
    row: float
    column: float


def place_words(grid: Grid, place: Place) -> str:
    """Where a place lies in the patient [mm], each direction with its letter.

    Examples
    --------
    >>> grid = Grid((3, 4, 5), np.array([[0, 0, 1, -2.0], [0, 1, 0, 3], [5, 0, 0, -5], [0, 0, 0, 1.0]]))
    >>> place_words(grid, Place(0, 0, 0))
    'R 2.0 · P 3.0 · I 5.0 mm'
    """
    position = grid.affine @ np.array([place.slice_index, place.row, place.column, 1.0])
    said = [
        f"{letter if value >= 0 else opposite_letter(letter)} {abs(value):.1f}"
        for letter, value in zip(_GROW_TO, np.round(position[:3], 1), strict=True)
    ]
    return " · ".join(said) + f" {UNIT}"


class Crosshair:
    """Two lines on the slice under the pointer, while it is switched on.

    Parameters
    ----------
    viewer : napari viewer
        Where they are drawn.
    image_layer : callable
        Gives the image layer that is worked on, or None.
    moved : callable
        Takes the `Place`, or None when there is none any more.
    """

    def __init__(self, viewer: Any, *, image_layer: Callable[[], Any], moved: Callable[[Place | None], None]) -> None:
        self._viewer = viewer
        self._image_layer = image_layer
        self._moved = moved
        self._layer: Any = None
        self._place: Place | None = None
        self._is_on = False
        self._is_drawing = False

    @property
    def is_on(self) -> bool:
        """Whether it follows the pointer."""
        return self._is_on

    @property
    def place(self) -> Place | None:
        """Where it is."""
        return self._place

    def toggle(self) -> None:
        """Begin to follow the pointer, or go."""
        if self._is_on:
            self.leave()
            return
        self._is_on = True
        self._viewer.mouse_move_callbacks.append(self._follow)
        self._viewer.dims.events.point.connect(self._change_slice)
        image = self._image_layer()
        if image is not None:
            shape = (image.data[0] if image.multiscale else image.data).shape
            self.point_at(row=(shape[1] - 1) / 2, column=(shape[2] - 1) / 2)

    def leave(self) -> None:
        """Leave nothing behind."""
        if not self._is_on:
            return
        self._is_on = False
        if self._follow in self._viewer.mouse_move_callbacks:
            self._viewer.mouse_move_callbacks.remove(self._follow)
        self._viewer.dims.events.point.disconnect(self._change_slice)
        self._drop_lines()
        say_place(self._viewer, "")
        self._place = None
        self._moved(None)

    def point_at(self, *, row: float | None = None, column: float | None = None) -> None:
        """Go to a row or a column of the slice that is shown; what is not given stays."""
        image = self._image_layer()
        slice_index = None if image is None else slice_shown(self._viewer, image)
        # A layer that comes or goes moves the slider, which would draw the lines a second time.
        if not self._is_on or self._is_drawing or image is None or slice_index is None:
            return
        before = self._place or Place(slice_index, 0.0, 0.0)
        self._place = Place(
            slice_index, before.row if row is None else row, before.column if column is None else column
        )
        shown = shown_image(image)
        self._is_drawing = True
        self._draw(image, self._place)
        self._is_drawing = False
        say_place(self._viewer, place_words(shown.volume.grid, self._place) if shown is not None else "")
        self._moved(self._place)

    def _follow(self, viewer: Any, event: Any) -> None:
        image = self._image_layer()
        if image is None or slice_shown(viewer, image) is None:
            return
        first = viewer.dims.ndim - image.ndim
        _, row, column = image.world_to_data(tuple(event.position)[first:])
        _, n_rows, n_columns = (image.data[0] if image.multiscale else image.data).shape
        if 0 <= row + 0.5 < n_rows and 0 <= column + 0.5 < n_columns:
            self.point_at(row=float(row), column=float(column))

    def _change_slice(self, event: Any = None) -> None:
        self.point_at()

    def _draw(self, image: Any, place: Place) -> None:
        """Lines through the whole slice, in millimetres, so that both are equally thick."""
        _, n_rows, n_columns = (image.data[0] if image.multiscale else image.data).shape
        here = image.data_to_world((place.slice_index, place.row, place.column))
        ends = np.array(
            [
                [image.data_to_world((place.slice_index, place.row, column)) for column in (-0.5, n_columns - 0.5)],
                [image.data_to_world((place.slice_index, row, place.column)) for row in (-0.5, n_rows - 0.5)],
            ]
        )
        step, start = float(image.scale[0]), float(image.translate[0])
        ends[..., 0] = round((here[0] - start) / step)
        vectors = np.stack([ends[:, 0], ends[:, 1] - ends[:, 0]], axis=1)
        if self._layer is None or self._layer not in self._viewer.layers:
            self._add_lines(vectors, image)
        else:
            self._layer.data = vectors

    def _add_lines(self, vectors: Any, image: Any) -> None:
        given = {
            "name": CROSSHAIR,
            "metadata": {METADATA: ShownProposal(is_strokes=False)},
            "edge_color": _COLOUR,
            "edge_width": 0.6 * float(np.min(np.abs(image.scale[1:]))),
            "vector_style": "line",
            "opacity": 0.8,
            "scale": (float(image.scale[0]), 1.0, 1.0),
            "translate": (float(image.translate[0]), 0.0, 0.0),
            "units": tuple(image.units),
            "axis_labels": AXIS_LABELS,
        }
        active = self._viewer.layers.selection.active
        self._layer = added(self._viewer, (vectors, given, "vectors"))
        self._viewer.layers.selection.active = active

    def _drop_lines(self) -> None:
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None
