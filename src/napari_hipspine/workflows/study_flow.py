"""Inclusion flow of a study: from a table of people, or from counts, to a table and a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.anatomy import vocabulary
from ..domain.errors import InvalidChoice
from ..domain.provenance import RESEARCH_ONLY, Provenance, fingerprints
from ..relating.covariates import rows_by_subject
from ..relating.flow import (
    FLOW,
    PEOPLE_ANALYSED,
    FlowStep,
    InclusionFlow,
    check_reasons,
    close_counts,
    follow_flow,
    split_reasons,
    tabulate_flow,
)
from ..relating.study_dates import DERIVED_REASONS, DateRules, find_date_reasons
from ..writing.tables import Contents, as_json, columns_as_json, table_as_csv
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

REASON_COLUMN = "exclusion_reasons"


@dataclass(frozen=True)
class StudyFlow:
    """The flow and what it rests on."""

    flow: InclusionFlow
    provenance: Provenance


def find_study_flow(
    people: pd.DataFrame | str | Path,
    steps: Sequence[FlowStep],
    *,
    reason_column: str = REASON_COLUMN,
    rules: DateRules | None = None,
) -> StudyFlow:
    """The flow of a table with one row per person and reasons joined by semicolons.

    Reasons that follow from dates and stand in no step become steps of their own, after the others.

    Parameters
    ----------
    people
        Table with subject_id and the reason column; empty reasons mean analysed.
    steps
        Boxes in order.
    reason_column
        Column of the reasons.
    rules
        Rules on dates, if there are any.

    Raises
    ------
    HipSpineError
        If the table lacks a column, holds a person twice, or a reason belongs to no step.
    """
    is_path = isinstance(people, str | Path)
    table = read_table(people, what="a table of people") if isinstance(people, str | Path) else people
    source = Path(people).name if isinstance(people, str | Path) else "the table of people"
    rows = rows_by_subject(table, source=source)
    needed = (reason_column, *(rules.columns if rules else ()))
    absent = [name for name in needed if name not in table.columns]
    if absent:
        raise InvalidChoice(
            f"Expected the columns {', '.join(needed)}, missing {', '.join(absent)}, in {source}.",
            hint=f"Columns: {', '.join(map(str, table.columns))}.",
        )
    reasons = {
        person: split_reasons(row[reason_column]) + (find_date_reasons(row, rules, row=number) if rules else ())
        for number, (person, row) in enumerate(rows.items(), start=2)
    }
    named = {reason for step in steps for reason in step.reasons}
    given = {reason for words in reasons.values() for reason in words}
    known = {term.id for term in vocabulary().of_kind("reason")} - (set() if rules else {*DERIVED_REASONS})
    check_reasons(steps, given, known=known)
    derived = [
        FlowStep(reason.replace("_", " "), (reason,))
        for reason in DERIVED_REASONS
        if rules and reason in given and reason not in named
    ]
    flow = follow_flow(reasons, [*steps, *derived])
    settings = {
        "steps": {step.name: list(step.reasons) for step in steps},
        "reason_column": reason_column,
        "rules": {}
        if rules is None
        else {name: None if value is None else str(value) for name, value in vars(rules).items()},
    }
    return StudyFlow(flow, Provenance("flow", settings, fingerprints([Path(str(people))] if is_path else [])))


def close_study_flow(n_screened: int, excluded: Sequence[tuple[str, int]], n_analysed: int) -> StudyFlow:
    """The flow of counts taken from elsewhere, refused where the sums do not close."""
    settings = {"screened": n_screened, "excluded": [list(one) for one in excluded], "analysed": n_analysed}
    return StudyFlow(close_counts(n_screened, excluded, n_analysed), Provenance("flow --counts", settings))


def flow_files(study: StudyFlow) -> dict[str, Contents]:
    """Tables and what their columns mean, figure, and what they rest on."""
    from ..figures.png import pictures_of

    tables = {FLOW: tabulate_flow(study.flow)}
    if study.flow.analysed:
        tables[PEOPLE_ANALYSED] = PEOPLE_ANALYSED.frame({"subject_id": one} for one in study.flow.analysed)
    return {
        **{f"{kind.name}.csv": table_as_csv(frame) for kind, frame in tables.items()},
        **pictures_of(flow_figures(study)),
        "columns.json": columns_as_json(*tables),
        "run.json": as_json(study.provenance.as_dict()),
    }


def flow_figures(study: StudyFlow) -> dict[str, Callable[[], Any]]:
    """What makes the diagram, by name."""
    from ..figures.flow_diagram import flow_diagram

    return {"flow": partial(flow_diagram, study.flow)}


def flow_in_words(study: StudyFlow) -> str:
    """The flow as a terminal shows it, a line per box."""
    lines = [f"screened: {study.flow.n_screened}"]
    for step in study.flow.steps:
        reasons = ", ".join(f"{reason} {n}" for reason, n in step.with_reason.items())
        lines.append(f"  {step.name}: {step.n_excluded}{f' ({reasons})' if len(step.with_reason) > 1 else ''}")
    return "\n".join([*lines, f"analysed: {study.flow.n_analysed}", RESEARCH_ONLY])
