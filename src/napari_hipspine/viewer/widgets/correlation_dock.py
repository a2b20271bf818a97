"""The dock “Lumbar-hip correlations”: measurement tables in, the correlation table, heat map and scatter out."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ...domain.subject import Progress
from ...relating.multiplicity import CellName
from ...workflows.relate_cohort import Relation, relate_published
from ...writing.correlation_layout import Cell, lay_out
from ..relate_work import relate_tables, tables_beside, title_of_relation, write_relation
from ..workers import BackgroundWork, refusals_told
from .correlation_table import CorrelationTable
from .figure_canvas import FigureCanvas
from .progress_row import ProgressRow
from .relate_editor import RelateEditor
from .small_parts import choice_box, research_line, set_reason, wrapped_label
from .table_choice import TableChoice

FILES = "table, page, heat map, sentences and the tables beside"
_LIST_HEIGHT = 52
_LEAST_WIDTH = 470


class CorrelationDock(QWidget):
    """Relate measured subjects, or look at the published table.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer it is docked in.
    """

    def __init__(self, napari_viewer) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.viewer = napari_viewer
        self._relation: Relation | None = None
        self._background: BackgroundWork | None = None
        self._chosen: Cell | None = None
        self._make_parts()
        self._lay_out()
        self._wire()
        self._allow()

    @property
    def relation(self) -> Relation | None:
        """What is shown."""
        return self._relation

    @property
    def is_busy(self) -> bool:
        """Whether something is being related."""
        return self._background is not None

    def add_files(self, paths: list[str]) -> None:
        """Take measurement tables into the list, each once."""
        known = self.paths()
        for path in paths:
            if path not in known:
                item = QListWidgetItem(Path(path).name)
                item.setToolTip(path)
                item.setData(Qt.ItemDataRole.UserRole, path)
                self._files.addItem(item)
        self._allow()

    def paths(self) -> list[str]:
        """Measurement tables in the list."""
        return [str(self._files.item(row).data(Qt.ItemDataRole.UserRole)) for row in range(self._files.count())]

    def relate(self) -> None:
        """Relate the subjects of the tables in the list."""
        with refusals_told():
            request, paths = self.choices.value(), [Path(name) for name in self.paths()]
            self._run(lambda progress: relate_tables(paths, request, progress))

    def show_published(self) -> None:
        """Show the published table with q computed from it."""
        with refusals_told():
            family = self.choices.value().family
            self._run(lambda _: relate_published(family=family))

    def export(self, folder: str | Path) -> tuple[Path, ...]:
        """Write what is shown and what stands beside it, as the command line does."""
        if self._relation is None:
            return ()
        with refusals_told():
            return write_relation(self._relation, folder)
        return ()

    def closeEvent(self, event: Any) -> None:
        """Leave no work behind."""
        self._cancel()
        super().closeEvent(event)

    def _make_parts(self) -> None:
        self._files = QListWidget()
        self._files.setFixedHeight(_LIST_HEIGHT)
        self._files.setToolTip("Measurement tables, read as one")
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
        self._buttons["choices"].setToolTip("Every choice that can change a number")
        self._buttons["synthetic"].setToolTip("31 synthetic subjects; no person was measured")
        self._buttons["published"].setToolTip("Table 1 as printed, with q computed from it")
        self._buttons["add"].setToolTip("measurements.csv of one or more subjects")
        self.choices = RelateEditor()
        self.choices.setVisible(False)
        self._header = wrapped_label("Nothing is related yet.")
        self.table = CorrelationTable()
        self.heat_map = FigureCanvas("Relate measurement tables first.")
        self.scatter = FigureCanvas("Click a cell of the table to see the subjects behind it.", least_share=0.6)
        self.scale = choice_box((("values", "values"), ("ranks", "ranks")), tooltip="What the axes of the scatter hold")
        self.tabs = QTabWidget()
        scattered = QWidget()
        column = QVBoxLayout(scattered)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.scale)
        column.addWidget(self.scatter, 1)
        self.beside = TableChoice()
        parts = (("Table", self.table), ("Heat map", self.heat_map), ("Scatter", scattered), ("Beside", self.beside))
        for title, part in parts:
            self.tabs.addTab(part, title)
        self.tabs.setTabToolTip(3, "Power, chance, max-T, and the same under other choices")
        self.progress = ProgressRow()

    def _lay_out(self) -> None:
        buttons = QGridLayout()
        places = {"add": (0, 0), "remove": (0, 1), "synthetic": (0, 2), "published": (0, 3)}
        places |= {"choices": (1, 0), "relate": (1, 1), "export": (1, 3)}
        for name, (row, column) in places.items():
            buttons.addWidget(self._buttons[name], row, column, 1, 2 if name == "relate" else 1)
        outer = QVBoxLayout(self)
        outer.addWidget(self._files)
        outer.addLayout(buttons)
        outer.addWidget(self.choices)
        outer.addWidget(self.progress)
        outer.addWidget(self._header)
        outer.addWidget(self.tabs, 1)
        outer.addWidget(research_line())
        self.setMinimumWidth(_LEAST_WIDTH)

    def _wire(self) -> None:
        wishes: dict[str, Callable[[], Any]] = {
            "add": self._ask_for_files,
            "remove": self._remove_file,
            "synthetic": self.add_synthetic,
            "published": self.show_published,
            "relate": self.relate,
            "export": self._ask_and_export,
        }
        for name, fulfil in wishes.items():
            self._buttons[name].clicked.connect(lambda *_, fulfil=fulfil: fulfil())
        self._buttons["choices"].toggled.connect(self.choices.setVisible)
        self.table.cell_chosen.connect(self.show_scatter)
        self.scale.currentIndexChanged.connect(lambda *_: self._draw_scatter())
        self.progress.cancelled.connect(self._cancel)

    def show_scatter(self, cell: Cell) -> None:
        """Show the subjects behind a cell."""
        self._chosen = cell
        self._draw_scatter()
        if self.scatter.value() is not None:
            self.tabs.setCurrentIndex(2)

    def _draw_scatter(self) -> None:
        from ...figures.correlation_scatter import ScatterScale, correlation_scatter

        cell, relation = self._chosen, self._relation
        if cell is None or relation is None or relation.values is None:
            self.scatter.set_value(None)
            return
        name = CellName(*cell.lumbar[:2], *cell.hip[:2], cell.lumbar.level, cell.hip.level)
        with refusals_told():
            scale = ScatterScale(self.scale.currentData())
            figure = correlation_scatter(relation.values, name, scale=scale, correlations=relation.correlations)
            self.scatter.set_value(figure)

    def _run(self, work: Callable[[Progress], Relation]) -> None:
        self.progress.begin("relating")
        background = BackgroundWork(work, says="relating", parent=self)
        self._background = background
        background.done.connect(self._show)
        background.told.connect(self.progress.set_value)
        background.ended.connect(self._end)
        self._allow()
        background.start()

    def _show(self, relation: Relation) -> None:
        from ...figures.correlation_heatmap import correlation_heatmap

        self._relation, self._chosen = relation, None
        layout = lay_out(relation.correlations)
        words = f"{layout.header}. {layout.hip_title}; {layout.lumbar_title}. {layout.rules}"
        self._header.setText(f"<b>{escape(title_of_relation(relation))}.</b> {escape(words)}")
        self._header.setToolTip("\n".join(relation.notes))
        self.table.set_value(relation.correlations)
        self.heat_map.set_value(correlation_heatmap(relation.correlations))
        self.scatter.set_value(None)
        self.beside.set_value(tables_beside(relation))
        self.tabs.setCurrentIndex(0)

    def _end(self) -> None:
        self._background = None
        self.progress.end()
        self._allow()

    def _cancel(self) -> None:
        if self._background is not None:
            self.progress.stop_asked()
            self._background.cancel()

    def _allow(self) -> None:
        busy = "Wait until the table is ready, or cancel." if self.is_busy else ""
        no_files = "" if self.paths() else "Add a measurement table first."
        nothing = "" if self._relation is not None else "Relate first."
        set_reason(self._buttons["relate"], busy or no_files, otherwise="Rank correlation of every pair of muscles")
        set_reason(self._buttons["published"], busy, otherwise="Table 1 as printed, with q computed from it")
        set_reason(self._buttons["export"], busy or nothing, otherwise=f"Write {FILES} into a folder")
        set_reason(self._buttons["remove"], no_files, otherwise="Take the chosen table out of the list")

    def _ask_for_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Measurement tables", "", "CSV (*.csv)")
        self.add_files(paths)

    def _remove_file(self) -> None:
        self._files.takeItem(max(self._files.currentRow(), 0))
        self._allow()

    def add_synthetic(self) -> None:
        """Take the synthetic cohort into the list."""
        from ...sample_data import synthetic_measurements

        self.add_files([str(synthetic_measurements())])

    def _ask_and_export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the table")
        if folder:
            self.export(folder)
