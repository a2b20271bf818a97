"""NIfTI-1 and NIfTI-2, one file, plain or gzip-compressed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.cache import VolumeCache, progress_of
from ..domain.errors import HipSpineError, UnreadableImage
from ..domain.grid import RAS_TO_LPS, Grid, arrange_axes
from ..domain.subject import Progress
from ..domain.volume import Source, Volume
from .first_look import OpenedAtFirstLook, keep_between_sittings, key_of_files
from .gzip_stream import DecompressedFile, is_gzip, read_start

_MILLIMETRES_OF_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Length of the spatial unit codes (unknown, metre, millimetre, micrometre); unknown is millimetres by custom."""

_FORMS_AGREE_MM = 0.1
"""How far sform and qform may lie apart before it is noted [mm]."""

_HEADER_BYTES = 544


@dataclass(frozen=True)
class _Stored:
    """How the voxels of one file are stored, before anything is turned."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    affine_lps: NDArray[np.float64]
    voxel_scale: tuple[float, float]
    flags: tuple[str, ...]
    notes: dict[str, Any]

    @property
    def n_bytes(self) -> int:
        """Bytes of all voxels."""
        return math.prod(self.shape) * self.dtype.itemsize

    def as_array(self, raw: NDArray[Any]) -> NDArray[Any]:
        """Bytes seen as voxels, shape ``(n_i, n_j, n_k, n_volumes)``, nothing copied."""
        return raw.view(self.dtype).reshape(self.shape, order="F")


def is_nifti(start: bytes) -> bool:
    """Whether the first bytes of a (decompressed) file are a NIfTI header, by its magic and not by a name."""
    return start[344:347] in (b"n+1", b"ni1") or start[4:7] in (b"n+2", b"ni2")


def list_nifti_volumes(path: Path, *, cache: VolumeCache | None = None) -> tuple[Volume, ...]:
    """Volumes of one NIfTI file; several when the file holds more than three dimensions.

    Parameters
    ----------
    path : Path
        File, plain or gzip-compressed, whatever its name.
    cache : VolumeCache, optional
        Keeps the voxels of compressed files decoded between two sittings.

    Raises
    ------
    UnreadableImage
        If the header is damaged, the file is truncated, the voxels are no real numbers or the geometry is unusable.
    """
    stored = _read_header(path)
    try:
        grid, axes = arrange_axes(stored.shape[:3], stored.affine_lps)
    except HipSpineError as error:
        raise UnreadableImage(f"{error.message[:-1]}, in {path}.", hint=error.hint) from error
    voxels = _compressed_voxels(stored, grid, axes, cache) if is_gzip(path) else _mapped_voxels(stored, axes)
    n_volumes = stored.shape[3]
    return tuple(
        Volume(
            voxels(number),
            grid,
            source=Source(
                path=str(path),
                format="nifti",
                series=str(number) if n_volumes > 1 else "",
                description=f"volume {number} of {n_volumes}, counted from 0" if n_volumes > 1 else "",
                header=stored.notes,
            ),
            flags=stored.flags,
            voxel_scale=stored.voxel_scale,
        )
        for number in range(n_volumes)
    )


def _read_header(path: Path) -> _Stored:
    import nibabel
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    start = read_start(path, _HEADER_BYTES)
    if start[344:347] == b"ni1" or start[4:7] == b"ni2":
        raise UnreadableImage(
            f"Expected header and voxels in one NIfTI file, found only the header of a .hdr/.img pair, in {path}.",
            hint="Convert the pair to one .nii file.",
        )
    kind = nibabel.Nifti2Header if start[4:7] == b"n+2" else nibabel.Nifti1Header
    try:
        header: Any = kind(start[: kind.template_dtype.itemsize])  # type: ignore[no-untyped-call]
        shape = tuple(int(n) for n in header.get_data_shape())
        slope, intercept = header.get_slope_inter()
        dtype = np.dtype(header.get_data_dtype())
        affine, flags, notes = _world_affine(header, (*shape, 1, 1)[:3])
    except (HeaderDataError, WrapStructError, KeyError, ValueError) as error:
        raise UnreadableImage(
            f"Expected a NIfTI header, found a damaged one ({error}), in {path}.", hint="Export the image again."
        ) from error
    if dtype.kind not in "iuf" or not shape or min(shape) < 1:
        raise UnreadableImage(
            f"Expected real numbers in at least one voxel, found {dtype} of shape {shape}, in {path}.",
            hint="Colour, complex and empty images cannot be measured; export magnitudes.",
        )
    space = (*shape, 1, 1)[:3]
    scale = (1.0, 0.0) if slope is None else (float(slope), float(intercept))
    volumes = math.prod(shape[3:])
    return _Stored(path, (*space, volumes), dtype, int(header.get_data_offset()), affine, scale, flags, notes)


def _world_affine(header: Any, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], tuple[str, ...], dict[str, Any]]:
    """Stored index to LPS [mm], what had to be assumed, and what is worth a note."""
    unit = int(header["xyzt_units"]) & 7
    if unit not in _MILLIMETRES_OF_UNIT:
        raise ValueError(f"unknown spatial unit code {unit}")
    to_lps_mm = np.diag([*[_MILLIMETRES_OF_UNIT[unit]] * 3, 1.0]) @ RAS_TO_LPS
    affine = to_lps_mm @ header.get_best_affine()
    sform, qform = header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]
    if sform is None and qform is None:
        return affine, ("orientation_assumed",), {}
    notes: dict[str, Any] = {}
    if sform is not None and qform is not None:
        apart = np.abs(to_lps_mm @ (sform - qform) @ [*shape, 1])[:3].max()
        if apart > _FORMS_AGREE_MM:
            notes["geometry_note"] = f"sform and qform disagree by up to {apart:.3g} mm; the sform was taken"
    return affine, (), notes


def _mapped_voxels(stored: _Stored, axes: tuple[int, int, int]) -> Callable[[int], Any]:
    found = stored.path.stat().st_size
    if found < stored.offset + stored.n_bytes:
        raise UnreadableImage(
            f"Expected {stored.offset + stored.n_bytes} bytes, found {found}, in {stored.path}.",
            hint="The file is truncated; copy it again.",
        )
    raw = np.memmap(stored.path, dtype=np.uint8, mode="r", offset=stored.offset, shape=(stored.n_bytes,))
    array = stored.as_array(raw)
    return lambda number: array[..., number].transpose(axes)


def _compressed_voxels(
    stored: _Stored, grid: Grid, axes: tuple[int, int, int], cache: VolumeCache | None
) -> Callable[[int], Any]:
    file = DecompressedFile(stored.path)
    return lambda number: OpenedAtFirstLook(
        grid.shape, stored.dtype, partial(_open_compressed, file, stored, axes, cache, number)
    )


def _open_compressed(
    file: DecompressedFile, stored: _Stored, axes: tuple[int, int, int], cache: VolumeCache | None, number: int
) -> Any:
    key = key_of_files([stored.path], number, axes)
    return keep_between_sittings(cache, key, lambda: _decompressed(file, stored, axes, number, progress_of(cache)))


def _decompressed(
    file: DecompressedFile, stored: _Stored, axes: tuple[int, int, int], number: int, progress: Progress
) -> NDArray[Any]:
    raw = file.mapped(offset=stored.offset, n_bytes=stored.n_bytes, progress=progress)
    return stored.as_array(raw)[..., number].transpose(axes)
