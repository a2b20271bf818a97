from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.correlation import correlate_ranks
from napari_hipspine.relating.covariates import select_covariates
from napari_hipspine.relating.p_values import student_p
from napari_hipspine.relating.partial import correlate_partial_ranks
from napari_hipspine.relating.partial_p import drawn_partial_p
from napari_hipspine.relating.ranks import mid_ranks


def test_three_implementations_agree(shared_reference: Path) -> None:
    oracle = json.loads((shared_reference / "oracles" / "partial_spearman.json").read_text())
    table = pd.read_csv(shared_reference / "oracles" / "partial_spearman.csv")
    covariates = table[oracle["covariates"]].to_numpy(dtype=float)
    cells = correlate_partial_ranks(table[[oracle["x"]]].to_numpy(), table[[oracle["y"]]].to_numpy(), covariates)
    assert cells.n[0, 0] == oracle["n"]
    assert cells.rho[0, 0] == pytest.approx(oracle["rho"], abs=1e-12)
    assert student_p(cells.rho[0, 0], oracle["n"] - 3) == pytest.approx(oracle["p"], rel=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_it_is_the_inverse_of_the_correlation_matrix_of_the_ranks(seed: int) -> None:
    generator = np.random.default_rng(seed)
    table = np.round(generator.normal(size=(20, 5)), 1)
    precision = np.linalg.inv(np.corrcoef([mid_ranks(column) for column in table.T]))
    expected = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    cells = correlate_partial_ranks(table[:, :1], table[:, 1:2], table[:, 2:])
    assert cells.rho[0, 0] == pytest.approx(expected, abs=1e-10)
    np.testing.assert_allclose(
        correlate_partial_ranks(table[:, :1], table[:, 1:2], np.empty((20, 0))).rho,
        correlate_ranks(table[:, :1], table[:, 1:2]).rho,
        atol=1e-12,
    )


def test_each_cell_uses_its_own_complete_subjects() -> None:
    generator = np.random.default_rng(2)
    x, y, z = generator.normal(size=(30, 2)), generator.normal(size=(30, 2)), generator.normal(size=(30, 1))
    x[:4, 1], y[5, 0], z[9] = np.nan, np.nan, np.nan
    cells = correlate_partial_ranks(x, y, z)
    assert cells.n.tolist() == [[28, 29], [24, 25]]
    kept = ~np.isnan(np.column_stack([x[:, 1], y[:, 0], z])).any(axis=1)
    alone = correlate_partial_ranks(x[kept, 1:], y[kept, :1], z[kept])
    assert cells.rho[1, 0] == pytest.approx(alone.rho[0, 0], abs=1e-12)


def test_cells_without_a_partial_coefficient_are_empty() -> None:
    x = np.random.default_rng(0).normal(size=(12, 1))
    y, z = np.random.default_rng(1).normal(size=(2, 12, 1))
    follows = correlate_partial_ranks(x, y, np.exp(x))
    assert np.isnan(follows.rho[0, 0])
    assert follows.constant[0, 0]
    assert correlate_partial_ranks(x, y, np.column_stack([z, z**3])).constant[0, 0]
    few = correlate_partial_ranks(x[:5], y[:5], z[:5])
    assert np.isnan(few.rho[0, 0])
    assert not few.constant[0, 0]


def test_participants_become_numbers_in_the_order_of_the_subjects() -> None:
    table = pd.DataFrame({"subject_id": ["b", "a", "c"], "age": ["61", "70", ""], "sex": ["m", "f", "f"]})
    found = select_covariates(table, ["age", "sex"], ["a", "b", "c", "d"])
    np.testing.assert_array_equal(found.values, [[70, 0], [61, 1], [np.nan, 0], [np.nan, np.nan]])
    assert found.notes == ("2 of 4 subjects have no age.", "sex: f = 0, m = 1.", "1 of 4 subjects have no sex.")


def test_participants_that_cannot_be_used_are_refused() -> None:
    table = pd.DataFrame({"subject_id": ["a", "b", "c"], "age": [61, 70, 70], "site": ["x", "y", "z"], "one": 1})
    with pytest.raises(InvalidChoice, match=r"found no column bmi, in people\.csv"):
        select_covariates(table, ["bmi"], ["a"], source="people.csv")
    with pytest.raises(TableInvalid, match="numbers or two words in site, found 3 words"):
        select_covariates(table, ["site"], ["a", "b", "c"])
    with pytest.raises(InvalidChoice, match="different values, found 1 value in one"):
        select_covariates(table, ["one"], ["a", "b", "c"])
    with pytest.raises(TableInvalid, match="one row per subject_id, found several for a"):
        select_covariates(pd.concat([table, table[:1]]), ["age"], ["a", "b"])
    with pytest.raises(TableInvalid, match="a column subject_id, found age"):
        select_covariates(table[["age"]], ["age"], ["a"])


def make_adjusted(n: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    held = generator.normal(size=(n, 2))
    x, y = generator.normal(size=(n, 2)), generator.normal(size=(n, 3))
    x += held[:, :1]
    y[:, 0] += 0.6 * x[:, 0] + held[:, 1]
    return x, y, held


def test_drawn_p_is_the_share_of_permuted_residuals_as_far_out() -> None:
    x, y, held = make_adjusted(14)
    cells = correlate_partial_ranks(x, y, held)
    p = drawn_partial_p(x, y, held, cells, seed=5, draws=400)
    orders = np.random.Generator(np.random.PCG64([5, 14])).permuted(np.repeat(np.arange(14)[None], 400, axis=0), axis=1)
    design = np.column_stack([np.ones(14), *(mid_ranks(column) for column in held.T)])

    def rest(column: np.ndarray) -> np.ndarray:
        return np.asarray(column - design @ np.linalg.lstsq(design, column, rcond=None)[0])

    for i, j in np.ndindex(2, 3):
        fixed, moved = rest(mid_ranks(y[:, j])), rest(mid_ranks(x[:, i]))
        sizes = [abs(np.corrcoef(rest(moved[order]), fixed)[0, 1]) for order in orders]
        expected = (1 + np.count_nonzero(np.array(sizes) >= abs(cells.rho[i, j]) - 1e-9)) / 401
        assert p[i, j] == pytest.approx(expected, abs=1e-12)


def test_drawn_p_comes_near_to_student_and_knows_no_neighbours() -> None:
    x, y, held = make_adjusted(60)
    x[3, 1] = np.nan
    cells = correlate_partial_ranks(x, y, held)
    p = drawn_partial_p(x, y, held, cells, seed=1, draws=19_999)
    np.testing.assert_allclose(p, student_p(cells.rho, cells.n - 2), atol=0.015)
    alone = correlate_partial_ranks(x[:, 1:], y[:, :1], held)
    assert drawn_partial_p(x[:, 1:], y[:, :1], held, alone, seed=1, draws=19_999)[0, 0] == p[1, 0]


def test_drawn_p_holds_its_level_where_nothing_is_related() -> None:
    below = []
    for seed in range(150):
        generator = np.random.default_rng(seed)
        held = generator.normal(size=(16, 2))
        x, y = np.exp(generator.normal(size=(16, 1)) + held[:, :1]), generator.normal(size=(16, 1)) - held[:, :1]
        cells = correlate_partial_ranks(x, y, held)
        below.append(drawn_partial_p(x, y, held, cells, seed=seed, draws=199)[0, 0] <= 0.05)
    assert 0.01 <= np.mean(below) <= 0.1


def test_empty_cells_have_no_drawn_p() -> None:
    x, y, held = make_adjusted(12)
    x[:, 1] = 1.0
    p = drawn_partial_p(x, y, held, correlate_partial_ranks(x, y, held), seed=0, draws=19)
    assert np.isnan(p[1]).all()
    assert np.isfinite(p[0]).all()
