"""Files and layers made ready for the window; run off the main thread, so no layer is touched here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Side, Structure, core_muscles
from ..domain.blocks import VoxelArray
from ..domain.cache import VolumeCache
from ..domain.errors import SeriesAmbiguous
from ..domain.label_map import LabelMap, Origin
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume, WaterFat
from ..workflows.open_study import Study
from ..workflows.open_subject import ImageFiles, LabelFiles, open_image, open_labels, open_subject
from .label_places import fresh_place, place_of_labels
from .label_work import LabelWork, open_label_work
from .layers import LayerData, image_layers, stored_layer
from .series_names import name_of_files
from .slice_checksums import slice_checksum, slice_checksums

if TYPE_CHECKING:
    from ..keeping.label_store_view import PaintedLabels
    from ..reading.label_maps import NamingProposal


CONVERTING = "converting the compressed file once, for quick scrolling"


@dataclass(frozen=True)
class OpenedImage:
    """An image and its layers."""

    image: Volume | WaterFat
    layers: tuple[LayerData, ...]
    pictures: ImageFiles


@dataclass(frozen=True)
class SeriesOffer:
    """Several series in one place, described, and the refusal to guess between them."""

    descriptions: tuple[str, ...]
    refusal: SeriesAmbiguous


@dataclass(frozen=True)
class OpenedLabels:
    """Labels on their image's grid, the image they lie on, and their layer."""

    image: Volume | WaterFat
    label_map: LabelMap
    layer: LayerData
    outlines: LabelFiles | None
    work: LabelWork
    checksums: tuple[int, ...]


@dataclass(frozen=True)
class WatchedCache:
    """A cache that tells how far the conversion of a file is, because that takes its time, and can be stopped.

    Parameters
    ----------
    kept : VolumeCache
        Keeps the voxels.
    progress : Progress
        Told the slices that are converted; what it raises stops the conversion, and nothing of it is kept.
    """

    kept: VolumeCache
    progress: Progress

    def find(self, key: str) -> VoxelArray | None:
        """Voxels kept under a key, or None."""
        return self.kept.find(key)

    def keep(
        self, key: str, shape: tuple[int, int, int], dtype: np.dtype[Any], slabs: Iterable[NDArray[Any]]
    ) -> VoxelArray:
        """Voxels written slab by slab, while it is told how far they are."""
        return self.kept.keep(key, shape, dtype, self._watched(slabs, shape[0]))

    def _watched(self, slabs: Iterable[NDArray[Any]], n_slices: int) -> Iterator[NDArray[Any]]:
        done = 0
        self.progress(done, n_slices, CONVERTING)
        for slab in slabs:
            yield slab
            done += slab.shape[0]
            self.progress(done, n_slices, CONVERTING)


