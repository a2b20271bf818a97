"""Labels of a series on disk: found again, taken up, discarded, read by a second opener, never over their source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.viewer.conftest import SHAPE, STRUCTURES, oriented_grid

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.label_map import LabelMap, Origin
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.keeping.label_store_errors import LabelsNotKept
from napari_hipspine.viewer.label_work import fresh_place, open_label_work, place_of_labels, work_folder
from napari_hipspine.viewer.openings import new_labels_on, open_labels_on
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
    session.keep_result(again, again.run_again(session.work.measured.result, session.work.stale_slices, stay_silent))
    after = session.work.measured.result.slices.set_index(["slice_index", "muscle", "side"])["csa_mm2"]
    changed = after[(after - before) != 0]
    assert [index for index in changed.index if index[1:] == ("multifidus", "left")] == [(2, "multifidus", "left")]
    assert changed.index.get_level_values("slice_index").unique().tolist() == [2]
    assert session.refresh_request() is None
    assert session.why_stale() == ""
    rows = session.work.measured.result.slices
    assert rows.loc[rows["muscle"] == "multifidus", "flags"].str.contains("threshold_stale").all()
    opened.work.close()


def test_a_folder_that_cannot_be_made_is_said(empty, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LabelsNotKept, match="Expected a folder for labels that are worked on"):
        open_label_work(tmp_path / "file" / "labels", empty)
