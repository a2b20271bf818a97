from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.relating.models.logistic import expit, fit_logistic
from napari_hipspine.relating.models.mixed_linear import Criterion, fit_mixed_linear
from napari_hipspine.relating.models.mixed_logistic import fit_mixed_logistic
from napari_hipspine.relating.models.random_intercept import arrange_by_group
from napari_hipspine.relating.models.troubles import Trouble


def grouped(seed: int, *, deviation: float, n_groups: int = 12, size: int = 20) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), size)
    matrix = np.column_stack([np.ones(len(groups)), rng.normal(size=len(groups))])
    eta = matrix @ [-0.4, 0.7] + deviation * rng.normal(size=n_groups)[groups]
    return matrix, (rng.random(len(groups)) < expit(eta)).astype(float), groups


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 100),
    sigma=st.floats(-4, 4),
    n_points=st.sampled_from([1, 3, 9]),
    slope=st.floats(-2, 2),
)
def test_gradient_is_that_of_the_quadrature_sum(seed: int, sigma: float, n_points: int, slope: float) -> None:
    matrix, response, groups = grouped(seed, deviation=1.5)
    likelihood = arrange_by_group(matrix, response, np.ones_like(response), groups, n_points=n_points)
    theta, width = np.array([-0.3, slope, sigma]), 1e-5
    _, gradient = likelihood.value_and_gradient(theta)
    for k in range(3):
        shift = np.eye(3)[k] * width
        rise = likelihood.value_and_gradient(theta + shift)[0] - likelihood.value_and_gradient(theta - shift)[0]
        assert gradient[k] == pytest.approx(rise / (2 * width), rel=1e-4, abs=2e-5)


def test_quadrature_equals_the_integral_on_a_fine_grid() -> None:
    matrix, response, groups = grouped(3, deviation=2.0, n_groups=4, size=6)
    theta = np.array([-0.3, 0.5, 2.5])
    found = arrange_by_group(matrix, response, np.ones_like(response), groups, n_points=60).value_and_gradient(theta)[0]
    u = np.linspace(-9, 9, 20_001)
    chance = expit((matrix @ theta[:2])[:, None] + theta[2] * u)
    each = np.where(response[:, None] == 1, chance, 1 - chance)
    density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    integrals = [np.trapezoid(each[groups == g].prod(axis=0) * density, u) for g in range(4)]
    assert found == pytest.approx(np.log(integrals).sum(), abs=1e-8)


def test_order_of_rows_and_names_of_groups_do_not_matter() -> None:
    matrix, response, groups = grouped(1, deviation=1.0)
    order = np.random.default_rng(0).permutation(len(response))
    one = fit_mixed_logistic(matrix, response, groups)
    other = fit_mixed_logistic(matrix[order], response[order], 100 - 7 * groups[order])
    np.testing.assert_allclose(one.beta, other.beta, rtol=1e-6)
    np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-5)


def test_trials_are_the_same_as_single_rows() -> None:
    matrix = np.column_stack([np.ones(8), np.tile([0.0, 1.0], 4)])
    events, trials, groups = np.array([1, 4, 0, 3, 5, 6, 2, 2]), np.full(8, 8), np.repeat([0, 1, 2, 3], 2)
    together = fit_mixed_logistic(matrix, events, groups, trials=trials)
    single = np.concatenate([np.repeat([1.0, 0.0], [e, 8 - e]) for e in events])
    apart = fit_mixed_logistic(np.repeat(matrix, 8, axis=0), single, np.repeat(groups, 8))
    np.testing.assert_allclose(together.beta, apart.beta, rtol=1e-6)
    assert together.deviations[0].estimate == pytest.approx(apart.deviations[0].estimate, rel=1e-5)


def test_groups_that_do_not_differ_are_a_singular_fit_equal_to_the_plain_model() -> None:
    matrix = np.column_stack([np.ones(40), np.tile([0.0, 1.0], 20)])
    response, groups = np.tile([0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0], 5), np.repeat(np.arange(5), 8)
    found = fit_mixed_logistic(matrix, response, groups)
    assert found.troubles == (Trouble.SINGULAR_FIT,)
    assert found.deviations[0].estimate == 0
    np.testing.assert_allclose(found.beta, fit_logistic(matrix, response).beta)


def test_groups_that_are_all_events_or_none_have_no_finite_variance() -> None:
    groups = np.repeat(np.arange(10), 30)
    response = (groups % 2).astype(float)
    matrix = np.column_stack([np.ones(300), np.random.default_rng(0).normal(size=300)])
    assert fit_mixed_logistic(matrix, response, groups).troubles == (Trouble.NOT_CONVERGED,)


def test_separated_rows_give_no_numbers() -> None:
    matrix = np.column_stack([np.ones(8), np.arange(8.0)])
    found = fit_mixed_logistic(matrix, [0, 0, 0, 0, 1, 1, 1, 1], [0, 1] * 4)
    assert found.troubles == (Trouble.SEPARATION,)
    assert np.isnan(found.beta).all()


