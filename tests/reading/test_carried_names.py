"""Files that carry names: Slicer and DICOM segmentations, ITK-SNAP descriptions, one file per structure."""

from __future__ import annotations

import pickle

import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.sr.codedict import codes

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.errors import GridMismatch, InvalidChoice, SideContradiction, UnknownLabel, UnreadableImage
from napari_hipspine.reading.label_maps import UnknownValues, look_at_labels, open_label_map, propose_names
from napari_hipspine.reading.volumes import open_volume

MULTIFIDUS = {side: find_structure("multifidus", side) for side in ("left", "right")}


def _voxels(left, right, *, dtype=np.uint8):
    """Slices, rows, columns; columns grow to the patient's left."""
    labels = np.zeros((3, 8, 10), dtype)
    labels[:, 2:6, 7:9] = left
    labels[:, 2:6, 1:3] = right
    return labels


class TestSlicer:
    def _write(self, path, layers, segments):
        """Write layers (one array or a list) and fields of every segment."""
        images = [SimpleITK.GetImageFromArray(layer) for layer in layers]
        image = images[0] if len(images) == 1 else SimpleITK.Compose(images)
        image.SetSpacing((1.0, 1.0, 4.0))
        for number, fields in enumerate(segments):
            for key, text in fields.items():
                image.SetMetaData(f"Segment{number}_{key}", text)
        SimpleITK.WriteImage(image, str(path), useCompression=True)
        return path

    def test_names_in_the_header(self, tmp_path):
        segments = [{"Name": "MF left", "LabelValue": "4"}, {"Name": "Right Multifidus", "LabelValue": "9"}]
        path = self._write(tmp_path / "a.seg.nrrd", [_voxels(4, 9)], segments)
        for naming in (None, "slicer"):
            label_map = open_label_map(path, naming)
            assert label_map.structures == {4: MULTIFIDUS["left"], 9: MULTIFIDUS["right"]}
            assert label_map.tool == "3D Slicer"
        assert label_map.grid.spacing_mm == (4.0, 1.0, 1.0)

    def test_terminology_of_unnamed_segments(self, tmp_path):
        entry = (
            "TerminologyEntry:list~SCT^123037004^Anatomical Structure~SCT^206007^Gluteus maximus"
            "~SCT^{}^side~regions~^^~^^"
        )
        segments = [
            {"Name": f"Segment_{n}", "LabelValue": str(n), "Tags": f"Segmentation.Status:done|{entry.format(side)}|"}
            for n, side in ((1, "7771000"), (2, "24028007"))
        ]
        path = self._write(tmp_path / "a.seg.nrrd", [_voxels(1, 2)], segments)
        assert open_label_map(path).structures[1] == find_structure("gluteus_maximus", "left")

    def test_swapped_sides_are_refused(self, tmp_path):
        segments = [{"Name": "MF right", "LabelValue": "1"}, {"Name": "MF left", "LabelValue": "2"}]
        path = self._write(tmp_path / "a.seg.nrrd", [_voxels(1, 2)], segments)
        with pytest.raises(SideContradiction, match="with the naming slicer"):
            open_label_map(path)

    def test_unnamed_segment_and_value_without_segment_are_listed(self, tmp_path):
        labels = _voxels(1, 2)
        labels[0, 0, 0] = 7
        segments = [{"Name": "MF left", "LabelValue": "1"}, {"Name": "Segment_2", "LabelValue": "2"}]
        path = self._write(tmp_path / "a.seg.nrrd", [labels], segments)
        with pytest.raises(UnknownLabel, match=r"2 \(24 voxels; .*'Segment_2'.\), 7 \(1 voxels\)"):
            open_label_map(path)
        assert set(open_label_map(path, unknown=UnknownValues.IGNORE).structures) == {1}

    def test_a_table_may_name_stored_values(self, tmp_path):
        segments = [{"Name": f"Segment_{n}", "LabelValue": str(n)} for n in (1, 2)]
        path = self._write(tmp_path / "a.seg.nrrd", [_voxels(2, 1)], segments)
        assert open_label_map(path, "musclemap-abdomen").structures[1] == MULTIFIDUS["right"]

    def test_layers(self, tmp_path):
        layers = [_voxels(1, 0), _voxels(0, 1)]
        segments = [
            {"Name": "MF left", "LabelValue": "1", "Layer": "0"},
            {"Name": "MF right", "LabelValue": "1", "Layer": "1"},
        ]
        path = self._write(tmp_path / "a.seg.nrrd", layers, segments)
        label_map = open_label_map(path)
        assert label_map.structures == {1: MULTIFIDUS["left"], 2: MULTIFIDUS["right"]}
        assert np.array_equal(label_map.labels[...], _voxels(1, 2))
        with pytest.raises(InvalidChoice, match="names that come with the file"):
            open_label_map(path, "musclemap-abdomen")

    def test_overlapping_layers_are_listed(self, tmp_path):
        both = _voxels(1, 0)
        both[0, 2, 1] = 1
        segments = [
            {"Name": "MF left", "LabelValue": "1", "Layer": "0"},
            {"Name": "MF right", "LabelValue": "1", "Layer": "1"},
        ]
        path = self._write(tmp_path / "a.seg.nrrd", [both, _voxels(0, 1)], segments)
        with pytest.raises(UnknownLabel, match=r"overlaps of MF left and MF right \(1 voxels\)"):
            open_label_map(path)

    def test_nrrd_brain_label_carries_no_names(self, shared_data, tmp_path):
        """README trap: a left-handed direction matrix; image and labels still share one grid."""
        folder = shared_data / "nrrd-brain"
        with pytest.raises(InvalidChoice, match="Expected a naming"):
            open_label_map(folder / "brain1_label.nrrd")
        with pytest.raises(InvalidChoice, match="names of 3D Slicer"):
            open_label_map(folder / "brain1_label.nrrd", "slicer")
        naming = tmp_path / "own.csv"
        naming.write_text("value,muscle,side\n1,multifidus,left\n")
        label_map = open_label_map(folder / "brain1_label.nrrd", naming)
        assert label_map.flags == ("side_unchecked",)
        image = open_volume(folder / "brain1_image.nrrd")
        assert label_map.on_grid(image.grid).notes == label_map.notes
        assert label_map.grid.orientation == "SAL"


