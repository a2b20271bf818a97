from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from napari_hipspine.relating.correlation import bonett_wright_interval, correlate_ranks
from napari_hipspine.relating.intervals import IntervalMethod, bootstrap_interval, fieller_interval, find_interval


def test_fieller_of_the_published_data(shared_reference: Path) -> None:
    oracle = json.loads((shared_reference / "oracles" / "spearman.json").read_text())
    low, high = fieller_interval(oracle["published"][1]["rho"], 15)
    assert [float(low), float(high)] == pytest.approx(oracle["computed"]["ci_other"]["fieller"], abs=5e-8)


def test_no_interval_below_eight_or_for_a_perfect_coefficient() -> None:
    low, high = fieller_interval([0.3, 0.3, -1.0], [7, 8, 20])
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False, True]


def make_tables(n: int = 24) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    x, y = generator.normal(size=(n, 2)), generator.normal(size=(n, 3))
    y[:, 0] += 2 * x[:, 0]
    y[:, 1] = np.round(y[:, 1])
    y[3, 2] = x[5, 1] = np.nan
    return x, y


def test_bootstrap_equals_ranking_every_sample_anew() -> None:
    x, y = make_tables()
    low, high = bootstrap_interval(x, y, draws=200, seed=3)
    for i, j in np.ndindex(2, 3):
        both = ~np.isnan(x[:, i]) & ~np.isnan(y[:, j])
        n = int(both.sum())
        picks = np.random.Generator(np.random.PCG64([3, n])).integers(0, n, size=(200, n))
        drawn = [spearmanr(x[both, i][pick], y[both, j][pick]).statistic for pick in picks]
        assert [low[i, j], high[i, j]] == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=1e-12)


def test_bootstrap_with_covariates_adjusts_every_sample_anew() -> None:
    x, y = make_tables(30)
    held = np.round(np.random.default_rng(8).normal(size=(30, 2)), 1)
    held[:, 0] += x[:, 0]
    held[7, 1] = np.nan
    low, high = bootstrap_interval(x, y, covariates=held, draws=200, seed=3)
    for i, j in np.ndindex(2, 3):
        complete = ~np.isnan(np.column_stack([x[:, i], y[:, j], held])).any(axis=1)
        n = int(complete.sum())
        table = np.column_stack([x[complete, i], y[complete, j], held[complete]])
        picks = np.random.Generator(np.random.PCG64([3, n])).integers(0, n, size=(200, n))
        drawn = []
        for pick in picks:
            precision = np.linalg.inv(np.corrcoef([rankdata(column) for column in table[pick].T]))
            drawn.append(-precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1]))
        assert [low[i, j], high[i, j]] == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=1e-9)


def test_bootstrap_with_covariates_needs_enough_different_subjects() -> None:
    generator = np.random.default_rng(0)
    x, y, held = generator.normal(size=(11, 1)), generator.normal(size=(11, 1)), generator.normal(size=(11, 3))
    assert np.isfinite(bootstrap_interval(x, y, draws=100)).all()
    assert np.isnan(bootstrap_interval(x, y, covariates=held, draws=100)).all()
    follows = np.column_stack([np.linspace(0, 1, 40), np.linspace(0, 2, 40)])
    long = generator.normal(size=(2, 40, 1))
    assert np.isnan(bootstrap_interval(long[0], long[1], covariates=follows, draws=50)).all()
    assert np.isnan(bootstrap_interval(follows[:, :1], long[1], covariates=follows[:, 1:], draws=50)).all()


def test_bootstrap_of_a_perfect_coefficient_is_empty() -> None:
    x = np.arange(20.0)[:, None]
    low, high = bootstrap_interval(x, np.column_stack([x**3, -x]), draws=100)
    assert np.isnan([low, high]).all()


def test_bootstrap_of_a_nearly_constant_column_is_empty() -> None:
    x, y = np.arange(12.0)[:, None], np.zeros((12, 1))
    y[0] = 1
    low, high = bootstrap_interval(x, y, draws=100)
    assert np.isnan([low[0, 0], high[0, 0]]).all()


def test_the_method_asked_for_is_taken_and_covariates_cost_subjects() -> None:
    x, y = make_tables()
    cells = correlate_ranks(x, y)
    for method, formula in (
        (IntervalMethod.BONETT_WRIGHT, bonett_wright_interval),
        (IntervalMethod.FIELLER, fieller_interval),
    ):
        found = find_interval(x, y, cells, method=method, covariates=np.zeros((24, 2)))
        np.testing.assert_array_equal(found, formula(cells.rho, cells.n - 2))
    drawn = find_interval(x, y, cells, method=IntervalMethod.BOOTSTRAP, seed=1)
    np.testing.assert_array_equal(drawn, bootstrap_interval(x, y, seed=1))
