"""`hipspine courses`: severe fat per muscle and side against outcomes over time."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..domain.errors import InvalidChoice
from .progress import terminal_progress
from .relate import words_of


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("courses", help="severe fat against outcomes over time", description=__doc__)
    parser.add_argument("table", type=Path, metavar="TABLE.csv", help="one row per person and time point")
    parser.add_argument(
        "--measurements", type=Path, nargs="+", default=[], help="add severe_MUSCLE_SIDE of each person from these"
    )
    parser.add_argument("--level", help="with --measurements: level of the rows, e.g. L4")
    parser.add_argument("--session", help="with --measurements: session of the rows")
    parser.add_argument(
        "--exposures", default="", help="columns of 0 and 1, joined by commas (default: all of --measurements)"
    )
    parser.add_argument(
        "--outcome",
        action="append",
        default=[],
        metavar="NAME=RULE",
        help="'recovery=gpe<=2', or NAME of a column of 0 and 1; once per outcome",
    )
    parser.add_argument("--scores", default="", help="columns of numbers whose course is modelled, e.g. leg_pain")
    parser.add_argument("--covariates", default="", help="confounders in every model, e.g. age,sex,bmi")
    parser.add_argument("--time", default="time", help="column of the time point, a number (default: time)")
    parser.add_argument("--subject", default="subject_id", help="column of the person (default: subject_id)")
    parser.add_argument(
        "--over-time", default="likelihood", help="odds over all time points: likelihood (mixed; default) or gee"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables and figures")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fit, print the odds ratios and write."""
    from ..workflows.model_courses import CourseRequest, Estimator, model_courses, parse_outcome
    from ..workflows.read_tables import read_table
    from ..workflows.severe_columns import SevereRows, add_severe
    from ..writing.course_text import format_courses

    if arguments.over_time not in (Estimator.LIKELIHOOD, Estimator.GEE):
        raise InvalidChoice(f"Expected --over-time likelihood or gee, found {arguments.over_time!r}.")
    if (arguments.level or arguments.session) and not arguments.measurements:
        raise InvalidChoice("Expected --measurements with --level and --session, found none.")
    table = read_table(arguments.table)
    severe: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    if arguments.measurements:
        rows = SevereRows(tuple(arguments.measurements), level=arguments.level, session=arguments.session)
        table, severe = add_severe(table, rows)
        told = (rows.sentence,)
    request = CourseRequest(
        exposures=words_of(arguments.exposures) or severe,
        outcomes=tuple(parse_outcome(text) for text in arguments.outcome),
        scores=words_of(arguments.scores),
        covariates=words_of(arguments.covariates),
        time=arguments.time,
        subject=arguments.subject,
    )
    found = model_courses(
        table,
        request,
        estimator=Estimator(arguments.over_time),
        inputs=[arguments.table, *arguments.measurements],
        told=told,
        out=arguments.out,
        progress=terminal_progress("fitting"),
    )
    print(format_courses(found.outcomes, found.overall, found.courses, notes=found.notes))
    return 0
