"""The menu of the header: studies, projects, what was opened lately, and what helps when something went wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from napari.utils.notifications import show_info
from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices, QGuiApplication
from qtpy.QtWidgets import QMenu, QWidget

from ...keeping.user_folders import log_folder
from ..log_file import LOGGER, NAME, report
from ..recent_studies import Recent, load_recent
from .shortcuts_window import ShortcutsWindow
from .study_actions import StudyActions

_PREFERENCES = "napari.window.file.show_preferences_dialog"


class StudyMenu:
    """Fills a menu every time it is opened.

    Parameters
    ----------
    menu : QMenu
        Of the header.
    actions : StudyActions
        Fulfils the wishes.
    parent : QWidget
        Of windows that are opened.
    """

    def __init__(self, menu: QMenu, actions: StudyActions, parent: QWidget) -> None:
        self._menu = menu
        self._actions = actions
        self._parent = parent
        self._shortcuts: ShortcutsWindow | None = None
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Make the menu anew."""
        menu, does = self._menu, self._actions
        menu.clear()
        menu.addAction("Open study folder…", does.ask_for_folder)
        menu.addAction("Open project…", does.ask_for_project)
        recent = load_recent()
        self._add_recent("Recent studies", [one for one in recent if not one.subject_id])
        self._add_recent("Recent subjects", [one for one in recent if one.subject_id])
        menu.addSeparator()
        has_study = does.has_study
        for words, do in (("Save project as…", does.ask_where_to_save), ("Close study", does.close_study)):
            action = menu.addAction(words, do)
            action.setEnabled(has_study)
            action.setToolTip("" if has_study else "No study is open.")
        menu.addSeparator()
        menu.addAction("Preferences…", _open_preferences)
        menu.addAction("Shortcuts", self.show_shortcuts)
        menu.addAction("Open log file", self.open_log)
        menu.addAction("Copy report", self.copy_report).setToolTip("Versions and the end of the log, without names")

    def show_shortcuts(self) -> None:
        """Show the window with every key."""
        if self._shortcuts is None:
            self._shortcuts = ShortcutsWindow(self._parent)
        self._shortcuts.show()
        self._shortcuts.raise_()

    def open_log(self) -> None:
        """Open the log file with what the system has for text."""
        path = log_folder() / NAME
        if path.is_file():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
        else:
            show_info("There is no log yet.")

    def copy_report(self) -> None:
        """Copy versions and the end of the log."""
        QGuiApplication.clipboard().setText(report())
        show_info("Versions and the end of the log are on the clipboard; read them before you send them.")

    def _add_recent(self, title: str, recent: Iterable[Recent]) -> None:
        inner = self._menu.addMenu(title)
        inner.setToolTipsVisible(True)
        for one in recent:
            action = inner.addAction(one.title, lambda one=one: self._actions.open_recent(one))
            action.setEnabled(one.is_there)
            action.setToolTip(one.path if one.is_there else f"No longer there: {one.path}")
        inner.setEnabled(bool(inner.actions()))


def _open_preferences() -> None:
    from app_model import Application

    try:
        Application.get_or_create("napari").commands.execute_command(_PREFERENCES)
    except KeyError:
        logging.getLogger(LOGGER).warning("napari has no command %s", _PREFERENCES)
        show_info("Open File > Preferences.")
