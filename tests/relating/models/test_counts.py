"""Outcomes counted per row give what the same outcomes give one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.models.counts import single_trials
from napari_hipspine.relating.models.fitting import FittedModel, fit_model
from napari_hipspine.relating.models.likelihood_ratio import drop_each_term
from napari_hipspine.relating.models.model_request import ModelRequest
from napari_hipspine.relating.models.model_table import model_notes, model_rows
from napari_hipspine.relating.models.optimism import judge_model
from napari_hipspine.relating.models.predictions import typical_values
from napari_hipspine.relating.models.probability_grid import grid_probabilities
from napari_hipspine.relating.models.troubles import Trouble

RIGHT = "dose * age + arm"


@pytest.fixture(scope="module")
def counted() -> pd.DataFrame:
    random = np.random.default_rng(7)
    table = pd.DataFrame({"dose": np.tile([0.0, 1.0, 2.0, 4.0], 9), "age": random.integers(30, 70, 36)})
    table["arm"] = np.where(random.random(36) < 0.5, "a", "b")
    table["ward"] = np.repeat([f"w{k}" for k in range(9)], 4)
    table["size"] = random.integers(0, 14, 36)
    odds = -1 + 0.3 * table["dose"] + 0.01 * table["age"] + np.repeat(random.normal(0, 0.9, 9), 4)
    table["ill"] = random.binomial(table["size"], 1 / (1 + np.exp(-odds)))
    return table.assign(well=table["size"] - table["ill"])


@pytest.fixture(scope="module")
def one_by_one(counted: pd.DataFrame) -> pd.DataFrame:
    rows, ill = single_trials(counted["ill"].to_numpy(float), counted["size"].to_numpy(float))
    return counted.iloc[rows].reset_index(drop=True).assign(ill=ill.astype(int))


def fit(table: pd.DataFrame, left: str, **choices: Any) -> FittedModel:
    return fit_model(table, ModelRequest(f"{left} ~ {RIGHT}", **choices))


@pytest.mark.parametrize("left", ["cbind(ill, well)", "cbind(ill, size - ill)", "ill/size"])
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"estimator": "firth"},
        {"random": "1|ward", "n_points": 5},
        {"random": "1|ward", "estimator": "gee"},
    ],
)
def test_coefficients(counted: pd.DataFrame, one_by_one: pd.DataFrame, left: str, choices: dict[str, Any]) -> None:
    counts, single = fit(counted, left, **choices), fit(one_by_one, "ill", **choices)
    np.testing.assert_allclose(counts.beta, single.beta, atol=1e-6)
    np.testing.assert_allclose(counts.estimates.std_error, single.estimates.std_error, rtol=1e-5)
    assert counts.group_deviation == pytest.approx(single.group_deviation, abs=1e-6)
    row = model_rows(counts)[0]
    assert (row["n"], row["n_trials"], row["n_events"]) == (36, len(one_by_one), int(one_by_one["ill"].sum()))
    assert any("events in" in note for note in model_notes(counts))


@pytest.mark.parametrize("choices", [{}, {"random": "1|ward", "n_points": 3}])
def test_what_stands_beside(counted: pd.DataFrame, one_by_one: pd.DataFrame, choices: dict[str, Any]) -> None:
    counts, single = fit(counted, "ill/size", **choices), fit(one_by_one, "ill", **choices)
    for found, expected in zip(drop_each_term(counts, "all"), drop_each_term(single, "all"), strict=True):
        assert found["chi_squared"] == pytest.approx(expected["chi_squared"], abs=1e-4)
        assert found["p"] == pytest.approx(expected["p"], abs=1e-4)
    draws = 4 if not choices else 2
    for found, expected in zip(
        judge_model(counts, "a", draws=draws), judge_model(single, "a", draws=draws), strict=True
    ):
        for name in ("apparent", "low", "high", "optimism"):
            assert found[name] == pytest.approx(expected[name], abs=1e-4, nan_ok=True)
    assert typical_values(counts) == typical_values(single)
    grid = grid_probabilities(counts, "dose", "age")
    assert grid.n.sum() + grid.n_outside == len(one_by_one)


def test_rows_as_groups_can_be_told_from_chance_where_they_hold_several_trials(counted: pd.DataFrame) -> None:
    table = counted.assign(row=range(36))
    fitted = fit_model(table, ModelRequest("ill/size ~ dose", random="1|row"))
    assert fitted.estimates.has_numbers
    assert fitted.group_deviation > 0
    alone = fit_model(table.assign(size=1, ill=table["ill"] > 2), ModelRequest("ill/size ~ dose", random="1|row"))
    assert alone.estimates.troubles[0] is Trouble.GROUPS_SAY_NOTHING


@pytest.mark.parametrize(
    ("cells", "left", "message"),
    [
        ({"ill": 2.5}, "cbind(ill, well)", "Expected whole numbers of 0 or more in ill, found 2.5"),
        ({"well": -1}, "cbind(ill, well)", "Expected whole numbers of 0 or more in well, found -1"),
        ({"ill": 15, "size": 14}, "ill/size", "Expected at most as many ill as size, found 15 of 14"),
        ({"ill": "many"}, "ill/size", "Expected numbers in ill, found 'many'"),
    ],
)
def test_counts_that_are_none_are_refused(counted: pd.DataFrame, cells: dict, left: str, message: str) -> None:
    table = counted.astype(object)
    for name, cell in cells.items():
        table.loc[3, name] = cell
    with pytest.raises(TableInvalid, match=message):
        fit(table, left)


def test_counts_belong_to_logistic_models(counted: pd.DataFrame) -> None:
    with pytest.raises(InvalidChoice, match="Expected one number per row for a linear model, found counts"):
        fit(counted, "ill/size", kind="linear")


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8))
@settings(max_examples=50)
def test_every_trial_comes_back_once(pairs: list[tuple[int, int]]) -> None:
    events, others = np.array(pairs, dtype=float).T
    rows, happened = single_trials(events, events + others)
    for row, (event, other) in enumerate(pairs):
        assert happened[rows == row].tolist() == [1.0] * event + [0.0] * other
