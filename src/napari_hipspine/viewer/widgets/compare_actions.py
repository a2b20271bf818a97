"""What is done when two results are to be compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QFileDialog, QWidget

from ...domain.errors import HipSpineError
from ...workflows.compare_results import compare_results
from ..compare_work import OneSide, side_of_series, sides_of_file, write_comparison
from ..session import Session
from ..workers import refusals_told
from .compare_dock import CompareDock

NAME = "Hip-spine comparison"
_FOLLOWED = frozenset({"works", "measured", "who", "stated_region", "level_plan"})
_TABLES = "Measurement tables (*.csv *.tsv)"


class CompareActions:
    """Wishes of the comparison, fulfilled; the dock is made when it is first wished for.

    Parameters
    ----------
    parent : QWidget
        Asks for files.
    viewer : napari viewer
        Where the dock is shown.
    session : Session
        Its measured series can be compared.
    run : callable
        Takes work, what it says, and what is done with the result.
    """

    def __init__(self, parent: QWidget, viewer: Any, session: Session, *, run: Callable[..., None]) -> None:
        self._parent = parent
        self._viewer = viewer
        self._session = session
        self._run = run
        self._added: tuple[OneSide, ...] = ()
        self.dock: CompareDock | None = None
        session.changed.connect(self._hear)

    def show(self) -> None:
        """Show the comparison below the picture."""
        if self.dock is None:
            self.dock = CompareDock()
            self.dock.sides_chosen.connect(self._compare)
            self.dock.file_wished.connect(self._ask_for_file)
            self.dock.export_wished.connect(self._ask_and_export)
            self.dock.seen.connect(self._offer)
            self.dock.destroyed.connect(self._forget)
            self._viewer.window.add_dock_widget(self.dock, name=NAME, area="bottom", tabify=True)
        self.dock.parentWidget().show()
        self.dock.parentWidget().raise_()

    def add_file(self, path: str | Path) -> None:
        """Offer what a folder of results or a table holds."""
        self._run(lambda progress: sides_of_file(path, progress), says="reading the table", done=self._take)

    def export(self, folder: str | Path) -> None:
        """Write the comparison that is shown."""
        comparison = self.dock.value() if self.dock is not None else None
        if comparison is not None:
            self._run(
                lambda progress: write_comparison(comparison, folder, progress),
                says="writing the comparison",
                done=lambda _: None,
            )

    def close(self) -> None:
        """Hear nothing more."""
        self._session.changed.disconnect(self._hear)

    def _hear(self, name: str) -> None:
        # Behind another tab it costs nothing; it is brought up to date when it is seen again.
        if name in _FOLLOWED and self.dock is not None and self.dock.isVisible():
            self._offer()

    def _offer(self) -> None:
        if self.dock is not None:
            opened = (side_of_series(work) for work in self._session.works)
            self.dock.offer((*(one for one in opened if one is not None), *self._added))

    def _take(self, sides: tuple[OneSide, ...]) -> None:
        known = {one.words for one in sides}
        self._added = (*(one for one in self._added if one.words not in known), *sides)
        with refusals_told():
            self._offer()

    def _compare(self, first: OneSide, second: OneSide) -> None:
        if self.dock is None:
            return
        try:
            self.dock.set_value(compare_results(first.result, second.result))
        except HipSpineError as error:
            self.dock.set_value(None, words=f"{error.message} {error.hint}")

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._parent, "Measurement table", "", _TABLES)
        if path:
            self.add_file(path)

    def _ask_and_export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._parent, "Folder for the comparison")
        if folder:
            self.export(folder)

    def _forget(self) -> None:
        self.dock = None
