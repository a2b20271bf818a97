"""Volumes and label maps as napari layers and back; the only file that knows scale and translate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.blocks import VoxelArray
from ..domain.colours import structure_colour
from ..domain.display import screen_view
from ..domain.errors import GridMismatch, UnknownLabel
from ..domain.grid import Grid, axis_letters
from ..domain.label_map import LabelMap, Origin
from ..domain.level_plan import LevelPlan
from ..domain.volume import Contrast, Volume, WaterFat
from ..workflows.open_subject import ImageFiles, LabelFiles
from ..workflows.subject_key import subject_of_path
from .coarse_look import contrast_limits
from .drawn_voxels import drawn_steps, same_voxels
from .label_work import LabelWork
from .series_names import part_name

LayerData = tuple[Any, dict[str, Any], str]
"""What napari takes from readers: data, keyword arguments, layer type."""

METADATA = "napari_hipspine"
"""Under this key a layer's metadata holds what it shows, as a `ShownImage` or `ShownLabels`."""

UNIT = "mm"
AXIS_LABELS = ("slice", "row", "column")
UNNAMED_COLOUR = (0.6, 0.6, 0.6, 0.25)
"""Values that are no muscle: seen, but not in the way of the picture."""

LABELS_OPACITY = 0.55


@dataclass(frozen=True)
class ShownImage:
    """What an image layer shows: its volume, what it is measured as, its files, levels marked on it, whose it is."""

    volume: Volume
    image: Volume | WaterFat
    pictures: ImageFiles | None = None
    level_plan: LevelPlan = LevelPlan()
    subject_id: str = ""

    @property
    def subject(self) -> str:
        """Whose it is, as the reader says, else as the files are called."""
        return self.subject_id or (subject_of_path(self.pictures.paths[0]) if self.pictures else "")

    @property
    def contrast(self) -> Contrast:
        """As the reader says, else as the header does."""
        said = self.pictures.contrast if self.pictures else None
        return said or self.volume.contrast


@dataclass(frozen=True)
class ShownLabels:
    """What a labels layer shows, as it was opened, the file it came from, and the store it is painted in."""

    label_map: LabelMap
    outlines: LabelFiles | None = None
    work: LabelWork | None = None


def placement(grid: Grid) -> dict[str, Any]:
    """Scale, translate, unit and axis labels that draw a grid radiologically.

    Rows and columns are flipped by a negative scale on the untouched array; the slice axis never is, so that the
    slider counts as the file does.
    """
    view = screen_view(grid)
    scale, translate = list(grid.spacing_mm), [0.0, 0.0, 0.0]
    for axis, is_flipped in ((1, view.flips_rows), (2, view.flips_columns)):
        if is_flipped:
            translate[axis] = grid.spacing_mm[axis] * (grid.shape[axis] - 1)
            scale[axis] = -scale[axis]
    return {"scale": scale, "translate": translate, "units": (UNIT,) * 3, "axis_labels": AXIS_LABELS}


def image_layers(
    image: Volume | WaterFat, *, name: str, pictures: ImageFiles | None = None, level_plan: LevelPlan | None = None
) -> list[LayerData]:
    """Layers of what is measured: one, or water with fat hidden behind it."""
    plan = level_plan or LevelPlan()
    if isinstance(image, Volume):
        return [_image_layer(ShownImage(image, image, pictures, plan), name)]
    water = _image_layer(ShownImage(image.water, image, pictures, plan), part_name(name, Contrast.WATER))
    fat = _image_layer(ShownImage(image.fat, image, pictures, plan), part_name(name, Contrast.FAT))
    fat[1]["visible"] = False
    return [fat, water]


def _image_layer(shown: ShownImage, name: str) -> LayerData:
    volume = shown.volume
    # A compressed file is opened by this look, and says only then how its voxels are stored.
    limits = contrast_limits(volume)
    data = drawn_steps(volume)
    given = {
        "name": name,
        "contrast_limits": limits,
        "colormap": "gray",
        "metadata": {METADATA: shown},
        **placement(volume.grid),
    }
    return data, {**given, "multiscale": True} if isinstance(data, list) else given, "image"


def show_volume_anew(layer: Any, image: Volume | WaterFat, volume: Volume) -> None:
    """Let an image layer of ours show a volume whose place is known better now; the same voxels are not read again."""
    before = layer.metadata[METADATA]
    if not same_voxels(before.volume.voxels, volume.voxels):
        layer.data = drawn_steps(volume)
    layer.metadata[METADATA] = replace(before, volume=volume, image=image, level_plan=LevelPlan())
    placed = placement(volume.grid)
    layer.scale, layer.translate = placed["scale"], placed["translate"]


