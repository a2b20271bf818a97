"""What stands beside the coefficients: tests of terms, accuracy, additive interaction, corners, nomogram, grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.relating.models.fitting import FittedModel, fit_model
from napari_hipspine.relating.models.interaction import (
    additive_interaction,
    corner_probabilities,
    dichotomise,
    parse_dichotomy,
)
from napari_hipspine.relating.models.likelihood_ratio import compare_models, drop_each_term, judge_terms_by_wald
from napari_hipspine.relating.models.logistic import expit
from napari_hipspine.relating.models.model_request import ModelRequest
from napari_hipspine.relating.models.nomogram import build_nomogram
from napari_hipspine.relating.models.optimism import MEASURES, judge_model
from napari_hipspine.relating.models.predictions import average_over_groups, predict, typical_values
from napari_hipspine.relating.models.probability_grid import grid_probabilities
from napari_hipspine.relating.models.quality import (
    area_under_curve,
    brier_score,
    calibrate,
    calibration_tenths,
)
from napari_hipspine.relating.models.side_tables import ACCURACY, ADDITIVE, CALIBRATION, CORNERS, GRID, NOMOGRAM
from napari_hipspine.relating.models.subgroups import FewEvents, fit_parts, parts_for


def fit_by(table: pd.DataFrame, request: ModelRequest, column: str, **choices: Any) -> Any:
    """A model for every value of a column."""
    return fit_parts(parts_for(table, request, column), request, **choices)


CBP = ModelRequest("cbp ~ lmm_z * intermat_z + age + sex * activity")
MIXED = ModelRequest("cbp ~ lmm_z * intermat_z + age + sex", random="1|centre")


@pytest.fixture(scope="module")
def plain(cohort: pd.DataFrame) -> FittedModel:
    return fit_model(cohort, CBP)


@pytest.fixture(scope="module")
def mixed(cohort: pd.DataFrame) -> FittedModel:
    return fit_model(cohort, MIXED)


def oral_cancer() -> pd.DataFrame:
    """Rothman and Keller's table: smoking, alcohol, cases and controls."""
    cells = [(0, 0, 3, 20), (1, 0, 8, 18), (0, 1, 6, 12), (1, 1, 225, 166)]
    rows = [
        {"smoking": s, "alcohol": a, "case": k}
        for s, a, cases, controls in cells
        for k, count in ((1, cases), (0, controls))
        for _ in range(count)
    ]
    return pd.DataFrame(rows)


def test_every_term_is_tested_with_what_rests_on_it(plain: FittedModel) -> None:
    rows = {row["term"]: row for row in drop_each_term(plain, "all")}
    assert list(rows) == ["lmm_z", "intermat_z", "age", "sex", "activity", "lmm_z:intermat_z", "sex:activity"]
    assert {term: row["df"] for term, row in rows.items()} == {
        "lmm_z": 2,
        "intermat_z": 2,
        "age": 1,
        "sex": 3,
        "activity": 4,
        "lmm_z:intermat_z": 1,
        "sex:activity": 2,
    }
    z = plain.beta[3] / plain.estimates.std_error[3]
    assert rows["age"]["chi_squared"] == pytest.approx(z**2, rel=0.05)


def test_variance_of_groups_is_tested_at_its_edge(cohort: pd.DataFrame, mixed: FittedModel) -> None:
    from scipy.stats import chi2

    rows = {row["term"]: row for row in drop_each_term(mixed, "all")}
    alone = rows["1 | centre"]
    assert alone["df"] == 1
    assert alone["p"] == pytest.approx(chi2.sf(alone["chi_squared"], 1) / 2)
    without = fit_model(cohort, replace(MIXED, random=None))
    rise = 2 * (mixed.estimates.log_likelihood - without.estimates.log_likelihood)
    assert alone["chi_squared"] == pytest.approx(rise)


def test_linear_terms_are_tested_by_full_likelihood(r_numbers: dict[str, Any], shared_reference) -> None:
    sleep = pd.read_csv(shared_reference / "oracles" / "sleepstudy.csv")
    fitted = fit_model(sleep, ModelRequest("Reaction ~ Days", kind="linear", random="Days|Subject"))
    (row,) = drop_each_term(fitted, "all")
    assert row["chi_squared"] == pytest.approx(r_numbers["sleepstudy_ml"]["chisq"], abs=1e-4)
    assert row["p"] == pytest.approx(r_numbers["sleepstudy_ml"]["p"], rel=1e-3)


