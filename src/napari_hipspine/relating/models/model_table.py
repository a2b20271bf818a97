"""A fitted model as rows of the model table, and its doubts as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.tables import MODELS, join_words
from .columns import FloatArray
from .design import OutcomeKind
from .fitting import FittedModel
from .formula import INTERCEPT
from .model_request import Method
from .troubles import Trouble

if TYPE_CHECKING:
    import pandas as pd

LARGEST_LOG_ODDS = 700.0
"""Log-odds whose ratio a number can still hold."""

ALL_ROWS = "all"
"""Name of the model that takes every row."""


def model_table(models: Iterable[tuple[str, FittedModel]]) -> pd.DataFrame:
    """The model table of one or more named models."""
    return MODELS.frame([row for name, fitted in models for row in model_rows(fitted, name)])


def model_rows(fitted: FittedModel, name: str = ALL_ROWS) -> list[dict[str, Any]]:
    """One row per coefficient, the intercept first, then one per standard deviation or correlation of the groups."""
    request, design = fitted.request, fitted.design
    shared = {
        "model": name,
        "kind": request.kind.value,
        "method": request.method.value,
        "formula": request.formula,
        "random": request.parsed_random.text if request.parsed_random else "",
        "n": design.n_rows,
        "n_trials": fitted.n_trials,
        "n_events": fitted.n_events,
        "n_groups": len(design.group_names) or None,
        "converged": fitted.estimates.converged,
        "interval_by": fitted.estimates.interval_by,
    }
    return [
        *(shared | row | {"part": "fixed"} for row in _coefficient_rows(fitted)),
        *(shared | row | {"part": "random", "interval_by": ""} for row in _deviation_rows(fitted)),
    ]


def model_notes(fitted: FittedModel, name: str = ALL_ROWS) -> tuple[str, ...]:
    """What a reader of the rows should know, as sentences."""
    design = fitted.design
    notes = []
    if design.gaps:
        gaps = ", ".join(f"{column} {count}" for column, count in design.gaps.items())
        notes.append(f"Rows with a gap were left out; {design.n_rows} stayed. Missing cells: {gaps}.")
    if fitted.n_trials is not None:
        own = ", each taken as a row of its own" if fitted.request.method is Method.GEE else ""
        notes.append(f"The outcome is counted: {fitted.n_events} events in {fitted.n_trials} trials{own}.")
    for coding in design.codings:
        if coding.levels:
            notes.append(f"{coding.variable.name}: compared with {coding.levels[0]}.")
    if fitted.request.method is Method.MIXED_LINEAR and fitted.estimates.df is not None:
        notes.append("p and intervals of t with Satterthwaite's degrees of freedom.")
    notes += [trouble.sentence for trouble in fitted.estimates.troubles]
    for column, trouble in zip(design.columns, design.troubles, strict=True):
        if trouble is not None:
            notes.append(f"{column}: {trouble.sentence}")
    if fitted.request.kind is OutcomeKind.LOGISTIC and any(len(term) > 1 for term in design.formula.terms):
        notes.append("Terms of a variable in an interaction hold where its partner is 0 (or the reference category).")
    return tuple(note if name == ALL_ROWS else f"{name}: {note}" for note in notes)


def _coefficient_rows(fitted: FittedModel) -> list[dict[str, Any]]:
    design, estimates = fitted.design, fitted.estimates
    df = np.full(len(estimates.beta), np.nan) if estimates.df is None else estimates.df
    found = (
        _spread(values, fitted)
        for values in (estimates.beta, estimates.std_error, estimates.low, estimates.high, estimates.p, df)
    )
    rows = []
    for number, (column, beta, error, low, high, p, freedom) in enumerate(zip(design.columns, *found, strict=True)):
        row = {"term": column, "estimate": beta, "std_error": error, "low": low, "high": high, "p": p}
        row["df"] = freedom if np.isfinite(freedom) else None
        if column == INTERCEPT and fitted.request.method is Method.FIRTH:
            row["interval_by"] = "wald"
        if fitted.request.kind is OutcomeKind.LOGISTIC and column != INTERCEPT:
            row |= _as_odds(("odds_ratio", "or_low", "or_high"), beta, low, high, units=1)
            if _is_single_number(fitted, number):
                row |= _as_odds(("or_per_2", "or_per_2_low", "or_per_2_high"), beta, low, high, units=2)
        rows.append(row | {"reason": _reasons(estimates.troubles, design.troubles[number])})
    return rows


def _deviation_rows(fitted: FittedModel) -> list[dict[str, Any]]:
    """Names as `confint` of lme4 gives them: ``sd_(Intercept)|centre``, ``cor_Days.(Intercept)|Subject``, ``sigma``."""
    random = fitted.request.parsed_random
    group = random.group if random else ""
    slope = (random.slope if random else None) or ""
    names = {
        INTERCEPT: f"sd_{INTERCEPT}|{group}",
        "slope": f"sd_{slope}|{group}",
        "correlation": f"cor_{slope}.{INTERCEPT}|{group}",
    }
    reason = _reasons(fitted.estimates.troubles, None)
    return [
        {
            "term": names.get(one.name, one.name),
            "estimate": one.estimate,
            "std_error": one.std_error,
            "reason": reason,
        }
        for one in fitted.estimates.deviations
    ]


def _spread(values: FloatArray, fitted: FittedModel) -> FloatArray:
    """Values of the fitted columns in their places; NaN for those left out."""
    out = np.full(len(fitted.design.columns), np.nan)
    out[fitted.design.kept] = values
    return out


def _as_odds(names: Sequence[str], *values: float, units: int) -> dict[str, float]:
    """Ratios of so many units; empty beyond what a number can hold."""
    pairs = zip(names, values, strict=True)
    return {name: float(np.exp(units * v)) if abs(units * v) < LARGEST_LOG_ODDS else np.nan for name, v in pairs}


def _is_single_number(fitted: FittedModel, column: int) -> bool:
    """Whether a column is a numeric variable by itself."""
    term = fitted.design.formula.terms[fitted.design.column_terms[column]]
    return len(term) == 1 and not fitted.design.coding(term[0]).levels


def _reasons(whole: Iterable[Trouble], own: Trouble | None) -> str:
    return join_words([*([own.value] if own else []), *(trouble.value for trouble in whole)])
