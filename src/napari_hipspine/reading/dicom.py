"""DICOM series in a folder, single files and enhanced multi-frame files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..domain.cache import VolumeCache
from ..domain.errors import HipSpineError, UnreadableImage
from ..domain.grid import Grid, arrange_axes
from ..domain.index_map import IndexMap, MappedVoxels
from ..domain.volume import Source, Volume
from .dicom_contrast import contrast_of
from .dicom_header import ImagePlane, NoPlane, read_planes
from .dicom_stack import Stack, group_planes, stack_planes
from .dicom_voxels import DicomVoxels, is_compressed
from .first_look import OpenedAtFirstLook, keep_between_sittings, key_of_files

_FIRST_ELEMENTS_WITHOUT_PREAMBLE = tuple(
    bytes((8, 0, element, 0)) for element in (0x00, 0x01, 0x05, 0x08, 0x12, 0x14, 0x16, 0x18)
)
"""How a DICOM file begins that was saved without its 128 bytes of preamble."""


def is_dicom(start: bytes) -> bool:
    """Whether the first bytes of a file (132 are enough) are those of a DICOM file."""
    return start[128:132] == b"DICM" or start.startswith(_FIRST_ELEMENTS_WITHOUT_PREAMBLE)


def list_dicom_volumes(
    path: Path, *, cache: VolumeCache | None = None
) -> tuple[tuple[Volume, ...], tuple[UnreadableImage, ...]]:
    """Volumes of a folder or file, and why other series in it are none.

    Files that are not DICOM, or hold no placed grey image, are passed over; sub-folders are not entered.

    Parameters
    ----------
    path : Path
        Folder with the files of one or more series, or one file.
    cache : VolumeCache, optional
        Keeps voxels whose slices are costly to get at: compressed ones, and those cut across the stored planes.

    Raises
    ------
    UnreadableImage
        If there is no image at all, or a file is damaged.
    """
    planes = _planes_of_folder(path) if path.is_dir() else read_planes(path)
    by_series: dict[str, list[ImagePlane]] = {}
    for plane in planes:
        by_series.setdefault(plane.series_uid, []).append(plane)
    volumes: list[Volume] = []
    refused: list[UnreadableImage] = []
    for of_series in by_series.values():
        try:
            groups = group_planes(of_series)
        except UnreadableImage as error:
            refused.append(error)
            continue
        for told_apart_by, group in groups:
            try:
                volumes.append(_volume(stack_planes(group, told_apart_by), path, cache))
            except UnreadableImage as error:
                refused.append(error)
    return tuple(volumes), tuple(refused)


def _planes_of_folder(folder: Path) -> list[ImagePlane]:
    planes: list[ImagePlane] = []
    without_image: list[NoPlane] = []
    for file in _dicom_files(folder):
        try:
            planes.extend(read_planes(file))
        except NoPlane as error:
            without_image.append(error)
    if planes:
        return planes
    if without_image:
        raise without_image[0]
    below = [one.name for one in sorted(folder.iterdir()) if one.is_dir() and next(iter(_dicom_files(one)), None)]
    raise UnreadableImage(
        f"Expected a zarr or DICOM files, found neither, in {folder}.",
        hint=f"Give one of its sub-folders: {', '.join(below[:5])}." if below else "Check the folder.",
    )


def _dicom_files(folder: Path) -> list[Path]:
    """Files that begin as DICOM files do, by name."""
    found = []
    for file in sorted(folder.iterdir()):
        if file.is_file():
            with file.open("rb") as stream:
                if is_dicom(stream.read(132)):
                    found.append(file)
    return found


def _volume(stack: Stack, path: Path, cache: VolumeCache | None) -> Volume:
    first = stack.planes[0]
    grid, voxels = _arranged(stack)
    is_across = isinstance(voxels, MappedVoxels) and voxels.index_map.axes[0] != 0
    is_costly = is_across or is_compressed(first.transfer_syntax)
    if cache is not None and is_costly:
        voxels = OpenedAtFirstLook(grid.shape, voxels.dtype, partial(_kept, cache, stack, voxels))
    rescales = {plane.rescale for plane in stack.planes}
    contrast, polarity, suppressed = contrast_of(first.facts, first.words)
    return Volume(
        voxels,
        replace(grid, frame_of_reference_uid=first.frame_of_reference_uid),
        contrast=contrast,
        fat_polarity=polarity,
        fat_suppressed=suppressed,
        source=Source(
            path=str(path),
            format="dicom",
            series=first.series_uid,
            description=", ".join(part for part in (first.description, stack.told_apart_by) if part),
            header={**_shared_facts(stack.planes), **stack.notes},
        ),
        voxel_scale=first.rescale if len(rescales) == 1 else (1.0, 0.0),
    )


def _arranged(stack: Stack) -> tuple[Grid, Any]:
    """Grid and voxels with the slice axis chosen as for every format; a single plane stays one slice."""
    first = stack.planes[0]
    rescales = tuple(plane.rescale for plane in stack.planes)
    stored = DicomVoxels(
        frames=tuple((plane.path, plane.frame) for plane in stack.planes),
        transfer_syntax=first.transfer_syntax,
        plane_shape=first.shape,
        stored_type=first.dtype,
        rescale=rescales if len(set(rescales)) > 1 else (),
    )
    try:
        if len(stack.planes) == 1:
            return Grid(stack.shape, stack.affine), stored
        grid, axes = arrange_axes(stack.shape, stack.affine)
    except HipSpineError as error:
        raise UnreadableImage(f"{error.message[:-1]}, in {first.path}.", hint=error.hint) from error
    if axes == (0, 1, 2):
        return grid, stored
    turned = IndexMap(axes, signs=(1, 1, 1), offsets=(0, 0, 0), shape=grid.shape, source_shape=stack.shape)
    return grid, MappedVoxels(stored, turned)


def _kept(cache: VolumeCache, stack: Stack, voxels: Any) -> Any:
    frames = tuple(plane.frame for plane in stack.planes)
    key = key_of_files([plane.path for plane in stack.planes], frames, voxels.shape)
    return keep_between_sittings(cache, key, lambda: voxels)


def _shared_facts(planes: Sequence[ImagePlane]) -> dict[str, Any]:
    """Facts on which all slices agree; what differs from slice to slice is no fact of the volume."""
    first = planes[0].facts
    return {name: value for name, value in first.items() if all(plane.facts.get(name) == value for plane in planes)}
