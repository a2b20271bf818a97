"""Columns of the model matrix, named and ordered as R does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from .columns import Coding, FloatArray
from .formula import INTERCEPT, Formula


def code_terms(
    formula: Formula, codings: Sequence[Coding], coded: Mapping[str, FloatArray], n_rows: int
) -> tuple[tuple[str, ...], FloatArray, tuple[int, ...]]:
    """Names, values and terms of the columns; categories by treatment coding."""
    by_name = {coding.variable.name: coding for coding in codings}
    names, columns, terms = [INTERCEPT], [np.ones(n_rows)], [-1]
    for number, term in enumerate(formula.terms):
        parts = [_code_variable(by_name[name], coded[name]) for name in term]
        # the first variable of an interaction runs fastest, as in R
        for combination in product(*reversed(parts)):
            chosen = combination[::-1]
            names.append(":".join(name for name, _ in chosen))
            columns.append(np.prod([values for _, values in chosen], axis=0))
            terms.append(number)
    return tuple(names), np.column_stack(columns), tuple(terms)


def _code_variable(coding: Coding, values: FloatArray) -> list[tuple[str, FloatArray]]:
    name = coding.variable.name
    if not coding.levels:
        return [(name, values)]
    if len(coding.levels) == 1:
        return [(f"{name}{coding.levels[0]}", np.ones(len(values)))]
    return [(f"{name}{level}", (values == k).astype(np.float64)) for k, level in enumerate(coding.levels) if k]