def test_rows_with_a_gap_in_the_dropped_term_stay_out(cohort: pd.DataFrame) -> None:
    table = cohort.copy()
    table.loc[:99, "age"] = ""
    fitted = fit_model(table, ModelRequest("cbp ~ age + lmm_z"))
    rows = {row["term"]: row for row in drop_each_term(fitted, "all")}
    smaller = fit_model(table.iloc[100:], ModelRequest("cbp ~ lmm_z"))
    rise = 2 * (fitted.estimates.log_likelihood - smaller.estimates.log_likelihood)
    assert rows["age"]["chi_squared"] == pytest.approx(rise)


@pytest.mark.parametrize("request_", [CBP, MIXED])
def test_dropping_columns_is_fitting_the_smaller_formula(cohort: pd.DataFrame, request_: ModelRequest) -> None:
    fitted = fit_model(cohort, request_)
    rows = {row["term"]: row for row in drop_each_term(fitted, "all")}
    for term in fitted.design.formula.terms:
        smaller = fit_model(cohort, replace(request_, formula=fitted.design.formula.without(term).text))
        compared = compare_models(smaller, fitted)
        row = rows[":".join(term)]
        assert row["df"] == compared.df
        assert row["chi_squared"] == pytest.approx(compared.chi_squared, abs=1e-5)


def test_a_term_that_follows_from_the_others_has_no_test(cohort: pd.DataFrame) -> None:
    table = cohort.assign(double=2 * cohort["age"].astype(float))
    rows = {row["term"]: row for row in drop_each_term(fit_model(table, ModelRequest("cbp ~ age + double")), "all")}
    assert rows["double"]["reason"] == rows["age"]["reason"] == "collinear_column"


def test_models_that_cannot_be_compared_are_refused(cohort: pd.DataFrame, plain: FittedModel) -> None:
    def fit(formula: str, **choices: str) -> FittedModel:
        return fit_model(cohort, ModelRequest(formula, **choices))

    for smaller, larger, message in (
        (fit("cbp ~ rare"), plain, "within 'cbp ~ lmm_z"),
        (plain, plain, "found it is not"),
        (fit("rare ~ age", estimator="firth"), plain, "Expected models with a likelihood, found firth"),
        (fit("score ~ 1", kind="linear"), plain, "Expected models of one method, found linear and logistic"),
        (
            fit("score ~ 1", kind="linear", random="1|centre"),
            fit("score ~ age", kind="linear", random="1|centre"),
            "Expected the full likelihood, found the restricted one",
        ),
        (fit_model(cohort.iloc[5:], ModelRequest("cbp ~ age")), plain, "Expected models of the same rows"),
    ):
        with pytest.raises(InvalidChoice, match=message):
            compare_models(smaller, larger)


def test_area_under_the_curve_of_proc(r_numbers: dict[str, Any], plain: FittedModel) -> None:
    area = area_under_curve(plain.design.response, plain.design.matrix @ plain.beta)
    low, middle, high = r_numbers["auc"]["ci"]
    assert area == pytest.approx((middle, low, high), abs=1e-6)


@given(
    scores=st.lists(st.integers(0, 5), min_size=6, max_size=30),
    seed=st.integers(0, 1000),
)
def test_area_under_the_curve_with_ties(scores: list[int], seed: int) -> None:
    events = (np.random.default_rng(seed).random(len(scores)) < 0.5).astype(float)
    values = np.array(scores, dtype=float)
    if 0 < events.sum() < len(events):
        area = area_under_curve(events, values)
        assert area.estimate == pytest.approx(roc_auc_score(events, values))
        assert area_under_curve(events, -values).estimate == pytest.approx(1 - area.estimate)
    else:
        assert np.isnan(area_under_curve(events, values).estimate)


def test_perfect_scores_have_no_interval() -> None:
    area = area_under_curve(np.array([0.0, 0, 1, 1]), np.arange(4.0))
    assert area.estimate == 1
    assert np.isnan(area.low)


def test_a_model_is_calibrated_on_its_own_rows(plain: FittedModel) -> None:
    probability = expit(plain.design.matrix @ plain.beta)
    found = calibrate(plain.design.response, probability)
    assert found.intercept.estimate == pytest.approx(0, abs=1e-6)
    assert found.slope.estimate == pytest.approx(1, abs=1e-6)
    assert found.slope.low < 1 < found.slope.high


def test_brier_and_tenths() -> None:
    events = np.array([0.0, 1.0] * 25)
    assert brier_score(events, np.full(50, 0.5)) == 0.25
    rows = calibration_tenths(events, np.linspace(0.1, 0.9, 50))
    assert [row["n"] for row in rows] == [5] * 10
    assert sum(row["n_events"] for row in rows) == 25
    CALIBRATION.check(CALIBRATION.frame([row | {"model": "all"} for row in rows]))


