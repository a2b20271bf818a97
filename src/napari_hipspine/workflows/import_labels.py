"""Labels made elsewhere: shown, converted, and resampled when nothing else leads to the image's grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.anatomy import Structure
from ..domain.cache import VolumeCache
from ..domain.errors import GridMismatch, SideContradiction, UnknownLabel
from ..domain.grid import Grid
from ..domain.index_map import index_map_between
from ..domain.label_map import LabelMap

if TYPE_CHECKING:
    from ..reading.label_looks import LabelLook
    from ..reading.label_maps import NamingProposal, UnknownValues


@dataclass(frozen=True)
class LabelRow:
    """One label value as it is shown.

    Parameters
    ----------
    value : int
        Label value.
    n_voxels : int
        Voxels that carry it.
    volume_mm3 : float
        Their volume [mm3].
    first_slice, last_slice : int
        Outermost slices on which it occurs.
    structure : Structure or None
        The muscle it stands for.
    name : str
        Name of a known structure that is no muscle; else the muscle's label, or empty.
    reason : str
        Why it has no meaning, where that is known.
    """

    value: int
    n_voxels: int
    volume_mm3: float
    first_slice: int
    last_slice: int
    structure: Structure | None = None
    name: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ShownLabels:
    """What a label map holds.

    Parameters
    ----------
    path : str
        File or folder.
    grid : Grid
        Where the labels lie.
    naming : str
        Naming the names come from; empty when there is none.
    rows : tuple of LabelRow
        One per value, ascending.
    flags, notes : tuple of str
        What holds for every number taken with these labels, and what was noticed.
    problem : str
        Why the labels could not be measured as they are, in a sentence; empty if they could.
    """

    path: str
    grid: Grid
    naming: str
    rows: tuple[LabelRow, ...]
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    problem: str


@dataclass(frozen=True)
class WrittenLabels:
    """A label map that was written.

    Parameters
    ----------
    path : Path
        Where it is.
    label_map : LabelMap
        What was written, with its notes.
    """

    path: Path
    label_map: LabelMap


def show_labels(
    path: str | PathLike[str],
    naming: str | PathLike[str] | None = None,
    *,
    series: str | int | None = None,
    cache: VolumeCache | None = None,
) -> ShownLabels:
    """Values, counts and meanings of a label map; nothing is refused that can be shown.

    Parameters
    ----------
    path : path-like
        Label map, segmentation with names, or folder with one mask per structure.
    naming : str or path, optional
        Name of a naming, or an own CSV; without one the names that come with the file, if any.
    series : str or int, optional
        Which volume, where there are several.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    HipSpineError
        If the file cannot be read, holds no labels, or the naming does not exist.
    """
    from ..reading.carried_names import comes_with_names
    from ..reading.label_maps import look_at_labels, propose_names

    look = look_at_labels(path, series=series, cache=cache)
    if naming is None and not comes_with_names(look):
        problem = "No naming was given and none comes with the file, so the values have no meaning yet."
        return ShownLabels(look.path, look.grid, "", _rows_of(look, None), look.flags, look.notes, problem)
    proposal = propose_names(look, naming)
    flags, notes, problem = _judged(proposal)
    return ShownLabels(look.path, look.grid, proposal.naming, _rows_of(look, proposal), flags, notes, problem)


def convert_labels(
    path: str | PathLike[str],
    out: str | PathLike[str],
    naming: str | PathLike[str] | None = None,
    *,
    series: str | int | None = None,
    unknown: UnknownValues | None = None,
    cache: VolumeCache | None = None,
) -> WrittenLabels:
    """A label map of another tool written with its meanings, as NIfTI with a table beside it or as OME-Zarr.

    Structures that are no muscle and values left out become background.

    Parameters
    ----------
    path : path-like
        Labels as `show_labels` takes them.
    out : path-like
        File ending in ``.nii`` or ``.nii.gz``, or folder ending in ``.zarr``.
    naming : str or path, optional
        Name of a naming, or an own CSV.
    series : str or int, optional
        Which volume, where there are several.
    unknown : UnknownValues, optional
        Whether values the naming does not know are refused (by default) or left out.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    HipSpineError
        Whatever reading, naming or writing refuses; nothing is written then.
    """
    from ..reading.label_maps import UnknownValues, open_label_map
    from ..writing.label_maps import write_label_map

    label_map = open_label_map(path, naming, series=series, unknown=unknown or UnknownValues.REFUSE, cache=cache)
    return WrittenLabels(write_label_map(label_map, out), label_map)


class CarriedBy(StrEnum):
    """How labels get onto a grid that no lossless step leads to."""

    NEAREST = "nearest"
    SHAPE = "shape"


def resample_labels_onto(
    path: str | PathLike[str],
    image: str | PathLike[str],
    out: str | PathLike[str],
    naming: str | PathLike[str] | None = None,
    *,
    by: CarriedBy = CarriedBy.NEAREST,
    series: str | int | None = None,
    image_series: str | int | None = None,
    unknown: UnknownValues | None = None,
    cache: VolumeCache | None = None,
) -> WrittenLabels:
    """Labels carried onto the grid of an image, and written.

    Where flips, permuted axes, whole-voxel crops and pads lead there, these are used and nothing is resampled.

    Parameters
    ----------
    path : path-like
        Labels as `show_labels` takes them.
    image : path-like
        Image whose grid is wanted.
    out : path-like
        File ending in ``.nii`` or ``.nii.gz``, or folder ending in ``.zarr``.
    naming : str or path, optional
        Name of a naming, or an own CSV.
    by : CarriedBy
        Nearest neighbour, or signed distances interpolated, for smooth outlines between thick slices.
    series, image_series : str or int, optional
        Which volume, where there are several.
    unknown : UnknownValues, optional
        Whether values the naming does not know are refused (by default) or left out.
    cache : VolumeCache, optional
        Keeps voxels that are slow to decode.

    Raises
    ------
    GridMismatch
        If no labelled voxel lies inside the image.
    HipSpineError
        Whatever reading, naming or writing refuses; nothing is written then.
    """
    from ..reading.label_maps import UnknownValues, open_label_map
    from ..reading.volumes import open_volume
    from ..writing.label_maps import write_label_map

    label_map = open_label_map(path, naming, series=series, unknown=unknown or UnknownValues.REFUSE, cache=cache)
    grid = open_volume(image, series=image_series, cache=cache).grid
    carried = carry_labels_onto(label_map, grid, by=by)
    return WrittenLabels(write_label_map(carried, out), carried)


def carry_labels_onto(label_map: LabelMap, grid: Grid, *, by: CarriedBy = CarriedBy.NEAREST) -> LabelMap:
    """The labels on another grid: by lossless steps where they lead there, else resampled.

    Parameters
    ----------
    label_map : LabelMap
        Labels on their own grid.
    grid : Grid
        Grid wanted.
    by : CarriedBy
        How they are resampled.

    Raises
    ------
    GridMismatch
        If no labelled voxel lies inside the grid.
    """
    from ..segmenting.resample import resample_labels, resample_labels_by_shape

    try:
        index_map_between(label_map.grid, grid)
    except GridMismatch:
        difference = label_map.grid.difference_from(grid)
    else:
        return label_map.on_grid(grid)
    resample, how = {
        CarriedBy.NEAREST: (resample_labels, "nearest neighbour"),
        CarriedBy.SHAPE: (resample_labels_by_shape, "their shapes"),
    }[by]
    labels = resample(label_map.labels, label_map.grid, grid)
    present = {value for value in label_map.structures if (labels == value).any()}
    if not present:
        raise GridMismatch(
            f"Expected labels inside the image, found none of them there ({difference}), in {label_map.path}.",
            hint="Check that labels and image belong to the same scan.",
        )
    lost = [s.label for value, s in label_map.structures.items() if value not in present]
    notes = [f"labels resampled by {how}: {difference}"]
    notes += [f"no voxel left after resampling: {', '.join(lost)}"] if lost else []
    return replace(label_map, labels=labels, grid=grid, notes=(*label_map.notes, *notes))


def _judged(proposal: NamingProposal) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Flags, notes, and why the proposal could not be accepted."""
    from ..reading.label_maps import accept

    try:
        accepted = accept(proposal)
    except (SideContradiction, UnknownLabel) as error:
        return proposal.look.flags, proposal.look.notes, error.message
    return accepted.flags, accepted.notes, ""


def _rows_of(look: LabelLook, proposal: NamingProposal | None) -> tuple[LabelRow, ...]:
    rows = []
    for value, n_voxels in look.counts.items():
        slices = look.tally.slices_of(value)
        structure = proposal.named.get(value) if proposal else None
        other = proposal.known_others.get(value, "") if proposal else ""
        rows.append(
            LabelRow(
                value=value,
                n_voxels=n_voxels,
                volume_mm3=n_voxels * look.grid.voxel_volume_mm3,
                first_slice=int(slices.min()),
                last_slice=int(slices.max()),
                structure=structure,
                name=structure.label if structure else other,
                reason=proposal.unknown.get(value, "") if proposal else "",
            )
        )
    return tuple(rows)
