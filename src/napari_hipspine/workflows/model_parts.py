"""What stands beside a model table: tests of terms, accuracy, interaction, nomogram, heat map, and all the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.errors import InvalidChoice
from ..domain.provenance import Provenance
from ..domain.subject import Progress, stay_silent
from ..domain.tables import Table
from ..relating.models.design import OutcomeKind
from ..relating.models.fitting import FittedModel, fit_model
from ..relating.models.interaction import Dichotomy, additive_interaction, corner_probabilities, dichotomise
from ..relating.models.likelihood_ratio import drop_each_term
from ..relating.models.nomogram import Nomogram, build_nomogram
from ..relating.models.optimism import judge_model
from ..relating.models.predictions import average_over_groups
from ..relating.models.probability_grid import ProbabilityGrid, grid_probabilities
from ..relating.models.quality import calibration_tenths
from ..relating.models.side_tables import (
    ACCURACY,
    ADDITIVE,
    CALIBRATION,
    CORNERS,
    GRID,
    LIKELIHOOD_RATIOS,
    NOMOGRAM,
)
from ..writing.tables import as_json, columns_as_json, table_as_csv

if TYPE_CHECKING:
    import pandas as pd

Fitted = Sequence[tuple[str, FittedModel]]

FROM_ODDS = (
    "RERI, AP and S are made from odds ratios, which come near to ratios of probabilities only where the outcome is "
    "rare."
)
Z_SUFFIX = "_z"


@dataclass(frozen=True)
class SideParts:
    """Tables beside the model, and what figures are drawn from.

    Attributes
    ----------
    tables
        Data frames with their contracts; those without rows are absent.
    grid, nomogram
        Of the one model of all rows, where it has them.
    notes
        What a reader should know, as sentences.
    """

    tables: tuple[tuple[Table, pd.DataFrame], ...]
    grid: ProbabilityGrid | None
    nomogram: Nomogram | None
    notes: tuple[str, ...]

    def frame(self, table: Table) -> pd.DataFrame | None:
        """One of the tables, or None."""
        return next((frame for kind, frame in self.tables if kind.name == table.name), None)


def find_side_parts(
    table: pd.DataFrame,
    fitted: Fitted,
    *,
    dichotomies: Sequence[Dichotomy] = (),
    draws: int = 0,
    seed: int = 0,
    progress: Progress = stay_silent,
) -> SideParts:
    """Everything that can be said beside the models that have numbers; accuracy, nomogram and map need odds."""
    able = [(name, one) for name, one in fitted if one.estimates.has_numbers]
    of_odds = [(name, one) for name, one in able if one.request.kind is OutcomeKind.LOGISTIC]
    rows: dict[Table, list[dict[str, Any]]] = {}
    notes: list[str] = []
    if len(fitted) == 1:
        rows[LIKELIHOOD_RATIOS] = [row for name, one in able for row in drop_each_term(one, name)]
    rows[ACCURACY] = [
        row for name, one in of_odds for row in judge_model(one, name, draws=draws, seed=seed, progress=progress)
    ]
    rows[CALIBRATION] = [row | {"model": name} for name, one in of_odds for row in _tenths(one)]
    if dichotomies:
        rows[ADDITIVE] = _additive_rows(table, fitted, dichotomies)
        notes.append(FROM_ODDS)
    grid, nomogram = None, None
    if len(fitted) == 1 and of_odds:
        name, one = of_odds[0]
        grid, nomogram = _find_grid(one), _find_nomogram(one, notes)
        pair = _numeric_pair(one)
        if pair and all(variable.endswith(Z_SUFFIX) for variable in pair):
            rows[CORNERS] = [row | {"model": name} for row in corner_probabilities(one, *pair)]
        rows[GRID] = [row | {"model": name} for row in grid.rows()] if grid else []
        rows[NOMOGRAM] = [row | {"model": name} for row in nomogram.rows()] if nomogram else []
    tables = tuple((kind, kind.frame(listed)) for kind, listed in rows.items() if listed)
    return SideParts(tables, grid, nomogram, tuple(notes))


def part_files(models: pd.DataFrame, parts: SideParts, provenance: Provenance) -> dict[str, str | bytes]:
    """Contents of the tables beside the model, of the figures, and of what explains them, by file name."""
    from ..figures.png import figure_as_png

    return {
        **{f"{kind.name}.csv": table_as_csv(frame) for kind, frame in parts.tables},
        "columns.json": columns_as_json("model", *(kind for kind, _ in parts.tables)),
        "run.json": as_json(provenance.as_dict()),
        **{f"{name}.png": figure_as_png(figure) for name, figure in part_figures(models, parts).items()},
    }


def part_figures(models: pd.DataFrame, parts: SideParts) -> dict[str, Any]:
    """Figures by name, as far as the model has what they show."""
    from ..figures.calibration_plot import calibration_plot
    from ..figures.forest_plot import forest_plot
    from ..figures.nomogram_chart import nomogram_chart
    from ..figures.probability_heatmap import probability_heatmap

    title = str(models["formula"].iloc[0])
    figures = {"forest": forest_plot(models)}
    accuracy, tenths = parts.frame(ACCURACY), parts.frame(CALIBRATION)
    if accuracy is not None and tenths is not None and accuracy["model"].nunique() == 1:
        figures["calibration"] = calibration_plot(tenths, accuracy, title=title)
    if parts.grid is not None:
        figures["probability_map"] = probability_heatmap(parts.grid, title=title)
    if parts.nomogram is not None:
        figures["nomogram"] = nomogram_chart(parts.nomogram, title=title)
    return figures


def _tenths(fitted: FittedModel) -> list[dict[str, Any]]:
    design = fitted.design.per_trial()
    probability = average_over_groups(design.matrix @ fitted.beta, fitted.group_deviation)
    return calibration_tenths(design.response, probability)


def _additive_rows(table: pd.DataFrame, fitted: Fitted, dichotomies: Sequence[Dichotomy]) -> list[dict[str, Any]]:
    """RERI, AP and S of the model with the dichotomies in place of the numbers."""
    first, second = dichotomies
    if len(fitted) > 1:
        raise InvalidChoice("Expected one model for additive interaction, found one per value of a column.")
    name, one = fitted[0]
    cut, request = dichotomise(table, one.request, first, second)
    found = fit_model(cut, request)
    if not found.estimates.has_numbers:
        reason = ";".join(trouble.value for trouble in found.estimates.troubles)
        shared: Mapping[str, Any] = {"model": name, "first": first.text, "second": second.text, "reason": reason}
        return [dict(shared) | {"measure": measure} for measure in ("RERI", "AP", "S")]
    return [row | {"model": name} for row in additive_interaction(found, first.text, second.text)]


def _numeric_pair(fitted: FittedModel) -> tuple[str, str] | None:
    """The first two numbers that an interaction joins."""
    for term in fitted.design.formula.terms:
        if len(term) == 2 and not any(fitted.design.coding(name).levels for name in term):
            return term[0], term[1]
    return None


def _find_grid(fitted: FittedModel) -> ProbabilityGrid | None:
    pair = _numeric_pair(fitted)
    if pair is None or any(np.ptp(fitted.design.coded[name]) == 0 for name in pair):
        return None
    return grid_probabilities(fitted, *pair)


def _find_nomogram(fitted: FittedModel, notes: list[str]) -> Nomogram | None:
    """The nomogram, or a note on why there is none."""
    try:
        nomogram = build_nomogram(fitted)
    except InvalidChoice as problem:
        notes.append(f"No nomogram: {problem.message}")
        return None
    notes.append(
        f"Nomogram: log-odds at random effect 0 = {nomogram.base:.10g} + {nomogram.per_point:.10g} * total points."
    )
    return nomogram
