from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.relating.correlation import correlate_ranks
from napari_hipspine.relating.p_values import PMethod, drawn_p, find_p
from napari_hipspine.relating.rank_null import count_orders, exact_p


def draw_pair(seed: int, n: int, *, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.random.default_rng(seed).normal(size=(2, n, 1))
    return (np.round(2 * x), np.round(2 * y)) if ties else (x, y)


@pytest.mark.parametrize("n", [1, 2, 9, 14, 16])
def test_counted_orders_are_all_orders_and_symmetric(n: int) -> None:
    counts = count_orders(n)
    assert counts.sum() == math.factorial(n)
    assert counts.size == (n**3 - n) // 6 + 1
    assert counts.tolist() == counts[::-1].tolist()


def test_exact_distribution_is_refused_where_it_is_not_counted() -> None:
    with pytest.raises(ValueError, match="found 18"):
        count_orders(18)


@given(st.integers(0, 1000), st.integers(5, 7))
@settings(max_examples=15, deadline=None)
def test_exact_p_is_the_share_of_all_orders_as_far_from_zero(seed: int, n: int) -> None:
    x, y = draw_pair(seed, n)
    cells = correlate_ranks(x, y)
    every_order = np.array(list(permutations(y[:, 0])))
    all_rho = correlate_ranks(x, every_order.T).rho
    share = np.mean(np.abs(all_rho) >= abs(cells.rho[0, 0]) - 1e-12)
    assert find_p(x, y, cells, method=PMethod.EXACT).p[0, 0] == pytest.approx(share, abs=1e-15)


def test_auto_takes_exact_then_drawn_then_t() -> None:
    methods = []
    for n, ties in [(17, False), (17, True), (18, False), (18, True)]:
        x, y = draw_pair(1, n, ties=ties)
        methods.append(find_p(x, y, correlate_ranks(x, y)).method[0, 0])
    assert methods == ["exact", "permutation", "t", "t"]


@pytest.mark.parametrize("n", [18, 31, 3000])
def test_student_p_agrees_with_scipy(n: int) -> None:
    x, y = draw_pair(5, n)
    p = find_p(x, y, correlate_ranks(x, y), method=PMethod.T).p[0, 0]
    assert p == pytest.approx(spearmanr(x[:, 0], y[:, 0]).pvalue, rel=1e-9)


def test_drawn_p_comes_close_to_the_exact_one() -> None:
    x, y = draw_pair(11, 14)
    cells = correlate_ranks(x, y)
    drawn = find_p(x, y, cells, method=PMethod.PERMUTATION).p[0, 0]
    exact = exact_p(cells.rho[0, 0], 14)
    assert drawn == pytest.approx(exact, abs=5 * math.sqrt(exact * (1 - exact) / 99_999))


def test_drawn_p_is_never_zero_and_repeats_with_its_seed() -> None:
    ranks = np.array([np.arange(15.0) * 2 - 14])
    assert drawn_p(ranks, ranks, seed=0, draws=999)[0] == 1 / 1000
    other = ranks[:, np.random.default_rng(1).permutation(15)]
    first = drawn_p(ranks, other, seed=3, draws=999)
    assert first == drawn_p(ranks, other, seed=3, draws=999)
    assert first != drawn_p(ranks, other, seed=4, draws=999)


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_drawn_p_depends_neither_on_order_nor_on_neighbours(seed: int) -> None:
    generator = np.random.default_rng(seed)
    x, y = generator.integers(0, 6, (12, 3)).astype(float), generator.integers(0, 6, (12, 2)).astype(float)
    x[0], y[0] = 9.0, 9.0
    p = find_p(x, y, correlate_ranks(x, y), draws=299).p
    order = generator.permutation(12)
    reordered = find_p(x[order], y[order], correlate_ranks(x[order], y[order]), draws=299).p
    np.testing.assert_array_equal(reordered, p)
    np.testing.assert_array_equal(find_p(y, x, correlate_ranks(y, x), draws=299).p.T, p)
    alone = find_p(x[:, :1], y[:, 1:], correlate_ranks(x[:, :1], y[:, 1:]), draws=299).p
    assert alone[0, 0] == p[0, 1]


@pytest.mark.parametrize(("n", "ties", "found"), [(18, False, "1 cells with more"), (12, True, "1 with eq")])
def test_exact_p_is_refused_where_it_does_not_hold(n: int, ties: bool, found: str) -> None:
    x, y = draw_pair(2, n, ties=ties)
    with pytest.raises(InvalidChoice, match=found):
        find_p(x, y, correlate_ranks(x, y), method=PMethod.EXACT)


def test_empty_cells_have_no_p_and_no_method() -> None:
    x, y = draw_pair(2, 4)
    values = find_p(x, y, correlate_ranks(x, y))
    assert np.isnan(values.p[0, 0])
    assert values.method[0, 0] == ""
