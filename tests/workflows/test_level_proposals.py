"""Levels proposed from files: by the numbers of every tool, for the slices of another picture, never confirmed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from napari_hipspine.cli import main
from napari_hipspine.domain.anatomy import find_level
from napari_hipspine.domain.bones import LevelProposal
from napari_hipspine.domain.errors import GridMismatch, InvalidChoice, SideContradiction, UnknownLabel
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Volume
from napari_hipspine.phantom import hip_spec, lumbar_spec, make_region, small_spec
from napari_hipspine.phantom.bones import make_bones
from napari_hipspine.phantom.files import write_nifti
from napari_hipspine.phantom.specification import Sampling
from napari_hipspine.workflows.level_proposals import propose_levels_from
from napari_hipspine.workflows.measure_subject import measure_subject

LUMBAR = Sampling((24, 96, 96), (4.0, 1.9, 1.9), lowest_slice_mm=-43.2, front_mm=-84.0)
HIP = Sampling((26, 120, 200), (5.0, 2.0, 2.0), lowest_slice_mm=-86.5, front_mm=-122.0)
VALUES = {
    "totalspineseg": {44: 44, 43: 43, 45: 45, 95: 95},
    "totalsegmentator-vertebrae-mr": {44: 3, 43: 4, 45: 2},
    "totalsegmentator-total": {44: 28, 43: 29, 45: 27, 6171: 75, 6172: 76},
    "totalsegmentator-total-mr": {6171: 36, 6172: 37},
    "musclemap-wholebody": {6171: 6171, 6172: 6172},
    "vibesegmentator": {6171: 48, 6172: 49},
}
"""What each tool writes for the phantom's bones."""


@cache
def bones_of(region):
    return make_bones(lumbar_spec(3, sampling=LUMBAR) if region == "lumbar" else hip_spec(2, sampling=HIP))


def write(folder, naming, region):
    bones = bones_of(region)
    labels = np.zeros_like(bones.labels)
    for value, theirs in VALUES[naming].items():
        labels[bones.labels == value] = theirs
    write_nifti(folder / "bones.nii.gz", labels, bones.grid)
    return folder / "bones.nii.gz", bones.grid


@pytest.mark.parametrize("naming", ["totalspineseg", "totalsegmentator-vertebrae-mr", "totalsegmentator-total"])
def test_l4_by_the_numbers_of_every_tool(tmp_path, naming):
    path, grid = write(tmp_path, naming, "lumbar")
    found = propose_levels_from(path, naming)
    middle = grid.slice_position_mm(0) - LUMBAR.lowest_slice_mm
    assert found.find("L4", "mid_vertebra").position_mm == pytest.approx(middle, abs=2)
    assert found.find("disc_L4_L5", "mid_disc").position_mm == pytest.approx(middle - 19, abs=2)
    assert found.find("L3", "mid_vertebra") is None
    assert not found.find("L4", "mid_vertebra").placement().is_confirmed


@pytest.mark.parametrize("naming", ["totalsegmentator-total-mr", "musclemap-wholebody", "vibesegmentator"])
def test_both_trochanters_are_one_level(tmp_path, naming):
    path, _ = write(tmp_path, naming, "hip")
    (found,) = propose_levels_from(path, naming).proposals
    assert (found.level.id, found.slice_position, found.side) == ("greater_trochanter", "most_lateral", None)
    left, right = (float(words.split()[1].replace("−", "-")) for words in found.notes[0].split(", "))
    assert found.position_mm == pytest.approx((left + right) / 2, abs=0.06)


def test_one_femur_and_tilted_pelvis_are_said(tmp_path):
    from napari_hipspine.workflows.level_proposals import _join_sides

    bones = bones_of("hip")
    write_nifti(tmp_path / "one.nii.gz", np.where(bones.labels == 6171, 6171, 0).astype(np.uint16), bones.grid)
    (found,) = propose_levels_from(tmp_path / "one.nii.gz", "musclemap-wholebody").proposals
    assert found.notes == ("from the left femur alone",)
    trochanter = find_level("greater_trochanter")
    sides = [LevelProposal(trochanter, "most_lateral", z, 1.0, side) for side, z in (("left", 0.0), ("right", 14.0))]
    (joined,) = _join_sides(sides)
    assert (joined.position_mm, joined.give_mm) == (7.0, 7.0)
    assert joined.notes[1] == "the sides lie 14 mm apart: one slice does not show both"


