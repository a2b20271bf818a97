"""How the blocks of image and labels are walked: labels first, and the image only where there are some."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.blocks import Box, boxes_of
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.volume import Volume, WaterFat
from .erosion import read_eroded
from .kernels import CountKernel, count_kernel_for
from .slabs import Collector, DixonCollector, SignalCollector, SlabCounts, count_labels


class BlockWalk:
    """How the blocks of image and labels are walked for one run of slices after the other."""

    def __init__(
        self,
        image: Volume | WaterFat,
        label_map: LabelMap,
        protocol: MeasurementProtocol,
        structures: tuple[Structure, ...],
    ) -> None:
        volumes = (image.water, image.fat) if isinstance(image, WaterFat) else (image,)
        self._images = [volume.blocks() for volume in volumes]
        self._scales = [volume.voxel_scale for volume in volumes]
        self._labels = label_map.blocks()
        self._protocol = protocol
        self._spacing = image.grid.spacing_mm
        self.shape = image.grid.shape
        self._numbers = _number_table(label_map, structures)
        self._n_structures = len(structures)
        self._kernel: CountKernel = count_kernel_for(int(np.prod(self.shape, dtype=np.int64)))
        images = [source.block_shape for source in self._images]
        self._image_block = tuple(max(block[axis] for block in images) for axis in range(3))
        every = [self._labels.block_shape, self._image_block]
        # The coarsest of all block grids: nothing large is decoded twice.
        rows, columns = (min(max(block[axis] for block in every), self.shape[axis]) for axis in (1, 2))
        self.block_shape = (min(max(block[0] for block in every), self.shape[0]), rows, columns)

    def count(self, run: slice) -> SlabCounts:
        """Counts of one run of slices."""
        shape = (run.stop - run.start, self._n_structures)
        counts = SlabCounts(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
        collector = self._collector(shape[0])
        counts_itself = not self._protocol.erosion_mm and self._holds_every_pixel
        for box in boxes_of((1, *self.shape[1:]), (1, *self.block_shape[1:])):
            place = (run, box[1], box[2])
            if self._labels.is_empty(place):
                continue
            labels = _native(self._labels.read(place))
            if not labels.any():
                continue
            kept = self._eroded(place, labels)
            counts.touches_edge |= self._on_edge(labels, place)
            if not counts_itself:
                counts.n_pixels += count_labels(labels, self._numbers, shape[1])
                counts.n_kept += count_labels(kept, self._numbers, shape[1])
            for first, part, inner in self._parts_with_labels(place, kept):
                collector.add(first, part, *(_native(source.read(inner)) for source in self._images))
        collector.finish(counts)
        if counts_itself:
            counts.n_pixels = counts.n_kept = _pixels_of_records(counts, shape)
        return counts

    def _parts_with_labels(self, place: Box, labels: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any], Box]]:
        """Parts of a box on the image's own blocks that hold labels: first slice, labels and where it lies."""
        for inner in boxes_of(labels.shape, self._image_block):
            part = labels[inner]
            if part.any():
                first, second, third = (
                    slice(outer.start + s.start, outer.start + s.stop) for outer, s in zip(place, inner, strict=True)
                )
                yield inner[0].start, part, (first, second, third)

    @property
    def _holds_every_pixel(self) -> bool:
        """Whether a histogram counts every labelled pixel, because none can be missing."""
        return len(self._images) == 1 and self._images[0].dtype.kind in "iu"

    def _collector(self, n_slices: int) -> Collector:
        if len(self._images) == 1:
            return SignalCollector(n_slices, self._n_structures, self._numbers, self._kernel)
        scales = (self._scales[0], self._scales[1])
        return DixonCollector(n_slices, self._n_structures, self._numbers, scales=scales, protocol=self._protocol)

    def _eroded(self, place: Box, labels: NDArray[Any]) -> NDArray[Any]:
        depth = self._protocol.erosion_mm
        if not depth:
            return labels
        return _native(read_eroded(self._labels, place, erosion_mm=depth, spacing_mm=self._spacing))

    def _on_edge(self, labels: NDArray[Any], place: Box) -> NDArray[np.bool_]:
        touches = np.zeros((len(labels), self._n_structures), dtype=bool)
        ends = ((1, place[1], self.shape[1]), (2, place[2], self.shape[2]))
        for axis, part, n in ends:
            edges = [at for at, is_edge in ((0, part.start == 0), (-1, part.stop == n)) if is_edge]
            for at in edges:
                strip = np.take(labels, [at], axis=axis)
                touches |= count_labels(strip, self._numbers, self._n_structures) > 0
        return touches


def _native(block: NDArray[Any]) -> NDArray[Any]:
    """The block in the machine's byte order, as numbers."""
    if block.dtype.kind == "b":
        return block.view(np.uint8)
    return block if block.dtype.isnative else block.astype(block.dtype.newbyteorder("="))


def _number_table(label_map: LabelMap, structures: tuple[Structure, ...]) -> NDArray[np.uint16]:
    """1 + number of the structure for every label value; covers all values of small unsigned types."""
    place = {structure: number for number, structure in enumerate(structures, start=1)}
    dtype = np.dtype(label_map.labels.dtype)
    covers = int(np.iinfo(dtype).max) + 1 if dtype.kind == "u" and dtype.itemsize <= 2 else 0
    table = np.zeros(max(covers, max(label_map.structures) + 1), dtype=np.uint16)
    for value, structure in label_map.structures.items():
        table[value] = place.get(structure, 0)
    return table


def slice_runs(depth: int, n_slices: int, slices: Collection[int] | None) -> Iterator[slice]:
    """Runs of slices that do not cross a block."""
    wanted = np.zeros(n_slices, dtype=bool)
    wanted[list(range(n_slices)) if slices is None else sorted(slices)] = True
    for start in range(0, n_slices, depth):
        part = wanted[start : start + depth]
        steps = np.flatnonzero(np.diff(part, prepend=False, append=False))
        for low, high in zip(steps[::2], steps[1::2], strict=True):
            yield slice(start + int(low), start + int(high))


def _pixels_of_records(counts: SlabCounts, shape: tuple[int, int]) -> NDArray[np.int64]:
    pixels = np.zeros(shape, dtype=np.int64)
    for target, record in zip(pixels, counts.records, strict=True):
        if record is not None:
            _, found, lengths = record
            target += np.bincount(np.repeat(np.arange(shape[1]), lengths), found, shape[1]).astype(np.int64)
    return pixels


def structures_of(label_map: LabelMap) -> tuple[Structure, ...]:
    """Structures of a label map in the order of their values."""
    return tuple(label_map.structures[value] for value in sorted(label_map.structures))


def is_small_integer(image: Volume | WaterFat) -> bool:
    """Whether an image has so few possible signals that each is counted by itself."""
    dtype = None if isinstance(image, WaterFat) else np.dtype(image.voxels.dtype)
    return dtype is not None and dtype.kind in "biu" and dtype.itemsize <= 2
