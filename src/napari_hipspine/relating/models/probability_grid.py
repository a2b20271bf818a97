"""Fitted probability over a grid of two numbers, with how many rows lie in each cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...domain.errors import InvalidChoice
from .columns import FloatArray, IntArray
from .fitting import FittedModel
from .predictions import predict, typical_values

CELLS = 12
"""Cells along each side."""

SHOWN_SHARE = 0.99
"""Share of the rows, along each side, that the grid spans."""


@dataclass(frozen=True)
class ProbabilityGrid:
    """Fitted probability over two numbers.

    Attributes
    ----------
    first, second
        Variables across and up.
    first_edges, second_edges
        Edges of the cells, ``(n_cells + 1,)``.
    n
        Rows (trials, where the outcome is counted) in each cell, ``(n_second, n_first)``.
    probability, averaged
        Fitted probability in the middle of each cell, at random effect 0 and averaged over the population of groups.
    probability_of
        Which probability `probability` is, in words; empty in models without groups.
    n_outside
        Rows (or trials) outside the grid.
    others
        Values at which the other variables are held.
    first_values, second_values
        Every row's values.
    """

    first: str
    second: str
    first_edges: FloatArray
    second_edges: FloatArray
    n: IntArray
    probability: FloatArray
    averaged: FloatArray
    probability_of: str
    n_outside: int
    others: Mapping[str, Any]
    first_values: FloatArray
    second_values: FloatArray

    def rows(self) -> list[dict[str, Any]]:
        """Rows of the grid table."""
        across, up = _middles(self.first_edges), _middles(self.second_edges)
        return [
            {
                "first": self.first,
                "first_value": float(across[i]),
                "second": self.second,
                "second_value": float(up[j]),
                "n": int(self.n[j, i]),
                "probability": float(self.probability[j, i]),
                "probability_averaged": float(self.averaged[j, i]),
            }
            for j in range(len(up))
            for i in range(len(across))
        ]


def grid_probabilities(
    fitted: FittedModel, first: str, second: str, *, others: Mapping[str, Any] | None = None, n_cells: int = CELLS
) -> ProbabilityGrid:
    """Fitted probabilities over a grid of two numeric variables, all else at typical (or the given) values.

    Raises
    ------
    InvalidChoice
        If the model has no numbers, or one of the two is no numeric variable of it.
    """
    fitted.require_numbers()
    codings = [fitted.design.coding(name) for name in (first, second)]
    if first == second or any(coding.levels for coding in codings):
        raise InvalidChoice(f"Expected two numeric variables for a grid, found {first} and {second}.")
    x, y = (fitted.design.coded[coding.variable.name] for coding in codings)
    edges = [_span(values, n_cells) for values in (x, y)]
    held = {k: v for k, v in (typical_values(fitted) | dict(others or {})).items() if k not in (first, second)}
    across, up = np.meshgrid(_middles(edges[0]), _middles(edges[1]))
    values: dict[str, Any] = {name: [value] * across.size for name, value in held.items()}
    found = predict(fitted, values | {first: across.ravel(), second: up.ravel()})
    weights = fitted.design.weights
    n = np.histogram2d(y, x, bins=[edges[1], edges[0]], weights=weights)[0].astype(np.int64)
    return ProbabilityGrid(
        first=first,
        second=second,
        first_edges=edges[0],
        second_edges=edges[1],
        n=n,
        probability=found.probability.reshape(across.shape),
        averaged=found.averaged.reshape(across.shape),
        probability_of=fitted.probability_of,
        n_outside=int(weights.sum() - n.sum()),
        others=held,
        first_values=x,
        second_values=y,
    )


def _span(values: FloatArray, n_cells: int) -> FloatArray:
    tail = (1 - SHOWN_SHARE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return np.linspace(low, high, n_cells + 1)


def _middles(edges: FloatArray) -> FloatArray:
    return (edges[:-1] + edges[1:]) / 2
