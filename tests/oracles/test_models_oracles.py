"""Models against lme4's printed numbers, and against R's for data made by the script beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.cli import main
from napari_hipspine.relating.models.fitting import FittedModel, fit_model
from napari_hipspine.relating.models.mixed_logistic import fit_mixed_logistic
from napari_hipspine.relating.models.model_request import ModelRequest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def r_numbers() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads((HERE / "models.json").read_text())
    return numbers


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    return pd.read_csv(HERE / "models_cohort.csv", dtype=str, keep_default_na=False)


@pytest.fixture
def lme4(shared_reference: Path) -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads((shared_reference / "oracles" / "lme4.json").read_text())
    return numbers


@pytest.fixture
def cbpp(shared_reference: Path) -> pd.DataFrame:
    return pd.read_csv(shared_reference / "oracles" / "cbpp.csv")


@pytest.fixture
def sleepstudy(shared_reference: Path) -> pd.DataFrame:
    return pd.read_csv(shared_reference / "oracles" / "sleepstudy.csv")


def deviations(fitted: FittedModel) -> list[float]:
    return [one.estimate for one in fitted.estimates.deviations]


def fit_cbpp(cbpp: pd.DataFrame, n_points: int):  # type: ignore[no-untyped-def]
    matrix = np.column_stack([np.ones(len(cbpp)), *((cbpp["period"] == k).astype(float) for k in (2, 3, 4))])
    return fit_mixed_logistic(matrix, cbpp["incidence"], cbpp["herd"], trials=cbpp["size"], n_points=n_points)


@pytest.mark.parametrize(("name", "n_points"), [("laplace", 1), ("nAGQ9", 9)])
def test_cbpp_as_lme4_prints_it(lme4: dict[str, Any], cbpp: pd.DataFrame, name: str, n_points: int) -> None:
    printed = lme4["cbpp"][name]
    found = fit_cbpp(cbpp, n_points)
    np.testing.assert_allclose(found.beta, printed["beta"], atol=printed["tolerance"])
    assert found.deviations[0].estimate == pytest.approx(printed["sd_herd"], abs=printed["tolerance"])
    if name == "laplace":
        assert found.log_likelihood == pytest.approx(printed["logLik"], abs=5e-4)
        assert found.log_likelihood >= printed["logLik"]
    else:
        assert found.log_likelihood == pytest.approx(-91.9834, abs=5e-5)
        np.testing.assert_allclose(found.std_error, [0.2335, 0.3068, 0.3268, 0.4276], atol=5e-5)


@pytest.mark.parametrize("left", ["cbind(incidence, size - incidence)", "incidence/size"])
def test_cbpp_through_the_command_from_its_counts(
    lme4: dict[str, Any], shared_reference: Path, tmp_path: Path, left: str
) -> None:
    printed, table = lme4["cbpp"]["nAGQ9"], shared_reference / "oracles" / "cbpp.csv"
    words = ["model", str(table), "--formula", f"{left} ~ factor(period)", "--random", "1|herd"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    written = pd.read_csv(tmp_path / "model.csv")
    np.testing.assert_allclose(written["estimate"][:4], printed["beta"], atol=5e-5)
    np.testing.assert_allclose(written["std_error"][:4], [0.2335, 0.3068, 0.3268, 0.4276], atol=5e-5)
    assert written["estimate"][4] == pytest.approx(printed["sd_herd"], abs=5e-5)
    assert written[["n", "n_trials", "n_events", "n_groups"]].iloc[0].tolist() == [56, 842, 99, 15]
    assert (tmp_path / "nomogram.csv").exists()


@pytest.mark.parametrize(("name", "n_points"), [("laplace", 1), ("nine", 9)])
def test_cbpp_as_single_animals(r_numbers: dict[str, Any], cbpp: pd.DataFrame, name: str, n_points: int) -> None:
    animals = pd.DataFrame(
        [
            {"herd": row.herd, "period": row.period, "sick": int(k < row.incidence)}
            for row in cbpp.rename(columns={"size": "animals"}).itertuples()
            for k in range(int(row.animals))
        ]
    )
    fitted = fit_model(animals, ModelRequest("sick ~ factor(period)", random="1|herd", n_points=n_points))
    told = r_numbers["cbpp"][name]
    assert [term.replace("factor(period)", "period") for term in fitted.design.columns] == told["terms"]
    np.testing.assert_allclose(fitted.beta, told["beta"], atol=2e-6)
    np.testing.assert_allclose(fitted.estimates.std_error, told["se"], atol=1e-5)
    assert deviations(fitted) == pytest.approx([told["sd"]], abs=1e-5)
    assert fitted.estimates.log_likelihood == pytest.approx(told["log_likelihood"], abs=1e-7)


@pytest.mark.parametrize(("name", "n_points"), [("nine", 9), ("twenty_five", 25)])
def test_many_small_groups_that_differ_very_much(r_numbers: dict[str, Any], name: str, n_points: int) -> None:
    large = pd.read_csv(HERE / "models_large_variance.csv")
    fitted = fit_model(large, ModelRequest("outcome ~ treated * time", random="1|person", n_points=n_points))
    told = r_numbers["large_variance"][name]
    assert told["sd"] > 3.5
    assert list(fitted.design.columns) == told["terms"]
    np.testing.assert_allclose(fitted.beta, told["beta"], atol=1e-4)
    np.testing.assert_allclose(fitted.estimates.std_error, told["se"], atol=1e-4)
    assert deviations(fitted) == pytest.approx([told["sd"]], abs=1e-4)
    assert fitted.estimates.log_likelihood == pytest.approx(told["log_likelihood"], abs=1e-6)


def test_interaction_with_centres(r_numbers: dict[str, Any], cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest("cbp ~ lmm_z * intermat_z + age + sex", random="1|centre"))
    told = r_numbers["cohort"]
    assert list(fitted.design.columns) == told["terms"]
    np.testing.assert_allclose(fitted.beta, told["beta"], atol=1e-5)
    np.testing.assert_allclose(fitted.estimates.std_error, told["se"], atol=1e-5)
    assert fitted.estimates.log_likelihood == pytest.approx(told["log_likelihood"], abs=1e-8)


def test_plain_logistic_of_glm(r_numbers: dict[str, Any], cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest("cbp ~ lmm_z * intermat_z + age + sex * activity"))
    told = r_numbers["glm"]
    assert list(fitted.design.columns) == told["terms"]
    np.testing.assert_allclose(fitted.beta, told["beta"], atol=1e-7)
    np.testing.assert_allclose(fitted.estimates.std_error, told["se"], atol=1e-6)
    assert fitted.estimates.log_likelihood == pytest.approx(told["log_likelihood"])


def test_linear_of_lm(r_numbers: dict[str, Any], cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest("score ~ lmm_z + age + sex", kind="linear"))
    told, found = r_numbers["lm"], fitted.estimates
    for name, values in (("beta", found.beta), ("se", found.std_error), ("p", found.p), ("low", found.low)):
        np.testing.assert_allclose(values, told[name], rtol=1e-8)
    assert found.log_likelihood == pytest.approx(told["log_likelihood"])
    assert deviations(fitted) == pytest.approx([told["sigma"]])


def test_firth_of_brglm2_with_the_profile_of_an_optimiser(r_numbers: dict[str, Any], cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest("rare ~ sex + age + lmm_z", estimator="firth"))
    told, found = r_numbers["firth"], fitted.estimates
    assert list(fitted.design.columns) == told["terms"]
    np.testing.assert_allclose(found.beta[1:], told["beta"][1:], atol=1e-5)
    assert found.beta[0] == pytest.approx(told["corrected_intercept"], abs=1e-5)
    np.testing.assert_allclose(found.std_error[1:], told["se"][1:], atol=1e-5)
    np.testing.assert_allclose(found.low[1:], told["low"][1:], atol=1e-4)
    np.testing.assert_allclose(found.high[1:], told["high"][1:], atol=1e-4)
    np.testing.assert_allclose(found.p[1:], told["p"][1:], atol=1e-5)
    assert found.log_likelihood == pytest.approx(told["penalised_log_likelihood"], abs=1e-7)


def test_gee_of_geepack(r_numbers: dict[str, Any], cohort: pd.DataFrame) -> None:
    """geepack divides by other degrees of freedom, hence the third decimal."""
    fitted = fit_model(cohort, ModelRequest("cbp ~ lmm_z + intermat_z + age", random="1|centre", estimator="gee"))
    np.testing.assert_allclose(fitted.beta, r_numbers["gee"]["beta"], atol=1e-3)
    np.testing.assert_allclose(fitted.estimates.std_error, r_numbers["gee"]["se"], atol=1e-3)


def test_random_intercept_of_lmer(r_numbers: dict[str, Any], cohort: pd.DataFrame) -> None:
    fitted = fit_model(cohort, ModelRequest("score ~ lmm_z + age", kind="linear", random="1|centre"))
    told = r_numbers["lmer_intercept"]
    np.testing.assert_allclose(fitted.beta, told["beta"], atol=1e-6)
    np.testing.assert_allclose(fitted.estimates.std_error, told["se"], atol=1e-6)
    assert deviations(fitted) == pytest.approx(told["sd"], abs=1e-5)
    assert -2 * fitted.estimates.log_likelihood == pytest.approx(told["reml"], abs=1e-6)


def test_sleepstudy_as_printed(lme4: dict[str, Any], sleepstudy: pd.DataFrame) -> None:
    request = ModelRequest("Reaction ~ Days", kind="linear", random="Days|Subject")
    fitted, printed = fit_model(sleepstudy, request), lme4["sleepstudy"]["full"]
    np.testing.assert_allclose(fitted.beta, printed["beta"], atol=5e-4)
    np.testing.assert_allclose(fitted.estimates.std_error, printed["se"], atol=6e-4)
    assert -2 * fitted.estimates.log_likelihood == pytest.approx(1743.628, abs=5e-4)
    intercept, slope, correlation, residual = deviations(fitted)
    assert intercept**2 == pytest.approx(printed["var_intercept"], abs=0.02)
    assert slope**2 == pytest.approx(printed["var_days"], abs=0.005)
    assert residual**2 == pytest.approx(printed["var_residual"], abs=0.005)
    assert round(correlation, 2) == printed["corr"]
    later = fit_model(sleepstudy[sleepstudy["Days"] >= 2], request)
    printed = lme4["sleepstudy"]["days_ge_2"]
    np.testing.assert_allclose(later.beta, printed["beta"], atol=0.05)
    expected = [printed["sd_intercept"], printed["sd_days"], printed["corr"], printed["sd_residual"]]
    np.testing.assert_allclose(deviations(later), expected, atol=6e-3)
    assert -2 * later.estimates.log_likelihood == pytest.approx(printed["reml"], abs=5e-4)


def test_sleepstudy_by_full_likelihood(r_numbers: dict[str, Any], sleepstudy: pd.DataFrame) -> None:
    request = ModelRequest("Reaction ~ Days", kind="linear", random="Days|Subject", criterion="ml")
    fitted, told = fit_model(sleepstudy, request), r_numbers["sleepstudy_ml"]
    np.testing.assert_allclose(fitted.estimates.std_error, told["se"], atol=5e-4)
    assert fitted.estimates.log_likelihood == pytest.approx(told["log_likelihood"], abs=1e-6)


VISITS = {
    "course": "disability ~ month * severe + age + (1 + month|person)",
    "course_ml": "disability ~ month * severe + age + (1 + month|person)",
    "intercept": "disability ~ month * severe + (1|person)",
    "singular": "even ~ month + severe + (1|person)",
    "centres": "score ~ lmm_z + age + sex + (1|centre)",
    "sleepstudy": "Reaction ~ Days + (1 + Days|Subject)",
}


@pytest.mark.parametrize(("name", "text"), VISITS.items())
def test_degrees_of_freedom_of_lmertest(name: str, text: str, cohort: pd.DataFrame, shared_reference: Path) -> None:
    told = json.loads((HERE / "degrees_of_freedom.json").read_text())[name]
    tables = {"centres": cohort, "sleepstudy": pd.read_csv(shared_reference / "oracles" / "sleepstudy.csv")}
    table = tables.get(name, pd.read_csv(HERE / "degrees_of_freedom_visits.csv"))
    formula, random = text.split(" + (")
    criterion = "ml" if name.endswith("_ml") else "reml"
    request = ModelRequest(formula, kind="linear", random=random.strip(")"), criterion=criterion)
    found = fit_model(table, request).estimates
    assert ("singular_fit" in found.troubles) == told["singular"] == (name == "singular")
    np.testing.assert_allclose(found.df, told["df"], rtol=2e-6)
    np.testing.assert_allclose(found.p, told["p"], rtol=1e-5)
    np.testing.assert_allclose(found.low, told["low"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.high, told["high"], rtol=1e-6, atol=1e-6)
