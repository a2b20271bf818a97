from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from napari_hipspine.relating import null_draws
from napari_hipspine.relating.correlation import correlate_ranks
from napari_hipspine.relating.max_t import (
    count_small_p,
    max_t_p,
    normal_scale,
    smallest_size_below_alpha,
    smallest_size_by_t,
)
from napari_hipspine.relating.null_draws import draw_null, inside
from napari_hipspine.relating.p_values import student_p
from napari_hipspine.relating.partial import correlate_partial_ranks
from napari_hipspine.relating.rank_null import exact_p
from napari_hipspine.relating.ranks import mid_ranks


def make_tables(n: int = 25, *, missing: float = 0.0, shared: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(11)
    common = shared * generator.normal(size=(n, 1))
    x, y = generator.normal(size=(n, 3)) + common, generator.normal(size=(n, 4)) + common
    for table in (x, y):
        table[generator.random(table.shape) < missing] = np.nan
    return x, y


def test_drawn_orders_inside_a_subset_are_all_equally_likely() -> None:
    every = np.array(list(permutations(range(5))))
    rows = np.array([True, False, True, True, False])
    counts = Counter(map(tuple, inside(every, rows).tolist()))
    assert counts == dict.fromkeys(permutations(range(3)), 20)
    np.testing.assert_array_equal(inside(every, np.ones(5, dtype=bool)), every)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_observed_sizes_and_drawn_ones_are_those_of_the_cells(missing: float) -> None:
    x, y = make_tables(missing=missing)
    cells = correlate_ranks(x, y)
    null = draw_null(x, y, cells, draws=500, seed=1)
    i, j = null.cells.T
    np.testing.assert_allclose(null.observed, np.abs(cells.rho[i, j]), atol=1e-12)
    np.testing.assert_array_equal(null.freedom, cells.n[i, j] - 2)
    own_p = (np.count_nonzero(null.sizes >= null.observed[:, None] - 1e-9, axis=1) + 1) / 501
    np.testing.assert_allclose(own_p, student_p(cells.rho, cells.n)[i, j], atol=0.08)


def test_wide_and_tall_tables_give_the_same_cells() -> None:
    x, y = make_tables()
    null = draw_null(y, x, correlate_ranks(y, x), draws=50, seed=1)
    i, j = null.cells.T
    np.testing.assert_allclose(null.observed, np.abs(correlate_ranks(x, y).rho[j, i]), atol=1e-12)
    assert null.sizes.shape == (12, 50)


def test_one_cell_alone_keeps_its_permutation_p_and_more_cells_raise_it() -> None:
    x, y = make_tables(shared=0.7)
    cells = correlate_ranks(x, y)
    null = draw_null(x, y, cells, draws=999)
    single = max_t_p(null, [f"own {k}" for k in range(12)])
    np.testing.assert_allclose(
        single, (np.count_nonzero(null.sizes >= null.observed[:, None] - 1e-9, axis=1) + 1) / 1000
    )
    together = max_t_p(null, ["all"] * 12)
    assert (together >= single).all()
    order = np.argsort(-null.observed)
    assert (np.diff(together[order]) >= 0).all()
    first = order[0]
    assert together[first] == (np.count_nonzero(null.sizes.max(axis=0) >= null.observed[first] - 1e-9) + 1) / 1000
    assert np.isnan(max_t_p(null, [""] * 12)).all()


def test_step_down_by_hand() -> None:
    x, y = make_tables()
    null = draw_null(x[:, :1], y[:, :2], correlate_ranks(x[:, :1], y[:, :2]), draws=99)
    by_hand = type(null)(
        null.cells, np.array([[0.5, 0.1, 0.9, 0.2], [0.1, 0.6, 0.1, 0.1]]), np.array([0.4, 0.55]), null.freedom
    )
    # 0.55 is reached by the larger of both in draws 2 and 3; 0.4 by the first cell alone in draws 1 and 3.
    assert max_t_p(by_hand, ["all", "all"]).tolist() == [3 / 5, 3 / 5]


def test_different_n_are_compared_on_one_scale() -> None:
    freedom = np.array([12, 27, 1000])
    sizes = np.array([smallest_size_by_t(int(one)) for one in freedom])
    np.testing.assert_allclose(normal_scale(sizes, freedom), 1.96, atol=0.01)
    assert (np.diff(normal_scale(np.linspace(0, 0.99, 50), np.int64(12))) > 0).all()


def test_smallest_size_below_alpha_is_the_table_of_methods() -> None:
    assert [round(smallest_size_by_t(n - 2), 3) for n in (14, 23, 27, 29, 31)] == [0.532, 0.413, 0.381, 0.367, 0.355]
    size = smallest_size_below_alpha(12, exact=True)
    assert exact_p(size, 14) < 0.05 <= exact_p(size - 12 / (14**3 - 14), 14)
    assert smallest_size_below_alpha(25, exact=True) == smallest_size_by_t(25)


def test_count_of_small_p_when_nothing_and_when_something_is_related() -> None:
    not_exact = np.zeros(12, dtype=bool)
    for shared, low, high in ((0.0, 0.05, 1.0), (1.5, 0.0, 0.01)):
        x, y = make_tables(shared=shared)
        cells = correlate_ranks(x, y)
        null = draw_null(x, y, cells, draws=999)
        count = count_small_p(null, np.arange(12), is_exact=not_exact)
        assert count.observed == int((student_p(cells.rho, cells.n) < 0.05).sum())
        assert count.expected == pytest.approx(12 * 0.05, abs=0.2)
        assert low < count.p <= high


def test_with_covariates_the_observed_sizes_are_partial_coefficients() -> None:
    x, y = make_tables(missing=0.1, shared=1.0)
    covariates = np.random.default_rng(3).normal(size=(25, 2))
    covariates[4, 0] = np.nan
    cells = correlate_partial_ranks(x, y, covariates)
    null = draw_null(x, y, cells, covariates=covariates, draws=200)
    i, j = null.cells.T
    np.testing.assert_allclose(null.observed, np.abs(cells.rho[i, j]), atol=1e-12)
    np.testing.assert_array_equal(null.freedom, cells.n[i, j] - 4)
    # Each drawn size is what adjusting the permuted residuals for the covariates once more gives.
    complete = ~np.isnan(np.column_stack([x[:, :1], y[:, :1], covariates])).any(axis=1)
    alone = [table[complete] for table in (x[:, :1], y[:, :1], covariates)]
    first = draw_null(alone[0], alone[1], correlate_partial_ranks(*alone), covariates=alone[2], draws=1, seed=3)
    n = int(complete.sum())
    order = np.random.Generator(np.random.PCG64([3, n])).permuted(np.arange(n)[None], axis=1)[0]
    ranked = np.column_stack([np.ones(n), *(mid_ranks(column) for column in alone[2].T)])
    left = [
        column - ranked @ np.linalg.lstsq(ranked, column, rcond=None)[0]
        for column in (mid_ranks(alone[0][:, 0]), mid_ranks(alone[1][:, 0]))
    ]
    moved = left[0][order]
    moved = moved - ranked @ np.linalg.lstsq(ranked, moved, rcond=None)[0]
    assert first.sizes[0, 0] == pytest.approx(abs(np.corrcoef(moved, left[1])[0, 1]))


def test_small_floats_say_the_same_as_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = make_tables(missing=0.1, shared=0.5)
    cells = correlate_ranks(x.round(1), y)
    small = draw_null(x.round(1), y, cells, draws=400)
    monkeypatch.setattr(null_draws, "LARGEST_N_FOR_SMALL_FLOATS", 0)
    large = draw_null(x.round(1), y, cells, draws=400)
    assert [small.sizes.dtype, large.sizes.dtype] == [np.float32, np.float64]
    np.testing.assert_allclose(small.sizes, large.sizes, atol=2e-7)
    labels = ["a"] * 7 + ["b"] * 5
    np.testing.assert_array_equal(max_t_p(small, labels), max_t_p(large, labels))
    for exact in (False, True):
        counts = (count_small_p(one, np.arange(12), is_exact=np.full(12, exact)) for one in (small, large))
        assert next(counts) == next(counts)


def test_signs_of_large_tables_with_gaps_say_what_orders_say(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = make_tables(1_200, missing=0.05, shared=0.22)
    x[:, 1:], y[:, 2:] = np.random.default_rng(2).normal(size=(1_200, 2)), y[:, 2:] + 0.5 * y[:, :1]
    x[::9, 1], y[::7, 2] = np.nan, np.nan
    cells = correlate_ranks(x, y)
    orders = draw_null(x, y, cells, draws=2_000)
    monkeypatch.setattr(null_draws, "SIGNS_FROM_SUBJECT_GROUPS", 1)
    signs = draw_null(x, y, cells, draws=2_000)
    assert [orders.has_signs, signs.has_signs] == [False, True]
    np.testing.assert_array_equal(signs.cells, orders.cells)
    np.testing.assert_allclose(signs.observed, orders.observed)
    np.testing.assert_allclose(signs.sizes.std(axis=1), orders.sizes.std(axis=1), rtol=0.08)
    largest = [np.quantile(one.sizes.max(axis=0), (0.5, 0.95)) for one in (orders, signs)]
    np.testing.assert_allclose(largest[1], largest[0], rtol=0.04)
    np.testing.assert_allclose(max_t_p(signs, ["all"] * 12), max_t_p(orders, ["all"] * 12), atol=0.04)
    together = [np.corrcoef(one.sizes**2)[np.triu_indices(12, 1)] for one in (orders, signs)]
    np.testing.assert_allclose(together[1], together[0], atol=0.12)


def test_few_or_complete_subjects_are_never_drawn_by_signs() -> None:
    for n, missing in ((25, 0.1), (1_200, 0.0)):
        x, y = make_tables(n, missing=missing)
        assert not draw_null(x, y, correlate_ranks(x, y), draws=3).has_signs


def test_the_same_seed_gives_the_same_draws() -> None:
    x, y = make_tables(missing=0.1)
    cells = correlate_ranks(x, y)
    first, second, other = (draw_null(x, y, cells, draws=30, seed=seed).sizes for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
