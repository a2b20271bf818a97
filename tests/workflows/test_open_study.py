"""A study folder and its project become one list: who is there, how far everybody is, and how each is opened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from napari_hipspine.cli import main
from napari_hipspine.domain.anatomy import Region, find_level
from napari_hipspine.domain.errors import UnreadableImage
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.keeping.project import KeptProgress, KeptSeries, KeptSubject, KeptWords, Project, ProjectInvalid
from napari_hipspine.keeping.project_file import FILE_NAME, save_project
from napari_hipspine.workflows.kept_files import files_of_kept, kept_files, kept_labels, kept_words
from napari_hipspine.workflows.open_study import name_of, open_study
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two subjects with lumbar T2 and hip PD, and labels of one series."""
    for number in (1, 2):
        anat = tmp_path / "Pilot" / f"sub-{number}" / "anat"
        anat.mkdir(parents=True)
        for suffix in ("T2w", "PDw"):
            (anat / f"sub-{number}_{suffix}.nii.gz").touch()
    (anat / "sub-2_T2w_dseg.nii.gz").touch()
    return tmp_path / "Pilot"


def remembered(folder: Path) -> KeptSubject:
    """Subject 2 with its lumbar series measured, and one picture that lies elsewhere."""
    lumbar = KeptSeries(
        {"image": folder / "sub-2" / "anat" / "sub-2_T2w.nii.gz"},
        region=Region.LUMBAR,
        words=KeptWords(contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT),
        level_plan=LevelPlan((LevelPlacement(find_level("L4"), 3.0),)),
        progress=KeptProgress(8, 7, "2026-01-01T00:00:00+00:00", "x"),
    )
    extra = KeptSeries({"water": folder.parent / "w.nii", "fat": folder.parent / "f.nii"}, region=Region.HIP)
    return KeptSubject("sub-2", series=(lumbar, extra))


def test_a_study_never_opened_has_everything_still_to_do(folder):
    study = open_study(folder)
    assert [(str(one), [s.name for s in one.series], one.muscles, one.n_measured) for one in study.subjects] == [
        ("sub-1", ["lumbar T2", "hip PD"], (0, 0), 0),
        ("sub-2", ["lumbar T2", "hip PD"], (0, 0), 0),
    ]
    lumbar, hip = study.subjects[1].series
    assert lumbar.pictures.contrast is Contrast.T2
    assert lumbar.pictures.fat_polarity is None
    assert Path(lumbar.outlines.labels).name == "sub-2_T2w_dseg.nii.gz"
    assert hip.outlines is None
    assert study.path == folder / FILE_NAME
    assert study.labels_home == folder / "derivatives" / "napari-hipspine" / "labels"
    assert not study.path.exists()


def test_what_is_remembered_comes_back_with_what_is_found(folder):
    save_project(folder / FILE_NAME, Project("Pilot", folder, (remembered(folder),)))
    for place in (folder, folder / FILE_NAME):
        subject = open_study(place).subject(("sub-2", ""))
        assert [one.name for one in subject.series] == ["lumbar T2", "hip PD", "hip water and fat"]
        assert [one.is_measured for one in subject.series] == [True, False, False]
        assert (subject.n_levels, subject.muscles, subject.is_done) == (1, (7, 8), False)
        assert subject.series[0].pictures.fat_polarity is FatPolarity.BRIGHT


def test_subjects_whose_folder_is_gone_stay_in_the_list(folder):
    project = Project("Pilot", folder, (remembered(folder), KeptSubject("sub-0")))
    save_project(folder / FILE_NAME, project)
    assert [str(one) for one in open_study(folder).subjects] == ["sub-0", "sub-1", "sub-2"]
    elsewhere = folder.parent / "kept.json"
    save_project(elsewhere, replace(project, folder=folder.parent / "gone"))
    study = open_study(elsewhere)
    assert [str(one) for one in study.subjects] == ["sub-0", "sub-2"]
    assert study.problems[0].startswith("Expected a study folder, found none")
    assert study.labels_home is None


