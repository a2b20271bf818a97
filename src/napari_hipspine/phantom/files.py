"""Phantoms as files: NIfTI pictures and labels, naming tables, truths."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..domain.cells import cell_as_text
from ..domain.grid import RAS_TO_LPS, Grid
from ..domain.volume import Contrast
from .region import COMPARED_LEVELS, PhantomRegion
from .subjects import PhantomSubject
from .truth import SliceTruth

if TYPE_CHECKING:
    import pandas as pd

SERIES_COLUMNS = ("subject_id", "region", "contrast", "fat_polarity", "image", "fat", "labels", "naming")
"""Columns of the list of series; paths are relative to it, `fat` is empty but for water-fat series."""

LEVEL_COLUMNS = (
    "subject_id",
    "region",
    "level",
    "slice_position",
    "position_mm",
    "nearest_slice",
    "is_compared",
)
"""Columns of the list of true levels; positions run along the slice normal, to the head."""

_SUFFIX = {Contrast.T1: "T1w", Contrast.T2: "T2w", Contrast.PD: "PDw", Contrast.WATER: "water", Contrast.FAT: "fat"}


def write_subject(subject: PhantomSubject, folder: Path) -> list[dict[str, str]]:
    """Write all series of a subject below a folder, named as in BIDS.

    Returns
    -------
    list of dict
        One row per series with the columns `SERIES_COLUMNS`.
    """
    return [write_region(subject.subject_id, region, folder) for region in subject.regions.values()]


def write_region(subject_id: str, region: PhantomRegion, folder: Path) -> dict[str, str]:
    """Write one series, its labels and their naming table; returns its row of the list of series."""
    place = Path(f"sub-{subject_id}") / "anat"
    stem = f"sub-{subject_id}_region-{region.spec.region.value}"
    (folder / place).mkdir(parents=True, exist_ok=True)
    pictures = {}
    for volume in region.volumes:
        pictures[volume.contrast] = place / f"{stem}_{_SUFFIX[volume.contrast]}.nii.gz"
        write_nifti(folder / pictures[volume.contrast], np.asarray(volume.voxels), volume.grid)
    labels, naming = place / f"{stem}_dseg.nii.gz", place / f"{stem}_dseg.csv"
    write_nifti(folder / labels, np.asarray(region.label_map.labels), region.label_map.grid)
    names = [(value, s.muscle.id, s.side.value) for value, s in region.label_map.structures.items()]
    write_table(folder / naming, ("value", "muscle", "side"), names)
    is_pair = Contrast.FAT in pictures
    return {
        "subject_id": subject_id,
        "region": region.spec.region.value,
        "contrast": region.volume.contrast.value,
        "fat_polarity": region.volume.fat_polarity.value,
        "image": pictures[region.volume.contrast].as_posix(),
        "fat": pictures[Contrast.FAT].as_posix() if is_pair else "",
        "labels": labels.as_posix(),
        "naming": naming.as_posix(),
    }


def level_rows(subject: PhantomSubject) -> list[tuple[object, ...]]:
    """Where the levels of a subject truly lie, with the columns `LEVEL_COLUMNS`."""
    return [
        (
            subject.subject_id,
            kind.value,
            placement.level.id,
            placement.slice_position,
            round(placement.position_mm, 4),
            region.volume.grid.nearest_slice(placement.position_mm),
            "yes" if placement.level.id in COMPARED_LEVELS else "no",
        )
        for kind, region in subject.regions.items()
        for placement in region.level_placements
    ]


def truth_columns() -> tuple[str, ...]:
    """Columns of the table of truths."""
    return ("subject_id", "region", *SliceTruth.columns())


def truth_rows(subject: PhantomSubject, *, at_levels: Sequence[str] = ()) -> list[tuple[object, ...]]:
    """True areas and fat of a subject with the columns `truth_columns`.

    Parameters
    ----------
    subject : PhantomSubject
        Whose truth.
    at_levels : sequence of str
        Only the slices nearest to these levels; all slices when empty.
    """
    rows: list[tuple[object, ...]] = []
    for kind, region in subject.regions.items():
        wanted = _slices_of(region, at_levels)
        rows.extend(
            (subject.subject_id, kind.value, *(_shorten(cell) for cell in truth.row()))
            for truth in region.truth
            if truth.slice_index in wanted
        )
    return rows


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV with line ends that are the same on every system."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8"))


def write_nifti(path: Path, voxels: NDArray[np.uint16], grid: Grid) -> None:
    """Write voxels ``(n_slices, n_rows, n_columns)`` as compressed NIfTI-1, columns first; no date in the file."""
    import nibabel

    affine = (RAS_TO_LPS @ grid.affine)[:, [2, 1, 0, 3]]
    image: Any = nibabel.Nifti1Image(voxels.transpose(2, 1, 0), affine)  # type: ignore[no-untyped-call]
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner")
    with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as packed:
        packed.write(image.to_bytes())


def _slices_of(region: PhantomRegion, levels: Sequence[str]) -> set[int]:
    grid = region.volume.grid
    if not levels:
        return set(range(grid.shape[0]))
    return {grid.nearest_slice(p.position_mm) for p in region.level_placements if p.level.id in levels}


def _shorten(cell: int | float | str) -> int | float | str:
    return round(cell, 6) if isinstance(cell, float) else cell


def write_measurements(path: Path, frame: pd.DataFrame) -> None:
    """Write a measurement table: missing cells empty, numbers the shortest text that reads back to the same float."""
    rows = ([cell_as_text(cell) for cell in row] for row in frame.astype(object).itertuples(index=False))
    write_table(path, list(frame.columns), rows)
