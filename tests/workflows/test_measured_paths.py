"""One subject stored in every way we read: the same integers, and no chunk read that need not be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import zarr

from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Contrast, WaterFat
from napari_hipspine.measuring import block_walk, kernels, threads
from napari_hipspine.phantom import make_region, small_spec
from napari_hipspine.reading.zarr_blocks import ZarrBlocks
from napari_hipspine.reading.zarr_chunks import ChunkFiles
from napari_hipspine.workflows.measure_subject import measure_counted, measure_subject, measure_touched
from napari_hipspine.writing.tables import table_as_csv

KEY = SubjectKey("s1")
CHUNK = (4, 32, 32)
CHECKSUM = {"compressors": [zarr.codecs.ZstdCodec(), zarr.codecs.Crc32cCodec()]}


@pytest.fixture(scope="module")
def subject():
    phantom = make_region(small_spec(31))
    air = ((0, 0), (64, 64), (64, 64))
    image = np.pad(np.asarray(phantom.volume.voxels[...]), air)
    values = sorted(phantom.label_map.structures)
    labels = np.pad(np.searchsorted([0, *values], np.asarray(phantom.label_map.labels[...])).astype(np.uint8), air)
    structures = {place: phantom.label_map.structures[value] for place, value in enumerate(values, start=1)}
    grid = Grid(image.shape, phantom.volume.grid.affine)
    volume = replace(phantom.volume, voxels=image, grid=grid)
    return volume, replace(phantom.label_map, labels=labels, grid=grid, structures=structures)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, subject):
    made = tmp_path_factory.mktemp("stored")
    for name, voxels in (("image", subject[0].voxels), ("labels", subject[1].labels)):
        for kind, chunk, more in (
            ("plain", CHUNK, {}),
            ("thin", (1, 64, 64), {}),
            ("askew", (3, 20, 45), {}),
            ("checksum", CHUNK, CHECKSUM),
            ("shards", CHUNK, {"shards": (8, 64, 64)}),
        ):
            array = zarr.create_array(
                made / f"{name}-{kind}", shape=voxels.shape, chunks=chunk, dtype=voxels.dtype, fill_value=0, **more
            )
            array[:] = voxels
    return made


@pytest.fixture(autouse=True)
def _on_several_threads(monkeypatch):
    monkeypatch.setattr(threads, "_ONE_WORKER_BELOW", 0)


def measured(image, label_map):
    return measure_subject(image, label_map, key=KEY)


def as_text(result):
    return table_as_csv(result.slices) + table_as_csv(result.measurements)


@pytest.fixture(scope="module")
def expected(subject):
    return as_text(measured(*subject))


@pytest.mark.parametrize("labels", ["plain", "thin", "askew", "shards"])
@pytest.mark.parametrize("image", ["plain", "thin", "askew", "checksum", "shards"])
def test_zarr_in_any_chunks(subject, folder, expected, image, labels):
    stored = [ZarrBlocks(str(folder / name)) for name in (f"image-{image}", f"labels-{labels}")]
    assert as_text(measured(replace(subject[0], voxels=stored[0]), replace(subject[1], labels=stored[1]))) == expected


def test_zarr_python_without_the_other_pipeline(subject, folder, expected, monkeypatch):
    monkeypatch.setattr("napari_hipspine.reading.zarr_blocks.find_spec", lambda name: None)
    stored = ZarrBlocks(str(folder / "image-checksum"))
    assert type(stored.array.async_array.codec_pipeline).__module__.startswith("zarr.")
    assert as_text(measured(replace(subject[0], voxels=stored), subject[1])) == expected


def test_zarr_python_with_the_zarrs_pipeline(folder):
    pytest.importorskip("zarrs")
    stored = ZarrBlocks(str(folder / "image-checksum"))
    assert type(stored.array.async_array.codec_pipeline).__module__.startswith("zarrs")


@pytest.mark.parametrize("chunks", [CHUNK, (3, 20, 45), (2, 1000, 1000)])
def test_dask_arrays(subject, folder, expected, chunks):
    import dask.array as da

    image = da.from_zarr(str(folder / "image-plain")).rechunk(chunks)
    labels = da.from_array(subject[1].labels, chunks=chunks)
    assert as_text(measured(replace(subject[0], voxels=image), replace(subject[1], labels=labels))) == expected


@pytest.mark.parametrize("kind", ["plain", "shards"])
def test_a_web_server_and_an_object_store(subject, folder, expected, kind, serve, monkeypatch):
    pytest.importorskip("obstore")
    with serve(folder, wait_s=0.002) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
        for root in (served.url, "s3://bucket"):
            stored = [ZarrBlocks(f"{root}/{name}-{kind}") for name in ("image", "labels")]
            found = measured(replace(subject[0], voxels=stored[0]), replace(subject[1], labels=stored[1]))
            assert as_text(found) == expected
        assert served.most_at_once > 2


def test_compiled_and_plain_counts(subject, expected, monkeypatch):
    compiled = kernels.compiled_kernels()
    assert compiled is not None
    for chosen in (compiled, kernels.PLAIN):
        monkeypatch.setattr(block_walk, "kernels_for", lambda _, chosen=chosen: chosen)
        monkeypatch.setattr("napari_hipspine.measuring.value_ranges.kernels_for", lambda _, chosen=chosen: chosen)
        assert as_text(measured(*subject)) == expected


@pytest.mark.parametrize("kind", ["plain", "askew", "checksum"])
def test_water_and_fat(subject, folder, kind):
    water, label_map = replace(subject[0], contrast=Contrast.WATER), subject[1]
    fat = replace(water, voxels=water.voxels[::-1].copy(), contrast=Contrast.FAT)
    protocol = MeasurementProtocol(fat_method=FatMethod.DIXON)
    whole = measure_subject(WaterFat(water, fat), label_map, key=KEY, protocol=protocol)
    stored = WaterFat(replace(water, voxels=ZarrBlocks(str(folder / f"image-{kind}"))), fat)
    found = measure_subject(stored, label_map, key=KEY, protocol=protocol)
    assert as_text(found) == as_text(whole)


@pytest.fixture
def chunks_read(monkeypatch):
    """How often each chunk was read, by folder and place."""
    seen: Counter[tuple[str, tuple[int, ...]]] = Counter()
    read = ChunkFiles.read

    def counted(self, chunk, scratch=None):
        found = read(self, chunk, scratch)
        if found is not None:
            seen[self.store.folder.rpartition("/")[2], tuple(chunk)] += 1
        return found

    monkeypatch.setattr(ChunkFiles, "read", counted)
    return seen


def test_each_chunk_is_read_once_and_those_without_muscles_not_at_all(subject, folder, chunks_read):
    image, label_map = subject
    stored = [ZarrBlocks(str(folder / f"{name}-plain")) for name in ("image", "labels")]
    measured(replace(image, voxels=stored[0]), replace(label_map, labels=stored[1]))
    assert set(chunks_read.values()) == {1}
    n_chunks = np.prod([-(-n // size) for n, size in zip(image.grid.shape, CHUNK, strict=True)])
    n_labelled = sum(
        bool(label_map.labels[z : z + 4, y : y + 32, x : x + 32].any())
        for z in range(0, image.grid.shape[0], 4)
        for y in range(0, image.grid.shape[1], 32)
        for x in range(0, image.grid.shape[2], 32)
    )
    of_image = [chunk for name, chunk in chunks_read if name == "image-plain"]
    assert n_labelled <= len(of_image) < n_chunks


def test_after_an_edit_only_touched_chunks_are_read(subject, folder, tmp_path, chunks_read):
    image, label_map = subject
    edited = label_map.labels.copy()
    where = np.argwhere(edited[5] > 0)[0]
    edited[5, where[0], where[1]] = 0
    labels = zarr.create_array(tmp_path / "labels-edited", data=label_map.labels, chunks=CHUNK, fill_value=0)
    stored = replace(image, voxels=ZarrBlocks(str(folder / "image-plain")))
    drawn = replace(label_map, labels=ZarrBlocks(str(tmp_path / "labels-edited")))
    before = measure_counted(stored, drawn, key=KEY)
    labels[5] = edited[5]
    chunks_read.clear()
    after = measure_touched(before, [5], stored, drawn)
    assert chunks_read
    assert {chunk[0] for _, chunk in chunks_read} == {5 // 4}
    of_image = {chunk[1:] for name, chunk in chunks_read if name == "image-plain"}
    labelled = {(y // 32, x // 32) for y, x in np.argwhere(edited[5] > 0)}
    assert of_image == labelled
    assert max(chunks_read.values()) == 1
    anew = measure_subject(image, replace(label_map, labels=edited), key=KEY)
    assert after.slices["n_pixels"].tolist() == anew.slices["n_pixels"].tolist()
