"""Regions from files to a table: the command's options, what is written, and what is refused."""

from __future__ import annotations

import argparse
import json

import nibabel
import numpy as np
import pandas as pd
import pytest
from tests.undated import undated

from napari_hipspine.cli import regions
from napari_hipspine.domain.errors import HipSpineError, InvalidChoice
from napari_hipspine.domain.provenance import RESEARCH_ONLY

FILES = ["regions.csv", "regions_columns.json", "regions_run.json"]
VOXEL_MM3 = 4.0


def run(*arguments):
    parser = argparse.ArgumentParser()
    regions.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["regions", *map(str, arguments)])
    return parsed.run(parsed)


@pytest.fixture
def subject(tmp_path):
    """Files of two muscles with fat between them; and a compartment and bone, stored with flipped columns."""
    labels = np.zeros((60, 30, 3), dtype=np.uint8)
    labels[10:25, 10:20], labels[31:46, 10:20] = 1, 2
    fat = np.where(labels > 0, 10, 90).astype(np.int16)
    drawn = np.zeros_like(labels)
    drawn[10:46, 10:20] = 4
    bone = np.zeros_like(labels)
    bone[26:28, 11:14] = 9
    affine = np.diag([1.0, 1.0, 4.0, 1.0])
    flipped = affine @ np.array([[-1, 0, 0, 59], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    for name, voxels in (("water", 100 - fat), ("fat", fat), ("labels", labels)):
        nibabel.save(nibabel.Nifti1Image(voxels, affine), tmp_path / f"sub-9_{name}.nii")
    for name, voxels in (("drawn", drawn), ("bone", bone)):
        nibabel.save(nibabel.Nifti1Image(voxels[::-1], flipped), tmp_path / f"{name}.nii")
    (tmp_path / "naming.csv").write_text("value,muscle,side\n1,multifidus,left\n2,multifidus,right\n")
    pictures = ("--water", tmp_path / "sub-9_water.nii", "--fat", tmp_path / "sub-9_fat.nii")
    return (*pictures, "--labels", tmp_path / "sub-9_labels.nii", "--naming", tmp_path / "naming.csv")


def test_drawn_compartment_less_bone(subject, tmp_path, capsys):
    where = ("--compartment", tmp_path / "drawn.nii", "--compartment-value", 4, "--excluded", tmp_path / "bone.nii")
    assert run(*subject, *where, "--out", tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    printed = capsys.readouterr().out
    assert printed.count("regions") == 3
    assert "sub-9: compartment drawn:4; 3 slices" in printed
    assert "InterMAT as defined here: 0.6 cm³" in printed
    assert RESEARCH_ONLY in printed
    table = pd.read_csv(tmp_path / "out" / "regions.csv")
    found = table.iloc[0]
    assert (len(table), found["subject_id"], found["rule"]) == (1, "sub-9", "drawn:4")
    assert found["intermat_mm3"] == (180 - 18) * VOXEL_MM3
    assert found["excluded_mm3"] == 18 * VOXEL_MM3
    assert found["lean_volume_mm3"] == 900 * VOXEL_MM3
    assert np.isnan(found["closing_radius_mm"])


def test_what_a_table_of_regions_rests_on(subject, tmp_path):
    where = ("--closing-mm", 4, "--holes", "filled", "--excluded", tmp_path / "bone.nii", "--subject", "s3")
    run(*subject, *where, "--out", tmp_path / "out")
    said = json.loads((tmp_path / "out" / "regions_run.json").read_text())
    columns = json.loads((tmp_path / "out" / "regions_columns.json").read_text())
    assert said["research_only"] == columns["research_only"] == RESEARCH_ONLY
    assert said["command"] == "regions"
    assert said["subject"]["subject_id"] == "s3"
    assert said["settings"]["compartment"] == {"rule": "muscles_closed_holes_filled", "closing_radius_mm": 4.0}
    assert said["settings"]["excluded"] is True
    assert said["settings"]["protocol"]["ff_cut"] == 0.5
    assert len(said["inputs"]) == 4
    assert any("flipped" in note for note in said["notes"])
    assert {c["name"]: c["unit"] for c in columns["tables"]["regions"]["columns"]}["intermat_mm3"] == "mm3"


def test_equal_inputs_give_equal_bytes(subject, tmp_path):
    for name in ("one", "two"):
        run(*subject, "--closing-mm", 4, "--out", tmp_path / name)
    for file in FILES:
        assert undated(tmp_path / "one" / file) == undated(tmp_path / "two" / file)


VOLUMES = ["compartment_mm3", "intermat_mm3", "intramuscular_fat_mm3", "lean_volume_mm3", "muscle_volume_mm3"]


def read_row(folder):
    return pd.read_csv(folder / "regions.csv", keep_default_na=False).iloc[0]


def test_volumes_that_an_implant_touches_are_empty_with_its_reason(subject, tmp_path, capsys):
    table = tmp_path / "implants.csv"
    table.write_text("subject_id,region,side,kind,level\nsub-9,lumbar,left,fusion,L4\nsub-8,lumbar,both,implant,\n")
    where = ("--closing-mm", 4, "--implants", table)
    assert run(*subject, *where, "--out", tmp_path / "fused") == 0
    row = read_row(tmp_path / "fused")
    assert (set(row[VOLUMES]), row["reason"], row["n_slices"]) == ({""}, "fusion", 3)
    assert "reason: fusion" in capsys.readouterr().out
    said = json.loads((tmp_path / "fused" / "regions_run.json").read_text())
    assert said["settings"]["implants"]["rows"][0]["kind"] == "fusion"
    assert any(one["path"] == str(table) for one in said["inputs"])
    assert run(*subject, *where, "--subject", "other", "--out", tmp_path / "other") == 0
    other = read_row(tmp_path / "other")
    assert other["reason"] == ""
    assert float(other["lean_volume_mm3"]) == 900 * VOXEL_MM3


@pytest.mark.parametrize(("keep", "reason", "flag"), [("no", "implant", ""), ("yes", "", "implant")])
def test_slices_left_out_or_kept_on_demand(subject, tmp_path, keep, reason, flag):
    table = tmp_path / "implants.csv"
    table.write_text(f"subject_id,region,slice_first,slice_last,keep\nsub-9,lumbar,1,1,{keep}\n")
    run(*subject, "--closing-mm", 4, "--implants", table, "--out", tmp_path / "out")
    row = read_row(tmp_path / "out")
    assert row["reason"] == reason
    assert (row["lean_volume_mm3"] == "") == bool(reason)
    assert flag in row["flags"]
    table.write_text("subject_id,region,slice_first,slice_last\nsub-9,hip,1,1\n")
    run(*subject, "--closing-mm", 4, "--implants", table, "--out", tmp_path / "hip")
    assert read_row(tmp_path / "hip")["lean_volume_mm3"] != ""


def test_metal_over_a_muscle_empties_the_volumes_unless_it_is_kept(subject, tmp_path):
    metal = np.zeros((60, 30, 3), dtype=np.uint8)
    metal[12, 12, 0] = 5
    nibabel.save(nibabel.Nifti1Image(metal, np.diag([1.0, 1.0, 4.0, 1.0])), tmp_path / "metal.nii")
    where = ("--closing-mm", 4, "--metal", tmp_path / "metal.nii")
    run(*subject, *where, "--out", tmp_path / "out")
    assert read_row(tmp_path / "out")["reason"] == "metal_artefact"
    run(*subject, *where, "--keep-metal", "--out", tmp_path / "kept")
    kept = read_row(tmp_path / "kept")
    assert (kept["reason"], "metal_artefact" in kept["flags"]) == ("", True)
    run(*subject, *where, "--metal-value", 6, "--out", tmp_path / "none")
    assert read_row(tmp_path / "none")["reason"] == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Expected either --compartment or --closing-mm, found neither"),
        (
            ("--closing-mm", 4, "--compartment", "drawn.nii"),
            "Expected either --compartment or --closing-mm, found both",
        ),
        (("--closing-mm", 4, "--compartment-value", 1), "Expected no --compartment-value beside --closing-mm"),
        (("--compartment", "drawn.nii", "--holes", "kept"), "Expected no --holes beside --compartment"),
        (("--closing-mm", 0.2), "Expected a closing radius of at least one pixel"),
        (("--closing-mm", -1), "Expected a closing radius from 0 to 100 mm, found -1"),
        (("--closing-mm", 4, "--fat-method", "otsu"), "Expected the fat method dixon"),
        (("--closing-mm", 4, "--excluded", "none.nii"), "none.nii"),
    ],
)
def test_a_refusal_writes_nothing(subject, tmp_path, options, message):
    with pytest.raises(HipSpineError) as refusal:
        run(*subject, *options, "--out", tmp_path / "out")
    assert message in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_erosion_of_a_protocol_file_is_refused(subject, tmp_path):
    (tmp_path / "protocol.toml").write_text('fat_method = "dixon"\nerosion_mm = 1.0\n')
    with pytest.raises(InvalidChoice, match="Expected no erosion"):
        run(*subject, "--closing-mm", 4, "--protocol", tmp_path / "protocol.toml", "--out", tmp_path / "out")