class TestItkSnap:
    HEADER = '# ITK-SNAP Label Description File\n0 0 0 0 0 0 0 "Clear Label"\n'

    def _labels(self, folder):
        array = _voxels(1, 2).T.astype(np.uint16)
        nibabel.Nifti1Image(array, np.diag([-1.0, -1, 4, 1])).to_filename(folder / "seg.nii.gz")
        return folder / "seg.nii.gz"

    def _describe(self, path, *names):
        lines = [f'    {n}   255    0    0        1  1  1    "{name}"\n' for n, name in enumerate(names, start=1)]
        path.write_text(self.HEADER + "".join(lines))
        return path

    def test_description_beside_or_given(self, tmp_path):
        labels = self._labels(tmp_path)
        description = self._describe(tmp_path / "labels.txt", "MF left", "MF right", "Label 3")
        (tmp_path / "notes.txt").write_text("nothing to do with it")
        for naming in ("itksnap", description):
            label_map = open_label_map(labels, naming)
            assert label_map.structures == {1: MULTIFIDUS["left"], 2: MULTIFIDUS["right"]}
            assert label_map.tool == "ITK-SNAP"

    def test_description_of_the_same_name_wins(self, tmp_path):
        labels = self._labels(tmp_path)
        self._describe(tmp_path / "other.txt", "psoas left", "psoas right")
        self._describe(tmp_path / "seg.txt", "ES", "MF right")
        with pytest.raises(UnknownLabel, match="found none, for 'ES'"):
            open_label_map(labels, "itksnap")
        self._describe(tmp_path / "seg.label", "ES left", "ES right")
        with pytest.raises(InvalidChoice, match=r"found other.txt, seg.label, seg.txt"):
            open_label_map(labels, "itksnap")

    def test_no_description(self, tmp_path):
        with pytest.raises(InvalidChoice, match="label description beside the labels, found none"):
            open_label_map(self._labels(tmp_path), "itksnap")


