"""Integers on a grid, what each of them means, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from .anatomy import Structure
from .blocks import BlockSource, VoxelArray, blocks_of
from .errors import UnknownLabel
from .grid import Grid
from .index_map import index_map_between, seen_on


class Origin(StrEnum):
    """How labels were made."""

    DRAWN = "drawn"
    SEMI_AUTOMATIC = "semi_automatic"
    IMPORTED = "imported"


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Labels of muscles, 0 is background; equal only to itself, for voxels are not compared.

    Parameters
    ----------
    labels : VoxelArray
        Integers, shape ``(n_slices, n_rows, n_columns)``.
    grid : Grid
        Where the labels lie.
    structures : mapping of int to Structure
        What each label value stands for; values not named here are not measured.
    origin : Origin
        How the labels were made.
    tool : str
        Tool and version of imported labels.
    path : str
        File or folder.
    flags : tuple of str
        Flags that hold for every number taken with these labels.
    notes : tuple of str
        What was done to bring the labels onto the image's grid, in words.

    Raises
    ------
    UnknownLabel
        If the labels do not have the shape of the grid or are no integers, if a value is 0 or negative, or two
        values stand for one structure.
    """

    labels: VoxelArray
    grid: Grid
    structures: Mapping[int, Structure]
    origin: Origin = Origin.DRAWN
    tool: str = ""
    path: str = ""
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if tuple(self.labels.shape) != self.grid.shape:
            raise UnknownLabel(
                f"Expected labels of shape {self.grid.shape}, found {tuple(self.labels.shape)}, "
                f"in {self.path or 'memory'}."
            )
        if np.dtype(self.labels.dtype).kind not in "iu":
            raise UnknownLabel(
                f"Expected whole numbers as labels, found {self.labels.dtype}, in {self.path or 'memory'}."
            )
        if any(value < 1 for value in self.structures):
            raise UnknownLabel(
                f"Expected label values from 1 on, found {min(self.structures)}, in {self.path or 'memory'}."
            )
        named = list(self.structures.values())
        twice = sorted({s.id for s in named if named.count(s) > 1})
        if twice:
            raise UnknownLabel(f"Expected one value per structure, found several for {', '.join(twice)}.")
        object.__setattr__(self, "structures", MappingProxyType(dict(self.structures)))

    def __reduce__(self) -> tuple[object, ...]:
        # The read-only mapping cannot be pickled; it is made again on the other side.
        return LabelMap, tuple({**vars(self), "structures": dict(self.structures)}.values())

    def blocks(self) -> BlockSource:
        """The labels block by block."""
        return blocks_of(self.labels)

    def on_grid(self, grid: Grid) -> LabelMap:
        """The same labels seen on another grid, by lossless steps only.

        Raises
        ------
        GridMismatch
            If a flip, permutation, crop or pad by whole voxels does not lead there.
        """
        found = index_map_between(self.grid, grid)
        notes = (*self.notes, *(f"labels {step}" for step in found.steps))
        return replace(self, labels=seen_on(self.labels, self.grid, grid), grid=grid, notes=notes)
