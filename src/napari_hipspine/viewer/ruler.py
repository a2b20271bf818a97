"""A ruler on the slices: a line with its length in millimetres, whatever the pixels measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .layers import AXIS_LABELS, METADATA, UNIT
from .passing_layers import ShownProposal, added

RULER = "ruler [mm]"
_COLOUR = "#ffd400"
_TEXT_SIZE = 12
_WIDTH_PX = 1.2


def length_words(line: NDArray[np.float64], slice_step_mm: float) -> str:
    """Length of a line [mm] whose ends are given as slice, and millimetres down and across.

    Examples
    --------
    >>> length_words(np.array([[2, 0.0, 0.0], [2, 30.0, 40.0]]), 4.0)
    '50.0 mm'
    """
    steps = np.diff(np.asarray(line, dtype=np.float64)[[0, -1]], axis=0)[0] * (slice_step_mm, 1.0, 1.0)
    return f"{np.linalg.norm(steps):.1f} {UNIT}"


class Ruler:
    """Lines that say how long they are, in a layer of their own.

    Parameters
    ----------
    viewer : napari viewer
        Where they are drawn.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Any = None
        self._before: Any = None
        self._is_writing = False

    @property
    def is_on(self) -> bool:
        """Whether the ruler is there."""
        return self._layer is not None and self._layer in self._viewer.layers

    def toggle(self, image: Any) -> None:
        """Take the ruler into the hand over an image layer; again takes all its lines away."""
        if self.is_on:
            self.leave()
        else:
            self._begin(image)

    def leave(self) -> None:
        """Take all lines away, and work on what was worked on before."""
        if self.is_on:
            self._viewer.layers.remove(self._layer)
            if self._before is not None and self._before in self._viewer.layers:
                self._viewer.layers.selection.active = self._before
        self._layer = self._before = None

    def lengths(self) -> tuple[str, ...]:
        """What is written beside the lines."""
        return tuple(self._layer.features["length"]) if self.is_on and len(self._layer.data) else ()

    def _begin(self, image: Any) -> None:
        self._before = self._viewer.layers.selection.active
        pixel = float(np.min(np.abs(image.scale[1:])))
        step = abs(float(image.scale[0]))
        given = {
            "name": RULER,
            "ndim": 3,
            "metadata": {METADATA: ShownProposal(is_strokes=False)},
            "edge_color": _COLOUR,
            "face_color": "transparent",
            "edge_width": _WIDTH_PX * pixel,
            "opacity": 1.0,
            "features": {"length": np.array([], dtype=object)},
            "text": {"string": "{length}", "size": _TEXT_SIZE, "color": _COLOUR, "anchor": "lower_left"},
            "scale": (float(image.scale[0]), 1.0, 1.0),
            "translate": (float(image.translate[0]), 0.0, 0.0),
            "units": tuple(image.units),
            "axis_labels": AXIS_LABELS,
        }
        self._layer = layer = added(self._viewer, (None, given, "shapes"))
        layer.mode = "add_line"

        # Functions and not methods: napari keeps only weak hold of methods.
        def drag(seen: Any, event: Any) -> Iterator[None]:
            yield
            while event.type == "mouse_move":
                self._write(step)
                yield
            self._write(step)

        def changed(event: Any = None) -> None:
            self._write(step)

        layer.mouse_drag_callbacks.append(drag)
        layer.events.data.connect(changed)
        layer.events.set_data.connect(changed)
        self._viewer.layers.selection.active = layer

    def _write(self, step: float) -> None:
        """The length beside every line, as long as it is now."""
        layer = self._layer
        if self._is_writing or layer is None:
            return
        words = [length_words(np.asarray(line), step) for line in layer.data]
        if words == list(layer.features["length"]):
            return
        self._is_writing = True
        try:
            layer.features = {"length": np.array(words, dtype=object)}
            layer.refresh_text()
        finally:
            self._is_writing = False
