"""Tables that go wrong in every manner: what cannot be told is said in words, and no number is silent."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.relating.models.fitting import FittedModel, fit_model
from napari_hipspine.relating.models.model_request import ModelRequest
from napari_hipspine.relating.models.model_table import model_rows

KINDS: dict[str, dict[str, Any]] = {
    "logistic": {"formula": "y ~ a + b + sex"},
    "firth": {"formula": "y ~ a + b + sex", "estimator": "firth"},
    "mixed": {"formula": "y ~ a + b + sex", "random": "1|g", "n_points": 3},
    "gee": {"formula": "y ~ a + b", "random": "1|g", "estimator": "gee"},
    "linear": {"formula": "s ~ a + b + sex", "kind": "linear"},
    "mixed_linear": {"formula": "s ~ a + b", "kind": "linear", "random": "1 + t|g"},
}
EVERY = tuple(KINDS)
ODDS = ("logistic", "firth", "mixed", "gee")


def usual() -> pd.DataFrame:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"y": random.integers(0, 2, 60), "s": random.normal(20, 4, 60), "a": random.normal(size=60)})
    table = table.assign(b=random.normal(5, 2, 60), sex=random.choice(["f", "m"], 60), t=np.arange(60) % 3)
    return table.assign(g=[f"c{k % 6}" for k in range(60)])


def fit(table: pd.DataFrame, kind: str) -> FittedModel:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fit_model(table, ModelRequest(**KINDS[kind]))


def words(fitted: FittedModel) -> set[str]:
    """Every reason of the rows."""
    return {word for row in model_rows(fitted) for word in row["reason"].split(";") if word}


def numbers(fitted: FittedModel, name: str = "estimate") -> list[float]:
    return [row[name] for row in model_rows(fitted) if row["part"] == "fixed"]


@pytest.mark.parametrize("kind", ODDS)
@pytest.mark.parametrize("value", [0, 1])
def test_an_outcome_of_one_value(kind: str, value: int) -> None:
    fitted = fit(usual().assign(y=value), kind)
    assert words(fitted) == {"constant_outcome"}
    assert np.isnan(numbers(fitted)).all()


@pytest.mark.parametrize(("kind", "word"), [("linear", "perfect_fit"), ("mixed_linear", "perfect_fit")])
def test_an_outcome_that_is_met_without_error(kind: str, word: str) -> None:
    fitted = fit(usual().assign(s=lambda table: 2 * table["a"] + 3), kind)
    assert words(fitted) == {word}


@pytest.mark.parametrize(("kind", "word"), [("linear", None), ("mixed_linear", "perfect_fit")])
def test_an_outcome_that_is_the_group(kind: str, word: str | None) -> None:
    fitted = fit(usual().assign(s=lambda table: table["g"].str[1:].astype(float)), kind)
    assert words(fitted) == ({word} if word else set())


@pytest.mark.parametrize(
    ("kind", "word"),
    [("mixed", "groups_say_nothing"), ("gee", "too_few_groups"), ("mixed_linear", "groups_say_nothing")],
)
def test_one_group(kind: str, word: str) -> None:
    fitted = fit(usual().assign(g="c1"), kind)
    assert word in words(fitted)
    assert np.isnan(numbers(fitted)).all()
    assert np.isnan(numbers(fitted, "p")).all()


def test_gee_needs_more_groups_than_coefficients() -> None:
    table = usual()
    assert "too_few_groups" in words(fit(table.assign(g=np.arange(60) % 3), "gee"))
    assert np.isfinite(numbers(fit(table.assign(g=np.arange(60) % 4), "gee"), "std_error")).all()


@pytest.mark.parametrize("kind", EVERY)
def test_a_column_that_follows_and_one_that_does_not_vary(kind: str) -> None:
    double, constant = fit(usual().assign(b=lambda table: 2 * table["a"]), kind), fit(usual().assign(a=3), kind)
    for fitted, term, word in ((double, "b", "collinear_column"), (constant, "a", "constant_column")):
        rows = {row["term"]: row for row in model_rows(fitted)}
        assert word in rows[term]["reason"].split(";")
        assert np.isnan(rows[term]["estimate"])
        assert np.isfinite(rows["(Intercept)"]["estimate"])


@pytest.mark.parametrize("kind", EVERY)
def test_units_and_origins_change_nothing_but_the_units(kind: str) -> None:
    table = usual()
    plain, moved = fit(table, kind), fit(table.assign(a=table["a"] * 1e6 + 1e8, b=table["b"] * 1e-6), kind)
    for name in ("estimate", "std_error", "low", "high"):
        before, after = np.array(numbers(plain, name)), np.array(numbers(moved, name))
        np.testing.assert_allclose(after[1] * 1e6, before[1], rtol=2e-4)
        np.testing.assert_allclose(after[2] * 1e-6, before[2], rtol=2e-4)
    np.testing.assert_allclose(numbers(moved, "p")[1:], numbers(plain, "p")[1:], atol=1e-5)
    assert np.isfinite(numbers(moved, "p")).all()


@pytest.mark.parametrize("kind", [kind for kind in ODDS if kind != "firth"])
@pytest.mark.parametrize("shape", ["whole", "quasi"])
def test_separation(kind: str, shape: str) -> None:
    table = usual()
    half = np.random.default_rng(1).integers(0, 2, 60)
    told = table["y"] * 2 - 1 if shape == "whole" else np.where(table["y"] == 1, 1, half)
    fitted = fit(table.assign(a=told), kind)
    assert "separation" in words(fitted)
    assert np.isnan(numbers(fitted)).all()
    assert np.isfinite(numbers(fit(table.assign(a=told), "firth"))).all()


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_hardly_any_rows(kind: str, n: int) -> None:
    fitted = fit(usual().head(n), kind)
    assert "too_few_rows" in words(fitted)
    assert np.isnan(numbers(fitted)).all()


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([np.nan] * 60, "Expected rows with a value in each of .*, found none among 60 rows"),
        (["0.5"] * 59 + ["n/a?"], "Expected numbers or categories in a, found both, such as 'n/a\\?'"),
        ([f"0,{k}" for k in range(60)], "Expected numbers or at most 30 categories in a, found 60 texts such as '0,0'"),
        (["inf", *["1"] * 59], "Expected finite numbers in a, found inf"),
        ([f"2020-01-{k % 9 + 1:02d}" for k in range(60)], "Expected numbers or categories in a, found dates"),
    ],
)
def test_cells_that_are_no_numbers(kind: str, cells: list[Any], message: str) -> None:
    with pytest.raises(TableInvalid, match=message) as refusal:
        fit(usual().assign(a=cells), kind)
    assert "2020" not in str(refusal.value)


@pytest.mark.parametrize("kind", EVERY)
def test_a_table_without_rows(kind: str) -> None:
    with pytest.raises(TableInvalid, match="found none among 0 rows") as refusal:
        fit(usual().head(0), kind)
    assert refusal.value.hint == ""


def test_ratios_no_number_can_hold_are_empty() -> None:
    fitted = fit(usual().assign(a=lambda table: table["a"] * 1e-7), "gee")
    row = model_rows(fitted)[1]
    assert abs(row["estimate"]) > 1e5
    assert np.isnan([row["odds_ratio"], row["or_low"], row["or_high"]]).all()
