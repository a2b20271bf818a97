"""What came of relating, page by page: table, heat map, scatter, sensitivity, profile, and the tables beside."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from ...relating.extra_tables import PROFILE, SENSITIVITY
from ...workflows.relate_cohort import PUBLISHED_NOTES
from ...workflows.relation import Relation
from ...writing.correlation_differences import DifferenceLayout, lay_out_differences
from ...writing.correlation_layout import Cell, lay_out
from ...writing.correlation_sentences import describe_covariates
from ..relate_work import PUBLISHED_TITLE, tables_beside, title_of_relation
from ..shown_correlations import Shown, Source, shown_choices
from .correlation_table import CorrelationTable
from .figure_page import FigurePage
from .scatter_page import ScatterPage
from .sensitivity_page import SensitivityPage
from .small_parts import choice_box, choose_value, wrapped_label
from .table_choice import TableChoice

NOT_YET = (
    "Nothing is related yet. Add the measurements.csv of all subjects, lumbar spine and hip, and press Relate; or try "
    "it with the synthetic cohort, or look at the published table."
)
TOO_FEW = "Too few subjects for any pair: add the tables of more subjects, with both regions, and relate again."
_LEAST_SHARE = 0.6
TABLE, HEAT_MAP, SCATTER, SENSITIVE, PROFILED, BESIDE = range(6)
"""Places of the tabs."""


class CorrelationPages(QWidget):
    """Shows a relation, the published table beside it, and what they differ by.

    Attributes
    ----------
    subject_chosen : Signal(str)
        The subject_id of the point of the scatter that was clicked.
    """

    subject_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._relation: Relation | None = None
        self.header = wrapped_label(NOT_YET)
        self.shown = choice_box((), tooltip="Whose numbers the table and the heat map hold")
        self.table = CorrelationTable()
        self.heat_map = FigurePage("Relate measurement tables first.", least_share=_LEAST_SHARE)
        self.scatter = ScatterPage()
        self.sensitivity = SensitivityPage()
        self.profile = FigurePage("Tick Muscle profile among the choices and relate again.", least_share=_LEAST_SHARE)
        self.beside = TableChoice()
        self.tabs = QTabWidget()
        pages = (
            ("Table", self.table, "Rho over p, as in the published table"),
            ("Heat map", self.heat_map, "Rho of every cell as a colour"),
            ("Scatter", self.scatter, "The subjects behind the cell that was clicked"),
            ("Sensitivity", self.sensitivity, "The same cells under other choices"),
            ("Profile", self.profile, "z of every muscle, and hip less lumbar z of every person"),
            ("Beside", self.beside, "Power, chance, max-T, and every other table beside the result"),
        )
        for title, page, tooltip in pages:
            self.tabs.addTab(page, title)
            self.tabs.setTabToolTip(self.tabs.count() - 1, tooltip)
        self._lay_out()
        self.tabs.currentChanged.connect(lambda *_: self._draw())
        self.table.cell_chosen.connect(self.show_scatter)
        self.shown.currentIndexChanged.connect(lambda *_: self._show())
        self.sensitivity.variation_chosen.connect(self._show_variation)
        self.scatter.subject_chosen.connect(self.subject_chosen)

    def value(self) -> Relation | None:
        """The relation shown; None before there is one."""
        return self._relation

    def set_value(self, relation: Relation) -> None:
        """Show a relation."""
        self._relation = relation
        self.shown.blockSignals(True)
        self.shown.clear()
        for shown in shown_choices(relation):
            self.shown.addItem(shown.words, shown)
        self.shown.blockSignals(False)
        self._row.setVisible(self.shown.count() > 1)
        self.scatter.set_relation(relation)
        self.sensitivity.set_value(relation.extra.get(SENSITIVITY.name))
        self.profile.set_maker(partial(_draw_profile, relation) if PROFILE.name in relation.extra else None)
        self.beside.set_value(tables_beside(relation))
        self.tabs.setCurrentIndex(TABLE)
        self._show()

    def show_scatter(self, cell: Cell) -> None:
        """Show the subjects behind a cell."""
        self.scatter.set_value(cell)
        if self.scatter.canvas.value() is not None:
            self.tabs.setCurrentIndex(SCATTER)

    def _lay_out(self) -> None:
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Shown"))
        row.addWidget(self.shown, 1)
        self._row.setVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.header)
        column.addWidget(self._row)
        column.addWidget(self.tabs, 1)

    def _show_variation(self, name: str) -> None:
        choose_value(self.shown, Shown(Source.VARIATION, name))
        self.tabs.setCurrentIndex(TABLE)

    def _show(self) -> None:
        """The table and the heat map of what is chosen above them."""
        relation, shown = self._relation, self.shown.currentData()
        if relation is None or shown is None:
            return
        here, there = shown.tables(relation)
        if there is None:
            self._show_one(here, shown, relation)
        else:
            self._show_differences(lay_out_differences(here, there, names=shown.names))
        self._draw()

    def _show_differences(self, layout: DifferenceLayout) -> None:
        self._say("Difference of ρ", f"{layout.header}.", ())
        self.table.set_differences(layout)
        self.heat_map.set_maker(partial(_draw_differences, layout))

    def _draw(self) -> None:
        """The figure of the page that is looked at; the others wait."""
        page = self.tabs.currentWidget()
        if isinstance(page, FigurePage):
            page.draw()

    def _show_one(self, correlations: Any, shown: Shown, relation: Relation) -> None:
        is_published = shown.source is Source.PUBLISHED
        title = PUBLISHED_TITLE if is_published else title_of_relation(relation)
        layout = lay_out(correlations)
        given = describe_covariates(correlations)
        held = f" Partial coefficients, {given}." if given else ""
        words = f"{layout.header}. {layout.hip_title}; {layout.lumbar_title}. {layout.rules}{held}"
        if not correlations["p"].notna().any():
            words = f"{TOO_FEW} {words}"
        self._say(title, words, PUBLISHED_NOTES if is_published else relation.notes)
        self.table.set_value(correlations)
        self.heat_map.set_maker(partial(_draw_map, correlations))

    def _say(self, title: str, words: str, notes: tuple[str, ...]) -> None:
        self.header.setText(f"<b>{escape(title)}.</b> {escape(words)}")
        self.header.setToolTip("\n".join(notes))


def _draw_map(correlations: Any) -> Any:
    from ...figures.correlation_heatmap import correlation_heatmap

    return correlation_heatmap(correlations)


def _draw_differences(layout: Any) -> Any:
    from ...figures.correlation_heatmap import difference_heatmap

    return difference_heatmap(layout)


def _draw_profile(relation: Relation) -> Any:
    from ...figures.correlation_profile import correlation_profile

    return correlation_profile(relation.extra)
