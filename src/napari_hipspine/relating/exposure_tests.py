"""Whether an exposure makes a difference over all time points: tests with p adjusted over the exposures."""

from __future__ import annotations

from typing import Any

from ..domain.tables import join_words
from .courses import CourseRequest, Named
from .holm import adjust_rows
from .models.fitting import FittedModel
from .models.likelihood_ratio import drop_each_term, wald_test
from .models.model_request import Method
from .models.ticks import Tick, run_on


def judge_exposures(
    over_time: Named, scores: Named, request: CourseRequest, *, tick: Tick = run_on
) -> list[dict[str, Any]]:
    """Tests of each exposure over all time points, and of its interaction with time, adjusted over the exposures.

    By the likelihood ratio where there is a likelihood (of linear models the full one), by Wald's test for GEE.

    Parameters
    ----------
    over_time, scores
        Models as `relate_over_time` and `relate_scores` made them from the same request.
    """
    names = [*(outcome.text for outcome in request.outcomes), *request.scores]
    models = iter((*over_time, *scores))
    rows: list[dict[str, Any]] = []
    for name in names:
        own = [
            {"outcome": name, "exposure": exposure} | row
            for exposure in request.exposures
            for row in _test_exposure(next(models)[1], exposure, tick)
        ]
        rows += adjust_rows(own, within="test")
    return rows


def _test_exposure(fitted: FittedModel, exposure: str, tick: Tick) -> list[dict[str, Any]]:
    """Two rows: without the exposure at all, and without its interaction with time."""
    terms = [term for term in fitted.design.formula.terms if exposure in term]
    shared = {
        "formula": fitted.request.formula,
        "method": fitted.request.method.value,
        "n": fitted.design.n_rows,
        "n_groups": len(fitted.design.group_names),
        "test_by": "wald" if fitted.request.method is Method.GEE else "likelihood_ratio",
    }
    found: dict[str, dict[str, Any]] = {}
    if not fitted.estimates.has_numbers:
        reason = join_words(trouble.value for trouble in fitted.estimates.troubles)
        found = {":".join(term): {"reason": reason} for term in terms}
    elif fitted.request.method is Method.GEE:
        found = {":".join(term): wald_test(fitted, term) for term in terms}
    else:
        tested = drop_each_term(fitted, "", only=terms, tick=tick)
        found = {row["term"]: {k: v for k, v in row.items() if k not in ("model", "term")} for row in tested}
    words = {1: "exposure", 2: "exposure by time"}
    return [shared | {"test": words[len(term)], "p": None} | found[":".join(term)] for term in terms]
