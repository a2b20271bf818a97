"""From file to file: axes, affine and values kept, keys exact, extents by name, refusals."""

from __future__ import annotations

import argparse

import nibabel
import numpy as np
import pytest

from napari_hipspine.cli import fill as command
from napari_hipspine.domain.errors import GridMismatch, InvalidChoice, UnknownLabel
from napari_hipspine.segmenting.filled import FillMethod
from napari_hipspine.workflows.fill_labels import fill_labels

N_SLICES, N_ROWS, N_COLUMNS = 9, 60, 70


@pytest.fixture
def truth():
    rows, columns = np.mgrid[:N_ROWS, :N_COLUMNS]
    slices = []
    for index in range(N_SLICES):
        left = np.hypot((rows - 30) / 14, (columns - 22 - index) / 9) < 1
        right = np.hypot((rows - 30) / 12, (columns - 48 - index) / 8) < 1
        slices.append(np.where(left, 300, np.where(right, 4, 0)))
    return np.array(slices, dtype=np.uint16)


@pytest.fixture(params=["slices last", "slices first, flipped"])
def files(request, tmp_path, truth):
    """Picture and drawn labels on one grid, stored in two ways, with the labels in floating point."""
    drawn = np.zeros_like(truth)
    drawn[[0, 4, 8]] = truth[[0, 4, 8]]
    drawn[4][drawn[4] == 4] = 0
    drawn[8][drawn[8] == 4] = 0
    image = np.where(truth > 0, 90.0, 200.0) + np.random.default_rng(0).normal(0, 3, truth.shape)
    affine = np.array([[0, 0, 1.1, -40], [0, 1.0, 0, 10], [4.0, 0, 0, 7], [0, 0, 0, 1]])
    axes = (0, 1, 2)
    if request.param == "slices last":
        axes, affine = (2, 1, 0), affine[:, [2, 1, 0, 3]]
    else:
        drawn, image = drawn[::-1], image[::-1]
        affine = affine @ np.array([[-1, 0, 0, N_SLICES - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    for name, voxels in (("image", image.astype(np.float32)), ("drawn", drawn.astype(np.float32))):
        nibabel.save(nibabel.Nifti1Image(voxels.transpose(axes), affine), tmp_path / f"{name}.nii.gz")
    (tmp_path / "naming.csv").write_text("value,muscle,side\n300,psoas_major,left\n4,quadratus_lumborum,right\n")
    return tmp_path, axes


def run(folder, **changes):
    options = {"image": folder / "image.nii.gz", "labels": folder / "drawn.nii.gz", "out": folder / "done.nii.gz"}
    return fill_labels(**{**options, **changes})


def test_axes_affine_values_and_keys_are_kept(files):
    folder, axes = files
    done = run(folder)
    drawn, written = nibabel.load(folder / "drawn.nii.gz"), nibabel.load(done.path)
    assert written.get_data_dtype() == np.uint16
    assert written.shape == drawn.shape
    assert np.array_equal(written.affine, drawn.affine)
    assert np.array_equal(written.header.get_sform(), drawn.header.get_sform())
    stored, before = (np.asarray(one.dataobj).transpose(np.argsort(axes)) for one in (written, drawn))
    assert np.array_equal(stored[[0, 4, 8]], before[[0, 4, 8]])
    assert all((stored[index] == 300).any() for index in range(N_SLICES))
    assert set(np.unique(stored)) == {0, 4, 300}
    assert done.key_slices == (0, 4, 8)
    assert done.filled.method is FillMethod.IMAGE_GUIDED


def test_the_fill_is_right(files, truth):
    folder, axes = files
    stored = np.asarray(nibabel.load(run(folder).path).dataobj).transpose(np.argsort(axes))
    expected = truth if axes == (2, 1, 0) else truth[::-1]
    both = np.count_nonzero((stored == 300) & (expected == 300))
    assert 2 * both / (np.count_nonzero(stored == 300) + np.count_nonzero(expected == 300)) > 0.97


def test_keys_count_along_the_stored_slice_axis(files):
    folder, _ = files
    done = run(folder, key_slices=(0, 4))
    assert done.filled.filled_slices == (1, 2, 3)


@pytest.mark.parametrize("by", ["name", "value"])
def test_extents_by_name_and_by_value(files, by):
    folder, axes = files
    flipped = axes == (0, 1, 2)
    first, last = (6, 8) if flipped else (0, 2)
    name = "quadratus_lumborum:right" if by == "name" else "4"
    done = run(folder, extents=[(name, first, last)], naming=folder / "naming.csv" if by == "name" else None)
    shown = [index for index, one in enumerate(done.filled.labels) if (one == 4).any()]
    assert shown == list(range(first, last + 1))


@pytest.mark.parametrize(
    ("changes", "error", "found"),
    [
        (
            {"extents": [("gluteus_minimus:left", 0, 3)]},
            UnknownLabel,
            "muscle that is drawn, found gluteus minimus left",
        ),
        ({"extents": [("9", 0, 3)]}, UnknownLabel, "label value that is drawn, found 9"),
        ({"extents": [("300", 0, 8), ("300", 0, 8)]}, InvalidChoice, "one extent per muscle"),
        ({"extents": [("300", 0, 3)]}, InvalidChoice, "outlined on slice"),
        ({"key_slices": (0, 40)}, InvalidChoice, "from 0 to 8"),
        ({"out": "x.png"}, InvalidChoice, "ending in .nii or .nii.gz"),
        ({"out": "x.png", "image": "none.nii"}, InvalidChoice, "ending in .nii or .nii.gz"),
        ({"slab_starts": (0, 9)}, InvalidChoice, "begin with slices from 0 to 8, found 9"),
    ],
)
def test_refused(files, changes, error, found):
    folder, _ = files
    changes = {name: folder / value if name == "out" else value for name, value in changes.items()}
    with pytest.raises(error, match=found):
        run(folder, naming=folder / "naming.csv", **changes)
    assert not (folder / "done.nii.gz").exists()


def test_nothing_is_filled_across_slabs(files):
    folder, _ = files
    done = run(folder, slab_starts=(0, 4))
    assert done.filled.filled_slices == (5, 6, 7)
    assert run(folder, slab_starts=(0, 2, 6)).filled.filled_slices == ()


def test_the_outlines_are_never_replaced(files):
    folder, _ = files
    with pytest.raises(InvalidChoice, match="another file than the one with the outlines"):
        run(folder, out=folder / "drawn.nii.gz")


def test_a_name_without_a_naming_is_asked_for(files):
    folder, _ = files
    with pytest.raises(InvalidChoice, match="Expected a naming"):
        run(folder, extents=[("psoas_major:left", 0, 8)])


def test_another_grid_is_refused(files):
    folder, _ = files
    image = nibabel.load(folder / "image.nii.gz")
    other = image.affine.copy()
    other[:3, 3] += 0.4
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), other), folder / "other.nii.gz")
    with pytest.raises(GridMismatch):
        run(folder, image=folder / "other.nii.gz")


