"""DICOM: what belongs together, in which order, where it lies, and what is refused."""

from __future__ import annotations

import pickle
import shutil

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from napari_hipspine.domain.errors import PackageMissing, SeriesAmbiguous, UnreadableImage
from napari_hipspine.domain.index_map import MappedVoxels, index_map_between, seen_on
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.reading import dicom_voxels
from napari_hipspine.reading.volumes import list_volumes, open_volume

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))


def _slice(number, *, orientation=AXIAL, spacing=(1.0, 1.0), step=None, series="1.2.3.4", **elements):
    """One MR slice whose voxels all hold its number."""
    row, column = np.array(orientation)
    step = np.cross(row, column) * 4.0 if step is None else np.array(step)
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, generate_uid()
    dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = series, "1.2.9"
    dataset.Modality = "MR"
    dataset.Rows, dataset.Columns = 4, 5
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 15, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelSpacing = list(spacing)
    dataset.ImageOrientationPatient = [*row, *column]
    dataset.ImagePositionPatient = [float(f"{mm:.6f}") for mm in np.array([10.0, -20.0, 30.0]) + number * step]
    dataset.PixelData = np.full((4, 5), number, np.uint16).tobytes()
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def _save(folder, datasets, *, suffix=".dcm"):
    folder.mkdir(exist_ok=True, parents=True)
    for at, dataset in enumerate(datasets):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.save_as(folder / f"{at:03d}{suffix}", enforce_file_format=True)
    return folder


# Real series


@pytest.mark.parametrize("vendor", ["ge", "hitachi", "philips_enhanced", "compressed_j2k"])
def test_trap_vendor_geometry_equals_the_reference_nifti_voxel_by_voxel(shared_data, vendor):
    folder = shared_data / "dicom-vendors" / vendor
    ours = open_volume(folder / "001")
    reference = open_volume(folder / "001_ground_truth.nii.gz")
    found = index_map_between(ours.grid, reference.grid)
    assert set(found.steps) <= {"slices flipped", "columns flipped"}
    assert ours.grid.spacing_mm == pytest.approx(reference.grid.spacing_mm, rel=1e-5)
    signal = np.asarray(seen_on(ours.voxels, ours.grid, reference.grid)[...]) * ours.voxel_scale[0]
    np.testing.assert_allclose(signal, np.asarray(reference.voxels[:]), rtol=1e-6)


def test_trap_enhanced_multi_frame_file_takes_geometry_and_rescale_from_its_frames(shared_data):
    path = next((shared_data / "dicom-vendors" / "philips_enhanced" / "001").iterdir())
    volume = open_volume(path)
    assert volume.grid.shape == (8, 256, 256)
    assert volume.grid.spacing_mm == pytest.approx((1.2, 1, 1), rel=1e-5)
    assert volume.voxels.dtype == np.uint16
    assert volume.voxel_scale == pytest.approx((4.25885225885225, 0))
    assert volume.source.header["EchoTime"] == pytest.approx(3.133)
    assert volume.contrast is Contrast.T1


def test_trap_spacing_comes_from_positions_and_not_from_slice_thickness(shared_data):
    first = list_volumes(shared_data / "dicom-dualecho-ge")[0]
    assert first.source.header["SliceThickness"] == 5
    assert first.grid.spacing_mm[0] == pytest.approx(6, abs=1e-4)


def test_trap_dual_echo_in_one_series_is_two_volumes_and_one_is_asked_for(shared_data):
    folder = shared_data / "dicom-dualecho-ge"
    volumes = list_volumes(folder)
    assert [v.source.header["EchoTime"] for v in volumes] == [2.044, 4.212]
    assert all(v.grid.shape == (20, 512, 512) for v in volumes)
    for series in (None, volumes[0].source.series):
        with pytest.raises(SeriesAmbiguous, match=r"(?s)found 2.*0: .*2\.044 ms.*1: .*4\.212 ms.*--series"):
            open_volume(folder, series=series)
    assert open_volume(folder, series=1).source.header["EchoTime"] == 4.212


