"""Pixels called fat, and the fat beside the muscles, drawn over the slice that is on the screen; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.label_map import LabelMap
from ..domain.volume import Volume, WaterFat
from ..measuring.called_fat import called_fat, cuts_by_value, fat_scale, measured_labels
from ..measuring.choices import fraction_unit, kind_of
from ..measuring.fat_region import propose_fat_roi
from ..measuring.fat_threshold import FatThresholds
from ..measuring.readout import ImageKind
from ..measuring.surroundings import search_for
from ..workflows.measure_subject import CountedResult
from .passing_layers import is_passing, passing_layer
from .series_work import MeasureRequest, SeriesWork

NAME = "called fat"
CALLED, BESIDE = 1, 2
COLOURS: dict[int | None, Any] = {None: "transparent", 0: "transparent", CALLED: "#ffd91a", BESIDE: "#33ddee"}
"""As in the pictures of a report: called fat is yellow."""

_OPACITY = 0.75


class FatPixels:
    """Label values computed slice by slice, when napari asks for one: `CALLED`, `BESIDE` or 0.

    Parameters
    ----------
    result : CountedResult
        A measured series.
    request : MeasureRequest
        What was measured.
    label_map : LabelMap
        Labels as they are painted now.
    """

    ndim = 3
    dtype = np.dtype(np.uint8)

    def __init__(self, result: CountedResult, request: MeasureRequest, label_map: LabelMap) -> None:
        self._protocol = request.protocol
        self._image: Volume | WaterFat = result.counted.picture or request.image
        self._label_map = label_map.on_grid(request.image.grid)
        self._thresholds = result.counted.thresholds
        sums = result.counted.sums
        self._unit = fraction_unit(sums) if kind_of(request.image) is ImageKind.FRACTION else 1.0
        self._scale: tuple[int, NDArray[np.float64]] = (-1, np.empty((0, 0)))
        self._beside: dict[int, NDArray[np.bool_]] = {}
        self.shows_called = True
        self.shows_beside = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n_slices, n_rows, n_columns)``."""
        return self._image.grid.shape

    def cut_at(self, thresholds: FatThresholds, moved: Mapping[str, float]) -> None:
        """Use these thresholds from now on, some of them moved for a moment."""
        muscles = {
            muscle: one.moved_to(moved[muscle]) if muscle in moved else one
            for muscle, one in thresholds.muscles.items()
        }
        self._thresholds = replace(thresholds, muscles=muscles)

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """Values by basic indexing, slices first."""
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, slice):
            chosen = range(*first.indices(self.shape[0]))
            part = [self.on_slice(z)[tuple(rest)] for z in chosen]
            return np.stack(part) if part else np.zeros((0, *self.shape[1:]), np.uint8)
        return np.asarray(self.on_slice(int(first))[tuple(rest)])

    def on_slice(self, slice_index: int) -> NDArray[np.uint8]:
        """Values of one slice, shape ``(n_rows, n_columns)``."""
        values = np.zeros(self.shape[1:], np.uint8)
        if self.shows_beside:
            values[self._fat_beside(slice_index)] = BESIDE
        if self.shows_called:
            labels = measured_labels(self._label_map, slice_index, self._protocol)
            cuts = cuts_by_value(self._label_map, self._thresholds)
            values[called_fat(self._image, self._scale_of(slice_index), labels, cuts)] = CALLED
        return values

    def _scale_of(self, slice_index: int) -> NDArray[np.float64]:
        """Kept for the slice that was asked for last: while a threshold is dragged it stays the same."""
        if self._scale[0] != slice_index:
            found = fat_scale(self._image, slice_index, self._protocol, per_unit=self._unit)
            self._scale = (slice_index, found)
        return self._scale[1]

    def _fat_beside(self, slice_index: int) -> NDArray[np.bool_]:
        """The proposed fat on a slice where it was looked for; found once per slice."""
        region = self._thresholds.fat_region
        if region is None or slice_index not in region.slices or not isinstance(self._image, Volume):
            return np.zeros(self.shape[1:], np.bool_)
        if slice_index not in self._beside:
            search = search_for(self._thresholds.lean_peak, self._image.fat_polarity, self._protocol)
            self._beside[slice_index] = propose_fat_roi(
                self._image, self._label_map, slice_index, region=region, search=search
            )
        return self._beside[slice_index]


class FatOverlay:
    """At most one layer of fat pixels in a viewer.

    Parameters
    ----------
    viewer : napari viewer
        Where it is shown.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Any = None
        self._pixels: FatPixels | None = None
        self._result: Any = None

    @property
    def is_shown(self) -> bool:
        """Whether the layer is there."""
        return self._layer is not None and self._layer in self._viewer.layers

    def show(
        self, work: SeriesWork, *, beside: Any, called: bool, fat_beside: bool, moved: Mapping[str, float] | None = None
    ) -> None:
        """Draw the pixels of a measured series, with thresholds that are being moved.

        Parameters
        ----------
        work : SeriesWork
            Measured.
        beside : napari Image layer
            Layer of its image.
        called, fat_beside : bool
            Whether pixels called fat, and the fat beside the muscles, are drawn.
        moved : mapping of str to float, optional
            Thresholds that are being dragged, by muscle id.
        """
        measured, label_map = work.measured, work.label_map
        if measured is None or label_map is None or not isinstance(measured.result, CountedResult):
            self.drop()
            return
        if not (called or fat_beside):
            self.drop()
            return
        pixels = self._pixels
        if pixels is None or self._result is not measured.result or not self.is_shown:
            pixels = FatPixels(measured.result, measured.request, label_map)
            self._put(pixels, beside=beside)
            self._result = measured.result
        pixels.shows_called, pixels.shows_beside = called, fat_beside
        pixels.cut_at(measured.result.counted.thresholds, moved or {})
        self._layer.refresh(extent=False, thumbnail=False, highlight=False)

    def redraw(self) -> None:
        """Draw anew, because something was painted."""
        if self.is_shown:
            self._layer.refresh(extent=False, thumbnail=False, highlight=False)

    def drop(self) -> None:
        """Draw nothing any more."""
        if self.is_shown and is_passing(self._layer):
            self._viewer.layers.remove(self._layer)
        self._layer = self._pixels = self._result = None

    def _put(self, pixels: FatPixels, *, beside: Any) -> None:
        """Put other pixels into the layer, or make the layer."""
        if self.is_shown and self._pixels is not None and self._pixels.shape == pixels.shape:
            self._layer.data = pixels
        else:
            self.drop()
            active = self._viewer.layers.selection.active
            self._layer = self._add(pixels, beside)
            self._layer.editable = False
            self._viewer.layers.selection.active = active
        self._pixels = pixels

    def _add(self, pixels: FatPixels, beside: Any) -> Any:
        from napari.layers import Layer
        from napari.utils.colormaps import DirectLabelColormap

        made, given, kind = passing_layer(pixels, beside=beside, name=NAME, structures={})
        given |= {"opacity": _OPACITY, "colormap": DirectLabelColormap(color_dict=COLOURS)}
        return self._viewer.add_layer(Layer.create(made, given, kind))
