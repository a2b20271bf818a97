"""A picture through a tool: the grid of the picture whatever its storage, nothing half-done, tables at the end."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest
from tests.segmenting.fake_tools import install_musclemap, install_totalsegmentator

from napari_hipspine.cli import main
from napari_hipspine.domain.errors import Cancelled, GridMismatch, HipSpineError, InvalidChoice, ToolFailed
from napari_hipspine.domain.index_map import seen_on
from napari_hipspine.reading.label_maps import look_at_labels
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.segmenting.adapters.tools import ToolWish, find_tool
from napari_hipspine.workflows.import_labels import show_labels
from napari_hipspine.workflows.segment_with_tool import provenance_of, segment_with_tool

RAS = np.array([[0, 0, 1.5, -30], [0, 1.25, 0, -20], [4.0, 0, 0, 7], [0, 0, 0, 1]])
"""Index (slice, row, column) to RAS millimetres: columns to the patient's right, rows to the front."""

STORAGE = {
    "slices last": ((2, 1, 0), (1, 1, 1)),
    "slices first, flipped": ((0, 1, 2), (-1, 1, -1)),
    "rows first": ((1, 2, 0), (1, -1, 1)),
}


def make_picture(path, storage="slices last", *, scale=(1.0, 0.0)):
    """A picture whose left gluteus has signal 400 and whose right one 500, stored in some order."""
    signal = np.full((7, 20, 40), 50, np.int16)
    signal[2:6, 4:12, 4:12], signal[2:6, 4:12, 28:38] = 400, 500
    axes, signs = STORAGE[storage]
    affine = RAS.copy()
    for axis, sign in enumerate(signs):
        if sign < 0:
            signal = np.flip(signal, axis)
            affine[:, 3] += affine[:, axis] * (signal.shape[axis] - 1)
            affine[:, axis] *= -1
    stored = ((signal - scale[1]) / scale[0]).astype(np.int16).transpose(axes)
    image = nibabel.Nifti1Image(stored, affine[:, [*axes, 3]])
    image.header.set_slope_inter(*scale)
    nibabel.save(image, path)
    return path


@pytest.fixture
def total(tmp_path, monkeypatch):
    install_totalsegmentator(tmp_path, monkeypatch, models=("850", "851"))
    return find_tool("totalsegmentator")


def left_behind(folder):
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("storage", STORAGE)
def test_labels_lie_on_the_voxels_of_the_picture_as_it_is_stored(tmp_path, total, storage):
    picture = make_picture(tmp_path / "T2w.nii.gz", storage)
    done = segment_with_tool(picture, tmp_path / "out" / "dseg.nii.gz", total, ToolWish("total_mr"))
    image, written = nibabel.load(picture), nibabel.load(done.path)
    np.testing.assert_allclose(written.affine, image.affine, atol=1e-6)
    signal, labels = np.asarray(image.dataobj), np.asarray(written.dataobj)
    assert labels.dtype == np.uint16
    np.testing.assert_array_equal(labels, np.where(signal == 400, 40, np.where(signal == 500, 41, 0)))
    shown = show_labels(done.path, done.naming)
    assert {row.structure.label for row in shown.rows} == {"gluteus maximus left", "gluteus maximus right"}
    assert shown.problem == ""
    assert left_behind(tmp_path / "out") == ["dseg.json", "dseg.nii.gz"]


@pytest.mark.parametrize(
    "place",
    [
        "dicom-pelvis-siemens/t2_tse_tra",
        "nrrd-brain/brain1_image.nrrd",
        "spine-t2-crop-tptbox/sub-mri_label-6_T2w.nii.gz",
    ],
)
def test_real_pictures_come_back_on_their_own_grid(tmp_path, total, shared_data, monkeypatch, place):
    """An oblique DICOM series, a left-handed NRRD and a sagittal NIfTI."""
    monkeypatch.setenv("FAKE_MODE", "bright")
    volume = open_volume(shared_data / place)
    done = segment_with_tool(shared_data / place, tmp_path / "dseg.nii.gz", total, ToolWish("total_mr"))
    look = look_at_labels(done.path)
    assert look.grid.same_as(volume.grid)
    labels = seen_on(look.voxels, look.grid, volume.grid)[...]
    signal = np.asarray(volume.voxels[...], dtype=float)
    np.testing.assert_array_equal(labels > 0, signal > np.percentile(signal, 90))


def test_tools_are_given_signal_and_not_stored_numbers(tmp_path, total):
    picture = make_picture(tmp_path / "T2w.nii", scale=(0.5, 10.0))
    done = segment_with_tool(picture, tmp_path / "dseg.nii.gz", total, ToolWish(""))
    assert done.n_values == 2