@pytest.mark.parametrize(("keys", "n_filled"), [("0,8", 7), ("auto", 6)])
def test_the_command_does_it(files, capsys, keys, n_filled):
    folder, _ = files
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(
        [
            "fill",
            *("--image", str(folder / "image.nii.gz"), "--labels", str(folder / "drawn.nii.gz")),
            *("--keys", keys, "--extent", "300=0-8", "--slabs", "0", "--out", str(folder / "done.nii.gz")),
        ]
    )
    assert arguments.run(arguments) == 0
    told = capsys.readouterr().out
    assert f"image guided, {n_filled} slices filled" in told
    assert "look first at slices" in told
    assert (folder / "done.nii.gz").exists()


@pytest.mark.parametrize("text", ["0;3", "a", "", "0,-3"])
def test_keys_that_are_none(text):
    with pytest.raises(InvalidChoice, match="Expected key slices as"):
        command.key_slices(text)


def test_slabs_that_are_none(files):
    folder, _ = files
    places = ["--image", folder / "image.nii.gz", "--labels", folder / "drawn.nii.gz", "--out", folder / "x.nii.gz"]
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["fill", *map(str, places), "--slabs", "0;4"])
    with pytest.raises(InvalidChoice, match="Expected slabs as 0,12,21, found '0;4'"):
        arguments.run(arguments)


@pytest.mark.parametrize("text", ["psoas_major", "psoas_major:left=3", "=3-4", "psoas_major:left=4-b"])
def test_extents_that_are_none(text):
    with pytest.raises(InvalidChoice, match="Expected an extent as"):
        command.extent(text)
