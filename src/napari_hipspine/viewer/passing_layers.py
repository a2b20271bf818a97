"""Layers that are there for a moment: outlines of what is proposed, and the strokes of a scribble."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .layers import is_passing, passing_layer, strokes_layer
from .proposals import Proposal
from .series_work import SeriesWork

PREVIEW = "proposed"
STROKES = "strokes: green inside, red outside"
_LINE = 2
_STROKE_BRUSH = 3


class PassingLayers:
    """At most one proposal and one layer of strokes in a viewer.

    Parameters
    ----------
    viewer : napari viewer
        Where they are shown.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._preview: Any = None
        self._strokes: Any = None

    @property
    def is_scribbling(self) -> bool:
        """Whether there is a layer of strokes."""
        return self._strokes is not None and self._strokes in self._viewer.layers

    def show(self, proposal: Proposal, work: SeriesWork, *, beside: Any) -> None:
        """Outline what is proposed, in place of what was."""
        self.drop_preview()
        labels = np.zeros(work.volume.grid.shape, np.uint16)
        for index in proposal.slices:
            touched = np.unique(proposal.after[index][proposal.after[index] != proposal.before[index]])
            gone = np.unique(proposal.before[index][proposal.after[index] != proposal.before[index]])
            shown = np.isin(proposal.after[index], np.union1d(touched, gone))
            labels[index] = np.where(shown, proposal.after[index], 0)
        structures = work.label_map.structures if work.label_map else {}
        active = self._viewer.layers.selection.active
        self._preview = self._add(passing_layer(labels, beside=beside, name=PREVIEW, structures=structures))
        self._preview.contour = _LINE
        self._preview.editable = False
        self._viewer.layers.selection.active = active

    def drop_preview(self) -> None:
        """Show no proposal any more."""
        self._remove(self._preview)
        self._preview = None

    def begin_strokes(self, shape: tuple[int, ...], *, beside: Any, ended: Callable[[], None]) -> None:
        """Take strokes, and tell after each."""
        self.drop_strokes()
        self._strokes = self._add(strokes_layer(shape, beside=beside, name=STROKES))
        self._strokes.selected_label, self._strokes.brush_size = 1, _STROKE_BRUSH
        self._strokes.mode = "paint"

        def tell(event: Any = None) -> None:
            ended()

        self._strokes.events.paint.connect(tell, position="last")
        self._viewer.layers.selection.active = self._strokes

    def strokes_on(self, slice_index: int) -> Any:
        """Strokes of one slice, shape (n_rows, n_columns)."""
        return np.asarray(self._strokes.data[slice_index])

    def all_strokes(self) -> Any:
        """Strokes of all slices, shape (n_slices, n_rows, n_columns)."""
        return np.asarray(self._strokes.data)

    def swap_stroke(self) -> None:
        """Draw the other kind of stroke from now on."""
        if self.is_scribbling:
            self._strokes.selected_label = 3 - self._strokes.selected_label

    def clear_strokes(self) -> None:
        """Begin with no stroke."""
        if self.is_scribbling:
            self._strokes.data = np.zeros(self._strokes.data.shape, np.uint8)
            self._strokes.selected_label = 1

    def drop_strokes(self) -> None:
        """Take no strokes any more."""
        self._remove(self._strokes)
        self._strokes = None

    def _add(self, made: Any) -> Any:
        from napari.layers import Layer

        return self._viewer.add_layer(Layer.create(*made))

    def _remove(self, layer: Any) -> None:
        if layer is not None and layer in self._viewer.layers and is_passing(layer):
            self._viewer.layers.remove(layer)
