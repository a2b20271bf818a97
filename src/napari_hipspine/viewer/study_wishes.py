"""What a reader asks of the statistics dock: one value per tab, as its editor gives it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..domain.protocol import FatMethod, MeasurementProtocol
from ..measuring.agreement import BorderRule, DistanceRule
from ..relating.flow import FlowStep
from ..relating.grade_agreement import KappaWeights
from ..relating.models.model_request import Estimator
from ..relating.raters import RaterColumn
from ..relating.study_dates import DateRules
from ..workflows.describe_clinic import ClinicTables
from ..workflows.model_cohort import ModelExtras, ModelRequest
from ..workflows.open_subject import LabelFiles
from ..workflows.region_files import RegionFiles
from ..workflows.study_flow import REASON_COLUMN


@dataclass(frozen=True)
class ModelWish:
    """A model of a table.

    Parameters
    ----------
    table : str
        Path of a CSV file with one row per observation.
    request, extras
        Every choice of `model_cohort`.
    """

    table: str
    request: ModelRequest
    extras: ModelExtras = ModelExtras()


@dataclass(frozen=True)
class CoursesWish:
    """Severe fat against outcomes over time.

    Parameters
    ----------
    table : str
        Path of a table with one row per person and time point.
    measurements, level, session
        Measurement tables from which ``severe_MUSCLE_SIDE`` is added, and which of their rows.
    exposures, outcomes, scores, covariates, time, subject
        As `CourseRequest` takes them, outcomes as text such as ``recovery=gpe<=2``; without exposures all severe ones.
    over_time : Estimator
        Of the odds over all time points.
    """

    table: str = ""
    measurements: tuple[str, ...] = ()
    level: str | None = None
    session: str | None = None
    exposures: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    time: str = "time"
    subject: str = "subject_id"
    over_time: Estimator = Estimator.LIKELIHOOD


@dataclass(frozen=True)
class AgreementWish:
    """Agreement of readers on numbers.

    Parameters
    ----------
    tables : tuple of str
        Paths of the measurement tables of all readers.
    measures, grades, weights, possible_grades, by
        As `agree_readers` takes them; no possible grades means those that were given.
    """

    tables: tuple[str, ...] = ()
    measures: tuple[str, ...] = ("fcsa", "fi")
    grades: tuple[str, ...] = ()
    weights: KappaWeights = KappaWeights.LINEAR
    possible_grades: tuple[float, ...] = ()
    by: RaterColumn | None = None


@dataclass(frozen=True)
class OutlinesWish:
    """Agreement of the outlines of two label maps; parameters as `agree_outlines` takes them."""

    first: LabelFiles
    second: LabelFiles
    distance: DistanceRule = DistanceRule.MAX_OF_DIRECTED
    border: BorderRule = BorderRule.SLICE_OUTLINE


@dataclass(frozen=True)
class PeopleFlowWish:
    """The flow of a table of people; parameters as `find_study_flow` takes them."""

    people: str = ""
    steps: tuple[FlowStep, ...] = ()
    reason_column: str = REASON_COLUMN
    rules: DateRules | None = None


@dataclass(frozen=True)
class CountsFlowWish:
    """The flow of counts taken from elsewhere; parameters as `close_study_flow` takes them."""

    n_screened: int = 0
    excluded: tuple[tuple[str, int], ...] = ()
    n_analysed: int = 0


@dataclass(frozen=True)
class DescriptionWish:
    """The tables around a study.

    Parameters
    ----------
    participants, acquisitions, images, reference : str
        Paths; empty when not given. Images stand in for a table of acquisitions.
    measurements : tuple of str
        Paths of measurement tables.
    by : str, optional
        Column of the groups of Table 1.
    variables : tuple of str
        Columns of Table 1; none means all.
    clinic : ClinicTables
        What hip-spine clinics ask, with paths as tables.
    """

    participants: str = ""
    by: str | None = None
    variables: tuple[str, ...] = ()
    measurements: tuple[str, ...] = ()
    acquisitions: str = ""
    images: str = ""
    reference: str = ""
    clinic: ClinicTables = ClinicTables()


@dataclass(frozen=True)
class RegionsWish:
    """Regions of one subject.

    Parameters
    ----------
    files : RegionFiles
        What is measured.
    fat_method : FatMethod, optional
        How fat is told; None takes what fits the image.
    threshold : float, optional
        The threshold of the manual method.
    """

    files: RegionFiles
    fat_method: FatMethod | None = None
    threshold: float | None = None

    def choose_protocol(self, usual: MeasurementProtocol) -> MeasurementProtocol:
        """The settings that fit the image, with the method that was chosen."""
        if self.fat_method is None:
            return usual
        return replace(usual, fat_method=self.fat_method, manual_threshold=self.threshold)
