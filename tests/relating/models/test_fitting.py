from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.tables import MODELS
from napari_hipspine.relating.models.fitting import fit_model
from napari_hipspine.relating.models.model_request import Method, ModelRequest
from napari_hipspine.relating.models.model_table import model_notes, model_rows, model_table

CBP = "cbp ~ lmm_z * intermat_z + age + sex"


@pytest.mark.parametrize(
    ("choices", "method"),
    [
        ({}, Method.LOGISTIC),
        ({"random": "1|centre"}, Method.MIXED_LOGISTIC),
        ({"estimator": "firth"}, Method.FIRTH),
        ({"estimator": "gee", "random": "1|centre"}, Method.GEE),
        ({"kind": "linear"}, Method.LINEAR),
        ({"kind": "linear", "random": "age|centre"}, Method.MIXED_LINEAR),
    ],
)
def test_method_follows_from_the_choices(choices: dict[str, str], method: Method) -> None:
    assert ModelRequest("y ~ a", **choices).method is method


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"kind": "poisson"}, "Expected kind to be one of logistic, linear, found 'poisson'"),
        ({"estimator": "bayes"}, "Expected estimator to be one of"),
        ({"estimator": "gee"}, "Expected groups for GEE"),
        ({"estimator": "firth", "random": "1|g"}, "Expected no groups with Firth's penalty"),
        ({"estimator": "firth", "kind": "linear"}, "Expected a logistic model for firth"),
        ({"random": "t|g"}, r"Expected 1\|g for a logistic model, found a random slope of t"),
        ({"random": "1|a"}, "Expected a as grouping or in the formula, found both"),
        ({"n_points": 0}, "Expected 1 to 100 quadrature points, found 0"),
    ],
)
def test_choices_that_do_not_go_together_are_refused(choices: dict, message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        ModelRequest("y ~ a", **choices)


def test_rows_of_a_mixed_model(cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest(CBP, random="1|centre"))
    table = MODELS.check(model_table([("all", fitted)]))
    assert table["term"].tolist() == [
        "(Intercept)",
        "lmm_z",
        "intermat_z",
        "age",
        "sexmale",
        "lmm_z:intermat_z",
        "sd_(Intercept)|centre",
    ]
    assert table["part"].tolist() == ["fixed"] * 6 + ["random"]
    assert set(table["n"]) == {360}
    assert set(table["n_events"]) == {156}
    assert set(table["n_groups"]) == {12}
    lmm = table.set_index("term").loc["lmm_z"]
    assert lmm["odds_ratio"] == pytest.approx(np.exp(lmm["estimate"]))
    assert lmm["or_per_2"] == pytest.approx(np.exp(2 * lmm["estimate"]))
    assert lmm["or_per_2_low"] == pytest.approx(lmm["or_low"] ** 2)
    empty = table.set_index("term")["or_per_2"].isna()
    assert empty[["(Intercept)", "sexmale", "lmm_z:intermat_z"]].all()
    assert (table["reason"] == "").all()


def test_odds_ratio_per_two_of_the_published_study() -> None:
    """1.22 per two standard deviations is a coefficient of 0.0994 per one."""
    assert np.exp(2 * 0.0994) == pytest.approx(1.22, abs=0.001)
    assert np.exp(2 * -0.0696) == pytest.approx(0.87, abs=0.001)


def test_constant_and_dependent_columns_stand_empty_with_their_reason(cohort: pd.DataFrame) -> None:
    table = cohort.assign(same="4", double=(2 * cohort["age"].astype(float)).astype(str))
    fitted = fit_model(table, ModelRequest("cbp ~ age + same + double"))
    rows = {row["term"]: row for row in model_rows(fitted)}
    assert rows["same"]["reason"] == "constant_column"
    assert rows["double"]["reason"] == "collinear_column"
    assert np.isnan([rows["same"]["estimate"], rows["double"]["p"], rows["same"]["odds_ratio"]]).all()
    alone = fit_model(cohort, ModelRequest("cbp ~ age"))
    assert rows["age"]["estimate"] == pytest.approx(alone.beta[1])
    assert any(note.startswith("double: The column follows from the others") for note in model_notes(fitted))


def test_separation_is_said_and_not_a_number(cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest("rare ~ sex + age"))
    rows = model_rows(fitted)
    assert {row["reason"] for row in rows} == {"separation;few_events"}
    assert all(np.isnan(row["estimate"]) for row in rows)
    assert not rows[0]["converged"]
    with pytest.raises(InvalidChoice, match="Expected a model with numbers, found none: The terms tell the outcome"):
        fitted.require_numbers()


def test_few_events_are_flagged_with_numbers(cohort: pd.DataFrame) -> None:
    rows = model_rows(fit_model(cohort, ModelRequest("rare ~ sex + age", estimator="firth")))
    assert {row["reason"] for row in rows} == {"few_events"}
    assert [row["interval_by"] for row in rows] == ["wald", *["profile"] * (len(rows) - 1)]
    assert rows[1]["low"] > 0


def test_random_slopes_are_named_as_lme4_names_them(cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest("score ~ age", kind="linear", random="1 + lmm_z|centre"))
    assert [row["term"] for row in model_rows(fitted) if row["part"] == "random"] == [
        "sd_(Intercept)|centre",
        "sd_lmm_z|centre",
        "cor_lmm_z.(Intercept)|centre",
        "sigma",
    ]


def test_gaps_and_references_are_told(cohort: pd.DataFrame) -> None:
    table = cohort.copy()
    table.loc[:9, "age"] = ""
    notes = model_notes(fit_model(table, ModelRequest("cbp ~ age + sex")))
    assert "Rows with a gap were left out; 350 stayed. Missing cells: age 10." in notes
    assert "sex: compared with female." in notes


def test_ratios_beyond_what_a_number_can_hold_are_empty_and_not_infinite(cohort: pd.DataFrame) -> None:
    tiny = cohort.assign(tiny=cohort["lmm_z"].astype(float) * 1e-5)
    rows = {row["term"]: row for row in model_rows(fit_model(tiny, ModelRequest("cbp ~ tiny")))}
    assert abs(rows["tiny"]["estimate"]) > 700
    assert not np.isinf([value for value in rows["tiny"].values() if isinstance(value, float)]).any()
    MODELS.check(MODELS.frame(rows.values()))


@pytest.mark.parametrize(
    ("module", "name", "value", "choices"),
    [
        ("logistic", "MOST_STEPS", 1, {}),
        ("firth", "MOST_STEPS", 1, {"estimator": "firth"}),
        ("gee", "MOST_STEPS", 1, {"estimator": "gee", "random": "1|centre"}),
        ("mixed_logistic", "MOST_STEPS", 0, {"random": "1|centre"}),
        # no step is small enough: every direction seems to fall
        ("mixed_linear", "FLAT", -np.inf, {"kind": "linear", "random": "1|centre"}),
    ],
)
def test_a_fit_that_does_not_converge_says_so_and_gives_no_number(
    cohort: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, module: str, name: str, value: float, choices: dict[str, str]
) -> None:
    request = ModelRequest("age ~ lmm_z + sex" if "kind" in choices else "cbp ~ lmm_z + sex", **choices)
    assert fit_model(cohort, request).estimates.has_numbers
    monkeypatch.setattr(f"napari_hipspine.relating.models.{module}.{name}", value)
    fitted = fit_model(cohort, request)
    table = model_table([("all", fitted)])
    assert not table["converged"].any()
    assert table[["estimate", "std_error", "low", "high", "p"]].isna().all(axis=None)
    assert all("not_converged" in reason for reason in table["reason"])
    assert "The fit did not reach a maximum; no numbers are given." in model_notes(fitted)
