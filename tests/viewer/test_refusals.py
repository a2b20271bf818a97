"""Whatever is asked for when it cannot be done is one notification with what to do: never two, never a traceback."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Layer
from tests.viewer.conftest import show

from napari_hipspine.viewer.layers import image_layers
from napari_hipspine.viewer.shortcuts import Wish
from napari_hipspine.workflows.open_subject import ImageFiles, LabelFiles

STARTS_WORK = {Wish.WINDOW_BODY, Wish.WINDOW_MUSCLE, Wish.WINDOW_FAT, Wish.WINDOW_FULL}


def ask_everything(dock, told, qtbot) -> dict[Wish, list[str]]:
    """What is told of each wish of the table of keys."""
    heard = {}
    for wish in Wish:
        told.clear()
        dock.ask(wish)
        if wish in STARTS_WORK:
            qtbot.waitUntil(lambda: dock.views._looking is None, timeout=10_000)
        qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
        heard[wish] = list(told)
        dock.explore.leave()
    return heard


def assert_said_once(heard: dict[Wish, list[str]]) -> None:
    for wish, words in heard.items():
        assert len(words) <= 1, (wish, words)
        assert not any("Traceback" in one or "error of this program" in one for one in words), (wish, words)


def test_every_key_before_anything_is_open(window, told, qtbot):
    _, dock = window
    heard = ask_everything(dock, told, qtbot)
    assert_said_once(heard)
    assert "Open an image first" in heard[Wish.CROSSHAIR][0]


def test_every_key_on_a_picture_alone(window, subject, told, qtbot):
    viewer, dock = window
    for made in image_layers(subject.volume, name="T2", pictures=subject.pictures):
        viewer.add_layer(Layer.create(*made))
    heard = ask_everything(dock, told, qtbot)
    assert_said_once(heard)
    assert heard[Wish.WINDOW_MUSCLE] == []
    assert dock.session.work.label_map is None


def test_every_key_on_labels_leaves_them_or_says_why(window, subject, told, qtbot):
    viewer, dock = window
    show(viewer, subject)
    dock.muscles.choose(1)
    heard = ask_everything(dock, told, qtbot)
    assert_said_once(heard)


@pytest.mark.parametrize("wrong", ["missing", "no image", "labels of another grid", "no labels"])
def test_files_that_cannot_be_taken_are_told_once(window, subject, tmp_path, told, qtbot, wrong):
    import nibabel

    viewer, dock = window
    place = tmp_path / "wrong.nii"
    if wrong in ("missing", "no image"):
        if wrong == "no image":
            place.write_bytes(b"this is no image" * 40)
        dock.images.files.set_value(ImageFiles(image=place))
        dock.images.open_wished.emit()
    else:
        show(viewer, subject)
        if wrong == "no labels":
            place.write_bytes(b"no labels either" * 40)
        else:
            nibabel.save(nibabel.Nifti1Image(np.ones((5, 7, 3), np.uint8), np.diag([2.0, 2, 2, 1])), place)
        dock.labels.files.set_value(replace(subject.outlines, labels=place))
        assert isinstance(dock.labels.files.value(), LabelFiles)
        dock.labels.accept_wished.emit()
    before = dock.session.work.label_map if dock.session.work else None
    qtbot.waitUntil(lambda: not dock.session.doing, timeout=20_000)
    qtbot.wait(30)
    assert len(told) == 1
    assert "\n" in told[0], "what to do stands on a line of its own"
    assert (dock.session.work.label_map if dock.session.work else None) is before
