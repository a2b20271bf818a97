"""What nnInteractive outlines becomes a proposal: on all slices, around what is decided, taken in one step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.segmenting.fake_tools import forget_fakes, install_nninteractive
from tests.viewer.conftest import SHAPE, STRUCTURES, make_volume, muscle_pixels, oriented_grid

from napari_hipspine.domain.errors import InvalidChoice, PackageMissing
from napari_hipspine.domain.label_map import LabelMap, Origin
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.viewer.label_places import fresh_place
from napari_hipspine.viewer.label_work import open_label_work
from napari_hipspine.viewer.prompted import PromptPlace, StrokePrompts, proposed
from napari_hipspine.viewer.series_work import SeriesWork, SubjectWords


@pytest.fixture
def work():
    """A series with empty labels in a store; every muscle has a signal of its own."""
    grid = oriented_grid()
    muscles = muscle_pixels(grid)
    volume = replace(make_volume(grid, muscles), voxels=(muscles * 100 + 50).astype(np.int16))
    empty = LabelMap(np.zeros(SHAPE, np.uint16), grid, STRUCTURES, origin=Origin.DRAWN)
    kept = open_label_work(fresh_place("drawn"), empty)
    yield SeriesWork("s", volume, SubjectWords("s"), label_map=kept.store.label_map(), label_work=kept)
    kept.close()
    forget_fakes()


def muscle(work, value):
    return muscle_pixels(work.volume.grid) == value


def test_one_stroke_proposes_the_muscle_on_all_slices_in_one_step(work, tmp_path, monkeypatch):
    install_nninteractive(tmp_path, monkeypatch)
    prompts = StrokePrompts()
    prompts.connect(PromptPlace(), work.volume, stay_silent)
    assert prompts.is_connected
    assert prompts.licence == "CC BY-NC-SA 4.0"
    strokes = np.zeros(SHAPE, np.uint8)
    strokes[3][tuple(np.argwhere(muscle(work, 2)[3])[5])] = 1
    store = work.label_work.store
    proposal = prompts.outline(work, 2, strokes, store.snapshot(), stay_silent)
    assert proposal.slices == (1, 2, 3, 4, 5)
    assert not store.labels[...].any()
    proposal.accept(work.label_work)
    np.testing.assert_array_equal(store.labels[...] == 2, muscle(work, 2))
    assert store.status(4, 2) is Status.FILLED
    store.undo()
    assert not store.labels[...].any()
    prompts.close()
    assert not prompts.is_connected


def test_decided_slices_other_muscles_and_ends_stay(work):
    store, region = work.label_work.store, muscle(work, 1) | muscle(work, 2)
    store.labels[2] = np.where(muscle(work, 1)[2], 1, 0).astype(np.uint16)
    drawn = np.asarray(store.labels[2]).copy()
    store.labels[3] = np.where(muscle(work, 2)[3], 2, 0).astype(np.uint16)
    work.label_work.set_extent(1, last=4)
    proposal = proposed(work, 1, region, store.snapshot())
    assert proposal.slices == (1, 3, 4)
    proposal.accept(work.label_work)
    np.testing.assert_array_equal(store.labels[2], drawn)
    np.testing.assert_array_equal(np.asarray(store.labels[3]) == 2, muscle(work, 2)[3])
    assert not (np.asarray(store.labels[5]) == 1).any()


def test_what_the_tool_takes_back_is_taken_back_where_nobody_has_seen_to_it(work):
    store = work.label_work.store
    proposed(work, 1, muscle(work, 1) | muscle(work, 2), store.snapshot()).accept(work.label_work)
    proposed(work, 1, muscle(work, 1), store.snapshot()).accept(work.label_work)
    np.testing.assert_array_equal(store.labels[...] == 1, muscle(work, 1))


def test_locked_muscles_are_refused(work):
    work.label_work.lock([1], locked=True)
    with pytest.raises(InvalidChoice, match="found a locked one"):
        proposed(work, 1, muscle(work, 1), work.label_work.store.snapshot())


def test_another_picture_is_handed_over_by_itself(work, tmp_path, monkeypatch):
    install_nninteractive(tmp_path, monkeypatch)
    prompts = StrokePrompts()
    prompts.connect(PromptPlace("http://127.0.0.1:1527"), work.volume, stay_silent)
    session = prompts._session
    darker = replace(work.volume, voxels=work.volume.voxels // 2)
    other = replace(work, opened=darker)
    strokes = np.zeros(SHAPE, np.uint8)
    strokes[3][tuple(np.argwhere(muscle(work, 2)[3])[5])] = 1
    prompts.outline(other, 2, strokes, work.label_work.store.snapshot(), stay_silent)
    assert session.image.max() == darker.voxels.max()
    prompts.close()
    assert session.is_closed


def test_missing_package_is_refused_and_nothing_is_connected(work):
    prompts = StrokePrompts()
    with pytest.raises(PackageMissing):
        prompts.connect(PromptPlace(), work.volume, stay_silent)
    assert not prompts.is_connected
