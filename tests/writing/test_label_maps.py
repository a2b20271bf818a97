"""Written label maps: the same voxels, places and names when read again; whole or not at all."""

from __future__ import annotations

import csv
import json

import nibabel
import numpy as np
import pytest
import SimpleITK
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from ome_zarr_models.v05 import Image

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.errors import HipSpineError, InvalidChoice
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
from napari_hipspine.reading.label_maps import open_label_map
from napari_hipspine.reading.ome_zarr import list_zarr_volumes
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.writing import nifti_volumes, ome_zarr
from napari_hipspine.writing.label_maps import write_label_map
from napari_hipspine.writing.ome_zarr import write_ome_zarr_image

STRUCTURES = {5101: find_structure("multifidus", "left"), 5102: find_structure("multifidus", "right")}
SHAPE = (19, 8, 10)
ENDINGS = ("nii", "nii.gz", "ome.zarr")


def _grid(*, turn_deg=0.0, signs=(1, 1, 1)):
    """Slices, rows, columns; the columns grow to the patient's left where the third sign is positive."""
    angle = np.radians(turn_deg)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([[0, 0, 0.7], [0, 0.7, 0], [4.4, 0, 0]]) * signs
    affine[:3, 3] = [-31.25, 17.5, -820.125]
    return Grid(SHAPE, affine)


def _label_map(grid, **changes):
    labels = np.zeros(SHAPE, np.uint16)
    left, right = (slice(7, 9), slice(1, 3)) if grid.affine[0, 2] > 0 else (slice(1, 3), slice(7, 9))
    labels[3:15, 2:6, left] = 5101
    labels[3:15, 2:6, right] = 5102
    return LabelMap(labels, grid, STRUCTURES, **changes)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("turn_deg", [0.0, 8.3])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1), (1, -1, -1)])
def test_labels_come_back_where_they_were(tmp_path, ending, turn_deg, signs):
    label_map = _label_map(_grid(turn_deg=turn_deg, signs=signs))
    path = write_label_map(label_map, tmp_path / f"muscles.{ending}")
    again = open_label_map(path)
    assert again.structures == STRUCTURES
    assert again.flags == ()
    assert again.grid.same_as(label_map.grid)
    assert np.array_equal(again.labels[...], label_map.labels)


@given(data=st.data())
@settings(max_examples=8, deadline=None)
@pytest.mark.parametrize("ending", ENDINGS)
def test_any_labels_come_back(tmp_path_factory, ending, data):
    shape = tuple(data.draw(st.integers(1, 20)) for _ in range(3))
    values = np.array(data.draw(st.lists(st.sampled_from([0, 5101, 5102]), min_size=4, max_size=4)), np.uint16)
    labels = np.resize(values, shape)
    labels.reshape(-1)[0] = 5101
    grid = Grid(shape, [[0, 0, 0.5, 1], [0, 0.5, 0, 2], [3, 0, 0, 3], [0, 0, 0, 1]])
    path = tmp_path_factory.mktemp("labels") / f"a.{ending}"
    write_label_map(LabelMap(labels, grid, STRUCTURES), path)
    again = open_volume(path) if ending != "ome.zarr" else list_zarr_volumes(path)[0]
    assert np.array_equal(again.voxels[...], labels)


@pytest.mark.parametrize("ending", ENDINGS)
def test_other_programs_see_the_same_place(tmp_path, ending):
    grid = _grid(turn_deg=8.3)
    path = write_label_map(_label_map(grid), tmp_path / f"muscles.{ending}")
    if ending == "ome.zarr":
        image = Image.from_zarr(zarr.open_group(path, mode="r"))
        (dataset,) = image.ome_attributes.multiscales[0].datasets
        assert dataset.coordinateTransformations[0].scale == pytest.approx(grid.spacing_mm)
        return
    image = SimpleITK.ReadImage(str(path))
    assert image.GetSpacing()[::-1] == pytest.approx(grid.spacing_mm, rel=1e-6)
    assert image.TransformIndexToPhysicalPoint((4, 3, 2)) == pytest.approx((grid.affine @ [2, 3, 4, 1])[:3], abs=1e-3)
    assert nibabel.load(path).get_data_dtype() == np.uint16


