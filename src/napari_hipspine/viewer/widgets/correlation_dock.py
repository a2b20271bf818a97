"""The dock “Lumbar-hip correlations”: measurement tables in, the correlation table, heat map and scatter out."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QFileDialog, QGridLayout, QPushButton, QVBoxLayout, QWidget

from ...domain.errors import InvalidChoice
from ...domain.subject import Progress
from ...workflows.relate_cohort import relate_published
from ...workflows.relation import Relation
from ...writing.correlation_layout import Cell
from ..relate_work import TableOffers, look_into_tables, relate_tables, write_relation
from ..subject_places import how_to_open, key_in_study, place_of_tables
from ..workers import BackgroundWork, refusals_told, tell_refusal
from .correlation_pages import CorrelationPages
from .progress_row import ProgressRow
from .relate_choices import RelateChoices
from .small_parts import make_primary, research_line, set_reason, wrapped_label
from .table_list import TableList

if TYPE_CHECKING:
    from .main_dock import MainDock

FILES = "table, page, heat map, sentences and the tables beside"
_LEAST_WIDTH = 470
_SCROLL_BAR_WIDTH = 40
_USUAL_WIDTH = 600
_PLACES = {"add": (0, 0), "remove": (0, 1), "synthetic": (0, 2), "published": (0, 3), "choices": (1, 0)}


class CorrelationDock(QWidget):
    """Relate measured subjects, or look at the published table.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer it is docked in.

    Attributes
    ----------
    written : Signal(object)
        Paths of the files that were exported.
    """

    written = Signal(object)

    def __init__(self, napari_viewer) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.viewer = napari_viewer
        self._background: BackgroundWork | None = None
        self._make_parts()
        self._lay_out()
        self._wire()
        self._allow()

    @property
    def relation(self) -> Relation | None:
        """What is shown."""
        return self.pages.value()

    @property
    def is_busy(self) -> bool:
        """Whether something is being related or written."""
        return self._background is not None

    def add_files(self, paths: list[str]) -> None:
        """Take measurement tables into the list, each once."""
        self._files.set_value((*self._files.value(), *paths))

    def paths(self) -> list[str]:
        """Measurement tables in the list."""
        return list(self._files.value())

    def relate(self) -> None:
        """Relate the subjects of the tables in the list."""
        with refusals_told():
            wish, paths = self.choices.value(), [Path(name) for name in self.paths()]
            self._run(lambda progress: relate_tables(paths, wish, progress), "relating", self._show)

    def show_published(self) -> None:
        """Show the published table with q computed from it."""
        with refusals_told():
            family = self.choices.value().request.family
            self._run(lambda _: relate_published(family=family), "relating", self._show)

    def show_scatter(self, cell: Cell) -> None:
        """Show the subjects behind a cell."""
        self.pages.show_scatter(cell)

    def export(self, folder: str | Path) -> None:
        """Write what is shown and what stands beside it, as the command line does; `written` tells the paths."""
        relation = self.relation
        if relation is not None:
            self._run(lambda progress: write_relation(relation, folder, progress), "writing", self._tell_written)

    def open_subject(self, subject_id: str) -> None:
        """Open a subject in the dock Hip-spine muscles: of its open study, or of the study a table lies in."""
        relation = self.relation
        session = None if relation is None or relation.request is None else relation.request.session
        main = self._main_dock()
        key = key_in_study(main.session.study, subject_id, session) if main is not None else None
        place = place_of_tables(map(Path, self.paths()), subject_id, session)
        if main is not None and key is not None:
            main.study.choose(key)
        elif main is not None and place is not None:
            main.study.open_recent(place)
        else:
            tell_refusal(
                InvalidChoice(f"Expected {subject_id} in an open study, found none.", hint=how_to_open(subject_id))
            )

    def _width_asked(self, *, shown: bool) -> int:
        """Width below which something would be cut off [pixels]; the choices ask for more than the table."""
        content = self.choices.widget().minimumSizeHint().width() + _SCROLL_BAR_WIDTH if shown else 0
        return max(_LEAST_WIDTH, content)

    def sizeHint(self) -> QSize:
        """Wide enough for the whole table of six lumbar columns."""
        return QSize(_USUAL_WIDTH, super().sizeHint().height())

    def closeEvent(self, event: Any) -> None:
        """Leave no work behind."""
        self._cancel()
        super().closeEvent(event)

    def _make_parts(self) -> None:
        self._files = TableList()
        self._buttons = {
            "add": QPushButton("Add tables…"),
            "remove": QPushButton("Remove"),
            "synthetic": QPushButton("Synthetic cohort"),
            "published": QPushButton("Published table"),
            "choices": QPushButton("Choices"),
            "relate": QPushButton("Relate"),
            "export": QPushButton("Export…"),
        }
        self._buttons["choices"].setCheckable(True)
        self._buttons["choices"].setToolTip("Every choice that can change a number, and what is read beside")
        self._buttons["synthetic"].setToolTip("31 synthetic subjects; no person was measured")
        self._buttons["published"].setToolTip("Table 1 as printed, with q computed from it")
        self._buttons["add"].setToolTip("measurements.csv of one or more subjects")
        self.choices = RelateChoices()
        self.choices.setVisible(False)
        self.pages = CorrelationPages()
        self.progress = ProgressRow()
        self._said = wrapped_label()
        self._said.setVisible(False)

    def _lay_out(self) -> None:
        buttons = QGridLayout()
        for name, (row, column) in _PLACES.items():
            buttons.addWidget(self._buttons[name], row, column)
        buttons.addWidget(self._buttons["relate"], 1, 1, 1, 2)
        buttons.addWidget(self._buttons["export"], 1, 3)
        outer = QVBoxLayout(self)
        outer.addWidget(self._files)
        outer.addLayout(buttons)
        outer.addWidget(self.progress)
        outer.addWidget(self._said)
        outer.addWidget(self.choices, 1)
        outer.addWidget(self.pages, 1)
        outer.addWidget(research_line())
        self.setMinimumWidth(_LEAST_WIDTH)

    def _wire(self) -> None:
        wishes: dict[str, Callable[[], Any]] = {
            "add": self._ask_for_files,
            "remove": self._files.remove_chosen,
            "synthetic": self.add_synthetic,
            "published": self.show_published,
            "relate": self.relate,
            "export": self._ask_and_export,
        }
        for name, fulfil in wishes.items():
            self._buttons[name].clicked.connect(lambda *_, fulfil=fulfil: fulfil())
        # Choices and result share the room: where it is low, both could not be read.
        self._buttons["choices"].toggled.connect(self.choices.setVisible)
        self._buttons["choices"].toggled.connect(lambda shown: self.setMinimumWidth(self._width_asked(shown=shown)))
        self._buttons["choices"].toggled.connect(self.pages.setHidden)
        self._files.value_changed.connect(self._look)
        self.pages.subject_chosen.connect(self.open_subject)
        self.progress.cancelled.connect(self._cancel)

    def _run(self, work: Callable[[Progress], Any], doing: str, take: Callable[[Any], None]) -> None:
        self._said.setVisible(False)
        self.progress.begin(doing)
        background = BackgroundWork(work, says=doing, parent=self)
        self._background = background
        background.told.connect(self.progress.set_value)
        background.done.connect(take)
        background.ended.connect(self._end)
        self._allow()
        background.start()

    def _look(self) -> None:
        """Offer what the tables hold, once it is read."""
        self._allow()
        paths = self.paths()
        looking = BackgroundWork(
            lambda _: look_into_tables([Path(path) for path in paths]), says="reading", parent=self, is_quiet=True
        )
        looking.done.connect(lambda offers: self._offer(offers, paths))
        looking.start()

    def _offer(self, offers: TableOffers, paths: list[str]) -> None:
        # Tables that came or went meanwhile are being read again.
        if self.paths() == paths:
            self.choices.offer(offers)

    def _show(self, relation: Relation) -> None:
        self._buttons["choices"].setChecked(False)
        self.pages.set_value(relation)

    def _tell_written(self, paths: tuple[Path, ...]) -> None:
        self._said.setText(f"{len(paths)} files written into {paths[0].parent}" if paths else "")
        self._said.setVisible(bool(paths))
        self.written.emit(paths)

    def _end(self) -> None:
        self._background = None
        self.progress.end()
        self._allow()

    def _cancel(self) -> None:
        if self._background is not None:
            self.progress.stop_asked()
            self._background.cancel()

    def _allow(self) -> None:
        busy = "Wait until it is ready, or cancel." if self.is_busy else ""
        no_files = "" if self.paths() else "Add a measurement table first."
        nothing = "" if self.relation is not None else "Relate first."
        set_reason(self._buttons["relate"], busy or no_files, otherwise="Rank correlation of every pair of muscles")
        set_reason(self._buttons["published"], busy, otherwise="Table 1 as printed, with q computed from it")
        set_reason(self._buttons["export"], busy or nothing, otherwise=f"Write {FILES} into a folder")
        make_primary(self._buttons["add"], is_primary=bool(no_files))
        make_primary(self._buttons["relate"], is_primary=not no_files and bool(nothing))
        make_primary(self._buttons["export"], is_primary=not nothing)
        set_reason(self._buttons["remove"], no_files, otherwise="Take the chosen table out of the list")

    def _main_dock(self) -> "MainDock | None":
        from .main_dock import MainDock

        docks = self.viewer.window.dock_widgets.values() if self.viewer is not None else ()
        return next((dock for dock in docks if isinstance(dock, MainDock)), None)

    def _ask_for_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Measurement tables", "", "CSV (*.csv)")
        self.add_files(paths)

    def add_synthetic(self) -> None:
        """Take the synthetic cohort into the list."""
        from ...sample_data import synthetic_measurements

        self.add_files([str(synthetic_measurements())])

    def _ask_and_export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the table")
        if folder:
            self.export(folder)
