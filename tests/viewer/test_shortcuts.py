"""One table of keys: nothing collides with napari, every key reaches its wish, everything is explained."""

from __future__ import annotations

import numpy as np
import pytest
from app_model.types import KeyBinding
from napari.components import ViewerModel
from napari.layers import Image, Labels, Points, Shapes, Surface, Tracks, Vectors
from napari.utils.shortcuts import default_shortcuts
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from napari_hipspine.viewer.shortcuts import SHORTCUTS, WHILE_DRAWING, Wish, shortcut_rows, tooltip_of
from napari_hipspine.viewer.widgets.shortcut_keys import listen_to_keys, stop_listening

pytestmark = pytest.mark.viewer

OURS = {keys for one in SHORTCUTS for keys in one.all_keys}
KINDS = (Image, Labels, Points, Shapes, Surface, Tracks, Vectors, ViewerModel)


def key(written) -> str:
    """A key as one of the many ways to write it."""
    text = str(written)
    same = {"RETURN": "ENTER", "ESC": "ESCAPE", "CONTROL": "CTRL", "META": "CTRL"}
    parts = ["-"] if text == "-" else text.replace("-", "+").upper().split("+")
    return "+".join(sorted(same.get(part, part) for part in parts))


@pytest.fixture
def window(make_napari_viewer, qtbot):
    """A running napari window with a layer of every kind, and a widget of ours in it."""
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.zeros((4, 20, 20)))
    viewer.add_labels(np.zeros((4, 20, 20), np.uint8))
    viewer.add_points(np.zeros((1, 3)))
    viewer.add_shapes(np.zeros((4, 3)))
    ours = QWidget()
    QVBoxLayout(ours).addWidget(QLineEdit())
    viewer.window.add_dock_widget(ours, name="ours")
    viewer.window._qt_window.activateWindow()
    viewer.window._qt_window.windowHandle().requestActivate()
    qtbot.wait(200)
    return viewer, ours


def taken_in(viewer) -> set[str]:
    """Every key that a running napari listens to."""
    from napari._app_model import get_app_model

    bound = [one for keys in default_shortcuts.values() for one in keys]
    bound += [one for kind in KINDS for one in kind.class_keymap]
    bound += [one for provider in (viewer, *viewer.layers) for one in provider.keymap]
    bound += [one.keybinding for one in get_app_model().keybindings]
    actions = viewer.window._qt_window.findChildren(QAction)
    bound += [one.toString() for action in actions for one in action.shortcuts()]
    return {key(one) for one in bound if str(one)}


def test_no_key_is_one_of_a_running_naparis(window):
    viewer, _ = window
    taken = taken_in(viewer)
    assert {key(one) for one in ("1", "7", "E", "P", "F", "L", "Z", "B", "X", "M", "[", "]", "-", "=")} <= taken
    assert {key(one) for one in ("Enter", "Escape", "Ctrl+Z", "Shift+Up", "Shift+L", "Ctrl+M")} <= taken
    assert {one for one in OURS if key(one) in taken} == set()


def test_every_key_reaches_its_wish_from_the_canvas_and_text_stays_text(window, qtbot):
    viewer, ours = window
    heard: list[Wish] = []
    listening = listen_to_keys(ours, heard.append)
    canvas = viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    for one in SHORTCUTS:
        for keys in one.all_keys:
            combination = QKeySequence(keys)[0]
            QTest.keyClick(canvas, combination.key(), combination.keyboardModifiers())
            assert heard == [one.wish], keys
            heard.clear()
    line = ours.findChild(QLineEdit)
    line.setFocus()
    QTest.keyClicks(line, "Nn!")
    QTest.keyClick(line, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier, 0)
    assert line.text().lower() == "nn!f"
    stop_listening(listening)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_N)
    assert heard == []


def test_every_wish_has_one_key_and_every_key_one_wish():
    assert sorted(one.wish for one in SHORTCUTS) == sorted(Wish)
    assert len(OURS) == sum(len(one.all_keys) for one in SHORTCUTS)
    assert all(KeyBinding.from_str(keys.replace("Esc", "Escape")) for keys in OURS)


def test_tooltips_and_the_window_are_made_from_the_table():
    assert tooltip_of(Wish.FILL).endswith("(Shift+F)")
    shown = dict(shortcut_rows())
    assert all(shown[one.keys].startswith(one.wish.value) for one in SHORTCUTS)
    assert all(keys in shown for keys, _ in WHILE_DRAWING)