def test_trap_unordered_file_names_are_sorted_by_position(shared_data):
    volume = open_volume(shared_data / "dicom-dualecho-ge", series=0)
    assert np.all(np.diff(volume.grid.slice_positions_mm) > 0)
    for number in (0, 7, 19):
        file = pydicom.dcmread(volume.voxels.frames[number][0])
        at = volume.grid.affine @ [number, 0, 0, 1]
        np.testing.assert_allclose(at[:3], file.ImagePositionPatient, atol=1e-3)
        np.testing.assert_array_equal(volume.voxels[number], file.pixel_array)


def test_trap_oblique_pelvis_series_keeps_its_tilt_and_is_a_bright_fat_t2(shared_data):
    volume = open_volume(shared_data / "dicom-pelvis-siemens" / "t2_tse_tra")
    assert volume.grid.shape == (19, 384, 384)
    assert volume.grid.orientation == "SPL"
    assert volume.grid.obliquity_deg == pytest.approx(18.5, abs=0.1)
    assert (volume.contrast, volume.fat_polarity, volume.fat_suppressed) == (Contrast.T2, FatPolarity.BRIGHT, False)


def test_trap_localizer_with_mixed_planes_is_listed_as_three_volumes(shared_data):
    folder = shared_data / "dicom-pelvis-siemens" / "t2_localizer_mixed_planes"
    found = {(v.grid.shape[0], v.grid.orientation[0]) for v in list_volumes(folder)}
    assert found == {(3, "R"), (5, "P"), (5, "S")}
    with pytest.raises(SeriesAmbiguous, match="found 3"):
        open_volume(folder)


def test_trap_three_b_values_at_each_position_are_three_volumes_of_19(shared_data):
    volumes = list_volumes(shared_data / "dicom-pelvis-siemens" / "ep2d_diff_3b")
    assert [v.grid.shape for v in volumes] == [(19, 128, 84)] * 3
    assert [v.source.header["DiffusionBValue"] for v in volumes] == [50, 400, 800]
    assert ["b-value 50" in v.source.description for v in volumes] == [True, False, False]
    assert all(v.contrast is Contrast.UNKNOWN and v.fat_suppressed for v in volumes)


def test_trap_missing_slice_is_refused_with_the_gap(shared_data):
    with pytest.raises(
        UnreadableImage, match=r"Expected a slice every 3 mm, found 6 mm between slices 12 and 13 of 18"
    ):
        open_volume(shared_data / "dicom-pelvis-siemens" / "missing_slice")


def test_trap_gradient_echo_pd_has_a_contrast_and_no_known_polarity(shared_data):
    volume = open_volume(shared_data / "dicom-pelvis-siemens" / "tfl_3d_PD_ref")
    assert (volume.contrast, volume.fat_polarity) == (Contrast.PD, FatPolarity.UNKNOWN)


def test_files_without_suffix_and_other_files_between_are_no_obstacle(shared_data, tmp_path):
    source = shared_data / "dicom-pelvis-siemens" / "tfl_3d_PD_ref"
    for at, file in enumerate(sorted(source.iterdir())):
        shutil.copy(file, tmp_path / f"IM{at}")
    (tmp_path / "notes.dcm").write_text("no DICOM")
    (tmp_path / "empty").touch()
    assert open_volume(tmp_path).grid == open_volume(source).grid


def test_opening_reads_no_pixels_and_a_slice_reads_one_file(shared_data, monkeypatch):
    read = []
    read_pixels = dicom_voxels.read_pixels
    monkeypatch.setattr(dicom_voxels, "read_pixels", lambda *a, **k: read.append(a) or read_pixels(*a, **k))
    volumes = list_volumes(shared_data / "dicom-dualecho-ge")
    assert volumes[0].as_dask().shape == (20, 512, 512)
    assert read == []
    blocks = volumes[0].blocks()
    assert blocks.block_shape == (1, 512, 512)
    assert blocks.read((slice(3, 4), slice(0, 512), slice(100, 200))).shape == (1, 512, 100)
    assert len(read) == 1


def test_headers_are_read_without_their_pixels(shared_data, monkeypatch):
    asked = []
    dcmread = pydicom.dcmread
    monkeypatch.setattr(pydicom, "dcmread", lambda *a, **k: asked.append(k) or dcmread(*a, **k))
    list_volumes(shared_data / "dicom-vendors" / "ge" / "001")
    assert len(asked) == 4
    assert all(k["stop_before_pixels"] and k["specific_tags"] for k in asked)


