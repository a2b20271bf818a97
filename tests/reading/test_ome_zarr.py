"""OME-Zarr 0.4 and 0.5 and plain zarr: where the voxels lie, what is refused, and that nothing is read early."""

from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pytest
import zarr

from napari_hipspine.domain.errors import SeriesAmbiguous, UnreadableImage
from napari_hipspine.reading.ome_zarr import is_zarr, list_zarr_labels, list_zarr_volumes
from napari_hipspine.reading.volumes import open_volume

MM = [{"name": n, "type": "space", "unit": "millimeter"} for n in "zyx"]


def _oriented(*values, form="rfc-4"):
    axes = []
    for axis, value in zip(MM, values, strict=True):
        if form == "rfc-4":
            axes.append({**axis, "orientation": {"type": "anatomical", "value": value}})
        else:
            axes.append({**axis, "anatomicalOrientation": value})
    return axes


def _write_ome(path, axes, scale, *, version="0.5", shape=(4, 6, 5), translation=None, common=(), channels=()):
    voxels = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    steps = [{"type": "scale", "scale": scale}]
    if translation:
        steps.append({"type": "translation", "translation": translation})
    image = {
        "axes": axes,
        "datasets": [{"path": "0", "coordinateTransformations": steps}],
        "coordinateTransformations": list(common),
    }
    metadata = {"multiscales": [image], "omero": {"channels": [{"label": c} for c in channels]}}
    group = zarr.open_group(path, mode="w", zarr_format=3 if version == "0.5" else 2)
    group.attrs.update({"ome": {"version": version, **metadata}} if version == "0.5" else metadata)
    group.create_array("0", data=voxels, chunks=(1,) * (len(shape) - 2) + shape[-2:])
    return voxels


class TestRealFiles:
    """Every trap of the shared data that concerns zarr: microscopy, structure only, all pixels zero."""

    @pytest.mark.parametrize("version", ["v04", "v05"])
    def test_zyx_pyramid_in_micrometres(self, shared_data, version):
        (volume,) = list_zarr_volumes(shared_data / "omezarr" / f"ngio_{version}_test_image_zyx.zarr")
        assert volume.grid.shape == (10, 64, 64)
        assert volume.grid.spacing_mm == pytest.approx((0.001, 0.0005, 0.0005))
        assert volume.grid.orientation == "SPL"
        assert volume.flags == ("orientation_assumed",)
        assert volume.source.format == "ome-zarr"
        assert [step.shape for step in volume.resolution_steps] == [(10, 32, 32)]
        assert not volume.voxels[...].any()
        assert volume.blocks().is_empty((slice(0, 10), slice(0, 64), slice(0, 64)))

    @pytest.mark.parametrize("version", ["v04", "v05"])
    def test_channels_are_listed_and_one_is_asked_for(self, shared_data, version):
        path = shared_data / "omezarr" / f"ngio_{version}_test_image_czyx.zarr"
        volumes = list_zarr_volumes(path)
        assert [volume.source.series for volume in volumes] == ["c0", "c1"]
        assert volumes[1].source.description == "channel 1 (channel_1)"
        with pytest.raises(SeriesAmbiguous, match="found 2"):
            open_volume(path)
        assert open_volume(path, series="c1").source.series == "c1"

    @pytest.mark.parametrize("version", ["v04", "v05"])
    @pytest.mark.parametrize("axes", ["zyx", "czyx"])
    def test_labels_are_listed_separately(self, shared_data, version, axes):
        path = shared_data / "omezarr" / f"ngio_{version}_test_image_{axes}.zarr"
        (labels,) = list_zarr_labels(path)
        assert (labels.source.series, labels.voxels.dtype) == ("label", np.uint32)
        assert labels.grid.same_as(list_zarr_volumes(path)[0].grid)
        for inside in (path / "labels", path / "labels" / "label"):
            assert list_zarr_labels(inside)[0].grid == labels.grid

    def test_bioformats_file_without_unit_on_z_is_refused(self, shared_data):
        """The microscope wrote micrometres for y and x, and nothing for z."""
        with pytest.raises(UnreadableImage, match="length unit on axis z, found none") as caught:
            list_zarr_volumes(shared_data / "omezarr" / "v0.4_xy_8bit__nuclei_PLK1_control.ome.zarr")
        assert "spacing_mm" in caught.value.hint

    def test_the_same_file_with_its_spacing_stated(self, shared_data, tmp_path):
        path = tmp_path / "stated.zarr"
        shutil.copytree(shared_data / "omezarr" / "v0.4_xy_8bit__nuclei_PLK1_control.ome.zarr", path)
        path.chmod(0o755)
        attributes = json.loads((path / ".zattrs").read_text())
        (path / ".zattrs").unlink()
        (path / ".zattrs").write_text(json.dumps({**attributes, "spacing_mm": [0.001, 0.000166, 0.000166]}))
        (volume,) = list_zarr_volumes(path)
        assert volume.grid.spacing_mm == pytest.approx((0.001, 0.000166, 0.000166))
        assert volume.grid.shape == (1, 682, 682)
        assert [step.shape for step in volume.resolution_steps] == [(1, 341, 341), (1, 170, 170)]
        assert int(volume.voxels[0].max()) == 251


