"""Layers that are there for a moment: outlines of what is proposed, and the strokes of a scribble."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.blocks import VoxelArray
from .dashed_outlines import DashedOutlines
from .layers import METADATA, LayerData, as_drawn, label_colours
from .proposals import Proposal

PREVIEW = "proposed"
STROKES = "strokes: green inside, red outside"
_CORNER_PX = 7
_STROKE_MM = 3.0
_INSIDE, _OUTSIDE = 1, 2


class PreviewLayer:
    """Dashed outlines of what is proposed.

    Parameters
    ----------
    viewer : napari viewer
        Where they are shown.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Any = None
        self._outlines = DashedOutlines((0, 0, 0))

    def prepare(self, structures: Mapping[int, Structure], *, beside: Any) -> None:
        """Be there before something is proposed, so that it is shown at once."""
        shape = tuple(beside.data.shape)
        if not self._is_there() or self._outlines.shape != shape:
            self.drop()
            self._add(shape, structures, beside)

    def show(self, proposal: Proposal, structures: Mapping[int, Structure], *, beside: Any) -> None:
        """Outline what is proposed, in place of what was."""
        self.prepare(structures, beside=beside)
        self._outlines.show({index: _touched(proposal, index) for index in proposal.slices})
        self._layer.refresh(extent=False)

    def clear(self) -> None:
        """Outline nothing, and stay."""
        self._outlines.show({})
        if self._is_there():
            self._layer.refresh(extent=False)

    def drop(self) -> None:
        """Show no proposal any more."""
        if self._is_there():
            self._viewer.layers.remove(self._layer)
        self._layer, self._outlines = None, DashedOutlines((0, 0, 0))

    def _is_there(self) -> bool:
        return self._layer is not None and self._layer in self._viewer.layers

    def _add(self, shape: tuple[int, ...], structures: Mapping[int, Structure], beside: Any) -> None:
        active = self._viewer.layers.selection.active
        self._outlines = DashedOutlines(shape)
        self._layer = added(
            self._viewer, passing_layer(self._outlines, beside=beside, name=PREVIEW, structures=structures)
        )
        self._layer.editable = False
        self._viewer.layers.selection.active = active


class StrokesLayer:
    """Strokes inside and outside one muscle.

    Parameters
    ----------
    viewer : napari viewer
        Where they are drawn.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Any = None

    @property
    def layer(self) -> Any | None:
        """The layer, while strokes are taken."""
        return self._layer if self._layer is not None and self._layer in self._viewer.layers else None

    def begin(self, shape: tuple[int, ...], *, beside: Any, ended: Callable[[], None]) -> None:
        """Take strokes, and tell after each."""
        self.drop()
        made = added(self._viewer, strokes_layer(shape, beside=beside, name=STROKES))
        made.selected_label = _INSIDE
        made.brush_size = max(1, round(_STROKE_MM / min(abs(step) for step in made.scale[1:])))
        made.mode = "paint"

        # A function and not a method: napari keeps only weak hold of methods.
        def tell(event: Any = None) -> None:
            ended()

        made.events.paint.connect(tell, position="last")
        self._layer = made
        self._viewer.layers.selection.active = made

    def on(self, slice_index: int) -> NDArray[np.uint8]:
        """Strokes of one slice, shape (n_rows, n_columns): 1 inside, 2 outside."""
        return np.asarray(self._layer.data[slice_index])

    def everywhere(self) -> NDArray[np.uint8]:
        """Strokes of all slices, shape (n_slices, n_rows, n_columns)."""
        return np.asarray(self._layer.data)

    def swap(self) -> None:
        """Draw the other kind of stroke from now on."""
        if self.layer is not None:
            self._layer.selected_label = _OUTSIDE if self._layer.selected_label == _INSIDE else _INSIDE

    def is_outside(self) -> bool:
        """Whether strokes outside are drawn."""
        return self.layer is not None and self._layer.selected_label == _OUTSIDE

    def take_back(self) -> bool:
        """Take the last stroke back; whether there was one."""
        if self.layer is None or not self._layer.data.any():
            return False
        self._layer.undo()
        return True

    def clear(self, *, but: int | None = None) -> None:
        """Begin with no stroke, but for those of one slice."""
        if self.layer is None or not self._layer.data.any():
            return
        empty = np.zeros_like(self._layer.data)
        if but is not None:
            empty[but] = self._layer.data[but]
        self._layer.data = empty
        self._layer.selected_label = _INSIDE

    def drop(self) -> None:
        """Take no strokes any more."""
        if self.layer is not None:
            self._viewer.layers.remove(self._layer)
        self._layer = None


@dataclass(frozen=True)
class ShownProposal:
    """What a layer shows that is there for a moment: a proposal, or the strokes it is made from."""

    is_strokes: bool


def passing_layer(labels: VoxelArray, *, beside: Any, name: str, structures: Mapping[int, Structure]) -> LayerData:
    """Outlines of proposed labels, drawn where another labels layer of ours is drawn."""
    given = {
        "name": name,
        "opacity": 1.0,
        "metadata": {METADATA: ShownProposal(is_strokes=False)},
        "colormap": label_colours(structures),
        **as_drawn(beside),
    }
    return labels, given, "labels"


def strokes_layer(shape: tuple[int, ...], *, beside: Any, name: str) -> LayerData:
    """A layer for strokes: 1 inside, green; 2 outside, red."""
    from napari.utils.colormaps import DirectLabelColormap

    colours: dict[int | None, Any] = {None: "transparent", 0: "transparent", 1: "#33dd66", 2: "#ff5544"}
    given = {
        "name": name,
        "opacity": 0.8,
        "metadata": {METADATA: ShownProposal(is_strokes=True)},
        "colormap": DirectLabelColormap(color_dict=colours),
        **as_drawn(beside),
    }
    return np.zeros(shape, np.uint8), given, "labels"


def corners_layer(*, beside: Any, name: str) -> LayerData:
    """A layer for the corners of an outline, as large on the screen however near one looks."""
    given = {
        "name": name,
        "metadata": {METADATA: ShownProposal(is_strokes=True)},
        "ndim": 3,
        "size": 1,
        "face_color": "#ffd400",
        "border_width": 0,
        "canvas_size_limits": (_CORNER_PX, _CORNER_PX),
        **as_drawn(beside),
    }
    return np.zeros((0, 3)), given, "points"


def is_passing(layer: Any) -> bool:
    """Whether a layer is there for a moment only."""
    return isinstance(layer.metadata.get(METADATA), ShownProposal)


def added(viewer: Any, made: LayerData) -> Any:
    """A layer of ours in the layer list."""
    from napari.layers import Layer

    return viewer.add_layer(Layer.create(*made))


def _touched(proposal: Proposal, index: int) -> NDArray[np.uint16]:
    """Labels of a slice as they would be, of those only that would change."""
    before, after = proposal.before[index], proposal.after[index]
    changes = after != before
    touched = np.union1d(after[changes], before[changes])
    return np.where(np.isin(after, touched), after, np.uint16(0))
