"""What a person asks of a model, checked when made, and the model fitted to a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import InvalidChoice
from .columns import FloatArray
from .design import Design, OutcomeKind, build_design
from .estimates import Estimates
from .firth import fit_firth
from .formula import Formula, RandomPart, parse_formula, parse_random
from .gee import fit_gee
from .linear import fit_linear
from .logistic import fit_logistic
from .mixed_linear import Criterion, fit_mixed_linear
from .mixed_logistic import fit_mixed_logistic
from .random_intercept import DEFAULT_POINTS
from .troubles import Trouble

if TYPE_CHECKING:
    import pandas as pd

EVENTS_PER_TERM = 10
"""Fewer events, or non-events, per term are flagged."""

MOST_POINTS = 100


class Estimator(StrEnum):
    """How coefficients are found.

    `LIKELIHOOD` is maximum likelihood (restricted, for linear models with groups); `FIRTH` adds Firth's penalty to
    a logistic model; `GEE` averages a logistic model over the population of the groups.
    """

    LIKELIHOOD = "likelihood"
    FIRTH = "firth"
    GEE = "gee"


class Method(StrEnum):
    """What was fitted, as it stands in the table."""

    LOGISTIC = "logistic"
    FIRTH = "firth"
    GEE = "gee_logistic"
    MIXED_LOGISTIC = "mixed_logistic"
    LINEAR = "linear"
    MIXED_LINEAR = "mixed_linear"


@dataclass(frozen=True)
class ModelRequest:
    """Every choice that can change a model. Words are accepted for the choices (``kind="linear"``).

    Parameters
    ----------
    formula : str
        Such as ``cbp ~ lmm_z * intermat_z + age``.
    kind, estimator
        Whether the outcome is events or numbers, and how coefficients are found.
    random : str, optional
        Such as ``1|centre`` or ``1 + time|subject_id``.
    references : mapping of str to str
        Reference category by column; otherwise the first in order.
    n_points : int
        Quadrature points of a logistic model with groups; 1 is Laplace's approximation.
    criterion : Criterion
        Of a linear model with groups; likelihood-ratio tests need ``ml``.

    Raises
    ------
    InvalidChoice
        If a word is none of its choices, the formula cannot be read, or the choices do not go together.
    """

    formula: str
    kind: OutcomeKind = OutcomeKind.LOGISTIC
    random: str | None = None
    estimator: Estimator = Estimator.LIKELIHOOD
    references: Mapping[str, str] = field(default_factory=dict)
    n_points: int = DEFAULT_POINTS
    criterion: Criterion = Criterion.REML

    def __post_init__(self) -> None:
        for name, kind in (("kind", OutcomeKind), ("estimator", Estimator), ("criterion", Criterion)):
            object.__setattr__(self, name, _read_choice(kind, getattr(self, name), name))
        random = self.parsed_random
        if random is not None and random.group in self.parsed_formula.columns:
            raise InvalidChoice(f"Expected {random.group} as grouping or in the formula, found both.")
        if not 1 <= self.n_points <= MOST_POINTS:
            raise InvalidChoice(f"Expected 1 to {MOST_POINTS} quadrature points, found {self.n_points}.")
        if self.parsed_formula.response.is_counted and self.kind is OutcomeKind.LINEAR:
            raise InvalidChoice(f"Expected one number per row for a linear model, found counts, in {self.formula!r}.")
        if self.estimator is not Estimator.LIKELIHOOD and self.kind is OutcomeKind.LINEAR:
            raise InvalidChoice(f"Expected a logistic model for {self.estimator}, found a linear one.")
        if self.estimator is Estimator.FIRTH and random is not None:
            raise InvalidChoice("Expected no groups with Firth's penalty, found some.", hint="Leave out --random.")
        if self.estimator is Estimator.GEE and random is None:
            raise InvalidChoice("Expected groups for GEE, found none.", hint="Name them as --random '1|GROUP'.")
        if random is not None and random.slope is not None and self.kind is OutcomeKind.LOGISTIC:
            raise InvalidChoice(
                f"Expected 1|{random.group} for a logistic model, found a random slope of {random.slope}.",
                hint="Random slopes are fitted in linear models only.",
            )

    @property
    def parsed_formula(self) -> Formula:
        """The formula with its terms."""
        return parse_formula(self.formula)

    @property
    def parsed_random(self) -> RandomPart | None:
        """What varies between groups."""
        return parse_random(self.random) if self.random else None

    @property
    def method(self) -> Method:
        """What will be fitted."""
        if self.kind is OutcomeKind.LINEAR:
            return Method.MIXED_LINEAR if self.random else Method.LINEAR
        if self.estimator is not Estimator.LIKELIHOOD:
            return Method.FIRTH if self.estimator is Estimator.FIRTH else Method.GEE
        return Method.MIXED_LOGISTIC if self.random else Method.LOGISTIC

    def as_dict(self) -> dict[str, Any]:
        """Plain values for provenance."""
        return {
            "formula": self.formula,
            "kind": self.kind.value,
            "random": self.random or "",
            "estimator": self.estimator.value,
            "method": self.method.value,
            "references": dict(self.references),
            "n_points": self.n_points,
            "criterion": self.criterion.value,
        }


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


def fit_model(table: pd.DataFrame, request: ModelRequest) -> FittedModel:
    """The model a request asks for, fitted to the complete rows of a table.

    Raises
    ------
    TableInvalid
        If columns are missing or cannot be read.
    """
    random = request.parsed_random
    design = build_design(
        table, request.parsed_formula, kind=request.kind, random=random, references=request.references
    )
    return FittedModel(request, design, _flag_few_events(fit_design(design, request), design, request))


def fit_design(design: Design, request: ModelRequest) -> Estimates:
    """Estimates of the columns of a design that can be fitted."""
    matrix, response, groups = design.fitted_matrix, design.response, design.groups
    match request.method:
        case Method.LOGISTIC:
            return fit_logistic(matrix, response, design.trials)
        case Method.FIRTH:
            return fit_firth(matrix, response, design.trials)
        case Method.LINEAR:
            return fit_linear(matrix, response)
    if groups is None:
        raise InvalidChoice("Expected groups for a model with random terms, found none.")
    match request.method:
        case Method.GEE:
            single = design.per_trial()
            return fit_gee(single.fitted_matrix, single.response, groups if single.groups is None else single.groups)
        case Method.MIXED_LINEAR:
            return fit_mixed_linear(matrix, response, groups, slope=design.slope, criterion=request.criterion)
    return fit_mixed_logistic(matrix, response, groups, trials=design.trials, n_points=request.n_points)


def events_per_term(design: Design) -> float:
    """The rarer outcome's number over the fitted columns beside the intercept; infinite where there are none."""
    n_terms = int(design.kept.sum()) - 1
    events = float(design.response.sum())
    return min(events, float(design.weights.sum()) - events) / n_terms if n_terms else float("inf")


def _flag_few_events(estimates: Estimates, design: Design, request: ModelRequest) -> Estimates:
    if request.kind is OutcomeKind.LINEAR or events_per_term(design) >= EVENTS_PER_TERM:
        return estimates
    return replace(estimates, troubles=(*estimates.troubles, Trouble.FEW_EVENTS))


def _read_choice(kind: type[StrEnum], given: str, name: str) -> StrEnum:
    if given in tuple(kind):
        return kind(given)
    raise InvalidChoice(
        f"Expected {name} to be one of {', '.join(kind)}, found {given!r}.", hint="Choose one of these words."
    )