def test_what_was_run_stands_beside_the_labels(tmp_path, monkeypatch):
    install_musclemap(tmp_path, monkeypatch, models=("wholebody/v1.4",))
    picture = make_picture(tmp_path / "T2w.nii.gz")
    done = segment_with_tool(picture, tmp_path / "dseg.nii.gz", find_tool("musclemap"), ToolWish(""))
    said = json.loads(provenance_of(done.path).read_text())
    assert said["settings"]["version"] == "model 1.4"
    assert said["settings"]["naming"] == done.naming == "musclemap-wholebody"
    assert "MIT" in said["settings"]["licence"]
    assert said["inputs"][0]["path"] == str(picture)
    assert "Not for diagnosis" in said["research_only"]


@pytest.mark.parametrize(
    ("mode", "kind", "message"),
    [
        ("other grid", GridMismatch, r"Expected labels of TotalSegmentator on the voxels of the picture, found shape"),
        ("finds nothing", ToolFailed, "found nothing but background"),
        ("fails", ToolFailed, "Expected TotalSegmentator to end well"),
    ],
)
def test_result_that_is_no_use_is_refused_and_nothing_is_left(tmp_path, total, monkeypatch, mode, kind, message):
    picture = make_picture(tmp_path / "T2w.nii.gz")
    monkeypatch.setenv("FAKE_MODE", mode)
    with pytest.raises(kind, match=message):
        segment_with_tool(picture, tmp_path / "out" / "dseg.nii.gz", total, ToolWish("total_mr"))
    assert left_behind(tmp_path / "out") == []


def test_cancelling_leaves_nothing(tmp_path, total):
    picture = make_picture(tmp_path / "T2w.nii.gz")

    def cancel(done, total_steps, doing):
        if doing.startswith("TotalSegmentator"):
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        segment_with_tool(picture, tmp_path / "out" / "dseg.nii.gz", total, ToolWish("total_mr"), progress=cancel)
    assert left_behind(tmp_path / "out") == []


def test_names_that_would_lose_something_are_refused(tmp_path, total):
    picture = make_picture(tmp_path / "T2w.nii.gz")
    before = picture.read_bytes()
    with pytest.raises(InvalidChoice, match="Expected another file than the picture"):
        segment_with_tool(picture, picture, total, ToolWish("total_mr"))
    with pytest.raises(InvalidChoice, match=r"Expected a file ending in \.nii or \.nii\.gz, found 'dseg\.nrrd'"):
        segment_with_tool(picture, tmp_path / "dseg.nrrd", total, ToolWish("total_mr"))
    with pytest.raises(HipSpineError, match="Expected a folder that can be written"):
        segment_with_tool(picture, picture / "dseg.nii.gz", total, ToolWish("total_mr"))
    assert picture.read_bytes() == before


def test_picture_without_orientation_is_noted(tmp_path, total):
    import zarr

    picture = make_picture(tmp_path / "T2w.nii.gz")
    signal = np.asarray(nibabel.load(picture).dataobj).transpose(2, 1, 0)
    plain = zarr.create_array(tmp_path / "T2w.zarr", shape=signal.shape, dtype=signal.dtype, chunks=(1, 20, 40))
    plain[...] = signal
    plain.attrs["spacing_mm"] = [4.0, 1.25, 1.5]
    done = segment_with_tool(tmp_path / "T2w.zarr", tmp_path / "dseg.nii.gz", total, ToolWish("total_mr"))
    assert done.notes == ("the picture does not say how the patient lies: left and right rest on an assumption",)


def test_command_line_lists_runs_and_refuses(tmp_path, monkeypatch, capsys):
    assert main(["segment"]) == 0
    assert "Expected the package totalsegmentator" in capsys.readouterr().out
    install_totalsegmentator(tmp_path, monkeypatch, models=("850", "851"))
    picture, out = make_picture(tmp_path / "T2w.nii.gz"), tmp_path / "dseg.nii.gz"
    wish = ["segment", "--tool", "totalsegmentator", "--image", str(picture), "--out", str(out)]
    assert main([*wish, "--task", "vertebrae_mr"]) == 2
    assert "totalseg_download_weights -t vertebrae_mr" in capsys.readouterr().err
    assert main(wish) == 0
    assert "2 label values; measure them with --naming totalsegmentator-total-mr" in capsys.readouterr().out
    assert main(["segment", "--tool", "totalsegmentator"]) == 2
    tables = ["measure", "--image", str(picture), "--labels", str(out), "--naming", "totalsegmentator-total-mr"]
    tables += ["--contrast", "PD", "--fat-polarity", "bright", "--out", str(tmp_path / "tables")]
    assert main(tables) == 0
    assert "gluteus_maximus" in (tmp_path / "tables" / "measurements.csv").read_text()