def labels_layer(label_map: LabelMap, *, name: str, outlines: LabelFiles | None = None) -> LayerData:
    """A layer of labels that can be painted; the file it came from is never touched.

    Raises
    ------
    UnknownLabel
        If a label is negative or beyond 65535.
    """
    shown = ShownLabels(as_opened(label_map), outlines)
    own = shown.label_map.labels
    given = {
        "name": name,
        "opacity": LABELS_OPACITY,
        "metadata": {METADATA: shown},
        **looks(label_map.structures),
        **placement(label_map.grid),
    }
    return own, given, "labels"


def as_opened(label_map: LabelMap) -> LabelMap:
    """A copy of labels in memory.

    Raises
    ------
    UnknownLabel
        If a label is negative or beyond 65535.
    """
    labels = np.asarray(label_map.labels[...])
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) <= np.iinfo(np.uint16).max:
        raise UnknownLabel(
            f"Expected labels from 0 to 65535, found {labels.min()} to {labels.max()}, in {label_map.path}.",
            hint="Renumber the labels and say in the naming what they mean.",
        )
    return replace(label_map, labels=np.array(labels, dtype=np.uint16))


def stored_layer(work: LabelWork, *, name: str, outlines: LabelFiles | None = None) -> LayerData:
    """A layer of labels that are on the disk as soon as they are painted."""
    label_map = work.store.label_map()
    given = {
        "name": name,
        "opacity": LABELS_OPACITY,
        "metadata": {METADATA: ShownLabels(label_map, outlines, work)},
        **looks(label_map.structures),
        **placement(label_map.grid),
    }
    return work.store.labels, given, "labels"


def looks(structures: Mapping[int, Structure], *, hidden: Collection[int] = ()) -> dict[str, Any]:
    """Colours and features of labels, both found by label value."""
    return {"colormap": label_colours(structures, hidden=hidden), "features": label_features(structures)}


def label_colours(structures: Mapping[int, Structure], *, hidden: Collection[int] = ()) -> Any:
    """One hue per muscle, the patient's left lighter; values without a meaning are grey, hidden ones not seen."""
    from napari.utils.colormaps import DirectLabelColormap

    colours: dict[int | None, Any] = {None: UNNAMED_COLOUR, 0: "transparent"}
    colours |= {value: (*structure_colour(structure), 1.0) for value, structure in structures.items()}
    colours |= dict.fromkeys(hidden, "transparent")
    return DirectLabelColormap(color_dict=colours)


def label_features(structures: Mapping[int, Structure]) -> Any:
    """A row for every value from 0 on, because napari's own features table takes row i for label i."""
    import pandas as pd

    values = range(max(structures, default=0) + 1)
    found = [structures.get(value) for value in values]
    return pd.DataFrame(
        {
            "index": list(values),
            "muscle": [structure.muscle.label if structure else "" for structure in found],
            "side": [structure.side.value if structure else "" for structure in found],
        }
    )


def shown_image(layer: Any) -> ShownImage | None:
    """What an image layer shows, if it is one of ours."""
    found = layer.metadata.get(METADATA)
    return found if isinstance(found, ShownImage) else None


def shown_labels(layer: Any) -> ShownLabels | None:
    """What a labels layer shows, if it is one of ours."""
    found = layer.metadata.get(METADATA)
    return found if isinstance(found, ShownLabels) else None


def drawn_layer(labels: VoxelArray, *, beside: Any, name: str) -> LayerData:
    """Labels that stay and are no muscles, drawn where an image of ours is drawn."""
    return labels, {"name": name, **as_drawn(beside)}, "labels"


def as_drawn(layer: Any) -> dict[str, Any]:
    """Where a layer is drawn, for another one that is to lie over it."""
    return {
        "scale": tuple(layer.scale),
        "translate": tuple(layer.translate),
        "units": tuple(layer.units),
        "axis_labels": tuple(layer.axis_labels),
    }


def array_of(layer: Any) -> Any:
    """The array behind a layer, of which napari shows plugins a wrapped one where it takes its class for its own."""
    data = layer.data[0] if layer.multiscale else layer.data
    return getattr(data, "__wrapped__", data)


