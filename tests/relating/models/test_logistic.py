from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.relating.models.firth import fit_firth
from napari_hipspine.relating.models.gee import FEW_GROUPS, WorkingCorrelation, fit_gee
from napari_hipspine.relating.models.logistic import expit, fit_logistic, is_separated
from napari_hipspine.relating.models.troubles import Trouble

counts = st.integers(min_value=0, max_value=30)


def two_by_two(a: int, b: int, c: int, d: int) -> tuple[np.ndarray, list[int], list[int]]:
    """Events a and c, others b and d, without and with the exposure."""
    return np.array([[1.0, 0.0], [1.0, 1.0]]), [a, c], [a + b, c + d]


def random_data(seed: int, n: int = 200, n_columns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([np.ones(n), rng.normal(size=(n, n_columns - 1)) * [1.0, 1e-4, 1e5][: n_columns - 1]])
    return matrix, (rng.random(n) < expit(matrix[:, 1] - 0.5)).astype(float)


@given(a=counts, b=counts, c=counts, d=counts)
def test_odds_ratio_of_a_table_is_its_cross_product(a: int, b: int, c: int, d: int) -> None:
    found = fit_logistic(*two_by_two(a, b, c, d))
    if min(a, b, c, d) == 0:
        assert not found.has_numbers
        return
    assert np.exp(found.beta[1]) == pytest.approx(b * c / (a * d))
    assert found.std_error[1] == pytest.approx(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


@settings(max_examples=15, deadline=None)
@given(a=counts, b=counts, c=counts, d=counts)
def test_firth_adds_one_half_to_every_cell_of_a_table(a: int, b: int, c: int, d: int) -> None:
    found = fit_firth(*two_by_two(a, b, c, d))
    if a + c == 0 or b + d == 0 or a + b + c + d <= 2:
        assert not found.has_numbers
    elif a + b and c + d:
        assert np.exp(found.beta[1]) == pytest.approx((b + 0.5) * (c + 0.5) / ((a + 0.5) * (d + 0.5)))


def test_firth_keeps_the_share_of_events() -> None:
    matrix, response = random_data(1, n=60)
    found = fit_firth(matrix[:, :2], response)
    assert expit(matrix[:, :2] @ found.beta).mean() == pytest.approx(response.mean(), abs=1e-9)
    assert found.interval_by == "profile"


@pytest.mark.parametrize("seed", range(3))
def test_plain_model_equals_statsmodels_whatever_the_units(seed: int) -> None:
    matrix, response = random_data(seed)
    found, other = fit_logistic(matrix, response), sm.Logit(response, matrix).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(found.beta, other.params, rtol=1e-6)
    np.testing.assert_allclose(found.std_error, other.bse, rtol=1e-6)
    np.testing.assert_allclose([found.low, found.high], np.asarray(other.conf_int()).T, rtol=1e-6)
    np.testing.assert_allclose(found.p, other.pvalues, rtol=1e-5)
    assert found.log_likelihood == pytest.approx(other.llf)


def test_offset_is_known_log_odds() -> None:
    matrix, response = random_data(2)
    offset = 0.7 * matrix[:, 1]
    found = fit_logistic(matrix[:, :2], response, offset=offset)
    assert found.beta[1] + 0.7 == pytest.approx(fit_logistic(matrix[:, :2], response).beta[1])


@pytest.mark.parametrize(
    ("outcome", "trouble"),
    [
        ([0, 0, 0, 1, 1, 1], Trouble.SEPARATION),
        ([0, 0, 1, 0, 1, 1], None),
        ([1, 1, 1, 1, 1, 1], Trouble.CONSTANT_OUTCOME),
        ([0, 0, 0, 0, 0, 0], Trouble.CONSTANT_OUTCOME),
    ],
)
def test_outcomes_without_a_maximum_give_no_numbers(outcome: list[int], trouble: Trouble | None) -> None:
    matrix = np.column_stack([np.ones(6), np.arange(6.0)])
    found = fit_logistic(matrix, outcome)
    assert found.troubles == ((trouble,) if trouble else ())
    assert np.isnan(found.beta).all() == bool(trouble)
    assert found.converged == (trouble is None)


def test_separation_by_a_tie_is_found() -> None:
    """Values 2 and 2 with both outcomes: only beyond them is the outcome certain."""
    matrix = np.column_stack([np.ones(6), [0.0, 1, 2, 2, 3, 4]])
    assert is_separated(matrix, np.array([0.0, 0, 0, 1, 1, 1]), np.ones(6))
    assert fit_logistic(matrix, [0, 0, 0, 1, 1, 1]).troubles == (Trouble.SEPARATION,)


def test_a_rare_category_that_is_all_events_is_separation_in_many_rows() -> None:
    rng = np.random.default_rng(0)
    rare = np.zeros(20_000)
    rare[:3] = 1
    response = (rng.random(20_000) < 0.3).astype(float)
    response[:3] = 1
    matrix = np.column_stack([np.ones(20_000), rare, rng.normal(size=20_000)])
    assert fit_logistic(matrix, response).troubles == (Trouble.SEPARATION,)
    response[0] = 0
    assert fit_logistic(matrix, response).has_numbers


def test_extreme_but_finite_odds_are_not_called_separation() -> None:
    matrix = np.column_stack([np.ones(400), np.linspace(-30, 30, 400)])
    response = (matrix[:, 1] > 0).astype(float)
    response[[199, 200]] = [1.0, 0.0]
    assert fit_logistic(matrix, response).has_numbers


def test_more_columns_than_rows() -> None:
    assert fit_logistic(np.eye(3), [0, 1, 1]).troubles == (Trouble.TOO_FEW_ROWS,)


@pytest.mark.parametrize("correlation", list(WorkingCorrelation))
@pytest.mark.parametrize("seed", range(2))
def test_gee_equals_statsmodels(seed: int, correlation: WorkingCorrelation) -> None:
    matrix, response = random_data(seed)
    matrix = matrix[:, :2]
    groups = np.random.default_rng(seed).integers(0, 25, len(response))
    structure = {
        WorkingCorrelation.EXCHANGEABLE: sm.cov_struct.Exchangeable(),
        WorkingCorrelation.INDEPENDENCE: sm.cov_struct.Independence(),
    }[correlation]
    other = sm.GEE(response, matrix, groups=groups, family=sm.families.Binomial(), cov_struct=structure).fit(
        maxiter=500, ctol=1e-12
    )
    found = fit_gee(matrix, response, groups, correlation=correlation)
    np.testing.assert_allclose(found.beta, other.params, rtol=1e-6)
    np.testing.assert_allclose(found.std_error, other.bse, rtol=1e-6)
    assert found.troubles == (Trouble.FEW_GROUPS,)
    assert FEW_GROUPS > 25


def test_gee_of_separated_rows_gives_no_numbers() -> None:
    found = fit_gee(np.column_stack([np.ones(6), np.arange(6.0)]), np.array([0.0, 0, 0, 1, 1, 1]), [0, 1, 2, 0, 1, 2])
    assert found.troubles == (Trouble.SEPARATION,)
