from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.stats.multitest import multipletests

from napari_hipspine.cli import main
from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.domain.tables import MODELS
from napari_hipspine.relating.courses import (
    CourseRequest,
    mean_courses,
    relate_over_time,
    relate_per_time,
    relate_scores,
)
from napari_hipspine.relating.exposure_tests import judge_exposures
from napari_hipspine.relating.holm import adjust_holm
from napari_hipspine.relating.models.fitting import fit_model
from napari_hipspine.relating.models.likelihood_ratio import compare_models
from napari_hipspine.relating.models.model_request import Estimator, ModelRequest
from napari_hipspine.relating.models.side_tables import COURSES, OUTCOMES, OVERALL
from napari_hipspine.relating.outcomes import Outcome, add_outcomes, parse_outcome, spread_severe
from napari_hipspine.workflows.model_courses import model_courses

RIGHT, LEFT = "severe_multifidus_right", "severe_multifidus_left"
REQUEST = CourseRequest(
    exposures=(RIGHT, LEFT),
    outcomes=(parse_outcome("recovery=gpe<=3"),),
    scores=("disability",),
    covariates=("age", "sex"),
    time="month",
)


def long_table(n_people: int = 149, seed: int = 4) -> pd.DataFrame:
    """People at three time points, some lost on the way."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {
            "subject_id": [f"p{k:03d}" for k in range(n_people)],
            RIGHT: rng.integers(0, 2, n_people),
            LEFT: rng.integers(0, 2, n_people),
            "age": rng.integers(40, 80, n_people),
            "sex": rng.choice(["female", "male"], n_people),
            "own": rng.normal(size=n_people),
            "slope": rng.normal(size=n_people),
        }
    )
    table = people.merge(pd.DataFrame({"month": [3, 12, 60]}), how="cross")
    n = len(table)
    table["gpe"] = np.clip(np.round(3 + table[RIGHT] + table["own"] + rng.normal(size=n)), 1, 7)
    course = (0.3 * table["slope"] - 0.1) * table["month"]
    table["disability"] = 30 + course + 5 * table[RIGHT] + 6 * table["own"] + rng.normal(size=n) * 4
    lost = (table["month"] == 60) & (rng.random(n) < 0.3)
    table.loc[lost, ["gpe", "disability"]] = np.nan
    return table.drop(columns=["own", "slope"])


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return long_table()


def test_one_logistic_model_per_time_point_equals_statsmodels(table: pd.DataFrame) -> None:
    models, rows = relate_per_time(table, REQUEST)
    assert len(models) == len(rows) == 6
    found = OUTCOMES.check(OUTCOMES.frame(rows))
    for month in (3, 12, 60):
        own = table[table["month"] == month].dropna().assign(recovery=lambda t: (t["gpe"] <= 3).astype(int))
        other = smf.logit(f"recovery ~ {RIGHT} + age + sex", own).fit(disp=0)
        row = found[(found["exposure"] == RIGHT) & (found["time"] == str(month))].iloc[0]
        assert row["n"] == len(own)
        assert row["n_events"] == own["recovery"].sum()
        assert row["odds_ratio"] == pytest.approx(np.exp(other.params[RIGHT]), rel=1e-5)
        assert row["p"] == pytest.approx(other.pvalues[RIGHT], rel=1e-4)
    assert found["n"].min() < 149
    assert set(found["formula"]) == {f"recovery ~ {name} + age + sex" for name in (RIGHT, LEFT)}
    assert set(found["outcome"]) == {"recovery (gpe<=3)"}


def test_p_are_adjusted_over_the_exposures_of_one_time_point(table: pd.DataFrame) -> None:
    _, rows = relate_per_time(table, REQUEST)
    at_three = [row for row in rows if row["time"] == "3"]
    assert [row["family_size"] for row in at_three] == [2, 2]
    expected = multipletests([row["p"] for row in at_three], method="holm")[1]
    assert [row["p_holm"] for row in at_three] == pytest.approx(expected.tolist())


def test_one_time_point_with_few_events_puts_the_penalty_on_all_of_that_outcome(table: pd.DataFrame) -> None:
    rare = table.assign(
        cured=np.where(table["month"] == 60, table["subject_id"].isin(["p001", "p002"]), table["gpe"] <= 2)
    )
    rare["cured"] = rare["cured"].astype(int)
    request = CourseRequest((RIGHT,), (Outcome("cured"), parse_outcome("recovery=gpe<=3")), time="month")
    methods = {(row["outcome"], row["method"]) for row in relate_per_time(rare, request)[1]}
    assert methods == {("cured", "firth"), ("recovery (gpe<=3)", "logistic")}


def test_a_time_point_at_which_nothing_was_measured_is_an_empty_row(table: pd.DataFrame) -> None:
    later = table.assign(gpe=table["gpe"].where(table["month"] != 12))
    models, rows = relate_per_time(later, REQUEST)
    empty = [row for row in rows if row["time"] == "12"]
    assert [(row["n"], row["reason"], row["family_size"]) for row in empty] == [(0, "not_measured", 0)] * 2
    assert len(models) == 4
    OUTCOMES.check(OUTCOMES.frame(rows))
    before = {(row["exposure"], row["time"]): row["p"] for row in relate_per_time(table, REQUEST)[1]}
    assert all(row["p"] == before[row["exposure"], row["time"]] for row in rows if row["time"] != "12")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: pd.concat([t, t.head(1)]), "one row per subject_id and month, found several for p000 at 3"),
        (lambda t: t.assign(**{LEFT: 2}), f"0 and 1 .* in the exposure {LEFT}, found 2"),
        (lambda t: t.drop(columns="age"), "missing age"),
        (lambda t: t.assign(recovery=0), "name for the outcome recovery .* that is no column yet, found 'recovery'"),
        (lambda t: t.drop(columns="gpe"), "Expected the column gpe for the outcome recovery"),
    ],
)
def test_rows_that_cannot_be_modelled_are_refused(table: pd.DataFrame, change, message: str, tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match=message):
        model_courses(change(table), REQUEST, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_exposures_may_be_written_as_words(table: pd.DataFrame) -> None:
    words = table.assign(**{RIGHT: np.where(table[RIGHT] == 1, "yes", "no"), LEFT: table[LEFT] == 1})
    request = CourseRequest((RIGHT, LEFT), (parse_outcome("recovery=gpe<=3"),), time="month")
    found, plain = (model_courses(one, request).outcomes["odds_ratio"] for one in (words, table))
    np.testing.assert_allclose(found, plain)


def test_an_exposure_that_nobody_has_is_empty_with_its_reason(table: pd.DataFrame) -> None:
    request = CourseRequest(("nobody", RIGHT), (parse_outcome("recovery=gpe<=2"),), time="month")
    rows = relate_per_time(table.assign(nobody=0), request)[1]
    empty = [row for row in rows if row["exposure"] == "nobody"]
    assert all(np.isnan(row["odds_ratio"]) and "constant_column" in row["reason"] for row in empty)
    assert all(row["family_size"] == 1 for row in rows)
    OUTCOMES.check(OUTCOMES.frame(rows))


@settings(max_examples=10, deadline=None)
@given(p=st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=12))
def test_holm_equals_statsmodels(p: list[float]) -> None:
    found, present = adjust_holm(p), ~np.isnan(np.array(p, dtype=float))
    assert np.isnan(found[~present]).all()
    if present.any():
        np.testing.assert_allclose(found[present], multipletests(np.array(p)[present], method="holm")[1])


def test_exposures_are_tested_over_all_time_points_and_adjusted_over_the_exposures(table: pd.DataFrame) -> None:
    rows = judge_exposures(relate_over_time(table, REQUEST), relate_scores(table, REQUEST), REQUEST)
    found = OVERALL.check(OVERALL.frame(rows)).set_index(["outcome", "exposure", "test"])
    assert found["df"].tolist() == [3, 3, 2, 2, 2, 2, 1, 1]
    full = f"disability ~ month * {RIGHT} + age + sex"
    asked = ModelRequest(full, kind="linear", random="1 + month|subject_id", criterion="ml")
    smaller = ModelRequest("disability ~ month + age + sex", kind="linear", random=asked.random, criterion="ml")
    compared = compare_models(fit_model(table, smaller), fit_model(table, asked))
    row = found.loc[("disability", RIGHT, "exposure")]
    assert row["chi_squared"] == pytest.approx(compared.chi_squared, abs=1e-6)
    assert row["p"] == pytest.approx(compared.p, rel=1e-5)
    both = found.xs(("disability", "exposure"), level=("outcome", "test"))
    assert both["family_size"].tolist() == [2, 2]
    assert both["p_holm"].tolist() == pytest.approx(multipletests(both["p"], method="holm")[1].tolist())


def test_exposures_of_gee_are_tested_by_wald(table: pd.DataFrame) -> None:
    request = CourseRequest((RIGHT, "nobody"), (parse_outcome("recovery=gpe<=3"),), time="month")
    models = relate_over_time(table.assign(nobody=0), request, estimator=Estimator.GEE)
    rows = judge_exposures(models, (), request)
    fitted = dict(models)[f"recovery (gpe<=3), {RIGHT}, all time points"]
    columns = [k for k, name in enumerate(fitted.design.columns) if RIGHT in name]
    beta, covariance = fitted.beta[columns], fitted.covariance[np.ix_(columns, columns)]
    assert rows[0]["test_by"] == "wald"
    assert rows[0]["chi_squared"] == pytest.approx(beta @ np.linalg.inv(covariance) @ beta)
    empty = [row for row in rows if row["exposure"] == "nobody"]
    assert [row["reason"] for row in empty] == ["collinear_column"] * 2
    assert [row["family_size"] for row in rows] == [1] * 4


def test_courses_by_gee_equal_statsmodels(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_csv(tmp_path / "visits.csv", index=False)
    wish = ["courses", str(tmp_path / "visits.csv"), "--exposures", RIGHT, "--outcome", "recovery=gpe<=3"]
    wish += ["--time", "month", "--over-time", "gee", "--out", str(tmp_path / "out")]
    assert main(wish) == 0
    found = pd.read_csv(tmp_path / "out" / "model.csv")
    found = found[found["model"].str.endswith("all time points")].set_index("term")
    own = table.dropna(subset=["gpe", RIGHT]).assign(recovery=lambda t: (t["gpe"] <= 3).astype(int))
    other = smf.gee(
        f"recovery ~ C(month) * {RIGHT}",
        groups="subject_id",
        data=own,
        family=Binomial(),
        cov_struct=Exchangeable(),
    ).fit(maxiter=500, ctol=1e-12)
    names = {one: one.replace("C(month)[T.", "factor(month)").replace("]", "") for one in other.params.index}
    names["Intercept"] = "(Intercept)"
    for theirs, ours in names.items():
        assert found.loc[ours, "estimate"] == pytest.approx(other.params[theirs], rel=1e-6)
        assert found.loc[ours, "std_error"] == pytest.approx(other.bse[theirs], rel=1e-5)


def test_models_over_all_time_points(table: pd.DataFrame) -> None:
    for estimator in (Estimator.LIKELIHOOD, Estimator.GEE):
        ((name, fitted), _) = relate_over_time(table, REQUEST, estimator=estimator)
        assert name == f"recovery (gpe<=3), {RIGHT}, all time points"
        assert fitted.design.columns[-2:] == (f"factor(month)12:{RIGHT}", f"factor(month)60:{RIGHT}")
        assert len(fitted.design.group_names) == 149
        assert fitted.estimates.has_numbers


def test_course_of_a_score_equals_statsmodels(table: pd.DataFrame) -> None:
    name, fitted = relate_scores(table, REQUEST)[0]
    own = table.dropna().assign(year=lambda t: t["month"] / 12).reset_index(drop=True)
    model = smf.mixedlm(f"disability ~ year * {RIGHT} + age + sex", own, groups="subject_id", re_formula="~year")
    other = model.fit(reml=True, method="powell")
    assert name == f"disability, {RIGHT}"
    assert fitted.design.n_rows == len(own)
    found = dict(zip(fitted.design.columns, fitted.beta, strict=True))
    assert 12 * found[f"month:{RIGHT}"] == pytest.approx(other.fe_params[f"year:{RIGHT}"], abs=5e-3)
    assert found[RIGHT] == pytest.approx(other.fe_params[RIGHT], abs=5e-3)
    # a slope per month is twelve times smaller, and so is the determinant that the restricted likelihood carries
    assert -1e-4 < fitted.estimates.log_likelihood - (other.llf - 2 * np.log(12)) < 0.05


def test_means_count_the_persons_behind_them(table: pd.DataFrame) -> None:
    rows = COURSES.check(COURSES.frame(mean_courses(table, REQUEST)))
    own = table[(table["month"] == 60) & (table[RIGHT] == 1)]["disability"].dropna()
    row = rows[(rows["exposure"] == RIGHT) & (rows["time"] == 60) & (rows["exposure_value"] == "1")].iloc[0]
    assert (row["n"], row["mean"]) == (len(own), pytest.approx(own.mean()))
    assert row["high"] - row["mean"] == pytest.approx(1.977 * own.sem(), rel=0.05)


def test_equal_values_have_a_mean_without_an_interval(table: pd.DataFrame) -> None:
    alike = table.assign(disability=table["disability"].where(table["month"] != 60, 12.0))
    rows = COURSES.frame(mean_courses(alike, REQUEST))
    at = rows[(rows["exposure"] == RIGHT) & (rows["time"] == 60)]
    assert at[["low", "high"]].isna().all(axis=None)
    assert set(at["reason"]) == {"constant_values"}
    assert at["mean"].tolist() == [12.0, 12.0]


def test_severe_is_spread_per_muscle_and_side() -> None:
    rows = pd.DataFrame(
        [
            ("a", "multifidus", "left", "true"),
            ("a", "multifidus", "right", "false"),
            ("a", "multifidus", "both", ""),
            ("b", "multifidus", "left", ""),
        ],
        columns=["subject_id", "muscle", "side", "severe"],
    )
    wide = spread_severe(rows)
    assert wide["subject_id"].tolist() == ["a", "b"]
    assert wide[LEFT].tolist()[0] == 1
    assert wide[RIGHT].tolist()[0] == 0
    assert wide[[LEFT, RIGHT]].iloc[1].isna().all()
    with pytest.raises(TableInvalid, match="found several for a, multifidus, left"):
        spread_severe(pd.concat([rows, rows.head(1)]))
    with pytest.raises(TableInvalid, match="missing severe"):
        spread_severe(rows.drop(columns="severe"))


def test_severe_begins_at_one_half(table: pd.DataFrame) -> None:
    values = pd.DataFrame({"fi": [0.4999, 0.5, 0.5001, None]})
    assert add_outcomes(values, [parse_outcome("severe=fi>=0.5")])["severe"].tolist()[:3] == [0, 1, 1]
    assert add_outcomes(values, [parse_outcome("severe=fi>=0.5")])["severe"].isna().tolist() == [False] * 3 + [True]


@pytest.mark.parametrize("text", ["", "gpe<=2", "=gpe<=2", "recovery=", "recovery=gpe"])
def test_what_is_no_outcome_is_refused(text: str) -> None:
    with pytest.raises(InvalidChoice, match=r"Expected an? (outcome|dichotomy) as"):
        parse_outcome(text)


def test_requests_without_anything_to_relate_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InvalidChoice, match="at least one exposure and one outcome"):
        CourseRequest(exposures=(), outcomes=(Outcome("cured"),))
    with pytest.raises(InvalidChoice, match="at least one exposure and one outcome"):
        CourseRequest(exposures=(RIGHT,))
    with pytest.raises(TableInvalid, match="Expected the column pain for the outcome recovery"):
        relate_per_time(table, CourseRequest((RIGHT,), (parse_outcome("recovery=pain<2"),), time="month"))
    with pytest.raises(TableInvalid, match="Expected the column week, missing"):
        relate_per_time(table, CourseRequest((RIGHT,), (parse_outcome("recovery=gpe<2"),), time="week"))


def test_tables_and_figures_are_written_whole(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_csv(tmp_path / "long.csv", index=False)
    found = model_courses(tmp_path / "long.csv", REQUEST, out=tmp_path / "out")
    MODELS.check(pd.read_csv(tmp_path / "out" / "model.csv"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "outcomes.csv",
        "model.csv",
        "overall.csv",
        "courses.csv",
        "columns.json",
        "run.json",
        "forest_recovery_gpe_3.png",
        f"course_disability_{RIGHT}.png",
        f"course_disability_{LEFT}.png",
    }
    assert len(found.models["model"].unique()) == 6 + 2 + 2
    assert "recovery (gpe<=3)" in (tmp_path / "out" / "run.json").read_text()
    with pytest.raises(TableInvalid):
        model_courses(table.drop(columns="age"), REQUEST, out=tmp_path / "none")
    assert not (tmp_path / "none").exists()
