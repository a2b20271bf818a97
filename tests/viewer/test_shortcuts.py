"""One table of keys: nothing collides with napari, everything has one meaning and is explained."""

from __future__ import annotations

from app_model.types import KeyBinding
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.shortcuts import default_shortcuts

from napari_hipspine.viewer.shortcuts import SHORTCUTS, Wish, shortcut_rows, tooltip_of


def key(written) -> str:
    return str(KeyBinding.from_str(str(written).replace("-", "+") if str(written) != "-" else "-")).upper()


def test_no_key_is_one_of_naparis():
    taken = {key(one) for keys in default_shortcuts.values() for one in keys}
    taken |= {key(one) for kind in (Labels, ViewerModel) for one in kind.class_keymap}
    assert {"2", "P", "F", "CTRL+Z", "SHIFT+UP"} <= taken
    assert {one.keys for one in SHORTCUTS if key(one.keys) in taken} == set()


def test_every_wish_has_one_key_and_every_key_one_wish():
    assert sorted(one.wish for one in SHORTCUTS) == sorted(Wish)
    assert len({key(one.keys) for one in SHORTCUTS}) == len(SHORTCUTS)


def test_tooltips_and_the_window_are_made_from_the_table():
    assert tooltip_of(Wish.FILL).endswith("(Shift+F)")
    shown = dict(shortcut_rows())
    assert all(shown[one.shown].startswith(one.wish.value) for one in SHORTCUTS)
