"""Likelihood-ratio tests of two models, and of every term of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...domain.errors import InvalidChoice
from .fitting import FittedModel, Method, ModelRequest, fit_model
from .mixed_linear import Criterion

if TYPE_CHECKING:
    import pandas as pd

_LARGER_OF = {Method.LOGISTIC: Method.MIXED_LOGISTIC, Method.LINEAR: Method.MIXED_LINEAR}


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


def drop_each_term(table: pd.DataFrame, fitted: FittedModel, name: str) -> list[dict[str, Any]]:
    """One row per term that may be left out (with the interactions that rest on it), and one for the groups.

    Models are fitted to the rows of the full model; linear models with groups by the full likelihood.
    """
    rows = table.iloc[fitted.design.rows]
    full_request = replace(fitted.request, criterion=Criterion.ML)
    if fitted.request.method in (Method.FIRTH, Method.GEE):
        return []
    full = fit_model(rows, full_request)
    formula = fitted.request.parsed_formula
    tested = {":".join(term): replace(full_request, formula=formula.without(term).text) for term in formula.terms}
    random = fitted.request.parsed_random
    if random is not None and random.slope is None:
        tested[random.text] = replace(full_request, random=None)
    return [_test(rows, full, request, name, term) for term, request in tested.items()]


def _test(rows: pd.DataFrame, full: FittedModel, request: ModelRequest, name: str, term: str) -> dict[str, Any]:
    used = {coding.variable.column: coding.levels[0] for coding in full.design.codings if coding.levels}
    kept = {column: used[column] for column in used if column in request.parsed_formula.columns}
    smaller = fit_model(rows, replace(request, references=kept))
    troubles = [*full.estimates.troubles, *smaller.estimates.troubles]
    stops = [trouble.value for trouble in troubles if trouble.empties_numbers]
    shared: dict[str, Any] = {"model": name, "term": term, "reason": ";".join(dict.fromkeys(stops))}
    if stops or full.estimates.n_parameters == smaller.estimates.n_parameters:
        return shared | ({} if stops else {"reason": "collinear_column"})
    return shared | vars(compare_models(smaller, full))


def _check_comparable(smaller: FittedModel, larger: FittedModel) -> None:
    small, large = smaller.request, larger.request
    for fitted in (smaller, larger):
        fitted.require_numbers()
        if fitted.request.method in (Method.FIRTH, Method.GEE):
            raise InvalidChoice(
                f"Expected models with a likelihood, found {fitted.request.method}.",
                hint="Firth's p are those of the profile likelihood; GEE has no likelihood.",
            )
    if large.method not in (small.method, _LARGER_OF.get(small.method)):
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
