"""Voxels between and around the muscles, counted slab by slab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box, boxes_of
from ..domain.label_map import LabelMap
from ..domain.subject import Progress
from ..domain.volume import Volume, WaterFat
from .block_walk import slice_runs
from .regions_compartment import close_muscles
from .regions_fat import FatCut
from .regions_rule import ClosedMuscles, CompartmentRule
from .slabs import gather
from .surroundings import Mask
from .threads import work_through

_MOST_VOXELS = 2**24
"""A slab holds no more voxels than this, and at least one slice."""

REGION_COUNTS = ("compartment", "excluded", "between", "valid", "fat", "muscle", "muscle_outside", "edge")
"""Voxels per slice: of the compartment; of it and excluded; of what remains beside muscles, the valid ones and the
fat ones of those; of muscles, and of muscles outside the compartment; of the compartment on the picture's edge."""

_ONE_STRUCTURE = np.array([0, 1], dtype=np.uint16)


@dataclass(frozen=True)
class RegionCounts:
    """Counts of `REGION_COUNTS` by name, each of shape ``(n_slices,)``.

    Slices without a muscle, or without a compartment, count only their muscle voxels and those of the compartment.
    """

    by_name: Mapping[str, NDArray[np.int64]]

    def measured_slices(self) -> NDArray[np.int64]:
        """Slices with both a muscle and a compartment."""
        return np.flatnonzero((self.by_name["muscle"] > 0) & (self.by_name["compartment"] > 0))

    def left_out_slices(self) -> NDArray[np.int64]:
        """Slices with only one of the two."""
        return np.flatnonzero((self.by_name["muscle"] > 0) != (self.by_name["compartment"] > 0))

    def total(self, name: str) -> int:
        """Sum over the measured slices."""
        return int(self.by_name[name][self.measured_slices()].sum())


def count_regions(
    image: Volume | WaterFat,
    label_map: LabelMap,
    rule: CompartmentRule,
    cut: FatCut,
    *,
    excluded: LabelMap | None,
    compartment: LabelMap | None,
    n_workers: int,
    progress: Progress,
) -> RegionCounts:
    """Counts per slice of a compartment; every map on the image's grid."""
    walk = _RegionWalk(image, label_map, rule, cut, excluded=excluded, compartment=compartment)
    n_slices, n_rows, n_columns = image.grid.shape
    found = {name: np.zeros(n_slices, dtype=np.int64) for name in REGION_COUNTS}

    def work(run: slice) -> None:
        # Runs do not overlap, so threads never write to one place.
        for name, counts in walk.count(run).items():
            found[name][run] = counts

    runs = list(slice_runs(walk.depth, n_slices, None))
    work_through(work, runs, pixels_per_slice=n_rows * n_columns, n_workers=n_workers, progress=progress)
    return RegionCounts(MappingProxyType(found))


class _RegionWalk:
    """How labels, compartment, excluded tissue and image are walked for one run of whole slices after the other."""

    def __init__(
        self,
        image: Volume | WaterFat,
        label_map: LabelMap,
        rule: CompartmentRule,
        cut: FatCut,
        *,
        excluded: LabelMap | None,
        compartment: LabelMap | None,
    ) -> None:
        volumes = (image.water, image.fat) if isinstance(image, WaterFat) else (image,)
        self._images = [volume.blocks() for volume in volumes]
        self._labels = label_map.blocks()
        self._muscles = sorted(label_map.structures)
        self._excluded = excluded.blocks() if excluded else None
        self._compartment = compartment.blocks() if compartment else None
        self._rule = rule
        self._cut = cut
        self._grid = image.grid
        every = [source for source in (self._labels, self._excluded, self._compartment, *self._images) if source]
        most = max(1, _MOST_VOXELS // (image.grid.shape[1] * image.grid.shape[2]))
        self.depth = min(max(source.block_shape[0] for source in every), most, image.grid.shape[0])
        shapes = [source.block_shape for source in self._images]
        self._image_block = tuple(max(block[axis] for block in shapes) for axis in range(3))

    def count(self, run: slice) -> dict[str, NDArray[np.int64]]:
        """Counts of one run of slices."""
        place = (run, slice(0, self._grid.shape[1]), slice(0, self._grid.shape[2]))
        muscles = _chosen(self._labels, place, self._muscles)
        inside = self._inside(place, muscles)
        counts = {"muscle": _per_slice(muscles), "compartment": _per_slice(inside)}
        counts["edge"] = _per_slice(_on_edge(inside))
        inside &= (counts["muscle"] > 0)[:, None, None]
        counts["muscle_outside"] = _per_slice(muscles & ~inside)
        beside = inside & ~muscles
        if self._excluded is not None:
            taken = beside & _chosen(self._excluded, place, ())
            counts["excluded"] = _per_slice(taken)
            beside &= ~taken
        counts["between"] = _per_slice(beside)
        counts["valid"], counts["fat"] = self._fat(place, beside)
        return counts

    def _inside(self, place: Box, muscles: Mask) -> Mask:
        if isinstance(self._rule, ClosedMuscles):
            spacing = self._grid.spacing_mm
            return np.stack([close_muscles(one, self._rule, spacing) for one in muscles])
        if self._compartment is None:
            return np.zeros_like(muscles)
        return _chosen(self._compartment, place, self._rule.values)

    def _fat(self, place: Box, beside: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Valid voxels and fat voxels per slice; the image is read only where there is something to look at."""
        valid, fat = (np.zeros(len(beside), dtype=np.int64) for _ in range(2))
        for inner in boxes_of(beside.shape, self._image_block):
            part = beside[inner]
            if not part.any():
                continue
            where = (_shifted(inner[0], place[0].start), inner[1], inner[2])
            slices, *stored = gather(
                inner[0].start, part.view(np.uint8), _ONE_STRUCTURE, 1, *(source.read(where) for source in self._images)
            )
            is_valid, is_fat = self._cut.tell(*stored)
            valid += np.bincount(slices[is_valid], minlength=len(beside))
            fat += np.bincount(slices[is_fat], minlength=len(beside))
        return valid, fat


def _chosen(source: BlockSource, place: Box, values: tuple[int, ...] | list[int]) -> Mask:
    """Where one of the values stands, or any value but 0 when none is named."""
    shape = tuple(part.stop - part.start for part in place)
    if source.is_empty(place):
        return np.zeros(shape, dtype=bool)
    found: NDArray[Any] = source.read(place)
    return np.isin(found, list(values)) if len(values) else np.asarray(found != 0)


def _per_slice(mask: Mask) -> NDArray[np.int64]:
    return np.asarray(np.count_nonzero(mask, axis=(1, 2)), dtype=np.int64)


def _on_edge(mask: Mask) -> Mask:
    edge = np.zeros_like(mask)
    for at in (0, -1):
        edge[:, at], edge[:, :, at] = mask[:, at], mask[:, :, at]
    return edge


def _shifted(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)