class TestOneFilePerStructure:
    def _write(self, folder, masks, *, affine=None):
        folder.mkdir(exist_ok=True)
        for name, mask in masks.items():
            image = nibabel.Nifti1Image(
                mask.T.astype(np.uint8), np.diag([-1.0, -1, 4, 1]) if affine is None else affine
            )
            image.to_filename(folder / f"{name}.nii.gz")
        return folder

    def test_totalsegmentator_folder(self, tmp_path):
        masks = {
            "autochthon_left": _voxels(1, 0),
            "autochthon_right": _voxels(0, 1),
            "iliopsoas_left": _voxels(0, 0),
            "femur_left": _voxels(1, 1),
            "kidney_right": _voxels(1, 1),
        }
        folder = self._write(tmp_path / "segmentations", masks)
        for naming in (None, "totalsegmentator-total-mr", "file-names"):
            label_map = open_label_map(folder, naming)
            assert set(label_map.structures.values()) == {
                find_structure("autochthon", "left"),
                find_structure("autochthon", "right"),
            }
        assert np.array_equal(label_map.labels[...], _voxels(1, 2))
        assert label_map.notes == ("files of other structures not opened: 2",)

    def test_tables_say_nothing_to_file_names(self, tmp_path):
        folder = self._write(tmp_path / "a", {"autochthon_left": _voxels(1, 0)})
        with pytest.raises(InvalidChoice, match=r"names that come with the file \(file-names\)"):
            open_label_map(folder, "musclemap-abdomen")

    def test_overlap_is_listed(self, tmp_path):
        folder = self._write(
            tmp_path / "a", {"gluteus_maximus_left": _voxels(1, 0), "gluteus_medius_left": _voxels(255, 1)}
        )
        with pytest.raises(UnknownLabel, match=r"gluteus_maximus_left.nii.gz and gluteus_medius_left.nii.gz \(24 vox"):
            open_label_map(folder)

    def test_masks_on_different_grids(self, tmp_path):
        folder = self._write(tmp_path / "a", {"autochthon_left": _voxels(1, 0)})
        self._write(folder, {"autochthon_right": _voxels(0, 1)}, affine=np.diag([-1.0, -1, 5, 1]))
        with pytest.raises(GridMismatch, match="all masks on one grid, found spacing 5 x 1 x 1 against 4 x 1 x 1 mm"):
            open_label_map(folder)

    def test_a_label_map_is_no_mask(self, tmp_path):
        folder = self._write(tmp_path / "a", {"autochthon_left": _voxels(1, 2)})
        with pytest.raises(UnknownLabel, match="only the values 1, 255, found 2"):
            open_label_map(folder)

    def test_unknown_files_are_listed(self, tmp_path):
        folder = self._write(tmp_path / "a", {"autochthon_left": _voxels(1, 0), "mystery": _voxels(0, 1)})
        with pytest.raises(UnknownLabel, match=r"24 voxels; file mystery.nii.gz"):
            open_label_map(folder)
        assert len(open_label_map(folder, unknown=UnknownValues.IGNORE).structures) == 1

    def test_folder_of_bones(self, tmp_path):
        with pytest.raises(UnknownLabel, match="masks named after muscles, found 1 of other structures"):
            open_label_map(self._write(tmp_path / "a", {"femur_left": _voxels(1, 0)}))


@pytest.fixture(scope="module")
def source(shared_data):
    folder = shared_data / "dicom-pelvis-siemens" / "t2_tse_tra"
    images = [pydicom.dcmread(file) for file in sorted(folder.glob("*.dcm"))]
    return folder, sorted(images, key=lambda one: float(one.ImagePositionPatient[2]))