def test_nothing_that_names_or_dates_a_person_is_kept(shared_data):
    for volume in (
        *list_volumes(shared_data / "dicom-dualecho-ge"),
        *list_volumes(shared_data / "dicom-vendors" / "philips_enhanced" / "001"),
    ):
        kept = " ".join(volume.source.header)
        for word in ("Patient", "Date", "Time", "Institution", "Physician", "Name", "Station", "Study"):
            allowed = kept.replace("EchoTime", "").replace("RepetitionTime", "").replace("InversionTime", "")
            allowed = allowed.replace("SequenceName", "").replace("ManufacturerModelName", "")
            assert word not in allowed


def test_the_frame_of_reference_is_kept(shared_data):
    folder = shared_data / "dicom-pelvis-siemens"
    tra = open_volume(folder / "t2_tse_tra").grid.frame_of_reference_uid
    assert tra is not None
    assert tra == open_volume(folder / "t2_tse_cor").grid.frame_of_reference_uid


# Made series


@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    spacing=st.tuples(st.sampled_from((0.5, 1.0)), st.sampled_from((0.5, 0.8))),
    n_slices=st.integers(2, 5),
    data=st.data(),
)
@settings(max_examples=15, deadline=None)
def test_pixels_lie_where_the_standard_puts_them_in_any_order_of_files(
    tmp_path_factory, angles, spacing, n_slices, data
):
    from scipy.spatial.transform import Rotation

    row, column, normal = Rotation.from_euler("xyz", angles, degrees=True).as_matrix().T
    order = data.draw(st.permutations(range(n_slices)))
    slices = [_slice(n, orientation=(row, column), spacing=spacing, step=normal * 4) for n in order]
    for number, dataset in zip(order, slices, strict=True):
        dataset.PixelData = (100 * number + np.arange(20, dtype=np.uint16)).tobytes()
    volume = open_volume(_save(tmp_path_factory.mktemp("dicom"), slices))
    to_index = np.linalg.inv(volume.grid.affine)
    for number, at_row, at_column in ((0, 0, 0), (n_slices - 1, 3, 2), (1, 2, 4)):
        in_plane = at_row * column * spacing[0] + at_column * row * spacing[1]
        place = np.array([10, -20, 30]) + number * normal * 4 + in_plane
        index = (to_index @ [*place, 1.0])[:3]
        np.testing.assert_allclose(index, np.rint(index), atol=1e-4)
        assert volume.voxels[tuple(np.rint(index).astype(int))] == 100 * number + 5 * at_row + at_column
    assert np.rint(to_index @ [*place, 1.0])[0] == 1


def test_an_isotropic_sagittal_series_is_cut_across_its_planes(tmp_path):
    slices = [_slice(n, orientation=SAGITTAL, step=(-1.0, 0, 0)) for n in range(3)]
    volume = open_volume(_save(tmp_path, slices))
    assert volume.grid.orientation == "IPR"
    assert volume.grid.shape == (4, 5, 3)
    assert isinstance(volume.voxels, MappedVoxels)
    np.testing.assert_array_equal(volume.voxels[1, 2], [0, 1, 2])


def test_a_cache_keeps_what_is_cut_across_the_planes(tmp_path):
    class Cache:
        kept = None

        def find(self, key):
            return self.kept

        def keep(self, key, shape, dtype, slabs):
            Cache.kept = np.concatenate(list(slabs))
            return Cache.kept

    folder = _save(tmp_path, [_slice(n, orientation=SAGITTAL, step=(-1.0, 0, 0)) for n in range(3)])
    volume = open_volume(folder, cache=Cache())
    assert Cache.kept is None
    np.testing.assert_array_equal(volume.voxels[1, 2], [0, 1, 2])
    assert Cache.kept.shape == (4, 5, 3)


def test_one_rescale_is_kept_beside_the_voxels_and_varying_ones_are_applied(tmp_path):
    same = [_slice(n, RescaleSlope="2.5", RescaleIntercept="-1") for n in range(3)]
    volume = open_volume(_save(tmp_path / "same", same))
    assert (volume.voxel_scale, volume.voxels.dtype) == ((2.5, -1.0), np.uint16)
    varying = [_slice(n, RescaleSlope=str(n + 1), RescaleIntercept="0.5") for n in range(3)]
    volume = open_volume(_save(tmp_path / "varying", varying))
    assert (volume.voxel_scale, volume.voxels.dtype) == ((1.0, 0.0), np.float64)
    np.testing.assert_array_equal(volume.voxels[:, 0, 0], [0.5, 2.5, 6.5])


