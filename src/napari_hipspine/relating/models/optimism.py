"""Accuracy of a model on its own rows, and how much of it is optimism: resampling by group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ...domain.subject import Progress, stay_silent
from .columns import FloatArray, IntArray
from .dependence import find_dependent
from .firth import firth_coefficients
from .fitting import FittedModel
from .gee import fit_gee
from .logistic import fit_logistic
from .mixed_logistic import refit_roughly
from .model_request import Method
from .predictions import average_over_groups
from .quality import Calibration, area_under_curve, brier_score, calibrate
from .ticks import Tick

MEASURES = ("auc", "brier", "calibration_intercept", "calibration_slope")


class _Coefficients(NamedTuple):
    beta: FloatArray
    deviation: float


def judge_model(
    fitted: FittedModel,
    name: str,
    *,
    draws: int = 0,
    seed: int = 0,
    progress: Progress = stay_silent,
) -> list[dict[str, Any]]:
    """Rows of the accuracy table: apparent, and corrected for optimism where resamples are drawn.

    Whole groups are drawn with replacement (rows, where there are no groups; trials, where the outcome is counted),
    the model is fitted anew, and judged on the resample and on the rows themselves; the mean difference is the
    optimism. Probabilities are averaged over the population of the groups, because a new person comes from a group
    whose random effect nobody knows.

    Parameters
    ----------
    fitted : FittedModel
        A logistic model with numbers.
    name : str
        Its name in the table.
    draws, seed : int
        Resamples and the start of their random numbers.
    progress : Progress
        Told the draws done and wanted.

    References
    ----------
    Harrell et al. 1996, doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4.
    """
    fitted.require_numbers()
    fitted = replace(fitted, design=fitted.design.per_trial())
    design = fitted.design
    own = _Coefficients(fitted.beta, fitted.group_deviation)
    apparent, intervals = _judge(own, design.matrix, design.response)
    tried = [_optimism_of_draw(fitted, own, seed, number, progress, draws) for number in range(draws)]
    differences = np.array([one for one in tried if one is not None]).reshape(-1, len(MEASURES))
    optimism = differences.mean(axis=0) if len(differences) else np.full(len(MEASURES), np.nan)
    random = fitted.request.parsed_random
    shared = {
        "model": name,
        "probability": "population_averaged" if own.deviation else "plain",
        "resampled": (random.group if random else "rows") if draws else "",
        "draws": len(differences),
        "draws_failed": draws - len(differences),
        "seed": seed if draws else None,
    }
    return [
        shared
        | {"measure": measure, "apparent": apparent[k], "low": intervals[k][0], "high": intervals[k][1]}
        | {"optimism": optimism[k], "corrected": apparent[k] - optimism[k]}
        for k, measure in enumerate(MEASURES)
    ]


def _judge(
    coefficients: _Coefficients, matrix: FloatArray, response: FloatArray
) -> tuple[FloatArray, list[tuple[float, float]]]:
    """The four measures and their intervals."""
    log_odds = matrix @ coefficients.beta
    probability = average_over_groups(log_odds, coefficients.deviation)
    area, calibration = area_under_curve(response, log_odds), calibrate(response, probability)
    values = [area.estimate, brier_score(response, probability), *(one.estimate for one in calibration)]
    return np.array(values), [(area.low, area.high), (np.nan, np.nan), *_ends(calibration)]


def _ends(calibration: Calibration) -> list[tuple[float, float]]:
    return [(one.low, one.high) for one in calibration]


def _optimism_of_draw(
    fitted: FittedModel,
    own: _Coefficients,
    seed: int,
    number: int,
    progress: Progress,
    draws: int,
) -> FloatArray | None:
    """Apparent minus tested of one resample; None where it gives no model. Every draw has its own random numbers."""
    design = fitted.design
    rows, groups = _draw(np.random.default_rng([seed, number]), design.groups, design.n_rows)
    found = _refit(fitted, own, rows, groups, tick=lambda: progress(number, draws, "resamples"))
    progress(number + 1, draws, "resamples")
    if found is None:
        return None
    resampled, _ = _judge(found, design.matrix[rows], design.response[rows])
    tested, _ = _judge(found, design.matrix, design.response)
    difference = resampled - tested
    return difference if np.isfinite(difference).all() else None


def _draw(random: np.random.Generator, groups: IntArray | None, n_rows: int) -> tuple[IntArray, IntArray | None]:
    """Rows of one resample, and the groups they then belong to; a group drawn twice counts as two."""
    if groups is None:
        return random.integers(0, n_rows, n_rows), None
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    chosen = random.integers(0, len(members), len(members))
    rows = np.concatenate([members[k] for k in chosen])
    return rows, np.repeat(np.arange(len(chosen)), [len(members[k]) for k in chosen])


def _refit(
    fitted: FittedModel, own: _Coefficients, rows: IntArray, groups: IntArray | None, *, tick: Tick
) -> _Coefficients | None:
    """Coefficients of the same model on a resample, columns without variation there left out."""
    matrix, response = fitted.design.matrix[rows], fitted.design.response[rows]
    kept = np.array([trouble is None for trouble in find_dependent(matrix)])
    beta = np.zeros(matrix.shape[1])
    deviation = 0.0
    if fitted.request.method is Method.MIXED_LOGISTIC and groups is not None:
        start = _Coefficients(own.beta[kept], own.deviation)
        rough = refit_roughly(matrix[:, kept], response, groups, start, n_points=fitted.request.n_points, tick=tick)
        if rough is None:
            return None
        beta[kept], deviation, _ = rough
        return _Coefficients(beta, deviation)
    if fitted.request.method is Method.FIRTH:
        found = firth_coefficients(matrix[:, kept], response)
    elif fitted.request.method is Method.GEE and groups is not None:
        estimates = fit_gee(matrix[:, kept], response, groups, tick=tick)
        found = estimates.beta if estimates.has_numbers else None
    else:
        estimates = fit_logistic(matrix[:, kept], response)
        found = estimates.beta if estimates.has_numbers else None
    if found is None:
        return None
    beta[kept] = found
    return _Coefficients(beta, 0.0)
