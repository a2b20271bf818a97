"""What stands beside a model table: tests of terms, accuracy, interaction, nomogram, heat map, and all the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.errors import InvalidChoice
from ..domain.subject import Progress, stay_silent
from ..domain.tables import Table, join_words
from ..relating.models.design import OutcomeKind
from ..relating.models.fitting import FittedModel, fit_model
from ..relating.models.interaction import Dichotomy, additive_interaction, corner_probabilities, dichotomise
from ..relating.models.likelihood_ratio import drop_each_term, judge_terms_by_wald
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
    WALD_TESTS,
)
from ..relating.models.ticks import Tick
from ..writing.places import file_words
from .model_fits import NamedFit

if TYPE_CHECKING:
    import pandas as pd

FROM_ODDS = (
    "RERI, AP and S are made from odds ratios, which come near to ratios of probabilities only where the outcome is "
    "rare."
)
Z_SUFFIX = "_z"
MOST_DRAWN = 6
"""More models than these have their numbers in the tables, and a forest plot, but no figures of their own."""


@dataclass(frozen=True)
class SideParts:
    """Tables beside the models, and what figures are drawn from.

    Attributes
    ----------
    tables
        Data frames with their contracts; those without rows are absent.
    grids, nomograms
        Of the models that have them, by name.
    notes
        What a reader should know, as sentences.
    """

    tables: tuple[tuple[Table, pd.DataFrame], ...]
    grids: Mapping[str, ProbabilityGrid]
    nomograms: Mapping[str, Nomogram]
    notes: tuple[str, ...]

    def frame(self, table: Table) -> pd.DataFrame | None:
        """One of the tables, or None."""
        return next((frame for kind, frame in self.tables if kind.name == table.name), None)


def find_side_parts(
    fits: Sequence[NamedFit],
    *,
    dichotomies: Sequence[Dichotomy] = (),
    draws: int = 0,
    seed: int = 0,
    progress: Progress = stay_silent,
) -> SideParts:
    """Everything that can be said beside the models that have numbers; accuracy, nomogram and map need odds."""
    rows: dict[Table, list[dict[str, Any]]] = {
        kind: [] for kind in (LIKELIHOOD_RATIOS, WALD_TESTS, ACCURACY, CALIBRATION, ADDITIVE, CORNERS, GRID, NOMOGRAM)
    }
    grids: dict[str, ProbabilityGrid] = {}
    nomograms: dict[str, Nomogram] = {}
    notes: list[str] = []
    for place, one in enumerate(fits):

        def tick(place: int = place, doing: str = f"testing the terms of {one.name}") -> None:
            progress(place, len(fits), doing)

        tick()
        name, fitted = one.name, one.fitted
        before = "" if len(fits) == 1 else f"{name}: "
        if dichotomies:
            rows[ADDITIVE] += [row | {"model": name} for row in _additive_rows(one, dichotomies, tick)]
        if not fitted.estimates.has_numbers:
            continue
        rows[LIKELIHOOD_RATIOS] += drop_each_term(fitted, name, tick=tick)
        rows[WALD_TESTS] += judge_terms_by_wald(fitted, name)
        if fitted.request.kind is not OutcomeKind.LOGISTIC:
            continue
        rows[ACCURACY] += judge_model(fitted, name, draws=draws, seed=seed, progress=progress)
        rows[CALIBRATION] += [row | {"model": name} for row in _tenths(fitted)]
        grid, nomogram, said = _find_grid(fitted), *_find_nomogram(fitted)
        corners, said_of_corners = _find_corners(fitted)
        rows[CORNERS] += [row | {"model": name} for row in corners]
        if grid is not None:
            grids[name] = grid
            rows[GRID] += [row | {"model": name} for row in grid.rows()]
        if nomogram is not None:
            nomograms[name] = nomogram
            rows[NOMOGRAM] += [row | {"model": name} for row in nomogram.rows()]
        notes += [f"{before}{text}" for text in (said, *said_of_corners)]
    if dichotomies:
        notes.append(FROM_ODDS)
    tables = tuple((kind, kind.frame(listed)) for kind, listed in rows.items() if listed)
    return SideParts(tables, grids, nomograms, tuple(notes))


def part_tables(parts: SideParts) -> dict[Table, pd.DataFrame]:
    """The tables beside the models, by their contracts."""
    return dict(parts.tables)


def part_figures(models: pd.DataFrame, parts: SideParts) -> dict[str, Callable[[], Any]]:
    """What makes figures, by name, as far as the models have what they show; of several with the model in the name."""
    from ..figures.calibration_plot import calibration_plot
    from ..figures.forest_plot import forest_plot
    from ..figures.nomogram_chart import nomogram_chart
    from ..figures.probability_heatmap import probability_heatmap

    figures: dict[str, Callable[[], Any]] = {"forest": partial(forest_plot, models)}
    formulas = models.drop_duplicates("model").set_index("model")["formula"]
    if len(formulas) > MOST_DRAWN:
        return figures
    accuracy, tenths = parts.frame(ACCURACY), parts.frame(CALIBRATION)
    words = file_words(map(str, formulas.index))
    for name, formula in formulas.items():
        ending = "" if len(formulas) == 1 else f"_{words[str(name)]}"
        says_it = len(formulas) == 1 or str(formula).startswith(f"{name} ~") or formula == name
        title = str(formula) if says_it else f"{name}\n{formula}"
        if accuracy is not None and tenths is not None and (accuracy["model"] == name).any():
            own = [frame[frame["model"] == name] for frame in (tenths, accuracy)]
            figures[f"calibration{ending}"] = partial(calibration_plot, *own, title=title)
        if name in parts.grids:
            figures[f"probability_map{ending}"] = partial(probability_heatmap, parts.grids[str(name)], title=title)
        if name in parts.nomograms:
            figures[f"nomogram{ending}"] = partial(nomogram_chart, parts.nomograms[str(name)], title=title)
    return figures


def _tenths(fitted: FittedModel) -> list[dict[str, Any]]:
    design = fitted.design.per_trial()
    probability = average_over_groups(design.matrix @ fitted.beta, fitted.group_deviation)
    return calibration_tenths(design.response, probability)


def _additive_rows(one: NamedFit, dichotomies: Sequence[Dichotomy], tick: Tick) -> list[dict[str, Any]]:
    """RERI, AP and S of the model with the dichotomies in place of the numbers."""
    first, second = dichotomies
    cut, request = dichotomise(one.rows, one.fitted.request, first, second)
    found = fit_model(cut, request, tick=tick)
    pair = {first.text, second.text}
    columns = zip(found.design.columns, found.design.troubles, strict=True)
    lost = [trouble for column, trouble in columns if trouble is not None and set(column.split(":")) <= pair]
    if not found.estimates.has_numbers or lost:
        reason = join_words(trouble.value for trouble in (*found.estimates.troubles, *lost))
        shared: Mapping[str, Any] = {"first": first.text, "second": second.text, "reason": reason}
        return [dict(shared) | {"measure": measure} for measure in ("RERI", "AP", "S")]
    return additive_interaction(found, first.text, second.text)


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


def _find_corners(fitted: FittedModel) -> tuple[list[dict[str, Any]], list[str]]:
    """Probabilities at one deviation below and above the mean of two z-scores, or a note on why there are none."""
    pair = _numeric_pair(fitted)
    if pair is None:
        return [], []
    plain = [name for name in pair if not name.endswith(Z_SUFFIX)]
    if plain:
        verb = "is no z-score" if len(plain) == 1 else "are no z-scores"
        return [], [f"No probabilities at ±1 SD: {' and '.join(plain)} {verb} (names that end in {Z_SUFFIX})."]
    return corner_probabilities(fitted, *pair), []


def _find_nomogram(fitted: FittedModel) -> tuple[Nomogram | None, str]:
    """The nomogram, or none, and a sentence on it."""
    try:
        nomogram = build_nomogram(fitted)
    except InvalidChoice as problem:
        return None, f"No nomogram: {problem.message}"
    sums = f"{nomogram.base:.10g} + {nomogram.per_point:.10g} * total points"
    return nomogram, f"Nomogram: {f'log-odds {fitted.probability_of}'.strip()} = {sums}."
