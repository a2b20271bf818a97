"""What napari asks for: readers that know quickly what is theirs, samples, and the writer of labels."""

from __future__ import annotations

import numpy as np
import pytest
from tests.viewer.conftest import STRUCTURES

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.domain.errors import UnknownLabel
from napari_hipspine.reading.label_maps import open_label_map
from napari_hipspine.sample_data import find_sample, sample_subjects
from napari_hipspine.viewer.contributions import (
    get_reader,
    layers_of_sample,
    open_first_sample,
    open_second_sample,
    open_third_sample,
    read_images,
    write_labels,
)
from napari_hipspine.viewer.layers import METADATA, labels_layer


def test_reader_takes_images_by_name_and_folders_by_what_is_in_them(tmp_path, subject, shared_data):
    assert get_reader(str(subject.pictures.image)) is read_images
    assert get_reader(str(shared_data / "dicom-pelvis-siemens" / "t2_tse_tra")) is read_images
    (zarr_file,) = [path for path in (shared_data / "omezarr").iterdir() if path.name.startswith("v0.4_xy_8bit")][:1]
    found = next(path.parent for path in sorted(zarr_file.rglob(".zattrs")) if path.is_file())
    assert get_reader(str(found)) is read_images


@pytest.mark.parametrize("content", [None, b"", b"not an image", b"\0" * 200])
def test_reader_leaves_everything_else_alone(tmp_path, content):
    place = tmp_path / "thing"
    if content is not None:
        place.write_bytes(content)
    assert get_reader(str(place)) is None
    assert get_reader(str(tmp_path)) is None
    assert get_reader([str(place)]) is None
    assert get_reader("bad\0name") is None


def test_image_comes_with_its_place_in_the_patient(subject):
    ((data, given, kind),) = read_images(str(subject.pictures.image))
    assert (kind, tuple(data.shape)) == ("image", subject.volume.grid.shape)
    shown = given["metadata"][METADATA]
    assert shown.volume.grid.same_as(subject.volume.grid)
    assert given["scale"] == pytest.approx([4.0, -2.0, -1.0])


def test_series_of_one_folder_are_all_listed_and_only_the_first_is_shown(shared_data):
    layers = read_images(str(shared_data / "dicom-dualecho-ge"))
    assert [given["visible"] for _, given, _ in layers] == [True, False]
    assert [given["metadata"][METADATA].pictures.series for _, given, _ in layers] == ["0", "1"]


def test_three_samples_open_without_a_window():
    assert len(sample_subjects()) == 3
    counts = [len(open_sample()) for open_sample in (open_first_sample, open_second_sample, open_third_sample)]
    assert counts == [4, 4, 6]


def test_level_of_a_sample_waits_to_be_confirmed():
    image, labels = layers_of_sample(find_sample("phantom01", Region.HIP))
    (placed,) = image[1]["metadata"][METADATA].level_plan.placements
    assert (placed.level.id, placed.is_confirmed) == ("greater_trochanter", False)
    assert labels[2] == "labels"


@pytest.mark.parametrize("ending", [".nii.gz", ".ome.zarr"])
def test_saved_labels_open_again_with_their_names_and_place(tmp_path, subject, ending):
    data, given, _ = labels_layer(subject.label_map, name="muscles")
    data[2, 30, 40] = 1
    (path,) = write_labels(str(tmp_path / f"painted{ending}"), data, given)
    back = open_label_map(path)
    assert back.grid.same_as(subject.label_map.grid)
    assert dict(back.structures) == STRUCTURES
    assert np.array_equal(np.asarray(back.labels[...]), data)


def test_labels_without_a_place_are_not_saved(tmp_path):
    with pytest.raises(UnknownLabel, match="found the layer 'sketch'"):
        write_labels(str(tmp_path / "x.nii.gz"), np.zeros((2, 3, 4), np.uint8), {"name": "sketch", "metadata": {}})
