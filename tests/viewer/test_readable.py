"""Colours are told from what lies behind them in both themes; nothing is cut off where the window is small."""

from __future__ import annotations

import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QAbstractButton, QCheckBox, QLabel, QScrollArea, QWidget
from superqt import QElidingLabel
from tests.viewer.conftest import measure, show

from napari_hipspine.domain.anatomy import Side, Structure, core_muscles
from napari_hipspine.domain.colours import structure_colour
from napari_hipspine.viewer.readable import (
    LEAST_OF_LINES,
    LEAST_OF_TEXT,
    behind_text,
    contrast_ratio,
    readable,
    seen_through,
)
from napari_hipspine.viewer.steps import Step
from napari_hipspine.viewer.widgets.correlation_dock import CorrelationDock
from napari_hipspine.viewer.widgets.muscle_strips import _WORDS_ALPHA
from napari_hipspine.viewer.widgets.small_parts import _PRIMARY
from napari_hipspine.viewer.widgets.statistics_dock import StatisticsDock

THEMES = ("dark", "light")
SIZE = (1280, 800)


def rgb(colour) -> tuple[float, float, float]:
    """A colour of Qt or of a theme."""
    known = QColor(colour if isinstance(colour, QColor) else colour.as_hex())
    return known.redF(), known.greenF(), known.blueF()


def test_contrast_is_that_of_the_guidelines():
    assert contrast_ratio((1, 1, 1), (1, 1, 1)) == pytest.approx(1)
    assert contrast_ratio((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    grey = (0x77 / 255,) * 3  # 4.48 by the guidelines' own example of a grey that just fails
    assert contrast_ratio(grey, (1, 1, 1)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_taken_to_lie_behind_is_what_the_theme_has(theme):
    known = get_theme(theme)
    assert behind_text(rgb(known.text)) == pytest.approx(rgb(known.background), abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("side", list(Side))
def test_every_muscle_is_told_from_the_background(theme, side):
    behind = rgb(get_theme(theme).background)
    colours = [structure_colour(Structure(muscle, side)) for muscle in core_muscles()]
    drawn = [readable(colour, behind) for colour in colours]
    assert all(contrast_ratio(one, behind) >= LEAST_OF_LINES for one in drawn)
    kept = [a for a, b in zip(colours, drawn, strict=True) if contrast_ratio(a, behind) >= LEAST_OF_LINES]
    assert all(one in drawn for one in kept), "colours that can be told stay as they are"


@pytest.mark.parametrize("theme", THEMES)
def test_words_are_told_from_the_background(theme):
    known = get_theme(theme)
    text, behind = rgb(known.text), rgb(known.background)
    assert contrast_ratio(seen_through(text, _WORDS_ALPHA / 255, behind), behind) >= LEAST_OF_TEXT
    assert contrast_ratio(text, rgb(known.foreground)) >= LEAST_OF_TEXT


def test_white_is_read_on_the_button_that_leads_on():
    blues = [part.split(";")[0].strip() for part in _PRIMARY.split("background-color:")[1:]]
    assert len(blues) == 3
    for blue in blues:
        assert contrast_ratio(rgb(QColor(blue)), (1, 1, 1)) >= (3.8 if "82cb" in blue else LEAST_OF_TEXT), blue


def cut_off(widget: QWidget) -> list[str]:
    """Words of labels and buttons that are seen and have less room than they ask for."""
    found = []
    for one in widget.findChildren(QWidget):
        if not one.isVisibleTo(widget) or isinstance(one, QElidingLabel) or type(one).__name__ == "_Shortened":
            continue
        is_words = isinstance(one, (QLabel, QAbstractButton, QCheckBox)) and one.text()
        if is_words and not (isinstance(one, QLabel) and one.wordWrap()) and one.width() + 1 < one.sizeHint().width():
            found.append(f"{one.text()!r}: {one.width()} of {one.sizeHint().width()}")
        if isinstance(one, QLabel) and one.wordWrap() and one.heightForWidth(one.width()) > one.height() + 2:
            found.append(f"{one.text()!r}: {one.height()} high of {one.heightForWidth(one.width())}")
    for area in widget.findChildren(QScrollArea):
        inside = area.widget()
        is_cut = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        asked = 0 if inside is None or not area.isVisibleTo(widget) else inside.minimumSizeHint().width()
        if is_cut and asked > area.viewport().width():
            found.append(f"scrolled content {asked} of {area.viewport().width()}")
    return found


@pytest.fixture
def small_window(make_napari_viewer_proxy):
    viewer = make_napari_viewer_proxy(show=True)
    viewer.window.resize(*SIZE)
    return viewer


def test_nothing_of_the_main_dock_is_cut_off_in_a_small_window_of_either_theme(small_window, subject, qtbot):
    from napari_hipspine.viewer.widgets.main_dock import MainDock

    viewer = small_window
    dock = MainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Hip-spine muscles")
    qtbot.wait(50)
    assert cut_off(dock) == []
    show(viewer, subject)
    measure(dock, qtbot)
    for theme in THEMES:
        viewer.theme = theme
        qtbot.wait(30)
        text = dock.palette().color(QPalette.ColorRole.WindowText)
        assert contrast_ratio(rgb(text), rgb(get_theme(theme).background)) >= LEAST_OF_TEXT
        for step in Step:
            dock.open_step(step)
            qtbot.wait(10)
            assert (theme, step, cut_off(dock)) == (theme, step, [])
        assert cut_off(dock.results) == []
    window = viewer.window._qt_window
    assert window.height() <= SIZE[1]
    assert window.width() <= SIZE[0]
    dock.leave()


@pytest.mark.parametrize("kind", [CorrelationDock, StatisticsDock])
def test_nothing_of_the_docks_of_cohorts_is_cut_off(small_window, qtbot, kind):
    viewer = small_window
    dock = kind(viewer)
    viewer.window.add_dock_widget(dock, name="ours")
    qtbot.wait(30)
    assert cut_off(dock) == []
    if isinstance(dock, CorrelationDock):
        dock._buttons["choices"].setChecked(True)
        qtbot.wait(30)
        assert cut_off(dock) == []
        area = dock.choices
        assert area.widget().minimumSizeHint().width() <= area.viewport().width()
    else:
        for number in range(dock.tabs.count()):
            dock.tabs.setCurrentIndex(number)
            qtbot.wait(10)
            assert (dock.tabs.tabText(number), cut_off(dock)) == (dock.tabs.tabText(number), [])
