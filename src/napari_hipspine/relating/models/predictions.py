"""What a fitted model says about given values: log-odds, and probability in two senses that are both named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from .columns import FloatArray
from .estimates import CONFIDENCE
from .fitting import FittedModel
from .logistic import expit

POINTS = 60
"""Quadrature points of the average over groups."""


@dataclass(frozen=True)
class Prediction:
    """Model-fitted values; every array has one entry per row of values.

    Attributes
    ----------
    log_odds
        Sum of coefficients times values; the outcome itself in a linear model.
    std_error
        Its standard error, at random effect 0.
    probability, low, high
        Probability at random effect 0 (a group in the middle) and its 95 % interval.
    averaged
        Probability averaged over the population of the groups; the same where nothing varies between groups.
    """

    log_odds: FloatArray
    std_error: FloatArray
    probability: FloatArray
    low: FloatArray
    high: FloatArray
    averaged: FloatArray


def predict(fitted: FittedModel, values: Mapping[str, Sequence[Any]]) -> Prediction:
    """What a logistic model says about values given by column name.

    Raises
    ------
    InvalidChoice
        If the model has no numbers.
    TableInvalid
        If a variable is missing or a category unknown.
    """
    fitted.require_numbers()
    return predict_matrix(fitted, fitted.design.matrix_of(values))


def predict_matrix(fitted: FittedModel, matrix: FloatArray) -> Prediction:
    """What a logistic model says about rows of its model matrix."""
    log_odds = matrix @ fitted.beta
    error = np.sqrt(np.einsum("ij,jk,ik->i", matrix, fitted.covariance, matrix))
    half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * error
    return Prediction(
        log_odds=log_odds,
        std_error=error,
        probability=expit(log_odds),
        low=expit(log_odds - half),
        high=expit(log_odds + half),
        averaged=average_over_groups(log_odds, fitted.group_deviation),
    )


def average_over_groups(log_odds: FloatArray, deviation: float) -> FloatArray:
    """Probability averaged over groups whose log-odds differ normally with a standard deviation."""
    if deviation == 0:
        return expit(log_odds)
    nodes, weights = np.polynomial.hermite_e.hermegauss(POINTS)
    spread = np.asarray(log_odds)[..., None] + deviation * nodes
    return np.asarray(expit(spread) @ (weights / weights.sum()))


def typical_values(fitted: FittedModel) -> dict[str, Any]:
    """One value per column: the mean of numbers (rounded to 3 figures), the most frequent category (ties: first).

    Where the outcome is counted, a row counts as often as it has trials.
    """
    found: dict[str, Any] = {}
    for coding in fitted.design.codings:
        values = fitted.design.coded[coding.variable.name]
        if coding.levels:
            counts = np.bincount(values.astype(np.int64), fitted.design.weights, minlength=len(coding.levels))
            found[coding.variable.column] = coding.levels[int(np.argmax(counts))]
        else:
            found[coding.variable.column] = float(f"{np.average(values, weights=fitted.design.weights):.3g}")
    return found


def name_values(values: Mapping[str, Any]) -> str:
    """Values as a reader sees them: ``age 47.3, sex female``."""
    shown = (f"{value:g}" if isinstance(value, float) else str(value) for value in values.values())
    return ", ".join(f"{name} {text}" for name, text in zip(values, shown, strict=True))
