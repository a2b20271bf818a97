"""Volumes of deep chunks scrolled slice by slice: right voxels, every chunk unpacked once, a bound on the disk."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter

import numpy as np
import pytest

from napari_hipspine.keeping import unpacked_chunks
from napari_hipspine.keeping.unpacked_chunks import UnpackedChunks

SHAPE, CHUNK = (37, 50, 41), (8, 16, 20)


class Counted:
    """An array handed over in chunks, which counts how often each is read."""

    shape, block_shape, dtype = SHAPE, CHUNK, np.dtype(np.int16)

    def __init__(self) -> None:
        self.voxels = np.random.default_rng(0).integers(-900, 900, SHAPE, dtype=np.int16)
        self.reads: Counter[tuple[int, ...]] = Counter()
        self.is_damaged = False

    def is_empty(self, box):
        return False

    def read(self, box):
        if self.is_damaged:
            raise OSError("damaged")
        self.reads[tuple(s.start // n for s, n in zip(box, CHUNK, strict=True))] += 1
        return self.voxels[box]


@pytest.fixture
def source() -> Counted:
    return Counted()


def quiet(seen: UnpackedChunks) -> None:
    """Wait until nothing is unpacked ahead any more."""
    while seen._ahead_work is not None and not seen._ahead_work.done():
        time.sleep(0.001)


@pytest.mark.parametrize("step", [1, -1])
def test_scrolling_through_reads_every_chunk_once(source, tmp_path, step):
    seen = UnpackedChunks(source, tmp_path)
    for index in range(SHAPE[0])[::step]:
        assert np.array_equal(seen[index], source.voxels[index])
    quiet(seen)
    assert len(source.reads) == 5 * 4 * 3
    assert set(source.reads.values()) == {1}
    for index in range(SHAPE[0])[::-step]:
        assert np.array_equal(seen[index, :, :], source.voxels[index])
    assert set(source.reads.values()) == {1}


def test_part_of_a_slice_reads_the_chunks_under_it_and_no_others(source, tmp_path):
    seen = UnpackedChunks(source, tmp_path)
    assert np.array_equal(seen[9, 17:40, 3:19], source.voxels[9, 17:40, 3:19])
    assert set(source.reads) == {(1, 1, 0), (1, 2, 0)}
    assert np.array_equal(seen[36, 45:, 39:], source.voxels[36, 45:, 39:])


def test_next_row_is_unpacked_before_it_is_reached(source, tmp_path):
    seen = UnpackedChunks(source, tmp_path)
    _ = seen[4], seen[5]
    quiet(seen)
    assert {place[0] for place in source.reads} == {0, 1}
    _ = seen[5], seen[4]
    quiet(seen)
    assert {place[0] for place in source.reads} == {0, 1}


def test_slice_of_a_large_row_is_shown_before_the_row_is_kept(source, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked_chunks, "_QUICKLY_KEPT", 0)
    seen = UnpackedChunks(source, tmp_path)
    assert np.array_equal(seen[20], source.voxels[20])
    quiet(seen)
    assert set(source.reads.values()) == {2}
    for index in (21, 22, 23, 16, 20):
        assert np.array_equal(seen[index], source.voxels[index])
    quiet(seen)
    assert {n for (row, *_), n in source.reads.items() if row == 2} == {2}


def test_file_stays_within_its_bound_and_what_gave_way_is_read_again(source, tmp_path):
    n_bytes = int(np.prod(CHUNK)) * 2
    seen = UnpackedChunks(source, tmp_path, most_bytes=25 * n_bytes)
    for index in (0, 10, 20, 30, 0, 36):
        assert np.array_equal(seen[index], source.voxels[index])
    assert seen._slots._file.seek(0, 2) <= 25 * n_bytes
    assert source.reads[(0, 0, 0)] == 2


def test_without_room_every_slice_comes_from_the_source(source, tmp_path):
    seen = UnpackedChunks(source, tmp_path, most_bytes=0)
    assert np.array_equal(seen[3], source.voxels[3])
    assert np.array_equal(seen[3], source.voxels[3])


def test_disk_that_fills_up_costs_nothing_but_time(source, tmp_path):
    class Full:
        def seek(self, *_):
            return 0

        def write(self, _):
            raise OSError(28, "No space left on device")

    seen = UnpackedChunks(source, tmp_path)
    seen._slots._file = Full()
    for index in (3, 4, 20):
        assert np.array_equal(seen[index], source.voxels[index])


def test_damaged_chunk_is_refused_where_it_is_asked_for_and_asked_again_later(source, tmp_path):
    seen = UnpackedChunks(source, tmp_path)
    source.is_damaged = True
    with pytest.raises(OSError, match="damaged"):
        seen[3]
    source.is_damaged = False
    assert np.array_equal(seen[3], source.voxels[3])


def test_whole_volume_is_not_put_through_the_file(source, tmp_path):
    seen = UnpackedChunks(source, tmp_path)
    assert np.array_equal(seen[...], source.voxels)
    assert np.array_equal(seen[2:5], source.voxels[2:5])
    assert sum(source.reads.values()) == 2


def test_source_that_says_late_how_it_is_stored_is_shown_rightly(source, tmp_path):
    seen = UnpackedChunks(source, tmp_path)
    assert np.array_equal(seen[3], source.voxels[3])
    source.block_shape = (16, 50, 41)
    for index in (3, 4, 12, 36):
        assert np.array_equal(seen[index], source.voxels[index])


def test_nothing_is_left_of_it(source, tmp_path):
    seen = UnpackedChunks(source, tmp_path)
    _ = seen[0], seen[1]
    quiet(seen)
    assert list(tmp_path.iterdir()) == []
    del seen
    gc.collect()
    end = time.monotonic() + 5
    while any(one.name.startswith("hipspine-unpack") for one in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.01)
    assert not any(one.name.startswith("hipspine-unpack") for one in threading.enumerate())
