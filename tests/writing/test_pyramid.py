"""Resolution steps: means of neighbours, placed where those lie, written as the volume passes by."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from napari_hipspine.cli import main
from napari_hipspine.domain.errors import Cancelled
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.domain.volume import Volume
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.writing.ome_zarr import write_ome_zarr_image
from napari_hipspine.writing.pyramid import PyramidBuilder, mean_of_neighbours, pyramid_factors, shape_of_step
from napari_hipspine.writing.zarr_chunk_files import ChunkWriter

SHAPE = (37, 130, 90)


def volume(dtype=np.uint16, spacing=(1.0, 0.9, 0.8)):
    voxels = np.random.default_rng(1).integers(0, 5000, SHAPE).astype(dtype)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, spacing[2]], [0, spacing[1], 0], [spacing[0], 0, 0]])
    affine[:3, 3] = (-30.0, 12.0, -410.5)
    return Volume(voxels, Grid(SHAPE, affine))


def slow_mean(voxels, factors):
    shape = shape_of_step(voxels.shape, factors)
    out = np.empty(shape, dtype=voxels.dtype)
    for place in np.ndindex(shape):
        joined = []
        for offset in np.ndindex(factors):
            at = (min(p * f + o, n - 1) for p, f, o, n in zip(place, factors, offset, voxels.shape, strict=True))
            joined.append(float(voxels[tuple(at)]))
        mean = sum(joined) / len(joined)
        out[place] = np.floor(mean + 0.5) if voxels.dtype.kind in "iu" else mean
    return out


@given(
    voxels=arrays.arrays(
        st.sampled_from([np.uint8, np.int16, np.uint16, np.int32]),
        st.tuples(*[st.integers(1, 5)] * 3),
        elements={"min_value": 0, "max_value": 127},
    ),
    factors=st.tuples(*[st.sampled_from([1, 2])] * 3),
)
def test_a_coarse_voxel_is_the_mean_of_what_it_stands_for(voxels, factors):
    for signed in (voxels, (voxels - 60).astype(voxels.dtype) if voxels.dtype.kind == "i" else voxels):
        assert np.array_equal(mean_of_neighbours(signed, factors), slow_mean(signed, factors))


def test_extreme_values_do_not_wrap():
    for dtype in (np.uint8, np.uint16, np.int16, np.int32):
        most = np.iinfo(dtype).max
        assert (mean_of_neighbours(np.full((2, 2, 2), most, dtype), (2, 2, 2)) == most).all()
    fractions = np.array([[[0.0, 1.0], [np.nan, 0.5]]], dtype=np.float32)
    assert mean_of_neighbours(fractions[:, :1], (1, 1, 2)) == np.float32(0.5)
    assert np.isnan(mean_of_neighbours(fractions, (1, 2, 2))).all()


def test_thick_slices_are_never_joined():
    assert pyramid_factors((30, 1024, 1024), (4.0, 0.5, 0.5)) == ((1, 1, 1), (1, 2, 2), (1, 4, 4))
    assert pyramid_factors((600, 1024, 1024), (0.5, 0.5, 0.5)) == ((1, 1, 1), (2, 2, 2), (4, 4, 4))
    assert pyramid_factors((600, 1024, 1024), (1.0, 0.5, 0.5)) == ((1, 1, 1), (1, 2, 2), (2, 4, 4))
    assert pyramid_factors((30, 200, 200), (4.0, 0.5, 0.5)) == ((1, 1, 1),)
    assert len(pyramid_factors((30, 200, 200), (4.0, 0.5, 0.5), n_steps=3)) == 3


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32])
def test_every_step_reads_back_at_its_place(tmp_path, dtype):
    written = volume(dtype)
    again = open_volume(write_ome_zarr_image(written, tmp_path / "a.ome.zarr", n_steps=3))
    assert again.grid.same_as(written.grid)
    assert np.array_equal(np.asarray(again.voxels[...]), written.voxels)
    finer = written.voxels
    for step, joined in zip(again.resolution_steps, [(2, 2, 2), (2, 2, 2)], strict=True):
        finer = mean_of_neighbours(finer, joined)
        assert np.array_equal(np.asarray(step[...]), finer)


class Ones:
    """A volume of ones that is nowhere as a whole."""

    def __init__(self, n_slices):
        self.shape, self.dtype, self.block_shape = (n_slices, 256, 256), np.dtype(np.uint16), (16, 256, 256)

    def is_empty(self, box):
        return False

    def read(self, box):
        return np.ones([side.stop - side.start for side in box], dtype=self.dtype)


def most_held_while_writing(n_slices, folder):
    """Bytes."""
    source, factors = Ones(n_slices), ((1, 1, 1), (2, 2, 2))
    steps = [
        ChunkWriter(folder / str(at), shape_of_step(source.shape, one), source.block_shape, source.dtype)
        for at, one in enumerate(factors)
    ]
    tracemalloc.start()
    try:
        PyramidBuilder(source, steps, factors).build(stay_silent)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_larger_volume_takes_no_more_memory(tmp_path):
    small, large = (most_held_while_writing(n, tmp_path / str(n)) for n in (128, 1024))
    coarsest_bytes = 512 * 128 * 128 * 2
    assert large - small < coarsest_bytes / 8


def test_the_metadata_are_those_of_the_standard(tmp_path):
    import zarr
    from ome_zarr_models.v05 import Image

    written = volume(spacing=(3.0, 0.9, 0.8))
    path = write_ome_zarr_image(written, tmp_path / "a.ome.zarr", n_steps=2)
    (image,) = Image.from_zarr(zarr.open_group(str(path), mode="r")).ome_attributes.multiscales
    fine, coarse = image.datasets
    assert fine.coordinateTransformations[0].scale == pytest.approx([3.0, 0.9, 0.8])
    assert coarse.coordinateTransformations[0].scale == pytest.approx([3.0, 1.8, 1.6])
    moved = np.subtract(coarse.coordinateTransformations[1].translation, fine.coordinateTransformations[1].translation)
    assert moved == pytest.approx([0.0, 0.45, 0.4])
    assert [axis.unit for axis in image.axes] == ["millimeter"] * 3


def test_cancelled_leaves_nothing(tmp_path):
    def cancel(done, total, doing):
        if done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        write_ome_zarr_image(volume(), tmp_path / "a.ome.zarr", progress=cancel)
    assert list(tmp_path.iterdir()) == []


def test_the_command_converts_what_can_be_measured(tmp_path, capsys):
    source = write_ome_zarr_image(volume(), tmp_path / "a.ome.zarr", n_steps=1)
    assert main(["convert", str(source), "--out", str(tmp_path / "b.ome.zarr"), "--steps", "2"]) == 0
    assert len(open_volume(tmp_path / "b.ome.zarr").resolution_steps) == 1
    assert main(["convert", str(source), "--out", str(tmp_path / "b.nii.gz")]) == 2
    assert main(["convert", str(source), "--out", str(tmp_path / "b.ome.zarr")]) == 2
    said = capsys.readouterr().err
    assert "ends in .ome.zarr, found b.nii.gz" in said
    assert "Expected a place where nothing is yet" in said
