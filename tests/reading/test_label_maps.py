"""Labels from elsewhere: named, checked, refused where they cannot be what they are said to be."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.errors import GridMismatch, InvalidChoice, SideContradiction, UnknownLabel
from napari_hipspine.domain.label_map import Origin
from napari_hipspine.reading.label_maps import UnknownValues, accept, look_at_labels, open_label_map, propose_names
from napari_hipspine.reading.volumes import open_volume

THIGH = {
    "biceps_femoris_long_head": 31,
    "biceps_femoris_short_head": 33,
    "semimembranosus": 35,
    "semitendinosus": 37,
    "adductor_magnus": 39,
    "adductor_longus": 43,
    "adductor_brevis": 45,
    "gracilis": 47,
    "iliacus": 49,
    "vastus_lateralis": 55,
    "vastus_intermedius": 57,
    "vastus_medialis": 59,
    "rectus_femoris": 61,
    "sartorius": 63,
    "pectineus": 65,
}
"""Odd value of each muscle, which is its left."""


def _write_naming(path, rows):
    path.write_text("value,muscle,side,name\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def _thigh_naming(folder):
    rows = [f"{v + add},{m},{side}," for m, v in THIGH.items() for add, side in ((0, "left"), (1, "right"))]
    rows += ["101,,left,ilium", "102,,right,ilium", "103,,left,femur", "104,,right,femur"]
    return _write_naming(folder / "thigh.csv", rows)


def _tum01_naming(folder, *, swapped=False):
    sides = ("right", "right", "left", "left") if not swapped else ("left", "left", "right", "right")
    muscles = ("erector_spinae", "multifidus", "multifidus", "erector_spinae")
    rows = [f"{value},{m},{s}," for value, (m, s) in enumerate(zip(muscles, sides, strict=True), start=1)]
    return _write_naming(folder / "tum01.csv", rows)


def _save(path, array, affine=None):
    nibabel.Nifti1Image(array, np.diag([1.0, 1, 4, 1]) if affine is None else affine).to_filename(path)
    return path


@pytest.fixture
def two_sided(tmp_path):
    """Multifidus in the whole-body scheme on three slices; the first axis grows to the patient's right."""
    labels = np.zeros((10, 8, 3), np.int16)
    labels[1:3, 2:6] = 5101
    labels[7:9, 2:6] = 5102
    return _save(tmp_path / "two_sided.nii.gz", labels)


def test_structures_and_origin(two_sided):
    label_map = open_label_map(two_sided, "musclemap-wholebody")
    assert label_map.structures == {
        5101: find_structure("multifidus", "left"),
        5102: find_structure("multifidus", "right"),
    }
    assert (label_map.origin, label_map.tool) == (Origin.IMPORTED, "MuscleMap whole-body model")
    assert label_map.labels.dtype == np.uint16
    assert label_map.grid.spacing_mm == (4.0, 1.0, 1.0)
    assert (label_map.flags, label_map.notes) == ((), ())