def test_positions_are_those_of_the_picture_that_is_measured(tmp_path):
    path, _ = write(tmp_path, "totalspineseg", "lumbar")
    picture = make_region(small_spec(3)).volume.grid
    found = propose_levels_from(path, "totalspineseg", onto=picture)
    assert found.grid is picture
    assert {one.level.id for one in found.on_slices} == {"L4"}
    assert found.notes == ("outside the slices of the picture: L3 vertebra, L3/L4 disc, L4/L5 disc, L5 vertebra",)
    elsewhere = replace(small_spec(3).sampling, reference_lps_mm=(0.0, 0.0, 700.0))
    with pytest.raises(GridMismatch, match="Expected labels and picture in one place of the patient"):
        propose_levels_from(path, "totalspineseg", onto=make_bones(small_spec(3, sampling=elsewhere)).grid)


def test_wrong_naming_is_noticed(tmp_path):
    path, _ = write(tmp_path, "totalsegmentator-vertebrae-mr", "lumbar")
    own = tmp_path / "own.csv"
    own.write_text("value,muscle,side,name,level\n2,,,a,L3\n3,,,b,L4\n4,,,c,L5\n")
    with pytest.raises(UnknownLabel, match="from the head to the feet, found L4 above L3"):
        propose_levels_from(write_upside_down(tmp_path), own)
    with pytest.raises(UnknownLabel, match="Expected a lumbar vertebra, a disc or a femur, found only") as refused:
        propose_levels_from(path, "musclemap-abdomen")
    assert "musclemap-abdomen" in refused.value.hint
    path, _ = write(tmp_path, "musclemap-wholebody", "hip")
    own.write_text("value,muscle,side,name,level\n6171,,right,,greater_trochanter\n6172,,left,,greater_trochanter\n")
    with pytest.raises(SideContradiction, match="Expected the left femur further to the patient's left"):
        propose_levels_from(path, own)


def write_upside_down(folder):
    """Two whole vertebrae whose numbers count the other way."""
    fine = replace(LUMBAR, shape=(60, 96, 96), spacing_mm=(1.5, 1.9, 1.9), lowest_slice_mm=-30.0)
    bones = make_bones(lumbar_spec(3, sampling=fine))
    labels = np.select([bones.labels == 44, bones.labels == 43], [2, 3]).astype(np.uint16)
    write_nifti(folder / "down.nii.gz", labels, bones.grid)
    return folder / "down.nii.gz"


def test_sixth_lumbar_vertebra_asks_for_a_count(tmp_path):
    bones = bones_of("lumbar")
    labels = bones.labels.copy()
    labels[0, :4, :4] = 46
    write_nifti(tmp_path / "six.nii.gz", labels, bones.grid)
    assert propose_levels_from(tmp_path / "six.nii.gz", "totalspineseg").notes == (
        "a sixth lumbar vertebra is labelled: check the count",
    )


def test_nothing_is_measured_at_a_level_nobody_confirmed(tmp_path):
    path, _ = write(tmp_path, "totalspineseg", "lumbar")
    region = make_region(small_spec(3))
    suggested = propose_levels_from(path, "totalspineseg", onto=region.volume.grid).find("L4", "mid_vertebra")
    assert isinstance(region.volume, Volume)
    plan = LevelPlan((suggested.placement(),))
    with pytest.raises(InvalidChoice, match="Expected levels that a reader has confirmed, found suggestions for L4"):
        measure_subject(region.volume, region.label_map, key=SubjectKey("a"), level_plan=plan)
    confirmed = LevelPlan((replace(suggested.placement(), is_confirmed=True),))
    result = measure_subject(region.volume, region.label_map, key=SubjectKey("a"), level_plan=confirmed)
    assert set(result.measurements["level"]) == {"L4"}


def test_command_line_prints_what_measure_takes(tmp_path, capsys, shared_data):
    path, grid = write(tmp_path, "totalspineseg", "lumbar")
    assert main(["labels", "levels", str(path), "--naming", "totalspineseg"]) == 0
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if "--level L4:mid_vertebra=mm:" in line]
    position = float(line.partition("mm:")[2])
    assert line.split()[2] == str(grid.nearest_slice(position))
    assert "cut off above" in told
    assert told.endswith("look at each slice before you measure there.\n")
    real = shared_data / "musclemap-labels" / "hip_thigh_test_dseg.nii.gz"
    assert main(["labels", "levels", str(real), "--naming", "musclemap-wholebody"]) == 0
    assert "--level greater_trochanter:most_lateral=mm:-124.65" in capsys.readouterr().out
