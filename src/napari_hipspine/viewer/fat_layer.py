"""Fat beside the muscles as labels that a reader draws: kept on disk as muscles are, and measured as they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..domain.errors import InvalidChoice
from ..domain.label_map import LabelMap, Origin
from ..domain.subject import Progress
from ..workflows.measure_subject import CountedResult
from ..workflows.open_study import Study
from .fat_overlay import BESIDE, COLOURS, FatPixels
from .label_places import fresh_place
from .label_work import LabelWork, open_label_work
from .layers import LayerData, array_of, drawn_layer, label_map_of_layer, placement
from .painted_layer import bind_layer
from .series_work import Measured
from .session import Session

NAME = "fat beside muscles"


def open_proposed_fat(measured: Measured, progress: Progress, *, study: Study | None = None) -> LabelWork:
    """Labels of the proposed fat on disk, on the slices where it was looked for; with the study if one is open.

    Raises
    ------
    InvalidChoice
        If the measurement proposes none.
    """
    result, request = measured.result, measured.request
    region = result.counted.thresholds.fat_region if isinstance(result, CountedResult) else None
    if not isinstance(result, CountedResult) or region is None or not region.is_found:
        raise InvalidChoice("Expected a proposal of fat beside the muscles, found none.", hint="Find thresholds first.")
    pixels = FatPixels(result, request, request.label_map)
    pixels.shows_called, pixels.shows_beside = False, True
    proposed = LabelMap(pixels, request.image.grid, {}, origin=Origin.SEMI_AUTOMATIC, path=NAME)
    return open_label_work(fresh_place(NAME, study=study), proposed, progress=progress)


def fat_map(kept: LabelWork, *, name: str = NAME) -> LabelMap:
    """Fat beside the muscles as it lies in a store."""
    return replace(kept.store.label_map(), path=name)


def resumed_fat_layer(kept: LabelWork) -> LayerData:
    """A layer of fat that was drawn in an earlier sitting."""
    return kept.store.labels, {"name": NAME, **_looks(), **placement(kept.store.grid)}, "labels"


def _looks() -> dict[str, Any]:
    from napari.utils.colormaps import DirectLabelColormap

    return {"colormap": DirectLabelColormap(color_dict={**COLOURS, None: COLOURS[BESIDE]}), "opacity": 0.6}


class FatLayers:
    """Labels layers that mark macroscopic fat.

    Parameters
    ----------
    viewer : napari viewer
        Where they are shown.
    session : Session
        What is open.
    touched : callable
        Called when such a layer was painted.
    """

    def __init__(self, viewer: Any, session: Session, *, touched: Callable[[], None]) -> None:
        self._viewer = viewer
        self._session = session
        self._touched = touched
        self._drawn: list[tuple[Any, LabelWork]] = []
        viewer.layers.events.removed.connect(self._forget)
        viewer.layers.events.inserted.connect(self._welcome)

    def leave(self) -> None:
        """Hear nothing more of the layer list."""
        self._viewer.layers.events.removed.disconnect(self._forget)
        self._viewer.layers.events.inserted.disconnect(self._welcome)

    def show_current(self) -> None:
        """Show the drawing of the series that is worked on and hide those of the others."""
        work = self._session.work
        for layer, kept in self._drawn:
            layer.visible = work is not None and work.fat_work is kept

    def use(self, layer: Any, *, beside: Any) -> None:
        """Take what a labels layer marks for the fat beside the muscles; None for the automatic proposal again.

        Parameters
        ----------
        layer : napari Labels layer or None
            Its labels are copied to the disk; from then on it paints there.
        beside : napari Image layer
            Layer of the image that is worked on.

        Raises
        ------
        GridMismatch
            If it does not lie on whole voxels of the image.
        """
        work = self._session.work
        if work is None:
            return
        if layer is None:
            self._session.change(fat_roi=None, fat_work=None)
            return
        if work.fat_work is not None and array_of(layer) is work.fat_work.store.labels:
            return
        label_map = label_map_of_layer(layer, beside=beside, structures={})
        label_map.on_grid(work.image.grid)
        kept = open_label_work(fresh_place(layer.name, study=self._session.labels_study), label_map)
        layer.data = kept.store.labels
        self._take(layer, kept)

    def open(self, kept: LabelWork, *, beside: Any) -> None:
        """Show labels of proposed fat, take them for the fat beside the muscles, and let them be painted."""
        from napari.layers import Layer

        data, given, kind = drawn_layer(kept.store.labels, beside=beside, name=NAME)
        layer = self._viewer.add_layer(Layer.create(data, given | _looks(), kind))
        layer.selected_label = BESIDE
        self._viewer.layers.selection.active = layer
        self._take(layer, kept)

    def _take(self, layer: Any, kept: LabelWork) -> None:
        self._bind(layer, kept)
        self._session.change(fat_roi=fat_map(kept, name=layer.name), fat_work=kept)

    def _welcome(self, event: Any) -> None:
        """A drawing of an earlier sitting comes back with its series; nothing of the series changes."""
        layer, known = event.value, [kept for _, kept in self._drawn]
        for number, work in enumerate(self._session.works):
            kept = work.fat_work
            if kept is None or kept in known or not hasattr(layer, "selected_label"):
                continue
            if array_of(layer) is kept.store.labels:
                layer.selected_label = BESIDE
                self._bind(layer, kept)
                self._session.replace_work(number, fat_roi=fat_map(kept, name=layer.name))

    def _bind(self, layer: Any, kept: LabelWork) -> None:
        self._drawn.append((layer, kept))
        bind_layer(layer, kept, show_change=lambda change: None)
        for event in (layer.events.paint, layer.events.labels_update, layer.events.set_data):
            event.connect(self._tell)

    def _forget(self, event: Any) -> None:
        """A drawing that was removed counts no more: the fat beside the muscles is proposed again."""
        gone = [kept for layer, kept in self._drawn if layer == event.value]
        self._drawn = [(layer, kept) for layer, kept in self._drawn if kept not in gone]
        for number, work in enumerate(self._session.works):
            if work.fat_work is not None and work.fat_work in gone:
                self._session.replace_work(number, fat_roi=None, fat_work=None, is_fat_stale=False)
        for kept in gone:
            kept.close()

    def _tell(self, event: Any = None) -> None:
        self._touched()
