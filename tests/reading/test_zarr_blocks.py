"""Zarr arrays read chunk by chunk: the same voxels as zarr-python, missing chunks known, nothing touched early."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.blocks import BlockSource, boxes_of
from napari_hipspine.domain.errors import UnreadableImage
from napari_hipspine.reading.zarr_blocks import ZarrBlocks

LAYOUTS = {
    "v3 zstd": {"zarr_format": 3},
    "v3 blosc": {"zarr_format": 3, "compressors": zarr.codecs.BloscCodec(cname="lz4")},
    "v3 gzip": {"zarr_format": 3, "compressors": zarr.codecs.GzipCodec()},
    "v3 none": {"zarr_format": 3, "compressors": None},
    "v3 shards": {"zarr_format": 3, "shards": (4, 8, 8)},
    "v3 big-endian": {"zarr_format": 3, "serializer": zarr.codecs.BytesCodec(endian="big"), "compressors": None},
    "v3 checksum": {"zarr_format": 3, "compressors": [zarr.codecs.ZstdCodec(), zarr.codecs.Crc32cCodec()]},
    "v3 dots": {"zarr_format": 3, "chunk_key_encoding": {"name": "default", "separator": "."}},
    "v3 with v2 keys": {"zarr_format": 3, "chunk_key_encoding": {"name": "v2", "separator": "."}},
    "v2 dots": {"zarr_format": 2, "chunk_key_encoding": {"name": "v2", "separator": "."}},
    "v2 slashes": {"zarr_format": 2, "chunk_key_encoding": {"name": "v2", "separator": "/"}},
    "v2 none": {"zarr_format": 2, "compressors": None},
    "v2 Fortran order": {"zarr_format": 2, "order": "F"},
}


def _store(path, layout, *, shape=(7, 13, 9), dtype="int16", fill_value=0):
    array = zarr.create_array(
        path, shape=shape, chunks=(2, 4, 8), dtype=dtype, fill_value=fill_value, **LAYOUTS[layout]
    )
    voxels = np.full(shape, fill_value, dtype)
    voxels[:4, :, :8] = np.random.default_rng(1).integers(1, 1000, (4, shape[1], 8))
    array[:4, :, :8] = voxels[:4, :, :8]
    return voxels


@pytest.mark.parametrize("layout", LAYOUTS)
def test_voxels_are_those_of_zarr_python(tmp_path, layout):
    voxels = _store(tmp_path / "a.zarr", layout)
    blocks = ZarrBlocks(str(tmp_path / "a.zarr"))
    assert isinstance(blocks, BlockSource)
    assert (blocks.shape, blocks.dtype.name, blocks.block_shape) == ((7, 13, 9), "int16", (2, 4, 8))
    assert np.array_equal(blocks[...], zarr.open_array(tmp_path / "a.zarr", mode="r")[...])
    assert np.array_equal(blocks[...], voxels)
    for box in boxes_of(blocks.shape, (3, 5, 4)):
        assert np.array_equal(blocks.read(box), voxels[box])
        assert not blocks.is_empty(box) or not voxels[box].any()
    assert np.array_equal(blocks[2, ::-2, -3], voxels[2, ::-2, -3])


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in ("v2 Fortran order", "v3 checksum")])
def test_chunks_never_written_are_known_to_be_empty(tmp_path, layout):
    voxels = _store(tmp_path / "a.zarr", layout)
    blocks = ZarrBlocks(str(tmp_path / "a.zarr"))
    boxes = list(boxes_of(blocks.shape, blocks.block_shape))
    assert [blocks.is_empty(box) for box in boxes] == [not voxels[box].any() for box in boxes]
    assert 0 < sum(blocks.is_empty(box) for box in boxes) < len(boxes)


def test_missing_chunks_that_do_not_stand_for_zero_are_not_empty(tmp_path):
    voxels = _store(tmp_path / "a.zarr", "v3 zstd", fill_value=7)
    blocks = ZarrBlocks(str(tmp_path / "a.zarr"))
    assert not blocks.is_empty((slice(4, 7), slice(0, 4), slice(0, 8)))
    assert np.array_equal(blocks[...], voxels)


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_box_at_a_place_on_other_axes(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "five.zarr"
    voxels = np.arange(2 * 6 * 3 * 5 * 7, dtype=np.uint16).reshape(2, 6, 3, 5, 7)
    if not folder.exists():
        zarr.create_array(folder, data=voxels, chunks=(1, 4, 2, 3, 4))
    axes = data.draw(st.permutations([1, 3, 4]))
    fixed = (data.draw(st.integers(0, 1)), 0, data.draw(st.integers(0, 2)), 0, 0)
    expected = voxels[fixed[0], :, fixed[2]].transpose([[1, 3, 4].index(axis) for axis in axes])
    blocks = ZarrBlocks(str(folder), tuple(axes), fixed)
    box = []
    for n in expected.shape:
        start = data.draw(st.integers(0, n))
        box.append(slice(start, data.draw(st.integers(start, n))))
    assert blocks.shape == expected.shape
    assert np.array_equal(blocks.read(tuple(box)), expected[tuple(box)])


def test_travels_as_a_path(tmp_path):
    voxels = _store(tmp_path / "a.zarr", "v3 zstd")
    blocks = ZarrBlocks(str(tmp_path / "a.zarr"))
    assert blocks[0, 0, 0] == voxels[0, 0, 0]
    sent = pickle.dumps(blocks)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent)[...], voxels)


@pytest.mark.parametrize("layout", ["v3 zstd", "v2 dots", "v3 none", "v3 shards"])
def test_a_damaged_chunk_is_refused(tmp_path, layout):
    _store(tmp_path / "a.zarr", layout)
    chunk = max((p for p in (tmp_path / "a.zarr").rglob("*") if p.is_file() and p.name[0] in "c0123"), key=str)
    chunk.write_bytes(chunk.read_bytes()[:5])
    with pytest.raises(UnreadableImage, match="damaged"):
        ZarrBlocks(str(tmp_path / "a.zarr"))[...]


class OpenedFiles:
    """Names of files opened while it listens; an audit hook cannot be taken back, so it is told to stop."""

    def __init__(self):
        self.names = None
        sys.addaudithook(self._note)

    def _note(self, event, arguments):
        if self.names is not None and event == "open":
            self.names.append(str(arguments[0]))

    def __enter__(self):
        self.names = []
        return self.names

    def __exit__(self, *stopped):
        self.names = None


@pytest.fixture(scope="module")
def opened_files():
    return OpenedFiles()


@pytest.mark.parametrize("layout", ["v3 zstd", "v2 dots", "v3 shards", "v2 Fortran order"])
def test_opening_touches_no_chunk(tmp_path, layout, opened_files):
    _store(tmp_path / "a.zarr", layout)
    with opened_files as names:
        blocks = ZarrBlocks(str(tmp_path / "a.zarr"))
        assert blocks.shape == (7, 13, 9)
        assert blocks.block_shape == (2, 4, 8)
        assert blocks.dtype == np.int16
    inside = {name.rpartition("/")[2] for name in names if "a.zarr" in name}
    assert inside
    assert inside <= {"zarr.json", ".zarray", ".zattrs", ".zgroup"}
    with opened_files as names:
        blocks[0, 0, 0]
    assert len([name for name in names if "a.zarr" in name and "zarr.json" not in name]) >= 1
