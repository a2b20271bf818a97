"""`hipspine flow`: who was screened, who left and why, who was analysed."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import InvalidChoice
from .relate import words_of

if TYPE_CHECKING:
    from ..relating.flow import FlowStep
    from ..relating.study_dates import DateRules


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("flow", help="inclusion flow of a study", description=__doc__)
    parser.add_argument("people", type=Path, nargs="?", metavar="PEOPLE.csv", help="one row per subject_id")
    parser.add_argument(
        "--step",
        action="append",
        default=[],
        metavar="NAME=REASON,REASON",
        help="a box of the flow and the reasons that belong to it, in order; once per box",
    )
    parser.add_argument("--reason-column", default="exclusion_reasons", help="column of the reasons, joined by ;")
    parser.add_argument(
        "--counts", nargs="+", metavar="NAME=N", help="counts instead of people: screened, what left, analysed"
    )
    dates = parser.add_argument_group("dates (2020-12-31)")
    dates.add_argument("--mri-dates", default="", metavar="COLUMN,COLUMN", help="MRI that must lie close together")
    dates.add_argument("--limit-days", type=int, default=365, help="longest distance still accepted (default: 365)")
    dates.add_argument("--surgery-date", metavar="COLUMN", help="MRI after this date are refused")
    dates.add_argument(
        "--day-of-surgery", choices=("before", "after"), default="before", help="what that day counts as"
    )
    dates.add_argument("--window", metavar="COLUMN=FIRST,LAST", help="a date must lie within, both days included")
    parser.add_argument("--out", type=Path, required=True, help="folder for flow.csv, flow.png and analysed.csv")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Count and write."""
    from ..workflows.study_flow import close_study_flow, find_study_flow, flow_files, flow_in_words
    from ..writing.tables import write_whole

    if (arguments.people is None) == (arguments.counts is None):
        raise InvalidChoice(
            f"Expected either a table of people or --counts, found {'both' if arguments.counts else 'neither'}.",
            hint="hipspine flow PEOPLE.csv --step 'prior surgery=prior_fusion,hip_replacement' --out DIR",
        )
    if arguments.counts is not None:
        counts = [_count(text) for text in arguments.counts]
        if len(counts) < 2:
            raise InvalidChoice("Expected at least the counts of those screened and analysed, found one.")
        study = close_study_flow(counts[0][1], counts[1:-1], counts[-1][1])
    else:
        steps = [_step(text) for text in arguments.step]
        study = find_study_flow(arguments.people, steps, reason_column=arguments.reason_column, rules=_rules(arguments))
    paths = write_whole(arguments.out, flow_files(study))
    print(flow_in_words(study))
    for path in paths:
        print(path)
    return 0


def _step(text: str) -> FlowStep:
    from ..relating.flow import FlowStep

    name, _, words = text.partition("=")
    reasons = words_of(words)
    if not name.strip() or not reasons:
        raise InvalidChoice(f"Expected a step as NAME=REASON,REASON, found {text!r}.")
    return FlowStep(name.strip(), reasons)


def _count(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    if not name.strip() or not number.strip().isdigit():
        raise InvalidChoice(f"Expected a count as NAME=N, found {text!r}.")
    return name.strip(), int(number)


def _rules(arguments: argparse.Namespace) -> DateRules | None:
    """Rules on dates, if any were asked for."""
    from ..relating.study_dates import DateRules, DayOfSurgery

    mri = words_of(arguments.mri_dates)
    if not (mri or arguments.surgery_date or arguments.window):
        return None
    column, first, last = _window(arguments.window)
    return DateRules(
        mri=mri,
        limit_days=arguments.limit_days,
        surgery=arguments.surgery_date,
        day_of_surgery=DayOfSurgery(arguments.day_of_surgery),
        window_column=column,
        first=first,
        last=last,
    )


def _window(text: str | None) -> tuple[str | None, date | None, date | None]:
    if text is None:
        return None, None, None
    column, _, days = text.partition("=")
    first, comma, last = days.partition(",")
    try:
        if not column or not comma:
            raise ValueError(text)
        return column, date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise InvalidChoice(f"Expected a window as COLUMN=2017-01-01,2023-12-31, found {text!r}.") from None
