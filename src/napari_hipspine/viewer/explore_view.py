"""Muscles as surfaces in place of the slices, and the way back to the slices as they were left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.colours import FAT_SCALE, MOST_FAT, fat_colours, structure_colour
from ..domain.display import opposite_letter
from ..domain.surface import Surface
from .canvas_marks import PREFIX
from .explore_choice import ColourBy, ExploreChoice, SeenFrom
from .layers import AXIS_LABELS, METADATA, UNIT
from .passing_layers import ShownProposal, added

SURFACES = "muscle surfaces"
LETTERS = "patient's directions"
_GROWS_TO = ("I", "P", "L")
"""Where the three drawn axes grow: on napari's canvas these and no others stand unmirrored in the usual light.

Turning the camera's depth would do as well, but then light falls on the muscles from behind.
"""

_ORIENTATION = ("towards", "down", "right")

_MARGIN = 1.18
_LETTER_SIZE = 18
_LINE_SIZE = 10
_FILLS = 1.0
"""How much of the canvas the longest way through the muscles takes."""

_SEEN_FROM_THE_SIDE = 0.8
"""A letter is not drawn where one looks along its direction: the one behind would lie over the one in front."""

_WORDS = f"{PREFIX}explore"
_IN_MM = {"units": (UNIT,) * 3, "axis_labels": AXIS_LABELS}
_LINES = {ColourBy.MUSCLE: "", ColourBy.FAT: "pixels called fat [%]"}


class ExploreView:
    """Shows surfaces in a viewer and brings back what was there.

    Parameters
    ----------
    viewer : napari viewer
        Where they are shown.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._before: _Before | None = None
        self._surfaces: tuple[Surface, ...] = ()
        self._corners: list[NDArray[np.float32]] = []
        self._layer: Any = None
        self._letters: Any = None

    @property
    def is_on(self) -> bool:
        """Whether surfaces are shown in place of the slices."""
        return self._before is not None

    def show(self, surfaces: Sequence[Surface], choice: ExploreChoice) -> None:
        """Show surfaces in place of the slices.

        Parameters
        ----------
        surfaces : sequence of Surface
            Of the muscles of one series.
        choice : ExploreChoice
            Colours and the side that is seen first.
        """
        self.leave()
        viewer = self._viewer
        self._before = _Before(viewer)
        self._surfaces = tuple(surfaces)
        self._corners = [_drawn_corners(one) for one in surfaces]
        for layer in list(viewer.layers):
            layer.visible = False
        self._layer = self._add_surfaces(choice)
        self._letters = self._add_letters()
        viewer.layers.selection.active = self._layer
        viewer.scene.camera.orientation = _ORIENTATION
        viewer.dims.ndisplay = 3
        viewer.scene.camera.events.angles.connect(self._show_letters)
        self._say(_LINES[choice.colour_by])
        self.look(choice.seen_from)

    def leave(self) -> None:
        """Bring back the slices, as they were when the surfaces were shown."""
        before, self._before = self._before, None
        if before is None:
            return
        self._viewer.scene.camera.events.angles.disconnect(self._show_letters)
        self._say("")
        for layer in (self._layer, self._letters):
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._layer = self._letters = None
        self._surfaces, self._corners = (), []
        before.bring_back()

    def look(self, seen_from: SeenFrom) -> None:
        """Look at the muscles from one side of the patient, all of them in the picture."""
        if not self.is_on:
            return
        self._viewer.reset_view()
        towards_reader, up = (_direction(letter) for letter in (seen_from.letter, seen_from.up))
        camera = self._viewer.scene.camera
        camera.set_view_direction(tuple(-towards_reader), tuple(up))
        low, high = self._extent()
        camera.center = tuple((low + high) / 2)
        camera.zoom = _FILLS * min(self._viewer.canvas.size) / float(np.linalg.norm(high - low) or 1.0)
        self._show_letters()

    def colour(self, colour_by: ColourBy) -> None:
        """Colour by muscle or by local fat."""
        if self.is_on:
            self._layer.vertex_colors = np.vstack([_colours(one, colour_by) for one in self._surfaces])
            self._layer.colorbar.visible = colour_by is ColourBy.FAT
            self._say(_LINES[colour_by])

    def hide(self, hidden: Collection[Structure]) -> None:
        """Draw all muscles but these."""
        if self.is_on:
            vertices, _, values = self._layer.data
            self._layer.data = (vertices, self._triangles(hidden), values)

    def _triangles(self, hidden: Collection[Structure] = ()) -> NDArray[np.int32]:
        begins = np.cumsum([0, *(len(one) for one in self._corners)])
        seen = [
            one.triangles + np.int32(begin)
            for one, begin in zip(self._surfaces, begins[:-1], strict=True)
            if one.structure not in hidden
        ]
        return np.vstack(seen) if seen else np.zeros((1, 3), np.int32)

    def _add_surfaces(self, choice: ExploreChoice) -> Any:
        shares = [_percent(one) for one in self._surfaces]
        given = {
            "name": SURFACES,
            "metadata": {METADATA: ShownProposal(is_strokes=False)},
            "colormap": _fat_colormap(),
            "contrast_limits": (0.0, 100 * MOST_FAT),
            "shading": "smooth",
            "vertex_colors": np.vstack([_colours(one, choice.colour_by) for one in self._surfaces]),
            **_IN_MM,
        }
        data = (np.vstack(self._corners), self._triangles(), np.concatenate(shares))
        layer = added(self._viewer, (data, given, "surface"))
        layer.colorbar.visible = choice.colour_by is ColourBy.FAT
        return layer

    def _add_letters(self) -> Any:
        """The patient's letters on the six sides of the muscles."""
        low, high = self._extent()
        middle, half = (low + high) / 2, (high - low) / 2
        room = float(half.max()) * (_MARGIN - 1)
        places, letters = [], []
        for axis, letter in enumerate(_GROWS_TO):
            for sign, said in ((1, letter), (-1, opposite_letter(letter))):
                place = middle.copy()
                place[axis] += sign * (half[axis] + room)
                places.append(place)
                letters.append(said)
        given = {
            "name": LETTERS,
            "metadata": {METADATA: ShownProposal(is_strokes=False)},
            "size": 0.01,
            "face_color": "transparent",
            "border_color": "transparent",
            "text": {"string": letters, "size": _LETTER_SIZE, "color": "orange", "anchor": "center"},
            **_IN_MM,
        }
        return added(self._viewer, (np.array(places), given, "points"))

    def _extent(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest place of the muscles as they are drawn [mm]."""
        ends = np.array([pick(part, axis=0) for part in self._corners for pick in (np.min, np.max)])
        return ends.min(axis=0).astype(np.float64), ends.max(axis=0).astype(np.float64)

    def _show_letters(self, event: Any = None) -> None:
        """Draw the letters of directions that are seen from the side."""
        if self._letters is not None:
            is_along = np.abs(self._viewer.scene.camera.view_direction) > _SEEN_FROM_THE_SIDE
            pairs = zip(_GROWS_TO, is_along, strict=True)
            self._letters.text.string = [
                "" if hidden else said for letter, hidden in pairs for said in (letter, opposite_letter(letter))
            ]

    def _say(self, words: str) -> None:
        """One line at the top of the canvas; none for no words."""
        from napari.components.overlays import TextOverlay

        overlays = self._viewer.canvas.overlays
        if _WORDS not in overlays:
            overlays[_WORDS] = TextOverlay(position="top_left", font_size=_LINE_SIZE)
        overlays[_WORDS].text = words
        overlays[_WORDS].visible = bool(words)


class _Before:
    """What is seen in a viewer, to be brought back.

    Parameters
    ----------
    viewer : napari viewer
        As it is now.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        camera = viewer.scene.camera
        self._seen = [(layer, bool(layer.visible)) for layer in viewer.layers]
        self._active = viewer.layers.selection.active
        self._point = tuple(viewer.dims.point)
        self._ndisplay = viewer.dims.ndisplay
        self._camera = {name: getattr(camera, name) for name in ("orientation", "angles", "zoom", "center")}

    def bring_back(self) -> None:
        """Show it again; layers that came since stay as they are."""
        viewer = self._viewer
        viewer.dims.ndisplay = self._ndisplay
        for layer, is_visible in self._seen:
            if layer in viewer.layers:
                layer.visible = is_visible
        for axis, place in enumerate(self._point[: viewer.dims.ndim]):
            viewer.dims.set_point(axis, place)
        for name, value in self._camera.items():
            setattr(viewer.scene.camera, name, value)
        if self._active is not None and self._active in viewer.layers:
            viewer.layers.selection.active = self._active


def _drawn_corners(surface: Surface) -> NDArray[np.float32]:
    """Corners as they are drawn [mm], shape ``(n, 3)``."""
    return surface.vertices_mm[:, ::-1] * np.array([-1, 1, 1], np.float32)


def _direction(letter: str) -> NDArray[np.float64]:
    """Direction among the drawn axes that a patient's letter stands for."""
    return np.array([(letter == grows) - (letter == opposite_letter(grows)) for grows in _GROWS_TO], np.float64)


def _colours(surface: Surface, colour_by: ColourBy) -> NDArray[np.float32]:
    """A colour for every corner, shape ``(n, 4)``."""
    n_corners = len(surface.vertices_mm)
    found = np.ones((n_corners, 4), np.float32)
    if colour_by is ColourBy.MUSCLE:
        found[:, :3] = structure_colour(surface.structure)
    else:
        shares = surface.fat_shares
        found[:, :3] = fat_colours(np.full(n_corners, np.nan) if shares is None else shares)
    return found


def _percent(surface: Surface) -> NDArray[np.float32]:
    """Share of fat at every corner [%]; 0 where it is not known."""
    if surface.fat_shares is None:
        return np.zeros(len(surface.vertices_mm), np.float32)
    return np.nan_to_num(100 * surface.fat_shares)


def _fat_colormap() -> Any:
    from napari.utils.colormaps import Colormap

    return Colormap(fat_colours(np.linspace(0, MOST_FAT, len(FAT_SCALE))), name="local fat")
