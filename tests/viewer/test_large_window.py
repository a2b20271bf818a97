"""Large images in a window: nothing is read twice, a pyramid of ours opens, and what is open is written as one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import zarr

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.volume import WaterFat
from napari_hipspine.keeping.unpacked_chunks import UnpackedChunks
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.reading.zarr_chunks import ChunkFiles
from napari_hipspine.viewer.contributions import read_images
from napari_hipspine.viewer.layers import METADATA, image_layers
from napari_hipspine.viewer.openings import open_image_layers
from napari_hipspine.viewer.written_images import write_image, write_open_image
from napari_hipspine.workflows.open_subject import ImageFiles
from napari_hipspine.writing.ome_zarr import write_ome_zarr_image

SHAPE = (24, 96, 80)


@pytest.fixture
def voxels():
    return np.random.default_rng(3).integers(50, 3000, SHAPE, dtype=np.uint16)


@pytest.fixture
def reads(monkeypatch):
    """How often each chunk of each array was read."""
    counted: Counter[tuple[str, tuple[int, ...]]] = Counter()
    read = ChunkFiles.read

    def count(self, chunk, scratch=None):
        counted[str(self.store), chunk] += 1
        return read(self, chunk, scratch)

    monkeypatch.setattr(ChunkFiles, "read", count)
    return counted


def store(path, voxels, chunks):
    array = zarr.create_array(str(path), shape=SHAPE, chunks=chunks, dtype=voxels.dtype)
    array[...] = voxels
    array.attrs["spacing_mm"] = (4.0, 0.5, 0.5)
    return path


@pytest.mark.parametrize("chunks", [(1, 96, 80), (8, 32, 40)])
def test_opening_and_scrolling_read_no_chunk_twice(window, qtbot, tmp_path, voxels, reads, chunks):
    viewer, dock = window
    dock.level_panel.locator.hide()
    dock.images.files.set_value(ImageFiles(image=store(tmp_path / "image.zarr", voxels, chunks)))
    dock.actions.open_image(dock.images.files)
    qtbot.waitUntil(lambda: dock.session.work is not None and not dock.session.doing, timeout=20_000)
    (layer,) = (one for one in viewer.layers if METADATA in one.metadata)
    assert np.array_equal(layer._slice.image.raw, voxels[dock.link.slice_shown()])
    reads.clear()
    for index in [*range(13, 24), *range(23, 11, -1)]:
        viewer.dims.set_current_step(0, index)
        assert np.array_equal(layer._slice.image.raw, voxels[index])
    # Flat chunks are read on the way there and on the way back, deep ones are kept unpacked.
    assert max(reads.values()) <= (2 if chunks[0] == 1 else 1)


def test_limits_are_looked_for_in_few_chunks_and_before_the_window_is_asked(tmp_path, voxels, reads, monkeypatch):
    from napari_hipspine.viewer import coarse_look

    monkeypatch.setattr(coarse_look, "_MOST_BYTES", 10 * 8 * 32 * 40 * 2)
    opened = open_image_layers(ImageFiles(image=store(tmp_path / "image.zarr", voxels, (8, 32, 40))))
    ((_, given, _),) = opened.layers
    assert sum(reads.values()) <= 10
    assert given["contrast_limits"] == pytest.approx(np.percentile(voxels, (0, 99.5)), rel=0.05, abs=60)


def test_pyramid_written_here_is_shown_rightly_and_its_coarsest_step_once_read(window, tmp_path, voxels, reads):
    from napari.layers import Layer

    path = tmp_path / "image.ome.zarr"
    source = open_volume(store(tmp_path / "image.zarr", voxels, (8, 32, 40)))
    write_ome_zarr_image(source, path, n_steps=3)
    viewer, _ = window
    volume = open_volume(path)
    ((steps, given, _),) = image_layers(volume, name="steps")
    assert [step.shape for step in steps] == [SHAPE, (24, 48, 40), (24, 24, 20)]
    assert isinstance(steps[-1], np.ndarray)
    layer = viewer.add_layer(Layer.create(steps, given, "image"))
    reads.clear()
    for index in (2, 3, 4, 5):
        viewer.dims.set_current_step(0, index)
    assert not any(str(path / "2") in place for place, _ in reads)
    assert max(reads.values(), default=0) <= 1
    assert layer.scale[0] == pytest.approx(4.0)


def test_layer_of_ours_is_written_as_it_was_opened(tmp_path, voxels):
    source = open_volume(store(tmp_path / "image.zarr", voxels, (8, 32, 40)))
    ((data, given, _),) = image_layers(source, name="image")
    path = tmp_path / "written.ome.zarr"
    assert write_image(str(path), data, given) == [str(path)]
    written = open_volume(path)
    assert written.grid.same_as(source.grid)
    assert np.array_equal(written.voxels[...], voxels)


def test_deep_chunks_are_unpacked_aside_and_flat_ones_are_not(tmp_path, voxels):
    for chunks, is_aside in (((8, 32, 40), True), ((1, 96, 80), False)):
        path = store(tmp_path / f"{chunks[0]}.zarr", voxels, chunks)
        ((data, _, _),) = image_layers(open_volume(path), name="image")
        assert isinstance(getattr(data, "voxels", data), UnpackedChunks) is is_aside
        assert (data.ndim, data.size, tuple(data.shape)) == (3, voxels.size, SHAPE)
        assert np.array_equal(data[5], voxels[5])


def test_layer_of_another_plugin_has_no_place_in_the_patient_to_be_written(tmp_path, voxels):
    with pytest.raises(InvalidChoice, match="found the layer 'theirs'"):
        write_image(str(tmp_path / "x.ome.zarr"), voxels, {"name": "theirs", "metadata": {}})
    assert not (tmp_path / "x.ome.zarr").exists()


def test_water_and_fat_are_written_beside_each_other_or_neither(tmp_path, voxels):
    source = open_volume(store(tmp_path / "image.zarr", voxels, (8, 32, 40)))
    pair = WaterFat(source, source)
    places = write_open_image(pair, str(tmp_path / "pair.ome.zarr"))
    assert [place.name for place in places] == ["pair-water.ome.zarr", "pair-fat.ome.zarr"]
    assert np.array_equal(open_volume(places[1]).voxels[...], voxels)
    with pytest.raises(InvalidChoice, match=r"where nothing is yet, found .*pair-water\.ome\.zarr"):
        write_open_image(pair, str(tmp_path / "pair.ome.zarr"))


def test_reader_gives_limits_spacing_and_units_with_every_image(tmp_path, voxels):
    ((_, given, _),) = read_images(str(store(tmp_path / "image.zarr", voxels, (8, 32, 40))))
    assert (given["units"], given["scale"][0]) == (("mm",) * 3, 4.0)
    low, high = given["contrast_limits"]
    assert low < high
