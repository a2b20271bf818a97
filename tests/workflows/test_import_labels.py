"""Labels shown, converted and resampled as the command line does it."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.errors import GridMismatch, SideContradiction, UnknownLabel
from napari_hipspine.reading.label_maps import UnknownValues, open_label_map
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.workflows.import_labels import CarriedBy, convert_labels, resample_labels_onto, show_labels


@pytest.fixture
def mr(shared_data):
    return shared_data / "totalseg-mr"


@pytest.fixture
def abdomen(shared_data):
    return shared_data / "musclemap-labels" / "lumbar_input_dseg.nii.gz"


class TestShow:
    def test_muscles_others_and_volumes(self, mr):
        shown = show_labels(mr / "example_seg_mr.nii.gz", "totalsegmentator-total-mr")
        rows = {row.value: row for row in shown.rows}
        assert rows[46].structure == find_structure("autochthon", "left")
        assert (rows[1].structure, rows[1].name) == (None, "spleen")
        assert rows[46].volume_mm3 == pytest.approx(rows[46].n_voxels * 27, rel=1e-5)
        assert (rows[46].first_slice, rows[46].last_slice) == (0, 19)
        assert (shown.problem, shown.flags) == ("", ())

    def test_without_naming_the_values_alone(self, abdomen):
        shown = show_labels(abdomen)
        assert [row.value for row in shown.rows] == list(range(1, 9))
        assert not any(row.name for row in shown.rows)
        assert (shown.naming, shown.problem[:20]) == ("", "No naming was given ")

    def test_a_contradiction_is_shown_and_not_raised(self, abdomen):
        shown = show_labels(abdomen, "musclemap-pelvis")
        assert "found the opposite for gluteus minimus" in shown.problem
        assert shown.rows[0].name == "gluteus minimus left"


class TestConvert:
    @pytest.mark.parametrize("name", ["muscles.nii.gz", "muscles.ome.zarr"])
    def test_other_structures_are_left_out_and_muscles_kept(self, mr, tmp_path, name):
        written = convert_labels(mr / "example_seg_mr.nii.gz", tmp_path / name, "totalsegmentator-total-mr")
        again = open_label_map(written.path)
        assert again.structures == written.label_map.structures
        stored = np.asarray(written.label_map.labels[...])
        assert np.array_equal(again.labels[...], np.where(stored >= 46, stored, 0))

    def test_a_refusal_writes_nothing(self, abdomen, tmp_path):
        with pytest.raises(SideContradiction):
            convert_labels(abdomen, tmp_path / "a.nii.gz", "musclemap-thigh")
        with pytest.raises(UnknownLabel, match="knows"):
            convert_labels(abdomen, tmp_path / "a.nii.gz", "musclemap-wholebody")
        assert list(tmp_path.iterdir()) == []

    def test_unknown_values_left_out(self, abdomen, tmp_path):
        naming = tmp_path / "own.csv"
        naming.write_text("value,muscle,side\n1,multifidus,right\n2,multifidus,left\n")
        out = tmp_path / "a.nii.gz"
        written = convert_labels(abdomen, out, naming, unknown=UnknownValues.IGNORE)
        assert set(np.unique(open_label_map(written.path).labels[...])) == {0, 1, 2}


class TestResample:
    @pytest.fixture
    def finer_image(self, mr, tmp_path):
        """The same field of view in voxels of 2 mm in plane and 4 mm between slices, tilted by 5 degrees."""
        stored = nibabel.load(mr / "example_mr_sm.nii.gz")
        angle = np.radians(5)
        tilt = np.eye(4)
        tilt[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        affine = tilt @ stored.affine @ np.diag([2 / 3, 2 / 3, 4 / 3, 1])
        path = tmp_path / "finer.nii.gz"
        nibabel.Nifti1Image(np.zeros((176, 137, 15), np.int16), affine).to_filename(path)
        return path

    def test_onto_an_image_that_no_lossless_step_reaches(self, mr, finer_image, tmp_path):
        labels = mr / "example_seg_mr.nii.gz"
        naming = "totalsegmentator-total-mr"
        image = open_volume(finer_image)
        with pytest.raises(GridMismatch, match="hipspine labels resample"):
            open_label_map(labels, naming).on_grid(image.grid)
        written = resample_labels_onto(labels, finer_image, tmp_path / "onto.nii.gz", naming)
        assert written.label_map.notes[0].startswith("labels resampled by nearest neighbour: shape 20 x ")
        again = open_label_map(written.path)
        assert again.on_grid(image.grid).notes == ()
        shown, before = (show_labels(path, name) for path, name in ((written.path, None), (labels, naming)))
        volumes = {row.value: row.volume_mm3 for row in before.rows}
        for row in shown.rows:
            assert row.volume_mm3 == pytest.approx(volumes[row.value], rel=0.12)

    def test_by_shape_thick_slices_make_no_steps(self, tmp_path):
        n_slices, edge = 3, 40
        rows, columns = np.mgrid[:edge, :edge]
        discs = [np.hypot(rows - 20, columns - 20) < radius for radius in (8, 12, 16)]
        labels = np.stack([disc * np.uint8(22) for disc in discs], axis=-1)
        spacing = np.diag([1.0, 1.0, 8.0, 1.0])
        nibabel.Nifti1Image(labels, spacing).to_filename(tmp_path / "labels.nii")
        fine = np.zeros((edge, edge, 8 * (n_slices - 1) + 1), np.int16)
        nibabel.Nifti1Image(fine, np.eye(4)).to_filename(tmp_path / "fine.nii")
        (tmp_path / "naming.csv").write_text("value,muscle,side\n22,psoas_major,left\n")
        areas = {}
        for by in CarriedBy:
            out = tmp_path / f"{by}.nii"
            naming = tmp_path / "naming.csv"
            written = resample_labels_onto(tmp_path / "labels.nii", tmp_path / "fine.nii", out, naming, by=by)
            areas[by] = np.count_nonzero(np.asarray(nibabel.load(written.path).dataobj), axis=(0, 1))
        drawn_radii = np.sqrt([np.count_nonzero(disc) / np.pi for disc in discs])
        expected = np.pi * np.interp(np.arange(17) / 8, (0, 1, 2), drawn_radii) ** 2
        # distances of whole pixels come in steps, of which the first is the largest
        assert np.allclose(areas[CarriedBy.SHAPE], expected, rtol=0.1)
        assert not np.allclose(areas[CarriedBy.NEAREST], expected, rtol=0.2)
        assert set(np.diff(areas[CarriedBy.SHAPE]) >= 0) == {True}

    def test_lossless_steps_are_preferred(self, mr, tmp_path):
        stored = nibabel.load(mr / "example_mr_sm.nii.gz")
        stored.slicer[10:, :, :].to_filename(tmp_path / "part.nii")
        labels = mr / "example_seg_mr.nii.gz"
        written = resample_labels_onto(labels, tmp_path / "part.nii", tmp_path / "a.nii", "totalsegmentator-total-mr")
        assert written.label_map.notes == ("labels cropped",)

    def test_labels_of_another_scan(self, mr, abdomen, tmp_path):
        nibabel.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.diag([1.1, 1, 3, 1])).to_filename(tmp_path / "far.nii")
        labels = tmp_path / "labels.nii"
        affine = np.diag([1.0, 1, 4, 1])
        affine[0, 3] = 4000
        nibabel.Nifti1Image(np.ones((9, 9, 9), np.int16), affine).to_filename(labels)
        with pytest.raises(GridMismatch, match="found none of them there"):
            resample_labels_onto(labels, tmp_path / "far.nii", tmp_path / "out.nii", "musclemap-abdomen")
        assert not (tmp_path / "out.nii").exists()
