"""Labels written with the axes and the geometry of the file they came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import ArrayBlocks
from ..domain.errors import HipSpineError, InvalidChoice
from ..domain.grid import RAS_TO_LPS, Grid, arrange_axes
from .nifti_volumes import write_nifti_volume
from .places import complete_before_visible

ENDINGS = (".nii", ".nii.gz")


def write_labels_like(labels: NDArray[np.uint16], grid: Grid, template: Path, path: Path) -> Path:
    """Labels as NIfTI, whole or not at all.

    A NIfTI template gives its stored order of axes, its affine and its units; labels that came in another format are
    stored with columns fastest and slices slowest.

    Parameters
    ----------
    labels : ndarray of uint16, shape (n_slices, n_rows, n_columns)
        What is written.
    grid : Grid
        Where the labels lie.
    template : Path
        The file they came from; read, never changed.
    path : Path
        File to be made, ending in ``.nii`` or ``.nii.gz``.

    Raises
    ------
    InvalidChoice
        If the ending is another, the file would replace the template, or the labels do not have the template's shape.
    HipSpineError
        If the place cannot be written or what was written reads back differently.
    """
    refuse_place(template, path)
    header = _nifti_header(template)
    with complete_before_visible(path.parent, path.name) as (waiting,):
        if header is None:
            write_nifti_volume(ArrayBlocks(labels), grid, waiting)
        else:
            _write_with_header(labels, header, waiting)
    return path


def refuse_place(template: Path, path: Path) -> None:
    """Refuse a place for labels before the work that fills them is done; see `write_labels_like`.

    Raises
    ------
    InvalidChoice
        If the ending is not that of NIfTI, or the file would replace the template.
    """
    if not path.name.lower().endswith(ENDINGS):
        raise InvalidChoice(f"Expected a file ending in {' or '.join(ENDINGS)}, found {path.name!r}.")
    if path.exists() and template.exists() and path.samefile(template):
        raise InvalidChoice(
            f"Expected another file than the one with the outlines, found the same, at {path}.",
            hint="Give the filled labels a name of their own with --out.",
        )


def _nifti_header(template: Path) -> Any:
    """The header of a NIfTI file, or None for anything else."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    if template.is_dir():
        return None
    try:
        image: Any = nibabel.load(template)
    except ImageFileError:
        return None
    return image.header if isinstance(image, nibabel.Nifti1Image | nibabel.Nifti2Image) else None


def _write_with_header(labels: NDArray[np.uint16], template_header: Any, path: Path) -> None:
    import nibabel

    header = template_header.copy()
    stored_shape = (*header.get_data_shape(), 1, 1)[:3]
    _, axes = arrange_axes(stored_shape, RAS_TO_LPS @ header.get_best_affine())
    stored = labels.transpose(tuple(np.argsort(axes)))
    if stored.shape != tuple(stored_shape):
        raise InvalidChoice(f"Expected labels of shape {tuple(stored_shape)} as stored, found {stored.shape}.")
    header.set_data_dtype(np.uint16)
    header.set_data_shape(stored.shape)
    header.set_slope_inter(1, 0)
    header["cal_min"] = header["cal_max"] = 0
    header.extensions.clear()
    kind = nibabel.Nifti2Image if isinstance(header, nibabel.Nifti2Header) else nibabel.Nifti1Image
    made: Any = kind(stored, None, header)  # type: ignore[no-untyped-call]
    nibabel.save(made, path)
    read: Any = nibabel.load(path)
    if not np.array_equal(np.asarray(read.dataobj), stored):
        raise HipSpineError(
            f"Expected the file to read back as it was written, found a difference, in {path.name}.",
            hint="Check the disk; nothing was kept.",
        )
