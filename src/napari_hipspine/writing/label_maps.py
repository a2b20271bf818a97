"""Label maps on disk with the meaning of every value beside or inside them, read back before they count as written."""

from __future__ import annotations

import csv
import io
from os import PathLike
from pathlib import Path

from ..domain.colours import structure_colour
from ..domain.errors import InvalidChoice
from ..domain.label_map import LabelMap
from .itksnap_labels import label_description
from .named_voxels import NamedVoxels
from .nifti_volumes import write_nifti_volume
from .ome_zarr import write_ome_zarr_labels
from .places import complete_before_visible
from .slicer_segmentations import write_slicer_segmentation

NIFTI_ENDINGS = (".nii", ".nii.gz")
ZARR_ENDING = ".zarr"
SLICER_ENDING = ".seg.nrrd"
ITKSNAP_ENDING = ".label"

_COLUMNS = ("value", "muscle", "side", "name", "colour")
_TABLE_COLUMNS = ",".join(_COLUMNS[:3])


def write_label_map(label_map: LabelMap, path: str | PathLike[str]) -> Path:
    """A label map written whole or not at all; values that stand for no structure become background.

    ``.nii`` and ``.nii.gz`` get a table of the same name beside them (value, muscle, side, name, colour), which is
    found again when the labels are opened; ``.label`` becomes an ITK-SNAP label description with a ``.nii.gz`` of the
    same name beside it; ``.seg.nrrd`` becomes a 3D Slicer segmentation and ``.zarr`` an OME-Zarr 0.5 label image, which
    carry their names.

    Parameters
    ----------
    label_map : LabelMap
        What is written.
    path : path-like
        File or folder to be made; a file there is replaced, a zarr is not.

    Returns
    -------
    Path
        Where the labels are.

    Raises
    ------
    InvalidChoice
        If the ending is none of these, a zarr is there already, or the map has no structures.
    HipSpineError
        If the place cannot be written, or what was written reads back differently.
    """
    target = Path(path)
    if not label_map.structures:
        raise InvalidChoice(f"Expected labels with at least one structure, found none, for {target}.")
    if target.name.lower().endswith(NIFTI_ENDINGS):
        return _write_nifti(label_map, target)
    if target.name.lower().endswith(SLICER_ENDING):
        with complete_before_visible(target.parent, target.name) as (waiting,):
            write_slicer_segmentation(label_map, waiting)
        return target
    if target.suffix.lower() == ITKSNAP_ENDING:
        return _write_itksnap(label_map, target)
    if target.suffix.lower() == ZARR_ENDING:
        return write_ome_zarr_labels(label_map, target)
    endings = ", ".join((*NIFTI_ENDINGS, SLICER_ENDING, ITKSNAP_ENDING))
    raise InvalidChoice(
        f"Expected a label map ending in {endings} or {ZARR_ENDING}, found {target.name!r}.",
        hint="NIfTI is read by most programs; OME-Zarr can be painted on and opened in parts.",
    )


def naming_as_csv(label_map: LabelMap) -> str:
    """The table that names the values of a label map: value, muscle, side, name, colour."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for value, structure in sorted(label_map.structures.items()):
        colour = "#" + "".join(f"{round(255 * part):02x}" for part in structure_colour(structure))
        writer.writerow((value, structure.muscle.id, structure.side.value, structure.label, colour))
    return out.getvalue()


def _write_nifti(label_map: LabelMap, target: Path) -> Path:
    stem = target.name[: -len(".nii.gz")] if target.name.lower().endswith(".nii.gz") else target.stem
    table = target.with_name(f"{stem}.csv")
    if table.exists() and not table.read_text(encoding="utf-8", errors="replace").startswith(_TABLE_COLUMNS):
        raise InvalidChoice(
            f"Expected no table, or one that names label values, found another one, at {table}.",
            hint="Give the labels another name; the table that names their values stands beside them.",
        )
    voxels = NamedVoxels(label_map.blocks(), frozenset(label_map.structures))
    with complete_before_visible(target.parent, target.name, table.name) as (labels_waiting, table_waiting):
        write_nifti_volume(voxels, label_map.grid, labels_waiting)
        table_waiting.write_text(naming_as_csv(label_map), encoding="utf-8")
    return target


def _write_itksnap(label_map: LabelMap, target: Path) -> Path:
    labels = target.with_suffix(".nii.gz")
    voxels = NamedVoxels(label_map.blocks(), frozenset(label_map.structures))
    with complete_before_visible(target.parent, labels.name, target.name) as (labels_waiting, description_waiting):
        write_nifti_volume(voxels, label_map.grid, labels_waiting)
        description_waiting.write_text(label_description(label_map), encoding="utf-8")
    return labels