@pytest.mark.parametrize("spacing", [[4.0, 0.5, 0.5], [1, 1], "wide"])
def test_pixel_units_with_a_stated_spacing(tmp_path, spacing):
    _write_ome(tmp_path / "a.zarr", [{**axis, "unit": "pixel"} for axis in MM], [2.0, 1, 1], translation=[2.0, 0, 0])
    zarr.open_group(tmp_path / "a.zarr", mode="r+").attrs["spacing_mm"] = spacing
    if spacing[0] != 4.0:
        with pytest.raises(UnreadableImage, match="three distances as spacing_mm"):
            list_zarr_volumes(tmp_path / "a.zarr")
        return
    (volume,) = list_zarr_volumes(tmp_path / "a.zarr")
    assert volume.grid.spacing_mm == (4.0, 0.5, 0.5)
    assert volume.grid.affine[2, 3] == 4.0


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_translation_and_common_scale(tmp_path, version):
    voxels = _write_ome(
        tmp_path / "a.zarr",
        MM,
        [2.0, 1, 1],
        version=version,
        translation=[10.0, 0, 3],
        common=[{"type": "scale", "scale": [2.0, 0.5, 0.5]}],
    )
    (volume,) = list_zarr_volumes(tmp_path / "a.zarr")
    assert np.array_equal(volume.voxels[...], voxels)
    assert volume.grid.spacing_mm == (4.0, 0.5, 0.5)
    assert volume.grid.affine[:3, 3].tolist() == [1.5, 0, 20]


@pytest.mark.parametrize("form", ["rfc-4", "first draft"])
def test_anatomical_orientation_is_honoured(tmp_path, form):
    axes = _oriented("superior-to-inferior", "posterior-to-anterior", "left-to-right", form=form)
    voxels = _write_ome(tmp_path / "a.zarr", axes, [4.0, 0.5, 0.5], translation=[1.0, 2, 3])
    (volume,) = list_zarr_volumes(tmp_path / "a.zarr")
    assert volume.grid.orientation == "IAR"
    assert volume.flags == ()
    assert volume.grid.affine[:3, 3].tolist() == [-3, -2, -1]
    assert np.array_equal(volume.voxels[...], voxels)


def test_sagittal_stack_stands_with_its_own_slice_axis(tmp_path):
    axes = _oriented("superior-to-inferior", "anterior-to-posterior", "right-to-left")
    voxels = _write_ome(tmp_path / "a.zarr", axes, [0.5, 0.5, 4.0])
    (volume,) = list_zarr_volumes(tmp_path / "a.zarr")
    assert volume.grid.orientation == "LIP"
    assert volume.grid.shape == (5, 4, 6)
    assert np.array_equal(volume.voxels[...], voxels.transpose(2, 0, 1))


def test_time_and_channel_are_volumes_of_their_own(tmp_path):
    axes = [{"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"}, *MM]
    voxels = _write_ome(
        tmp_path / "a.zarr", axes, [1, 1, 4.0, 1, 1], shape=(2, 2, 3, 4, 5), channels=("water", "fat"), version="0.4"
    )
    volumes = list_zarr_volumes(tmp_path / "a.zarr")
    assert [volume.source.series for volume in volumes] == ["t0 c0", "t0 c1", "t1 c0", "t1 c1"]
    assert volumes[1].source.description == "time point 0, channel 1 (fat)"
    assert np.array_equal(volumes[2].voxels[...], voxels[1, 0])


