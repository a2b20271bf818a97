"""Preferences put into effect when the dock opens, and at once when they are changed."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QWidget

from ..error_log import log_errors
from ..log_file import begin_log, end_log
from ..preferences import read_preferences, watch_preferences
from ..preferred import Preferences
from ..session import Session


class PreferenceActions:
    """What the reader prefers, in effect.

    Parameters
    ----------
    session : Session
        Knows what concerns work that is still to come.
    locator : QWidget
        Shown or not.
    set_brush_mm : callable
        Takes the diameter of the brush.
    """

    def __init__(self, session: Session, *, locator: QWidget, set_brush_mm: Callable[[float], None]) -> None:
        self._session = session
        self._locator = locator
        self._set_brush_mm = set_brush_mm
        self._brush_mm: float | None = None
        self.apply(read_preferences())
        self._leaves: tuple[Callable[[], None], ...] = (watch_preferences(self.apply), log_errors())
        session.changed.connect(self._hide_names)

    def apply(self, preferred: Preferences) -> None:
        """Put preferences into effect; what the reader has chosen in the dock since is left alone."""
        self._session.preferred = preferred
        self._locator.setVisible(preferred.shows_locator)
        if preferred.brush_mm != self._brush_mm:
            self._brush_mm = preferred.brush_mm
            self._set_brush_mm(preferred.brush_mm)
        if preferred.keeps_log:
            begin_log()
        else:
            end_log()

    def leave(self) -> None:
        """Hear of no more changes."""
        for leave in self._leaves:
            leave()
        self._leaves = ()
        self._session.changed.disconnect(self._hide_names, missing_ok=True)

    def _hide_names(self, name: str) -> None:
        """Whoever is worked on is not named in the log."""
        log = begin_log() if name in ("study", "who", "works") and self._session.preferred.keeps_log else None
        if log is None:
            return
        study = self._session.study
        people = [work.who.subject_id for work in self._session.works]
        if study is not None:
            people += [study.project.name, *(one.subject_id for one in study.subjects)]
        log.hide(people)
