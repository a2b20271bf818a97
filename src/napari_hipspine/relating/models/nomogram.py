"""A logistic model as points: what each value adds, and the probability that a sum of points stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ...domain.cells import cell_as_text
from ...domain.errors import InvalidChoice
from .columns import Coding, FloatArray
from .design import OutcomeKind
from .fitting import FittedModel
from .logistic import expit
from .predictions import average_over_groups

MOST_TICKS = 9
WIDEST = 100.0
"""Points of the widest scale."""


@dataclass(frozen=True)
class Scale:
    """The points of one variable, or of two that are joined by an interaction.

    Parameters
    ----------
    codings : tuple of Coding
        The variables.
    ticks : tuple of tuple
        Values shown of each variable; for numbers the first and last are the ends of the data.
    lowest, highest : float
        Smallest and largest share of the log-odds within the ticks.
    """

    codings: tuple[Coding, ...]
    ticks: tuple[tuple[Any, ...], ...]
    lowest: float
    highest: float

    @property
    def names(self) -> tuple[str, ...]:
        """The variables' names."""
        return tuple(coding.variable.name for coding in self.codings)


@dataclass(frozen=True)
class Nomogram:
    """Points for values, and probabilities for sums of points.

    Parameters
    ----------
    fitted : FittedModel
        The model.
    scales : tuple of Scale
        In the order of the formula.
    base : float
        Log-odds at zero points.
    per_point : float
        Log-odds of one point.
    """

    fitted: FittedModel
    scales: tuple[Scale, ...]
    base: float
    per_point: float

    def points(self, scale: Scale, values: Mapping[str, Sequence[Any]]) -> FloatArray:
        """Points of values given by column name; below 0 outside the ticks where a value lies lower still."""
        return (_share_of(self.fitted, scale.codings, values) - scale.lowest) / self.per_point

    def total(self, values: Mapping[str, Sequence[Any]]) -> FloatArray:
        """Sum of the points of all variables."""
        return np.asarray(np.sum([self.points(scale, values) for scale in self.scales], axis=0))

    def probability(self, total: FloatArray | float) -> FloatArray:
        """Probability of sums of points, at random effect 0."""
        return expit(self.base + np.asarray(total) * self.per_point)

    def averaged(self, total: FloatArray | float) -> FloatArray:
        """Probability of sums of points, averaged over the population of the groups."""
        return average_over_groups(self.base + np.asarray(total) * self.per_point, self.fitted.group_deviation)

    def rows(self) -> list[dict[str, Any]]:
        """Rows of the nomogram table: points of every tick, or of every pair of ticks, in full.

        What a sum of points stands for is in every row, so that the table needs nothing beside it.
        """
        sums = {"log_odds_at_0": self.base, "log_odds_per_point": self.per_point}
        found = []
        for scale in self.scales:
            cells = list(product(*scale.ticks))
            columns = {c.variable.column: [cell[k] for cell in cells] for k, c in enumerate(scale.codings)}
            for cell, points in zip(cells, self.points(scale, columns), strict=True):
                texts = [cell_as_text(value) for value in cell]
                row = {"variables": " and ".join(scale.names), "first_value": texts[0], "points": float(points)}
                found.append(row | ({"second_value": texts[1]} if len(texts) > 1 else {}) | sums)
        return found


def build_nomogram(fitted: FittedModel) -> Nomogram:
    """The nomogram of a logistic model; variables joined by an interaction share one scale.

    Raises
    ------
    InvalidChoice
        If the model is linear, has no numbers, no terms, or joins more than two variables.
    """
    fitted.require_numbers()
    if fitted.request.kind is not OutcomeKind.LOGISTIC:
        raise InvalidChoice("Expected a logistic model for a nomogram, found a linear one.")
    scales = [_build_scale(fitted, codings) for codings in _join_variables(fitted)]
    widest = max((scale.highest - scale.lowest for scale in scales), default=0.0)
    if widest <= 0:
        raise InvalidChoice(f"Expected terms that change the probability, found none, in {fitted.request.formula!r}.")
    base = float(fitted.beta[0]) + sum(scale.lowest for scale in scales)
    return Nomogram(fitted, tuple(scales), base, widest / WIDEST)


def _join_variables(fitted: FittedModel) -> list[tuple[Coding, ...]]:
    """Variables in sets that no interaction crosses."""
    sets: list[set[str]] = [{coding.variable.name} for coding in fitted.design.codings]
    for term in fitted.design.formula.terms:
        touched = [one for one in sets if one & set(term)]
        sets = [one for one in sets if one not in touched] + [set().union(*touched)]
    joined = [tuple(c for c in fitted.design.codings if c.variable.name in one) for one in sets]
    large = [codings for codings in joined if len(codings) > 2]
    if large:
        names = ", ".join(coding.variable.name for coding in large[0])
        raise InvalidChoice(
            f"Expected at most two variables joined by interactions in a nomogram, found {names}.",
            hint="Read the coefficients, or leave out an interaction.",
        )
    return sorted(joined, key=lambda codings: fitted.design.codings.index(codings[0]))


def _build_scale(fitted: FittedModel, codings: tuple[Coding, ...]) -> Scale:
    ticks = tuple(_find_ticks(fitted, coding) for coding in codings)
    # every share is linear in each number, hence its extremes lie at the corners of the ticks
    cells = list(product(*ticks))
    shares = _share_of(fitted, codings, {c.variable.column: [cell[k] for cell in cells] for k, c in enumerate(codings)})
    return Scale(codings, ticks, float(shares.min()), float(shares.max()))


def _find_ticks(fitted: FittedModel, coding: Coding) -> tuple[Any, ...]:
    """The categories, or round numbers between the ends of the data, ends included."""
    if coding.levels:
        return coding.levels
    values = fitted.design.coded[coding.variable.name]
    low, high = float(values.min()), float(values.max())
    found = np.unique(values)
    if len(found) <= 3:
        return tuple(float(value) for value in found)
    step = round_step((high - low) / (MOST_TICKS - 1))
    inner = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    # adding 0 takes the sign off a zero
    apart = [float(value) + 0.0 for value in np.round(inner, 12) if low + step / 3 <= value <= high - step / 3]
    return (low, *apart, high)


def round_step(step: float) -> float:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(power * next(size for size in (1.0, 2.0, 2.5, 5.0, 10.0) if size * power >= step))


def _share_of(fitted: FittedModel, codings: Sequence[Coding], values: Mapping[str, Sequence[Any]]) -> FloatArray:
    """What these variables add to the log-odds: their terms, all others left out."""
    design = fitted.design
    names = {coding.variable.name for coding in codings}
    own = np.array([number >= 0 and set(design.formula.terms[number]) <= names for number in design.column_terms])
    n_values = len(next(iter(values.values())))
    anything = {
        c.variable.column: [c.levels[0] if c.levels else 0.0] * n_values
        for c in design.codings
        if c.variable.name not in names
    }
    given = {c.variable.column: values[c.variable.column] for c in codings}
    return np.asarray(design.matrix_of(anything | given) @ np.where(own, fitted.beta, 0.0))
