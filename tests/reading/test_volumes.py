"""The door of reading: what is inside counts, one volume is asked for, refusals say what was found."""

from __future__ import annotations

import pickle

import nibabel as nib
import numpy as np
import pytest

from napari_hipspine.domain.errors import InvalidChoice, SeriesAmbiguous, UnreadableImage
from napari_hipspine.reading.volumes import describe_volumes, list_volumes, open_volume


@pytest.fixture
def four_dimensional(tmp_path):
    path = tmp_path / "many.nii"
    data = np.stack([np.full((4, 3, 2), number, np.int16) for number in range(3)], axis=-1)
    nib.save(nib.Nifti1Image(data, np.diag([1.0, 1.0, 5.0, 1.0])), path)
    return path


def test_a_missing_path_is_refused(tmp_path):
    with pytest.raises(UnreadableImage, match=r"found none, at .*nowhere"):
        open_volume(tmp_path / "nowhere.nii")


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "an empty file"), (b"x,y\n1,2\n", "a text file"), (b"\x89PNG\r\n\x1a\n\x00", "bytes 89 50 4e 47")],
)
def test_a_file_that_is_no_image_is_refused_with_what_was_found(tmp_path, content, found):
    path = tmp_path / "image.nii"
    path.write_bytes(content)
    with pytest.raises(UnreadableImage, match=rf"Expected an image .*found .*{found}.*image\.nii"):
        open_volume(path)


def test_a_compressed_text_is_no_image(tmp_path):
    import gzip

    path = tmp_path / "image.nii.gz"
    path.write_bytes(gzip.compress(b"hello"))
    with pytest.raises(UnreadableImage, match="found a text file"):
        open_volume(path)


def test_one_of_several_is_asked_for_and_chosen_by_its_printed_number(four_dimensional):
    with pytest.raises(SeriesAmbiguous, match=r"(?s)found 3.*  2: .*2 slices of 3 x 4, 5 x 1 x 1 mm.*--series"):
        open_volume(four_dimensional)
    for chosen in (2, "2"):
        assert int(open_volume(four_dimensional, series=chosen).voxels[0, 0, 0]) == 2


@pytest.mark.parametrize("wrong", ["3", "-1", "1.2.840.1", ""])
def test_a_series_that_is_not_there_is_refused_with_the_list(four_dimensional, wrong):
    with pytest.raises(InvalidChoice, match=r"(?s)Expected a series of the list.*0: volume 0 of 3"):
        open_volume(four_dimensional, series=wrong)


def test_the_list_has_one_numbered_line_per_volume(four_dimensional):
    lines = describe_volumes(list_volumes(four_dimensional)).splitlines()
    assert [line.split(":")[0].strip() for line in lines] == ["0", "1", "2"]


def test_a_compressed_volume_travels_to_another_process_as_its_path(shared_data):
    volume = open_volume(shared_data / "spine-t2-crop-tptbox" / "sub-mri_label-6_T2w.nii.gz")
    assert volume.voxels[20].any()
    packed = pickle.dumps(volume.voxels)
    assert len(packed) < 5000
    np.testing.assert_array_equal(pickle.loads(packed)[20], volume.voxels[20])
