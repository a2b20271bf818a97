"""The layers of a session in a viewer, and what is seen of them: slice, muscle, black and white."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..domain.anatomy import Structure
from .label_work import LabelWork
from .layers import LayerData, array_of, count_slices_of, go_to_slice, shown_image, slice_shown
from .passing_layers import is_passing
from .series_of_layers import main_volume
from .series_work import SeriesWork
from .session import Session


class SeenLayers:
    """Finds the layers of open series and moves the picture.

    Parameters
    ----------
    viewer : napari viewer
        Its own or a plugin's view of it.
    session : Session
        What is open.
    """

    def __init__(self, viewer: Any, session: Session) -> None:
        self._viewer = viewer
        self._session = session
        self._is_showing = False

    @contextmanager
    def showing(self) -> Iterator[None]:
        """While layers are brought into the picture, where the picture goes is not the reader's doing."""
        was, self._is_showing = self._is_showing, True
        try:
            yield
        finally:
            self._is_showing = was

    def image_layer(self) -> Any | None:
        """Layer of the image that is worked on."""
        work = self._session.work
        wanted = main_volume(work.opened) if work else None
        return self._find(lambda layer: (shown := shown_image(layer)) is not None and shown.volume is wanted)

    def labels_layer(self) -> Any | None:
        """Layer of the labels that are measured."""
        work = self._session.work
        array = work.label_map.labels if work and work.label_map else None
        return self._find(lambda layer: array is not None and array_of(layer) is array)

    def layers_of(self, work: SeriesWork) -> list[Any]:
        """Layers that show an open series: its picture, or water and fat, and its labels."""
        labels = work.label_map.labels if work.label_map is not None else None
        return [
            layer
            for layer in self._viewer.layers
            if ((shown := shown_image(layer)) is not None and shown.image is work.opened)
            or (labels is not None and array_of(layer) is labels)
            or (work.fat_work is not None and layer in self.labels_layers_of(work.fat_work))
        ]

    def other_labels(self) -> list[Any]:
        """Labels layers that are measured with no open series."""
        taken = [work.label_map.labels for work in self._session.works if work.label_map is not None]
        is_labels = (
            layer for layer in self._viewer.layers if hasattr(layer, "selected_label") and not is_passing(layer)
        )
        return [layer for layer in is_labels if all(array_of(layer) is not labels for labels in taken)]

    def foreign_pictures(self) -> list[str]:
        """Names of pictures that others put into the window, whose place in the patient nobody knows."""
        return [layer.name for layer in self._viewer.layers if hasattr(layer, "rgb") and shown_image(layer) is None]

    def labels_layers_of(self, kept: LabelWork) -> list[Any]:
        """Labels layers that show what lies in a store."""
        is_labels = (layer for layer in self._viewer.layers if hasattr(layer, "selected_label"))
        return [layer for layer in is_labels if array_of(layer) is kept.store.labels]

    def add_layers(self, layers: Sequence[LayerData]) -> None:
        """Put layers into the list; hidden at first, for napari reads a slice nobody looks at of one that is seen."""
        from napari.layers import Layer

        for data, given, kind in layers:
            layer = Layer.create(data, {**given, "visible": False}, kind)
            self._viewer.add_layer(layer)
            layer.visible = given.get("visible", True)

    def drop_layers(self, layers: Sequence[Any]) -> None:
        """Take layers out of the list."""
        for layer in layers:
            self._viewer.layers.remove(layer)

    @property
    def shows_slices(self) -> bool:
        """Whether slices are on the screen, and not the whole in space."""
        return bool(self._viewer.dims.ndisplay == 2)

    def slice_shown(self) -> int | None:
        """Slice of the current image that is on the screen."""
        layer = self.image_layer()
        return None if layer is None else slice_shown(self._viewer, layer)

    def place_shown(self) -> tuple[int | None, Structure | None]:
        """The slice on the screen, and the structure that is worked on."""
        work, labels = self._session.work, self.labels_layer()
        if work is None or work.label_map is None or labels is None:
            return self.slice_shown(), None
        return self.slice_shown(), work.label_map.structures.get(int(labels.selected_label))

    def visit(self, slice_index: int, structure: Structure | None = None) -> None:
        """Go to a slice, and choose the label of a structure there."""
        layer, work, labels = self.image_layer(), self._session.work, self.labels_layer()
        if layer is not None:
            go_to_slice(self._viewer, layer, slice_index)
        if structure is None or labels is None or work is None or work.label_map is None:
            return
        values = {named: value for value, named in work.label_map.structures.items()}
        if structure in values:
            labels.selected_label = values[structure]
            self._viewer.layers.selection.active = labels

    def choose_label(self, value: int) -> None:
        """Paint with a label value from now on."""
        labels = self.labels_layer()
        if labels is not None:
            labels.selected_label = value
            self.work_on(labels)

    def active_label(self) -> int:
        """Label value that is painted with; 0 for none."""
        labels = self.labels_layer()
        return int(labels.selected_label) if labels is not None else 0

    def work_on(self, layer: Any) -> None:
        """Have the mouse and the keys act on a layer."""
        self._viewer.layers.selection.active = layer

    def count_slices(self) -> None:
        """Let the slider count the slices of the image that is worked on."""
        layer = self.image_layer()
        if layer is not None:
            count_slices_of(self._viewer, layer)

    def fit(self) -> None:
        """Show the whole picture."""
        if self.image_layer() is not None:
            self._viewer.reset_view()

    def note_view(self) -> None:
        """Keep with the series that is worked on what is seen of it now."""
        labels, image, shown = self.labels_layer(), self.image_layer(), self.slice_shown()
        seen: dict[str, Any] = {} if shown is None else {"slice_index": shown}
        if labels is not None:
            seen["value"] = int(labels.selected_label)
        if image is not None:
            seen["contrast_limits"] = tuple(map(float, image.contrast_limits))
        self._session.remember_view(**seen)

    def look_where_it_was_left(self, work: SeriesWork, labels: Any | None) -> None:
        """The slice, the muscle and the window that were seen last; at first the level, or the middle."""
        grid, placed, seen = work.image.grid, work.level_plan.placements, work.seen
        first = grid.nearest_slice(placed[0].position_mm) if placed else grid.shape[0] // 2
        is_inside = seen.slice_index is not None and 0 <= seen.slice_index < grid.shape[0]
        self.visit(seen.slice_index if is_inside and seen.slice_index is not None else first)
        if labels is not None and seen.value is not None and labels.selected_label != seen.value:
            labels.selected_label = seen.value
        image = self.image_layer()
        if image is not None and seen.contrast_limits is not None:
            image.contrast_limits = seen.contrast_limits

    def _find(self, is_wanted: Callable[[Any], bool]) -> Any | None:
        return next((layer for layer in self._viewer.layers if is_wanted(layer)), None)
