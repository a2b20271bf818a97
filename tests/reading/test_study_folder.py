"""Study folders are looked at by names: who is in them, what belongs together, and everything that is wrong at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_hipspine.domain.anatomy import Region
from napari_hipspine.domain.errors import UnreadableImage
from napari_hipspine.domain.volume import Contrast
from napari_hipspine.reading.study_folder import is_study_folder, look_at_study_folder
from napari_hipspine.reading.study_names import region_in_words, take_apart


def make(root: Path, *names: str, content: bytes = b"") -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def told(root: Path) -> list[tuple]:
    """Every series in a few words."""
    return [
        (str(subject), one.region, one.contrast, sorted(one.files), [path.name for path in one.labels])
        for subject in look_at_study_folder(root).subjects
        for one in subject.series
    ]


def test_lumbar_and_hip_of_one_subject(tmp_path):
    make(tmp_path, "sub-007/anat/sub-007_PDw.nii.gz", "sub-007/anat/sub-007_T2w.nii.gz", "participants.json")
    assert told(tmp_path) == [
        ("sub-007", Region.LUMBAR, Contrast.T2, ["image"], []),
        ("sub-007", Region.HIP, Contrast.PD, ["image"], []),
    ]
    assert look_at_study_folder(tmp_path).problems == ()
    assert is_study_folder(tmp_path)


def test_a_region_in_a_name_is_believed_and_nothing_else_is_guessed(tmp_path):
    make(tmp_path, "sub-1/anat/sub-1_acq-hip_T2w.nii", "sub-1/anat/sub-1_PDw.nii", "sub-2/anat/sub-2_T2w.nii")
    assert [(row[0], row[1], row[2]) for row in told(tmp_path)] == [
        ("sub-1", Region.HIP, Contrast.T2),
        ("sub-1", None, Contrast.PD),
        ("sub-2", None, Contrast.T2),
    ]


def test_sessions_are_subjects_of_their_own_in_the_list(tmp_path):
    make(tmp_path, *(f"sub-1/ses-{when}/anat/sub-1_ses-{when}_T2w.nii" for when in ("before", "after")))
    assert [subject.key for subject in look_at_study_folder(tmp_path).subjects] == [
        ("sub-1", "after"),
        ("sub-1", "before"),
    ]


@pytest.mark.parametrize(
    ("water", "fat"),
    [
        ("sub-1_acq-lumbar_water.nii", "sub-1_acq-lumbar_fat.nii"),
        ("sub-1_acq-lumbarwater_dixon.nii", "sub-1_acq-lumbarfat_dixon.nii"),
        ("sub-1_acq-lumbar_rec-water_T1w.nii", "sub-1_acq-lumbar_rec-fat_T1w.nii"),
        ("sub-1_acq-lumbar_W.nii.gz", "sub-1_acq-lumbar_F.nii.gz"),
    ],
)
def test_water_finds_its_fat(tmp_path, water, fat):
    others = ("sub-1_acq-hip_water.nii", "sub-1_acq-hip_fat.nii", "sub-1_inphase.nii", "sub-1_bold.nii")
    make(tmp_path / "sub-1" / "anat", water, fat, *others)
    lumbar, hip = look_at_study_folder(tmp_path).subjects[0].series
    assert (lumbar.region, lumbar.contrast) == (Region.LUMBAR, Contrast.WATER)
    assert {role: path.name for role, path in lumbar.files.items()} == {"water": water, "fat": fat}
    assert hip.region is Region.HIP


def test_labels_belong_to_the_picture_their_name_fits(tmp_path):
    make(
        tmp_path,
        "sub-1/anat/sub-1_acq-lumbar_T2w.nii.gz",
        "sub-1/anat/sub-1_acq-hip_PDw.nii.gz",
        "sub-1/anat/sub-1_acq-hip_dseg.nii.gz",
        "derivatives/readers/sub-1/anat/sub-1_acq-lumbar_space-T2_desc-manual_dseg.seg.nrrd",
        "derivatives/napari-hipspine/labels/sub-1-abc/labels/zarr.json",
    )
    assert [row[-1] for row in told(tmp_path)] == [
        ["sub-1_acq-lumbar_space-T2_desc-manual_dseg.seg.nrrd"],
        ["sub-1_acq-hip_dseg.nii.gz"],
    ]
    assert look_at_study_folder(tmp_path).problems == ()


def test_a_contrast_in_a_label_maps_name_decides(tmp_path):
    make(tmp_path / "sub-1/anat", "sub-1_T2w.nii", "sub-1_PDw.nii", "sub-1_T2w_dseg.nii", "sub-1_PDw_seg.nii")
    assert [row[-1] for row in told(tmp_path)] == [["sub-1_T2w_dseg.nii"], ["sub-1_PDw_seg.nii"]]


def test_every_problem_is_told_at_once_and_hinders_nobody(tmp_path):
    make(
        tmp_path,
        "sub-1/anat/sub-1_T2w.nii",
        "sub-1/anat/sub-1_PDw.nii",
        "sub-1/anat/sub-1_dseg.nii",
        "sub-2/anat/sub-2_acq-hip_water.nii",
        "sub-3/anat/readme.txt",
        "sub-4/anat/sub-4_T1w.nii",
        "derivatives/a/sub-4/anat/sub-4_dseg.nii",
        "derivatives/b/sub-4/anat/sub-4_dseg.nii",
    )
    rows = "participant_id\tage\nsub-1\t50\n1\t51\nsub-9\t60\n2\t40\n4\t30\n"
    (tmp_path / "participants.tsv").write_text(rows, encoding="utf-8")
    study = look_at_study_folder(tmp_path)
    assert [str(one) for one in study.subjects] == ["sub-1", "sub-2", "sub-3", "sub-4"]
    assert study.problems == (
        "Expected one picture of sub-1 for the label map sub-1_dseg.nii, found several.",
        "Expected fat beside sub-2_acq-hip_water.nii of sub-2, found none.",
        "Expected one label map for each picture of sub-4, found sub-4_dseg.nii, sub-4_dseg.nii; none is chosen.",
        "Expected pictures of sub-2, found none.",
        "Expected pictures of sub-3, found none.",
        "Expected every participant once in participants.tsv, found several times sub-1.",
        "Expected a folder for every participant in participants.tsv, found none for sub-9.",
        "Expected every subject in participants.tsv, found no row for sub-3.",
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"subject\tage\nsub-1\t50\n", "Expected a column participant_id, found subject, age"),
        (b"\xff\xfe\x00", "Expected a table of participants, found"),
    ],
)
def test_unreadable_participants_are_a_problem_and_no_refusal(tmp_path, content, problem):
    make(tmp_path, "sub-1/anat/sub-1_T2w.nii")
    (tmp_path / "participants.tsv").write_bytes(content)
    (found,) = look_at_study_folder(tmp_path).problems
    assert found.startswith(problem)


def test_dicom_folders_of_subjects_with_any_name(tmp_path):
    dicom = bytes(128) + b"DICM"
    make(tmp_path, "proband_1/l-spine/0001", "proband_1/hip/0001", "proband_2/IM1.dcm", content=dicom)
    make(tmp_path, "proband_3/notes.txt", "code/analysis.py")
    assert told(tmp_path) == [
        ("proband_1", Region.LUMBAR, Contrast.UNKNOWN, ["image"], []),
        ("proband_1", Region.HIP, Contrast.UNKNOWN, ["image"], []),
        ("proband_2", None, Contrast.UNKNOWN, ["image"], []),
    ]
    assert not is_study_folder(tmp_path)


def test_real_dicom_is_found(shared_data):
    (subject,) = (s for s in look_at_study_folder(shared_data).subjects if s.subject_id == "dicom-pelvis-siemens")
    assert {one.words for one in subject.series} >= {"t2_tse_tra", "tfl_3d_PD_ref"}


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_a_folder_without_anybody_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableImage, match="Expected a study folder"):
        look_at_study_folder(tmp_path / name)


def test_hidden_files_and_half_written_ones_are_not_seen(tmp_path):
    make(tmp_path, "sub-1/anat/sub-1_T2w.nii", "sub-1/anat/._sub-1_T2w.nii", "sub-1/anat/sub-1_T2w.nii.part")
    assert len(told(tmp_path)) == 1


@pytest.mark.parametrize(
    ("words", "region"),
    [
        ("acq-lspine", Region.LUMBAR),
        ("L4", Region.LUMBAR),
        ("rechte Hip", Region.HIP),
        ("hip and lumbar", None),
        ("ship", None),
        ("xL4a", None),
    ],
)
def test_regions_in_words(words, region):
    assert region_in_words(words) is region


LABEL = st.text("abcXYZ019", min_size=1, max_size=5)


@given(entities=st.dictionaries(LABEL, LABEL, max_size=4), suffix=st.sampled_from(["T2w", "PDw", "dseg"]))
def test_names_come_apart_as_they_were_put_together(entities, suffix):
    name = take_apart("_".join([*(f"{key}-{value}" for key, value in entities.items()), suffix]) + ".nii.gz")
    assert dict(name.entities) == entities
    assert name.suffix == suffix.lower()
    assert name.is_label_map == (suffix == "dseg")
