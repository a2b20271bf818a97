"""Every model a request asks for: further formulas, further outcomes, and one per value of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.subject import Progress
from ..relating.models.fitting import FittedModel, fit_model
from ..relating.models.holm_families import PlacedModel
from ..relating.models.model_request import ModelRequest
from ..relating.models.model_table import ALL_ROWS
from ..relating.models.names import quote_name
from ..relating.models.subgroups import fit_parts, has_complete_rows, part_rows, parts_for
from ..relating.outcomes import add_outcomes
from .model_extras import ModelExtras

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class NamedFit:
    """One model with its name and the rows it was fitted to.

    Parameters
    ----------
    name : str
        In the column ``model`` of the tables.
    fitted : FittedModel
        The model.
    rows : pandas.DataFrame
        Rows of the table that were handed to it.
    part : str
        Subgroup or time point; empty for all rows.
    """

    name: str
    fitted: FittedModel
    rows: pd.DataFrame
    part: str = ""

    @property
    def placed(self) -> PlacedModel:
        """The model with what decides on its family."""
        return PlacedModel(self.name, self.part, self.fitted)


def fit_all(
    table: pd.DataFrame, request: ModelRequest, extras: ModelExtras, *, progress: Progress
) -> tuple[NamedFit, ...]:
    """The models of the request, of its further formulas and outcomes, each for all rows or per value of a column.

    Raises
    ------
    HipSpineError
        If a formula does not fit the table, or two models would have one name.
    """
    coded = add_outcomes(table, extras.parsed_outcomes)
    asked = name_requests(request, extras)
    found: list[NamedFit] = []
    for place, (name, one) in enumerate(asked):

        def tick(place: int = place, doing: str = f"fitting {name}") -> None:
            progress(place, len(asked), doing)

        tick()
        if extras.by is None:
            found.append(NamedFit(name, fit_model(coded, one, tick=tick), coded))
            continue
        parts = [part for part in parts_for(coded, one, extras.by) if has_complete_rows(part[1], one)]
        models = fit_parts(parts, one, few_events=extras.few_events, tick=tick)
        for (value, rows), (_, fitted) in zip(parts, models, strict=True):
            found.append(NamedFit(value if len(asked) == 1 else f"{name}, {value}", fitted, rows, value))
    if not found:
        raise TableInvalid("Expected at least one complete row, found none at any value.")
    return tuple(found)


def tell_left_out(table: pd.DataFrame, fits: Sequence[NamedFit], extras: ModelExtras) -> tuple[str, ...]:
    """A sentence on each value of the column that has no complete row, and so no model."""
    if extras.by is None:
        return ()
    modelled = [one.name for one in fits]
    values = [value for value, _ in part_rows(table, extras.by)]
    return tuple(f"{v}: no complete row, no model." for v in values if not any(name.endswith(v) for name in modelled))


def name_requests(request: ModelRequest, extras: ModelExtras) -> list[tuple[str, ModelRequest]]:
    """Every request by name: its outcome where outcomes differ, else its formula.

    Raises
    ------
    InvalidChoice
        If a formula or outcome is asked for twice.
    """
    terms = request.parsed_formula.text.partition("~")[2].strip()
    of_formulas = [replace(request, formula=text) for text in (request.formula, *extras.formulas)]
    named = [(one.parsed_formula.response.text, one) for one in of_formulas]
    for outcome in extras.parsed_outcomes:
        named.append((outcome.text, replace(request, formula=f"{quote_name(outcome.name)} ~ {terms}")))
    if len(named) == 1:
        return [(ALL_ROWS, request)]
    if len({name for name, _ in named}) < len(named):
        named = [(one.formula, one) for _, one in named]
    names = [name for name, _ in named]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidChoice(f"Expected models that differ, found {twice!r} twice.")
    return named
