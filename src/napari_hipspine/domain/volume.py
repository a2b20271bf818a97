"""Voxels on a grid with what the header says of their contrast, and pairs of water and fat."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from .blocks import BlockSource, VoxelArray, blocks_of
from .errors import GridMismatch, InvalidChoice
from .grid import Grid
from .index_map import index_map_between

_STORED_ALIKE = 3


class Contrast(StrEnum):
    """What a series shows."""

    T1 = "T1"
    T2 = "T2"
    PD = "PD"
    WATER = "water"
    FAT = "fat"
    IN_PHASE = "in_phase"
    OUT_OF_PHASE = "out_of_phase"
    FAT_FRACTION = "fat_fraction"
    UNKNOWN = "unknown"


class FatPolarity(StrEnum):
    """Whether fat is brighter or darker than muscle."""

    BRIGHT = "bright"
    DARK = "dark"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Source:
    """Where a volume came from.

    Parameters
    ----------
    path : str
        File or folder.
    format : str
        ``"nifti"``, ``"dicom"``, ``"ome-zarr"``, ``"zarr"``, ``"nrrd"``, ``"metaimage"``, ``"memory"`` ...
    series : str
        What tells this volume from others in the same place, e.g. a series instance UID; empty if it is alone.
    description : str
        A few words for a list of series.
    header : mapping
        Acquisition facts worth keeping (echo time, field strength, manufacturer ...); nothing that identifies a person.
    """

    path: str = ""
    format: str = "memory"
    series: str = ""
    description: str = ""
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Volume:
    """Lazily sliced voxels on a grid; equal only to itself, for voxels are not compared.

    Parameters
    ----------
    voxels : VoxelArray
        Shape ``(n_slices, n_rows, n_columns)``, native type, never loaded whole.
    grid : Grid
        Where the voxels lie.
    contrast : Contrast
        ``UNKNOWN`` where nobody has said.
    fat_polarity : FatPolarity
        ``UNKNOWN`` where nobody has said.
    fat_suppressed : bool or None
        Whether the fat signal was suppressed; None where nobody has said.
    source : Source
        File, series and acquisition.
    flags : tuple of str
        Flags of the vocabulary that hold for every number taken from this volume.
    voxel_scale : tuple of float
        ``(slope, intercept)`` that turns stored voxels into signal.
    resolution_steps : tuple of VoxelArray
        Coarser copies for display, finest first, without the full one.

    Raises
    ------
    InvalidChoice
        If the voxels do not have the shape of the grid, contrast or polarity is none of ours, or the scale is 0 or
        not finite.
    """

    voxels: VoxelArray
    grid: Grid
    contrast: Contrast = Contrast.UNKNOWN
    fat_polarity: FatPolarity = FatPolarity.UNKNOWN
    fat_suppressed: bool | None = None
    source: Source = field(default_factory=Source)
    flags: tuple[str, ...] = ()
    voxel_scale: tuple[float, float] = (1.0, 0.0)
    resolution_steps: tuple[VoxelArray, ...] = ()

    def __post_init__(self) -> None:
        if tuple(self.voxels.shape) != self.grid.shape:
            raise InvalidChoice(
                f"Expected voxels of shape {self.grid.shape}, found {tuple(self.voxels.shape)}, "
                f"in {self.source.path or 'memory'}."
            )
        for name, kind in (("contrast", Contrast), ("fat_polarity", FatPolarity)):
            value = getattr(self, name)
            if value not in tuple(kind):
                raise InvalidChoice(f"Expected one of {', '.join(kind)} as {name}, found {value!r}.")
            object.__setattr__(self, name, kind(value))
        slope, intercept = self.voxel_scale
        if slope == 0 or not math.isfinite(slope) or not math.isfinite(intercept):
            raise InvalidChoice(
                f"Expected a slope other than 0 and a finite intercept, found {slope} and {intercept}, "
                f"in {self.source.path or 'memory'}."
            )

    def blocks(self) -> BlockSource:
        """The voxels block by block, for those who walk them."""
        return blocks_of(self.voxels)

    def as_dask(self) -> Any:
        """The voxels as a dask array in their stored chunks."""
        import dask.array as da

        blocks = self.blocks()
        return da.from_array(self.voxels, chunks=blocks.block_shape, asarray=True)  # type: ignore[no-untyped-call]

    def with_flags(self, *flags: str) -> Volume:
        """The same volume with more flags."""
        return replace(self, flags=tuple(dict.fromkeys((*self.flags, *flags))))


@dataclass(frozen=True, eq=False)
class WaterFat:
    """Water and fat of one acquisition on one grid; equal only to itself, for voxels are not compared.

    Parameters
    ----------
    water, fat : Volume
        Volumes on the same grid.
    flags : tuple of str
        Flags of the pair, e.g. ``two_echo_ambiguous`` or ``header_mismatch_accepted``.
    notes : tuple of str
        How the two were brought together, in words.

    Raises
    ------
    GridMismatch
        If the two grids differ; see `accept_header_mismatch` for pairs whose headers disagree.
    InvalidChoice
        If one is known to be the other.
    """

    water: Volume
    fat: Volume
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.water.contrast is Contrast.FAT or self.fat.contrast is Contrast.WATER:
            raise InvalidChoice(
                f"Expected water and then fat, found {self.water.contrast} and then {self.fat.contrast}.",
                hint="Hand them in the other way round.",
            )
        if not self.water.grid.same_as(self.fat.grid):
            raise GridMismatch(
                f"Expected water and fat on one grid, found {self.water.grid.difference_from(self.fat.grid)}.",
                hint="If both come from one acquisition and only their headers disagree, "
                "accept it with --accept-header-mismatch; it is recorded in every row.",
            )

    @property
    def grid(self) -> Grid:
        """The grid both share."""
        return self.water.grid

    @property
    def all_flags(self) -> tuple[str, ...]:
        """Flags of the pair and of both volumes, each once."""
        return tuple(dict.fromkeys((*self.flags, *self.water.flags, *self.fat.flags)))


def accept_header_mismatch(water: Volume, fat: Volume, *, labels_grid: Grid) -> WaterFat:
    """A pair whose headers disagree, on the grid of the one that the labels match.

    Parameters
    ----------
    water, fat : Volume
        Volumes of one acquisition whose shapes agree and whose spacings agree to 0.1 %.
    labels_grid : Grid
        Grid of the label map; it decides whose geometry is taken. Labels stored as one of the two count for more
        than labels that have to be flipped or permuted, and those for more than labels cropped or padded.

    Raises
    ------
    GridMismatch
        If shapes or spacings differ, or the labels match neither of the two, or both equally well.
    """
    if water.grid.same_as(fat.grid):
        return WaterFat(water, fat)
    ratios = [a / b for a, b in zip(water.grid.spacing_mm, fat.grid.spacing_mm, strict=True)]
    if water.grid.shape != fat.grid.shape or any(abs(ratio - 1) > 1e-3 for ratio in ratios):
        raise GridMismatch(
            "Expected water and fat with one shape and spacings that agree to 0.1 %, found "
            f"{water.grid.difference_from(fat.grid)}.",
            hint="These two are not one acquisition; check the files.",
        )
    in_water, in_fat = _matching(labels_grid, water.grid), _matching(labels_grid, fat.grid)
    if in_water == in_fat and not (in_water and _matching(water.grid, fat.grid) == _STORED_ALIKE):
        how = "both alike" if in_water else "neither"
        raise GridMismatch(
            f"Expected labels on the grid of the water or of the fat volume, found {how}: "
            f"{labels_grid.difference_from(water.grid)} to water; {labels_grid.difference_from(fat.grid)} to fat.",
            hint="Use the label file that was drawn on one of the two, with all its voxels.",
        )
    name, grid = ("water", water.grid) if in_water >= in_fat else ("fat", fat.grid)
    difference = water.grid.difference_from(fat.grid)
    note = f"headers of water and fat disagree ({difference}); the geometry of {name} was taken"
    pair = (replace(water, grid=grid), replace(fat, grid=grid))
    return WaterFat(*pair, flags=("header_mismatch_accepted",), notes=(note,))


def _matching(labels_grid: Grid, grid: Grid) -> int:
    """How well labels lie on a grid: 3 stored alike, 2 flipped or permuted, 1 cropped or padded, 0 not at all."""
    try:
        found = index_map_between(labels_grid, grid)
    except GridMismatch:
        return 0
    if found.is_identity:
        return _STORED_ALIKE
    return 1 if found.crops_or_pads else 2