@pytest.mark.parametrize(
    ("axes", "scale", "message"),
    [
        ([{**axis, "unit": "pixel"} for axis in MM], [4.0, 1, 1], "found 'pixel'"),
        ([{"name": n, "type": "space"} for n in "zyx"], [4.0, 1, 1], "length unit on axis z, found none"),
        (["z", "y", "x"], [4.0, 1, 1], "length unit on axis z, found none"),
        (MM, [0.0, 1, 1], "scales above zero"),
        (MM, [-4.0, 1, 1], "scales above zero"),
        (MM, [4.0, 1], "scales and translations of 3 axes"),
        (MM[1:], [1.0, 1, 1], "Expected 3 axes described, found 2"),
        ([{"name": "c", "type": "channel"}, *MM[1:]], [1.0, 1, 1], "three space axes, found 2"),
        (_oriented("superior-to-inferior", "left-to-right", "right-to-left"), [4.0, 1, 1], "across each other"),
        (_oriented("superior-to-inferior", "", ""), [4.0, 1, 1], "found superior-to-inferior, none, none"),
        (_oriented("proximal-to-distal", "anterior-to-posterior", "right-to-left"), [4.0, 1, 1], "proximal-to-distal"),
    ],
)
def test_geometry_that_is_not_physical_or_not_whole_is_refused(tmp_path, axes, scale, message):
    _write_ome(tmp_path / "a.zarr", axes, scale)
    with pytest.raises(UnreadableImage, match=message):
        list_zarr_volumes(tmp_path / "a.zarr")


def test_rotations_are_refused(tmp_path):
    rotation = {"type": "rotation", "rotation": [1, 0, 0]}
    _write_ome(tmp_path / "a.zarr", MM, [4.0, 1, 1], common=[rotation])
    with pytest.raises(UnreadableImage, match="found 'rotation'"):
        list_zarr_volumes(tmp_path / "a.zarr")


def test_missing_resolution_step_is_refused(tmp_path):
    _write_ome(tmp_path / "a.zarr", MM, [4.0, 1, 1])
    document = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())
    document["attributes"]["ome"]["multiscales"][0]["datasets"].append({"path": "1"})
    (tmp_path / "a.zarr" / "zarr.json").write_text(json.dumps(document))
    with pytest.raises(UnreadableImage, match=r"resolution step \(0, 1\), found some missing"):
        list_zarr_volumes(tmp_path / "a.zarr")


def test_collection_of_images(tmp_path):
    zarr.open_group(tmp_path / "all.zarr", mode="w", zarr_format=2).attrs["bioformats2raw.layout"] = 3
    for number in (0, 1):
        _write_ome(tmp_path / "all.zarr" / str(number), MM, [4.0, 1, 1], version="0.4")
    assert [v.source.path.rpartition("/")[2] for v in list_zarr_volumes(tmp_path / "all.zarr")] == ["0", "1"]


def test_plate_is_refused(tmp_path):
    zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2).attrs["plate"] = {"rows": []}
    with pytest.raises(UnreadableImage, match="plate"):
        list_zarr_volumes(tmp_path / "a.zarr")


def test_empty_group_is_refused(tmp_path):
    zarr.open_group(tmp_path / "a.zarr", mode="w")
    with pytest.raises(UnreadableImage, match="found a group without either"):
        list_zarr_volumes(tmp_path / "a.zarr")


