"""The door of reading: looks into a file or folder, not at its name, and lists the volumes in it."""

from __future__ import annotations

import logging
from os import PathLike
from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.errors import InvalidChoice, SeriesAmbiguous, UnreadableImage
from ..domain.volume import Volume
from .remote_folder import RemotePath, place_of

Found = tuple[tuple[Volume, ...], tuple[UnreadableImage, ...]]
"""Volumes in one place, and refusals of what stands beside them."""

_LOG = logging.getLogger(__name__)
_START_BYTES = 1024
_KNOWN = "NIfTI, DICOM, OME-Zarr or plain zarr, NRRD, MHA or MHD"


def list_volumes(path: str | PathLike[str], *, cache: VolumeCache | None = None) -> tuple[Volume, ...]:
    """All volumes in one place, lazily: geometry is read, voxels are not.

    Parameters
    ----------
    path : path-like
        File or folder, or the URL of a zarr.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode; without one they are decoded once at the first look.

    Raises
    ------
    UnreadableImage
        If nothing is there, or it is no image we know, is damaged, or has no regular geometry.
    """
    volumes, refused = _look(place_of(path), cache)
    if not volumes:
        raise refused[0]
    for error in refused:
        _LOG.warning("Left out: %s", error.message)
    return volumes


def open_volume(
    path: str | PathLike[str], *, series: str | int | None = None, cache: VolumeCache | None = None
) -> Volume:
    """One volume, lazily; asks which when there are several.

    Parameters
    ----------
    path : path-like
        File or folder, or the URL of a zarr.
    series : str or int, optional
        DICOM series UID, or the number of the volume in the list, counted from 0.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    SeriesAmbiguous
        If more than one volume answers; the message lists them.
    InvalidChoice
        If no volume answers to ``series``.
    UnreadableImage
        As `list_volumes`.
    """
    volumes, refused = _look(place_of(path), cache)
    if refused and (series is None or not volumes):
        raise _refusal(refused[0], volumes)
    return choose_volume(volumes, path, series=series)


def choose_volume(volumes: tuple[Volume, ...], path: str | PathLike[str], *, series: str | int | None = None) -> Volume:
    """The one volume of a list that is meant.

    Parameters
    ----------
    volumes : tuple of Volume
        What `list_volumes` gave.
    path : path-like
        Where they came from, for the message.
    series : str or int, optional
        Series UID or number counted from 0.

    Raises
    ------
    SeriesAmbiguous
        If more than one volume answers.
    InvalidChoice
        If none answers.
    """
    found = volumes_of_series(volumes, path, series=series)
    if len(found) > 1:
        raise SeriesAmbiguous(
            f"Expected one volume, found {len(found)}, in {path}:\n{describe_volumes(volumes, only=found)}",
            hint="Choose one by its number with --series (of labels: --labels-series).",
        )
    return found[0]


def volumes_of_series(
    volumes: tuple[Volume, ...], path: str | PathLike[str], *, series: str | int | None = None
) -> tuple[Volume, ...]:
    """Volumes that answer to a series UID or number; all of them when none is given.

    Raises
    ------
    InvalidChoice
        If none answers.
    """
    if series is None:
        return volumes
    wanted = str(series).strip()
    found = tuple(volume for volume in volumes if volume.source.series == wanted)
    if not found and wanted.isdecimal() and int(wanted) < len(volumes):
        found = (volumes[int(wanted)],)
    if not found:
        raise InvalidChoice(
            f"Expected a series of the list, found {wanted!r}, in {path}:\n{describe_volumes(volumes)}",
            hint="Give the number or the series UID with --series (of labels: --labels-series).",
        )
    return found


def describe_volumes(volumes: tuple[Volume, ...], *, only: tuple[Volume, ...] | None = None) -> str:
    """Numbered lines that tell volumes apart: number from 0, description, shape, spacing, echo time.

    Parameters
    ----------
    volumes : tuple of Volume
        The whole list; it gives the numbers.
    only : tuple of Volume, optional
        Those to be shown; by default all.
    """
    shown = volumes if only is None else only
    return "\n".join(
        f"  {number}: {_one_line(volume)}"
        for number, volume in enumerate(volumes)
        if any(volume is one for one in shown)
    )


def _one_line(volume: Volume) -> str:
    slices, rows, columns = volume.grid.shape
    spacing = " x ".join(f"{mm:.4g}" for mm in volume.grid.spacing_mm)
    parts = [
        volume.source.description,
        f"{slices} slices of {rows} x {columns}",
        f"{spacing} mm",
        f"orientation {volume.grid.orientation}",
    ]
    echo_time = volume.source.header.get("EchoTime")
    if echo_time is not None:
        parts.append(f"echo time {float(echo_time):g} ms")
    if volume.source.format == "dicom":
        parts.append(f"series {volume.source.series}")
    return ", ".join(part for part in parts if part)


def _look(place: Path | RemotePath, cache: VolumeCache | None) -> Found:
    """Volumes in one place, and why other series there are none."""
    from .dicom import is_dicom, list_dicom_volumes
    from .gzip_stream import read_start
    from .itk_images import is_itk_image, list_itk_volumes
    from .nifti import is_nifti, list_nifti_volumes
    from .ome_zarr import is_zarr, list_zarr_volumes

    if isinstance(place, RemotePath):
        return list_zarr_volumes(place), ()
    if not place.exists():
        raise UnreadableImage(f"Expected a file or folder, found none, at {place}.", hint="Check the path.")
    if is_zarr(place):
        return list_zarr_volumes(place), ()
    if place.is_dir():
        return list_dicom_volumes(place, cache=cache)
    start = read_start(place, _START_BYTES)
    if is_nifti(start):
        return list_nifti_volumes(place, cache=cache), ()
    if is_dicom(start):
        return list_dicom_volumes(place, cache=cache)
    if is_itk_image(start):
        return list_itk_volumes(place, cache=cache), ()
    raise UnreadableImage(
        f"Expected an image ({_KNOWN}), found {_kind_of(start)}, in {place}.",
        hint="Give the image itself; a zarr or a DICOM series is given by its folder.",
    )


def _refusal(error: UnreadableImage, others: tuple[Volume, ...]) -> UnreadableImage:
    """Why a series cannot be read, with the list of those that can."""
    if not others:
        return error
    return UnreadableImage(
        error.message, hint=f"Choose another one with --series:\n{describe_volumes(others)}\nor: {error.hint}"
    )


def _kind_of(start: bytes) -> str:
    if not start:
        return "an empty file"
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)
    if printable == len(start):
        return "a text file"
    return f"a file beginning with the bytes {start[:8].hex(' ')}"
