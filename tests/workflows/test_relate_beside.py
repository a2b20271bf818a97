from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from napari_hipspine.cli import main
from napari_hipspine.domain.errors import HipSpineError, InvalidChoice
from napari_hipspine.workflows.relate_beside import add_profile, add_sensitivity
from napari_hipspine.workflows.relate_cohort import RelateRequest, relate_cohort, relate_published

LEVELS = {"multifidus": "L4", "sartorius": "greater_trochanter", "gluteus_medius": "greater_trochanter"}


def make_slices(n: int = 16) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    rows = [
        {"subject_id": f"{k:03d}", "muscle": muscle, "side": side, "slice_index": s}
        | {"level": level if s == 1 else "", "csa_mm2": generator.uniform(300, 900), "n_valid": 200}
        | {"fi": generator.uniform(0, 0.6), "fat_method": "dixon"}
        for k in range(n)
        for muscle, level in LEVELS.items()
        for side in ("left", "right")
        for s in range(3)
    ]
    table = pd.DataFrame(rows)
    table["fcsa_mm2"] = table["csa_mm2"] * (1 - table["fi"])
    return table


@pytest.fixture
def slices() -> pd.DataFrame:
    return make_slices()


@pytest.fixture
def measurements(slices: pd.DataFrame) -> pd.DataFrame:
    return slices[slices["level"] != ""].drop(columns="slice_index")


def test_what_can_be_computed_is_and_the_rest_is_taken_or_named(
    measurements: pd.DataFrame, slices: pd.DataFrame
) -> None:
    main_result = relate_cohort(measurements)
    other = measurements.assign(fi=measurements["fi"] * 0.9)
    related = add_sensitivity(main_result, measurements, slices=slices, variations={"threshold_plus_10_percent": other})
    table = related.extra["sensitivity"]
    names = ["main", "bilateral_mean", "slice_plus_1", "slice_minus_1", "threshold_plus_10_percent"]
    missing = ["threshold_minus_10_percent", "outline_plus_half_pixel", "outline_minus_half_pixel"]
    assert table["variation"].tolist() == [*names, *missing] * len(main_result.correlations)
    assert set(table.loc[table["variation"].isin(missing), "reason"]) == {"not_measured"}
    same = table[table["variation"] == "main"]
    np.testing.assert_array_equal(same["rho"], main_result.correlations["rho"])
    assert (table.loc[table["variation"] == "slice_plus_1", "rho_difference"].abs() > 0).any()
    rows = table[(table["variation"] == "threshold_plus_10_percent") & (table["lumbar_measure"] == "fi")]
    np.testing.assert_allclose(rows.loc[rows["hip_measure"] == "fi", "rho_difference"], 0, atol=1e-12)
    assert related.notes[-2] == "Not held against outline_minus_half_pixel: not_measured."
    assert related.notes[-1].startswith("To have what was not measured, measure each subject again with --variations")
    assert any(note.startswith("Held against slice_plus_1: rho moves by ") for note in related.notes)


def test_a_join_that_is_impossible_is_said_and_a_table_handed_in_is_not_forgiven(measurements: pd.DataFrame) -> None:
    pooled = measurements[measurements["side"] == "left"].assign(side="both")
    related = add_sensitivity(relate_cohort(pooled), pooled)
    assert "Not held against bilateral_mean: Expected left and right rows" in related.notes[-1]
    with pytest.raises(HipSpineError, match="in outline_plus_half_pixel"):
        add_sensitivity(
            relate_cohort(measurements), measurements, variations={"outline_plus_half_pixel": measurements[:0]}
        )
    for add in (lambda one: add_sensitivity(one, measurements), add_profile):
        with pytest.raises(InvalidChoice, match="known subjects, found a published table"):
            add(relate_published())


