"""The command line on a synthetic lumbar subject: what is declared, drawn and refused."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from napari_hipspine.cli import main
from napari_hipspine.sample_data import sample_subjects


@pytest.fixture(scope="module")
def lumbar():
    """Series of the first synthetic subject."""
    return sample_subjects()[0].series[0]


@pytest.fixture
def asked(lumbar) -> list[object]:
    """Arguments that measure it."""
    return ["measure", "--image", lumbar.image, "--labels", lumbar.labels, "--fat-polarity", "bright"]


def read(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "measurements.csv", keep_default_na=False, na_values=[""])


def turned(path: Path, axes: str):
    """The same picture stored along other axes."""
    image = nib.load(path)
    turn = nib.orientations.ornt_transform(nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(axes))
    return image.as_reoriented(turn)


def test_allowing_fat_suppression_is_written_into_every_row(hipspine, asked, tmp_path: Path) -> None:
    said = hipspine(*asked, "--allow-fat-suppressed", "--out", tmp_path / "out")
    assert said.exit_code == 0, said.err
    assert read(tmp_path / "out")["flags"].str.split(";").map(lambda flags: "fat_suppressed" in flags).all()


def test_a_fat_region_may_be_stored_along_other_axes(hipspine, asked, lumbar, tmp_path: Path) -> None:
    for axes in ("LPS", "SAR"):
        image, labels = (turned(path, axes) for path in (lumbar.image, lumbar.labels))
        fat = (np.asarray(image.dataobj) > 110) & (np.asarray(labels.dataobj) == 0)
        nib.save(nib.Nifti1Image(fat.astype(np.uint8), image.affine), tmp_path / f"{axes}.nii.gz")
        said = hipspine(*asked, "--fat-roi", tmp_path / f"{axes}.nii.gz", "--out", tmp_path / axes)
        assert said.exit_code == 0, said.err
    tables = [(tmp_path / axes / "measurements.csv").read_bytes() for axes in ("LPS", "SAR")]
    assert tables[0] == tables[1]


def test_labels_beside_the_image_are_no_result(hipspine, asked, lumbar, tmp_path: Path) -> None:
    labels = nib.load(lumbar.labels)
    only_first = np.asarray(labels.dataobj).copy()
    only_first[:, :, 1:] = 0
    nib.save(nib.Nifti1Image(only_first, labels.affine), tmp_path / "first.nii.gz")
    image = nib.load(lumbar.image)
    nib.save(image.slicer[:, :, 1:], tmp_path / "rest.nii.gz")
    asked[2], asked[4] = tmp_path / "rest.nii.gz", tmp_path / "first.nii.gz"
    said = hipspine(*asked, "--naming", lumbar.naming, "--out", tmp_path / "out")
    assert said.exit_code == 2
    assert "Expected labels inside the image, found none of them there" in said.err
    assert not (tmp_path / "out").exists()


def test_a_phantom_has_a_seed_from_0_on(hipspine, tmp_path: Path) -> None:
    said = hipspine("phantom", "--seed", "-1", "--out", tmp_path / "out")
    assert said.exit_code == 2
    assert "Expected a seed from 0 on, found -1" in said.err
    assert not (tmp_path / "out").exists()


def bytes_printed(monkeypatch, *arguments: object, is_terminal: bool = False) -> bytes:
    """What a command prints where standard output has an old encoding, as on Windows."""
    written = io.BytesIO()
    out = io.TextIOWrapper(written, encoding="cp1252", write_through=True)
    monkeypatch.setattr(out, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stdout", out)
    assert main([str(argument) for argument in arguments]) == 0
    return written.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8 exist on Linux only")
def test_names_that_are_no_utf_8_are_names(monkeypatch, asked, lumbar, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xe4rz"))
    odd.mkdir()
    asked[2] = shutil.copy(lumbar.image, odd / "picture.nii.gz")
    printed = bytes_printed(monkeypatch, *asked, "--out", odd / "out")
    assert printed.splitlines()[1] == os.fsencode(odd / "out" / "measurements.csv")
    run = json.loads((odd / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["inputs"][0]["path"] == str(odd / "picture.nii.gz")


@pytest.mark.parametrize(("is_terminal", "minus"), [(False, "−0.235"), (True, "\\u22120.235")])
def test_no_encoding_of_the_output_stops_a_command(monkeypatch, is_terminal: bool, minus: str) -> None:
    printed = bytes_printed(monkeypatch, "relate", "--reference", "mielke", is_terminal=is_terminal)
    assert minus in printed.decode("utf-8")


def test_a_moved_threshold_is_recorded_and_an_earlier_run_can_be_taken_over(hipspine, asked, tmp_path: Path) -> None:
    moved = ("--manual-threshold", "multifidus=70.5", "--accept-fat-roi", "--reader", "r1")
    said = hipspine(*asked, *moved, "--out", tmp_path / "moved")
    assert said.exit_code == 0, said.err
    table = read(tmp_path / "moved").set_index(["muscle", "side"])
    assert set(table.loc["multifidus"]["threshold"]) == {70.5}
    assert set(table.loc["multifidus"]["fat_method"]) == {"manual"}
    assert set(table.loc["psoas_major"]["fat_method"]) == {"fat-reference"}
    assert not table["flags"].str.contains("fat_roi_proposed").any()
    thresholds = json.loads((tmp_path / "moved" / "run.json").read_text())["settings"]["thresholds"]
    assert thresholds["multifidus"]["moved_by"] == "r1"
    assert thresholds["multifidus"]["automatic"]["method"] == "fat-reference"
    again = ("--thresholds", tmp_path / "moved" / "run.json", "--reader", "r1")
    said = hipspine(*asked, *again, "--out", tmp_path / "again")
    assert said.exit_code == 0, said.err
    for name in ("slices.csv", "measurements.csv"):
        assert (tmp_path / "moved" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--manual-threshold", "multifidus"), "Expected a threshold as MUSCLE=SIGNAL, found 'multifidus'"),
        (("--manual-threshold", "biceps=4"), "found 'biceps'"),
        (("--manual-threshold", "multifidus=4", "--manual-threshold", "multifidus=5"), "one threshold per muscle"),
        (("--thresholds", "nowhere.json"), "Expected thresholds of an earlier measurement, found FileNotFoundError"),
    ],
)
def test_decisions_that_make_no_sense_are_refused(hipspine, asked, tmp_path: Path, options, message) -> None:
    said = hipspine(*asked, *options, "--out", tmp_path / "out")
    assert said.exit_code == 2
    assert message in said.err
