"""On to what comes next: another series, another subject, or the dock of correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..contributions import CORRELATIONS, PLUGIN
from ..next_step import NextStep, Way, exported_tables
from ..shortcuts import Wish

if TYPE_CHECKING:
    from .main_dock import MainDock


def go_on(dock: MainDock, then: NextStep) -> None:
    """Go where the button said.

    Parameters
    ----------
    dock : MainDock
        Where it was pressed.
    then : NextStep
        What comes next.
    """
    if then.way is Way.SERIES:
        dock.session.choose(then.number)
    elif then.way is Way.SUBJECT:
        dock.ask(Wish.NEXT_SUBJECT)
    else:
        _, correlations = dock.viewer.window.add_plugin_dock_widget(PLUGIN, CORRELATIONS, tabify=True)
        correlations.add_files([str(path) for path in exported_tables(dock.session)])