class TestRealMaps:
    """Every trap of the shared data that concerns labels."""

    def test_musclemap_abdomen_template_las_float32(self, shared_data):
        path = shared_data / "musclemap-labels" / "abdomen_template_dseg.nii.gz"
        label_map = open_label_map(path, "musclemap-abdomen")
        assert len(label_map.structures) == 8
        assert label_map.structures[1] == find_structure("multifidus", "right")
        assert label_map.labels.dtype == np.uint16
        assert label_map.flags == ()
        assert set(np.unique(label_map.labels[60])) == set(range(9))

    def test_musclemap_lumbar_oblique(self, shared_data):
        label_map = open_label_map(shared_data / "musclemap-labels" / "lumbar_input_dseg.nii.gz", "musclemap-abdomen")
        assert len(label_map.structures) == 8
        assert label_map.grid.obliquity_deg == pytest.approx(8.3, abs=0.1)

    @pytest.mark.parametrize("name", ["abdomen_template_dseg.nii.gz", "lumbar_input_dseg.nii.gz"])
    @pytest.mark.parametrize("wrong", ["musclemap-pelvis", "musclemap-thigh"])
    def test_the_opposite_parity_of_another_musclemap_naming_is_caught(self, shared_data, name, wrong):
        """The same integers 1 to 8 are other muscles on the other side in the pelvis and thigh models."""
        with pytest.raises(SideContradiction, match="left of every muscle further to the patient's left"):
            open_label_map(shared_data / "musclemap-labels" / name, wrong)

    def test_musclemap_wholebody_codes_beyond_255_and_bones(self, shared_data):
        look = look_at_labels(shared_data / "musclemap-labels" / "hip_thigh_test_dseg.nii.gz")
        assert len(look.counts) == 57
        proposal = propose_names(look, "musclemap-wholebody")
        assert not proposal.unknown
        assert {6151, 6152, 6160, 6171, 6172} <= set(proposal.known_others)
        label_map = accept(proposal)
        assert label_map.structures[7132] == find_structure("rectus_femoris", "right")
        assert len(label_map.structures) == 38

    def test_musclemap_regional_naming_does_not_know_wholebody_codes(self, shared_data):
        with pytest.raises(UnknownLabel, match=r"found 5121 \(\d+ voxels\), 5122") as caught:
            open_label_map(shared_data / "musclemap-labels" / "hip_thigh_test_dseg.nii.gz", "musclemap-thigh")
        assert "and 45 more" in caught.value.message

    @pytest.mark.parametrize(
        ("path", "naming", "first"),
        [
            ("totalseg-mr/example_seg_mr.nii.gz", "totalsegmentator-total-mr", 46),
            ("totalseg-ct-small/example_seg.nii.gz", "totalsegmentator-total", 86),
        ],
    )
    def test_totalsegmentator_wider_structures_and_sides(self, shared_data, path, naming, first):
        """Autochthon and iliopsoas stay what they are and never become multifidus or psoas."""
        label_map = open_label_map(shared_data / path, naming)
        assert label_map.structures == {
            first: find_structure("autochthon", "left"),
            first + 1: find_structure("autochthon", "right"),
            first + 2: find_structure("iliopsoas", "left"),
            first + 3: find_structure("iliopsoas", "right"),
        }
        assert label_map.flags == ()

    def test_totalsegmentator_task_confused_with_another_has_no_muscle(self, shared_data):
        with pytest.raises(UnknownLabel, match=r"at least one muscle, found only other structures \(1 spleen"):
            open_label_map(shared_data / "totalseg-mr" / "example_seg_mr.nii.gz", "totalsegmentator-total")

    def test_thigh_float32_with_islands(self, shared_data, tmp_path):
        """Islands on one side only (49 iliacus left, 66 pectineus right) are kept and said to be unchecked."""
        path = shared_data / "thigh-labelled-qmri" / "out.nii.gz"
        look = look_at_labels(path)
        assert len(look.counts) == 32
        label_map = accept(propose_names(look, _thigh_naming(tmp_path)))
        assert label_map.structures[49] == find_structure("iliacus", "left")
        assert label_map.structures[66] == find_structure("pectineus", "right")
        assert look.counts[49] == int((np.asarray(label_map.labels) == 49).sum()) > 0
        assert label_map.flags == ()
        assert label_map.notes == ("side not checked, no slice shows both sides: iliacus, pectineus",)

    def test_tum01_labels_of_water_and_fat_hold_identical_voxels(self, shared_data, tmp_path):
        naming = _tum01_naming(tmp_path)
        folder = shared_data / "lumbar-dixon-tum01"
        water, fat = (
            open_label_map(folder / f"TUM01_{part}_manual_label_segmentation_L2-L5.nii.gz", naming)
            for part in ("water", "fat")
        )
        assert np.array_equal(water.labels[...], fat.labels[...])
        assert water.structures[1] == find_structure("erector_spinae", "right")
        for slice_index in range(29):
            assert set(np.unique(water.labels[slice_index])) == {0, 1, 2, 3, 4}

    def test_tum01_headers_of_water_and_fat_disagree(self, shared_data, tmp_path):
        """Labels drawn on one of the two lie on that one's grid and are refused on the other's."""
        folder = shared_data / "lumbar-dixon-tum01"
        labels = open_label_map(folder / "TUM01_water_manual_label_segmentation_L2-L5.nii.gz", _tum01_naming(tmp_path))
        water = open_volume(folder / "TUM01_water_img_img_L2-L5.nii.gz")
        fat = open_volume(folder / "TUM01_fat_img_img_L2-L5.nii.gz")
        assert labels.on_grid(water.grid).notes == ()
        with pytest.raises(GridMismatch, match="apart"):
            labels.on_grid(fat.grid)

    def test_tum01_with_sides_swapped_is_refused(self, shared_data, tmp_path):
        folder = shared_data / "lumbar-dixon-tum01"
        with pytest.raises(SideContradiction, match=r"erector spinae \(29 of 29 slices\), multifidus"):
            open_label_map(
                folder / "TUM01_water_manual_label_segmentation_L2-L5.nii.gz", _tum01_naming(tmp_path, swapped=True)
            )

    def test_labels_lie_on_the_grid_of_their_image(self, shared_data):
        image = open_volume(shared_data / "totalseg-mr" / "example_mr_sm.nii.gz")
        labels = open_label_map(shared_data / "totalseg-mr" / "example_seg_mr.nii.gz", "totalsegmentator-total-mr")
        assert labels.on_grid(image.grid).notes == ()

    def test_thigh_mask_is_placed_by_its_affine(self, shared_data, tmp_path):
        """Water is cropped in y against the mask, with a shifted origin: the labels are cropped, never squeezed."""
        folder = shared_data / "thigh-dixon-ge"
        naming = _write_naming(tmp_path / "own.csv", ["1,quadriceps_femoris,left,"])
        labels = open_label_map(folder / "mask.nii.gz", naming)
        assert labels.flags == ("side_unchecked",)
        water = open_volume(folder / "water.nii.gz")
        seen = labels.on_grid(water.grid)
        assert seen.notes[-1] == "labels cropped"
        n_labelled = [int((seen.labels[slice_index] > 0).sum()) for slice_index in range(10)]
        assert n_labelled == [0, 0, 0, 0, look_at_labels(folder / "mask.nii.gz").counts[1], 0, 0, 0, 0, 0]

    def test_vertebrae_stored_posterior_to_anterior_first(self, shared_data):
        """PIR storage: labels and picture share the grid; vertebrae alone are nothing to measure."""
        folder = shared_data / "spine-t2-crop-tptbox"
        look = look_at_labels(folder / "sub-mri_seg-vert_label-6_msk.nii.gz")
        assert look.grid.same_as(open_volume(folder / "sub-mri_label-6_T2w.nii.gz").grid)
        assert {5, 6, 7, 105, 106, 205, 206, 207} <= set(look.counts)
        with pytest.raises(UnknownLabel, match=r"knows, found 105 \("):
            accept(propose_names(look, "totalsegmentator-total-mr"))

    def test_a_picture_is_no_label_map(self, shared_data):
        with pytest.raises(UnknownLabel, match=r"from 0 to 65535, found -47, .* more"):
            open_label_map(shared_data / "totalseg-mr" / "example_mr_sm.nii.gz", "totalsegmentator-total-mr")

    def test_a_fraction_map_is_no_label_map(self, shared_data):
        with pytest.raises(UnknownLabel, match="Expected whole numbers, found"):
            open_label_map(shared_data / "thigh-dixon-ge" / "water.nii.gz", "musclemap-thigh")


