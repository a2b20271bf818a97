"""Strokes handed over as prompts: each once, where it lies, with a fresh start when they vanish; refusals in words."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from napari_hipspine.domain.errors import InvalidChoice, PackageMissing, ToolFailed, WeightsMissing
from napari_hipspine.segmenting.adapters.nninteractive import (
    newest_model,
    open_local,
    open_remote,
    why_not_local,
    why_not_remote,
)
from napari_hipspine.segmenting.adapters.nninteractive_strokes import StrokeSession
from napari_hipspine.segmenting.adapters.tools import Weights

from .fake_tools import forget_fakes, install_nninteractive

SHAPE = (5, 8, 9)


@pytest.fixture(autouse=True)
def fresh_modules():
    yield
    forget_fakes()


@pytest.fixture
def picture():
    """Two structures of signal 300 and 500 through all slices, on a ground of 10."""
    signal = np.full(SHAPE, 10.0, np.float32)
    signal[:, 1:4, 1:4], signal[:, 5:8, 5:9] = 300, 500
    return signal


@pytest.fixture
def session(tmp_path, monkeypatch, picture):
    install_nninteractive(tmp_path, monkeypatch)
    inner = open_local()
    return StrokeSession(inner, picture), inner


def strokes_at(*places: tuple[int, slice, slice, int]) -> np.ndarray:
    strokes = np.zeros(SHAPE, np.uint8)
    for slice_index, rows, columns, kind in places:
        strokes[slice_index, rows, columns] = kind
    return strokes


FIRST = (2, slice(2, 3), slice(1, 4), 1)
OUTSIDE = (3, slice(5, 7), slice(6, 7), 2)


def test_stroke_becomes_one_small_prompt_where_it_lies_and_the_structure_comes_back_whole(session, picture):
    outlined, inner = session
    region = outlined.outline(strokes_at(FIRST), 4)
    assert inner.log == ["reset", (True, [[2, 3], [2, 3], [1, 4]], 3)]
    np.testing.assert_array_equal(region, picture == 300)
    assert outlined.licence == "CC BY-NC-SA 4.0"
    assert inner.device.type == "cpu"


def test_only_new_strokes_are_sent(session):
    outlined, inner = session
    outlined.outline(strokes_at(FIRST), 4)
    del inner.log[:]
    outlined.outline(strokes_at(FIRST, OUTSIDE, (2, slice(3, 4), slice(2, 4), 1)), 4)
    assert inner.log == [(True, [[2, 3], [3, 4], [2, 4]], 2), (False, [[3, 4], [5, 7], [6, 7]], 2)]
    del inner.log[:]
    outlined.outline(strokes_at(FIRST, OUTSIDE, (2, slice(3, 4), slice(2, 4), 1)), 4)
    assert inner.log == []


def test_vanished_strokes_and_other_structures_begin_anew(session, picture):
    outlined, inner = session
    outlined.outline(strokes_at(FIRST, (1, slice(6, 7), slice(6, 8), 1)), 4)
    np.testing.assert_array_equal(outlined.outline(strokes_at(FIRST), 4), picture == 300)
    assert inner.log.count("reset") == 2
    outlined.outline(strokes_at(FIRST), 5)
    assert inner.log.count("reset") == 3


def test_structure_that_was_taken_goes_on_from_there(session, picture):
    outlined, inner = session
    outlined.outline(strokes_at(FIRST), 4)
    outlined.settle()
    region = outlined.outline(strokes_at((1, slice(6, 7), slice(6, 8), 1)), 4)
    assert inner.log.count("reset") == 1
    np.testing.assert_array_equal(region, picture > 10)


def test_strokes_that_make_no_sense_are_refused(session):
    outlined, _ = session
    with pytest.raises(InvalidChoice, match="Expected a stroke inside the structure first"):
        outlined.outline(strokes_at(OUTSIDE), 4)
    with pytest.raises(InvalidChoice, match=r"Expected strokes of shape \(5, 8, 9\), found \(1, 8, 9\)"):
        outlined.outline(np.zeros((1, 8, 9), np.uint8), 4)


def test_failed_prediction_is_told_and_the_next_begins_anew(session, picture):
    outlined, inner = session
    outlined.outline(strokes_at(FIRST), 4)
    inner.fails = True
    with pytest.raises(ToolFailed, match="Expected nnInteractive to outline the structure, found: CUDA out of memory"):
        outlined.outline(strokes_at(FIRST, OUTSIDE), 4)
    inner.fails = False
    del inner.log[:]
    outlined.outline(strokes_at(FIRST, OUTSIDE), 4)
    assert inner.log[0] == "reset"
    assert len(inner.log) == 3


def test_empty_picture_is_refused(tmp_path, monkeypatch):
    install_nninteractive(tmp_path, monkeypatch)
    with pytest.raises(ToolFailed, match="take the picture, found: Input image is entirely zero"):
        StrokeSession(open_local(), np.zeros(SHAPE, np.float32))


def test_missing_package_and_weights_are_told_without_importing_anything(tmp_path, monkeypatch):
    for missing, extra in (
        (why_not_local(Weights.PRESENT), "nninteractive"),
        (why_not_remote(), "nninteractive-remote"),
    ):
        assert isinstance(missing, PackageMissing)
        assert f"pip install 'napari-hipspine[{extra}]'" in missing.hint
        assert "CC BY-NC-SA 4.0" in missing.hint
    with pytest.raises(PackageMissing):
        open_local()
    with pytest.raises(PackageMissing):
        open_remote("http://127.0.0.1:1527")
    install_nninteractive(tmp_path, monkeypatch, has_model=False)
    missing = why_not_local(Weights.PRESENT)
    assert isinstance(missing, WeightsMissing)
    assert str(tmp_path / "models_root" / "models") in missing.message
    assert why_not_remote() is None
    assert {"torch", "nnInteractive.inference.inference_session"}.isdisjoint(sys.modules)


def test_weights_are_fetched_only_when_they_may_be(tmp_path, monkeypatch):
    install_nninteractive(tmp_path, monkeypatch, has_model=False)
    with pytest.raises(WeightsMissing):
        open_local()
    assert newest_model() is None
    open_local(weights=Weights.DOWNLOAD)
    assert newest_model().name == "nnInteractive_v1.0"


def test_client_alone_asks_a_server_and_no_more(tmp_path, monkeypatch, picture):
    """The client's package has no engine; a server needs no weights here."""
    install_nninteractive(tmp_path, monkeypatch, has_model=False)
    session = open_remote("http://127.0.0.1:1527")
    outlined = StrokeSession(session, picture)
    np.testing.assert_array_equal(outlined.outline(strokes_at(FIRST), 4), picture == 300)
    monkeypatch.undo()
    forget_fakes()
    install_nninteractive(tmp_path / "client", monkeypatch, without="inference_session")
    assert why_not_remote() is None
    assert isinstance(why_not_local(Weights.PRESENT), PackageMissing)


@pytest.mark.parametrize(
    ("server", "kind", "message"),
    [
        ("gpu-box:1527", InvalidChoice, "Expected the address of a server such as http://127.0.0.1:1527, found"),
        ("http://down:1527", ToolFailed, "Expected nnInteractive to be reached at down, found: .*Connection refused"),
        ("http://full:1527", ToolFailed, "found: server is at capacity"),
    ],
)
def test_server_that_cannot_be_asked_is_told(tmp_path, monkeypatch, server, kind, message):
    install_nninteractive(tmp_path, monkeypatch)
    with pytest.raises(kind, match=message):
        open_remote(server)
