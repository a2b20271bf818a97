"""Voxels on a grid with what the header says of their contrast, and pairs of water and fat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from .blocks import BlockSource, VoxelArray, blocks_of
from .errors import GridMismatch, InvalidChoice
from .grid import Grid


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


@dataclass(frozen=True)
class Volume:
    """Lazily sliced voxels on a grid.

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
        If the voxels do not have the shape of the grid.
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


@dataclass(frozen=True)
class WaterFat:
    """Water and fat of one acquisition on one grid.

    Parameters
    ----------
    water, fat : Volume
        Volumes on the same grid.
    flags : tuple of str
        Flags of the pair, e.g. ``two_echo_ambiguous`` or ``header_mismatch_accepted``.

    Raises
    ------
    GridMismatch
        If the two grids differ; see `with_header_mismatch_accepted` for pairs whose headers disagree.
    """

    water: Volume
    fat: Volume
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
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
        Grid of the label map; it decides whose geometry is taken.

    Raises
    ------
    GridMismatch
        If shapes or spacings differ, or the labels match neither of the two.
    """
    ratios = [a / b for a, b in zip(water.grid.spacing_mm, fat.grid.spacing_mm, strict=True)]
    if water.grid.shape != fat.grid.shape or any(abs(ratio - 1) > 1e-3 for ratio in ratios):
        raise GridMismatch(
            "Expected water and fat with one shape and spacings that agree to 0.1 %, found "
            f"{water.grid.difference_from(fat.grid)}.",
            hint="These two are not one acquisition; check the files.",
        )
    if water.grid.same_as(fat.grid):
        return WaterFat(water, fat)
    for volume in (water, fat):
        if _lies_on(labels_grid, volume.grid):
            pair = (replace(water, grid=volume.grid), replace(fat, grid=volume.grid))
            return WaterFat(*pair, flags=("header_mismatch_accepted",))
    raise GridMismatch(
        "Expected labels on the grid of the water or of the fat volume, found "
        f"{labels_grid.difference_from(water.grid)} to water; {labels_grid.difference_from(fat.grid)} to fat.",
        hint="Use the label file that was drawn on one of the two.",
    )


def _lies_on(labels_grid: Grid, grid: Grid) -> bool:
    from .index_map import index_map_between

    try:
        index_map_between(labels_grid, grid)
    except GridMismatch:
        return False
    return True
