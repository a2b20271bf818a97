"""Severe fat against outcomes over time, as the command line works it out."""

from __future__ import annotations

from pathlib import Path

from ..domain.errors import InvalidChoice
from ..domain.subject import Progress
from ..domain.tables import MODELS
from ..relating.models.side_tables import COURSES, OUTCOMES, OVERALL
from ..workflows.model_courses import (
    CourseModels,
    CourseRequest,
    course_figures,
    course_files,
    model_courses,
    parse_outcome,
)
from ..workflows.read_tables import read_table
from ..workflows.severe_columns import SevereRows, add_severe
from ..writing.course_text import format_courses
from .study_wishes import CoursesWish
from .study_work import ShownTable, StudyOutcome


def course_study(wish: CoursesWish, progress: Progress) -> StudyOutcome:
    """Odds per time point and courses, as `hipspine courses` finds them."""
    progress(0, 1, "reading")
    if (wish.level or wish.session) and not wish.measurements:
        raise InvalidChoice("Expected measurements with a level or session of theirs, found none.")
    table = read_table(wish.table)
    severe: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    if wish.measurements:
        rows = SevereRows(tuple(Path(path) for path in wish.measurements), level=wish.level, session=wish.session)
        table, severe = add_severe(table, rows)
        told = (rows.sentence,)
    request = CourseRequest(
        exposures=wish.exposures or severe,
        outcomes=tuple(parse_outcome(text) for text in wish.outcomes),
        scores=wish.scores,
        covariates=wish.covariates,
        time=wish.time,
        subject=wish.subject,
    )
    inputs = [wish.table, *wish.measurements]
    found = model_courses(table, request, estimator=wish.over_time, inputs=inputs, told=told, progress=progress)
    return StudyOutcome(
        f"Exposures {len(request.exposures)}, outcomes {len(request.outcomes)}, scores {len(request.scores)}. "
        "Associations in this sample.",
        format_courses(found.outcomes, found.overall, found.courses, notes=found.notes),
        _tables(found),
        course_figures(found, time=wish.time),
        course_files(found, time=wish.time),
    )


def _tables(found: CourseModels) -> tuple[ShownTable, ...]:
    """Those with rows: outcomes and courses are each optional."""
    tables = (
        ShownTable("Odds per time point", OUTCOMES, found.outcomes, ("formula", "interval_by")),
        ShownTable("Over all time points", OVERALL, found.overall, ("test_by", "formula")),
        ShownTable("Means", COURSES, found.courses),
        ShownTable("All terms", MODELS, found.models, ("kind", "formula", "random", "part")),
    )
    return tuple(table for table in tables if len(table.frame))
