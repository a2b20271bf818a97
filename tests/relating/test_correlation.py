from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.relating.correlation import bonett_wright_interval, correlate_ranks


def draw_tables(seed: int, *, n: int = 31, missing: float = 0.15, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(n, 4)), generator.normal(size=(n, 6))
    y[:, 0] += x[:, 0]
    if ties:
        x, y = np.round(x), np.round(y)
    x[generator.random(x.shape) < missing] = np.nan
    y[generator.random(y.shape) < missing] = np.nan
    return x, y


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_every_cell_agrees_with_scipy(missing: float, ties: bool) -> None:
    x, y = draw_tables(3, missing=missing, ties=ties)
    cells = correlate_ranks(x, y)
    for i in range(x.shape[1]):
        for j in range(y.shape[1]):
            both = ~np.isnan(x[:, i]) & ~np.isnan(y[:, j])
            assert cells.n[i, j] == both.sum()
            assert cells.rho[i, j] == pytest.approx(spearmanr(x[both, i], y[both, j]).statistic, abs=1e-14)
            assert cells.tied[i, j] == (ties and both.sum() > 1)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_no_monotone_transform_changes_a_bit(seed: int) -> None:
    x, y = draw_tables(seed)
    rho = correlate_ranks(x, y).rho
    np.testing.assert_array_equal(correlate_ranks(np.exp(x), y**3 + 2 * y).rho, rho)
    np.testing.assert_array_equal(correlate_ranks(-x, y).rho, -rho)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=25, deadline=None)
def test_neither_order_of_subjects_nor_of_tables_changes_a_bit(seed: int, ties: bool) -> None:
    x, y = draw_tables(seed, ties=ties)
    rho = correlate_ranks(x, y).rho
    order = np.random.default_rng(seed).permutation(x.shape[0])
    np.testing.assert_array_equal(correlate_ranks(x[order], y[order]).rho, rho)
    np.testing.assert_array_equal(correlate_ranks(y, x).rho.T, rho)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_cell_does_not_depend_on_its_neighbours(seed: int) -> None:
    x, y = draw_tables(seed)
    alone = correlate_ranks(x[:, 2:3], y[:, 4:5])
    together = correlate_ranks(x, y)
    assert alone.n[0, 0] == together.n[2, 4]
    np.testing.assert_array_equal(alone.rho[0, 0], together.rho[2, 4])


def test_too_few_subjects_and_constant_columns_leave_empty_cells() -> None:
    x = np.array([[1.0, 7.0], [2.0, 7.0], [3.0, 7.0], [4.0, 7.0], [5.0, 7.0]])
    y = np.array([[5.0, 1.0], [4.0, 2.0], [3.0, np.nan], [2.0, 4.0], [1.0, 5.0]])
    cells = correlate_ranks(x, y)
    np.testing.assert_array_equal(cells.rho, [[-1.0, np.nan], [np.nan, np.nan]])
    assert cells.n.tolist() == [[5, 4], [5, 4]]
    assert cells.constant.tolist() == [[False, False], [True, True]]


def test_tables_of_different_subjects_are_refused() -> None:
    with pytest.raises(TableInvalid, match=r"one row per subject, found shapes \(5, 2\) and \(6, 1\)"):
        correlate_ranks(np.zeros((5, 2)), np.zeros((6, 1)))


def test_interval_is_empty_below_eight_subjects_and_for_a_perfect_coefficient() -> None:
    low, high = bonett_wright_interval([0.3, 0.3, 1.0], [7, 8, 20])
    assert np.isnan(low).tolist() == [True, False, True]
    assert np.isnan(high).tolist() == [True, False, True]


@given(st.floats(-0.99, 0.99), st.integers(8, 500))
@settings(max_examples=40, deadline=None)
def test_interval_holds_its_coefficient_and_mirrors_with_its_sign(rho: float, n: int) -> None:
    low, high = bonett_wright_interval(rho, n)
    assert -1 <= low < rho < high <= 1
    assert bonett_wright_interval(-rho, n) == (-high, -low)
