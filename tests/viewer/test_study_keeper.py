"""Without a window: subjects are opened as they were left, and what was done is in the project file."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Region, find_level, find_muscle, find_structure
from napari_hipspine.domain.errors import Cancelled
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan, MillimetresAround
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.domain.threshold_review import ThresholdReview
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.keeping.project_file import FILE_NAME, load_project
from napari_hipspine.viewer.fat_layer import fat_map, open_proposed_fat
from napari_hipspine.viewer.fat_overlay import BESIDE
from napari_hipspine.viewer.kept_work import muscle_progress
from napari_hipspine.viewer.preferred import Preferences
from napari_hipspine.viewer.recent_studies import Recent, add_recent, load_recent
from napari_hipspine.viewer.series_names import muscles_name, renamed_layer, series_name, switch_title
from napari_hipspine.viewer.series_of_layers import work_of_files
from napari_hipspine.viewer.series_work import SubjectWords
from napari_hipspine.viewer.session import Session
from napari_hipspine.viewer.study_keeper import StudyKeeper
from napari_hipspine.viewer.study_list import beside, done_words, subject_rows, switch_titles
from napari_hipspine.viewer.subject_openings import open_study_subject
from napari_hipspine.workflows import kept_result
from napari_hipspine.workflows.open_study import open_study
from napari_hipspine.workflows.open_subject import open_image
from napari_hipspine.writing.tables import result_files, table_as_csv

from .studies import make_study

L4 = LevelPlan((LevelPlacement(find_level("L4"), -32.0),), MillimetresAround(8.0))


@pytest.fixture
def folder(tmp_path):
    return make_study(tmp_path / "Pilot")


class Sitting:
    """A session with its keeper, as the dock has them."""

    def __init__(self, place) -> None:
        self.told = []
        self.session = Session()
        self.keeper = StudyKeeper(self.session, tell=self.told.append)
        self.keeper.begin(open_study(place))

    def open(self, subject_id: str):
        self.close_series()
        study = self.session.study
        opened = open_study_subject(study, study.subject((subject_id, "")), Preferences())
        for one in opened.series:
            self.session.add(one.work)
        self.session.choose(opened.current)
        return opened

    def close_series(self) -> None:
        while self.session.works:
            work = self.session.works[-1]
            self.session.remove(len(self.session.works) - 1)
            for kept in (work.label_work, work.fat_work):
                if kept is not None:
                    kept.close()

    def end(self) -> None:
        self.close_series()
        self.keeper.close()


def measure(session: Session) -> None:
    request = session.measure_request()
    session.keep_result(request, request.run(stay_silent))


def test_a_sitting_goes_on_where_the_last_one_stopped(folder):
    first = Sitting(folder)
    opened = first.open("sub-001")
    assert opened.problems == ()
    assert [one.work.name for one in opened.series] == ["sub-001 · lumbar T2", "sub-001 · hip PD"]
    first.session.declare(contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT)
    protocol = MeasurementProtocol(fat_method=FatMethod.OTSU, erosion_mm=1.5)
    review = ThresholdReview({"multifidus": 512.0})
    first.session.change(level_plan=L4, chosen_protocol=protocol, review=review, hidden=frozenset({2}))
    first.session.introduce(replace(first.session.who, reader_id="r1"))
    kept = first.session.work.label_work
    with kept.store.step("a stroke"):
        kept.store.labels[3, 0:4, 0:4] = 1
    first.session.remember_view(slice_index=3, value=4, contrast_limits=(10.0, 900.0))
    first.end()
    assert first.told == []

    again = Sitting(folder)
    opened = again.open("sub-001")
    assert opened.problems == ()
    work = again.session.work
    assert (work.level_plan, work.chosen_protocol, work.review) == (L4, protocol, review)
    assert work.image.fat_polarity is FatPolarity.BRIGHT
    assert work.who == SubjectWords("sub-001", "", "r1")
    assert (work.seen.slice_index, work.seen.value, work.seen.contrast_limits) == (3, 4, (10.0, 900.0))
    assert work.hidden == {2}
    assert (np.asarray(work.label_map.labels[3])[:4, :4] == 1).all()
    assert work.label_work.is_resumed
    assert work.label_work.store.undo() is not None
    again.end()


@pytest.fixture
def measured_before(folder):
    """A study whose first subject was measured, and what came of it."""
    first = Sitting(folder)
    first.open("sub-001")
    first.session.declare(contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT)
    first.session.change(level_plan=L4)
    measure(first.session)
    result = first.session.work.measured.result
    first.keeper.remember()
    first.end()
    assert first.told == []
    return folder, result


def test_numbers_come_back_without_measuring_where_nothing_has_changed(measured_before, tmp_path):
    folder, result = measured_before
    again = Sitting(folder)
    again.open("sub-001")
    work = again.session.work
    assert again.session.is_up_to_date(work)
    assert again.session.why_not_export() == ""
    assert result_files(work.measured.result) == result_files(result)
    assert work.measured.result.provenance.made_at == result.provenance.made_at
    kept = work.label_work
    with kept.store.step("a stroke"):
        kept.store.labels[3, 0:4, 0:4] = 1
    again.session.look_at_labels()
    assert "counted once more, with its thresholds" in again.session.why_stale()
    request, before = again.session.refresh_request(), again.session.work.measured
    followed = request.run_again(before, again.session.work.stale_slices, stay_silent)
    again.session.keep_result(request, followed)
    assert again.session.why_stale() == ""
    first = before.request.run(stay_silent)
    assert table_as_csv(first.slices) == table_as_csv(before.result.slices)
    live = request.run_again(replace(before, result=first), frozenset({3}), stay_silent)
    assert table_as_csv(followed.slices) == table_as_csv(live.slices) != table_as_csv(first.slices)
    assert table_as_csv(followed.measurements) == table_as_csv(live.measurements)
    again.end()


@pytest.mark.parametrize("change", ["labels", "protocol", "picture", "version", "table", "half"])
def test_numbers_do_not_come_back_once_anything_has_changed(measured_before, change, monkeypatch):
    folder, _ = measured_before
    place = load_project(folder / FILE_NAME).subjects[0].series[0].painted / "result"
    if change in ("labels", "protocol"):
        other = Sitting(folder)
        other.open("sub-001")
        store = other.session.work.label_work.store
        if change == "protocol":
            other.session.change(chosen_protocol=MeasurementProtocol(erosion_mm=1.0))
        else:
            with store.step("a stroke"):
                store.labels[3, 0:4, 0:4] = 1
            other.session.look_at_labels()
        other.end()
    elif change == "picture":
        picture = load_project(folder / FILE_NAME).subjects[0].series[0].files["image"]
        os.utime(picture, (1, 1))
    elif change == "version":
        monkeypatch.setattr(kept_result, "installed_versions", lambda: {"napari-hipspine": "another"})
    elif change == "table":
        table = place / "measurements.csv"
        table.write_text(table.read_text().replace("0.", "00.", 1))
    else:
        (place / "slices.csv").write_text((place / "slices.csv").read_text()[:200])
    again = Sitting(folder)
    again.open("sub-001")
    assert again.session.work.measured is None
    again.end()


def test_levels_of_the_other_region_stay_as_they_are(folder):
    sitting = Sitting(folder)
    sitting.open("sub-001")
    sitting.session.change(level_plan=L4)
    sitting.session.choose(1)
    sitting.session.change(chosen_protocol=MeasurementProtocol(erosion_mm=2.0))
    assert sitting.session.works[0].level_plan == L4
    assert sitting.session.works[1].level_plan == LevelPlan()
    assert sitting.session.works[0].chosen_protocol is None
    sitting.end()
    kept = load_project(folder / FILE_NAME).subjects[0]
    assert kept.current == 1
    assert [one.level_plan for one in kept.series] == [L4, LevelPlan()]


def test_what_is_said_for_one_subject_is_proposed_for_the_next_and_positions_are_not(folder):
    sitting = Sitting(folder)
    sitting.open("sub-001")
    sitting.session.declare(contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT)
    by_hand = MeasurementProtocol(fat_method=FatMethod.MANUAL, manual_threshold=500.0)
    sitting.session.change(level_plan=L4, chosen_protocol=MeasurementProtocol(erosion_mm=2.0))
    sitting.session.choose(1)
    sitting.session.change(chosen_protocol=by_hand)
    sitting.keeper.save()
    lumbar, hip = (one.work for one in sitting.open("sub-002").series)
    assert lumbar.image.fat_polarity is FatPolarity.BRIGHT
    assert lumbar.chosen_protocol == MeasurementProtocol(erosion_mm=2.0)
    assert lumbar.level_plan == LevelPlan(window=MillimetresAround(8.0))
    assert lumbar.said_as_for == "sub-001"
    assert hip.chosen_protocol is None
    assert hip.image.fat_polarity is FatPolarity.UNKNOWN
    sitting.end()


def test_the_list_follows_the_work_and_forgets_a_measurement_that_no_longer_holds(folder):
    sitting = Sitting(folder)
    sitting.open("sub-001")
    session = sitting.session
    session.declare(contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT)
    session.change(level_plan=L4)

    def row() -> tuple[str, ...]:
        sitting.keeper.save()
        return subject_rows(session.study, session)[0].cells

    assert row() == ("●", "sub-001", "2", "1/2", "4/4", "0/2")
    measure(session)
    assert row()[-1] == "1/2"
    with session.work.label_work.store.step("a stroke"):
        session.work.label_work.store.labels[2, 0, 0] = 1
    session.look_at_labels()
    assert row()[-1] == "0/2"
    session.work.label_work.store.undo()
    session.look_at_labels()
    assert row()[-1] == "1/2"
    sitting.end()
    assert open_study(folder).subjects[0].n_measured == 1

    again = Sitting(folder)
    again.open("sub-001")
    again.keeper.remember()
    assert again.session.study.subjects[0].n_measured == 1
    again.session.change(chosen_protocol=MeasurementProtocol(erosion_mm=1.0))
    again.keeper.remember()
    assert again.session.study.subjects[0].n_measured == 0
    again.end()


def test_a_muscle_with_a_gap_is_not_done_and_one_that_ends_before_it_is(folder):
    sitting = Sitting(folder)
    sitting.open("sub-001")
    work = sitting.session.work
    assert muscle_progress(work) == (4, 4)
    labels = work.label_work.store.labels
    with work.label_work.store.step("erase"):
        labels[3] = np.where(labels[3] == 1, 0, labels[3])
    assert muscle_progress(work) == (3, 4)
    sitting.end()


def test_a_closed_layer_of_labels_is_not_forgotten(folder):
    sitting = Sitting(folder)
    sitting.open("sub-001")
    sitting.keeper.save()
    sitting.session.work.label_work.close()
    sitting.session.change(label_map=None, label_work=None, outlines=None)
    sitting.end()
    again = Sitting(folder)
    assert again.open("sub-001").series[0].work.label_map is not None
    again.end()


def test_labels_move_with_the_study(folder, tmp_path):
    sitting = Sitting(folder)
    sitting.open("sub-001")
    kept = sitting.session.work.label_work
    assert kept.store.folder.is_relative_to(folder / "derivatives" / "napari-hipspine" / "labels")
    with kept.store.step("a stroke"):
        kept.store.labels[1, 0, 0] = 3
    sitting.end()
    shutil.move(folder, tmp_path / "elsewhere")
    again = Sitting(tmp_path / "elsewhere")
    opened = again.open("sub-001")
    assert opened.problems == ()
    assert np.asarray(opened.series[0].work.label_map.labels[1])[0, 0] == 3
    again.end()


def test_what_cannot_be_opened_is_told_and_the_rest_is_opened(folder):
    (folder / "sub-001" / "anat" / "sub-001_acq-hip_PDw.nii").write_bytes(b"no picture")
    (folder / "derivatives" / "readers" / "sub-001" / "anat" / "sub-001_acq-lumbar_dseg.csv").unlink()
    sitting = Sitting(folder)
    opened = sitting.open("sub-001")
    assert [one.work.stated_region for one in opened.series] == [Region.LUMBAR]
    assert opened.series[0].work.label_map is None
    labels, picture = (str(problem) for problem in opened.problems)
    assert labels.startswith("lumbar T2: Expected a naming")
    assert picture.startswith("hip PD: Expected an image")
    sitting.end()


def test_a_picture_that_was_replaced_is_not_taken_for_the_one_worked_on(folder):
    first = Sitting(folder)
    first.open("sub-001")
    first.session.change(level_plan=L4)
    first.end()
    image = folder / "sub-001" / "anat" / "sub-001_acq-lumbar_T2w.nii"
    image.write_bytes(image.read_bytes() + b"0000")
    again = Sitting(folder)
    opened = again.open("sub-001")
    assert [one.work.stated_region for one in opened.series] == [Region.HIP]
    assert "Expected the picture that was worked on" in str(opened.problems[0])
    again.end()
    assert load_project(folder / FILE_NAME).subjects[0].series[0].level_plan == L4


def test_lost_labels_are_told_and_begun_anew_from_the_file(folder):
    first = Sitting(folder)
    first.open("sub-001")
    first.end()
    shutil.rmtree(folder / "derivatives" / "napari-hipspine")
    again = Sitting(folder)
    opened = again.open("sub-001")
    assert "Expected the labels that were painted, found none" in str(opened.problems[0])
    assert opened.series[0].work.n_structures == 4
    again.end()


def test_cancelled_opening_leaves_no_labels_locked(folder):
    study = open_study(folder)
    subject = study.subjects[0]

    def cancel(done, total, doing) -> None:
        if done == total:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        open_study_subject(study, subject, Preferences(), cancel)
    work = open_study_subject(study, subject, Preferences()).series[0].work
    assert work.label_work.read_only_reason == ""
    work.label_work.close()


def test_a_disk_that_takes_no_project_is_told_once_and_nothing_is_lost(folder, monkeypatch):
    sitting = Sitting(folder)
    sitting.open("sub-001")
    sitting.keeper.save()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    for plan in (L4, LevelPlan()):
        sitting.session.change(level_plan=plan)
        sitting.keeper.save()
    assert len(sitting.told) == 1
    assert "No space left on device" in str(sitting.told[0])
    monkeypatch.undo()
    sitting.session.change(level_plan=L4)
    sitting.end()
    assert load_project(folder / FILE_NAME).subjects[0].series[0].level_plan == L4


def test_a_picture_opened_alone_is_remembered_under_the_last_name_it_was_given(subject, tmp_path):
    session = Session()
    keeper = StudyKeeper(session, tell=lambda error: pytest.fail(str(error)))
    session.add(work_of_files(open_image(subject.pictures), subject.pictures))
    keeper.save()
    assert not (tmp_path / "data").exists()
    session.change(level_plan=L4)
    for name in ("sub-0", "sub-01"):
        session.introduce(SubjectWords(name))
        keeper.save()
    keeper.close()
    (written,) = (tmp_path / "data" / "projects").iterdir()
    assert [one.subject_id for one in load_project(written).subjects] == ["sub-01"]
    assert session.study.project.folder is None
    assert load_project(written).subjects[0].series[0].words.contrast is Contrast.T2


def test_next_and_previous_subject_and_how_many_are_done(folder):
    study, session = open_study(folder), Session()
    assert beside(study, session, step=1).subject_id == "sub-001"
    sitting = Sitting(folder)
    sitting.open("sub-002")
    assert beside(study, sitting.session, step=1) is None
    assert beside(study, sitting.session, step=-1).subject_id == "sub-001"
    assert done_words(study) == "0/2 done"
    assert switch_titles(sitting.session.works) == ("Lumbar · T2", "Hip · PD")
    sitting.end()


def test_names_of_series_layers_and_switch():
    assert series_name("sub-007", Region.HIP, Contrast.PD) == "sub-007 · hip PD"
    assert muscles_name("sub-007 · lumbar T2", "lumbar") == "sub-007 · lumbar muscles"
    assert muscles_name("sub-007 · T2", "") == "sub-007 · T2 · muscles"
    assert switch_title("hip", Contrast.UNKNOWN, "sub-007 · hip") == "Hip"
    assert switch_title("", Contrast.UNKNOWN, "scan") == "scan"
    before, after = "sub-0 · lumbar T2", "sub-01 · lumbar T2"
    assert renamed_layer("sub-0 · lumbar T2 · fat", before, after, "lumbar") == "sub-01 · lumbar T2 · fat"
    assert renamed_layer("sub-0 · lumbar muscles", before, after, "lumbar") == "sub-01 · lumbar muscles"
    pair = ("sub-0 · lumbar water and fat", "sub-1 · hip water and fat")
    assert renamed_layer("sub-0 · lumbar fat", *pair, "hip") == "sub-1 · hip fat"
    assert renamed_layer("mine", before, after, "lumbar") == "mine"


def test_recent_studies_and_subjects(tmp_path):
    assert load_recent() == ()
    study = Recent(str(tmp_path), "Pilot")
    people = [replace(study, subject_id=f"sub-{number}") for number in range(4)]
    for one in people:
        add_recent([study, one], length=3)
    assert load_recent() == (study, *reversed(people[1:]))
    assert [one.title for one in load_recent()[:2]] == ["Pilot", "sub-3 · Pilot"]
    assert load_recent()[0].is_there
    (tmp_path / "data" / "recent.json").write_text("[{]", encoding="utf-8")
    assert load_recent() == ()
    (tmp_path / "data" / "recent.json").write_text(json.dumps([{"colour": 1}]), encoding="utf-8")
    assert load_recent() == ()


def test_muscles_of_the_stated_region_are_offered(folder):
    sitting = Sitting(folder)
    sitting.open("sub-002")
    assert [work.region for work in sitting.session.works] == ["lumbar", "hip"]
    sitting.session.change(stated_region=None)
    assert sitting.session.work.region == ""
    assert find_structure("multifidus", "left").muscle == find_muscle("multifidus")
    sitting.end()


@pytest.fixture
def drawn_before(folder):
    """A study whose first subject was measured with fat beside the muscles that was redrawn, and what came of it."""
    first = Sitting(folder)
    first.open("sub-001")
    session = first.session
    session.declare(contrast=Contrast.T2, fat_polarity=FatPolarity.BRIGHT)
    measure(session)
    drawn = open_proposed_fat(session.work.measured, stay_silent, study=session.labels_study)
    session.change(fat_roi=fat_map(drawn), fat_work=drawn)
    with drawn.store.step("a stroke"):
        drawn.store.labels[3, 0:4, 0:4] = BESIDE
    measure(session)
    result, voxels = session.work.measured.result, np.array(drawn.store.labels[...])
    first.keeper.remember()
    first.end()
    assert first.told == []
    return folder, result, voxels


def test_fat_that_was_redrawn_comes_back_with_the_numbers_that_rest_on_it(drawn_before):
    folder, result, voxels = drawn_before
    kept = load_project(folder / FILE_NAME).subjects[0].series[0]
    assert kept.drawn_fat.is_relative_to(folder / "derivatives")
    again = Sitting(folder)
    opened = again.open("sub-001")
    work = again.session.work
    assert opened.problems == ()
    assert np.array_equal(np.asarray(work.fat_roi.labels[...]), voxels)
    assert not work.fat_work.read_only_reason
    assert again.session.is_up_to_date(work)
    assert result_files(work.measured.result) == result_files(result)
    assert len([layer for layer in opened.series[0].layers if layer[2] == "labels"]) == 2

    counted = work.measured.request.run(stay_silent)
    assert table_as_csv(counted.slices) == table_as_csv(result.slices)
    with work.fat_work.store.step("a stroke"):
        work.fat_work.store.labels[3, 4:8, 0:4] = BESIDE
    assert not again.session.is_up_to_date(work)
    again.end()
    third = Sitting(folder)
    third.open("sub-001")
    assert third.session.work.measured is None
    assert third.session.work.fat_roi is not None
    third.end()


def test_lost_drawn_fat_is_told_and_numbers_that_rest_on_it_do_not_come_back(drawn_before):
    folder, _, _ = drawn_before
    shutil.rmtree(load_project(folder / FILE_NAME).subjects[0].series[0].drawn_fat)
    again = Sitting(folder)
    opened = again.open("sub-001")
    assert "Expected the fat beside the muscles that was drawn, found none" in str(opened.problems[0])
    assert again.session.work.fat_roi is None
    assert again.session.work.measured is None
    again.end()