class TestDicomSegmentation:
    def _masks(self, source):
        """Two segments on slices 5 to 8; the columns of this series grow to the patient's left."""
        pixels = np.zeros((len(source[1]), 384, 384, 2), np.uint8)
        pixels[5:9, 100:120, 300:330, 0] = 1
        pixels[5:9, 100:120, 50:80, 1] = 1
        return pixels

    def _type(self, coded):
        import highdicom

        concept = ("206007", "SCT", "Gluteus maximus") if coded else ("127954009", "SCT", "Skeletal muscle")
        return highdicom.sr.CodedConcept(*concept)

    def _write(self, path, source, pixels, names, *, kind="BINARY", coded=False):
        import highdicom

        sided = (codes.SCT.Left, codes.SCT.Right)
        described = [
            highdicom.seg.SegmentDescription(
                segment_number=number,
                segment_label=name,
                segmented_property_category=codes.SCT.AnatomicalStructure if coded else codes.SCT.Tissue,
                segmented_property_type=self._type(coded),
                algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
            )
            for number, name in enumerate(names, start=1)
        ]
        segmentation = highdicom.seg.Segmentation(
            source_images=source[1],
            pixel_array=pixels,
            segmentation_type=kind,
            segment_descriptions=described,
            series_instance_uid=highdicom.UID(),
            series_number=9,
            sop_instance_uid=highdicom.UID(),
            instance_number=1,
            manufacturer="test",
            manufacturer_model_name="test",
            software_versions="1",
            device_serial_number="1",
            omit_empty_frames=True,
        )
        for item, side in zip(segmentation.SegmentSequence, sided, strict=False):
            if coded:
                code = pydicom.Dataset()
                code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = side.value, "SCT", side.meaning
                item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [code]
        segmentation.save_as(path)
        return path

    def test_segments_lie_on_the_grid_of_their_images(self, tmp_path, source):
        path = self._write(tmp_path / "seg.dcm", source, self._masks(source), ["MF left", "MF right"])
        label_map = open_label_map(path, "dicom-seg")
        assert label_map.structures == {1: MULTIFIDUS["left"], 2: MULTIFIDUS["right"]}
        assert label_map.grid.shape == (4, 384, 384)
        image = open_volume(source[0])
        seen = label_map.on_grid(image.grid)
        assert seen.notes == ("labels padded with background",)
        expected = (self._masks(source) * [1, 2]).sum(axis=-1)
        assert np.array_equal(seen.labels[...], expected)

    def test_codes_and_laterality(self, tmp_path, source):
        path = self._write(tmp_path / "seg.dcm", source, self._masks(source), ["Segment 1", "Segment 2"], coded=True)
        assert open_label_map(path).structures[2] == find_structure("gluteus_maximus", "right")

    def test_alone_in_a_folder(self, tmp_path, source):
        (tmp_path / "export").mkdir()
        self._write(tmp_path / "export" / "1-1.dcm", source, self._masks(source), ["MF left", "MF right"])
        assert set(open_label_map(tmp_path / "export").structures) == {1, 2}

    def test_slices_left_out_in_between_are_background(self, tmp_path, source):
        pixels = self._masks(source)
        pixels[6] = 0
        path = self._write(tmp_path / "seg.dcm", source, pixels, ["MF left", "MF right"])
        look = look_at_labels(path)
        assert look.grid.shape[0] == 4
        assert look.tally.slices_of(1).tolist() == [0, 2, 3]

    def test_overlap_is_listed(self, tmp_path, source):
        pixels = self._masks(source)
        pixels[5, 100, 50, 0] = 1
        path = self._write(tmp_path / "seg.dcm", source, pixels, ["MF left", "MF right"])
        with pytest.raises(UnknownLabel, match=r"overlaps of MF left and MF right \(1 voxels\)"):
            open_label_map(path)

    def test_swapped_sides_are_refused(self, tmp_path, source):
        path = self._write(tmp_path / "seg.dcm", source, self._masks(source), ["MF right", "MF left"])
        with pytest.raises(SideContradiction, match=r"multifidus \(4 of 4 slices\)"):
            open_label_map(path)

    def test_label_map_segmentation(self, tmp_path, source):
        pixels = (self._masks(source) * np.array([1, 2], np.uint8)).sum(axis=-1).astype(np.uint8)
        path = self._write(tmp_path / "seg.dcm", source, pixels, ["MF left", "MF right"], kind="LABELMAP")
        label_map = pickle.loads(pickle.dumps(open_label_map(path)))
        assert label_map.structures == {1: MULTIFIDUS["left"], 2: MULTIFIDUS["right"]}
        assert np.array_equal(label_map.on_grid(open_volume(source[0]).grid).labels[...], pixels)

    def test_fractional_is_refused(self, tmp_path, source):
        pixels = self._masks(source).astype(float) * 0.5
        path = self._write(tmp_path / "seg.dcm", source, pixels, ["MF left", "MF right"], kind="FRACTIONAL")
        with pytest.raises(UnknownLabel, match="binary segmentation or a label map, found fractional"):
            open_label_map(path)

    def test_one_structure_twice_is_refused(self, tmp_path, source):
        path = self._write(tmp_path / "seg.dcm", source, self._masks(source), ["MF left", "multifidus left"])
        with pytest.raises(UnknownLabel, match=r"one value per structure, found multifidus left as 1 and 2"):
            open_label_map(path)

    def test_unnamed_segments_are_listed(self, tmp_path, source):
        path = self._write(tmp_path / "seg.dcm", source, self._masks(source), ["MF left", "Segment 2"])
        with pytest.raises(UnknownLabel, match=r"2 \(2400 voxels; .*'Segment 2'"):
            open_label_map(path)

    def test_frames_beside_the_line_are_refused(self, tmp_path, source):
        path = self._write(tmp_path / "seg.dcm", source, self._masks(source), ["MF left", "MF right"])
        header = pydicom.dcmread(path)
        header.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient[0] += 3
        header.save_as(path)
        with pytest.raises(UnreadableImage, match=r"found one 3.00 mm beside it"):
            open_label_map(path)


def test_ome_zarr_labels_have_no_names_of_their_own(shared_data):
    """README trap: the label image of these files is all zero."""
    with pytest.raises(UnknownLabel, match="nothing but background"):
        look_at_labels(shared_data / "omezarr" / "ngio_v05_test_image_zyx.zarr")


def test_proposal_tells_muscles_others_and_unknown_apart(tmp_path):
    array = _voxels(101, 7).T.astype(np.uint16)
    array[0, 0, 0] = 9
    nibabel.Nifti1Image(array, np.diag([-1.0, -1, 4, 1])).to_filename(tmp_path / "a.nii")
    naming = tmp_path / "own.csv"
    naming.write_text("value,muscle,side,name\n101,multifidus,left,\n7,,right,femur\n8,psoas_major,left,\n")
    proposal = propose_names(look_at_labels(tmp_path / "a.nii"), naming)
    assert proposal.named == {101: MULTIFIDUS["left"]}
    assert proposal.known_others == {7: "femur"}
    assert proposal.unknown == {9: ""}
