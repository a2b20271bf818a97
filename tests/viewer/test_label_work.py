"""Labels of a series on disk: found again, taken up, discarded, read by a second opener, never over their source."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
from tests.viewer.conftest import SHAPE, STRUCTURES, oriented_grid

from napari_hipspine.domain.errors import Cancelled, InvalidChoice
from napari_hipspine.domain.label_map import LabelMap, Origin
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.keeping.label_store_errors import LabelsNotKept
from napari_hipspine.keeping.label_store_notes import FillNote
from napari_hipspine.keeping.label_store_status import Hand
from napari_hipspine.viewer.label_places import fresh_place, place_of_labels, work_folder
from napari_hipspine.viewer.label_work import open_label_work
from napari_hipspine.viewer.openings import copy_labels, new_labels_on, open_labels_on
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords
from napari_hipspine.viewer.session import Session


@pytest.fixture
def empty():
    return LabelMap(np.zeros(SHAPE, np.uint16), oriented_grid(), STRUCTURES, origin=Origin.DRAWN)


def test_same_files_lead_to_the_same_folder(subject):
    place = place_of_labels(subject.pictures, subject.outlines)
    assert place == place_of_labels(subject.pictures, subject.outlines)
    assert place.parent == work_folder()
    assert place != place_of_labels(subject.pictures, None)
    assert place != place_of_labels(replace(subject.pictures, series="1"), subject.outlines)


def test_source_is_untouched_and_work_goes_on_where_it_was_left(subject):
    before = (subject.outlines.labels).read_bytes()
    opened = open_labels_on(subject.volume, subject.pictures, subject.outlines, name="sub-007")
    assert opened.work.notice() == ""
    opened.label_map.labels[2, 5, 5] = 3
    opened.work.close()
    again = open_labels_on(subject.volume, subject.pictures, subject.outlines, name="sub-007")
    assert again.label_map.labels[2, 5, 5] == 3
    assert again.work.notice().startswith("Your work on these labels goes on")
    assert again.work.store.undo() is not None
    assert again.label_map.labels[2, 5, 5] == 0
    assert subject.outlines.labels.read_bytes() == before
    again.work.close()


def test_second_opener_may_only_look_and_is_told_why(subject, empty):
    place = place_of_labels(subject.pictures, None)
    first, second = open_label_work(place, empty), open_label_work(place, empty)
    assert first.read_only_reason == ""
    assert second.read_only_reason
    assert second.notice().startswith("Read only: ")
    assert open_label_work(place, empty, held=first) is first
    first.close()
    second.close()


def test_changes_are_discarded_back_to_any_opening_and_that_can_be_undone(empty):
    work = open_label_work(fresh_place("drawn"), empty)
    work.store.labels[1, 4, 4] = 2
    (words, mark) = work.past()[-1]
    assert words.startswith("as they were first opened, ")
    assert work.discard_since(mark).slices == {1}
    assert not work.store.labels[...].any()
    work.store.undo()
    assert work.store.labels[1, 4, 4] == 2
    work.close()


def test_labels_of_another_grid_are_refused(empty):
    place = fresh_place("drawn")
    open_label_work(place, empty).close()
    other = replace(empty, grid=oriented_grid(rows_to="A"))
    with pytest.raises(InvalidChoice, match="begun on this image"):
        open_label_work(place, other)


def test_ends_of_a_muscle_are_kept_and_contradictions_refused(empty):
    place = fresh_place("drawn")
    work = open_label_work(place, empty)
    work.store.labels[3, 4:8, 4:8] = 1
    work.set_extent(1, first=1)
    work.set_extent(1, last=4)
    with pytest.raises(InvalidChoice, match="beyond the ends of the muscle, found one on slice 3"):
        work.set_extent(1, last=2)
    work.set_extent(2, last=2)
    with pytest.raises(InvalidChoice, match="begins before it ends"):
        work.set_extent(2, first=3)
    work.close()
    again = open_label_work(place, empty)
    assert again.extents == {1: (1, 4), 2: (None, 2)}
    again.set_extent(2, last=2)
    assert again.extents == {1: (1, 4)}
    while again.store.undo():
        pass
    assert again.extents == {}
    again.close()


def test_a_muscle_end_can_be_undone_in_the_next_sitting(empty):
    place = fresh_place("drawn")
    work = open_label_work(place, empty)
    work.set_extent(1, first=2)
    work.close()
    again = open_label_work(place, empty)
    assert again.store.undo().title == "starts here"
    assert again.extents == {}
    again.close()


def test_slabs_are_counted_from_their_marks_and_taken_back_by_a_second_one(empty):
    work = open_label_work(fresh_place("drawn"), empty)
    assert work.slabs() == [0] * 6
    work.toggle_slab(2)
    work.toggle_slab(4)
    assert work.slabs() == [0, 0, 1, 1, 2, 2]
    work.toggle_slab(2)
    assert work.slabs() == [0, 0, 0, 0, 1, 1]
    work.close()


def test_looks_are_worst_first_kept_across_sittings_and_gone_once_a_person_has_looked(empty):
    place = fresh_place("drawn")
    work = open_label_work(place, empty)
    doubts = {(1, 1): 2.0, (2, 1): 5.0, (3, 1): 1.9, (4, 1): 3.0}
    fills = {spot: FillNote(doubt, "key") for spot, doubt in doubts.items()}
    with work.store.step("fill between", hand=Hand.TOOL, fills=fills):
        work.store.labels[1:5, 4:8, 4:8] = 1
    work.close()
    again = open_label_work(place, empty)
    assert again.to_look_at == ((2, 1), (4, 1), (1, 1))
    assert again.approve([2], [1]) == 1
    again.store.labels[4, 4, 4] = 0
    assert again.to_look_at == ((1, 1),)
    again.store.undo()
    again.store.undo()
    assert again.to_look_at == ((2, 1), (4, 1), (1, 1))
    again.close()


def test_imported_slices_become_outlines_when_they_are_approved(empty):
    labels = np.zeros(SHAPE, np.uint16)
    labels[1:4, 4:8, 4:8], labels[2, 4:8, 10:12] = 1, 2
    work = open_label_work(fresh_place("tool"), replace(empty, labels=labels, origin=Origin.IMPORTED))
    assert work.keys_of(1) == ()
    assert work.approve([1], [1, 2]) == 1
    assert work.approve([1], [1, 2]) == 0
    assert work.approve_imported() == 3
    assert (work.keys_of(1), work.keys_of(2)) == ((1, 2, 3), (2,))
    assert work.approve_imported() == 0
    work.store.undo()
    assert work.keys_of(1) == (1,)
    work.close()


def left_by_a_dead_process(place) -> None:
    """Make the lock that of a process that has ended."""
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    lock = place / "labels" / "writer.lock"
    said = json.loads(lock.read_text(encoding="utf-8"))
    lock.write_text(json.dumps({**said, "pid": int(dead.stdout), "started": ""}), encoding="utf-8")


@pytest.mark.parametrize("answer", ["keep", "discard"])
def test_what_a_dead_sitting_left_is_offered_to_be_kept_or_discarded(empty, answer):
    place = fresh_place("drawn")
    first = open_label_work(place, empty)
    first.store.labels[1, 4, 4] = 2
    first.close()
    died = open_label_work(place, empty)
    died.store.labels[1, 5, 5] = 2
    left_by_a_dead_process(place)
    again = open_label_work(place, empty)
    assert again.recovery.n_steps == 1
    said = "The last sitting ended without closing. What it left is here: 1 step. Keep it, or discard it?"
    assert again.notice() == said
    if answer == "keep":
        again.keep_recovered()
    else:
        assert again.discard_recovered().slices == {1}
    assert (again.store.labels[1, 4, 4], again.store.labels[1, 5, 5]) == (2, 2 if answer == "keep" else 0)
    assert again.recovery is None
    assert again.notice().startswith("Your work on these labels goes on")
    if answer == "discard":
        again.store.undo()
        assert again.store.labels[1, 5, 5] == 2
    again.close()


def test_labels_that_everybody_let_go_of_can_be_painted_by_others(empty):
    place = fresh_place("drawn")
    work = open_label_work(place, empty)
    store = weakref.ref(work.store)
    work.store.labels[1, 4, 4] = 2
    del work
    gc.collect()
    assert store() is None
    again = open_label_work(place, empty)
    assert again.read_only_reason == ""
    assert again.recovery is None
    again.close()


def test_new_labels_name_the_muscles_and_are_empty(subject):
    opened = new_labels_on(subject.volume, subject.pictures, region="lumbar", name="sub-007")
    assert {s.muscle.region for s in opened.label_map.structures.values()} == {"lumbar"}
    assert not opened.label_map.labels[...].any()
    opened.work.name({1: STRUCTURES[1]})
    opened.work.close()
    again = new_labels_on(subject.volume, subject.pictures, region="lumbar", name="sub-007")
    assert dict(again.label_map.structures) == {1: STRUCTURES[1]}
    again.work.close()


def test_measuring_reads_what_was_finished_when_it_was_asked(subject):
    opened = open_labels_on(subject.volume, subject.pictures, subject.outlines, name="sub-007")
    session = Session()
    session.add(
        SeriesWork(
            "sub-007", subject.volume, SubjectWords("sub-007"), subject.pictures, label_map=opened.label_map,
            label_work=opened.work, opened_checksums=opened.checksums,
        )
    )  # fmt: skip
    request = session.measure_request()
    opened.label_map.labels[2, 20:50, 5:9] = 1
    session.keep_result(request, request.run(stay_silent))
    assert session.work.stale_slices == {2}
    before = session.work.measured.result.slices.set_index(["slice_index", "muscle", "side"])["csa_mm2"]
    again = session.refresh_request()
    session.keep_result(again, again.run_again(session.work.measured, session.work.stale_slices, stay_silent))
    after = session.work.measured.result.slices.set_index(["slice_index", "muscle", "side"])["csa_mm2"]
    changed = after[(after - before) != 0]
    assert [index for index in changed.index if index[1:] == ("multifidus", "left")] == [(2, "multifidus", "left")]
    assert changed.index.get_level_values("slice_index").unique().tolist() == [2]
    assert session.refresh_request() is None
    assert session.why_stale() == ""
    rows = session.work.measured.result.slices
    assert rows.loc[rows["muscle"] == "multifidus", "flags"].str.contains("threshold_stale").all()
    opened.work.close()


def test_labels_of_a_layer_are_copied_with_what_is_painted_meanwhile(empty):
    labels = np.zeros(SHAPE, np.uint16)
    labels[1, 4:8, 4:8] = 2
    copied = copy_labels(replace(empty, labels=labels), name="Labels")
    assert (copied.work.store.labels[...] == labels).all()
    labels[3, 5, 5] = 1
    copied.catch_up(labels)
    assert (copied.work.store.labels[...] == labels).all()
    copied.work.close()


def test_cancelled_copying_leaves_nothing(empty):
    def stop(done: int, total: int, doing: str) -> None:
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        copy_labels(empty, name="Labels", progress=stop)
    assert list(work_folder().iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(empty, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LabelsNotKept, match="Expected a folder for labels that are worked on"):
        open_label_work(tmp_path / "file" / "labels", empty)
