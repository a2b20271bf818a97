"""A model fitted to a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...domain.errors import InvalidChoice
from .columns import FloatArray
from .design import Design, OutcomeKind, build_design
from .estimates import Estimates
from .firth import fit_firth
from .gee import fit_gee
from .linear import fit_linear
from .logistic import fit_logistic
from .mixed_linear import fit_mixed_linear
from .mixed_logistic import fit_mixed_logistic
from .model_request import Method, ModelRequest
from .ticks import Tick, run_on
from .troubles import Trouble

if TYPE_CHECKING:
    import pandas as pd

EVENTS_PER_TERM = 10
"""Fewer events, or non-events, per term are flagged."""


@dataclass(frozen=True)
class FittedModel:
    """A model fitted to a table.

    Parameters
    ----------
    request : ModelRequest
        What was asked.
    design : Design
        What it was fitted to.
    estimates : Estimates
        Of the columns that were fitted.
    """

    request: ModelRequest
    design: Design
    estimates: Estimates

    @property
    def beta(self) -> FloatArray:
        """One coefficient per column of the design; 0 for those left out, NaN where the model has no numbers."""
        out = np.zeros(len(self.design.columns))
        out[self.design.kept] = self.estimates.beta
        return out

    @property
    def covariance(self) -> FloatArray:
        """Covariance of the coefficients, ``(n_columns, n_columns)``; 0 for those left out."""
        out = np.zeros((len(self.design.columns),) * 2)
        out[np.ix_(self.design.kept, self.design.kept)] = self.estimates.covariance
        return out

    @property
    def n_events(self) -> int | None:
        """Rows (or trials) with the outcome, in a logistic model."""
        return int(self.design.response.sum()) if self.request.kind is OutcomeKind.LOGISTIC else None

    @property
    def n_trials(self) -> int | None:
        """Outcomes of all rows, where they are counted."""
        return None if self.design.trials is None else int(self.design.trials.sum())

    @property
    def group_deviation(self) -> float:
        """Standard deviation of the groups' log-odds; 0 in models without random intercept."""
        covariance = self.estimates.random_covariance
        return 0.0 if covariance is None else float(np.sqrt(covariance[0, 0]))

    @property
    def probability_of(self) -> str:
        """Which probability the log-odds stand for, in words; empty in models without groups."""
        words = {Method.MIXED_LOGISTIC: "at random effect 0", Method.GEE: "averaged over the population"}
        return words.get(self.request.method, "")

    def require_numbers(self) -> None:
        """Nothing, where the model has numbers.

        Raises
        ------
        InvalidChoice
            If it has none, saying why.
        """
        if not self.estimates.has_numbers:
            words = " ".join(trouble.sentence for trouble in self.estimates.troubles)
            raise InvalidChoice(f"Expected a model with numbers, found none: {words} In {self.request.formula!r}.")


def fit_model(table: pd.DataFrame, request: ModelRequest, *, tick: Tick = run_on) -> FittedModel:
    """The model a request asks for, fitted to the complete rows of a table; `tick` is called while it runs.

    Raises
    ------
    TableInvalid
        If columns are missing or cannot be read.
    """
    random = request.parsed_random
    design = build_design(
        table, request.parsed_formula, kind=request.kind, random=random, references=request.references
    )
    return FittedModel(request, design, _flag_few_events(fit_design(design, request, tick=tick), design, request))


def fit_design(design: Design, request: ModelRequest, *, tick: Tick = run_on) -> Estimates:
    """Estimates of the columns of a design that can be fitted."""
    matrix, response, groups = design.fitted_matrix, design.response, design.groups
    match request.method:
        case Method.LOGISTIC:
            return fit_logistic(matrix, response, design.trials)
        case Method.FIRTH:
            return fit_firth(matrix, response, design.trials, tick=tick)
        case Method.LINEAR:
            return fit_linear(matrix, response)
    if groups is None:
        raise InvalidChoice("Expected groups for a model with random terms, found none.")
    match request.method:
        case Method.GEE:
            single = design.per_trial()
            rows = groups if single.groups is None else single.groups
            return fit_gee(single.fitted_matrix, single.response, rows, tick=tick)
        case Method.MIXED_LINEAR:
            return fit_mixed_linear(
                matrix, response, groups, slope=design.slope, criterion=request.criterion, tick=tick
            )
    return fit_mixed_logistic(matrix, response, groups, trials=design.trials, n_points=request.n_points, tick=tick)


def events_per_term(design: Design) -> float:
    """The rarer outcome's number over the fitted columns beside the intercept; infinite where there are none."""
    n_terms = int(design.kept.sum()) - 1
    events = float(design.response.sum())
    return min(events, float(design.weights.sum()) - events) / n_terms if n_terms else float("inf")


def _flag_few_events(estimates: Estimates, design: Design, request: ModelRequest) -> Estimates:
    says_it = {Trouble.CONSTANT_OUTCOME, Trouble.TOO_FEW_ROWS} & set(estimates.troubles)
    if request.kind is OutcomeKind.LINEAR or says_it or events_per_term(design) >= EVENTS_PER_TERM:
        return estimates
    return replace(estimates, troubles=(*estimates.troubles, Trouble.FEW_EVENTS))
