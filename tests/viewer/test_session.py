"""The session without a window: what is open, what may be done next, and what a result is out of date by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.undated import without_date

from napari_hipspine.domain.anatomy import find_level
from napari_hipspine.domain.errors import HipSpineError, InvalidChoice
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.domain.threshold_review import ThresholdReview
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords, find_anew
from napari_hipspine.viewer.session import EDITED_NOTE, Session
from napari_hipspine.viewer.slice_checksums import slice_checksums
from napari_hipspine.viewer.steps import Status, Step, step_states
from napari_hipspine.workflows.measure_subject import measure_subject
from napari_hipspine.workflows.open_subject import LabelFiles, open_subject
from napari_hipspine.writing.tables import result_files

L4 = LevelPlacement(find_level("L4"), -32.0)


def undated_files(result) -> dict[str, bytes]:
    """Files of a result but for the moment it was made at."""
    return {name: without_date(name, text.encode()) for name, text in result_files(result).items()}


@pytest.fixture
def session(subject) -> Session:
    """A session with an image, confirmed labels and a name."""
    found = Session()
    found.add(
        SeriesWork(
            name="T2",
            opened=subject.volume,
            who=SubjectWords("sub-007"),
            label_map=subject.label_map,
            opened_checksums=slice_checksums(subject.label_map.labels),
        )
    )
    return found


def measure(session: Session) -> None:
    request = session.measure_request()
    session.keep_result(request, request.run(stay_silent))


def test_empty_session_asks_for_an_image():
    session = Session()
    assert session.why_not_measure() == "Open an image first (step 1)."
    assert step_states(session)[Step.IMAGES].status is Status.NOW
    with pytest.raises(InvalidChoice, match="Expected an open image"):
        session.change(level_plan=LevelPlan())
    with pytest.raises(InvalidChoice, match="Open an image first"):
        session.measure_request()


def test_every_change_tells_its_name(session):
    heard = []
    session.changed.connect(heard.append)
    session.introduce(SubjectWords("sub-008"))
    session.change(level_plan=LevelPlan((L4,)))
    session.say_doing("measuring")
    session.say_doing("measuring")
    assert heard == ["who", "level_plan", "doing"]


def test_series_of_one_subject_are_renamed_together_and_others_are_not(session, subject):
    session.add(SeriesWork("PD", subject.volume, SubjectWords("sub-007")))
    session.add(SeriesWork("other", subject.volume, SubjectWords("sub-999")))
    session.choose(0)
    session.introduce(SubjectWords("sub-012"))
    assert [work.who.subject_id for work in session.works] == ["sub-012", "sub-012", "sub-999"]
    with pytest.raises(InvalidChoice, match="from 0 to 2, found 3"):
        session.choose(3)
    session.remove(0)
    assert (session.current, session.work.name) == (0, "PD")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"who": SubjectWords()}, "pseudonym"),
        ({"label_map": None}, "Open or draw labels"),
        ({"level_plan": LevelPlan((replace(L4, is_confirmed=False),))}, "Confirm the suggested level L4"),
    ],
)
def test_measuring_waits_for_what_is_missing(session, values, reason):
    session.change(**values)
    assert reason in session.why_not_measure()
    with pytest.raises(InvalidChoice, match=reason):
        session.measure_request()


def test_labels_without_names_are_not_measured(session, subject):
    session.change(label_map=replace(subject.label_map, structures={}))
    assert session.why_not_measure() == "Say first which muscle each label value is (step 3)."
    assert step_states(session)[Step.MUSCLES].status is Status.ATTENTION


def test_unknown_polarity_is_asked_for_and_what_the_reader_says_is_used(session, subject):
    session.change(opened=replace(subject.volume, fat_polarity=FatPolarity.UNKNOWN), declared=None)
    assert "bright or dark" in session.why_not_measure()
    session.declare(contrast=Contrast.PD, fat_polarity=FatPolarity.DARK)
    assert session.why_not_measure() == ""
    assert session.work.image.fat_polarity is FatPolarity.DARK
    session.declare()
    assert session.work.image.fat_polarity is FatPolarity.UNKNOWN


def test_fat_suppressed_series_waits_until_it_is_allowed(session, subject):
    session.change(opened=replace(subject.volume, fat_suppressed=True), declared=None)
    assert "Fat was suppressed" in session.why_not_measure()
    session.declare(allows_fat_suppressed=True)
    assert session.why_not_measure() == ""
    assert "fat_suppressed" in session.measure_request().image.flags


def test_nothing_is_asked_while_something_is_done(session):
    session.say_doing("opening the labels")
    assert session.why_not_measure() == "Wait until opening the labels has ended, or cancel it."


def test_result_is_the_workflows_own(session, subject):
    session.change(level_plan=LevelPlan((L4,)))
    measure(session)
    alone = measure_subject(subject.volume, subject.label_map, key=session.key(), level_plan=LevelPlan((L4,)))
    assert undated_files(session.work.measured.result) == undated_files(alone)
    assert session.why_not_export() == ""
    states = step_states(session)
    assert [state.status for state in list(states.values())[:3]] == [Status.DONE] * 3
    assert (states[Step.THRESHOLD].status, states[Step.RESULTS].status) == (Status.ATTENTION, Status.NOW)
    assert states[Step.THRESHOLD].says == "look at the proposed fat"
    session.change(review=ThresholdReview(accepts_fat_roi=True), exported=session.work.measured)
    assert step_states(session)[Step.THRESHOLD].status is Status.DONE


def test_labels_are_copied_when_measuring_is_asked_for(session, subject):
    request = session.measure_request()
    subject.label_map.labels[2, :, :] = 0
    assert request.label_map.labels[2].any()


def test_painted_slices_are_named_and_the_table_is_not_exported(session, subject):
    measure(session)
    subject.label_map.labels[3, 40, 40] = 2 - subject.label_map.labels[3, 40, 40] % 2
    session.look_at_labels()
    assert session.work.stale_slices == {3}
    assert "the labels" in session.why_not_export()
    assert step_states(session)[Step.RESULTS].status is Status.ATTENTION
    measure(session)
    assert session.why_not_export() == ""
    assert EDITED_NOTE in session.work.measured.result.provenance.notes


def test_undone_painting_leaves_the_table_as_it_was(session, subject):
    measure(session)
    before = subject.label_map.labels.copy()
    subject.label_map.labels[3, 40, 40] += 1
    session.look_at_labels()
    subject.label_map.labels[...] = before
    session.look_at_labels()
    assert session.why_not_export() == ""


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"level_plan": LevelPlan((L4,))}, "the levels"),
        ({"review": ThresholdReview({"multifidus": 500.0})}, "the thresholds"),
        ({"who": SubjectWords("sub-008")}, "the subject"),
    ],
)
def test_numbers_follow_by_themselves_what_needs_no_voxel(session, values, named):
    measure(session)
    before = session.work.measured
    session.change(**values)
    said = f"Changed since it was measured: {named}. The numbers are being brought up to date."
    assert session.why_not_export() == said
    request = session.refresh_request()
    blind = replace(request, image=replace(request.image, voxels=np.zeros_like(request.image.voxels)))
    session.keep_result(request, blind.run_again(before, frozenset(), stay_silent))
    assert session.why_not_export() == ""
    assert session.refresh_request() is None
    anew = request.run(stay_silent)
    assert undated_files(session.work.measured.result) == undated_files(anew)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"chosen_protocol": MeasurementProtocol(fat_method=FatMethod.OTSU_POOLED)}, "the settings"),
        ({"outlines": LabelFiles("other.nii")}, "the files"),
    ],
)
def test_other_choices_that_change_a_number_wait_for_the_button(session, values, named):
    measure(session)
    session.change(**values)
    assert session.why_not_export() == f"Changed since it was measured: {named}. Find the thresholds anew (step 4)."
    assert session.refresh_request() is None


def test_a_suggested_level_keeps_the_numbers_waiting_until_it_is_confirmed(session):
    measure(session)
    session.change(level_plan=LevelPlan((replace(L4, is_confirmed=False),)))
    assert session.refresh_request() is None
    assert session.why_not_export().endswith("Confirm the suggested level L4 first (step 2).")


def test_what_was_edited_is_remembered_slice_by_slice(session, subject):
    measure(session)
    for slice_index in (2, 3):
        subject.label_map.labels[slice_index, 40, 40] += 1
        session.look_at_labels()
        request = session.refresh_request()
        again = request.run_again(session.work.measured, session.work.stale_slices, stay_silent)
        session.keep_result(request, again)
    assert session.work.measured.request.edited.slices == {2, 3}
    subject.label_map.labels[2:4, 40, 40] -= 1
    session.look_at_labels()
    request = session.refresh_request()
    assert request.edited.slices == frozenset()
    assert EDITED_NOTE not in request.label_map.notes


def test_finding_anew_counts_the_numbers_that_changed(session, subject):
    measure(session)
    first = session.work.measured.result
    assert find_anew(session.measure_request(), first, stay_silent).changed.n_changed == 0
    session.change(review=ThresholdReview({"multifidus": 500.0}))
    changed = find_anew(session.measure_request(), first, stay_silent).changed
    assert 0 < changed.n_changed < changed.n_numbers
    assert find_anew(session.measure_request(), None, stay_silent).changed is None


def test_result_goes_to_its_series_even_if_another_one_is_open_by_now(session, subject):
    request = session.measure_request()
    session.add(SeriesWork("PD", replace(subject.volume, voxels=np.ones(subject.volume.grid.shape)), SubjectWords("x")))
    session.keep_result(request, request.run(stay_silent))
    assert session.works[0].measured is not None
    assert session.work.measured is None


def test_key_hides_a_dicom_series_uid(session, subject):
    source = replace(subject.volume.source, format="dicom", series="1.2.840.113619.2")
    session.change(opened=replace(subject.volume, source=source), declared=None)
    assert session.key().series.startswith("series-")
    assert "840" not in session.key().series


def test_session_equals_files_opened_headless(session, subject):
    """Opening by path in the window and on the command line gives the same bytes."""
    image, label_map = open_subject(subject.pictures, subject.outlines)
    opened = Session()
    opened.add(SeriesWork("T2", image, SubjectWords("sub-007"), subject.pictures, None, label_map, subject.outlines))
    measure(opened)
    inputs = [*subject.pictures.paths, subject.outlines.labels]
    alone = measure_subject(image, label_map, key=opened.key(), inputs=inputs)
    assert undated_files(opened.work.measured.result) == undated_files(alone)


def test_refusals_come_out_as_they_are(session):
    session.change(level_plan=LevelPlan((replace(L4, position_mm=9_000.0),)))
    with pytest.raises(HipSpineError, match="Expected a level from"):
        session.measure_request().run(stay_silent)