def test_everything_beside_is_written_with_the_result(
    tmp_path: Path, measurements: pd.DataFrame, slices: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    measurements.to_csv(tmp_path / "measurements.csv", index=False)
    slices.to_csv(tmp_path / "slices.csv", index=False)
    people = pd.DataFrame({"subject_id": sorted(set(slices["subject_id"])), "sex": ["f", "m"] * 8})
    people.assign(age=range(50, 66)).to_csv(tmp_path / "people.csv", index=False)
    reference = pd.DataFrame([{"muscle": m, "measure": "fi", "mean": 0.2, "sd": 0.1, "sex": "f"} for m in LEVELS])
    reference.to_csv(tmp_path / "norms.csv", index=False)
    out = tmp_path / "out"
    done = main(
        [
            *(
                "relate",
                str(tmp_path / "measurements.csv"),
                "--out",
                str(out),
                "--slices",
                str(tmp_path / "slices.csv"),
            ),
            *("--participants", str(tmp_path / "people.csv"), "--reference-values", str(tmp_path / "norms.csv")),
            *("--covariates", "age", "--interval", "fieller"),
            *("--variation", f"again={tmp_path / 'measurements.csv'}"),
        ]
    )
    assert done == 0
    written = {path.name for path in out.iterdir()}
    assert {"sensitivity.csv", "norms.csv", "profile.csv", "profile_subjects.csv", "profile_partial.csv"} <= written
    norms = pd.read_csv(out / "norms.csv", dtype={"subject_id": str})
    with_value = norms[norms["value"].notna() & (norms["measure"] == "fi")]
    men = set(people["subject_id"][people["sex"] == "m"])
    assert set(with_value.loc[with_value["reason"] == "no_reference", "subject_id"]) == men
    again = pd.read_csv(out / "sensitivity.csv")
    np.testing.assert_array_equal(again.loc[again["variation"] == "again", "rho_difference"], 0)
    page = (out / "correlations.html").read_text(encoding="utf-8")
    assert "Muscle profile: z against norms.csv" in page
    assert "Intervals: fieller." in capsys.readouterr().out


def test_a_column_of_the_people_is_a_row(tmp_path: Path, measurements: pd.DataFrame, capsys) -> None:
    measurements.to_csv(tmp_path / "measurements.csv", index=False)
    subjects = sorted(set(measurements["subject_id"]))
    generator = np.random.default_rng(3)
    people = pd.DataFrame({"subject_id": subjects, "PI": generator.normal(50, 9, len(subjects)), "sex": ["f", "m"] * 8})
    people.assign(age=np.arange(16) % 7).to_csv(tmp_path / "people.csv", index=False)
    wish = ["relate", str(tmp_path / "measurements.csv"), "--participants", str(tmp_path / "people.csv")]
    assert main([*wish, "--columns", "PI,sex", "--out", str(tmp_path / "out")]) == 0
    assert "sex: f = 0, m = 1." in capsys.readouterr().out
    found = pd.read_csv(tmp_path / "out" / "people_columns.csv", keep_default_na=False)
    assert set(found["column"]) == {"PI", "sex"}
    values = relate_cohort(measurements).values
    assert values is not None
    n_muscles = len(values.lumbar.columns) + len(values.hip.columns)
    assert len(found) == 2 * n_muscles
    assert set(found["family_size"].astype(int)) == {2 * n_muscles}
    name = values.hip.columns[0]
    row = found[(found["column"] == "PI") & (found["muscle"] == name.muscle) & (found["measure"] == name.measure)].iloc[
        0
    ]
    both = ~np.isnan(values.hip.values[:, 0])
    expected = spearmanr(people["PI"][both], values.hip.values[both, 0]).statistic
    assert float(row["rho"]) == pytest.approx(expected, abs=1e-12)
    assert main([*wish, "--columns", "PI", "--covariates", "age", "--out", str(tmp_path / "held")]) == 0
    held = pd.read_csv(tmp_path / "held" / "people_columns.csv")
    assert set(held["covariates"]) == {"age"}
    assert set(held["df"]) == {held["n"].max() - 3}
    assert main([*wish[:2], "--columns", "PI", "--out", str(tmp_path / "none")]) == 2
    assert "a participants table with PI, found none" in capsys.readouterr().err


def test_a_variation_without_a_file_is_refused(tmp_path: Path, measurements: pd.DataFrame) -> None:
    measurements.to_csv(tmp_path / "measurements.csv", index=False)
    arguments = ["relate", str(tmp_path / "measurements.csv"), "--out", str(tmp_path / "out"), "--variation", "slice"]
    assert main(arguments) == 2
    assert not (tmp_path / "out").exists()


def test_profile_within_the_sample_says_what_that_means(measurements: pd.DataFrame) -> None:
    related = add_profile(relate_cohort(measurements, RelateRequest(measures=("fi",))))
    assert related.notes[-1].endswith("so that hip and lumbar means differ by 0 on average.")
    assert related.extra["profile"]["mean_difference"].iloc[0] == pytest.approx(0, abs=1e-12)


def test_a_profile_says_how_many_values_the_reference_does_not_know(measurements: pd.DataFrame) -> None:
    related = relate_cohort(measurements, RelateRequest(measures=("fi",)))
    row = {"measure": "fi", "mean": 0.2, "sd": 0.1}
    known = pd.DataFrame([row | {"muscle": muscle} for muscle in LEVELS])
    n_subjects = measurements["subject_id"].nunique()
    lost = (
        f"Muscle profile: {n_subjects} of {3 * n_subjects} values (side: both) have no row in the reference and no z."
    )
    assert add_profile(related, reference=known[known["muscle"] != "sartorius"]).notes[-1] == lost
    assert not any("no row in the reference" in note for note in add_profile(related, reference=known).notes)