def test_remembering_a_subject_changes_its_row_alone(folder):
    study = open_study(folder).remember(remembered(folder))
    assert [one.muscles for one in study.subjects] == [(0, 0), (7, 8)]
    assert study.project.current == ("sub-2", "")
    assert len(study.remember(KeptSubject("sub-9")).subjects) == 3


@pytest.mark.parametrize(
    ("pictures", "outlines"),
    [
        (ImageFiles(image="a.nii", series="1", contrast=Contrast.PD, orientation="SPL"), None),
        (
            ImageFiles(water="w.nii", fat="f.nii", accepts_header_mismatch=True),
            LabelFiles("l.nii", "musclemap-abdomen", ignores_unknown=True),
        ),
        (ImageFiles(fat_fraction="ff.nii"), LabelFiles("l.nii", "naming.csv", series="2", orientation="SPL")),
    ],
)
def test_files_come_back_as_they_were_handed_in(tmp_path, monkeypatch, pictures, outlines):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "naming.csv").touch()
    kept = KeptSeries(kept_files(pictures), words=kept_words(pictures), labels=kept_labels(outlines))
    again, outlined = files_of_kept(kept)
    assert [path.name for path in again.paths] == [path.name for path in pictures.paths]
    assert all(path.is_absolute() for path in again.paths)
    assert kept_words(again) == kept_words(pictures)
    assert kept_labels(outlined) == kept.labels
    if outlines and outlines.naming == "naming.csv":
        assert outlined.naming == tmp_path / "naming.csv"


@pytest.mark.parametrize(
    ("region", "contrast", "words", "name"),
    [
        (Region.LUMBAR, Contrast.T2, "", "lumbar T2"),
        (Region.HIP, Contrast.WATER, "", "hip water and fat"),
        (None, Contrast.UNKNOWN, "se3", "se3"),
        (None, Contrast.UNKNOWN, "", ""),
    ],
)
def test_series_are_named_by_region_and_contrast(region, contrast, words, name):
    assert name_of(region, contrast, words) == name


def test_series_that_are_alike_are_told_apart(tmp_path):
    anat = tmp_path / "sub-1" / "anat"
    anat.mkdir(parents=True)
    for name in ("sub-1_acq-hip_run-1_PDw.nii", "sub-1_acq-hip_run-2_PDw.nii", "sub-1_acq-hip_run-2_PDw.nii.gz"):
        (anat / name).touch()
    names = [one.name for one in open_study(tmp_path).subjects[0].series]
    assert names == ["hip PD acq-hip run-1", "hip PD acq-hip run-2 2", "hip PD acq-hip run-2 3"]


def test_info_prints_the_list_and_its_problems(folder, capsys):
    save_project(folder / FILE_NAME, Project("Pilot", folder, (remembered(folder),)))
    (folder / "participants.tsv").write_text("participant_id\nsub-1\n", encoding="utf-8")
    assert main(["info", str(folder)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "Pilot: 2 subjects, 0 measured completely",
        "subject images levels muscles measured",
        "sub-1 lumbar T2, hip PD 0/2 - 0/2",
        "sub-2 lumbar T2, hip PD, hip water and fat 1/3 7/8 1/3",
        "! Expected every subject in participants.tsv, found no row for sub-2.",
    ]
    assert main(["info", str(folder / FILE_NAME), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["n_subjects"], said["subjects"][1]["series"][0]["n_muscles_done"]) == (2, 7)
    assert main(["info", str(folder.parent), "--study"]) == 2


def test_refusals_name_what_was_expected(folder, capsys):
    with pytest.raises(UnreadableImage, match="Expected a study folder"):
        open_study(folder / "nowhere")
    (folder / FILE_NAME).write_text('{"format": "napari-hipspine project", "version": 7}', encoding="utf-8")
    with pytest.raises(ProjectInvalid, match="version 1, found version 7"):
        open_study(folder)
    assert main(["info", str(folder)]) == 2
    assert "found version 7" in capsys.readouterr().err
