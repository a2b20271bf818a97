"""Folders with one mask per structure, as TotalSegmentator writes them: the file names are the naming."""

from __future__ import annotations

from pathlib import Path

from ..domain.cache import VolumeCache
from ..domain.errors import GridMismatch, HipSpineError, UnknownLabel, UnreadableImage
from ..domain.volume import Volume
from .carried_names import stem_of
from .label_looks import LabelLook, label_voxels_of, tally_labels
from .namings import FILE_NAMES, Meaning
from .stacked_labels import Layer, StackedLabels
from .structure_words import meaning_of_segment
from .volumes import open_volume

_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha", ".mhd")
_MASK_VALUES = (1, 255)


def mask_files(folder: Path) -> tuple[Path, ...]:
    """Image files right inside a folder, by name; empty if it is no folder of masks."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(file for file in folder.iterdir() if file.is_file() and file.name.lower().endswith(_ENDINGS)))


def look_at_folder(folder: Path, *, cache: VolumeCache | None = None) -> LabelLook:
    """Masks of a folder as one label map, numbered from 1 in the order of their names.

    Files of structures that are known and no muscle are not opened.

    Parameters
    ----------
    folder : Path
        Folder with one image file per structure.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    GridMismatch
        If the masks do not share a grid.
    UnknownLabel
        If a file is no mask, two masks overlap, or none of the files can be a muscle.
    """
    meanings: dict[int, Meaning] = {}
    unknown: dict[int, str] = {}
    files: dict[int, Path] = {}
    n_others = 0
    for value, file in enumerate(mask_files(folder), start=1):
        try:
            meaning = meaning_of_segment(stem_of(file))
        except UnknownLabel as error:
            unknown[value] = f"file {file.name}: {error.message}"
        else:
            if meaning.structure is None:
                n_others += 1
                continue
            meanings[value] = meaning
        files[value] = file
    if not files:
        raise UnknownLabel(
            f"Expected masks named after muscles, found {n_others} of other structures, in {folder}.",
            hint="Files are named after the structure and its side, e.g. gluteus_maximus_left.nii.gz.",
        )
    volumes = {value: _open_mask(file, cache) for value, file in files.items()}
    first = next(iter(volumes.values()))
    for value, volume in volumes.items():
        if not volume.grid.same_as(first.grid):
            raise GridMismatch(
                f"Expected all masks on one grid, found {volume.grid.difference_from(first.grid)} "
                f"to the first, in {files[value]}."
            )
    names = {value: file.name for value, file in files.items()}
    layers = tuple(
        Layer(label_voxels_of(volume), dict.fromkeys(_MASK_VALUES, value), str(files[value]))
        for value, volume in volumes.items()
    )
    voxels = StackedLabels(layers, names, str(folder))
    notes = (f"files of other structures not opened: {n_others}",) if n_others else ()
    return LabelLook(
        path=str(folder),
        voxels=voxels,
        grid=first.grid,
        tally=tally_labels(voxels, first.grid),
        carried=meanings,
        carried_unknown=unknown,
        carrier=FILE_NAMES,
        values_are_stored=False,
        flags=first.flags,
        notes=notes,
    )


def _open_mask(file: Path, cache: VolumeCache | None) -> Volume:
    try:
        return open_volume(file, cache=cache)
    except HipSpineError as error:
        raise UnreadableImage(f"Expected one mask per file: {error.message}", hint=error.hint) from error
