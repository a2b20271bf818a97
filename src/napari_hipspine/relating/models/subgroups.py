"""One model per value of a column: subgroups, time points or sides, with Firth's penalty for all where one needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from ...domain.errors import InvalidChoice, TableInvalid
from .columns import MOST_LEVELS, Coding, find_coding, is_gap, present_rows
from .design import OutcomeKind, build_design
from .fitting import EVENTS_PER_TERM, FittedModel, events_per_term, fit_model
from .formula import Variable
from .model_request import Estimator, ModelRequest
from .ticks import Tick, run_on

if TYPE_CHECKING:
    import pandas as pd

    Parts: TypeAlias = Sequence[tuple[str, pd.DataFrame]]


class FewEvents(StrEnum):
    """What is done where a model has fewer than 10 events (or non-events) per term.

    `FLAG` says so; `FIRTH` fits all models with Firth's penalty if one needs it, so that they can be compared.
    """

    FLAG = "flag"
    FIRTH = "firth"


def parts_for(table: pd.DataFrame, request: ModelRequest, column: str) -> list[tuple[str, pd.DataFrame]]:
    """The rows of every value of a column, for a model of each.

    Raises
    ------
    InvalidChoice
        If the column is in the formula.
    TableInvalid
        If it is not in the table, or has too many values.
    """
    if column in request.parsed_formula.columns:
        raise InvalidChoice(f"Expected {column} to part the rows or in the formula, found both.")
    return part_rows(table, column)


def fit_parts(
    parts: Parts, request: ModelRequest, *, few_events: FewEvents = FewEvents.FLAG, tick: Tick = run_on
) -> tuple[tuple[str, FittedModel], ...]:
    """The same model for every named part of a table.

    Parameters
    ----------
    parts
        Rows by name, each with a complete row at least.
    request
        What is fitted to each.
    few_events
        What is done where a plain logistic model has few events.
    tick
        Called while the models run.
    """
    needs_penalty = few_events is FewEvents.FIRTH and any_has_few_events(parts, request)
    chosen = replace(request, estimator=Estimator.FIRTH) if needs_penalty else request
    return tuple((name, fit_model(rows, chosen, tick=tick)) for name, rows in parts)


def has_complete_rows(rows: pd.DataFrame, request: ModelRequest) -> bool:
    """Whether any row has a value in every column the request needs and the table has."""
    random = request.parsed_random
    needed = [*request.parsed_formula.columns, *([random.group, random.slope or random.group] if random else [])]
    present, _ = present_rows({name: rows[name].tolist() for name in dict.fromkeys(needed) if name in rows.columns})
    return bool(present.any())


def part_rows(table: pd.DataFrame, column: str) -> list[tuple[str, pd.DataFrame]]:
    """The rows of every value of a column, named ``COLUMN=VALUE``, numbers in their order.

    Raises
    ------
    TableInvalid
        If the column is not in the table, or has too many values.
    """
    if column not in table.columns:
        raise TableInvalid(f"Expected the column {column}, missing, in the table to model.")
    cells = table[column].tolist()
    present = [not is_gap(cell) for cell in cells]
    values = [cell for cell, is_there in zip(cells, present, strict=True) if is_there]
    coding: Coding = find_coding(Variable(column, column, is_declared_factor=True), values)
    if len(coding.levels) > MOST_LEVELS:
        raise TableInvalid(f"Expected at most {MOST_LEVELS} values of {column}, found {len(coding.levels)}.")
    rows = table[present].reset_index(drop=True)
    codes = coding.code(values)
    return [(f"{column}={level}", rows[codes == k].reset_index(drop=True)) for k, level in enumerate(coding.levels)]


def any_has_few_events(parts: Parts, request: ModelRequest) -> bool:
    """Whether a plain logistic model of one of the parts has fewer than 10 events (or non-events) per term."""
    if request.kind is not OutcomeKind.LOGISTIC or request.random is not None:
        return False
    formula = request.parsed_formula
    designs = (build_design(rows, formula, kind=request.kind, references=request.references) for _, rows in parts)
    return any(events_per_term(design) < EVENTS_PER_TERM for design in designs)
