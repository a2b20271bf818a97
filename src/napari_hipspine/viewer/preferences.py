"""Preferences of the reader, from napari's own preferences window; none of them changes a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from .preferred import Preferences

PLUGIN = "napari-hipspine"

GROUPS = {
    "reading": ("reader_id", "brush_mm", "shows_locator"),
    "studies": ("labels_place", "save_pause_s", "recent_length"),
    "program": ("n_workers", "keeps_log"),
}
"""Groups of the preferences page, and what is in each; titles, ranges and reasons are in the manifest."""


def read_preferences() -> Preferences:
    """Preferences as they are now; napari has checked their ranges."""
    settings = _settings()
    if settings is None:
        return Preferences()
    known = {one.name for one in fields(Preferences)}
    found: dict[str, Any] = {}
    for group, names in GROUPS.items():
        values = getattr(settings, group)
        found |= {name: getattr(values, name) for name in names if name in known}
    return Preferences(**found)


def watch_preferences(heard: Callable[[Preferences], None]) -> Callable[[], None]:
    """Have somebody told of every change from now on; what is returned ends that."""
    settings = _settings()
    if settings is None:
        return lambda: None

    def tell(event: Any = None) -> None:
        heard(read_preferences())

    groups = [getattr(settings, group) for group in GROUPS]
    for group in groups:
        group.events.connect(tell)

    def leave() -> None:
        for group in groups:
            group.events.disconnect(tell)

    return leave


def _settings() -> Any | None:
    """Settings of this plugin; None where it is not installed as one, as in a bare script."""
    from napari.settings import get_plugin_settings

    try:
        return get_plugin_settings(PLUGIN)
    except KeyError:
        return None