class TestRefusals:
    def test_no_naming_lists_all(self, two_sided):
        with pytest.raises(InvalidChoice, match="Expected a naming") as caught:
            open_label_map(two_sided)
        assert "vibesegmentator" in caught.value.hint

    def test_names_that_are_not_carried(self, two_sided):
        with pytest.raises(InvalidChoice, match="Expected names of 3D Slicer, found none"):
            open_label_map(two_sided, "slicer")

    def test_background_only(self, tmp_path):
        with pytest.raises(UnknownLabel, match="nothing but background"):
            open_label_map(_save(tmp_path / "empty.nii", np.zeros((4, 4, 3), np.uint8)), "musclemap-abdomen")

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            (1.5, "whole numbers, found 1.5"),
            (np.nan, "whole numbers, found nan"),
            (np.inf, "whole numbers, found inf"),
            (-1.0, "found -1"),
            (70000.0, "found 70000"),
        ],
    )
    def test_values_that_are_no_labels(self, tmp_path, wrong, message):
        array = np.zeros((4, 4, 3), np.float32)
        array[1, 1, 1], array[2, 2, 2] = 1, wrong
        with pytest.raises(UnknownLabel, match=message):
            open_label_map(_save(tmp_path / "wrong.nii", array), "musclemap-abdomen")

    @pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float64])
    def test_negative_labels_of_any_type(self, tmp_path, dtype):
        array = np.zeros((4, 4, 3), dtype)
        array[1, 1, 1] = -3
        with pytest.raises(UnknownLabel, match="found -3"):
            open_label_map(_save(tmp_path / "wrong.nii", array), "musclemap-abdomen")

    def test_unknown_values_are_listed_or_left_out(self, two_sided, tmp_path):
        naming = _write_naming(tmp_path / "half.csv", ["5101,multifidus,left,"])
        with pytest.raises(UnknownLabel, match=r"found 5102 \(24 voxels\)") as caught:
            open_label_map(two_sided, naming)
        assert "--ignore-unknown" in caught.value.hint
        label_map = open_label_map(two_sided, naming, unknown=UnknownValues.IGNORE)
        assert set(label_map.structures) == {5101}
        assert label_map.flags == ("side_unchecked",)
        assert label_map.notes[0] == "label values left out because the naming does not know them: 5102"

    def test_only_bones(self, two_sided, tmp_path):
        naming = _write_naming(tmp_path / "bones.csv", ["5101,,left,femur", "5102,,right,femur"])
        with pytest.raises(UnknownLabel, match=r"at least one muscle, found only other structures \(5101 femur"):
            open_label_map(two_sided, naming)