@pytest.mark.parametrize("element", ["TemporalPositionIdentifier", "AcquisitionNumber", "EchoNumbers"])
def test_repeated_positions_are_told_apart_by_time_acquisition_or_echo(tmp_path, element):
    slices = [_slice(n, **{element: part}) for n in range(3) for part in (1, 2)]
    volumes = list_volumes(_save(tmp_path, slices))
    assert [v.grid.shape[0] for v in volumes] == [3, 3]
    assert volumes[0].source.description.endswith("1")


def test_repeated_positions_that_nothing_tells_apart_are_refused(tmp_path):
    folder = _save(tmp_path, [_slice(n) for n in (0, 1, 1, 2)])
    with pytest.raises(UnreadableImage, match="found 4 images at 3 positions that no header element tells apart"):
        open_volume(folder)


def test_the_same_image_twice_is_one_image(tmp_path):
    folder = _save(tmp_path, [_slice(n) for n in range(3)])
    shutil.copy(folder / "001.dcm", folder / "copy of 001.dcm")
    assert open_volume(folder).grid.shape[0] == 3


def test_a_slanted_stack_keeps_every_position_and_says_so(tmp_path):
    volume = open_volume(_save(tmp_path, [_slice(n, step=(0, 1.0, 4.0)) for n in range(3)]))
    np.testing.assert_allclose((volume.grid.affine @ [2, 0, 0, 1])[:3], [10, -18, 38])
    assert volume.grid.voxel_volume_mm3 == pytest.approx(4)
    assert "slanted by 14.04 degrees" in volume.source.header["geometry_note"]


def test_slices_beside_one_line_are_refused(tmp_path):
    slices = [_slice(n, step=(0, 0, 4.0)) for n in range(4)]
    slices[2].ImagePositionPatient = [11.5, -20, 38]
    with pytest.raises(UnreadableImage, match=r"Expected slices on one straight line, found slice 2 1\.5 mm beside"):
        open_volume(_save(tmp_path, slices))


def test_directions_that_are_no_right_angle_are_refused(tmp_path):
    slices = [_slice(n, orientation=((1, 0, 0), (0.1, 1, 0)), step=(0, 0, 4.0)) for n in range(2)]
    with pytest.raises(UnreadableImage, match="Expected two unit vectors at a right angle"):
        open_volume(_save(tmp_path, slices))


def test_a_single_slice_needs_a_thickness(tmp_path):
    alone = open_volume(_save(tmp_path / "with", [_slice(0, SliceThickness="5", SpacingBetweenSlices="6")]))
    assert alone.grid.spacing_mm[0] == 6
    assert "single slice" in alone.source.header["geometry_note"]
    with pytest.raises(UnreadableImage, match="Expected a slice thickness for a single slice, found none"):
        open_volume(_save(tmp_path / "without", [_slice(0)]))


def test_several_series_in_one_folder_are_listed_and_chosen_by_uid(tmp_path):
    slices = [_slice(n, series=uid, SeriesDescription=uid) for uid in ("1.2.5", "1.2.6") for n in range(2)]
    folder = _save(tmp_path, slices)
    with pytest.raises(SeriesAmbiguous, match=r"(?s)0: 1\.2\.5, 2 slices.*1: 1\.2\.6, 2 slices"):
        open_volume(folder)
    assert open_volume(folder, series="1.2.6").source.series == "1.2.6"


def test_a_series_that_cannot_be_read_is_never_silently_replaced_by_its_neighbour(tmp_path, caplog):
    bad = [_slice(n, series="1.2.5") for n in (0, 1, 2, 4)]
    good = [_slice(n, series="1.2.6") for n in range(3)]
    folder = _save(tmp_path, [*bad, *good])
    with pytest.raises(UnreadableImage, match=r"(?s)Expected a slice every 4 mm, found 8 mm.*--series.*1\.2\.6"):
        open_volume(folder)
    assert open_volume(folder, series="1.2.6").grid.shape[0] == 3
    assert len(list_volumes(folder)) == 1
    assert "Left out: Expected a slice every 4 mm" in caplog.text


