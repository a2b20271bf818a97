"""What is saved is loaded again, whole or not at all; what cannot be trusted is refused and left as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.keeping.project import KeptSeries, KeptSubject, Project, ProjectInvalid
from napari_hipspine.keeping.project_file import FILE_NAME, load_project, save_project
from napari_hipspine.keeping.project_json import project_as_json, project_of_json
from napari_hipspine.keeping.project_paths import PathCode
from napari_hipspine.keeping.whole_file import write_whole_file

from .projects import HOME, PROJECTS, SERIES


@given(PROJECTS)
def test_every_project_comes_back_as_it_was(project):
    paths = PathCode(HOME)
    text = json.dumps(project_as_json(project, paths), ensure_ascii=False)
    assert project_of_json(json.loads(text), paths) == project


@given(SERIES)
def test_a_project_that_moves_with_its_data_names_the_data_where_it_is_now(series):
    there = PathCode(Path("/new/place"))
    said = project_as_json(Project("p", HOME, (KeptSubject("a", series=(series,)),)), PathCode(HOME))
    moved = project_of_json(json.loads(json.dumps(said)), there)
    assert moved.folder == there.home
    for before, after in zip(series.paths, moved.subjects[0].series[0].paths, strict=True):
        inside = before.is_relative_to(HOME)
        assert after == (there.home / before.relative_to(HOME) if inside else before)


def saved(folder: Path, **changed) -> Path:
    """A small project file with some of its values changed."""
    series = KeptSeries({"image": folder / "sub-1" / "anat" / "sub-1_T2w.nii"})
    save_project(folder / FILE_NAME, Project("Pilot", folder, (KeptSubject("sub-1", series=(series,)),)))
    path = folder / FILE_NAME
    said = {**json.loads(path.read_text(encoding="utf-8")), **changed}
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def test_the_file_is_readable_and_its_paths_are_relative(tmp_path):
    said = json.loads(saved(tmp_path).read_text(encoding="utf-8"))
    assert (said["format"], said["version"], said["folder"]) == ("napari-hipspine project", 1, ".")
    assert said["subjects"][0]["series"][0]["files"] == {"image": "sub-1/anat/sub-1_T2w.nii"}
    assert str(tmp_path) not in json.dumps(said)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"version": 2, "program": "9.1"}, "version 2, written by napari-hipspine 9.1"),
        ({"version": None}, "version None"),
        ({"format": "something"}, "another kind of file"),
        ({"subjects": [{"subject_id": 7}]}, "Expected a subject with .* found no current, no reader_id"),
        ({"subjects": "nobody"}, "Expected a value of type list, found 'nobody'"),
        ({"colour": "blue"}, "an unknown colour"),
        ({"current": ["sub-1"]}, "Expected 2 words, found 1"),
    ],
)
def test_what_cannot_be_trusted_is_refused_and_left_as_it_is(tmp_path, changed, found):
    path = saved(tmp_path, **changed)
    before = path.read_bytes()
    with pytest.raises(ProjectInvalid, match=f"Expected a project file of version 1, found .*{found}"):
        load_project(path)
    with pytest.raises(ProjectInvalid, match="Expected a project file of version 1"):
        save_project(path, Project("Pilot"), touched=())
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_files_that_are_no_project_are_refused_with_words(tmp_path, content):
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(ProjectInvalid, match="Expected a project file of version 1, found"):
        load_project(path)
    with pytest.raises(ProjectInvalid, match="No such file"):
        load_project(tmp_path / "absent.json")


def test_a_disk_that_takes_nothing_leaves_the_old_project(tmp_path, monkeypatch):
    path = saved(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ProjectInvalid, match="No space left on device"):
        save_project(path, Project("Other"))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [FILE_NAME]


def test_an_interrupted_write_leaves_nothing_half(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_whole_file(path, b"before")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole_file(path, b"after")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"before"]


def test_two_windows_on_one_study_do_not_undo_each_other(tmp_path):
    path = tmp_path / FILE_NAME
    first = Project("Pilot", tmp_path, (KeptSubject("sub-1"), KeptSubject("sub-2")))
    save_project(path, first)
    save_project(path, first.with_subjects(KeptSubject("sub-2", reader_id="B")), touched={("sub-2", "")})
    written = save_project(path, first.with_subjects(KeptSubject("sub-1", reader_id="A")), touched={("sub-1", "")})
    assert [one.reader_id for one in written.subjects] == ["A", "B"]
    assert load_project(path) == written


def test_a_subject_stands_once():
    with pytest.raises(InvalidChoice, match="found several times a 1"):
        Project("p", subjects=(KeptSubject("a", "1"), KeptSubject("a", "1")))
    with pytest.raises(InvalidChoice, match="found water"):
        KeptSeries({"water": Path("/a")})
    assert replace(Project("p"), name="q").name == "q"


def test_a_file_from_before_implants_were_kept_is_read(tmp_path):
    path = saved(tmp_path)
    said = json.loads(path.read_text(encoding="utf-8"))
    del said["subjects"][0]["series"][0]["implants"], said["subjects"][0]["series"][0]["drawn_fat"]
    path.write_text(json.dumps(said), encoding="utf-8")
    assert load_project(path).subjects[0].series[0].implants is None
