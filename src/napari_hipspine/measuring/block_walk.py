"""How the blocks of image and labels are walked: labels first, and the image only where there are some."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.blocks import Box, FarSource, Scratch, asked_ahead, boxes_of, brief_reader
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.volume import Volume, WaterFat
from .erosion import read_eroded
from .kernels import kernels_for
from .measured_labels import MeasuredLabels
from .sampled_slices import RunPlanes, SampledSlices
from .signal_collector import CountRoom, SignalCollector
from .slabs import Collector, DixonCollector, SlabCounts, count_labels

Size = tuple[int, int, int]

_ASKED_AHEAD = 4
"""So many boxes of labels wait for the image under them, where that lies far away."""

_MOST_LABELS = 2**24
"""Labels that are taken over whole slices because their blocks do not fit those of the image [voxels]."""


class BlockWalk:
    """How the blocks of image and labels are walked for one run of slices after the other.

    Parameters
    ----------
    image : Volume or WaterFat
        What is counted.
    label_map : LabelMap
        On the image's grid.
    protocol : MeasurementProtocol
        Erosion, and for water and fat the cut and the valid range.
    structures : tuple of Structure
        What is counted side by side.
    sample : SampledSlices, optional
        Takes what passes by of the slices it wants.
    """

    def __init__(
        self,
        image: Volume | WaterFat,
        label_map: LabelMap,
        protocol: MeasurementProtocol,
        structures: tuple[Structure, ...],
        *,
        sample: SampledSlices | None = None,
    ) -> None:
        volumes = (image.water, image.fat) if isinstance(image, WaterFat) else (image,)
        self._images = [volume.blocks() for volume in volumes]
        self._readers = [brief_reader(source) for source in self._images]
        self._scales = [volume.voxel_scale for volume in volumes]
        self._labels = label_map.blocks()
        self._label_reader = brief_reader(self._labels)
        self._protocol = protocol
        self._spacing = image.grid.spacing_mm
        self.shape = image.grid.shape
        self._measured = MeasuredLabels.of(label_map, structures)
        self._n_structures = len(structures)
        self._kernels = kernels_for(int(np.prod(self.shape, dtype=np.int64)))
        self._is_whole = is_small_integer(image)
        self._sample = sample
        self._worker = threading.local()
        self._image_block = _coarser(*(source.block_shape for source in self._images), shape=self.shape)
        self.block_shape = _walked_block(self._image_block, self._labels.block_shape, self.shape)

    def count(self, run: slice) -> SlabCounts:
        """Counts of one run of slices."""
        shape = (run.stop - run.start, self._n_structures)
        counts = SlabCounts(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
        collector = self._collector(shape[0])
        planes = self._sample.planes_of(run) if self._sample else None
        counts_itself = not self._protocol.erosion_mm and self._holds_every_pixel
        for place, labels in self._labelled_places(run):
            kept = self._eroded(place, labels)
            self._mark_edges(labels, place, counts.touches_edge)
            if not counts_itself:
                counts.n_pixels += count_labels(labels, self._measured.numbers, shape[1])
                counts.n_kept += count_labels(kept, self._measured.numbers, shape[1])
            if planes:
                planes.take_labels(place, labels, self._measured.numbers)
            self._add_parts(collector, place, kept, planes)
        collector.finish(counts)
        if counts_itself and counts.n_counted is not None:
            counts.n_pixels = counts.n_kept = counts.n_counted
        if self._sample and planes:
            self._sample.offer(planes)
        return counts

    def _labelled_places(self, run: slice) -> Iterator[tuple[Box, NDArray[Any]]]:
        """Boxes of a run in which something is measured, with their labels; the image of the next few is asked for."""
        boxes = boxes_of((1, *self.shape[1:]), (1, *self.block_shape[1:]))
        places = asked_ahead(self._labels, ((run, box[1], box[2]) for box in boxes))
        labelled = ((place, labels) for place in places if (labels := self._labels_in(place)) is not None)
        far = [source for source in self._images if isinstance(source, FarSource) and source.is_far]
        if not far:
            yield from labelled
            return
        asked: deque[tuple[Box, NDArray[Any]]] = deque()
        for place, labels in labelled:
            for where, part in self._parts(place, labels):
                if self._kernels.has_measured(part, self._measured.numbers):
                    for source in far:
                        source.expect(where)
            asked.append((place, labels.copy()))
            if len(asked) > _ASKED_AHEAD:
                yield asked.popleft()
        yield from asked

    def _parts(self, place: Box, labels: NDArray[Any]) -> Iterator[tuple[Box, NDArray[Any]]]:
        """Parts of a box on the image's own blocks: where they lie, and their labels."""
        for inner in boxes_of(labels.shape, self._image_block):
            first, second, third = (
                slice(outer.start + s.start, outer.start + s.stop) for outer, s in zip(place, inner, strict=True)
            )
            yield (first, second, third), np.ascontiguousarray(labels[inner])

    def _labels_in(self, place: Box) -> NDArray[Any] | None:
        """Labels of a box, or None where nothing in it is measured."""
        if self._labels.is_empty(place):
            return None
        labels = self._measured.prepared(self._label_reader(place, self._memory("labels")))
        return labels if self._kernels.has_measured(labels, self._measured.numbers) else None

    def _add_parts(self, collector: Collector, place: Box, labels: NDArray[Any], planes: RunPlanes | None) -> None:
        """Hand over the parts of a box, on the image's own blocks, that hold labels."""
        for where, part in self._parts(place, labels):
            is_whole = part.size == labels.size
            if not is_whole and not self._kernels.has_measured(part, self._measured.numbers):
                continue
            seen = [_native(read(where, self._memory(f"image {number}"))) for number, read in enumerate(self._readers)]
            collector.add(where[0].start - place[0].start, part, *seen)
            if planes:
                planes.take_image(where, seen[0])

    def _memory(self, use: str) -> Scratch:
        """Memory of this worker for one source."""
        held: Scratch | None = getattr(self._worker, use, None)
        if held is None:
            held = Scratch()
            setattr(self._worker, use, held)
        return held

    @property
    def _holds_every_pixel(self) -> bool:
        """Whether a histogram counts every labelled pixel, because none can be missing."""
        return len(self._images) == 1 and self._images[0].dtype.kind in "iu"

    def _collector(self, n_slices: int) -> Collector:
        shape = (n_slices, self._n_structures)
        if len(self._images) == 1:
            room: CountRoom | None = getattr(self._worker, "room", None)
            if room is None:
                room = self._worker.room = CountRoom(self._n_structures)
            return SignalCollector(shape, self._measured, self._kernels, room, is_whole=self._is_whole)
        scales = (self._scales[0], self._scales[1])
        return DixonCollector(shape, self._measured.numbers, scales=scales, protocol=self._protocol)

    def _eroded(self, place: Box, labels: NDArray[Any]) -> NDArray[Any]:
        depth = self._protocol.erosion_mm
        if not depth:
            return labels
        eroded = read_eroded(self._labels, place, erosion_mm=depth, spacing_mm=self._spacing)
        return self._measured.prepared(eroded)

    def _mark_edges(self, labels: NDArray[Any], place: Box, touches_edge: NDArray[np.bool_]) -> None:
        """Mark slices and structures with a pixel on the edge of the picture."""
        for axis, part, n in ((1, place[1], self.shape[1]), (2, place[2], self.shape[2])):
            for at, is_edge in ((0, part.start == 0), (-1, part.stop == n)):
                strip = labels[:, at] if axis == 1 else labels[:, :, at]
                if is_edge and strip.any():
                    numbers = self._measured.numbers[strip]
                    slices, pixels = np.nonzero(numbers)
                    touches_edge[slices, numbers[slices, pixels].astype(np.intp) - 1] = True


