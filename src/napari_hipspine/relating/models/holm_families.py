"""Which p of several models are adjusted together by Holm's rule, as over the muscles of one outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..holm import adjust_holm
from .fitting import FittedModel

if TYPE_CHECKING:
    import pandas as pd

HOLM_RULE = (
    "p is as it was found; p_holm is adjusted by Holm's rule over the tests of its family: the terms in which the "
    "models of one outcome differ (as one muscle each), or one term over several outcomes. Intercepts and terms shared "
    "by all models of an outcome are in no family."
)


@dataclass(frozen=True)
class PlacedModel:
    """A model with its name and the part of the table it was fitted to.

    Parameters
    ----------
    name : str
        In the column ``model`` of the table.
    part : str
        Subgroup or time point; empty for all rows.
    fitted : FittedModel
        The model.
    """

    name: str
    part: str
    fitted: FittedModel

    @property
    def outcome(self) -> str:
        """What is modelled."""
        return self.fitted.design.formula.response.text

    @property
    def terms(self) -> frozenset[frozenset[str]]:
        """Terms of the formula, whatever the order of their variables."""
        return frozenset(map(frozenset, self.fitted.design.formula.terms))


def adjust_over_models(table: pd.DataFrame, models: Sequence[PlacedModel]) -> pd.DataFrame:
    """The model table with p adjusted within families, each family's name, and how many tests it holds.

    Parameters
    ----------
    table : pandas.DataFrame
        Model table of these models.
    models : sequence of PlacedModel
        Subgroups and time points are never adjusted together.

    References
    ----------
    Holm 1979, https://www.jstor.org/stable/4615733.
    """
    family_of = find_families(models)
    keys = zip(table["model"], table["part"], table["term"], strict=True)
    labels = np.array([family_of.get((model, term), "") if part == "fixed" else "" for model, part, term in keys])
    p = table["p"].to_numpy(dtype=np.float64)
    p_holm, sizes = np.full(len(table), np.nan), np.zeros(len(table), dtype=np.int64)
    for label in dict.fromkeys(labels.tolist()):
        members = np.flatnonzero(labels == label) if label else np.empty(0, dtype=np.intp)
        p_holm[members] = adjust_holm(p[members].tolist())
        sizes[members] = np.count_nonzero(~np.isnan(p[members]))
    counts = table["family_size"].copy()
    counts[:] = [int(size) if label else None for label, size in zip(labels, sizes, strict=True)]
    return table.assign(p_holm=p_holm, family=labels.astype(object), family_size=counts)


def find_families(models: Sequence[PlacedModel]) -> dict[tuple[str, str], str]:
    """Family of each model's term that is in one, by the names of both.

    Models of one outcome and part that differ in their terms make the terms in which they differ a family; where every
    outcome has one model only, each term that several outcomes have is a family over these.
    """
    found: dict[tuple[str, str], str] = {}
    for part in dict.fromkeys(one.part for one in models):
        of_part = [one for one in models if one.part == part]
        by_outcome = Counter(one.outcome for one in of_part)
        if max(by_outcome.values()) == 1:
            found |= _over_outcomes(of_part)
            continue
        for outcome in by_outcome:
            found |= _over_terms([one for one in of_part if one.outcome == outcome])
    return found


def _over_terms(models: Sequence[PlacedModel]) -> dict[tuple[str, str], str]:
    """Terms that not every model of an outcome has."""
    shared = frozenset.intersection(*(one.terms for one in models))
    label = ", ".join(word for word in (f"terms of {models[0].outcome}", models[0].part) if word)
    return {(one.name, column): label for one in models for column, term in _columns_of(one) if term not in shared}


def _over_outcomes(models: Sequence[PlacedModel]) -> dict[tuple[str, str], str]:
    """Terms that several outcomes have, each a family of its own."""
    times = Counter(column for one in models for column, _ in _columns_of(one))
    part = f", {models[0].part}" if models[0].part else ""
    return {
        (one.name, column): f"{column} over outcomes{part}"
        for one in models
        for column, _ in _columns_of(one)
        if times[column] > 1
    }


def _columns_of(model: PlacedModel) -> list[tuple[str, frozenset[str]]]:
    """Coefficients but the intercept, each with its term."""
    design = model.fitted.design
    return [
        (column, frozenset(design.formula.terms[term]))
        for column, term in zip(design.columns, design.column_terms, strict=True)
        if term >= 0
    ]