def test_additive_interaction_of_hosmer_and_lemeshow() -> None:
    fitted = fit_model(oral_cancer(), ModelRequest("case ~ smoking * alcohol"))
    rows = {row["measure"]: row for row in additive_interaction(fitted, "smoking", "alcohol")}
    printed = {"RERI": (3.74, -1.84, 9.32), "AP": (0.41, -0.07, 0.90), "S": (1.87, 0.64, 5.42)}
    for measure, numbers in printed.items():
        found = tuple(rows[measure][name] for name in ("estimate", "low", "high"))
        assert found == pytest.approx(numbers, abs=0.011)
    ADDITIVE.check(ADDITIVE.frame([row | {"model": "all"} for row in rows.values()]))


def test_additive_interaction_below_the_reference_is_not_read() -> None:
    turned = oral_cancer().assign(smoking=lambda table: 1 - table["smoking"])
    fitted = fit_model(turned, ModelRequest("case ~ smoking * alcohol"))
    rows = {row["measure"]: row for row in additive_interaction(fitted, "smoking", "alcohol")}
    assert rows["AP"]["reason"] == rows["S"]["reason"] == "odds_below_reference"


def test_numbers_are_cut_where_the_user_says(cohort: pd.DataFrame) -> None:
    first, second = parse_dichotomy("lmm_z<0"), parse_dichotomy(" intermat_z >= 0.5")
    table, request = dichotomise(cohort, MIXED, first, second)
    assert request.formula == ("cbp ~ `lmm_z<0` + `intermat_z>=0.5` + age + sex + `lmm_z<0`:`intermat_z>=0.5`")
    assert table["lmm_z<0"].sum() == (cohort["lmm_z"].astype(float) < 0).sum()
    fitted = fit_model(table, request)
    assert {row["measure"] for row in additive_interaction(fitted, first.text, second.text)} == {"RERI", "AP", "S"}


@pytest.mark.parametrize("text", ["lmm_z", "lmm_z=0", "lmm_z<a", "<0", "lmm_z<1e"])
def test_what_is_no_dichotomy_is_refused(text: str) -> None:
    with pytest.raises(InvalidChoice, match="Expected a dichotomy as COLUMN<NUMBER"):
        parse_dichotomy(text)


def test_dichotomies_need_their_interaction_in_the_formula(cohort: pd.DataFrame, plain: FittedModel) -> None:
    with pytest.raises(InvalidChoice, match="Expected a logistic model with lmm_z:age"):
        dichotomise(cohort, CBP, parse_dichotomy("lmm_z<0"), parse_dichotomy("age>50"))
    with pytest.raises(InvalidChoice, match="Expected a fitted term"):
        additive_interaction(plain, "lmm_z", "age")


def test_corners_equal_the_model(mixed: FittedModel) -> None:
    rows = corner_probabilities(mixed, "lmm_z", "intermat_z", others={"age": 50.0, "sex": "male"})
    b = dict(zip(mixed.design.columns, mixed.beta, strict=True))
    for row in rows:
        x, y = row["first_value"], row["second_value"]
        eta = b["(Intercept)"] + b["lmm_z"] * x + b["intermat_z"] * y + b["lmm_z:intermat_z"] * x * y
        assert row["probability"] == pytest.approx(expit(eta + 50 * b["age"] + b["sexmale"]))
        assert row["low"] < row["probability"] < row["high"]
        assert abs(row["probability_averaged"] - 0.5) < abs(row["probability"] - 0.5)
    assert rows[0]["others"] == "age 50, sex male"
    CORNERS.check(CORNERS.frame([row | {"model": "all"} for row in rows]))


@given(eta=st.floats(-6, 6), deviation=st.floats(0, 3))
def test_average_over_groups_is_the_integral(eta: float, deviation: float) -> None:
    u = np.linspace(-10, 10, 20_001)
    exact = np.trapezoid(expit(eta + deviation * u) * np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi), u)
    assert average_over_groups(np.array([eta]), deviation)[0] == pytest.approx(exact, abs=1e-6)


def test_typical_values(mixed: FittedModel, cohort: pd.DataFrame) -> None:
    typical = typical_values(mixed)
    assert typical["age"] == pytest.approx(cohort["age"].astype(float).mean(), rel=0.01)
    assert typical["sex"] == cohort["sex"].mode()[0]


