"""NIfTI: voxels stay where nibabel says they lie, and nothing is read before somebody looks."""

from __future__ import annotations

import gzip
import itertools

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import SeriesAmbiguous, UnreadableImage
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.index_map import index_map_between
from napari_hipspine.domain.volume import Contrast, FatPolarity, WaterFat
from napari_hipspine.reading import gzip_stream
from napari_hipspine.reading.volumes import list_volumes, open_volume


class KeptInMemory:
    """A cache that counts."""

    def __init__(self) -> None:
        self.kept: dict[str, np.ndarray] = {}
        self.n_found = 0

    def find(self, key):
        self.n_found += key in self.kept
        return self.kept.get(key)

    def keep(self, key, shape, dtype, slabs):
        array = np.concatenate(list(slabs))
        assert array.shape == shape
        assert array.dtype == dtype
        self.kept[key] = array
        return array


def _signal(volume):
    slope, intercept = volume.voxel_scale
    return np.asarray(volume.voxels[:]).astype(float) * slope + intercept


def _lps_of_brightest(volume):
    signal = _signal(volume)
    index = np.unravel_index(signal.argmax(), signal.shape)
    return (volume.grid.affine @ [*index, 1.0])[:3]


def _nibabel_lps_of_brightest(path, number=0):
    image = nib.load(path)
    data = np.asanyarray(image.dataobj)
    data = data[..., number] if data.ndim == 4 else data
    index = np.unravel_index(data.argmax(), data.shape)
    return (image.affine @ [*index, 1.0])[:3] * [-1, -1, 1]


def _write(path, data, affine=None, *, sform=2, qform=1, **header_fields):
    image = nib.Nifti1Image(data, np.eye(4) if affine is None else affine)
    image.set_sform(image.affine, sform)
    image.set_qform(image.affine, qform)
    for name, value in header_fields.items():
        image.header[name] = value
    nib.save(image, path)
    return path


_TURNS = [
    np.eye(3)[list(order)] * np.array(signs)[:, None]
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


@given(
    turn=st.sampled_from(_TURNS),
    spacing=st.tuples(*[st.sampled_from((0.7, 1.5, 4.0))] * 3),
    tilt_deg=st.floats(-12, 12),
    brightest=st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 4)),
)
@settings(max_examples=40, deadline=None)
def test_every_voxel_lies_where_nibabel_puts_it_whatever_the_storage(
    tmp_path_factory, turn, spacing, tilt_deg, brightest
):
    tilt = np.radians(tilt_deg)
    tilted = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    affine = nib.affines.from_matvec(tilted @ turn @ np.diag(spacing), [12.5, -40.0, 7.25])
    data = np.zeros((3, 4, 5), np.int16)
    data[brightest] = 7
    path = _write(tmp_path_factory.mktemp("nifti") / "turned.nii", data, affine)
    volume = open_volume(path)
    np.testing.assert_allclose(_lps_of_brightest(volume), _nibabel_lps_of_brightest(path), atol=1e-3)
    assert volume.grid.spacing_mm[0] == pytest.approx(max(spacing), rel=1e-5)


def test_slices_are_the_axis_nearest_head_foot_when_all_spacings_are_equal(tmp_path):
    affine = np.array([[0, 0, 1.0, 0], [-1.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1]])
    volume = open_volume(_write(tmp_path / "pir.nii", np.zeros((3, 4, 5), np.uint8), affine))
    assert volume.grid.orientation[0] in "SI"
    assert volume.grid.shape == (4, 3, 5)


@pytest.mark.parametrize(
    ("name", "orientation", "shape"),
    [
        ("nifti-orientations/0024-dix3d_TR23_fa05_345.nii.gz", "SAL", (160, 200, 104)),
        ("nifti-orientations/example4d.nii.gz", "SAL", (24, 96, 128)),
        ("nifti-orientations/anatomical.nii", "SAL", (25, 41, 33)),
        ("nifti-orientations/someones_anatomy.nii.gz", "SAR", (56, 67, 57)),
        ("spine-t2-crop-tptbox/sub-mri_label-6_T2w.nii.gz", "IPR", (52, 68, 67)),
        ("lumbar-dixon-tum01/TUM01_water_img_img_L2-L5.nii.gz", "SPL", (29, 400, 400)),
    ],
)
def test_trap_unusual_storage_asl_las_big_endian_pir_lps_comes_right(shared_data, name, orientation, shape):
    path = shared_data / name
    volume = list_volumes(path)[0]
    assert volume.grid.orientation == orientation
    assert volume.grid.shape == shape
    image = nib.load(path)
    data = np.asanyarray(image.dataobj)
    data = data[..., 0] if data.ndim == 4 else data
    signal = _signal(volume)
    assert signal.sum() == pytest.approx(float(data.sum(dtype=float)))
    at = volume.grid.affine @ [*np.argwhere(signal == signal.max())[0], 1.0]
    stored = np.rint(np.linalg.inv(image.affine) @ (at * [-1, -1, 1, 1]))[:3].astype(int)
    assert data[tuple(stored)] == data.max()


