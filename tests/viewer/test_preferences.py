"""Preferences come from napari's own page, are checked there, and take effect at once."""

from __future__ import annotations

import logging

import pytest
from npe2 import PluginManifest
from pydantic import ValidationError
from qtpy.QtWidgets import QWidget

from napari_hipspine.viewer.log_file import LOGGER, end_log
from napari_hipspine.viewer.preferences import GROUPS, PLUGIN, read_preferences, watch_preferences
from napari_hipspine.viewer.preferred import ON_COMPUTER, Preferences
from napari_hipspine.viewer.series_work import SeriesWork
from napari_hipspine.viewer.session import Session
from napari_hipspine.viewer.widgets.preference_actions import PreferenceActions


@pytest.fixture
def settings(plugin_settings, npe2pm):
    """The plugin's settings, fresh and in a folder of the test."""
    from napari.settings import get_plugin_settings

    npe2pm.register(PluginManifest.from_distribution(PLUGIN))
    yield get_plugin_settings(PLUGIN)
    end_log()


def test_defaults_of_the_manifest_are_those_of_the_program(settings):
    assert read_preferences() == Preferences()
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(Preferences.__dataclass_fields__)


def test_without_a_plugin_the_defaults_hold(plugin_settings, npe2pm):
    assert read_preferences() == Preferences()
    watch_preferences(pytest.fail)()


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("reading", "brush_mm", 0.0),
        ("studies", "recent_length", 0),
        ("studies", "labels_place", "nowhere"),
        ("program", "n_workers", 1000),
    ],
)
def test_values_outside_their_range_are_refused_by_napari(settings, group, name, value):
    with pytest.raises(ValidationError):
        setattr(getattr(settings, group), name, value)
    assert read_preferences() == Preferences()


def test_changes_take_effect_at_once_and_touch_no_number(settings, qtbot, subject):
    session, locator, brushes = Session(), QWidget(), []
    qtbot.addWidget(locator)
    before = [SeriesWork("T2", subject.volume)]
    actions = PreferenceActions(session, locator=locator, set_brush_mm=brushes.append)
    settings.reading.brush_mm = 9.5
    settings.reading.shows_locator = False
    settings.reading.reader_id = "r7"
    settings.studies.labels_place = ON_COMPUTER
    settings.program.n_workers = 4
    settings.program.keeps_log = False
    assert brushes == [6.0, 9.5]
    assert locator.isHidden()
    assert session.labels_study is None
    session.add(before[0])
    assert session.work.who.reader_id == "r7"
    assert session.work.protocol == before[0].protocol
    assert logging.getLogger(LOGGER).handlers == []
    actions.leave()
    settings.reading.brush_mm = 12.0
    assert brushes == [6.0, 9.5]
