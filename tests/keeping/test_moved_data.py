"""Data that was moved is asked for once, followed wherever it went, and never taken for other data."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.keeping.moved_data import find_moved, follow_move, wrong_picture
from napari_hipspine.keeping.project import KeptLabels, KeptSeries, KeptSubject, Project, size_of


def make(root: Path, n: int = 3) -> Project:
    """A study of small files, and a project of it that is kept elsewhere."""
    subjects = []
    for number in range(n):
        anat = root / f"sub-{number}" / "anat"
        anat.mkdir(parents=True)
        image, labels = anat / "T2w.nii", root / "derivatives" / f"sub-{number}_dseg.nii"
        image.write_bytes(bytes(10 + number))
        labels.parent.mkdir(exist_ok=True)
        labels.write_bytes(b"labels")
        series = KeptSeries({"image": image}, {"image": size_of(image)}, labels=KeptLabels(labels))
        subjects.append(KeptSubject(f"sub-{number}", series=(series,)))
    return Project("Pilot", root, tuple(subjects))


def test_nothing_is_asked_while_everything_is_there(tmp_path):
    assert find_moved(make(tmp_path / "data")) is None


@pytest.mark.parametrize("chosen", ["new/renamed", "new"])
@pytest.mark.parametrize("gone", ["old/data", "old"])
def test_one_question_finds_everything(tmp_path, chosen, gone):
    project = make(tmp_path / "old" / "data")
    (tmp_path / "new").mkdir()
    there = tmp_path / "new" / ("renamed" if chosen == "new/renamed" else "data")
    shutil.move(tmp_path / "old" / "data", there)
    if gone == "old":
        shutil.rmtree(tmp_path / "old")
    moved = find_moved(project)
    assert moved.before == tmp_path / "old" / "data"
    assert len(moved.missing) == 7
    assert str(moved.before) in moved.describe()
    followed = follow_move(project, moved, tmp_path / chosen)
    assert find_moved(followed) is None
    assert followed.folder == there
    assert followed.subjects[1].series[0].files["image"] == there / "sub-1" / "anat" / "T2w.nii"


def test_a_wrong_folder_is_refused_with_what_was_expected(tmp_path):
    project = make(tmp_path / "old")
    shutil.rmtree(tmp_path / "old")
    (tmp_path / "photos").mkdir()
    moved = find_moved(project)
    with pytest.raises(InvalidChoice, match=r"derivatives/sub-0_dseg.nii.* and 3 more, found none of them"):
        follow_move(project, moved, tmp_path / "photos")


def test_other_pictures_of_the_same_names_are_refused(tmp_path):
    project = make(tmp_path / "old")
    shutil.move(tmp_path / "old", tmp_path / "new")
    (tmp_path / "new" / "sub-1" / "anat" / "T2w.nii").write_bytes(bytes(99))
    with pytest.raises(InvalidChoice, match="Expected the picture that was worked on, with 11 bytes, found 99"):
        follow_move(project, find_moved(project), tmp_path / "new")


def test_what_is_still_missing_afterwards_is_asked_for_again(tmp_path):
    project = make(tmp_path / "old")
    shutil.move(tmp_path / "old", tmp_path / "new")
    shutil.rmtree(tmp_path / "new" / "sub-2")
    followed = follow_move(project, find_moved(project), tmp_path / "new")
    assert find_moved(followed).missing == (tmp_path / "old" / "sub-2" / "anat" / "T2w.nii",)
    assert followed.subjects[0].series[0].files["image"].exists()


def test_what_was_lost_from_two_places_is_asked_for_one_after_the_other(tmp_path):
    project = make(tmp_path / "old")
    painted = tmp_path / "mine" / "labels"
    (first, *others) = project.subjects
    series = KeptSeries(first.series[0].files, painted=painted)
    project = Project("Pilot", project.folder, (KeptSubject("sub-0", series=(series,)), *others))
    shutil.move(tmp_path / "old", tmp_path / "new")
    moved = find_moved(project)
    assert painted not in moved.missing
    rest = find_moved(follow_move(project, moved, tmp_path / "new"))
    assert rest.missing == (painted,)


def test_a_picture_of_another_size_is_told_and_an_unknown_size_is_not(tmp_path):
    folder = tmp_path / "dicom"
    folder.mkdir()
    (folder / "1").touch()
    assert wrong_picture(KeptSeries({"image": folder}, {"image": 1})) == ""
    assert "2 entries, found 1" in wrong_picture(KeptSeries({"image": folder}, {"image": 2}))
    assert wrong_picture(KeptSeries({"image": folder})) == ""
