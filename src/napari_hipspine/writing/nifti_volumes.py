"""One volume as a NIfTI-1 file, slice by slice, checked by reading it back."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..domain.blocks import BlockSource
from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.grid import RAS_TO_LPS, Grid
from .named_voxels import slabs_of

_LONGEST_AXIS = 32767
_READ_BYTES = 2**22
_SCANNER = 1
_VOXELS_START = 352


def write_nifti_volume(voxels: BlockSource, grid: Grid, path: Path) -> None:
    """Voxels and geometry as a NIfTI-1 file; compressed where the name ends in ``.gz``, the same bytes every time.

    Parameters
    ----------
    voxels : BlockSource
        Shape ``(n_slices, n_rows, n_columns)``; stored with columns fastest and slices slowest.
    grid : Grid
        Where they lie.
    path : Path
        File to be made.

    Raises
    ------
    InvalidChoice
        If an axis is too long for NIfTI-1.
    HipSpineError
        If the file reads back differently.
    """
    if max(grid.shape) > _LONGEST_AXIS:
        raise InvalidChoice(
            f"Expected axes of at most {_LONGEST_AXIS} voxels, found {max(grid.shape)}.", hint="Write OME-Zarr instead."
        )
    header = _header_of(grid, voxels.dtype)
    checksum = 0
    with _opened(path, "wb") as file:
        file.write(header.binaryblock + b"\0" * (_VOXELS_START - len(header.binaryblock)))
        for _, slab in slabs_of(voxels, voxels.block_shape[0]):
            raw = np.ascontiguousarray(slab, dtype=voxels.dtype.newbyteorder("<")).tobytes()
            checksum = zlib.crc32(raw, checksum)
            file.write(raw)
    _check(path, grid, voxels.dtype, checksum)


def _header_of(grid: Grid, dtype: np.dtype[Any]) -> Any:
    import nibabel

    make_header: Any = nibabel.Nifti1Header
    header = make_header(endianness="<")
    header.set_data_dtype(dtype)
    header.set_data_shape(grid.shape[::-1])
    affine = RAS_TO_LPS @ grid.affine[:, [2, 1, 0, 3]]
    # The quaternion cannot hold a sheared grid; the full matrix can, and is what readers prefer.
    header.set_qform(affine, code=_SCANNER, strip_shears=True)
    header.set_sform(affine, code=_SCANNER)
    header.set_xyzt_units(xyz="mm")
    header["vox_offset"] = _VOXELS_START
    header["magic"] = b"n+1"
    return header


def _check(path: Path, grid: Grid, dtype: np.dtype[Any], checksum: int) -> None:
    import nibabel

    header: Any = nibabel.load(path).header
    affine = RAS_TO_LPS @ header.get_best_affine()[:, [2, 1, 0, 3]]
    same = tuple(header.get_data_shape()[::-1]) == grid.shape and header.get_data_dtype() == dtype
    found = 0
    with _opened(path, "rb") as file:
        file.read(_VOXELS_START)
        while raw := file.read(_READ_BYTES):
            found = zlib.crc32(raw, found)
    if not same or not Grid(grid.shape, affine).same_as(grid) or found != checksum:
        raise HipSpineError(
            f"Expected the file to read back as it was written, found a difference, in {path.name}.",
            hint="Check the disk; nothing was kept.",
        )


@contextmanager
def _opened(path: Path, mode: Literal["rb", "wb"]) -> Iterator[Any]:
    """A plain or compressed file; no name and no time in the compressed one, so that equal labels give equal bytes."""
    with path.open(mode) as file:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile(filename="", mode=mode, compresslevel=6, fileobj=file, mtime=0) as packed:
                yield packed
        else:
            yield file
