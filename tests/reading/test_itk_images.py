"""NRRD and MetaImage: SimpleITK's geometry, voxels mapped or unpacked at the first look."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import SeriesAmbiguous, UnreadableImage
from napari_hipspine.reading.first_look import OpenedAtFirstLook
from napari_hipspine.reading.volumes import list_volumes, open_volume


def _image(shape=(3, 4, 5), *, is_vector=False):
    voxels = np.random.default_rng(3).integers(0, 1000, shape).astype(np.int16)
    image = SimpleITK.GetImageFromArray(voxels, isVector=is_vector)
    image.SetSpacing((0.7, 0.8, 3.0, 1.0)[: image.GetDimension()])
    return voxels, image


def _write(path, image, *, is_packed=False):
    SimpleITK.WriteImage(image, str(path), is_packed)
    return path


@pytest.mark.parametrize("suffix", ["nrrd", "nhdr", "mha", "mhd"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_voxels_come_back_mapped_when_plain_and_unpacked_when_compressed(tmp_path, suffix, is_packed):
    voxels, image = _image()
    volume = open_volume(_write(tmp_path / f"a.{suffix}", image, is_packed=is_packed))
    assert isinstance(volume.voxels, OpenedAtFirstLook if is_packed else np.memmap)
    assert volume.voxels.dtype == np.int16
    assert volume.flags == ()
    np.testing.assert_array_equal(volume.voxels[:], voxels)


@pytest.mark.parametrize("suffix", ["nrrd", "mha", "mhd"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_fields_a_former_format_left_in_the_header_are_passed_over(tmp_path, suffix, is_packed):
    voxels, image = _image()
    former = SimpleITK.ReadImage(str(_write(tmp_path / "former.nii", image)))
    assert "dim[0]" in former.GetMetaDataKeys()
    path = _write(tmp_path / f"a.{suffix}", former, is_packed=is_packed)
    np.testing.assert_array_equal(open_volume(path).voxels[:], voxels)


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_names_that_lie_are_read_by_what_is_inside(tmp_path, suffix):
    voxels, image = _image()
    path = _write(tmp_path / f"a.{suffix}", image, is_packed=True).rename(tmp_path / "a.nii")
    np.testing.assert_array_equal(open_volume(path).voxels[:], voxels)


@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    is_mirrored=st.booleans(),
    index=st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)),
    suffix=st.sampled_from(("nrrd", "mha")),
)
@settings(max_examples=20, deadline=None)
def test_every_voxel_lies_where_simpleitk_puts_it_left_handed_or_not(
    tmp_path_factory, angles, is_mirrored, index, suffix
):
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    turn[:, 1] *= -1 if is_mirrored else 1
    _, image = _image()
    image[index] = 5000
    image.SetDirection(turn.ravel())
    image.SetOrigin((12.5, -40.0, 7.0))
    volume = open_volume(_write(tmp_path_factory.mktemp("itk") / f"a.{suffix}", image))
    brightest = np.argwhere(volume.voxels[:] == 5000)[0]
    found = (volume.grid.affine @ [*brightest, 1.0])[:3]
    np.testing.assert_allclose(found, image.TransformIndexToPhysicalPoint(index), atol=1e-6)


def test_trap_left_handed_nrrd_comes_right(shared_data):
    path = shared_data / "nrrd-brain" / "brain1_image.nrrd"
    image = SimpleITK.ReadImage(str(path))
    assert np.linalg.det(np.reshape(image.GetDirection(), (3, 3))) < 0
    volume = open_volume(path)
    assert volume.grid.orientation == "SAL"
    assert volume.grid.spacing_mm == pytest.approx((6.5, 0.78125, 0.78125))
    np.testing.assert_array_equal(volume.voxels[:], SimpleITK.GetArrayFromImage(image))
    for index in ((3, 4, 5), (255, 0, 24)):
        at = (volume.grid.affine @ [*index[::-1], 1])[:3]
        np.testing.assert_allclose(at, image.TransformIndexToPhysicalPoint(index))
    label = open_volume(shared_data / "nrrd-brain" / "brain1_label.nrrd")
    assert label.grid.same_as(volume.grid)


def _nrrd(path, voxels, *fields):
    """A raw NRRD with the axes of the array reversed."""
    sizes = " ".join(str(n) for n in voxels.shape[::-1])
    header = ["NRRD0004", "type: short", f"dimension: {voxels.ndim}", f"sizes: {sizes}", "encoding: raw"]
    order = {"<": "little", ">": "big"}[voxels.dtype.str[0]]
    header += [f"endian: {order}", *fields]
    path.write_bytes("\n".join(header).encode() + b"\n\n" + voxels.tobytes())
    return path


def test_a_nrrd_in_ras_is_turned_into_lps(tmp_path):
    path = _nrrd(
        tmp_path / "a.nrrd",
        np.zeros((2, 3, 4), "<i2"),
        "space: right-anterior-superior",
        "space directions: (1,0,0) (0,1,0) (0,0,5)",
        "space origin: (10,20,30)",
    )
    grid = open_volume(path).grid
    assert grid.orientation == "SAR"
    np.testing.assert_allclose(grid.affine[:3, 3], (-10, -20, 30))


def test_a_nrrd_without_patient_space_is_flagged(tmp_path):
    path = _nrrd(tmp_path / "a.nrrd", np.zeros((2, 3, 4), "<i2"), "spacings: 1 1 5")
    volume = open_volume(path)
    assert volume.flags == ("orientation_assumed",)
    assert volume.grid.orientation == "SPL"
    assert volume.grid.spacing_mm == (5, 1, 1)


def test_a_space_that_cannot_be_turned_is_refused(tmp_path):
    path = _nrrd(tmp_path / "a.nrrd", np.zeros((2, 3, 4), "<i2"), "space: right-anterior-superior-time")
    with pytest.raises(UnreadableImage, match="found the space 'right-anterior-superior-time'"):
        open_volume(path)


def test_big_endian_voxels_stay_native(tmp_path):
    voxels = np.arange(24, dtype=">i2").reshape(2, 3, 4)
    volume = open_volume(_nrrd(tmp_path / "a.nrrd", voxels, "spacings: 1 1 5"))
    assert volume.voxels.dtype == np.dtype(">i2")
    np.testing.assert_array_equal(volume.voxels[:], voxels)


def test_rare_encodings_are_left_to_simpleitk(tmp_path):
    voxels = np.arange(24, dtype="<i2").reshape(2, 3, 4)
    path = _nrrd(tmp_path / "a.nrrd", voxels, "spacings: 1 1 5")
    text = path.read_bytes().split(b"\n\n")[0].replace(b"encoding: raw", b"encoding: ascii")
    path.write_bytes(text + b"\n\n" + " ".join(str(n) for n in voxels.ravel()).encode() + b"\n")
    np.testing.assert_array_equal(open_volume(path).voxels[:], voxels)


def test_layers_and_times_are_listed_one_by_one(tmp_path):
    voxels, image = _image((2, 3, 4, 5, 2), is_vector=True)
    path = _write(tmp_path / "a.mha", image, is_packed=True)
    with pytest.raises(SeriesAmbiguous, match=r"(?s)found 4.*3: volume 1 of 2, component 1 of 2"):
        open_volume(path)
    for number in range(4):
        np.testing.assert_array_equal(open_volume(path, series=number).voxels[:], voxels[number // 2, ..., number % 2])


def test_opening_unpacks_nothing(tmp_path):
    _, image = _image()
    volume = open_volume(_write(tmp_path / "a.nrrd", image, is_packed=True))
    assert volume.as_dask().shape == (3, 4, 5)
    assert not volume.voxels.is_open
    assert volume.voxels[0].any()
    assert volume.voxels.is_open


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_a_cache_keeps_what_was_unpacked(tmp_path, suffix):
    class Cache:
        kept: dict = {}  # noqa: RUF012

        def find(self, key):
            return self.kept.get(key)

        def keep(self, key, shape, dtype, slabs):
            return self.kept.setdefault(key, np.concatenate(list(slabs)))

    voxels, image = _image()
    path = _write(tmp_path / f"a.{suffix}", image, is_packed=True)
    cache = Cache()
    cache.kept = {}
    for _ in range(2):
        np.testing.assert_array_equal(open_volume(path, cache=cache).voxels[:], voxels)
    assert len(cache.kept) == 1


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_truncated_files_are_refused(tmp_path, suffix):
    _, image = _image((16, 16, 16))
    plain = _write(tmp_path / f"plain.{suffix}", image)
    plain.write_bytes(plain.read_bytes()[:-9])
    with pytest.raises(UnreadableImage, match=r"Expected \d+ bytes, found \d+"):
        open_volume(plain)
    packed = _write(tmp_path / f"packed.{suffix}", image, is_packed=True)
    packed.write_bytes(packed.read_bytes()[:-200])
    volume = open_volume(packed)
    with pytest.raises(UnreadableImage, match="damaged or truncated"):
        volume.voxels[0]


def test_a_header_whose_voxels_are_gone_is_refused(tmp_path):
    _, image = _image()
    path = _write(tmp_path / "a.mhd", image)
    (tmp_path / "a.raw").unlink()
    with pytest.raises(UnreadableImage, match=r"Expected voxels in a\.raw beside the header"):
        open_volume(path)


@pytest.mark.parametrize(
    "content", [b"NRRD0004\ntype: short\n", b"NDims = 3\nDimSize = 1 1 1\n", b"NRRD0004\ntype: nothing\n\n"]
)
def test_damaged_headers_are_refused(tmp_path, content):
    path = tmp_path / "a.nrrd"
    path.write_bytes(content)
    with pytest.raises(UnreadableImage, match="Expected an NRRD or MetaImage header"):
        list_volumes(path)


def test_flat_pictures_are_refused(tmp_path):
    image = SimpleITK.Image(4, 5, SimpleITK.sitkUInt8)
    with pytest.raises(UnreadableImage, match="found 2 axes"):
        open_volume(_write(tmp_path / "a.mha", image))
