"""Likelihood-ratio tests of two models, and of every term of one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...domain.errors import InvalidChoice
from .columns import BoolArray
from .dependence import find_dependent
from .firth import penalised_rise
from .fitting import FittedModel
from .linear import fit_linear
from .logistic import fit_logistic
from .mixed_linear import Criterion, fit_mixed_linear
from .mixed_logistic import refit_roughly
from .model_request import Method
from .ticks import Tick, run_on
from .troubles import Trouble

_SMALLER_OF = {Method.MIXED_LOGISTIC: Method.LOGISTIC, Method.MIXED_LINEAR: Method.LINEAR}


@dataclass(frozen=True)
class LikelihoodRatio:
    """Chi-squared, its degrees of freedom and p of a smaller model within a larger one."""

    chi_squared: float
    df: int
    p: float


def compare_models(smaller: FittedModel, larger: FittedModel) -> LikelihoodRatio:
    """The likelihood-ratio test of a smaller model within a larger one.

    A variance that is all the larger model adds lies at the edge of what is possible when it is zero; p then is half.

    Raises
    ------
    InvalidChoice
        If the models have no comparable likelihood, other rows, or are not one within the other.

    References
    ----------
    Self & Liang 1987, doi:10.1080/01621459.1987.10478472.
    """
    from scipy.stats import chi2

    _check_comparable(smaller, larger)
    df = larger.estimates.n_parameters - smaller.estimates.n_parameters
    rise = max(0.0, 2 * (larger.estimates.log_likelihood - smaller.estimates.log_likelihood))
    p = float(chi2.sf(rise, df))
    is_variance_alone = df == 1 and smaller.request.method is not larger.request.method
    return LikelihoodRatio(rise, df, p / 2 if is_variance_alone else p)


def drop_each_term(
    fitted: FittedModel, name: str, *, only: Collection[tuple[str, ...]] | None = None, tick: Tick = run_on
) -> list[dict[str, Any]]:
    """One row per term that is left out (with the interactions that rest on it), and one for the groups' intercept.

    All models are fitted to the same rows; linear models with groups by the full likelihood.

    Parameters
    ----------
    fitted : FittedModel
        A model with numbers. Firth's is tested by the penalised likelihood, its penalty that of the whole model; GEE
        has no likelihood, and no rows.
    name : str
        Its name in the table.
    only : collection of tuple of str, optional
        Terms that are tested; all of them, and the groups, otherwise.
    tick : Tick
        Called while the models run.
    """
    if fitted.request.method is Method.GEE:
        return []
    if fitted.request.method is Method.FIRTH:
        return [_drop_penalised(fitted, name, term) for term in fitted.design.formula.terms]
    design, random = fitted.design, fitted.request.parsed_random
    every = np.ones(len(design.columns), dtype=bool)
    top, most = _fit_columns(fitted, every, fitted.request.method, tick)
    rows = []
    for term in design.formula.terms if only is None else [one for one in design.formula.terms if one in only]:
        stays = [k < 0 or not set(term) <= set(design.formula.terms[k]) for k in design.column_terms]
        value, n_columns = _fit_columns(fitted, np.array(stays), fitted.request.method, tick)
        rows.append({"model": name, "term": ":".join(term)} | _test(top - value, most - n_columns, halves=False))
    if random is not None and random.slope is None and only is None:
        value, _ = _fit_columns(fitted, every, _SMALLER_OF[fitted.request.method], tick)
        rows.append({"model": name, "term": random.text} | _test(top - value, 1, halves=True))
    return rows


def judge_terms_by_wald(fitted: FittedModel, name: str) -> list[dict[str, Any]]:
    """One row per term, with the interactions that rest on it, for a model without a likelihood (GEE); else none."""
    if fitted.request.method is not Method.GEE:
        return []
    return [{"model": name, "term": ":".join(term)} | wald_test(fitted, term) for term in fitted.design.formula.terms]


def _drop_penalised(fitted: FittedModel, name: str, term: tuple[str, ...]) -> dict[str, Any]:
    """The row of one term of Firth's model."""
    design = fitted.design
    asked = np.array([k >= 0 and set(term) <= set(design.formula.terms[k]) for k in design.column_terms])
    held = asked[design.kept]
    rise = penalised_rise(design.fitted_matrix, design.response, design.trials, held=held) if held.any() else 0.0
    return {"model": name, "term": ":".join(term)} | _test(rise, int(held.sum()), halves=False)


