"""NRRD and MetaImage (MHA, MHD): geometry by SimpleITK, voxels memory-mapped where they are stored plainly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.cache import VolumeCache
from ..domain.errors import HipSpineError, UnreadableImage
from ..domain.grid import arrange_axes
from ..domain.volume import Source, Volume
from .first_look import OpenedAtFirstLook, keep_between_sittings, key_of_files
from .gzip_stream import DecompressedFile
from .itk_storage import ItkStorage, is_meta_image, is_nrrd, read_itk_storage

_READERS = {"nrrd": "NrrdImageIO", "metaimage": "MetaImageIO"}
_NUMBER_TYPES = {
    "8-bit unsigned integer": "u1",
    "8-bit signed integer": "i1",
    "16-bit unsigned integer": "u2",
    "16-bit signed integer": "i2",
    "32-bit unsigned integer": "u4",
    "32-bit signed integer": "i4",
    "64-bit unsigned integer": "u8",
    "64-bit signed integer": "i8",
    "32-bit float": "f4",
    "64-bit float": "f8",
}
"""SimpleITK's names of pixel types, without a leading "vector of"."""


@dataclass(frozen=True)
class _Stored:
    """Shape, type and geometry of one file, before anything is turned.

    ``shape`` is (components, x, y, z, volumes) with the fastest axis first.
    """

    path: Path
    storage: ItkStorage
    shape: tuple[int, int, int, int, int]
    dtype: np.dtype[Any]
    affine_lps: NDArray[np.float64]

    @property
    def n_bytes(self) -> int:
        """Bytes of all voxels."""
        return math.prod(self.shape) * self.dtype.itemsize


def is_itk_image(start: bytes) -> bool:
    """Whether the first bytes of a file are those of an NRRD or MetaImage header."""
    return is_nrrd(start) or is_meta_image(start)


def list_itk_volumes(path: Path, *, cache: VolumeCache | None = None) -> tuple[Volume, ...]:
    """Volumes of one NRRD or MetaImage file: several when it has a fourth axis or several components per voxel.

    Parameters
    ----------
    path : Path
        File with the header.
    cache : VolumeCache, optional
        Keeps the voxels of compressed files decoded between two sittings.

    Raises
    ------
    UnreadableImage
        If the header is damaged, voxels are missing, or the geometry is unusable.
    """
    stored = _read_header(path)
    try:
        grid, axes = arrange_axes(stored.shape[1:4], stored.affine_lps)
    except HipSpineError as error:
        raise UnreadableImage(f"{error.message[:-1]}, in {path}.", hint=error.hint) from error
    raw = _map_raw(stored) if stored.storage.packing == "raw" else None
    unpacked = DecompressedFile(stored.storage.data_path, stored.storage.offset)
    n_components, n_volumes = stored.shape[0], stored.shape[4]
    volumes = []
    for number in range(n_components * n_volumes):
        view = partial(_picked, axes=axes, number=number, n_components=n_components)
        voxels: Any
        if raw is not None:
            voxels = view(raw)
        else:
            look = partial(_first_look, stored, unpacked, cache, view)
            voxels = OpenedAtFirstLook(grid.shape, stored.dtype, look)
        source = Source(
            path=str(path),
            format=stored.storage.format,
            series=str(number) if n_components * n_volumes > 1 else "",
            description=_description(number, n_components, n_volumes),
        )
        flags = () if stored.storage.has_orientation else ("orientation_assumed",)
        volumes.append(Volume(voxels, grid, source=source, flags=flags))
    return tuple(volumes)


def _read_header(path: Path) -> _Stored:
    import SimpleITK

    storage = read_itk_storage(path)
    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO(_READERS[storage.format])
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise UnreadableImage(
            f"Expected an NRRD or MetaImage header, found a damaged one ({_last_line(error)}), in {path}.",
            hint="Export the image again.",
        ) from error
    if not storage.data_path.is_file():
        raise UnreadableImage(
            f"Expected voxels in {storage.data_path.name} beside the header, found no such file, for {path}.",
            hint="Copy header and voxels together and keep their names.",
        )
    sizes = tuple(int(n) for n in reader.GetSize())
    n_axes = len(sizes)
    kind = SimpleITK.GetPixelIDValueAsString(reader.GetPixelIDValue()).removeprefix("vector of ")
    if n_axes not in (3, 4) or kind not in _NUMBER_TYPES:
        raise UnreadableImage(
            f"Expected three or four axes of real numbers, found {n_axes} axes of {kind}, in {path}.",
            hint="Export the image as a volume of grey values.",
        )
    direction = np.array(reader.GetDirection()).reshape(n_axes, n_axes)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = direction * reader.GetSpacing()[:3] * storage.unit_mm
    affine[:3, 3] = np.array(reader.GetOrigin()[:3]) * storage.unit_mm
    shape = (int(reader.GetNumberOfComponents()), sizes[0], sizes[1], sizes[2], math.prod(sizes[3:]))
    return _Stored(path, storage, shape, np.dtype(storage.byte_order + _NUMBER_TYPES[kind]), affine)


def _map_raw(stored: _Stored) -> NDArray[Any]:
    storage = stored.storage
    found = storage.data_path.stat().st_size
    if found < storage.offset + stored.n_bytes:
        raise UnreadableImage(
            f"Expected {storage.offset + stored.n_bytes} bytes, found {found}, in {storage.data_path}.",
            hint="The file is truncated; copy it again.",
        )
    return np.memmap(storage.data_path, stored.dtype, "r", storage.offset, stored.shape, "F")


def _first_look(stored: _Stored, unpacked: DecompressedFile, cache: VolumeCache | None, view: Any) -> Any:
    voxels = _unpack if stored.storage.packing == "stream" else _load
    key = key_of_files([stored.path, stored.storage.data_path], view.keywords["number"], view.keywords["axes"])
    return keep_between_sittings(cache, key, lambda: view(voxels(stored, unpacked)))


def _unpack(stored: _Stored, unpacked: DecompressedFile) -> NDArray[Any]:
    raw = unpacked.mapped(offset=0, n_bytes=stored.n_bytes)
    return raw.view(stored.dtype).reshape(stored.shape, order="F")


def _load(stored: _Stored, unpacked: DecompressedFile) -> NDArray[Any]:
    """Rare packings (text, bzip2, several files), loaded whole by SimpleITK."""
    import SimpleITK

    try:
        image = SimpleITK.ReadImage(str(stored.path), imageIO=_READERS[stored.storage.format])
    except RuntimeError as error:
        raise UnreadableImage(
            f"Expected voxels that can be read, found damaged ones ({_last_line(error)}), in {stored.path}.",
            hint="Export the image again.",
        ) from error
    slowest_first = SimpleITK.GetArrayFromImage(image).reshape(stored.shape[::-1])
    return np.asarray(slowest_first.T, dtype=stored.dtype)


def _picked(array: NDArray[Any], *, axes: tuple[int, int, int], number: int, n_components: int) -> NDArray[Any]:
    volume, component = divmod(number, n_components)
    return array[component, ..., volume].transpose(axes)


def _description(number: int, n_components: int, n_volumes: int) -> str:
    volume, component = divmod(number, n_components)
    parts = [f"volume {volume} of {n_volumes}"] if n_volumes > 1 else []
    parts += [f"component {component} of {n_components}"] if n_components > 1 else []
    return f"{', '.join(parts)}, counted from 0" if parts else ""


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
