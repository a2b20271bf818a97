from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.undated import undated

from napari_hipspine.cli import model
from napari_hipspine.domain.errors import Cancelled, InvalidChoice, TableInvalid
from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.domain.tables import MODELS
from napari_hipspine.figures.nomogram_chart import nomogram_chart
from napari_hipspine.relating.models.predictions import predict
from napari_hipspine.relating.models.side_tables import ACCURACY, ADDITIVE, CORNERS, LIKELIHOOD_RATIOS
from napari_hipspine.workflows.model_cohort import ModelExtras, ModelRequest, model_cohort

COHORT = Path(__file__).parents[1] / "oracles" / "models_cohort.csv"
REQUEST = ModelRequest("cbp ~ lmm_z * intermat_z + age + sex", random="1|centre")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    model.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["model", *words])
    done: int = arguments.run(arguments)
    return done


def test_folder_holds_the_table_what_it_means_and_what_it_rests_on(tmp_path: Path) -> None:
    found = model_cohort(COHORT, REQUEST, out=tmp_path)
    table = MODELS.check(pd.read_csv(tmp_path / "model.csv"))
    pd.testing.assert_series_equal(table["estimate"], found.models["estimate"])
    rests_on = json.loads((tmp_path / "run.json").read_text())
    assert rests_on["research_only"] == RESEARCH_ONLY
    assert rests_on["settings"]["formula"] == REQUEST.formula
    assert rests_on["settings"]["n_points"] == 9
    assert rests_on["inputs"][0]["path"] == str(COHORT)
    columns = json.loads((tmp_path / "columns.json").read_text())["tables"]["model"]["columns"]
    assert [column["name"] for column in columns] == list(table.columns)
    assert (tmp_path / "forest.png").read_bytes().startswith(b"\x89PNG")


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        model_cohort(COHORT, REQUEST, out=tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert undated(path) == undated(tmp_path / "two" / path.name)


@pytest.mark.parametrize("formula", ["cbp ~ nothing", "score ~ age"])
def test_nothing_is_written_after_a_refusal(tmp_path: Path, formula: str) -> None:
    with pytest.raises(TableInvalid):
        model_cohort(COHORT, ModelRequest(formula), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match="Expected a table, found no file"):
        model_cohort(tmp_path / "none.csv", REQUEST)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(TableInvalid, match="Expected a table: CSV with one row of column names"):
        model_cohort(tmp_path / "empty.csv", REQUEST)


def test_command_prints_the_terms_and_says_only_what_may_be_said(tmp_path: Path, capsys) -> None:
    words = ["--formula", REQUEST.formula + " + activity", "--random", "1|centre", "--reference", "activity=moderate"]
    assert run(str(COHORT), *words, "--out", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert "lmm_z:intermat_z" in printed
    assert "activityhigh" in printed
    assert "mixed logistic; n 360, events 156, groups 12" in printed
    assert "not validated; not for individual use" in printed
    assert printed.rstrip().endswith(RESEARCH_ONLY)
    for word in ("causes", "effect of", "compensatory", "protective", "synergistic", "risk"):
        assert word not in printed
    assert (tmp_path / "model.csv").exists()


def test_command_names_separation(tmp_path: Path, capsys) -> None:
    assert run(str(COHORT), "--formula", "rare ~ sex + age", "--out", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert "separation, few events" in printed
    assert "no numbers are given. Firth's penalty gives finite ones." in printed
    assert pd.read_csv(tmp_path / "model.csv")["estimate"].isna().all()


def test_command_refuses_what_is_no_reference(tmp_path: Path) -> None:
    with pytest.raises(InvalidChoice, match="Expected --reference COLUMN=CATEGORY, found 'activity'"):
        run(str(COHORT), "--formula", "cbp ~ activity", "--reference", "activity", "--out", str(tmp_path))


def test_everything_beside_the_model_is_written_with_its_meaning(tmp_path: Path) -> None:
    extras = ModelExtras(additive=("lmm_z<0", "intermat_z>=0"), draws=3)
    found = model_cohort(COHORT, REQUEST, extras, out=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "model.csv",
        "likelihood_ratio.csv",
        "accuracy.csv",
        "calibration.csv",
        "additive_interaction.csv",
        "corners.csv",
        "probability_grid.csv",
        "nomogram.csv",
        "columns.json",
        "run.json",
        "forest.png",
        "calibration.png",
        "probability_map.png",
        "nomogram.png",
    }
    for table in (LIKELIHOOD_RATIOS, ACCURACY, ADDITIVE, CORNERS):
        table.check(pd.read_csv(tmp_path / f"{table.name}.csv"))
    described = json.loads((tmp_path / "columns.json").read_text())["tables"]
    assert set(described) == {path.stem for path in tmp_path.glob("*.csv")}
    assert found.provenance.settings["draws"] == 3
    corners = found.parts.frame(CORNERS)
    assert corners is not None
    assert corners["first_value"].tolist() == [-1, -1, 1, 1]


def test_one_model_per_value_of_a_column(tmp_path: Path, capsys) -> None:
    words = ["--formula", "rare ~ age", "--by", "sex", "--few-events", "firth"]
    assert run(str(COHORT), *words, "--out", str(tmp_path)) == 0
    table = pd.read_csv(tmp_path / "model.csv")
    assert table["model"].unique().tolist() == ["sex=female", "sex=male"]
    assert set(table["method"]) == {"firth"}
    women = table[table["model"] == "sex=female"]
    assert women["reason"].str.startswith("constant_outcome").all()
    assert women["estimate"].isna().all()
    assert "sex=female: The outcome has one value only; no numbers are given." in capsys.readouterr().out


def test_a_second_outcome_is_a_model_of_its_own_with_everything_beside_it(tmp_path: Path, capsys) -> None:
    words = ["--formula", "cbp ~ lmm_z * intermat_z + age", "--outcome", "burden=score>=16", "--outcome", "rare"]
    words += ["--additive", "lmm_z<0", "intermat_z>=0", "--bootstrap", "2"]
    assert run(str(COHORT), *words, "--out", str(tmp_path)) == 0
    table = pd.read_csv(tmp_path / "model.csv")
    assert table["model"].unique().tolist() == ["cbp", "burden (score>=16)", "rare"]
    alone = model_cohort(
        pd.read_csv(COHORT).assign(burden=lambda frame: (frame["score"] >= 16).astype(int)),
        ModelRequest("burden ~ lmm_z * intermat_z + age"),
    ).models
    np.testing.assert_allclose(table[table["model"] == "burden (score>=16)"]["estimate"], alone["estimate"])
    for name in ("likelihood_ratio", "accuracy", "calibration", "additive_interaction", "corners", "probability_grid"):
        models = pd.read_csv(tmp_path / f"{name}.csv")["model"].unique().tolist()
        assert models == ["cbp", "burden (score>=16)", "rare"], name
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert {"forest.png", "nomogram_cbp.png", "probability_map_burden_score_16.png", "calibration_rare.png"} <= drawn
    printed = capsys.readouterr().out
    assert "burden (score>=16): burden ~ lmm_z * intermat_z + age" in printed
    assert "rare: Fewer than 10 events" in printed


def test_further_formulas_and_subgroups_are_named_apart(tmp_path: Path) -> None:
    extras = ModelExtras(formulas=("cbp ~ age", "score_high ~ age"), by="sex")
    table = pd.read_csv(COHORT).assign(score_high=lambda frame: (frame["score"] > 16).astype(int))
    found = model_cohort(table, ModelRequest("cbp ~ lmm_z"), extras, out=tmp_path)
    assert found.models["model"].unique().tolist() == [
        f"{formula}, sex={sex}"
        for formula in ("cbp ~ lmm_z", "cbp ~ age", "score_high ~ age")
        for sex in ("female", "male")
    ]
    women = model_cohort(table[table["sex"] == "female"], ModelRequest("cbp ~ age")).models
    own = found.models[found.models["model"] == "cbp ~ age, sex=female"]
    np.testing.assert_allclose(own["estimate"], women["estimate"])
    with pytest.raises(InvalidChoice, match="Expected models that differ, found 'cbp ~ lmm_z' twice"):
        model_cohort(table, ModelRequest("cbp ~ lmm_z"), ModelExtras(formulas=("cbp ~ lmm_z",)))


def test_corners_need_z_scores_and_say_so() -> None:
    table = pd.read_csv(COHORT).rename(columns={"lmm_z": "lmm"})
    found = model_cohort(table, ModelRequest("cbp ~ lmm * intermat_z"))
    assert found.parts.frame(CORNERS) is None
    assert "No probabilities at ±1 SD: lmm is no z-score (names that end in _z)." in found.notes


def test_a_dichotomy_that_parts_nobody_has_a_reason() -> None:
    extras = ModelExtras(additive=("lmm_z<-100", "intermat_z>=0"))
    found = model_cohort(COHORT, ModelRequest("cbp ~ lmm_z * intermat_z"), extras)
    rows = found.parts.frame(ADDITIVE)
    assert rows is not None
    assert rows["reason"].tolist() == ["constant_column"] * 3
    assert rows["estimate"].isna().all()


def test_a_model_can_be_stopped_while_it_is_fitted() -> None:
    def stop(_done: int, _total: int, doing: str) -> None:
        heard.append(doing)
        if len(heard) > 8:
            raise Cancelled("Cancelled.")

    for request in (REQUEST, ModelRequest("score ~ lmm_z + age", kind="linear", random="1|centre")):
        heard: list[str] = []
        with pytest.raises(Cancelled):
            model_cohort(COHORT, request, progress=stop)
        assert set(heard) == {"fitting all"}


def test_a_subgroup_without_a_complete_row_is_told_and_left_out() -> None:
    table = pd.read_csv(COHORT, dtype=str, keep_default_na=False)
    table.loc[table["sex"] == "male", "age"] = ""
    found = model_cohort(table, ModelRequest("cbp ~ age"), ModelExtras(by="sex"))
    assert found.models["model"].unique().tolist() == ["sex=female"]
    assert "sex=male: no complete row, no model." in found.notes
    with pytest.raises(TableInvalid, match="at least one complete row, found none at any value"):
        model_cohort(table.assign(age=""), ModelRequest("cbp ~ age"), ModelExtras(by="sex"))


def test_people_in_several_rows_are_told_where_no_groups_are_modelled() -> None:
    table = pd.read_csv(COHORT).rename(columns={"id": "subject_id"})
    twice = pd.concat([table, table.head(7)])
    note = "subject_id: 7 stand in several rows, which this model takes as different people."
    assert note in model_cohort(twice, ModelRequest("cbp ~ age")).notes
    assert note not in model_cohort(twice, ModelRequest("cbp ~ age", random="1|subject_id", n_points=1)).notes
    assert note not in model_cohort(table, ModelRequest("cbp ~ age")).notes


def test_a_table_with_other_signs_between_its_columns_is_named(tmp_path: Path) -> None:
    path = tmp_path / "semicolons.csv"
    path.write_text("cbp;age\n1;50\n")
    with pytest.raises(TableInvalid, match="columns separated by commas, found another sign between them"):
        model_cohort(path, ModelRequest("cbp ~ age"))


def test_a_nomogram_of_small_probabilities_has_ticks(tmp_path: Path) -> None:
    table = pd.read_csv(COHORT).assign(rarely=lambda frame: (frame.index % 40 == 0).astype(int))
    found = model_cohort(table, ModelRequest("rarely ~ sex"))
    figure = nomogram_chart(found.parts.nomograms["all"], title="points")
    axes = figure.axes[0]
    place = [label.get_text() for label in axes.get_yticklabels()].index("probability")
    ticks = [text.get_text() for text in axes.texts if abs(text.get_position()[1] - place) < 0.5]
    assert len(ticks) >= 3


def test_z_scores_are_added_and_their_reference_is_told(tmp_path: Path, capsys) -> None:
    words = ["--formula", "cbp ~ age_z", "--z", "age", "--z-within", "sex", "--z-ddof", "0"]
    assert run(str(COHORT), *words, "--out", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert "reference sex=female of this table" in printed
    assert "ddof 0" in printed
    assert json.loads((tmp_path / "run.json").read_text())["settings"]["z_within"] == "sex"


def points_of(rows: pd.DataFrame, first: str, second: str = "") -> float:
    """Points of one value, or of a pair, on straight lines between the ticks of the file."""
    if second:
        across = rows.drop_duplicates("first_value")["first_value"]
        columns = [
            points_of(rows[rows["first_value"] == x].assign(first_value=rows["second_value"]), second) for x in across
        ]
        return float(np.interp(float(first), across.astype(float), columns))
    if first in set(rows["first_value"]):
        return float(rows.loc[rows["first_value"] == first, "points"].iloc[0])
    return float(np.interp(float(first), rows["first_value"].astype(float), rows["points"].astype(float)))


def test_the_nomogram_file_alone_gives_back_the_probability_of_the_model(tmp_path: Path) -> None:
    asked = ModelRequest("cbp ~ lmm_z * intermat_z + age + activity", random="1|centre", n_points=3)
    (_, fitted) = model_cohort(COHORT, asked, out=tmp_path).fitted[0]
    file = pd.read_csv(tmp_path / "nomogram.csv", dtype=str, keep_default_na=False)
    pairs = file[file["variables"] == "lmm_z and intermat_z"]
    at_0, per_point = (float(file[name].iloc[0]) for name in ("log_odds_at_0", "log_odds_per_point"))
    for _, person in pd.read_csv(COHORT, dtype=str).iloc[::60].iterrows():
        total = points_of(pairs, person["lmm_z"], person["intermat_z"])
        total += sum(points_of(file[file["variables"] == name], person[name]) for name in ("age", "activity"))
        probability = 1 / (1 + np.exp(-(at_0 + per_point * total)))
        told = predict(fitted, {name: [person[name]] for name in ("lmm_z", "intermat_z", "age", "activity")})
        assert probability == pytest.approx(float(told.probability[0]), abs=1e-12)


def test_a_nomogram_that_cannot_be_is_told_and_left_out(tmp_path: Path) -> None:
    found = model_cohort(COHORT, ModelRequest("cbp ~ lmm_z * intermat_z + age * lmm_z"), out=tmp_path)
    assert any(note.startswith("No nomogram: Expected at most two variables") for note in found.notes)
    assert not (tmp_path / "nomogram.png").exists()


def test_linear_models_have_no_odds(tmp_path: Path) -> None:
    request = ModelRequest("score ~ lmm_z + age", kind="linear", random="1|centre")
    found = model_cohort(COHORT, request, out=tmp_path)
    assert found.models["odds_ratio"].isna().all()
    assert {path.name for path in tmp_path.iterdir()} == {
        "model.csv",
        "likelihood_ratio.csv",
        "columns.json",
        "run.json",
        "forest.png",
    }


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"additive": ("lmm_z<0",)}, "Expected two dichotomies, found 1"),
        ({"draws": -1}, "Expected draws and a seed of 0 or more"),
        ({"few_events": "drop"}, "Expected few events to be one of flag, firth"),
    ],
)
def test_extras_that_cannot_be_are_refused(choices: dict, message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        ModelExtras(**choices)


def test_several_formulas_and_time_points_say_over_what_p_is_adjusted(tmp_path: Path, capsys) -> None:
    words = ("--formula", "cbp ~ lmm_z + age", "--formula", "cbp ~ intermat_z + age")
    assert run(str(COHORT), *words, "--by", "sex", "--out", str(tmp_path / "out")) == 0
    printed = capsys.readouterr().out
    assert "Holm p (tests)" in printed
    assert "p_holm is adjusted by Holm's rule over the tests of its family" in printed
    assert "p is not adjusted" not in printed
    table = pd.read_csv(tmp_path / "out" / "model.csv", keep_default_na=False)
    in_family = table[table["family"] != ""]
    assert set(in_family["term"]) == {"lmm_z", "intermat_z"}
    assert set(in_family["family_size"].astype(float)) == {2.0}
    assert in_family["family"].nunique() == table["model"].str.partition(", ")[2].nunique()
    model_cohort(COHORT, ModelRequest("cbp ~ lmm_z"), out=tmp_path / "one")
    assert "p is not adjusted for the number of tests." in (tmp_path / "one" / "run.json").read_text()
