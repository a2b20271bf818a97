"""Whatever holds labels, looked at: one image, or a file that carries names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.orientation import ASSUMED, state_orientation
from ..domain.volume import Volume
from .dicom_segmentations import find_dicom_segmentation, look_at_dicom_segmentation
from .label_looks import LabelLook, label_voxels_of, tally_labels
from .ome_zarr import is_zarr, list_zarr_labels, list_zarr_volumes
from .ome_zarr_names import read_label_names
from .remote_folder import RemotePath, place_of
from .slicer_segmentations import look_at_segmentation, read_segments
from .structure_folders import look_at_folder, mask_files
from .volumes import choose_volume, open_volume


def look_at_source(
    path: Path | RemotePath,
    *,
    series: str | int | None = None,
    orientation: str | None = None,
    cache: VolumeCache | None = None,
) -> LabelLook:
    """Values of whatever holds labels, and the names it carries.

    Parameters
    ----------
    path : Path or RemotePath
        File or folder, or a zarr at a URL.
    series : str or int, optional
        Which volume, where there are several.
    orientation : str, optional
        How the patient lies, for files that carry no orientation; others are believed.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    HipSpineError
        Whatever the reader of the file refuses.
    """
    if isinstance(path, RemotePath) or is_zarr(path):
        labels = list_zarr_labels(path)
        chosen = choose_volume(labels or list_zarr_volumes(path), str(path), series=series)
        look = look_at_volume(_as_stated(chosen, orientation))
        names, unknown = read_label_names(place_of(look.path)) if labels else ({}, {})
        return replace(look, carried=names, carried_unknown=unknown, carrier="ome-zarr" if names else "")
    if path.is_file() and read_segments(path):
        return look_at_segmentation(path, cache=cache)
    if path.exists() and (segmentation := find_dicom_segmentation(path)) is not None:
        return look_at_dicom_segmentation(segmentation)
    if mask_files(path):
        return look_at_folder(path, cache=cache)
    return look_at_volume(_as_stated(open_volume(path, series=series, cache=cache), orientation))


def look_at_volume(volume: Volume) -> LabelLook:
    """Values of one opened volume that carries no names."""
    voxels = label_voxels_of(volume)
    return LabelLook(
        path=volume.source.path,
        voxels=voxels,
        grid=volume.grid,
        tally=tally_labels(voxels, volume.grid),
        flags=volume.flags,
    )


def _as_stated(volume: Volume, orientation: str | None) -> Volume:
    return state_orientation(volume, orientation) if orientation and ASSUMED in volume.flags else volume