def wald_test(fitted: FittedModel, term: tuple[str, ...]) -> dict[str, Any]:
    """Chi-squared and p of all coefficients of a term and of the interactions that hold it, by their covariance."""
    from scipy.stats import chi2

    design = fitted.design
    asked = np.array([k >= 0 and set(term) <= set(design.formula.terms[k]) for k in design.column_terms])
    chosen = np.flatnonzero(asked & design.kept)
    if not len(chosen):
        return {"df": 0, "reason": Trouble.COLLINEAR_COLUMN.value}
    beta, covariance = fitted.beta[chosen], fitted.covariance[np.ix_(chosen, chosen)]
    squared = float(beta @ np.linalg.solve(covariance, beta))
    return {"chi_squared": squared, "df": len(chosen), "p": float(chi2.sf(squared, len(chosen)))}


def _fit_columns(fitted: FittedModel, columns: BoolArray, method: Method, tick: Tick) -> tuple[float, int]:
    """The log-likelihood of a model with some of the columns, and how many of these could be fitted."""
    design, request = fitted.design, fitted.request
    matrix, beta = design.matrix[:, columns], fitted.beta[columns]
    kept = np.array([trouble is None for trouble in find_dependent(matrix)])
    matrix, groups = matrix[:, kept], design.groups
    if method is Method.MIXED_LOGISTIC and groups is not None:
        start = (beta[kept], fitted.group_deviation)
        chosen: dict[str, Any] = {"trials": design.trials, "n_points": request.n_points, "slack": 1e-3, "tick": tick}
        found = refit_roughly(matrix, design.response, groups, start, **chosen)
        return (found[2] if found else np.nan), int(kept.sum())
    if method is Method.MIXED_LINEAR and groups is not None:
        estimates = fit_mixed_linear(
            matrix, design.response, groups, slope=design.slope, criterion=Criterion.ML, tick=tick
        )
    elif method is Method.LOGISTIC:
        estimates = fit_logistic(matrix, design.response, design.trials)
    else:
        estimates = fit_linear(matrix, design.response)
    return estimates.log_likelihood, int(kept.sum())


def _test(rise: float, df: int, *, halves: bool) -> dict[str, Any]:
    """Chi-squared and p of a difference of log-likelihoods; a reason where there is none."""
    from scipy.stats import chi2

    if df == 0:
        return {"df": 0, "reason": Trouble.COLLINEAR_COLUMN.value}
    if np.isnan(rise):
        return {"df": df, "reason": Trouble.NOT_CONVERGED.value}
    squared = max(0.0, 2 * float(rise))
    return {"chi_squared": squared, "df": df, "p": float(chi2.sf(squared, df)) / (2 if halves else 1)}


def _check_comparable(smaller: FittedModel, larger: FittedModel) -> None:
    small, large = smaller.request, larger.request
    for fitted in (smaller, larger):
        fitted.require_numbers()
        if fitted.request.method in (Method.FIRTH, Method.GEE):
            raise InvalidChoice(
                f"Expected models with a likelihood, found {fitted.request.method}.",
                hint="Firth's p are those of the profile likelihood; GEE has no likelihood.",
            )
    if small.method not in (large.method, _SMALLER_OF.get(large.method)):
        raise InvalidChoice(f"Expected models of one method, found {small.method} and {large.method}.")
    if large.method is Method.MIXED_LINEAR and Criterion.REML in (large.criterion, _criterion(smaller)):
        raise InvalidChoice("Expected the full likelihood, found the restricted one.", hint="Fit with criterion ml.")
    if smaller.design.rows.tolist() != larger.design.rows.tolist():
        raise InvalidChoice("Expected models of the same rows, found others.", hint="Leave out rows with gaps first.")
    is_within = set(smaller.design.columns) <= set(larger.design.columns)
    if not is_within or smaller.estimates.n_parameters >= larger.estimates.n_parameters:
        raise InvalidChoice(f"Expected {small.formula!r} within {large.formula!r}, found it is not.")


def _criterion(fitted: FittedModel) -> Criterion:
    return fitted.request.criterion if fitted.request.method is Method.MIXED_LINEAR else Criterion.ML