def test_naming_stands_beside_nifti(tmp_path):
    write_label_map(_label_map(_grid()), tmp_path / "muscles.nii.gz")
    with (tmp_path / "muscles.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["value", "muscle", "side", "name", "colour"],
            ["5101", "multifidus", "left", "multifidus left", "#da919d"],
            ["5102", "multifidus", "right", "multifidus right", "#934956"],
        ]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["muscles.csv", "muscles.nii.gz"]


def test_zarr_says_unit_orientation_names_and_colours(tmp_path):
    write_label_map(_label_map(_grid(signs=(1, 1, -1))), tmp_path / "muscles.ome.zarr")
    metadata = json.loads((tmp_path / "muscles.ome.zarr" / "zarr.json").read_text())["attributes"]["ome"]
    axes = metadata["multiscales"][0]["axes"]
    assert [axis["name"] for axis in axes] == ["z", "y", "x"]
    assert {axis["unit"] for axis in axes} == {"millimeter"}
    assert [axis["orientation"] for axis in axes] == [
        {"type": "anatomical", "value": "inferior-to-superior"},
        {"type": "anatomical", "value": "anterior-to-posterior"},
        {"type": "anatomical", "value": "left-to-right"},
    ]
    scale, translation = metadata["multiscales"][0]["datasets"][0]["coordinateTransformations"]
    assert scale["scale"] == pytest.approx([4.4, 0.7, 0.7])
    assert translation["translation"] == [-820.125, 17.5, 31.25]
    assert metadata["image-label"]["properties"][1]["side"] == "right"
    assert [len(colour["rgba"]) for colour in metadata["image-label"]["colors"]] == [4, 4]


def test_air_takes_no_space_in_zarr(tmp_path):
    path = write_label_map(_label_map(_grid()), tmp_path / "a.zarr")
    labels = open_label_map(path).blocks()
    assert labels.is_empty((slice(16, 19), slice(0, 8), slice(0, 10)))
    assert not labels.is_empty((slice(0, 16), slice(0, 8), slice(0, 10)))


@pytest.mark.parametrize("ending", ENDINGS)
def test_values_without_a_meaning_become_background(tmp_path, ending):
    label_map = _label_map(_grid())
    label_map.labels[0, 0, 0] = 77
    again = open_label_map(write_label_map(label_map, tmp_path / f"a.{ending}"))
    assert again.labels[0, 0, 0] == 0
    assert set(np.unique(again.labels[...])) == {0, 5101, 5102}


@pytest.mark.parametrize("sign", [1, -1])
def test_assumed_orientation_is_not_written_as_known(tmp_path, sign):
    label_map = _label_map(_grid(signs=(1, 1, sign)), flags=("orientation_assumed", "side_unchecked"))
    path = write_label_map(label_map, tmp_path / "a.zarr")
    axes = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]["multiscales"][0]["axes"]
    assert not any("orientation" in axis for axis in axes)
    again = open_label_map(path)
    assert again.flags == ("orientation_assumed",)
    assert again.grid.same_as(label_map.grid)


def test_equal_labels_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_label_map(_label_map(_grid()), tmp_path / name / "muscles.nii.gz")
    first, second = ((tmp_path / name / "muscles.nii.gz").read_bytes() for name in ("a", "b"))
    assert first == second


def test_real_map_survives(tmp_path, shared_data):
    label_map = open_label_map(shared_data / "musclemap-labels" / "lumbar_input_dseg.nii.gz", "musclemap-abdomen")
    for ending in ENDINGS:
        again = open_label_map(write_label_map(label_map, tmp_path / f"a.{ending}"))
        assert again.structures == label_map.structures
        assert again.grid.same_as(label_map.grid)
        assert np.array_equal(again.labels[...], label_map.labels[...])


def test_nifti_is_replaced_and_zarr_is_not(tmp_path):
    for _ in range(2):
        write_label_map(_label_map(_grid()), tmp_path / "a.nii")
    write_label_map(_label_map(_grid()), tmp_path / "a.zarr")
    with pytest.raises(InvalidChoice, match="place where nothing is yet"):
        write_label_map(_label_map(_grid()), tmp_path / "a.zarr")


