"""Readers, the writer of labels and the sample data, as napari asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info

from ..domain.cache import VolumeCache
from ..domain.errors import UnknownLabel
from ..workflows.open_subject import ImageFiles, LabelFiles, open_subject
from ..workflows.subject_key import subject_of_path
from .layers import METADATA, LayerData, ShownLabels, image_layers, labels_layer
from .openings import viewer_cache
from .series_names import contrast_of, muscles_name, series_name

if TYPE_CHECKING:
    from ..sample_data import SampleSeries

PLUGIN = "napari-hipspine"
DOCK = "Hip-spine muscles"
CORRELATIONS = "Lumbar-hip correlations"

_FILE_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".ima")
_ZARR_FILES = ("zarr.json", ".zattrs", ".zgroup", ".zarray")
_FILES_LOOKED_AT = 5
_PREAMBLE_BYTES = 132


def get_reader(path: str | list[str]) -> Callable[[str], list[LayerData]] | None:
    """A reader for one file or folder we know, quickly; None for everything else."""
    if not isinstance(path, str):
        return None
    try:
        is_known = _is_known(Path(path))
    except (OSError, ValueError):
        return None
    return read_images if is_known else None


def _is_known(place: Path) -> bool:
    if place.is_file():
        return place.name.lower().endswith(_FILE_ENDINGS) or _starts_as_dicom(place)
    if not place.is_dir():
        return False
    if any((place / name).exists() for name in _ZARR_FILES):
        return True
    files = (entry for entry in place.iterdir() if entry.is_file() and not entry.name.startswith("."))
    return any(_starts_as_dicom(entry) for entry in islice(files, _FILES_LOOKED_AT))


def _starts_as_dicom(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(_PREAMBLE_BYTES)[-4:] == b"DICM"


def read_images(path: str) -> list[LayerData]:
    """Layers of every volume in one place; of several, only the first is shown at once."""
    from ..reading.volumes import list_volumes

    layers: list[LayerData] = []
    volumes = list_volumes(path, cache=viewer_cache(show_info))
    for number, volume in enumerate(volumes):
        is_one_of_many = len(volumes) > 1
        words = volume.source.description or (str(number) if is_one_of_many else "")
        name = " · ".join(part for part in (Path(path).name, words) if part)
        pictures = ImageFiles(image=path, series=str(number) if is_one_of_many else None)
        (layer,) = image_layers(volume, name=name, pictures=pictures)
        layer[1]["visible"] = number == 0
        layers.append(layer)
    _mark_current_canvas()
    return layers


def open_first_sample() -> list[LayerData]:
    """Synthetic subject 1: lumbar T2 and hip PD with true labels."""
    return _open_sample(0)


def open_second_sample() -> list[LayerData]:
    """Synthetic subject 2: lumbar T2 and hip PD with true labels."""
    return _open_sample(1)


def open_third_sample() -> list[LayerData]:
    """Synthetic subject 3: water and fat with true labels."""
    return _open_sample(2)


def _open_sample(number: int) -> list[LayerData]:
    """Layers of every series of a sample subject, and the dock beside them."""
    from ..sample_data import sample_subjects

    layers: list[LayerData] = []
    cache = viewer_cache(show_info)
    # The lumbar series comes last: what is added last is worked on first.
    for series in reversed(sample_subjects()[number].series):
        layers += layers_of_sample(series, cache=cache)
    _mark_current_canvas()
    _open_dock()
    return layers


def layers_of_sample(series: SampleSeries, *, cache: VolumeCache | None = None) -> list[LayerData]:
    """Image and labels of one sample series; its level is suggested and waits to be confirmed."""
    pictures, outlines = files_of_sample(series)
    image, label_map = open_subject(pictures, outlines, cache=cache)
    suggested = tuple(replace(placed, is_confirmed=False) for placed in series.level_plan.placements)
    plan = replace(series.level_plan, placements=suggested)
    name = series_name(subject_of_path(pictures.paths[0]), series.region, contrast_of(image, pictures))
    layers = image_layers(image, name=name, pictures=pictures, level_plan=plan)
    labels = labels_layer(label_map, name=muscles_name(name, series.region.value), outlines=outlines)
    return [*layers, labels]


def files_of_sample(series: SampleSeries) -> tuple[ImageFiles, LabelFiles]:
    """Files of a sample series, as a person would hand them in."""
    outlines = LabelFiles(series.labels, series.naming)
    if series.fat is not None:
        return ImageFiles(water=series.image, fat=series.fat), outlines
    pictures = ImageFiles(image=series.image, contrast=series.contrast, fat_polarity=series.fat_polarity)
    return pictures, outlines


def _open_dock() -> None:
    """Show the main dock in the window that asked for a sample, if there is a window."""
    import napari

    viewer = napari.current_viewer()
    if getattr(viewer, "window", None) is not None:
        viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)


def write_labels(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """A label map file of a labels layer of ours, with its place in the patient and its names.

    Raises
    ------
    UnknownLabel
        If the layer does not belong to an image that was opened with this plugin.
    """
    from ..writing.label_maps import write_label_map

    shown = meta.get("metadata", {}).get(METADATA)
    if not isinstance(shown, ShownLabels):
        raise UnknownLabel(
            f"Expected muscle labels on an image opened with this plugin, found the layer {meta.get('name', '')!r}.",
            hint="In the dock, step 3: choose the layer and press “Use layer”, then save it.",
        )
    return [str(write_label_map(replace(shown.label_map, labels=data), path))]


def _mark_current_canvas() -> None:
    """Write the patient's letters on the canvas that is about to show the layers, if there is one."""
    import napari

    from .canvas_marks import mark_canvas

    viewer = napari.current_viewer()
    if viewer is not None:
        mark_canvas(viewer)
