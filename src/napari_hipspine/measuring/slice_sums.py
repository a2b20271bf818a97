"""Additive numbers of every slice and structure: the one place where labelled voxels are read."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.anatomy import Structure
from ..domain.errors import GridMismatch, InvalidChoice
from ..domain.label_map import LabelMap
from ..domain.protocol import MeasurementProtocol
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume, WaterFat
from .block_walk import BlockWalk, is_small_integer, slice_runs
from .dixon import DIXON_SUMS, FRACTION_SCALE
from .histograms import MOST_BINS, Histogram, pool_into_bins, pool_many
from .measured_labels import structures_of
from .pooled_counts import PooledCounts
from .sampled_slices import SampledSlices
from .slabs import SlabCounts
from .slice_bins import BinStore, SliceBins
from .threads import work_through


@dataclass(frozen=True)
class SliceSums:
    """What one pass over the voxels leaves: everything measured is computed from it.

    All arrays have the shape ``(n_slices, n_structures)``.

    Parameters
    ----------
    structures : tuple of Structure
        In the order of the label values.
    n_pixels : ndarray of int64
        Labelled pixels.
    n_kept : ndarray of int64
        Labelled pixels left after erosion.
    touches_edge : ndarray of bool
        Whether a labelled pixel lies on the edge of the picture.
    dixon : mapping of str to ndarray
        Sums over valid pixels of water and fat (see `DIXON_SUMS`); empty for a single image.
    scale : tuple of float
        ``(slope, intercept)`` from stored values to signal; for water and fat from bins to fat fractions.
    """

    structures: tuple[Structure, ...]
    n_pixels: NDArray[np.int64]
    n_kept: NDArray[np.int64]
    touches_edge: NDArray[np.bool_]
    dixon: MappingProxyType[str, NDArray[Any]] = field(default_factory=lambda: MappingProxyType({}))
    scale: tuple[float, float] = (1.0, 0.0)
    _records: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _lengths: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.int32))
    _store: BinStore = field(default_factory=BinStore)
    _pooled: PooledCounts | None = None

    @property
    def is_dixon(self) -> bool:
        """Whether the sums are those of water and fat."""
        return bool(self.dixon)

    def labelled_structures(self) -> list[Structure]:
        """Structures with at least one labelled pixel."""
        return [s for number, s in enumerate(self.structures) if self.n_pixels[:, number].any()]

    @property
    def pooled_counts(self) -> PooledCounts | None:
        """Exact counts of all slices together; None where stored values are not whole numbers of up to 16 bits."""
        return self._pooled

    def bins(self, slice_index: int) -> SliceBins | None:
        """Stored values and counts of all structures of one slice; None where nothing was counted."""
        record = int(self._records[slice_index])
        return None if record < 0 else self._store.read(record)

    def histograms(self, slice_index: int, chosen: Sequence[int]) -> list[Histogram]:
        """Signals of the chosen structures (by number) on one slice, finite pixels left after erosion."""
        bins = self.bins(slice_index)
        if bins is None:
            return [pool_many(()) for _ in chosen]
        return [self._as_signal(one) for one in bins.split(chosen)]

    def pooled(self, chosen: Sequence[int], slices: Collection[int] | None = None) -> Histogram:
        """Signals of the chosen structures on all slices, or on some.

        Exact for whole numbers up to 16 bit and while there are few different signals; very many go into bins.
        """
        if self._pooled is not None and slices is None:
            return self._as_signal(self._pooled.histogram(chosen))
        wanted = range(len(self.n_pixels)) if slices is None else sorted(slices)
        present = [z for z in wanted if self._has(z, chosen)]

        def each() -> Iterator[Histogram]:
            return (one for z in present for one in self.histograms(z, chosen))

        n_bins = int(self._lengths[present][:, list(chosen)].sum())
        if self._pooled is not None or n_bins <= MOST_BINS:
            return pool_many(each())
        return pool_into_bins(each, MOST_BINS)

    def _has(self, z: int, chosen: Sequence[int]) -> bool:
        return bool(self._records[z] >= 0 and self._lengths[z, list(chosen)].any())

    def _as_signal(self, stored: Histogram) -> Histogram:
        slope, intercept = self.scale
        if (slope, intercept) == (1.0, 0.0):
            return stored
        signal = Histogram(stored.values * slope + intercept, stored.counts)
        return signal if slope > 0 else Histogram(signal.values[::-1], signal.counts[::-1])


def sum_slices(
    image: Volume | WaterFat,
    label_map: LabelMap,
    protocol: MeasurementProtocol,
    *,
    sample: SampledSlices | None = None,
    n_workers: int = 2,
    progress: Progress = stay_silent,
) -> SliceSums:
    """Sums of every slice and structure in one pass over the labelled blocks.

    Parameters
    ----------
    image : Volume or WaterFat
        Voxels of shape ``(n_slices, n_rows, n_columns)``; blocks without labels are not read.
    label_map : LabelMap
        On the image's grid.
    protocol : MeasurementProtocol
        Erosion, and for water and fat the cut and the valid range.
    sample : SampledSlices, optional
        Keeps some slices whole while they pass by.
    n_workers : int
        Threads; they change nothing but the time.
    progress : Progress
        Told after every run of slices; may cancel.

    Raises
    ------
    GridMismatch
        If labels and image are not on one grid.
    InvalidChoice
        If the label map names no structure.
    """
    if not image.grid.same_as(label_map.grid):
        raise GridMismatch(
            f"Expected labels on the grid of the image, found {label_map.grid.difference_from(image.grid)}.",
            hint="Bring them there first with LabelMap.on_grid, which allows lossless steps only.",
        )
    if not label_map.structures:
        raise InvalidChoice("Expected a label map with at least one named structure, found none.")
    empty = _empty_sums(image, label_map)
    return update_sums(empty, image, label_map, protocol, sample=sample, n_workers=n_workers, progress=progress)


def update_sums(
    sums: SliceSums,
    image: Volume | WaterFat,
    label_map: LabelMap,
    protocol: MeasurementProtocol,
    *,
    slices: Collection[int] | None = None,
    sample: SampledSlices | None = None,
    n_workers: int = 2,
    progress: Progress = stay_silent,
) -> SliceSums:
    """The sums with some slices counted anew; the given sums stay as they are.

    Parameters
    ----------
    sums : SliceSums
        Sums of the same image and structures.
    image, label_map, protocol, sample, n_workers, progress
        As in `sum_slices`.
    slices : collection of int, optional
        Slices whose labels have changed; all by default.

    Raises
    ------
    InvalidChoice
        If the labels stand for other structures.
    """
    if structures_of(label_map) != sums.structures:
        raise InvalidChoice("Expected labels for the structures that were summed, found others: sum all slices anew.")
    walk = BlockWalk(image, label_map, protocol, tuple(sums.structures), sample=sample)
    runs = list(slice_runs(walk.block_shape[0], walk.shape[0], slices))
    out = _writable_copy(sums)
    lock = threading.Lock()

    def work(run: slice) -> None:
        counts = walk.count(run)
        with lock:
            _put(out, run, counts)

    pixels_per_slice = walk.shape[1] * walk.shape[2]
    work_through(work, runs, pixels_per_slice=pixels_per_slice, n_workers=n_workers, progress=progress)
    return out


def _empty_sums(image: Volume | WaterFat, label_map: LabelMap) -> SliceSums:
    structures = structures_of(label_map)
    shape = (image.grid.shape[0], len(structures))
    dixon: dict[str, NDArray[Any]] = {}
    if isinstance(image, WaterFat):
        dixon = {n: np.zeros(shape, dtype=np.int64 if n.startswith("n_") else np.float64) for n in DIXON_SUMS}
    return SliceSums(
        structures=structures,
        n_pixels=np.zeros(shape, dtype=np.int64),
        n_kept=np.zeros(shape, dtype=np.int64),
        touches_edge=np.zeros(shape, dtype=np.bool_),
        dixon=MappingProxyType(dixon),
        scale=FRACTION_SCALE if isinstance(image, WaterFat) else image.voxel_scale,
        _pooled=PooledCounts.none(len(structures)) if is_small_integer(image) else None,
        _records=np.full(shape[0], -1, dtype=np.int64),
        _lengths=np.zeros(shape, dtype=np.int32),
    )


def _writable_copy(sums: SliceSums) -> SliceSums:
    return replace(
        sums,
        n_pixels=sums.n_pixels.copy(),
        n_kept=sums.n_kept.copy(),
        touches_edge=sums.touches_edge.copy(),
        dixon=MappingProxyType({name: values.copy() for name, values in sums.dixon.items()}),
        _records=sums._records.copy(),
        _lengths=sums._lengths.copy(),
        _pooled=None if sums._pooled is None else sums._pooled.copy(),
    )


def _put(sums: SliceSums, run: slice, counts: SlabCounts) -> None:
    sums.n_pixels[run] = counts.n_pixels
    sums.n_kept[run] = counts.n_kept
    sums.touches_edge[run] = counts.touches_edge
    for name, values in counts.sums.items():
        sums.dixon[name][run] = values
    if sums._pooled is not None:
        for before in filter(None, map(sums.bins, range(run.start, run.stop))):
            sums._pooled.add_slice(before, sign=-1)
        if counts.pooled is not None:
            sums._pooled.add(counts.pooled)
    for z, bins in zip(range(run.start, run.stop), counts.bins, strict=False):
        sums._records[z] = -1 if bins is None else sums._store.append(bins)
        sums._lengths[z] = 0 if bins is None else bins.lengths
