"""Blocks: how a volume is cut, and that nothing is read before it is wanted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain import dask_blocks
from napari_hipspine.domain.blocks import ArrayBlocks, BlockSource, Scratch, asked_ahead, blocks_of, boxes_of

from .counted_array import CountedArray

triples = st.tuples(*[st.integers(1, 9)] * 3)


@settings(max_examples=40, deadline=None)
@given(triples, triples)
def test_boxes_tile_a_volume_exactly_once(shape: tuple[int, int, int], block_shape: tuple[int, int, int]) -> None:
    times = np.zeros(shape, dtype=int)
    corners = []
    for box in boxes_of(shape, block_shape):
        times[box] += 1
        assert all(0 < s.stop - s.start <= step for s, step in zip(box, block_shape, strict=True))
        assert all(s.stop <= n for s, n in zip(box, shape, strict=True))
        corners.append(tuple(s.start for s in box))
    assert (times == 1).all()
    assert corners == sorted(corners)


@pytest.mark.parametrize(
    ("shape", "dtype", "block_shape"),
    [
        ((100, 512, 512), np.int16, (8, 512, 512)),
        ((3, 4, 5), np.uint8, (3, 4, 5)),
        ((10, 4096, 4096), np.float32, (1, 4096, 4096)),
    ],
)
def test_plain_arrays_come_in_whole_slices(shape: tuple[int, ...], dtype: type, block_shape: tuple[int, ...]) -> None:
    blocks = blocks_of(np.broadcast_to(np.zeros((), dtype), shape))
    assert blocks.block_shape == block_shape
    assert blocks.shape == shape
    assert blocks.dtype == dtype


def test_stored_chunks_are_respected() -> None:
    voxels = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    assert blocks_of(CountedArray(voxels, chunks=(1, 2, 5))).block_shape == (1, 2, 5)


def test_blocks_of_a_dask_array_are_computed_a_few_at_a_time(monkeypatch) -> None:
    import dask.array as da

    voxels = np.arange(4 * 9 * 35, dtype=np.int16).reshape(4, 9, 35)
    array = da.from_array(voxels, chunks=(2, 4, 5))
    assert blocks_of(array).block_shape == (2, 9, 35)
    monkeypatch.setattr(dask_blocks, "_BATCH_BLOCKS", 3)
    source = blocks_of(array)
    assert source.block_shape == (2, 4, 15)
    assert source.dtype == np.int16
    for box in boxes_of(source.shape, source.block_shape):
        assert np.array_equal(source.read(box), voxels[box])
        assert not source.is_empty(box)


def test_what_is_asked_ahead_comes_in_order_and_is_asked_once() -> None:
    class Far(ArrayBlocks):
        is_far = True

        def expect(self, box):
            asked.append(box)

    asked: list = []
    near = ArrayBlocks(np.zeros((3, 8, 8)), (1, 2, 2))
    boxes = list(boxes_of(near.shape, near.block_shape))
    assert list(asked_ahead(near, boxes)) == boxes
    ahead = asked_ahead(Far(np.zeros((3, 8, 8)), (1, 2, 2)), boxes)
    first = next(ahead)
    assert first == boxes[0]
    assert 2 <= len(asked) <= 16
    assert [first, *ahead] == boxes
    assert asked == boxes


def test_scratch_memory_is_used_again_and_grows() -> None:
    scratch = Scratch()
    small = scratch.take("a", 10)
    assert scratch.take("a", 8).base is small.base
    assert not np.shares_memory(scratch.take("b", 8), small)
    assert len(scratch.take("a", 1000)) == 1000


def test_a_source_of_blocks_is_taken_as_it_is() -> None:
    source = ArrayBlocks(np.zeros((2, 3, 4)))
    assert isinstance(source, BlockSource)
    assert blocks_of(source) is source


def test_reading_asks_for_the_box_and_nothing_else() -> None:
    voxels = CountedArray(np.arange(60).reshape(3, 4, 5))
    blocks = blocks_of(voxels)
    box = (slice(1, 2), slice(0, 4), slice(2, 5))
    assert not blocks.is_empty(box)
    assert voxels.asked == []
    assert np.array_equal(blocks.read(box), voxels.array[box])
    assert voxels.asked == [box]
