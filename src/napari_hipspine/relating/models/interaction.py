"""Interaction on the additive scale, and fitted probabilities at the corners of two variables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import InvalidChoice
from .columns import FloatArray, read_numbers_or_gaps
from .design import OutcomeKind
from .estimates import CONFIDENCE
from .fitting import FittedModel
from .formula import parse_formula
from .model_request import ModelRequest
from .predictions import name_values, predict, typical_values

if TYPE_CHECKING:
    import pandas as pd

BELOW_REFERENCE = "odds_below_reference"
"""Reason of AP and S that cannot be read, because a dichotomy alone goes with lower odds: turn it round."""

_DICHOTOMY = re.compile(r"^\s*(?P<column>[^<>=]+?)\s*(?P<sign><=|>=|<|>)\s*(?P<cut>[-+0-9.eE]+)\s*$")


@dataclass(frozen=True)
class Dichotomy:
    """A number cut in two: who counts as exposed.

    Parameters
    ----------
    text : str
        As it was written, e.g. ``lmm_z<0``; the name of the new column.
    column : str
        Column that is cut.
    sign : str
        One of <, <=, >, >=.
    cut : float
        Where.
    """

    text: str
    column: str
    sign: str
    cut: float

    def apply(self, values: FloatArray) -> FloatArray:
        """1 for the exposed, 0 for the others; gaps stay gaps."""
        match self.sign:
            case "<":
                met = values < self.cut
            case "<=":
                met = values <= self.cut
            case ">":
                met = values > self.cut
            case _:
                met = values >= self.cut
        return np.where(np.isnan(values), np.nan, met.astype(np.float64))


def parse_dichotomy(text: str) -> Dichotomy:
    """A dichotomy from ``lmm_z<0``.

    Raises
    ------
    InvalidChoice
        If it is of another shape.
    """
    found = _DICHOTOMY.match(text)
    try:
        cut = float(found["cut"]) if found else float("nan")
    except ValueError:
        found, cut = None, float("nan")
    if found is None:
        raise InvalidChoice(f"Expected a dichotomy as COLUMN<NUMBER or COLUMN>=NUMBER, found {text!r}.")
    return Dichotomy(f"{found['column']}{found['sign']}{cut:g}", found["column"], found["sign"], cut)


def dichotomise(
    table: pd.DataFrame, request: ModelRequest, first: Dichotomy, second: Dichotomy
) -> tuple[pd.DataFrame, ModelRequest]:
    """The table with both dichotomies as columns of 0 and 1, and the request with them in place of the numbers.

    Raises
    ------
    InvalidChoice
        If the model is linear, or the formula lacks one of the columns or their interaction.
    """
    formula = parse_formula(request.formula)
    variables = {variable.column: variable for variable in formula.variables}
    pair = {first.column, second.column}
    if (
        request.kind is not OutcomeKind.LOGISTIC
        or len(pair) < 2
        or not any(set(term) == pair for term in formula.terms)
    ):
        raise InvalidChoice(
            f"Expected a logistic model with {first.column}:{second.column}, found {request.formula!r}.",
            hint=f"Write {first.column} * {second.column} in the formula.",
        )
    new = {one.column: f"`{one.text}`" for one in (first, second)}
    spelled = {v.name: new.get(column, v.text) for column, v in variables.items()}
    right = " + ".join(":".join(spelled[name] for name in term) for term in formula.terms)
    cut = table.copy()
    for one in (first, second):
        cut[one.text] = one.apply(read_numbers_or_gaps(table[one.column].tolist(), one.column))
    return cut, replace(request, formula=f"{formula.response.text} ~ {right}")


def additive_interaction(fitted: FittedModel, first: str, second: str) -> list[dict[str, Any]]:
    """RERI, AP and S of two columns of 0 and 1, from odds ratios, with intervals by the delta method.

    They come near to what ratios of probabilities give only where the outcome is rare. Where one exposure alone goes
    with lower odds, AP and S cannot be read: the reference should be the corner of lowest odds.

    Raises
    ------
    InvalidChoice
        If the model has no numbers, or not these columns and their interaction.

    References
    ----------
    Hosmer & Lemeshow 1992, doi:10.1097/00001648-199209000-00012. Knol et al. 2011, doi:10.1007/s10654-011-9554-9.
    """
    fitted.require_numbers()
    places = [_find_column(fitted, {first}), _find_column(fitted, {second}), _find_column(fitted, {first, second})]
    beta, covariance = fitted.beta[places], fitted.covariance[np.ix_(places, places)]
    alone, other, both = np.exp([beta[0], beta[1], beta.sum()])
    excess = both - alone - other + 1
    by_reri = np.array([both - alone, both - other, both])
    by_ap = (by_reri - excess) / both
    shared = {"first": first, "second": second}
    reason = BELOW_REFERENCE if min(alone, other) < 1 else ""
    rows = [
        shared | _with_delta("RERI", excess, by_reri, covariance, null=0.0) | {"reason": ""},
        shared | _with_delta("AP", excess / both, by_ap, covariance, null=0.0) | {"reason": reason},
    ]
    apart = alone + other - 2
    if both <= 1 or apart <= 0:
        return [*rows, shared | {"measure": "S", "null": 1.0, "reason": BELOW_REFERENCE}]
    by_log_s = np.array([both / (both - 1) - alone / apart, both / (both - 1) - other / apart, both / (both - 1)])
    log_s = _with_delta("S", np.log((both - 1) / apart), by_log_s, covariance, null=0.0)
    synergy = {name: float(np.exp(log_s[name])) for name in ("estimate", "low", "high", "null")}
    return [*rows, shared | {"measure": "S"} | synergy | {"reason": reason}]


def corner_probabilities(
    fitted: FittedModel,
    first: str,
    second: str,
    *,
    at: Sequence[float] = (-1.0, 1.0),
    others: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Fitted probabilities at the four corners of two numbers, all else at typical (or the given) values."""
    held = {k: v for k, v in (typical_values(fitted) | dict(others or {})).items() if k not in (first, second)}
    corners = [(a, b) for a in at for b in at]
    values = {name: [value] * len(corners) for name, value in held.items()}
    found = predict(fitted, values | {first: [a for a, _ in corners], second: [b for _, b in corners]})
    return [
        {
            "first": first,
            "first_value": a,
            "second": second,
            "second_value": b,
            "probability": float(found.probability[k]),
            "low": float(found.low[k]),
            "high": float(found.high[k]),
            "probability_averaged": float(found.averaged[k]),
            "others": name_values(held),
        }
        for k, (a, b) in enumerate(corners)
    ]


def _find_column(fitted: FittedModel, names: set[str]) -> int:
    for place, column in enumerate(fitted.design.columns):
        if set(column.split(":")) == names and fitted.design.kept[place]:
            return place
    raise InvalidChoice(
        f"Expected a fitted term {':'.join(sorted(names))}, found {', '.join(fitted.design.columns)}.",
        hint="Both columns and their interaction have to be in the formula, and to vary.",
    )


def _with_delta(
    measure: str, value: float, gradient: FloatArray, covariance: FloatArray, *, null: float
) -> dict[str, Any]:
    half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * float(np.sqrt(gradient @ covariance @ gradient))
    return {
        "measure": measure,
        "estimate": float(value),
        "low": float(value) - half,
        "high": float(value) + half,
        "null": null,
    }