def grid_of_layer(layer: Any, *, beside: Any) -> Grid:
    """Where any layer lies in the patient, from how it is drawn beside one of our image layers.

    Parameters
    ----------
    layer : napari layer
        Three-dimensional; made by us, by napari's buttons or by another plugin.
    beside : napari layer
        Image layer of ours, whose place in the patient is known.

    Raises
    ------
    GridMismatch
        If the layer is not three-dimensional.
    """
    shown = shown_image(beside)
    if shown is None or layer.ndim != 3:
        raise GridMismatch(
            f"Expected a layer with slices, rows and columns beside an opened image, found {layer.ndim} dimensions, "
            f"in {layer.name}.",
            hint="Open the image with this plugin and make the labels with “New muscle labels”.",
        )
    image_index_of = np.linalg.solve(_index_to_world(beside), _index_to_world(layer))
    data = layer.data[0] if layer.multiscale else layer.data
    n_slices, n_rows, n_columns = data.shape
    return Grid((n_slices, n_rows, n_columns), shown.volume.grid.affine @ image_index_of)


def _index_to_world(layer: Any) -> NDArray[np.float64]:
    """Affine from array index to where napari draws it, read off the layer itself."""
    corners = np.array([layer.data_to_world(index) for index in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))])
    affine = np.eye(4)
    affine[:3, 3] = corners[0]
    affine[:3, :3] = (corners[1:] - corners[0]).T
    return affine


def label_map_of_layer(layer: Any, *, beside: Any, structures: Mapping[int, Structure] | None = None) -> LabelMap:
    """The label map that a labels layer shows now, wherever it was drawn from.

    Parameters
    ----------
    layer : napari Labels layer
        Its array is shared, not copied.
    beside : napari Image layer
        Image layer of ours that the labels belong to.
    structures : mapping of int to Structure, optional
        What the values mean; by default what the layer was opened with.

    Raises
    ------
    GridMismatch
        If the layer does not lie on whole voxels of the image.
    """
    shown = shown_labels(layer)
    known = shown.label_map if shown else None
    data = array_of(layer)
    meanings = structures if structures is not None else (known.structures if known else {})
    if known is not None and known.labels is data:
        return replace(known, structures=meanings)
    grid = grid_of_layer(layer, beside=beside)
    return LabelMap(data, grid, meanings, origin=known.origin if known else Origin.DRAWN)


def keep_with_image(layer: Any, **values: Any) -> None:
    """Keep levels or files with an image layer, by the names of `ShownImage`, for all who read them there."""
    shown = shown_image(layer)
    if shown is not None:
        layer.metadata[METADATA] = replace(shown, **values)


def keep_with_labels(
    layer: Any, label_map: LabelMap, outlines: LabelFiles | None, *, hidden: Collection[int] = ()
) -> None:
    """Keep what labels mean with their layer, and colour them so."""
    shown = shown_labels(layer)
    layer.metadata[METADATA] = ShownLabels(label_map, outlines, shown.work if shown else None)
    for name, value in looks(label_map.structures, hidden=hidden).items():
        setattr(layer, name, value)


def world_letters(layer: Any) -> tuple[str, ...]:
    """Patient letters that each of the three drawn axes of an image layer grows to, as the layer is drawn now."""
    shown = shown_image(layer)
    if shown is None:
        return ("", "", "")
    return axis_letters(shown.volume.grid.affine @ np.linalg.inv(_index_to_world(layer)))


def slice_shown(viewer: Any, layer: Any) -> int | None:
    """Index of the slice on the screen, in the file's own order; None in 3D or when slices run across the screen."""
    first = viewer.dims.ndim - layer.ndim
    if viewer.dims.ndisplay != 2 or first in viewer.dims.displayed:
        return None
    index = round(float(layer.world_to_data(viewer.dims.point[first:])[0]))
    return min(max(index, 0), _n_slices(layer) - 1)


def go_to_slice(viewer: Any, layer: Any, slice_index: int) -> None:
    """Show one slice of a layer."""
    viewer.dims.set_point(viewer.dims.ndim - layer.ndim, float(layer.data_to_world((slice_index, 0, 0))[0]))


def count_slices_of(viewer: Any, layer: Any) -> None:
    """Let the slider count the slices of one image, also while others with another spacing are open."""
    first, last = (float(layer.data_to_world((index, 0, 0))[0]) for index in (0, _n_slices(layer) - 1))
    step = float(layer.data_to_world((1, 0, 0))[0]) - first
    viewer.dims.set_range(viewer.dims.ndim - layer.ndim, (first, last, step))


def _n_slices(layer: Any) -> int:
    return int((layer.data[0] if layer.multiscale else layer.data).shape[0])
