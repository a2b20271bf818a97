"""Which p are adjusted together where several models are fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from napari_hipspine.domain.tables import MODELS
from napari_hipspine.relating.models.fitting import fit_model
from napari_hipspine.relating.models.holm_families import PlacedModel, adjust_over_models
from napari_hipspine.relating.models.model_request import ModelRequest
from napari_hipspine.relating.models.model_table import model_table

MUSCLES = ("multifidus", "erector_spinae", "psoas_major", "gluteus_medius")


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    generator = np.random.default_rng(4)
    frame = pd.DataFrame({name: generator.integers(0, 2, 160) for name in (*MUSCLES, "recovered", "content")})
    return frame.assign(age=generator.normal(60, 9, 160), month=np.tile([6, 12], 80))


def models_of(people: pd.DataFrame, formulas: dict[str, str], *, part: str = "") -> list[PlacedModel]:
    return [PlacedModel(name, part, fit_model(people, ModelRequest(text))) for name, text in formulas.items()]


def adjusted(models: list[PlacedModel]) -> pd.DataFrame:
    table = adjust_over_models(model_table((one.name, one.fitted) for one in models), models)
    return MODELS.check(table).set_index(["model", "term"])


def test_muscles_of_one_outcome_are_adjusted_together_and_what_they_share_is_not(people: pd.DataFrame) -> None:
    models = models_of(people, {name: f"recovered ~ {name} + age" for name in MUSCLES})
    table = adjusted(models)
    own = [table.loc[(name, name)] for name in MUSCLES]
    expected = multipletests([row["p"] for row in own], method="holm")[1]
    assert [row["p_holm"] for row in own] == pytest.approx(expected, rel=1e-12)
    assert {row["family_size"] for row in own} == {4}
    assert {row["family"] for row in own} == {"terms of recovered"}
    shared = table[table.index.get_level_values("term").isin(["age", "(Intercept)"])]
    assert shared["p_holm"].isna().all()
    assert set(shared["family"]) == {""}


def test_a_missing_p_is_no_test_and_an_interaction_counts_each_column(people: pd.DataFrame) -> None:
    formulas = {"mf": "recovered ~ multifidus * age", "es": "recovered ~ erector_spinae + age"}
    formulas["none"] = "recovered ~ nothing + age"
    table = adjusted(models_of(people.assign(nothing=1), formulas))
    in_family = table[table["family"] != ""]
    assert sorted(in_family.index.get_level_values("term")) == [
        "erector_spinae",
        "multifidus",
        "multifidus:age",
        "nothing",
    ]
    assert set(in_family["family_size"]) == {3}
    assert np.isnan(table.loc[("none", "nothing"), "p_holm"])


def test_a_term_of_several_outcomes_is_a_family_over_these(people: pd.DataFrame) -> None:
    formulas = {name: f"{name} ~ multifidus + age" for name in ("recovered", "content")}
    formulas["recovered"] += " + psoas_major"
    table = adjusted(models_of(people, formulas))
    p = [table.loc[(name, "multifidus"), "p"] for name in formulas]
    found = [table.loc[(name, "multifidus"), "p_holm"] for name in formulas]
    assert found == pytest.approx(multipletests(p, method="holm")[1])
    assert table.loc[("content", "age"), "family"] == "age over outcomes"
    assert table.loc[("recovered", "psoas_major"), "family"] == ""
    assert table.loc[("recovered", "(Intercept)"), "family"] == ""


def test_time_points_are_not_adjusted_together(people: pd.DataFrame) -> None:
    models = []
    for month in (6, 12):
        rows = people[people["month"] == month]
        formulas = {f"{name}, month={month}": f"recovered ~ {name}" for name in MUSCLES[:2]}
        models += models_of(rows, formulas, part=f"month={month}")
    table = adjusted(models)
    assert set(table["family"]) == {"", "terms of recovered, month=6", "terms of recovered, month=12"}
    assert set(table.loc[table["family"] != "", "family_size"]) == {2}


def test_one_model_has_no_family(people: pd.DataFrame) -> None:
    table = adjusted(models_of(people, {"all": "recovered ~ multifidus + age"}))
    assert table["p_holm"].isna().all()
    assert set(table["family"]) == {""}
