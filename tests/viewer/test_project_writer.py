"""Pages of a project are written one at a time on any thread: the last state wins, and closing waits for the disk."""

from __future__ import annotations

import threading

import pytest

from napari_hipspine.domain.errors import HipSpineError
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.keeping import project_file
from napari_hipspine.keeping.project_file import FILE_NAME, load_project
from napari_hipspine.viewer import project_writer

from .studies import make_study
from .test_study_keeper import L4, Sitting


@pytest.fixture
def folder(tmp_path):
    return make_study(tmp_path / "Pilot")


@pytest.fixture
def sitting(folder):
    found = Sitting(folder)
    found.open("sub-001")
    found.keeper.save()
    yield found
    found.end()


def plan_on_disk(folder) -> LevelPlan:
    return load_project(folder / FILE_NAME).subjects[0].series[0].level_plan


class Gate:
    """A disk that takes a project only when it is let."""

    def __init__(self, monkeypatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._save = project_file.save_project
        monkeypatch.setattr(project_writer, "save_project", self)

    def __call__(self, *given, **named):
        self.begun.set()
        assert self.go_on.wait(10)
        return self._save(*given, **named)


def write_beside(sitting, page) -> threading.Thread:
    thread = threading.Thread(target=sitting.keeper.write, args=(page,))
    thread.start()
    return thread


def test_an_older_page_that_comes_late_does_not_overwrite_a_newer_one(folder, sitting):
    sitting.session.change(level_plan=L4)
    older = sitting.keeper.next_page()
    assert sitting.keeper.next_page() is None
    sitting.session.change(level_plan=LevelPlan())
    sitting.keeper.save()
    written = (folder / FILE_NAME).read_bytes()
    sitting.keeper.has_written(older, sitting.keeper.write(older))
    assert (folder / FILE_NAME).read_bytes() == written
    assert plan_on_disk(folder) == LevelPlan()


def test_saving_waits_for_a_page_that_is_being_written_and_for_one_that_was_not_begun(folder, sitting, monkeypatch):
    gate = Gate(monkeypatch)
    sitting.session.change(level_plan=L4)
    page = sitting.keeper.next_page()
    writing = write_beside(sitting, page)
    assert gate.begun.wait(10)
    threading.Timer(0.05, gate.go_on.set).start()
    sitting.keeper.save()
    assert plan_on_disk(folder) == L4
    writing.join()

    sitting.session.change(level_plan=LevelPlan())
    late = sitting.keeper.next_page()
    sitting.keeper.save()
    assert plan_on_disk(folder) == LevelPlan()
    (folder / FILE_NAME).unlink()
    sitting.keeper.write(late)
    assert not (folder / FILE_NAME).exists()


def test_what_changes_while_a_page_is_written_is_written_by_the_next(folder, sitting, monkeypatch):
    gate = Gate(monkeypatch)
    page = (sitting.session.change(level_plan=L4), sitting.keeper.next_page())[1]
    writing = write_beside(sitting, page)
    assert gate.begun.wait(10)
    sitting.session.change(level_plan=LevelPlan())
    newer = sitting.keeper.next_page()
    gate.go_on.set()
    writing.join()
    assert plan_on_disk(folder) == L4
    sitting.keeper.write(newer)
    assert plan_on_disk(folder) == LevelPlan()


def test_others_subjects_found_while_writing_beside_are_not_lost_by_the_page_after(folder, sitting):
    other = Sitting(folder)
    other.open("sub-002")
    other.keeper.save()
    sitting.session.change(level_plan=L4)
    first = sitting.keeper.next_page()
    written = sitting.keeper.write(first)
    assert [one.subject_id for one in written.project.subjects] == ["sub-001", "sub-002"]
    sitting.session.change(level_plan=LevelPlan())
    second = sitting.keeper.next_page()
    sitting.keeper.write(second)
    assert [one.subject_id for one in load_project(folder / FILE_NAME).subjects] == ["sub-001", "sub-002"]
    sitting.keeper.has_written(first, written)
    assert sitting.session.study.project.subject(("sub-002", "")) is not None
    other.end()


def test_a_refused_page_is_told_of_once_and_written_the_next_time(folder, sitting, monkeypatch):
    full = HipSpineError("Expected room, found a full disk.")

    def refuse(*_, **__):
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(project_writer, "save_project", refuse)
        for plan in (L4, LevelPlan(), L4):
            sitting.session.change(level_plan=plan)
            page = sitting.keeper.next_page()
            with pytest.raises(HipSpineError, match="full disk"):
                sitting.keeper.write(page)
            sitting.keeper.could_not_write(page, full)
            sitting.keeper.could_not_write(page, full)
        sitting.keeper.save()
    assert sitting.told == [full]
    assert plan_on_disk(folder) == LevelPlan()
    sitting.keeper.save()
    assert plan_on_disk(folder) == L4