def test_sub_folders_are_named_and_never_mixed(tmp_path):
    _save(tmp_path / "visit" / "t2", [_slice(n) for n in range(2)])
    with pytest.raises(UnreadableImage, match=r"(?s)found neither.*sub-folders: t2"):
        open_volume(tmp_path / "visit")
    _save(tmp_path / "visit", [_slice(n, series="1.2.7") for n in range(3)])
    assert open_volume(tmp_path / "visit").grid.shape[0] == 3


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(UnreadableImage, match="Expected a zarr or DICOM files, found neither"):
        open_volume(tmp_path)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"PhotometricInterpretation": "MONOCHROME1"}, "found MONOCHROME1"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "found a DICOM segmentation"),
        ({"ImagePositionPatient": None}, "found no ImagePositionPatient"),
        ({"BitsAllocated": 12}, "found 12"),
        ({"ModalityLUTSequence": []}, "found a lookup table"),
    ],
)
def test_objects_that_are_no_placed_grey_image_are_refused_with_the_reason(tmp_path, changed, found):
    with pytest.raises(UnreadableImage, match=found):
        open_volume(_save(tmp_path, [_slice(0, SliceThickness="4", **changed)]))


def test_a_truncated_file_is_refused_when_opened(tmp_path):
    folder = _save(tmp_path, [_slice(n) for n in range(3)])
    file = folder / "001.dcm"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(UnreadableImage, match=r"Expected 40 bytes of pixels, found 30, in .*001\.dcm"):
        open_volume(folder)


def test_a_file_without_preamble_is_still_read(tmp_path):
    folder = _save(tmp_path, [_slice(n) for n in range(2)])
    for file in folder.iterdir():
        whole = pydicom.dcmread(file)
        bare = Dataset(whole)
        bare.save_as(file, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert file.read_bytes()[128:132] != b"DICM"
    volume = open_volume(folder)
    assert (volume.voxels[1] == 1).all()


@pytest.mark.parametrize(
    ("syntax", "hint"),
    [("1.2.840.10008.1.2.4.90", r"napari-hipspine\[all\]"), ("1.2.840.10008.1.2.4.70", "python-gdcm")],
)
def test_a_missing_decoder_names_what_to_install(monkeypatch, syntax, hint):
    from pydicom.pixels.decoders.base import Decoder

    monkeypatch.setattr(Decoder, "is_available", property(lambda self: False))
    with pytest.raises(PackageMissing, match=rf"(?s)Expected a decoder for JPEG.*{hint}"):
        dicom_voxels.require_decoder(syntax, "a.dcm")


def test_a_transfer_syntax_that_is_no_image_is_refused():
    with pytest.raises(UnreadableImage, match="found MPEG2"):
        dicom_voxels.require_decoder("1.2.840.10008.1.2.4.100", "a.dcm")


def test_damaged_compressed_pixels_are_refused_when_looked_at(shared_data, tmp_path):
    for file in (shared_data / "dicom-vendors" / "compressed_j2k" / "001").iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
        (tmp_path / file.name).write_bytes(content)
    volume = open_volume(tmp_path)
    with pytest.raises(UnreadableImage, match="Expected pixels that can be decoded"):
        volume.voxels[0]


def test_voxels_travel_to_another_process_as_paths(shared_data):
    volume = open_volume(shared_data / "dicom-pelvis-siemens" / "t2_tse_tra")
    again = pickle.loads(pickle.dumps(volume.voxels))
    np.testing.assert_array_equal(again[4], volume.voxels[4])


@pytest.mark.parametrize("series", ["t2_tse_tra", "t2_tse_cor", "tfl_3d_PD_ref"])
def test_geometry_and_voxels_equal_those_of_simpleitk(shared_data, series):
    import SimpleITK

    folder = shared_data / "dicom-pelvis-siemens" / series
    files = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    image = SimpleITK.ReadImage(files)
    volume = open_volume(folder)
    np.testing.assert_array_equal(volume.voxels[:], SimpleITK.GetArrayFromImage(image))
    for index in ((0, 0, 0), (5, 90, 12)):
        at = (volume.grid.affine @ [*index[::-1], 1.0])[:3]
        np.testing.assert_allclose(at, image.TransformIndexToPhysicalPoint(index), atol=0.01)
