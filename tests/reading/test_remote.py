"""Zarrs on a web server and in an object store: the same voxels as on the disk, asked for once and ahead."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
import zarr

from napari_hipspine.domain.blocks import FarSource, asked_ahead, boxes_of
from napari_hipspine.domain.errors import PackageMissing, UnreadableImage
from napari_hipspine.reading.label_maps import open_label_map
from napari_hipspine.reading.remote_folder import RemotePath, is_remote, place_of
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.reading.zarr_blocks import ZarrBlocks
from napari_hipspine.sample_data import sample_subjects
from napari_hipspine.writing.ome_zarr import write_ome_zarr_labels

SHAPE, CHUNK = (8, 48, 64), (4, 16, 16)


@pytest.fixture(scope="module")
def voxels():
    found = np.random.default_rng(0).integers(0, 900, SHAPE).astype(np.int16)
    found[:4, :16, :16] = 0
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory, voxels):
    made = tmp_path_factory.mktemp("served")
    quiet = {"config": {"write_empty_chunks": False}, "dtype": "i2", "shape": SHAPE, "chunks": CHUNK}
    plain = zarr.create_array(made / "plain.zarr", **quiet)
    plain[:] = voxels
    plain.attrs["spacing_mm"] = [4.0, 1.0, 1.0]
    zarr.create_array(made / "shards.zarr", shards=(8, 32, 32), **quiet)[:] = voxels
    turned = [zarr.codecs.TransposeCodec(order=(2, 1, 0))]
    zarr.create_array(made / "turned.zarr", filters=turned, **quiet)[:] = voxels
    return made


@pytest.fixture(params=["obstore", "fsspec", "s3"])
def served(request, folder, monkeypatch, serve):
    if request.param == "fsspec":
        pytest.importorskip("aiohttp")
        monkeypatch.setitem(sys.modules, "obstore.store", None)
    else:
        pytest.importorskip("obstore")
    with serve(folder) as found:
        if request.param == "s3":
            for name, value in (("ENDPOINT_URL", found.url), ("SKIP_SIGNATURE", "true"), ("REGION", "us-east-1")):
                monkeypatch.setenv(f"AWS_{name}", value)
            found.url = "s3://bucket"
        yield found


@pytest.mark.parametrize("name", ["plain", "shards", "turned"])
def test_voxels_are_those_on_the_disk(served, voxels, name):
    blocks = ZarrBlocks(f"{served.url}/{name}.zarr")
    assert isinstance(blocks, FarSource)
    assert blocks.is_far == (name != "turned")
    assert (blocks.shape, blocks.dtype, blocks.block_shape) == (SHAPE, voxels.dtype, CHUNK)
    assert np.array_equal(blocks[...], voxels)
    assert np.array_equal(blocks[3, 5:40:2, -7], voxels[3, 5:40:2, -7])


@pytest.mark.parametrize("name", ["plain", "shards"])
def test_every_chunk_is_asked_for_once_and_several_at_a_time(served, voxels, name):
    served.wait_s = 0.02
    blocks = ZarrBlocks(f"{served.url}/{name}.zarr")
    served.gets.clear()
    served.most_at_once = 0
    for box in asked_ahead(blocks, boxes_of(SHAPE, CHUNK)):
        if not blocks.is_empty(box):
            assert np.array_equal(blocks.read(box), voxels[box])
    assert served.most_at_once >= 4
    chunks = [count for key, count in served.gets.items() if "/c/" in key]
    n_shards, n_missing = 4, 1
    expected = 24 if name == "plain" else 24 - n_missing + n_shards
    assert sum(chunks) == expected
    assert name == "shards" or max(chunks) == 1


def test_missing_chunks_are_zero(served):
    blocks = ZarrBlocks(f"{served.url}/plain.zarr")
    empty = (slice(0, 4), slice(0, 16), slice(0, 16))
    assert blocks.is_empty(empty)
    assert not blocks.read(empty).any()
    blocks.expect(empty)
    assert blocks.is_empty(empty)


def test_a_volume_is_opened_by_its_url(served, voxels):
    volume = open_volume(f"{served.url}/plain.zarr")
    assert volume.grid.spacing_mm == (4.0, 1.0, 1.0)
    assert volume.source.path == f"{served.url}/plain.zarr"
    assert np.array_equal(volume.voxels[2], voxels[2])


def test_travels_as_a_url(served, voxels):
    blocks = ZarrBlocks(f"{served.url}/plain.zarr")
    assert blocks[0, 0, 20] == voxels[0, 0, 20]
    sent = pickle.dumps(blocks)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent)[1], voxels[1])


def test_labels_of_an_ome_zarr_are_opened_by_its_url(tmp_path, serve):
    pytest.importorskip("obstore")
    series = sample_subjects()[0].series[0]
    here = open_label_map(series.labels, series.naming)
    write_ome_zarr_labels(here, tmp_path / "labels.zarr")
    with serve(tmp_path) as found:
        there = open_label_map(f"{found.url}/labels.zarr")
        assert there.structures == here.structures
        assert np.array_equal(np.asarray(there.labels[3]), np.asarray(here.labels[3]))


def test_a_url_that_leads_nowhere_is_refused(served):
    with pytest.raises(UnreadableImage, match="none that can be opened"):
        open_volume(f"{served.url}/nothing.zarr")


def test_a_server_that_fails_is_refused(served, monkeypatch):
    blocks = ZarrBlocks(f"{served.url}/plain.zarr")
    assert blocks.shape == SHAPE

    def fail(key, part=None):
        raise OSError("connection reset")

    client = blocks._files.store._client
    monkeypatch.setattr(type(client), "fetch", lambda self, key, part: fail(key))
    with pytest.raises(UnreadableImage, match="connection reset"):
        blocks.read((slice(0, 4), slice(16, 32), slice(0, 16)))


def test_without_a_package_for_the_scheme_one_is_named():
    with pytest.raises(PackageMissing, match="reads nosuchscheme"):
        RemotePath("nosuchscheme://a/b.zarr").is_file()


def test_what_is_a_url_and_what_is_a_path(tmp_path):
    assert is_remote("https://a/b")
    assert is_remote("s3://bucket/a")
    assert not is_remote(tmp_path)
    assert not is_remote("file:///a/b")
    assert place_of(str(tmp_path)) == tmp_path
    assert (RemotePath("http://a/b/") / "c").url == "http://a/b/c"
    assert (RemotePath("http://a/b/").name, str(RemotePath("http://a/b").parent)) == ("b", "http://a")