def test_trap_big_endian_stays_native_and_memory_mapped(shared_data):
    volume = open_volume(shared_data / "nifti-orientations" / "anatomical.nii")
    assert volume.voxels.dtype == np.dtype(">i2")
    assert isinstance(volume.voxels, np.memmap)


def test_trap_4d_example_is_listed_as_two_volumes_and_one_is_asked_for(shared_data):
    path = shared_data / "nifti-orientations" / "example4d.nii.gz"
    with pytest.raises(SeriesAmbiguous, match=r"(?s)found 2.*0: volume 0 of 2.*1: volume 1 of 2.*--series"):
        open_volume(path)
    second = open_volume(path, series=1)
    expected = np.asanyarray(nib.load(path).dataobj)[..., 1].transpose(2, 1, 0)
    np.testing.assert_array_equal(second.voxels[:], expected)


def test_trap_a_trailing_axis_of_one_volume_is_one_volume(shared_data):
    path = shared_data / "dicom-vendors" / "philips_enhanced" / "001_ground_truth.nii.gz"
    assert nib.load(path).shape == (256, 256, 8, 1)
    assert open_volume(path).grid.shape == (8, 256, 256)


def test_trap_water_and_fat_headers_that_disagree_are_refused_as_a_pair(shared_data):
    from napari_hipspine.domain.errors import GridMismatch

    folder = shared_data / "lumbar-dixon-tum01"
    water = open_volume(folder / "TUM01_water_img_img_L2-L5.nii.gz")
    fat = open_volume(folder / "TUM01_fat_img_img_L2-L5.nii.gz")
    with pytest.raises(GridMismatch, match=r"first voxel \d{3}\.\d+ mm apart"):
        WaterFat(water, fat)


def test_trap_hip_and_thigh_stations_carry_one_and_the_same_origin(shared_data):
    folder = shared_data / "hip-thigh-stations-qmri"
    hip, thigh = (open_volume(folder / name).grid for name in ("Join_7.nii.gz", "Join_6.nii.gz"))
    assert hip.same_as(thigh)


def test_trap_cropped_dixon_results_lie_on_the_thigh_grid_through_their_shifted_origin(shared_data):
    folder = shared_data / "thigh-dixon-ge"
    thigh = open_volume(folder / "40007-ORIG_DIXON_TE_460_TH-0000.nii.gz").grid
    cropped = open_volume(folder / "fatfraction.nii.gz").grid
    assert cropped.shape == (10, 256, 512)
    found = index_map_between(thigh, cropped)
    assert found.axes == (0, 1, 2)
    assert found.steps == ("cropped",)
    assert found.offsets[1] > 0


def test_contrast_and_polarity_are_unknown_because_the_header_does_not_tell(shared_data):
    volume = open_volume(shared_data / "thigh-dixon-ge" / "water.nii.gz")
    assert (volume.contrast, volume.fat_polarity) == (Contrast.UNKNOWN, FatPolarity.UNKNOWN)
    assert volume.fat_suppressed is None


def test_opening_decompresses_no_voxels_until_the_first_look_and_then_once(shared_data, monkeypatch):
    calls = []
    decompress = gzip_stream._decompress
    monkeypatch.setattr(gzip_stream, "_decompress", lambda *a: calls.append(a) or decompress(*a))
    volumes = list_volumes(shared_data / "nifti-orientations" / "example4d.nii.gz")
    assert volumes[0].voxels.shape == (24, 96, 128)
    assert volumes[0].blocks().block_shape == (24, 96, 128)
    assert volumes[0].as_dask().shape == (24, 96, 128)
    assert calls == []
    for volume in volumes:
        assert volume.blocks().read((slice(3, 4), slice(0, 96), slice(0, 128))).any()
    assert len(calls) == 1


def test_what_is_decompressed_is_mapped_and_has_no_name(shared_data):
    volume = open_volume(shared_data / "nifti-orientations" / "0024-dix3d_TR23_fa05_345.nii.gz")
    piece = volume.voxels[10]
    assert isinstance(piece.base, np.memmap) or isinstance(piece, np.memmap)


def test_a_cache_is_asked_first_and_filled_once(shared_data):
    path = shared_data / "nifti-orientations" / "example4d.nii.gz"
    cache = KeptInMemory()
    first = open_volume(path, series=1, cache=cache)
    assert cache.kept == {}
    voxels = np.asarray(first.voxels[:])
    again = open_volume(path, series=1, cache=cache)
    np.testing.assert_array_equal(again.voxels[:], voxels)
    assert (len(cache.kept), cache.n_found) == (1, 1)
    other = open_volume(path, series=0, cache=cache)
    assert np.asarray(other.voxels[:]).sum() != voxels.sum()


def test_slope_and_intercept_are_kept_beside_the_native_voxels(shared_data):
    path = shared_data / "nifti-orientations" / "someones_anatomy.nii.gz"
    volume = open_volume(path)
    assert volume.voxels.dtype == np.uint8
    np.testing.assert_allclose(_signal(volume), nib.load(path).get_fdata().transpose(2, 1, 0))