def _coarser(first: Size, *others: Size, shape: Size) -> Size:
    """Along each axis the coarser of two blocks where one divides the other; else that of the source named first."""
    one, two, three = first
    for other in others:
        one, two, three = (
            b if b % a == 0 or b >= n else a for a, b, n in zip((one, two, three), other, shape, strict=True)
        )
    return one, two, three


def _walked_block(image: Size, labels: Size, shape: Size) -> Size:
    """Block on which image and labels are walked together, so that no part of the image is decoded twice.

    Labels whose blocks do not fit those of the image are taken over the whole slice, where that is not too much.
    """
    depth, rows, columns = (min(size, n) for size, n in zip(_coarser(image, labels, shape=shape), shape, strict=True))
    fits = [max(a, b) % min(a, b) == 0 or max(a, b) >= n for a, b, n in zip(image, labels, shape, strict=True)]
    if depth * shape[1] * shape[2] <= _MOST_LABELS:
        rows, columns = (size if fit else n for size, fit, n in zip((rows, columns), fits[1:], shape[1:], strict=True))
    return depth, rows, columns


def _native(block: NDArray[Any]) -> NDArray[Any]:
    """The block in the machine's byte order, as numbers."""
    if block.dtype.kind == "b":
        return block.view(np.uint8)
    return block if block.dtype.isnative else block.astype(block.dtype.newbyteorder("="))


def slice_runs(depth: int, n_slices: int, slices: Collection[int] | None) -> Iterator[slice]:
    """Runs of slices that do not cross a block."""
    wanted = np.zeros(n_slices, dtype=bool)
    wanted[list(range(n_slices)) if slices is None else sorted(slices)] = True
    for start in range(0, n_slices, depth):
        part = wanted[start : start + depth]
        steps = np.flatnonzero(np.diff(part, prepend=False, append=False))
        for low, high in zip(steps[::2], steps[1::2], strict=True):
            yield slice(start + int(low), start + int(high))


def is_small_integer(image: Volume | WaterFat) -> bool:
    """Whether an image has so few possible signals that each is counted by itself."""
    dtype = None if isinstance(image, WaterFat) else np.dtype(image.voxels.dtype)
    return dtype is not None and dtype.kind in "biu" and dtype.itemsize <= 2
