"""Keeps a session and a viewer's layers in step: layers of ours become open series, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..domain.anatomy import Structure
from ..domain.volume import Volume, WaterFat
from ..keeping.label_store_changes import LabelChange
from ..workflows.open_subject import ImageFiles
from .canvas_marks import mark_canvas, refresh_marks
from .label_work import LabelWork, fresh_place, open_label_work, place_of_labels
from .layers import (
    METADATA,
    LayerData,
    ShownImage,
    ShownLabels,
    array_of,
    as_opened,
    count_slices_of,
    go_to_slice,
    image_layers,
    is_passing,
    keep_with_image,
    keep_with_labels,
    label_map_of_layer,
    shown_image,
    shown_labels,
    slice_shown,
)
from .openings import OpenedLabels
from .painted_layer import bind_layer, show_store
from .series_of_layers import main_volume, moved_to_grid, volumes_of, work_of_files, work_of_layer
from .series_work import SeriesWork, slice_checksums
from .session import Session


class LayerLink:
    """The session's hand in the layer list.

    Parameters
    ----------
    viewer : napari viewer
        Its own or a plugin's view of it.
    session : Session
        What is open.
    labels_touched : callable
        Called when labels were painted, undone or redone.
    layers_changed : callable
        Called when layers came or went, after the session knows.
    moved : callable
        Called when another slice or label was chosen, and when statuses or locks changed.
    """

    def __init__(
        self,
        viewer: Any,
        session: Session,
        *,
        labels_touched: Callable[[], None],
        layers_changed: Callable[[], None],
        moved: Callable[[], None],
    ) -> None:
        self._viewer = viewer
        self._session = session
        self._labels_touched = labels_touched
        self._layers_changed = layers_changed
        self._moved = moved
        self._hears = (
            (viewer.layers.events.inserted, self._welcome),
            (viewer.layers.events.removed, self._part),
            (viewer.dims.events.current_step, self._move),
        )
        for event, heard in self._hears:
            event.connect(heard)
        mark_canvas(viewer)
        for layer in list(viewer.layers):
            self._adopt(layer)
        self.count_slices()

    def close(self) -> None:
        """Hear nothing more of the viewer, and tell nobody anything."""
        self._labels_touched = self._layers_changed = self._moved = _tell_nobody
        for event, heard in self._hears:
            event.disconnect(heard)

    def open_image(self, image: Volume | WaterFat, layers: Sequence[LayerData], *, pictures: ImageFiles) -> None:
        """Show an opened image and work on it."""
        work = work_of_files(image, pictures)
        study, current = self._session.study, self._session.who
        if study is not None and current.subject_id:
            work = replace(work, who=current)
        self._session.add(work)
        self._add(layers)

    def open_labels(self, opened: OpenedLabels) -> None:
        """Show opened labels on the image that is worked on, in place of those it had."""
        work = self._session.work
        if work is None or opened.work is work.label_work:
            return
        self._show_anew(work, opened.image)
        self._drop(self.labels_layer())
        self._session.change(
            opened=opened.image,
            declared=None,
            label_map=opened.label_map,
            label_work=opened.work,
            outlines=opened.outlines,
            opened_checksums=opened.checksums,
            level_plan=moved_to_grid(work.level_plan, work.image.grid, opened.image.grid),
        )
        if work.pictures is not None:
            said = work.pictures
            self._session.declare(
                contrast=said.contrast,
                fat_polarity=said.fat_polarity,
                allows_fat_suppressed=said.allows_fat_suppressed,
            )
        self._add([opened.layer])

    def use_labels(self, layer: Any) -> None:
        """Measure a labels layer, whoever made it.

        Raises
        ------
        GridMismatch
            If it does not lie on whole voxels of the image.
        """
        beside, work = self.image_layer(), self._session.work
        if beside is not None and work is not None:
            label_map = label_map_of_layer(layer, beside=beside)
            label_map.on_grid(work.image.grid)
            if work.label_work is not None and array_of(layer) is not work.label_work.store.labels:
                work.label_work.close()
            kept = open_label_work(fresh_place(layer.name), as_opened(label_map))
            layer.metadata[METADATA] = ShownLabels(kept.store.label_map(), None, kept)
            layer.data = kept.store.labels
            self._session.change(label_map=kept.store.label_map(), label_work=kept, outlines=None, opened_checksums=())
            self._watch_labels(layer, kept)
            self.show_structures()

    def name_structures(self, structures: dict[int, Structure]) -> None:
        """Say what the values of the labels mean, and colour them so."""
        work = self._session.work
        if work is not None and work.label_map is not None:
            label_map = replace(work.label_map, structures=structures)
            if work.label_work is not None:
                work.label_work.name(structures)
            self._session.change(label_map=label_map)
            self.show_structures()

    def show_structures(self) -> None:
        """Colour the labels by what they mean now."""
        layer, work = self.labels_layer(), self._session.work
        if layer is not None and work is not None and work.label_map is not None:
            keep_with_labels(layer, work.label_map, work.outlines, hidden=work.hidden)

    def show_levels(self) -> None:
        """Write the levels marked on the image that is worked on, and keep them and its files with its layer."""
        layer, work = self.image_layer(), self._session.work
        if layer is not None and work is not None:
            keep_with_image(layer, level_plan=work.level_plan, pictures=work.pictures)
            refresh_marks(self._viewer)

    def show_current(self) -> None:
        """Show the layers of the series that is worked on and hide those of the others."""
        current, labels = self._session.work, self.labels_layer()
        for layer in self._viewer.layers:
            shown = shown_image(layer)
            if shown is not None and current is not None:
                layer.visible = shown.image is current.opened and shown.volume is main_volume(current.opened)
            elif shown_labels(layer) is not None:
                layer.visible = labels is not None and layer == labels
        active = labels if labels is not None else self.image_layer()
        if active is not None:
            self._viewer.layers.selection.active = active
        self.count_slices()
        refresh_marks(self._viewer)
        if current is not None:
            grid, placed = current.image.grid, current.level_plan.placements
            self.visit(grid.nearest_slice(placed[0].position_mm) if placed else grid.shape[0] // 2)

    def count_slices(self) -> None:
        """Let the slider count the slices of the image that is worked on."""
        layer = self.image_layer()
        if layer is not None:
            count_slices_of(self._viewer, layer)

    def fit(self) -> None:
        """Show the whole picture."""
        if self.image_layer() is not None:
            self._viewer.reset_view()

    def slice_shown(self) -> int | None:
        """Slice of the current image that is on the screen."""
        layer = self.image_layer()
        return None if layer is None else slice_shown(self._viewer, layer)

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
            self._viewer.layers.selection.active = labels

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

    def other_labels(self) -> list[Any]:
        """Labels layers that are measured with no open series."""
        taken = [work.label_map.labels for work in self._session.works if work.label_map is not None]
        is_labels = (
            layer for layer in self._viewer.layers if hasattr(layer, "selected_label") and not is_passing(layer)
        )
        return [layer for layer in is_labels if all(array_of(layer) is not labels for labels in taken)]

    def _find(self, is_wanted: Callable[[Any], bool]) -> Any | None:
        return next((layer for layer in self._viewer.layers if is_wanted(layer)), None)

    def _add(self, layers: Sequence[LayerData]) -> None:
        from napari.layers import Layer

        for data in layers:
            self._viewer.add_layer(Layer.create(*data))

    def _drop(self, layer: Any | None) -> None:
        if layer is not None:
            self._viewer.layers.remove(layer)

    def _show_anew(self, work: SeriesWork, image: Volume | WaterFat) -> None:
        """The layers of an image whose place in the patient is known better now; nothing drawn changes."""
        pairs = {id(old): new for old, new in zip(volumes_of(work.opened), volumes_of(image), strict=True)}
        for layer in self._viewer.layers:
            shown = shown_image(layer)
            if shown is not None and shown.image is work.opened:
                (data, given, _) = next(
                    made
                    for made in image_layers(image, name=layer.name, pictures=shown.pictures)
                    if _shown_of(made).volume is pairs[id(shown.volume)]
                )
                layer.data = data
                layer.metadata.update(given["metadata"])
                layer.scale, layer.translate = given["scale"], given["translate"]

    def _welcome(self, event: Any) -> None:
        self._adopt(event.value)
        self.count_slices()
        self._layers_changed()

    def _part(self, event: Any) -> None:
        self._let_go(event.value)
        self.count_slices()
        self._layers_changed()

    def _adopt(self, layer: Any) -> None:
        """Take a layer of ours into the session, unless the session put it there."""
        shown, outlined = shown_image(layer), shown_labels(layer)
        if shown is not None and all(work.opened is not shown.image for work in self._session.works):
            self._session.add(work_of_layer(shown, layer.name))
        if outlined is None:
            return
        for number, work in enumerate(self._session.works):
            if work.label_map is not None and work.label_map.labels is outlined.label_map.labels:
                if outlined.work is not None:
                    self._watch_labels(layer, outlined.work)
                return
            if work.label_map is None and work.image.grid.same_as(outlined.label_map.grid):
                self._take_labels(number, layer, outlined)
                return

    def _take_labels(self, number: int, layer: Any, outlined: ShownLabels) -> None:
        """Labels of ours that somebody else put into the layer list: copied to the disk, unless they lie there."""
        work, opened = self._session.works[number], outlined.label_map
        kept = outlined.work
        if kept is None or kept.is_closed:
            place = place_of_labels(work.pictures, outlined.outlines, study=self._session.study)
            kept = open_label_work(place, opened)
        checksums = slice_checksums(opened.labels)
        label_map = kept.store.label_map()
        layer.metadata[METADATA] = ShownLabels(label_map, outlined.outlines, kept)
        show_store(layer, kept)
        layer.selected_label = min(label_map.structures, default=1)
        self._session.replace_work(
            number, label_map=label_map, label_work=kept, outlines=outlined.outlines, opened_checksums=checksums
        )
        self._watch_labels(layer, kept)

    def _let_go(self, layer: Any) -> None:
        """Close the series whose image layer was removed, or forget labels whose layer was."""
        shown = shown_image(layer)
        for number, work in enumerate(self._session.works):
            if shown is not None and shown.volume is main_volume(work.opened):
                self._session.remove(number)
                return
            if work.label_map is not None and array_of(layer) is work.label_map.labels:
                if work.label_work is not None:
                    work.label_work.close()
                nothing = {"label_map": None, "label_work": None, "outlines": None}
                self._session.replace_work(number, **nothing, opened_checksums=())
                return

    def _watch_labels(self, layer: Any, kept: LabelWork) -> None:
        bind_layer(layer, kept, show_change=self._show_change)
        kept.changed.connect(self._forward)
        layer.events.selected_label.connect(self._move)
        for event in (layer.events.paint, layer.events.labels_update, layer.events.set_data):
            event.connect(self._forward)

    def _forward(self, event: Any = None) -> None:
        self._labels_touched()
        self._moved()

    def _show_change(self, change: LabelChange) -> None:
        """Go where something was undone or redone, unless it is seen already."""
        if change.slices and self.slice_shown() not in change.slices:
            self.visit(min(change.slices))

    def _move(self, event: Any = None) -> None:
        self._moved()


def _tell_nobody() -> None:
    """In place of those who have gone."""


def _shown_of(made: LayerData) -> ShownImage:
    (shown,) = made[1]["metadata"].values()
    return shown  # type: ignore[no-any-return]
