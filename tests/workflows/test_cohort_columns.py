from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.cli import courses, model
from napari_hipspine.domain.anatomy import vocabulary
from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.domain.provenance import RESEARCH_ONLY
from napari_hipspine.domain.tables import MODELS
from napari_hipspine.relating.models.troubles import Trouble
from napari_hipspine.workflows.cohort_columns import (
    CohortColumns,
    LeanColumns,
    ValueColumns,
    add_cohort_columns,
)
from napari_hipspine.workflows.severe_columns import SevereRows, add_severe

MUSCLES = ("multifidus", "psoas_major")


def run(command, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    arguments = parser.parse_args([command.__name__.rpartition(".")[2], *words])
    done: int = arguments.run(arguments)
    return done


@pytest.fixture
def measurements(tmp_path: Path) -> Path:
    """Two muscles of 60 people: 100 and 200 cm³ a side, a quarter of it fat; severe in every third person's right."""
    rows = [
        {
            "subject_id": f"{k:03d}",
            "level": level,
            "muscle": muscle,
            "side": side,
            "volume_mm3": volume * 1000,
            "fi": 0.25,
            "severe": "" if k == 59 else str(level == "L4" and side == "right" and k % 3 == 0).lower(),
        }
        for k in range(60)
        for level in ("L4", "L5")
        for muscle, volume in zip(MUSCLES, (100, 200), strict=True)
        for side in ("left", "right")
    ]
    path = tmp_path / "measurements.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture
def one_level(measurements: Path, tmp_path: Path) -> Path:
    table = pd.read_csv(measurements, dtype=str, keep_default_na=False)
    path = tmp_path / "one_level.csv"
    table[table["level"] == "L4"].drop(columns="level").to_csv(path, index=False)
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "subject_id": [f"{k:03d}" for k in range(60)],
            "bmi_kg_m2": rng.normal(25, 3, 60).round(2),
            "met": [499.0, 500.0, 5000.0, 5001.0] * 15,
            "pain": rng.integers(0, 2, 60),
        }
    )
    path = tmp_path / "people.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"subject_id": [f"{k:03d}" for k in range(60)]})
    table = people.merge(pd.DataFrame({"month": [0, 6, 12]}), how="cross")
    table["gpe"] = rng.integers(1, 8, len(table))
    table["leg_pain"] = rng.normal(50, 9, len(table)).round(1) + np.repeat(rng.normal(0, 8, 60), 3).round(1)
    path = tmp_path / "visits.csv"
    table.to_csv(path, index=False)
    return path


def test_every_trouble_of_a_model_is_a_reason_of_the_vocabulary() -> None:
    assert {trouble.value for trouble in Trouble} <= {term.id for term in vocabulary().of_kind("reason")}


def test_lean_volume_and_its_index_are_added(people: Path, one_level: Path) -> None:
    table = pd.read_csv(people, dtype={"subject_id": str})
    found, told = add_cohort_columns(table, CohortColumns(LeanColumns((one_level,), MUSCLES)))
    assert found["lean_volume_cm3"].tolist() == [450.0] * 60
    assert found["lmm_index_cm3_per_kg_m2"].tolist() == pytest.approx((450 / table["bmi_kg_m2"]).tolist())
    assert "of multifidus, psoas_major" in told[0]
    without, told = add_cohort_columns(
        table.drop(columns="bmi_kg_m2"), CohortColumns(LeanColumns((one_level,), MUSCLES))
    )
    assert [name for name in without.columns if "lmm" in name] == []
    assert len(told) == 1


@pytest.fixture
def regions(tmp_path: Path) -> list[Path]:
    """A region table per person, as `hipspine regions` writes them: person k has 10 + k cm³ between the muscles."""
    paths = []
    for k in range(60):
        row = {"subject_id": f"{k:03d}", "muscles": "multifidus_left", "rule": "drawn", "fat_method": "dixon"}
        row |= {"intermat_mm3": (10 + k) * 1000, "lean_volume_mm3": 500_000, "lean_volume_of_ff_mm3": 450_000}
        paths.append(tmp_path / f"regions_{k:03d}.csv")
        pd.DataFrame([row]).to_csv(paths[-1], index=False)
    return paths