def test_a_table_of_something_else_is_not_overwritten(tmp_path):
    (tmp_path / "a.csv").write_text("subject_id,age\n")
    with pytest.raises(InvalidChoice, match="found another one"):
        write_label_map(_label_map(_grid()), tmp_path / "a.nii")
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("name", ["a.nrrd", "a", "a.nii.bz2"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(InvalidChoice, match=r"ending in .nii, .nii.gz, .seg.nrrd, .label or .zarr"):
        write_label_map(_label_map(_grid()), tmp_path / name)


def test_a_map_without_structures_is_refused(tmp_path):
    with pytest.raises(InvalidChoice, match="at least one structure"):
        write_label_map(LabelMap(np.zeros(SHAPE, np.uint8), _grid(), {}), tmp_path / "a.nii")


def test_values_beyond_16_bits_are_refused(tmp_path):
    label_map = LabelMap(np.zeros(SHAPE, np.uint32), _grid(), {70000: STRUCTURES[5101]})
    with pytest.raises(InvalidChoice, match="up to 65535, found 70000"):
        write_label_map(label_map, tmp_path / "a.nii")


class BrokenLabels:
    """Labels whose file ends in the middle."""

    shape, dtype, block_shape, ndim = SHAPE, np.dtype(np.uint16), (4, 8, 10), 3

    def is_empty(self, box):
        return False

    def read(self, box):
        if box[0].start >= 8:
            raise ValueError("the file ends early")
        return np.full([s.stop - s.start for s in box], 5101, np.uint16)

    def __getitem__(self, key):
        raise NotImplementedError


@pytest.mark.parametrize("ending", ENDINGS)
def test_failing_leaves_nothing_behind(tmp_path, ending):
    with pytest.raises(ValueError, match="ends early"):
        write_label_map(LabelMap(BrokenLabels(), _grid(), STRUCTURES), tmp_path / f"a.{ending}")
    assert list(tmp_path.iterdir()) == []


def _damage(path):
    if path.is_file():
        raw = path.read_bytes()
        path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    else:
        zarr.open_group(path, mode="r+")["0"][0, 0, 0] = 3


@pytest.mark.parametrize(("ending", "module"), [("nii", nifti_volumes), ("ome.zarr", ome_zarr)])
def test_what_reads_back_differently_is_not_kept(tmp_path, monkeypatch, ending, module):
    check = module._check

    def check_after_damage(path, *rest):
        _damage(path)
        check(path, *rest)

    monkeypatch.setattr(module, "_check", check_after_damage)
    with pytest.raises(HipSpineError, match="read back as it was written"):
        write_label_map(_label_map(_grid()), tmp_path / f"a.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HipSpineError, match="folder that can be written"):
        write_label_map(_label_map(_grid()), tmp_path / "file" / "a.nii")


class TestImages:
    def test_image_comes_back(self, tmp_path):
        voxels = np.random.default_rng(2).normal(size=SHAPE).astype(np.float32)
        volume = Volume(
            voxels, _grid(turn_deg=12, signs=(1, -1, 1)), contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT
        )
        again = open_volume(write_ome_zarr_image(volume, tmp_path / "t2.ome.zarr"))
        assert np.array_equal(again.voxels[...], voxels)
        assert again.grid.same_as(volume.grid)
        assert (again.contrast, again.fat_polarity, again.flags) == (Contrast.T2, FatPolarity.BRIGHT, ())

    def test_scaled_voxels_are_refused(self, tmp_path):
        volume = Volume(np.zeros(SHAPE, np.int16), _grid(), voxel_scale=(2.0, 0.0))
        with pytest.raises(InvalidChoice, match="voxels without a scale"):
            write_ome_zarr_image(volume, tmp_path / "t2.ome.zarr")

    def test_a_spacing_changed_by_another_program_is_noticed(self, tmp_path):
        path = write_ome_zarr_image(Volume(np.zeros(SHAPE, np.int16), _grid()), tmp_path / "t2.ome.zarr")
        document = json.loads((path / "zarr.json").read_text())
        steps = document["attributes"]["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"]
        steps[0]["scale"] = [4.4, 1.4, 1.4]
        (path / "zarr.json").write_text(json.dumps(document))
        with pytest.raises(HipSpineError, match="Expected the spacing of the scale"):
            open_volume(path)