@settings(max_examples=30)
@given(
    lmm=st.floats(-4, 4),
    intermat=st.floats(-4, 4),
    age=st.floats(10, 90),
    sex=st.sampled_from(["female", "male"]),
    activity=st.sampled_from(["high", "low", "moderate"]),
)
def test_points_give_back_the_probability(
    plain: FittedModel, lmm: float, intermat: float, age: float, sex: str, activity: str
) -> None:
    values = {"lmm_z": [lmm], "intermat_z": [intermat], "age": [age], "sex": [sex], "activity": [activity]}
    nomogram = build_nomogram(plain)
    assert nomogram.probability(nomogram.total(values))[0] == pytest.approx(
        predict(plain, values).probability[0], abs=1e-6
    )


def test_nomogram_has_one_scale_per_variable_and_one_per_joined_pair(mixed: FittedModel, plain: FittedModel) -> None:
    nomogram = build_nomogram(mixed)
    assert [scale.names for scale in nomogram.scales] == [("lmm_z", "intermat_z"), ("age",), ("sex",)]
    rows = NOMOGRAM.check(NOMOGRAM.frame([row | {"model": "all"} for row in nomogram.rows()]))
    assert rows["points"].min() == pytest.approx(0)
    assert rows["points"].max() == pytest.approx(100)
    values = {"lmm_z": [0.5], "intermat_z": [1.0], "age": [60], "sex": ["male"]}
    total = nomogram.total(values)
    assert nomogram.averaged(total)[0] == pytest.approx(predict(mixed, values).averaged[0], abs=1e-6)
    assert build_nomogram(plain).scales[-1].names == ("sex", "activity")


def test_nomograms_that_cannot_be_drawn_are_refused(cohort: pd.DataFrame) -> None:
    with pytest.raises(InvalidChoice, match=r"at most two variables joined .* found lmm_z, intermat_z, age"):
        build_nomogram(fit_model(cohort, ModelRequest("cbp ~ lmm_z * intermat_z + age * lmm_z")))
    with pytest.raises(InvalidChoice, match="found a linear one"):
        build_nomogram(fit_model(cohort, ModelRequest("score ~ age", kind="linear")))
    with pytest.raises(InvalidChoice, match="Expected a model with numbers"):
        build_nomogram(fit_model(cohort, ModelRequest("rare ~ sex")))
    with pytest.raises(InvalidChoice, match="Expected terms that change the probability"):
        build_nomogram(fit_model(cohort, ModelRequest("cbp ~ 1")))


def test_grid_equals_the_model_and_counts_every_row(mixed: FittedModel) -> None:
    grid = grid_probabilities(mixed, "lmm_z", "intermat_z", others={"age": 40.0, "sex": "female"})
    assert grid.n.sum() + grid.n_outside == 360
    row = grid.rows()[0]
    values = {"lmm_z": [row["first_value"]], "intermat_z": [row["second_value"]], "age": [40.0], "sex": ["female"]}
    found = predict(mixed, values)
    assert row["probability"] == pytest.approx(found.probability[0])
    assert row["probability_averaged"] == pytest.approx(found.averaged[0])
    x, y = grid.first_values, grid.second_values
    inside = (x >= grid.first_edges[0]) & (x < grid.first_edges[1])
    inside &= (y >= grid.second_edges[0]) & (y < grid.second_edges[1])
    assert grid.n[0, 0] == inside.sum()
    GRID.check(GRID.frame([one | {"model": "all"} for one in grid.rows()]))
    with pytest.raises(InvalidChoice, match="Expected two numeric variables for a grid, found lmm_z and sex"):
        grid_probabilities(mixed, "lmm_z", "sex")


def test_optimism_is_found_by_resampling_groups(mixed: FittedModel) -> None:
    rows = {row["measure"]: row for row in judge_model(mixed, "all", draws=12, seed=3)}
    assert tuple(rows) == MEASURES
    assert rows["auc"]["resampled"] == "centre"
    assert rows["auc"]["draws"] == 12
    assert rows["auc"]["corrected"] < rows["auc"]["apparent"]
    assert rows["brier"]["corrected"] > rows["brier"]["apparent"]
    assert rows["calibration_slope"]["corrected"] < rows["calibration_slope"]["apparent"]
    assert rows["auc"]["probability"] == "population_averaged"
    again = judge_model(mixed, "all", draws=12, seed=3)
    assert again[0]["corrected"] == rows["auc"]["corrected"]
    ACCURACY.check(ACCURACY.frame(again))


