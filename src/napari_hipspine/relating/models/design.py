"""A formula and a table as the numbers of a model: its matrix, its outcome, its groups, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import TableInvalid
from .columns import (
    BoolArray,
    Coding,
    FloatArray,
    IntArray,
    find_coding,
    number_groups,
    present_rows,
    read_events,
    read_numbers,
)
from .counts import read_counts, single_trials
from .dependence import find_dependent
from .formula import Formula, RandomPart
from .response import Response
from .term_columns import code_terms
from .troubles import Trouble

if TYPE_CHECKING:
    import pandas as pd


class OutcomeKind(StrEnum):
    """What the outcome holds: events (a logistic model) or numbers (a linear model)."""

    LOGISTIC = "logistic"
    LINEAR = "linear"


@dataclass(frozen=True)
class Design:
    """What a model is fitted to; rows with a gap in any needed column are left out.

    Parameters
    ----------
    formula : Formula
        What was asked.
    codings : tuple of Coding
        How each variable is coded.
    columns : tuple of str
        Names of the coefficients, as R writes them.
    column_terms : tuple of int
        Which term of the formula each column belongs to; -1 for the intercept.
    matrix : ndarray, shape ``(n_rows, n_columns)``
        The model matrix, all columns.
    troubles : tuple of Trouble or None
        Why a column is left out of the fit; None for those that stay.
    coded : mapping of str to ndarray
        Values of each variable by its name: numbers, or the index of the level.
    response : ndarray, shape ``(n_rows,)``
        The outcome.
    rows : ndarray, shape ``(n_rows,)``
        Which rows of the table these are.
    gaps : mapping of str to int
        Missing cells per column.
    groups : ndarray, shape ``(n_rows,)``, or None
        Index of each row's group.
    group_names : tuple of str
        Their names.
    slope : ndarray, shape ``(n_rows,)``, or None
        Values of the column whose slope varies between groups.
    trials : ndarray, shape ``(n_rows,)``, or None
        Number of trials where the outcome is a number of events; None where every row is one outcome.
    """

    formula: Formula
    codings: tuple[Coding, ...]
    columns: tuple[str, ...]
    column_terms: tuple[int, ...]
    matrix: FloatArray
    troubles: tuple[Trouble | None, ...]
    coded: Mapping[str, FloatArray]
    response: FloatArray
    rows: IntArray
    gaps: Mapping[str, int]
    groups: IntArray | None = None
    group_names: tuple[str, ...] = ()
    slope: FloatArray | None = None
    trials: FloatArray | None = None

    @property
    def kept(self) -> BoolArray:
        """Which columns are fitted."""
        return np.array([trouble is None for trouble in self.troubles], dtype=bool)

    @property
    def fitted_matrix(self) -> FloatArray:
        """The columns that are fitted, ``(n_rows, n_kept)``."""
        return self.matrix[:, self.kept]

    @property
    def n_rows(self) -> int:
        """Rows without a gap."""
        return len(self.response)

    @property
    def weights(self) -> FloatArray:
        """How many outcomes each row holds."""
        return np.ones(self.n_rows) if self.trials is None else self.trials

    def per_trial(self) -> Design:
        """The same design with one row per trial, as if no outcome had been counted."""
        if self.trials is None:
            return self
        rows, events = single_trials(self.response, self.trials)
        return replace(
            self,
            matrix=self.matrix[rows],
            coded={name: values[rows] for name, values in self.coded.items()},
            response=events,
            rows=self.rows[rows],
            groups=None if self.groups is None else self.groups[rows],
            slope=None if self.slope is None else self.slope[rows],
            trials=None,
        )

    def coding(self, name: str) -> Coding:
        """How a variable is coded.

        Raises
        ------
        TableInvalid
            If the formula has no such variable.
        """
        for coding in self.codings:
            if name in (coding.variable.name, coding.variable.column):
                return coding
        known = ", ".join(coding.variable.name for coding in self.codings)
        raise TableInvalid(f"Expected a variable of the model, found {name!r}.", hint=f"Known: {known or 'none'}.")

    def matrix_of(self, values: Mapping[str, Sequence[Any]]) -> FloatArray:
        """The model matrix of other values, given by column name, ``(n_values, n_columns)``.

        Raises
        ------
        TableInvalid
            If a variable is missing or a category unknown.
        """
        lacking = [c.variable.column for c in self.codings if c.variable.column not in values]
        if lacking:
            raise TableInvalid(f"Expected values of every variable, missing {', '.join(lacking)}.")
        coded = {c.variable.name: c.code(values[c.variable.column]) for c in self.codings}
        n_rows = max((len(one) for one in coded.values()), default=1)
        return code_terms(self.formula, self.codings, coded, n_rows)[1]


def build_design(
    table: pd.DataFrame,
    formula: Formula,
    *,
    kind: OutcomeKind,
    random: RandomPart | None = None,
    references: Mapping[str, str] | None = None,
) -> Design:
    """The design of a formula over the complete rows of a table.

    Parameters
    ----------
    table : data frame
        One row per observation; text cells are read as numbers where all of them are.
    formula, random
        What is modelled, and what varies between groups.
    kind : OutcomeKind
        Whether the outcome is events or numbers.
    references : mapping of str to str, optional
        Reference category by column; otherwise the first in order.

    Raises
    ------
    TableInvalid
        If a column is missing, has cells of two kinds, or no row is complete.
    """
    needed = list(dict.fromkeys([*formula.columns, *_random_columns(random)]))
    lacking = [name for name in needed if name not in table.columns]
    if lacking:
        raise TableInvalid(
            f"Expected the columns {', '.join(needed)}, missing {', '.join(lacking)}, in the table to model.",
            hint=f"Found: {', '.join(map(str, table.columns))}.",
        )
    present, gaps = present_rows({name: table[name].tolist() for name in needed})
    if not present.any():
        raise TableInvalid(
            f"Expected rows with a value in each of {', '.join(needed)}, found none among {len(table)} rows.",
            hint=f"Missing cells: {', '.join(f'{name} {count}' for name, count in gaps.items())}." if gaps else "",
        )
    cells = {name: table[name].to_numpy(dtype=object)[present].tolist() for name in needed}
    codings = _find_codings(formula, cells, dict(references or {}))
    coded = {c.variable.name: c.code(cells[c.variable.column]) for c in codings}
    n_rows = int(present.sum())
    columns, matrix, column_terms = code_terms(formula, codings, coded, n_rows)
    response, trials = _read_response(cells, formula.response, kind)
    groups, names = number_groups(cells[random.group]) if random else (None, ())
    slope = read_numbers(cells[random.slope], random.slope) if random and random.slope else None
    return Design(
        formula=formula,
        codings=codings,
        columns=columns,
        column_terms=column_terms,
        matrix=matrix,
        troubles=find_dependent(matrix),
        coded=coded,
        response=response,
        rows=np.flatnonzero(present),
        gaps=gaps,
        groups=groups,
        group_names=names,
        slope=slope,
        trials=trials,
    )


def _read_response(
    cells: Mapping[str, Sequence[Any]], response: Response, kind: OutcomeKind
) -> tuple[FloatArray, FloatArray | None]:
    """Outcomes, or events and trials."""
    if response.is_counted:
        return read_counts(cells, response)
    read = read_events if kind is OutcomeKind.LOGISTIC else read_numbers
    return read(cells[response.events], response.events), None


def _random_columns(random: RandomPart | None) -> list[str]:
    return [] if random is None else [random.group, *([random.slope] if random.slope else [])]


def _find_codings(
    formula: Formula, cells: Mapping[str, Sequence[Any]], references: Mapping[str, str]
) -> tuple[Coding, ...]:
    unknown = sorted(set(references) - {variable.column for variable in formula.variables})
    if unknown:
        raise TableInvalid(
            f"Expected references of variables of the formula, found {', '.join(unknown)}, in {formula.text}.",
            hint=f"Its variables: {', '.join(dict.fromkeys(variable.column for variable in formula.variables))}.",
        )
    return tuple(
        find_coding(variable, cells[variable.column], reference=references.get(variable.column))
        for variable in formula.variables
    )