@pytest.mark.parametrize(("slope", "intercept"), [(0.0, 5.0), (np.nan, 1.0)])
def test_a_slope_that_means_nothing_is_the_identity(tmp_path, slope, intercept):
    path = _write(tmp_path / "a.nii", np.full((2, 2, 2), 3, np.int16))
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([slope, intercept], "<f4").tobytes()
    path.write_bytes(raw)
    assert open_volume(path).voxel_scale == (1.0, 0.0)


@pytest.mark.parametrize(("unit", "factor"), [(1, 1000.0), (2, 1.0), (3, 0.001), (0, 1.0)])
def test_spatial_units_become_millimetres(tmp_path, unit, factor):
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    path = _write(tmp_path / "a.nii", np.zeros((2, 2, 2), np.uint8), affine, xyzt_units=unit)
    assert open_volume(path).grid.spacing_mm == pytest.approx((3 * factor, 2 * factor, factor))


def test_without_sform_and_qform_the_orientation_is_flagged_as_assumed(tmp_path):
    path = _write(tmp_path / "a.nii", np.zeros((2, 3, 4), np.uint8), np.diag([1.0, 2, 3, 1]), sform=0, qform=0)
    volume = open_volume(path)
    assert volume.flags == ("orientation_assumed",)
    assert volume.grid.orientation[2] == "L"


def test_sform_wins_over_a_qform_that_disagrees_and_it_is_noted(tmp_path):
    image = nib.Nifti1Image(np.zeros((2, 3, 4), np.uint8), np.diag([1.0, 1, 4, 1]))
    moved = image.affine.copy()
    moved[:3, 3] = 30
    image.set_sform(image.affine, 1)
    image.set_qform(moved, 1)
    nib.save(image, tmp_path / "a.nii")
    volume = open_volume(tmp_path / "a.nii")
    np.testing.assert_allclose(volume.grid.affine[:3, 3], 0, atol=1e-6)
    assert "sform and qform disagree by up to 30 mm" in volume.source.header["geometry_note"]


def test_nifti_2_and_names_that_lie_are_read_by_what_is_inside(tmp_path):
    image = nib.Nifti2Image(np.arange(24, dtype=np.float32).reshape(2, 3, 4), np.diag([1.0, 1, 4, 1]))
    nib.save(image, tmp_path / "a.nii")
    (tmp_path / "a.nii").rename(tmp_path / "a.nrrd")
    assert open_volume(tmp_path / "a.nrrd").grid == Grid(
        (4, 3, 2), np.eye(4)[[2, 1, 0, 3]] @ np.diag([4, 1, 1, 1])
    ) or (open_volume(tmp_path / "a.nrrd").voxels[3, 2, 1] == 23)


def test_trap_a_sibling_without_gz_is_never_read_in_its_place(tmp_path):
    _write(tmp_path / "a.nii", np.full((2, 2, 2), 1, np.int16))
    _write(tmp_path / "a.nii.gz", np.full((2, 2, 2), 2, np.int16))
    assert int(open_volume(tmp_path / "a.nii.gz").voxels[0, 0, 0]) == 2
    assert int(open_volume(tmp_path / "a.nii").voxels[0, 0, 0]) == 1


def test_a_truncated_file_is_refused_when_opened(tmp_path):
    path = _write(tmp_path / "a.nii", np.zeros((8, 8, 8), np.int16))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnreadableImage, match=r"Expected 1376 bytes, found 1276"):
        open_volume(path)


@pytest.mark.parametrize("damage", ["cut", "short", "flipped"])
def test_a_damaged_compressed_file_is_refused_at_the_first_look(tmp_path, damage):
    random = np.random.default_rng(1).integers(0, 1000, (16, 16, 16)).astype(np.int16)
    path = _write(tmp_path / "a.nii.gz", random)
    packed = bytearray(path.read_bytes())
    if damage == "cut":
        packed = packed[: len(packed) // 2]
    elif damage == "short":
        packed = bytearray(gzip.compress(gzip.decompress(bytes(packed))[:-50]))
    else:
        packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    volume = open_volume(path)
    with pytest.raises(UnreadableImage, match="damaged or truncated"):
        volume.voxels[0]


def test_colour_and_complex_voxels_are_refused(tmp_path):
    path = _write(tmp_path / "a.nii", np.zeros((2, 2, 2), np.complex64))
    with pytest.raises(UnreadableImage, match="Expected real numbers"):
        open_volume(path)


def test_a_header_without_geometry_is_refused(tmp_path):
    path = _write(tmp_path / "a.nii", np.zeros((2, 2, 2), np.uint8))
    raw = bytearray(path.read_bytes())
    raw[280:328] = bytes(48)
    path.write_bytes(raw)
    with pytest.raises(UnreadableImage, match=r"invertible 4 x 4 affine.*a\.nii"):
        open_volume(path)


def test_a_header_of_a_pair_is_refused_with_what_to_do(tmp_path):
    nib.save(nib.Nifti1Pair(np.zeros((2, 2, 2), np.uint8), np.eye(4)), tmp_path / "a.hdr")
    with pytest.raises(UnreadableImage, match=r"(?s)\.hdr/\.img pair.*Convert"):
        open_volume(tmp_path / "a.hdr")