@pytest.mark.parametrize("estimator", ["likelihood", "firth", "gee"])
def test_optimism_of_every_logistic_method(cohort: pd.DataFrame, estimator: str) -> None:
    random = "1|centre" if estimator == "gee" else None
    fitted = fit_model(cohort, ModelRequest("cbp ~ age + sex + lmm_z", estimator=estimator, random=random))
    row = judge_model(fitted, "all", draws=5)[0]
    assert row["draws"] + row["draws_failed"] == 5
    assert 0.5 < row["apparent"] < 1
    assert row["resampled"] == ("centre" if random else "rows")


def test_without_draws_nothing_is_said_to_be_corrected(mixed: FittedModel) -> None:
    row = judge_model(mixed, "all")[0]
    assert np.isnan(row["optimism"])
    assert np.isnan(row["corrected"])
    assert row["resampled"] == ""


def test_one_model_per_value(cohort: pd.DataFrame) -> None:
    models = fit_by(cohort, ModelRequest("cbp ~ age"), "activity")
    assert [name for name, _ in models] == ["activity=high", "activity=low", "activity=moderate"]
    assert sum(fitted.design.n_rows for _, fitted in models) == 360
    alone = fit_model(cohort[cohort["activity"] == "low"], ModelRequest("cbp ~ age"))
    assert models[1][1].beta == pytest.approx(alone.beta)
    with pytest.raises(InvalidChoice, match="Expected age to part the rows or in the formula"):
        fit_by(cohort, ModelRequest("cbp ~ age"), "age")


def test_one_model_with_few_events_puts_the_penalty_on_all(cohort: pd.DataFrame) -> None:
    request = ModelRequest("cbp ~ age + sex")
    one_small = pd.concat([cohort.assign(visit="1"), cohort.iloc[:30].assign(visit="12")])
    for few, methods in ((FewEvents.FIRTH, {"firth"}), (FewEvents.FLAG, {"logistic"})):
        assert {f.request.method.value for _, f in fit_by(one_small, request, "visit", few_events=few)} == methods
    enough = pd.concat([cohort.assign(visit="1"), cohort.assign(visit="12")])
    assert {f.request.method.value for _, f in fit_by(enough, request, "visit", few_events=FewEvents.FIRTH)} == {
        "logistic"
    }


def test_terms_of_firth_are_tested_by_the_penalised_likelihood(cohort: pd.DataFrame) -> None:
    few = cohort[:60].assign(third=np.arange(60) % 3)
    fitted = fit_model(few, ModelRequest("cbp ~ age + factor(third)", estimator="firth"))
    rows = {row["term"]: row for row in drop_each_term(fitted, "all")}
    assert rows["age"]["p"] == pytest.approx(fitted.estimates.p[1], rel=1e-6)
    assert (rows["factor(third)"]["df"], list(rows)) == (2, ["age", "factor(third)"])
    matrix, events = fitted.design.fitted_matrix, fitted.design.response

    def penalised(beta: np.ndarray) -> float:
        chance = 1 / (1 + np.exp(-matrix @ beta))
        information = matrix.T @ (matrix * (chance * (1 - chance))[:, None])
        own = np.where(events == 1, np.log(chance), np.log1p(-chance)).sum()
        return float(own + np.linalg.slogdet(information)[1] / 2)

    scale = np.array([1, 1 / 60, 1, 1])
    top = -minimize(lambda b: -penalised(b * scale), np.zeros(4), tol=1e-12).fun
    low = -minimize(lambda b: -penalised(np.append(b, [0, 0]) * scale), np.zeros(2), tol=1e-12).fun
    assert rows["factor(third)"]["chi_squared"] == pytest.approx(2 * (top - low), abs=1e-6)
    other = ModelRequest("cbp ~ age + factor(third)", estimator="firth", references={"third": "2"})
    turned = drop_each_term(fit_model(few, other), "all")[1]
    assert turned["chi_squared"] == pytest.approx(rows["factor(third)"]["chi_squared"], abs=1e-8)


def test_terms_of_gee_are_tested_by_wald_and_of_other_models_not(cohort: pd.DataFrame) -> None:
    request = ModelRequest("cbp ~ age + sex + lmm_z:sex + lmm_z", random="1|centre", estimator="gee")
    fitted = fit_model(cohort, request)
    rows = {row["term"]: row for row in judge_terms_by_wald(fitted, "all")}
    age = fitted.design.columns.index("age")
    assert rows["age"]["chi_squared"] == pytest.approx(
        (fitted.estimates.beta[age] / fitted.estimates.std_error[age]) ** 2
    )
    assert rows["age"]["p"] == pytest.approx(fitted.estimates.p[age])
    assert {row["df"] for row in rows.values()} == {1, 2}
    assert drop_each_term(fitted, "all") == []
    assert judge_terms_by_wald(fit_model(cohort, ModelRequest("cbp ~ age")), "all") == []
