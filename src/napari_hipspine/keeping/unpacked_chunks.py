"""Slices of chunks that hold many: each chunk is unpacked once into a file without a name, and the next ones ahead."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.blocks import BlockSource, Box, Scratch, asked_ahead, brief_reader
from ..domain.index_map import basic_box

Place = tuple[int, int, int]
"""Number of a chunk along slices, rows and columns."""

MOST_BYTES = 2 * 2**30
"""Room on the disk for the unpacked chunks of one array."""

_SHARE_OF_FREE = 8
"""No more than this part of the free disk is used."""

_NEAR = 4
"""Slices apart that still count as scrolling one way."""

_QUICKLY_KEPT = 64 * 2**20
"""A row of this size is kept before its first slice is shown; of a larger one the slice is shown first [bytes]."""

_AHEAD = 8
"""Slices unpacked ahead where chunks are flat; of deep ones the next row."""


class UnpackedChunks:
    """A volume of deep chunks that is scrolled slice by slice.

    A slice cuts through every chunk of its row; unpacked again for each slice, they would be read as many times as
    they are deep. Here every chunk is unpacked once, into a passing file on the disk rather than into memory, and the
    chunks of the next row are unpacked by a thread while this one is looked at. What was not looked at for longest
    gives way.

    Parameters
    ----------
    source : BlockSource
        What is looked at.
    folder : Path
        Where the passing file is made; it has no name there and is gone with this object.
    most_bytes : int
        Room on the disk; less is taken where little is free.
    """

    ndim = 3

    def __init__(self, source: BlockSource, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.source = source
        self.shape = source.shape
        self.dtype = np.dtype(source.dtype)
        self.size = prod(self.shape)
        # A file that is opened at the first look says then how it is stored; places stay as they were counted here.
        self._block_shape = source.block_shape
        self._chunk_bytes = prod(self._block_shape) * self.dtype.itemsize
        self._slots = _Slots(folder, self._chunk_bytes, most_bytes)
        self._under_way: dict[Place, threading.Event] = {}
        self._lock = threading.Lock()
        self._read = brief_reader(source)
        self._of_thread = threading.local()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="hipspine-unpack")
        self._last_slice: int | None = None
        self._ahead: tuple[Place, ...] = ()
        self._ahead_work: Future[None] | None = None

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Voxels by basic indexing."""
        box, picked = basic_box(key, self.shape)
        return np.asarray(self.read(box)[picked])

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of one box; of a single slice through the passing file."""
        places = self._places_under(box)
        if box[0].stop - box[0].start != 1 or not places or 2 * len(places) > self._slots.n_most:
            return self.source.read(box)
        out = np.empty([s.stop - s.start for s in box], dtype=self.dtype)
        if self._is_jump(places):
            self._side_by_side(places, lambda place: self._copy_from_source(place, box, out))
            self._start_ahead(places)
        else:
            self._unpack_all(places)
            for place in places:
                self._copy(place, box, out)
            self._look_ahead(box[0].start, places)
        self._last_slice = box[0].start
        return out

    def _places_under(self, box: Box) -> tuple[Place, ...]:
        covered = [
            range(s.start // n, -(-s.stop // n)) if s.stop > s.start else range(0)
            for s, n in zip(box, self._block_shape, strict=True)
        ]
        return tuple((first, second, third) for first, second, third in product(*covered))

    def _box_of(self, place: Place) -> Box:
        first, second, third = (
            slice(at * n, min((at + 1) * n, whole))
            for at, n, whole in zip(place, self._block_shape, self.shape, strict=True)
        )
        return first, second, third

    def _is_jump(self, places: Sequence[Place]) -> bool:
        """Whether nothing is there of a row that is so large that keeping it first would be felt."""
        is_large = len(places) * self._chunk_bytes > _QUICKLY_KEPT
        return is_large and not any(map(self._slots.holds, places)) and set(places).isdisjoint(self._ahead)

    def _unpack_all(self, places: Sequence[Place]) -> None:
        """Every chunk into the file."""
        missing = [place for place in places if not self._slots.holds(place)]
        if missing and set(missing).isdisjoint(self._ahead):
            self._ahead = ()
        self._side_by_side(missing, self._unpack)

    def _side_by_side(self, places: Sequence[Place], do: Callable[[Place], None]) -> None:
        """Do something with every chunk, in a thread and in the one that asks."""
        left = deque(places)

        def work_off() -> None:
            for place in self._asked_for(_taken(left)):
                do(place)

        helper = self._pool.submit(work_off) if len(places) > 1 else None
        work_off()
        if helper is not None:
            helper.result()

    def _asked_for(self, places: Iterable[Place]) -> Iterator[Place]:
        """The same places; what lies far away has been asked for by then."""
        waiting: deque[Place] = deque()

        def boxes() -> Iterator[Box]:
            for place in places:
                waiting.append(place)
                yield self._box_of(place)

        for _ in asked_ahead(self.source, boxes()):
            yield waiting.popleft()

    def _unpack(self, place: Place) -> None:
        """One chunk into the file, unless it is there or somebody is at it, who is waited for."""
        with self._lock:
            if self._slots.holds(place):
                return
            others = self._under_way.get(place)
            mine = self._under_way.setdefault(place, threading.Event())
        if others is not None:
            others.wait()
            return
        try:
            self._slots.put(place, np.ascontiguousarray(self._read(self._box_of(place), self._scratch())))
        finally:
            with self._lock:
                del self._under_way[place]
            mine.set()

    def _copy(self, place: Place, box: Box, out: NDArray[Any]) -> None:
        """The part of a slice that lies in one chunk."""
        chunk = self._box_of(place)
        n_rows, n_columns = (s.stop - s.start for s in chunk[1:])
        plane = np.empty((n_rows, n_columns), dtype=self.dtype)
        (rows, from_rows), (columns, from_columns) = map(_common, box[1:], chunk[1:])
        if self._slots.get(place, plane, (box[0].start - chunk[0].start) * plane.nbytes):
            out[0, rows, columns] = plane[from_rows, from_columns]
        else:
            self._copy_from_source(place, box, out)

    def _copy_from_source(self, place: Place, box: Box, out: NDArray[Any]) -> None:
        """The part of a slice that lies in one chunk, unpacked for it alone."""
        chunk = self._box_of(place)
        (rows, _), (columns, _) = map(_common, box[1:], chunk[1:])
        wanted_rows, wanted_columns = (
            slice(one.start + whole.start, one.stop + whole.start)
            for one, whole in zip((rows, columns), box[1:], strict=True)
        )
        out[0, rows, columns] = self._read((box[0], wanted_rows, wanted_columns), self._scratch())[0]

    def _scratch(self) -> Scratch:
        """Memory of the thread that asks."""
        if not hasattr(self._of_thread, "scratch"):
            self._of_thread.scratch = Scratch()
        scratch: Scratch = self._of_thread.scratch
        return scratch

    def _look_ahead(self, slice_index: int, places: Sequence[Place]) -> None:
        """Unpack the chunks of the next row, in the way that is scrolled."""
        before = self._last_slice
        if before is None or not 0 < abs(slice_index - before) <= _NEAR:
            return
        if self._ahead_work is not None and not self._ahead_work.done() and self._ahead:
            return
        step, depth = (1 if slice_index > before else -1), self._block_shape[0]
        n_rows, here = -(-self.shape[0] // depth), places[0][0]
        rows = [here + step * n for n in range(1, max(1, _AHEAD // depth) + 1) if 0 <= here + step * n < n_rows]
        wanted = tuple((row, *place[1:]) for row in rows for place in places)
        wanted = tuple(place for place in wanted if not self._slots.holds(place))
        if wanted:
            self._start_ahead(wanted)

    def _start_ahead(self, wanted: tuple[Place, ...]) -> None:
        self._ahead = wanted
        self._ahead_work = self._pool.submit(self._unpack_ahead, wanted)

    def _unpack_ahead(self, wanted: tuple[Place, ...]) -> None:
        for place in self._asked_for(wanted):
            if self._ahead is not wanted:
                return
            self._unpack(place)
        self._ahead = () if self._ahead is wanted else self._ahead


def _taken(places: deque[Place]) -> Iterator[Place]:
    """Places taken off a list that several threads work off."""
    while places:
        try:
            yield places.popleft()
        except IndexError:
            return


class _Slots:
    """Chunks in a passing file; the one that was asked for least lately gives way."""

    def __init__(self, folder: Path, n_bytes: int, most_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        room = min(most_bytes, shutil.disk_usage(folder).free // _SHARE_OF_FREE)
        self.n_most = room // max(1, n_bytes)
        self._n_bytes = n_bytes
        self._file: Any = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - it lives as long as this
        weakref.finalize(self, self._file.close)
        self._slot_of: OrderedDict[Place, int] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, place: Place) -> bool:
        """Whether a chunk is there."""
        return place in self._slot_of

    def put(self, place: Place, voxels: NDArray[Any]) -> None:
        """Keep a chunk; a disk that is full keeps none, and what is asked for is read anew."""
        with self._lock:
            if not self.n_most:
                return
            slot = len(self._slot_of) if len(self._slot_of) < self.n_most else self._slot_of.popitem(last=False)[1]
            try:
                self._file.seek(slot * self._n_bytes)
                is_kept = self._file.write(voxels.data) == voxels.nbytes
            except OSError:
                is_kept = False
            if is_kept:
                self._slot_of[place] = slot
            else:
                self.n_most = 0
                self._slot_of.clear()

    def get(self, place: Place, out: NDArray[Any], offset: int) -> bool:
        """Bytes of a chunk from an offset on; False if it is not there any more."""
        with self._lock:
            slot = self._slot_of.get(place)
            if slot is None:
                return False
            self._slot_of.move_to_end(place)
            self._file.seek(slot * self._n_bytes + offset)
            return int(self._file.readinto(out.data)) == out.nbytes


def _common(one: slice, other: slice) -> tuple[slice, slice]:
    """What two ranges share, counted from the start of each."""
    low, high = max(one.start, other.start), min(one.stop, other.stop)
    return slice(low - one.start, high - one.start), slice(low - other.start, high - other.start)
