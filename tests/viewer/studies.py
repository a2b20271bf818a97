"""A study of two subjects, each with a lumbar T2 and a hip PD of known outlines, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.viewer.conftest import STRUCTURES, muscle_pixels, oriented_grid, picture

from napari_hipspine.domain.anatomy import Structure, find_structure

HIP = {
    1: find_structure("gluteus_maximus", "left"),
    2: find_structure("gluteus_maximus", "right"),
    3: find_structure("gluteus_medius", "left"),
    4: find_structure("gluteus_medius", "right"),
}


def make_study(root: Path, *, n_subjects: int = 2) -> Path:
    """A study folder with names as in BIDS; only the first subject's lumbar series comes with labels."""
    for number in range(1, n_subjects + 1):
        name = f"sub-{number:03d}"
        anat = root / name / "anat"
        anat.mkdir(parents=True)
        grid = oriented_grid(rows_to="A", columns_to="R")
        labels = muscle_pixels(grid)
        for region, suffix in (("lumbar", "T2w"), ("hip", "PDw")):
            write_nifti(anat / f"{name}_acq-{region}_{suffix}.nii", picture(labels) + number, grid.affine)
        if number == 1:
            place = root / "derivatives" / "readers" / name / "anat"
            place.mkdir(parents=True)
            write_nifti(place / f"{name}_acq-lumbar_dseg.nii", labels, grid.affine)
            write_naming(place / f"{name}_acq-lumbar_dseg.csv", STRUCTURES)
    (root / "participants.tsv").write_text(
        "participant_id\n" + "".join(f"sub-{number:03d}\n" for number in range(1, n_subjects + 1)), encoding="utf-8"
    )
    return root


def write_nifti(path: Path, voxels: np.ndarray, affine: np.ndarray) -> None:
    """Voxels of a patient grid as NIfTI stores them."""
    import nibabel

    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    nibabel.save(nibabel.Nifti1Image(voxels.transpose(2, 1, 0), ras[:, [2, 1, 0, 3]]), path)


def write_naming(path: Path, structures: dict[int, Structure]) -> None:
    rows = [f"{value},{s.muscle.id},{s.side.value}" for value, s in structures.items()]
    path.write_text("\n".join(["value,muscle,side", *rows]) + "\n", encoding="utf-8")
