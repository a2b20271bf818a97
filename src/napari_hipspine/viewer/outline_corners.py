"""Corners of an outline: clicked one after the other, moved, added on a side, deleted, until the outline is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .passing_layers import added, corners_layer

CORNERS = "outline: click its corners, drag to move them"
_MODE = "select"
_CLICKS = ((), ("Shift",))
"""A plain click adds a corner at the end; with Shift it adds one on the nearest side."""

_SAME_PX = 3.0
_SHIFTED_PX = 4.0


class OutlineCorners:
    """One outline at a time, on one slice.

    Parameters
    ----------
    viewer : napari viewer
        Where it is drawn.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Any = None
        self._changed: Callable[[], None] = _nothing
        self._is_setting = False

    @property
    def layer(self) -> Any | None:
        """The layer, while an outline can be drawn."""
        return self._layer if self._layer is not None and self._layer in self._viewer.layers else None

    def begin(
        self,
        *,
        beside: Any,
        starts: Callable[[int], None],
        changed: Callable[[], None],
        ended: Callable[[], None],
    ) -> None:
        """Take clicks.

        Parameters
        ----------
        beside : napari layer
            Where it is drawn.
        starts : callable
            Called with the slice before a corner is added there.
        changed : callable
            Called when corners came, went or moved.
        ended : callable
            Called on a double click on one place.
        """
        self.drop()
        made = added(self._viewer, corners_layer(beside=beside, name=CORNERS))
        made.mode = _MODE
        self._changed = changed

        # Functions and not methods: napari keeps only weak hold of methods.
        def click(layer: Any, event: Any) -> Iterator[None]:
            is_corner = self._corner_under(event) is not None
            pressed = np.array(event.pos)
            yield
            while event.type == "mouse_move":
                yield
            has_moved = np.linalg.norm(np.array(event.pos) - pressed) > _SHIFTED_PX
            if layer.mode == _MODE and not is_corner and not has_moved and tuple(event.modifiers) in _CLICKS:
                place = layer.world_to_data(event.position)
                self._add(place, starts, on_a_side=bool(event.modifiers))

        def double_click(layer: Any, event: Any) -> None:
            # Two quick clicks on two places arrive as a double click as well: the second corner must not be lost.
            place = layer.world_to_data(event.position)
            if layer.mode == _MODE and not self._add(place, starts, on_a_side=False):
                ended()

        def tell(event: Any) -> None:
            # Of every change napari tells twice: before and after.
            if not self._is_setting and not str(getattr(event, "action", "")).lower().endswith("ing"):
                self._changed()

        made.mouse_drag_callbacks.append(click)
        made.mouse_double_click_callbacks.append(double_click)
        made.events.data.connect(tell)
        self._layer = made
        self._viewer.layers.selection.active = made

    def slice_index(self) -> int | None:
        """The slice the outline is on; None while it has no corner."""
        corners = self._corners()
        return round(float(corners[0, 0])) if len(corners) else None

    def vertices(self) -> NDArray[np.float64]:
        """Row and column of every corner in order, shape (n_corners, 2)."""
        return self._corners()[:, 1:]

    def take_back(self) -> bool:
        """Take the last corner away; whether there was one."""
        corners = self._corners()
        if not len(corners):
            return False
        self._set(corners[:-1])
        self._changed()
        return True

    def clear(self) -> None:
        """Begin with no corner."""
        if len(self._corners()):
            self._set(np.zeros((0, 3)))

    def drop(self) -> None:
        """Take no clicks any more."""
        if self.layer is not None:
            self._viewer.layers.remove(self._layer)
        self._layer, self._changed = None, _nothing

    def _corners(self) -> NDArray[np.float64]:
        return np.zeros((0, 3)) if self.layer is None else np.asarray(self._layer.data, dtype=np.float64)

    def _set(self, corners: NDArray[np.float64]) -> None:
        self._is_setting = True
        self._layer.data = corners
        self._is_setting = False

    def _corner_under(self, event: Any) -> int | None:
        found = self._layer.get_value(
            event.position, view_direction=event.view_direction, dims_displayed=list(event.dims_displayed), world=True
        )
        return None if found is None else int(found)

    def _add(self, place: Any, starts: Callable[[int], None], *, on_a_side: bool) -> bool:
        """Add a corner; not where there is one already."""
        corner = np.array([round(float(place[0])), *place[1:]], dtype=np.float64)
        starts(int(corner[0]))
        corners = self._corners()
        px = self._px()
        if len(corners) and np.linalg.norm((corners - corner)[:, 1:] * px, axis=1).min() < _SAME_PX:
            return False
        at = nearest_side(corners[:, 1:] * px, corner[1:] * px) + 1 if on_a_side else len(corners)
        self._set(np.insert(corners, at, corner, axis=0))
        self._layer.selected_data = {at}
        self._changed()
        return True

    def _px(self) -> NDArray[np.float64]:
        """Screen pixels per row and per column."""
        return np.abs(np.asarray(self._layer.scale[1:], dtype=np.float64)) * float(self._viewer.scene.camera.zoom)


def nearest_side(corners: NDArray[np.float64], place: NDArray[np.float64]) -> int:
    """The side of a closed outline that lies nearest to a place, called by the corner it begins at; -1 without any.

    Parameters
    ----------
    corners : ndarray, shape (n_corners, 2)
        Corners in order.
    place : ndarray, shape (2,)
        In the same units.
    """
    if not len(corners):
        return -1
    ahead = np.roll(corners, -1, axis=0) - corners
    along = np.sum((place - corners) * ahead, axis=1) / np.maximum(np.sum(ahead * ahead, axis=1), 1e-9)
    nearest = corners + np.clip(along, 0, 1)[:, np.newaxis] * ahead
    return int(np.linalg.norm(nearest - place, axis=1).argmin())


def _nothing() -> None:
    """While nobody listens."""
