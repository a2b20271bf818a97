from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.relating.grade_agreement import KappaWeights, find_kappa
from napari_hipspine.relating.reliability import (
    find_icc_agreement,
    find_icc_consistency,
    find_limits,
    find_mean_squares,
    find_measurement_error,
)


def draw(seed: int, *, n: int = 15, k: int = 3, bias: float = 0.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, 1)) + 0.4 * generator.normal(size=(n, k)) + bias * np.arange(k)


@pytest.mark.parametrize("bias", [0.0, 0.5])
def test_coefficients_and_intervals_are_those_of_pingouin(bias: float) -> None:
    values = draw(1, bias=bias)
    long = pd.DataFrame(values).rename_axis("target").reset_index().melt("target", var_name="rater", value_name="x")
    table = pingouin.intraclass_corr(long, "target", "rater", "x").set_index("Type")
    squares = find_mean_squares(values)
    for found, name in ((find_icc_agreement(squares), "ICC(A,1)"), (find_icc_consistency(squares), "ICC(C,1)")):
        row = table.loc[name]
        assert found.value == pytest.approx(row["ICC"])
        assert [round(found.low, 2), round(found.high, 2)] == pytest.approx(list(row["CI95"]))


@given(st.integers(0, 10_000), st.floats(-50, 50), st.floats(0.1, 100))
@settings(max_examples=20)
def test_units_and_readers_do_not_matter_and_a_bias_costs_only_agreement(seed: int, shift: float, scale: float) -> None:
    values = draw(seed)
    squares = find_mean_squares(values)
    icc, consistency = find_icc_agreement(squares), find_icc_consistency(squares)
    other = find_mean_squares(shift + scale * values[:, ::-1])
    assert find_icc_agreement(other).value == pytest.approx(icc.value, abs=1e-7)
    biased = find_mean_squares(values + np.array([0, 10, 20]))
    assert find_icc_consistency(biased).value == pytest.approx(consistency.value, abs=1e-7)
    assert find_icc_agreement(biased).value < icc.value
    assert consistency.low <= consistency.value <= consistency.high
    error = find_measurement_error(biased)
    assert error.error == pytest.approx(find_measurement_error(squares).error)
    assert error.within > error.error


def test_readers_who_agree_to_the_last_digit_have_no_interval() -> None:
    squares = find_mean_squares(np.repeat(np.arange(5.0)[:, None], 2, axis=1))
    assert find_icc_agreement(squares).value == find_icc_consistency(squares).value == 1
    assert np.isnan(find_icc_agreement(squares).low)


def test_targets_with_a_gap_do_not_count() -> None:
    values = draw(2)
    gappy = np.vstack([values, [1.0, np.nan, 2.0]])
    assert find_mean_squares(gappy) == find_mean_squares(values)
    first, second = gappy[:, 0], gappy[:, 1]
    assert find_limits(first, second) == find_limits(values[:, 0], values[:, 1])


def test_limits_turn_with_the_readers() -> None:
    values = draw(3)
    there, back = find_limits(values[:, 0], values[:, 1]), find_limits(values[:, 1], values[:, 0])
    assert there.bias == pytest.approx([-back.bias[0], -back.bias[2], -back.bias[1]])
    assert there.lower[0] == pytest.approx(-back.upper[0])


def test_too_little_is_refused() -> None:
    with pytest.raises(TableInvalid, match="at least 3 targets measured by 2 raters, found 2 by 2"):
        find_mean_squares([[1, 2], [3, 4], [np.nan, 1]])
    with pytest.raises(TableInvalid, match="found 3 targets with the one value 5"):
        find_mean_squares(np.full((3, 2), 5.0))
    with pytest.raises(TableInvalid, match="targets with both values, found 1"):
        find_limits([1, 2], [np.nan, 3])


@pytest.mark.parametrize("weights", list(KappaWeights))
def test_kappa_is_that_of_scikit_learn_and_statsmodels(weights: KappaWeights) -> None:
    generator = np.random.default_rng(4)
    first = generator.integers(0, 5, 60)
    second = np.clip(first + generator.integers(-1, 2, 60), 0, 4)
    kappa = find_kappa(first, second, range(5), weights=weights)
    word = None if weights is KappaWeights.NONE else weights.value
    assert kappa.value == pytest.approx(cohen_kappa_score(first, second, weights=word))
    table = np.zeros((5, 5))
    np.add.at(table, (first, second), 1)
    other = cohens_kappa(table, wt=word)
    assert [kappa.low, kappa.high] == pytest.approx([other.kappa_low, other.kappa_upp], abs=1e-9)
    assert kappa.observed == (first == second).mean()


def test_kappa_of_one_grade_or_of_an_unknown_one_is_refused() -> None:
    with pytest.raises(TableInvalid, match="at least two different grades, found 3 pairs of 1"):
        find_kappa([2, 2, 2], [2, 2, 2], range(5), weights=KappaWeights.LINEAR)
    with pytest.raises(TableInvalid, match="grades of 0, 1, 2, found 3"):
        find_kappa([0, 1], [1, 3], range(3), weights=KappaWeights.LINEAR)
    assert find_kappa([0, 1, 1, np.nan], [0, 1, 0, 2], range(3), weights=KappaWeights.LINEAR).n == 3