@pytest.mark.parametrize("zarr_format", [2, 3])
class TestPlainArrays:
    def _write(self, path, zarr_format, *, shape=(3, 4, 5), **attributes):
        voxels = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        array = zarr.create_array(path, data=voxels, zarr_format=zarr_format)
        array.attrs.update(attributes)
        return voxels

    def test_spacing(self, tmp_path, zarr_format):
        voxels = self._write(tmp_path / "a.zarr", zarr_format, spacing_mm=[4, 0.5, 0.5])
        assert is_zarr(tmp_path / "a.zarr")
        volume = open_volume(tmp_path / "a.zarr")
        assert (volume.grid.spacing_mm, volume.grid.orientation) == ((4.0, 0.5, 0.5), "SPL")
        assert volume.flags == ("orientation_assumed",)
        assert np.array_equal(volume.voxels[...], voxels)

    def test_affine(self, tmp_path, zarr_format):
        affine = [[0, 0, -0.5, 7], [0, 0.5, 0, 8], [-4, 0, 0, 9], [0, 0, 0, 1]]
        self._write(tmp_path / "a.zarr", zarr_format, affine_lps=affine)
        volume = open_volume(tmp_path / "a.zarr")
        assert volume.grid.affine.tolist() == affine
        assert volume.flags == ()

    @pytest.mark.parametrize("spacing", [None, [1, 1], [1, 1, 0], [1, 1, -2], "1 1 1", [1, 1, "a"]])
    def test_no_physical_spacing(self, tmp_path, zarr_format, spacing):
        self._write(tmp_path / "a.zarr", zarr_format, **({} if spacing is None else {"spacing_mm": spacing}))
        with pytest.raises(UnreadableImage, match="Expected a physical spacing") as caught:
            open_volume(tmp_path / "a.zarr")
        assert "affine_lps" in caught.value.hint

    @pytest.mark.parametrize("affine", [[[1, 0], [0, 1]], "none", np.zeros((4, 4)).tolist()])
    def test_affine_that_is_none(self, tmp_path, zarr_format, affine):
        self._write(tmp_path / "a.zarr", zarr_format, affine_lps=affine)
        with pytest.raises(UnreadableImage, match="4 x 4 affine"):
            open_volume(tmp_path / "a.zarr")

    def test_two_axes_are_no_stack(self, tmp_path, zarr_format):
        self._write(tmp_path / "a.zarr", zarr_format, shape=(4, 5), spacing_mm=[1, 1, 1])
        with pytest.raises(UnreadableImage, match="found 2 axes in space"):
            open_volume(tmp_path / "a.zarr")

    def test_fourth_axis_is_a_list(self, tmp_path, zarr_format):
        voxels = self._write(tmp_path / "a.zarr", zarr_format, shape=(2, 3, 4, 5), spacing_mm=[4, 1, 1])
        assert np.array_equal(open_volume(tmp_path / "a.zarr", series="c1").voxels[...], voxels[1])

    def test_group_of_arrays_is_a_list(self, tmp_path, zarr_format):
        zarr.open_group(tmp_path / "all.zarr", mode="w", zarr_format=zarr_format)
        for name in ("fat", "water"):
            self._write(tmp_path / "all.zarr" / name, zarr_format, spacing_mm=[4, 1, 1])
        volumes = list_zarr_volumes(tmp_path / "all.zarr")
        assert [volume.source.path.rpartition("/")[2] for volume in volumes] == ["fat", "water"]


def test_complex_voxels_are_refused(tmp_path):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(2, 3, 4), chunks=(1, 3, 4), dtype="complex64")
    array.attrs["spacing_mm"] = [4, 1, 1]
    with pytest.raises(UnreadableImage, match="real numbers"):
        list_zarr_volumes(tmp_path / "a.zarr")


def test_damaged_metadata_is_refused(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "zarr.json").write_text("{")
    with pytest.raises(UnreadableImage, match="none that can be opened"):
        list_zarr_volumes(tmp_path / "a.zarr")


def test_opening_counts_no_chunk(tmp_path):
    """Listing an image with labels and a pyramid opens metadata files only."""
    _write_ome(tmp_path / "a.zarr", MM, [4.0, 1, 1])
    opened: list[str] | None = []

    def note(event, arguments):
        if opened is not None and event == "open":
            opened.append(str(arguments[0]))

    sys.addaudithook(note)
    (volume,) = list_zarr_volumes(tmp_path / "a.zarr")
    assert volume.grid.shape == (4, 6, 5)
    inside = [name.rpartition("/")[2] for name in opened if "a.zarr" in name]
    opened = None
    assert set(inside) <= {"zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"}
    assert inside