def test_sidecar_of_the_same_name_is_the_naming(two_sided):
    _write_naming(two_sided.with_name("two_sided.csv"), ["5101,psoas_major,left,", "5102,psoas_major,right,"])
    assert open_label_map(two_sided).structures[5101] == find_structure("psoas_major", "left")


def test_a_table_of_something_else_beside_the_labels_is_no_naming(two_sided):
    two_sided.with_name("two_sided.csv").write_text("subject_id,age\na,40\n")
    with pytest.raises(InvalidChoice, match="Expected a naming"):
        open_label_map(two_sided)


def test_labels_stored_with_a_slope(tmp_path):
    array = np.zeros((10, 8, 3), np.int16)
    array[1:3, 2:6], array[7:9, 2:6] = 1, 2
    image = nibabel.Nifti1Image(array, np.diag([1.0, 1, 4, 1]))
    image.header.set_slope_inter(2.0, 0.0)
    image.to_filename(tmp_path / "scaled.nii")
    naming = _write_naming(tmp_path / "own.csv", ["2,multifidus,left,", "4,multifidus,right,"])
    assert sorted(look_at_labels(tmp_path / "scaled.nii").counts) == [2, 4]
    assert set(open_label_map(tmp_path / "scaled.nii", naming).structures) == {2, 4}


class TestOnGrid:
    """Labels reach the image by lossless steps, and what was done is reported."""

    @pytest.fixture
    def image_grid(self, two_sided):
        return open_volume(two_sided).grid

    def _moved(self, folder, name, array, affine):
        return open_label_map(_save(folder / name, array, affine), "musclemap-wholebody")

    def test_flip_and_permutation(self, two_sided, image_grid, tmp_path):
        stored = nibabel.load(two_sided)
        turned = stored.as_reoriented(nibabel.orientations.axcodes2ornt(("P", "L", "I")))
        label_map = self._moved(tmp_path, "turned.nii", np.asarray(turned.dataobj), turned.affine)
        seen = label_map.on_grid(image_grid)
        assert seen.notes == ("labels slices and rows and columns flipped",)
        assert np.array_equal(seen.labels[...], open_label_map(two_sided, "musclemap-wholebody").labels[...])

    def test_crop_and_pad(self, two_sided, image_grid, tmp_path):
        stored = nibabel.load(two_sided)
        part = stored.slicer[1:, :, 1:]
        label_map = self._moved(tmp_path, "part.nii", np.asarray(part.dataobj), part.affine)
        seen = label_map.on_grid(image_grid)
        assert seen.notes == ("labels padded with background",)
        whole = open_label_map(two_sided, "musclemap-wholebody").labels[...]
        assert np.array_equal(seen.labels[1:], whole[1:])
        assert not seen.labels[0].any()

    @pytest.mark.parametrize(
        ("affine", "difference"),
        [
            (np.diag([1.0, 1, 4.4, 1]), "spacing 4.4 x 1 x 1 against 4 x 1 x 1 mm"),
            (np.diag([1.0, 1, 4, 1]) + np.eye(4, k=3) * 0.4, "first voxel 0.40 mm apart"),
        ],
    )
    def test_anything_else_is_refused_with_the_difference(self, two_sided, image_grid, tmp_path, affine, difference):
        label_map = self._moved(tmp_path, "other.nii", np.asarray(nibabel.load(two_sided).dataobj), affine)
        with pytest.raises(GridMismatch, match=difference) as caught:
            label_map.on_grid(image_grid)
        assert "hipspine labels resample" in caught.value.hint