@pytest.mark.parametrize("groups", [np.arange(40), np.zeros(40, dtype=int)])
def test_groups_that_say_nothing_give_no_numbers(groups: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    matrix, response = np.column_stack([np.ones(40), rng.normal(size=40)]), rng.integers(0, 2, 40).astype(float)
    assert fit_mixed_logistic(matrix, response, groups).troubles == (Trouble.GROUPS_SAY_NOTHING,)
    assert fit_mixed_linear(matrix, rng.normal(size=40), groups).troubles == (Trouble.GROUPS_SAY_NOTHING,)


def test_few_groups_are_flagged() -> None:
    matrix, response, groups = grouped(5, deviation=1.0, n_groups=4, size=40)
    assert Trouble.FEW_GROUPS in fit_mixed_logistic(matrix, response, groups).troubles


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("with_slope", [True, False])
def test_linear_model_equals_statsmodels(reml: bool, with_slope: bool) -> None:
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(30), 6)
    time = np.tile(np.arange(6.0), 30)
    matrix = np.column_stack([np.ones(180), time, rng.normal(size=180)])
    own = rng.normal(size=(30, 2)) * [3.0, 0.8]
    response = 900 + matrix[:, 1:] @ [1.0, 0.5] + own[groups, 0] + own[groups, 1] * time + rng.normal(size=180)
    random = matrix[:, :2] if with_slope else matrix[:, :1]
    other = sm.MixedLM(response, matrix, groups, exog_re=random).fit(reml=reml)
    criterion = Criterion.REML if reml else Criterion.ML
    found = fit_mixed_linear(matrix, response, groups, slope=time if with_slope else None, criterion=criterion)
    np.testing.assert_allclose(found.beta, other.fe_params, rtol=1e-5)
    np.testing.assert_allclose(found.std_error, other.bse_fe, rtol=1e-3)
    np.testing.assert_allclose(found.random_covariance, np.asarray(other.cov_re), rtol=5e-3)
    assert found.log_likelihood == pytest.approx(other.llf, abs=1e-4)


def test_linear_model_without_difference_between_groups_is_singular_and_equals_least_squares() -> None:
    rng = np.random.default_rng(1)
    groups = np.tile(np.arange(5), 20)
    matrix = np.column_stack([np.ones(100), rng.normal(size=100)])
    noise = rng.normal(size=100)
    for g in range(5):
        noise[groups == g] -= noise[groups == g].mean()
    response = matrix @ [1.0, 2.0] + noise
    found = fit_mixed_linear(matrix, response, groups)
    assert Trouble.SINGULAR_FIT in found.troubles
    np.testing.assert_allclose(found.beta, np.linalg.lstsq(matrix, response, rcond=None)[0], rtol=1e-5)


def test_groups_of_one_row_are_refused_in_words() -> None:
    rng = np.random.default_rng(1)
    matrix = np.column_stack([np.ones(20), rng.normal(size=20)])
    assert fit_mixed_linear(matrix, rng.normal(size=20), np.arange(20)).troubles == (Trouble.GROUPS_SAY_NOTHING,)
    assert fit_mixed_linear(matrix, np.ones(20), np.arange(20) // 2).troubles == (Trouble.CONSTANT_OUTCOME,)


def test_degrees_of_freedom_of_a_balanced_design_are_those_of_its_analysis_of_variance() -> None:
    """Between 8 groups of 6: 8 - 2 for what is one value per group; within: 48 - 8 - 1."""
    random = np.random.default_rng(2)
    groups, treated, time = np.repeat(np.arange(8), 6), np.repeat([0.0, 1.0] * 4, 6), np.tile(np.arange(6.0), 8)
    response = 3 * random.normal(size=8)[groups] + treated + 0.2 * time + random.normal(size=48)
    found = fit_mixed_linear(np.column_stack([np.ones(48), treated, time - 2.5]), response, groups)
    assert found.interval_by == "t"
    np.testing.assert_allclose(found.df, [6, 6, 39], rtol=1e-6)


def test_degrees_of_freedom_do_not_depend_on_units() -> None:
    random = np.random.default_rng(4)
    groups, time = np.repeat(np.arange(15), 5), np.tile(np.arange(5.0), 15)
    response = random.normal(size=15)[groups] + random.normal(size=15)[groups] * time + random.normal(size=75)

    def df_of(unit: float, unit_of_time: float) -> np.ndarray:
        matrix = np.column_stack([np.ones(75), time * unit_of_time])
        return fit_mixed_linear(matrix, response * unit, groups, slope=time * unit_of_time).df

    np.testing.assert_allclose(df_of(1e6, 1e-5), df_of(1, 1), rtol=1e-4)
