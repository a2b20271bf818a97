"""The dock “Cohort statistics”: a cohort measured, models, courses, agreement, flow, tables around a study, regions."""

from typing import Any

from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from ..cohort_work import cohort_study
from ..course_work import course_study
from ..region_work import region_study
from ..study_work import agreement_study, description_study, flow_study, model_study
from .agreement_choice import AgreementChoice
from .cohort_editor import CohortEditor
from .courses_editor import CoursesEditor
from .description_editor import DescriptionEditor
from .flow_editor import FlowEditor
from .model_editor import ModelEditor
from .regions_editor import RegionsEditor
from .small_parts import research_line
from .study_page import StudyKind, StudyPage

_LEAST_WIDTH = 470

MODEL = StudyKind("Model", "Fit", "fitting", "A regression model of a table", model_study)
COURSES = StudyKind("Courses", "Fit", "fitting", "Severe fat against outcomes over time", course_study)
AGREEMENT = StudyKind(
    "Agreement", "Compare", "comparing readers", "Agreement of readers on numbers or outlines", agreement_study
)
FLOW = StudyKind("Flow", "Count", "counting people", "Who was screened, left, and was analysed", flow_study)
DESCRIPTION = StudyKind("Describe", "Describe", "describing", "Table 1, warnings, percentiles", description_study)
REGIONS = StudyKind("Regions", "Measure", "measuring", "Fat between muscles and lean volume of a subject", region_study)
COHORT = StudyKind(
    "Measure", "Measure", "measuring subjects", "The measurements of every subject of a manifest", cohort_study
)
KINDS = (COHORT, MODEL, COURSES, AGREEMENT, FLOW, DESCRIPTION, REGIONS)


class StatisticsDock(QWidget):
    """One tab per kind of study result.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer it is docked in.
    """

    def __init__(self, napari_viewer) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.viewer = napari_viewer
        self.cohort = StudyPage(COHORT, CohortEditor())
        self.model = StudyPage(MODEL, ModelEditor())
        self.courses = StudyPage(COURSES, CoursesEditor())
        self.agreement = StudyPage(AGREEMENT, AgreementChoice())
        self.flow = StudyPage(FLOW, FlowEditor())
        self.description = StudyPage(DESCRIPTION, DescriptionEditor())
        self.regions = StudyPage(REGIONS, RegionsEditor())
        self.tabs = QTabWidget()
        for kind, page in zip(KINDS, self.pages, strict=True):
            self.tabs.addTab(page, kind.title)
            self.tabs.setTabToolTip(self.tabs.count() - 1, kind.hint)
        outer = QVBoxLayout(self)
        outer.addWidget(self.tabs, 1)
        outer.addWidget(research_line())
        self.setMinimumWidth(_LEAST_WIDTH)

    @property
    def pages(self) -> tuple[StudyPage, ...]:
        """The tabs in order."""
        return (self.cohort, self.model, self.courses, self.agreement, self.flow, self.description, self.regions)

    def closeEvent(self, event: Any) -> None:
        """Leave no work behind."""
        for page in self.pages:
            page.cancel()
        super().closeEvent(event)