def load_ahead() -> threading.Thread:
    """Load what opening an image needs, on a thread that nobody waits for.

    Returns
    -------
    threading.Thread
        Ends by itself; a daemon, so that the program can end before it.
    """
    thread = threading.Thread(target=_load, name="hipspine-load", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    # napari asks for scipy's filters when it draws its first thumbnail.
    import zarr.codecs  # noqa: F401

    from ..reading import dicom, nifti, ome_zarr, volumes, water_fat  # noqa: F401


def viewer_cache(announce: Callable[[str], None]) -> VolumeCache:
    """The cache of converted files on this machine, which says once that something is converted."""
    said: set[str] = set()

    def announce_once(done: int, total: int, doing: str) -> None:
        if doing == CONVERTING and doing not in said:
            said.add(doing)
            announce(doing)

    return cache_of(announce_once)


def cache_of(progress: Progress) -> VolumeCache:
    """The cache, telling the progress of a piece of work, by which it is cancelled too."""
    from ..keeping.conversion_cache import default_cache

    return WatchedCache(default_cache(), progress)


@dataclass(frozen=True)
class CopiedLabels:
    """Labels of a layer on the disk, and what each slice was when it was copied."""

    work: LabelWork
    checksums: tuple[int, ...]

    def catch_up(self, labels: Any) -> None:
        """Copy the slices that were painted since."""
        painted = cast("PaintedLabels", self.work.store.labels)
        for index, (then, now) in enumerate(zip(self.checksums, slice_checksums(labels), strict=True)):
            if then != now:
                painted[index] = np.asarray(labels[index])


def copy_labels(label_map: LabelMap, *, name: str, progress: Progress = stay_silent) -> CopiedLabels:
    """Labels of a layer as labels that are worked on."""
    work = open_label_work(fresh_place(name), label_map, progress=progress)
    return CopiedLabels(work, tuple(work.sums.value(progress)))


def open_image_layers(pictures: ImageFiles, progress: Progress = stay_silent) -> OpenedImage | SeriesOffer:
    """An image with the layers that show it, or the series to choose from."""
    try:
        image = open_image(pictures, cache=cache_of(progress))
    except SeriesAmbiguous as refusal:
        told = SeriesAmbiguous(refusal.message, hint="Choose one under Series in step 1, and press Open again.")
        return SeriesOffer(describe_series(pictures), told)
    name = name_of_files(image, pictures)
    return OpenedImage(image, tuple(image_layers(image, name=name, pictures=pictures)), pictures)


def describe_series(pictures: ImageFiles) -> tuple[str, ...]:
    """One line for every series in a place, in the order of their numbers."""
    from ..reading.volumes import list_volumes

    lines = []
    for volume in list_volumes(pictures.paths[0]):
        slices, rows, columns = volume.grid.shape
        words = (volume.source.description, f"{slices} × {rows} × {columns}", volume.grid.orientation)
        lines.append(", ".join(word for word in words if word))
    return tuple(lines)


def look_at_labels(outlines: LabelFiles) -> NamingProposal:
    """What the values of a label file would mean; nothing is opened."""
    from ..reading.label_maps import look_at_labels as look
    from ..reading.label_maps import propose_names

    return propose_names(look(outlines.labels, series=outlines.series), outlines.naming)


def open_labels_on(
    image: Volume | WaterFat,
    pictures: ImageFiles | None,
    outlines: LabelFiles,
    *,
    name: str,
    held: LabelWork | None = None,
    study: Study | None = None,
    progress: Progress = stay_silent,
) -> OpenedLabels:
    """Labels on the grid of an image; where both come from files, exactly as the command line opens them.

    The labels decide whose geometry a pair with disagreeing headers takes, which is why the image may come back on
    another grid.
    """
    if pictures is not None:
        as_read = replace(pictures, contrast=None, fat_polarity=None, allows_fat_suppressed=False)
        image, label_map = open_subject(as_read, outlines, cache=cache_of(progress))
    else:
        label_map = open_labels(outlines).on_grid(image.grid)
    work = open_label_work(place_of_labels(pictures, outlines, study=study), label_map, held=held, progress=progress)
    # Labels that are open already stay what they are for those who have them.
    checksums = () if work is held else _checksums(label_map, work, progress)
    return _opened(image, work, checksums, name, outlines)


def new_labels_on(
    image: Volume | WaterFat,
    pictures: ImageFiles | None,
    *,
    region: str,
    name: str,
    held: LabelWork | None = None,
    study: Study | None = None,
) -> OpenedLabels:
    """Empty labels on an image with the core muscles of a region named, left before right; or those begun before."""
    muscles = core_muscles(region or None)
    pairs = [Structure(muscle, side) for muscle in muscles for side in (Side.LEFT, Side.RIGHT)]
    structures = dict(enumerate(pairs, start=1))
    nothing = np.broadcast_to(np.uint16(0), image.grid.shape)
    empty = LabelMap(nothing, image.grid, structures, origin=Origin.DRAWN)
    work = open_label_work(place_of_labels(pictures, None, study=study), empty, held=held)
    nothing_there = (slice_checksum(nothing, 0),) * image.grid.shape[0]
    return _opened(image, work, nothing_there, name)


def _checksums(label_map: LabelMap, work: LabelWork, progress: Progress) -> tuple[int, ...]:
    """What each slice was in the file; labels just copied are asked of the copy, which is quick to read."""
    try:
        now = tuple(work.sums.value(progress))
        return slice_checksums(label_map.labels, progress) if work.is_resumed else now
    except BaseException:
        work.close()
        raise


def _opened(
    image: Volume | WaterFat, work: LabelWork, checksums: tuple[int, ...], name: str, outlines: LabelFiles | None = None
) -> OpenedLabels:
    layer = stored_layer(work, name=name, outlines=outlines)
    return OpenedLabels(image, work.store.label_map(), layer, outlines, work, checksums)