def test_regions_and_values_are_joined_to_the_people(people: Path, regions: list[Path], one_level: Path) -> None:
    table = pd.read_csv(people, dtype={"subject_id": str})
    columns = CohortColumns(regions=tuple(regions), values=ValueColumns((one_level,), ("fi",)))
    found, told = add_cohort_columns(table, columns)
    assert found["intermat_cm3"].tolist() == [10.0 + k for k in range(60)]
    assert found["intermat_per_bmi_cm3_per_kg_m2"][3] == pytest.approx(13 / table["bmi_kg_m2"][3])
    assert found["lmm_index_cm3_per_kg_m2"][3] == pytest.approx(500 / table["bmi_kg_m2"][3])
    assert found["lmm_index_of_ff_cm3_per_kg_m2"][3] == pytest.approx(450 / table["bmi_kg_m2"][3])
    assert found["fi_psoas_major_right"].tolist() == [0.25] * 60
    assert told[0].startswith("InterMAT as defined here and lean volume: compartment drawn; muscles multifidus_left.")
    both = CohortColumns(LeanColumns((one_level,), MUSCLES), regions=tuple(regions))
    assert add_cohort_columns(table, both)[0]["lean_volume_cm3"].tolist() == [450.0] * 60


def test_the_command_goes_from_regions_to_z_scores_and_their_interaction(
    people: Path, regions: list[Path], one_level: Path, tmp_path: Path, capsys
) -> None:
    words = ["--formula", "pain ~ lmm_index_cm3_per_kg_m2_z * intermat_cm3_z", "--regions-from", *map(str, regions)]
    words += ["--values-from", str(one_level), "--values", "fi", "--z-reference", "pain=0"]
    words += ["--z", "lmm_index_cm3_per_kg_m2", "--z", "intermat_cm3", "--out", str(tmp_path / "out")]
    assert run(model, str(people), *words) == 0
    assert "reference pain=0 of this table" in capsys.readouterr().out
    made = pd.read_csv(tmp_path / "out" / "made_columns.csv", dtype={"subject_id": str})
    assert made["subject_id"].tolist() == [f"{k:03d}" for k in range(60)]
    of_controls = made.loc[pd.read_csv(people)["pain"] == 0, "intermat_cm3_z"]
    assert [of_controls.mean(), of_controls.std()] == pytest.approx([0, 1])
    meaning = json.loads((tmp_path / "out" / "columns.json").read_text())["tables"]["made_columns"]["columns"]
    told = {one["name"]: one["meaning"] for one in meaning}
    assert told["intermat_cm3_z"].endswith("reference pain=0 of this table (n 30, ddof 1).")
    assert told["lmm_index_cm3_per_kg_m2"] == "lean_volume_cm3 / bmi_kg_m2; an index, not a mass."
    stored = json.loads((tmp_path / "out" / "run.json").read_text())
    assert len(stored["inputs"]) == 62
    corners = pd.read_csv(tmp_path / "out" / "corners.csv")
    assert corners["first_value"].tolist() == [-1, -1, 1, 1]


def test_activity_has_ends_in_the_middle_group_and_moderate_as_reference(people: Path, tmp_path: Path, capsys) -> None:
    words = ["--formula", "pain ~ activity", "--activity", "met", "--out", str(tmp_path / "out")]
    assert run(model, str(people), *words) == 0
    printed = capsys.readouterr().out
    assert "activity: compared with moderate." in printed
    assert "met below 500 low, above 5000 high" in printed
    settings = json.loads((tmp_path / "out" / "run.json").read_text())["settings"]
    assert settings["activity_cuts"] == [500.0, 5000.0]
    assert settings["references"] == {"activity": "moderate"}
    table = pd.read_csv(tmp_path / "out" / "model.csv")
    assert table["term"].tolist() == ["(Intercept)", "activityhigh", "activitylow"]


def test_a_reference_that_was_asked_for_wins(people: Path, tmp_path: Path, capsys) -> None:
    words = ["--formula", "pain ~ activity", "--activity", "met", "--activity-cuts", "500,5000"]
    assert run(model, str(people), *words, "--reference", "activity=low", "--out", str(tmp_path / "out")) == 0
    assert "activity: compared with low." in capsys.readouterr().out


