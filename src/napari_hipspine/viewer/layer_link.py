"""Keeps a session and a viewer's layers in step: layers of ours become open series, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..domain.anatomy import Structure
from ..domain.label_map import LabelMap
from ..domain.volume import Volume, WaterFat
from ..keeping.label_store_changes import LabelChange
from ..workflows.open_subject import ImageFiles, declare
from .canvas_marks import mark_canvas, refresh_marks
from .label_click import choose_on_click
from .label_places import place_of_labels
from .label_work import LabelWork, open_label_work
from .layers import (
    METADATA,
    LayerData,
    ShownLabels,
    array_of,
    drawn_layer,
    keep_with_image,
    keep_with_labels,
    label_map_of_layer,
    show_volume_anew,
    shown_image,
    shown_labels,
)
from .openings import CopiedLabels, OpenedLabels
from .painted_layer import bind_layer, show_store
from .passing_layers import added
from .seen_layers import SeenLayers
from .series_names import renamed_layer
from .series_of_layers import current_name, main_volume, moved_to_grid, volumes_of, work_of_files, work_of_layer
from .series_work import SeriesWork
from .session import Session
from .slice_checksums import slice_checksums
from .turned_series import TurnedImage


class LayerLink(SeenLayers):
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
        super().__init__(viewer, session)
        self._labels_touched = labels_touched
        self._layers_changed = layers_changed
        self._moved = moved
        self._n_layers = len(viewer.layers)
        self._hears = (
            (viewer.layers.events.inserted, self._welcome),
            (viewer.layers.events.removed, self._part),
            (viewer.dims.events.current_step, self._move),
            (viewer.dims.events.range, self._keep_count),
        )
        for event, heard in self._hears:
            event.connect(heard)
        self._stop_clicks = choose_on_click(viewer, self.labels_layer, self.choose_label)
        mark_canvas(viewer)
        for layer in list(viewer.layers):
            self._adopt(layer)
        self.count_slices()

    def close(self) -> None:
        """Hear nothing more of the viewer, and tell nobody anything."""
        self._labels_touched = self._layers_changed = self._moved = _tell_nobody
        for event, heard in self._hears:
            event.disconnect(heard)
        self._stop_clicks()

    def open_image(self, image: Volume | WaterFat, layers: Sequence[LayerData], *, pictures: ImageFiles) -> None:
        """Show an opened image and work on it."""
        work = work_of_files(image, pictures)
        self._session.add(replace(work, who=self._session.owner_of(work)))
        self.add_layers(layers)

    def turn(self, turned: TurnedImage) -> None:
        """Show the series that is worked on as the patient lies by now; levels stay on their slices."""
        work = self._session.work
        if work is None:
            return
        self._show_anew(work, turned.image)
        image = turned.image
        self._session.change(
            opened=image,
            declared=declare(image, turned.pictures) if isinstance(image, Volume) else None,
            pictures=turned.pictures,
            level_plan=moved_to_grid(work.level_plan, work.image.grid, image.grid),
        )
        self.show_current()

    def open_labels(self, opened: OpenedLabels) -> None:
        """Show opened labels on the image that is worked on, in place of those it had."""
        work = self._session.work
        if work is None or opened.work is work.label_work:
            return
        self._show_anew(work, opened.image)
        self.drop_layers([layer for layer in [self.labels_layer()] if layer is not None])
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
        self.add_layers([opened.layer])

    def label_map_of(self, layer: Any) -> LabelMap | None:
        """What a labels layer shows, whoever made it, if an image is open.

        Raises
        ------
        GridMismatch
            If it does not lie on whole voxels of the image.
        """
        beside, work = self.image_layer(), self._session.work
        if beside is None or work is None:
            return None
        label_map = label_map_of_layer(layer, beside=beside)
        label_map.on_grid(work.image.grid)
        return label_map

    def use_labels(self, layer: Any, copied: CopiedLabels) -> None:
        """Measure a labels layer that was copied to the disk; what was painted on it since is copied too."""
        work, kept = self._session.work, copied.work
        if work is not None:
            if work.label_work is not None and array_of(layer) is not work.label_work.store.labels:
                work.label_work.close()
            copied.catch_up(array_of(layer))
            layer = self._single_scale(layer)
            layer.metadata[METADATA] = ShownLabels(kept.store.label_map(), None, kept)
            layer.data = kept.store.labels
            self._session.change(label_map=kept.store.label_map(), label_work=kept, outlines=None, opened_checksums=())
            self._watch_labels(layer, kept)
            self.show_structures()

    def _single_scale(self, layer: Any) -> Any:
        """A layer that can be painted in place of a pyramid, which napari lets nobody edit."""
        if not layer.multiscale:
            return layer
        made = drawn_layer(array_of(layer), beside=layer, name=layer.name)
        self.drop_layers([layer])
        return added(self._viewer, made)

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
        """Write what is known of the image that is worked on: levels, files and subject stay with its layer."""
        layer, work = self.image_layer(), self._session.work
        if layer is not None and work is not None:
            known = {"level_plan": work.level_plan, "pictures": work.pictures, "subject_id": work.who.subject_id}
            keep_with_image(layer, **known)
            refresh_marks(self._viewer)

    def name_layers(self) -> None:
        """Call series and layers that are called by subject, region and contrast by those of now."""
        for number, work in enumerate(self._session.works):
            name = current_name(work)
            if name != work.name:
                for layer in self.layers_of(work):
                    layer.name = renamed_layer(layer.name, work.name, name, work.region)
                self._session.replace_work(number, name=name)

    def show_current(self) -> None:
        """Show the layers of the series that is worked on and hide those of the others."""
        current, labels = self._session.work, self.labels_layer()
        with self.showing():
            self._show(current, labels)

    def _show(self, current: SeriesWork | None, labels: Any | None) -> None:
        for layer in self._viewer.layers:
            shown = shown_image(layer)
            if shown is not None and current is not None:
                layer.visible = shown.image is current.opened and shown.volume is main_volume(current.opened)
            elif shown_labels(layer) is not None:
                layer.visible = labels is not None and layer == labels
        for work in self._session.works:
            for layer in self.labels_layers_of(work.fat_work) if work.fat_work is not None else ():
                layer.visible = work is current
        active = labels if labels is not None else self.image_layer()
        if active is not None:
            self._viewer.layers.selection.active = active
        self.count_slices()
        refresh_marks(self._viewer)
        if current is not None:
            self.look_where_it_was_left(current, labels)

    def _show_anew(self, work: SeriesWork, image: Volume | WaterFat) -> None:
        """The layers of an image whose place in the patient is known better now; nothing drawn changes."""
        pairs = {id(old): new for old, new in zip(volumes_of(work.opened), volumes_of(image), strict=True)}
        for layer in self._viewer.layers:
            shown = shown_image(layer)
            if shown is not None and shown.image is work.opened:
                show_volume_anew(layer, image, pairs[id(shown.volume)])

    def _welcome(self, event: Any) -> None:
        self._adopt(event.value)
        self._count_layers()

    def _part(self, event: Any) -> None:
        self._let_go(event.value)
        self._count_layers()

    def _keep_count(self, event: Any = None) -> None:
        """napari counts the slices of all layers anew whenever one of them changes, also of those that are hidden."""
        if not self._is_showing:
            with self.showing():
                self.count_slices()

    def _count_layers(self) -> None:
        with self.showing():
            self.count_slices()
        self._n_layers = len(self._viewer.layers)
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
            place = place_of_labels(work.pictures, outlined.outlines, study=self._session.labels_study)
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
                self._leave_labels(work)
                return
            if work.label_map is not None and array_of(layer) is work.label_map.labels:
                if work.label_work is not None:
                    work.label_work.close()
                nothing = {"label_map": None, "label_work": None, "outlines": None}
                self._session.replace_work(number, **nothing, opened_checksums=())
                return

    def _leave_labels(self, work: SeriesWork) -> None:
        """Let others write the labels of a series that was closed; a layer of them that stays can only be looked at."""
        for kept in (work.label_work, work.fat_work):
            if kept is not None:
                for layer in self.labels_layers_of(kept):
                    layer.editable = False
                kept.close()

    def _watch_labels(self, layer: Any, kept: LabelWork) -> None:
        bind_layer(layer, kept, show_change=self.show_change)
        kept.changed.connect(self._forward)
        for event in (layer.events.selected_label, layer.events.mode, layer.events.brush_size):
            event.connect(self._move)
        for event in (layer.events.paint, layer.events.labels_update, layer.events.set_data):
            event.connect(self._forward)

    def _forward(self, event: Any = None) -> None:
        self._labels_touched()
        self._moved()

    def show_change(self, change: LabelChange) -> None:
        """Go where something was undone or redone, unless it is seen already."""
        if change.slices and self.slice_shown() not in change.slices:
            self.visit(min(change.slices))

    def _move(self, event: Any = None) -> None:
        # While layers come and go, napari moves the picture before anybody here knows of them.
        if not self._is_showing and len(self._viewer.layers) == self._n_layers:
            self.note_view()
        self._moved()


def _tell_nobody() -> None:
    """In place of those who have gone."""
