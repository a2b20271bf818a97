"""The dock “Cohort statistics”: a cohort measured, models, courses, agreement, flow, tables around a study, regions."""

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from .small_parts import research_line
from .study_page import StudyKind, StudyPage

_LEAST_WIDTH = 470


class StatisticsDock(QWidget):
    """One tab per kind of study result; each is made, and what it needs is loaded, when it is first shown.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer it is docked in.
    """

    def __init__(self, napari_viewer) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.viewer = napari_viewer
        self._made: dict[str, StudyPage] = {}
        self.tabs = QTabWidget()
        for title, (_, hint) in _KINDS.items():
            self.tabs.addTab(_room(), title)
            self.tabs.setTabToolTip(self.tabs.count() - 1, hint)
        self.tabs.currentChanged.connect(lambda at: self._page(self.tabs.tabText(at)))
        self._page(self.tabs.tabText(0))
        outer = QVBoxLayout(self)
        outer.addWidget(self.tabs, 1)
        outer.addWidget(research_line())
        self.setMinimumWidth(_LEAST_WIDTH)

    @property
    def cohort(self) -> StudyPage:
        """The tab for the measurements of a cohort."""
        return self._page("Measure")

    @property
    def model(self) -> StudyPage:
        """The tab for models."""
        return self._page("Model")

    @property
    def courses(self) -> StudyPage:
        """The tab for courses over time."""
        return self._page("Courses")

    @property
    def agreement(self) -> StudyPage:
        """The tab for agreement of readers."""
        return self._page("Agreement")

    @property
    def flow(self) -> StudyPage:
        """The tab for the inclusion flow."""
        return self._page("Flow")

    @property
    def description(self) -> StudyPage:
        """The tab for tables around a study."""
        return self._page("Describe")

    @property
    def regions(self) -> StudyPage:
        """The tab for fat between muscles."""
        return self._page("Regions")

    @property
    def pages(self) -> tuple[StudyPage, ...]:
        """All tabs in order."""
        return tuple(self._page(title) for title in _KINDS)

    def closeEvent(self, event: Any) -> None:
        """Leave no work behind."""
        for page in self._made.values():
            page.cancel()
        super().closeEvent(event)

    def _page(self, title: str) -> StudyPage:
        if title not in self._made:
            make, hint = _KINDS[title]
            self._made[title] = make(hint)
            self._made[title].subject_wished.connect(self._open_subject)
            self.tabs.widget(list(_KINDS).index(title)).layout().addWidget(self._made[title])
        return self._made[title]

    def _open_subject(self, open_it: Any) -> None:
        """Show a subject in the dock Hip-spine muscles."""
        from ..contributions import DOCK, PLUGIN

        if self.viewer is not None:
            _, main = self.viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)
            main.study.open_alone(open_it)


def _room() -> QWidget:
    """An empty tab that one page fills."""
    room = QWidget()
    QVBoxLayout(room).setContentsMargins(0, 0, 0, 0)
    return room


def _cohort(hint: str) -> StudyPage:
    from ..cohort_work import cohort_study
    from .cohort_editor import CohortEditor
    from .cohort_page import CohortPage

    return CohortPage(StudyKind("Measure", "Measure", "measuring subjects", hint, cohort_study), CohortEditor())


def _model(hint: str) -> StudyPage:
    from ..study_work import model_study
    from .model_editor import ModelEditor

    return StudyPage(StudyKind("Model", "Fit", "fitting", hint, model_study), ModelEditor())


def _courses(hint: str) -> StudyPage:
    from ..course_work import course_study
    from .courses_editor import CoursesEditor

    return StudyPage(StudyKind("Courses", "Fit", "fitting", hint, course_study), CoursesEditor())


def _agreement(hint: str) -> StudyPage:
    from ..study_work import agreement_study
    from .agreement_choice import AgreementChoice

    return StudyPage(StudyKind("Agreement", "Compare", "comparing readers", hint, agreement_study), AgreementChoice())


def _flow(hint: str) -> StudyPage:
    from ..study_work import flow_study
    from .flow_editor import FlowEditor

    return StudyPage(StudyKind("Flow", "Count", "counting people", hint, flow_study), FlowEditor())


def _description(hint: str) -> StudyPage:
    from ..study_work import description_study
    from .description_editor import DescriptionEditor

    return StudyPage(StudyKind("Describe", "Describe", "describing", hint, description_study), DescriptionEditor())


def _regions(hint: str) -> StudyPage:
    from ..region_work import region_study
    from .regions_editor import RegionsEditor

    return StudyPage(StudyKind("Regions", "Measure", "measuring", hint, region_study), RegionsEditor())


_KINDS: dict[str, tuple[Callable[[str], StudyPage], str]] = {
    "Measure": (_cohort, "The measurements of every subject of a manifest"),
    "Model": (_model, "A regression model of a table"),
    "Courses": (_courses, "Severe fat against outcomes over time"),
    "Agreement": (_agreement, "Agreement of readers on numbers or outlines"),
    "Flow": (_flow, "Who was screened, left, and was analysed"),
    "Describe": (_description, "Table 1, warnings, percentiles"),
    "Regions": (_regions, "Fat between muscles and lean volume of a subject"),
}
"""How each tab is made, and what it gives, by its title."""