def test_the_command_adds_lean_volume_and_keeps_what_it_rests_on(people: Path, one_level: Path, tmp_path: Path) -> None:
    words = ["--formula", "pain ~ lmm_index_cm3_per_kg_m2", "--lean-from", str(one_level)]
    run(model, str(people), *words, "--lean-muscles", ",".join(MUSCLES), "--out", str(tmp_path / "out"))
    stored = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [Path(one["path"]).name for one in stored["inputs"]] == ["people.csv", "one_level.csv"]
    assert stored["settings"]["lean_muscles"] == list(MUSCLES)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lean-muscles", "multifidus"], "found 0 tables and 1 muscles"),
        (["--values", "fi"], "found 0 tables and 1 measures"),
        (["--level", "L4"], "found 0 tables and 0 measures"),
        (["--z", "met", "--z-reference", "pain"], "refer to as COLUMN=WORD, found 'pain'"),
        (["--activity", "met", "--activity-cuts", "500"], "Expected --activity-cuts LOW,HIGH, found '500'"),
        (["--activity", "met", "--activity-cuts", "500,100"], "Expected cuts that rise"),
    ],
)
def test_columns_that_cannot_be_made_are_refused(people: Path, tmp_path: Path, words: list[str], message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        run(model, str(people), "--formula", "pain ~ met", *words, "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_several_levels_are_no_severity(visits: Path, measurements: Path) -> None:
    table = pd.read_csv(visits, dtype=str)
    with pytest.raises(TableInvalid, match="found several for 000, multifidus, left"):
        add_severe(table, SevereRows((measurements,)))
    with pytest.raises(TableInvalid, match="Expected rows of level L3, found L4, L5"):
        add_severe(table, SevereRows((measurements,), level="L3"))


def test_ids_that_never_meet_are_refused(visits: Path, measurements: Path) -> None:
    table = pd.read_csv(visits)
    with pytest.raises(TableInvalid, match="found none with the same subject_id"):
        add_severe(table.assign(subject_id="nobody"), SevereRows((measurements,), level="L4"))
    with pytest.raises(TableInvalid, match="Expected no severe_multifidus_left in the table"):
        add_severe(
            pd.read_csv(visits, dtype=str).assign(severe_multifidus_left=1), SevereRows((measurements,), level="L4")
        )


def test_severity_that_is_no_truth_is_refused(visits: Path, one_level: Path, tmp_path: Path) -> None:
    table = pd.read_csv(one_level, dtype=str).assign(severe="grade 3")
    table.to_csv(tmp_path / "graded.csv", index=False)
    with pytest.raises(TableInvalid, match="Expected true or false in severe, found 'grade 3'"):
        add_severe(pd.read_csv(visits, dtype=str), SevereRows((tmp_path / "graded.csv",)))


@pytest.mark.parametrize("over_time", ["likelihood", "gee"])
def test_courses_from_measurements_and_visits(
    visits: Path, measurements: Path, tmp_path: Path, capsys, over_time: str
) -> None:
    words = ["--measurements", str(measurements), "--level", "L4", "--outcome", "recovery=gpe<=3"]
    words += ["--exposures", "severe_multifidus_right", "--scores", "leg_pain", "--time", "month"]
    assert run(courses, str(visits), *words, "--over-time", over_time, "--out", str(tmp_path / "out")) == 0
    printed = capsys.readouterr().out
    assert "recovery (gpe<=3), severe_multifidus_right, time 6: n 59" in printed
    assert "leg_pain, severe_multifidus_right 1, time 12: n 20, mean" in printed
    assert "(level L4)" in printed
    assert "p_holm is adjusted over the exposures of one outcome and time point" in printed
    assert "Estimates are associations in this sample; not validated; not for individual use." in printed
    assert "p is not adjusted" not in printed
    assert printed.rstrip().endswith(RESEARCH_ONLY)
    table = MODELS.check(pd.read_csv(tmp_path / "out" / "model.csv"))
    over = table[table["model"].str.endswith("all time points")]
    assert set(over["method"]) == {"gee_logistic" if over_time == "gee" else "mixed_logistic"}
    stored = json.loads((tmp_path / "out" / "run.json").read_text())
    assert stored["command"] == "courses"
    assert [Path(one["path"]).name for one in stored["inputs"]] == ["visits.csv", "measurements.csv"]
    assert (tmp_path / "out" / "forest_recovery_gpe_3.png").exists()


def test_exposures_are_all_of_the_measurements_by_default(visits: Path, one_level: Path, tmp_path: Path) -> None:
    words = ["--measurements", str(one_level), "--scores", "leg_pain", "--time", "month"]
    run(courses, str(visits), *words, "--out", str(tmp_path / "out"))
    found = pd.read_csv(tmp_path / "out" / "courses.csv")["exposure"].unique().tolist()
    assert found == [f"severe_{muscle}_{side}" for muscle in MUSCLES for side in ("left", "right")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--outcome", "recovery=gpe<=3", "--over-time", "firth"], "Expected --over-time likelihood or gee"),
        (["--outcome", "recovery=gpe<=3", "--level", "L4"], "Expected --measurements with --level"),
        (["--outcome", "recovery=gpe<=3"], "at least one exposure"),
    ],
)
def test_courses_that_cannot_be_are_refused(visits: Path, tmp_path: Path, words: list[str], message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        run(courses, str(visits), *words, "--time", "month", "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
