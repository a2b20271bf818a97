from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import HipSpineError, InvalidChoice, TableInvalid
from napari_hipspine.domain.tables import CORRELATIONS
from napari_hipspine.keeping.shown_families import families_folder
from napari_hipspine.workflows.relate_cohort import RelateRequest, format_table1, relate_cohort, relate_published

FILES = [*(f"correlations.{end}" for end in ("csv", "html", "png", "svg", "tex")), "run.json"]
BESIDE = ["columns.json", "families.csv", "family.json", "multiplicity.csv", "power.csv", "sentences.txt"]
LEVELS = {"multifidus": "L4", "sartorius": "greater_trochanter"}


def write_measurements(folder: Path, n: int = 20) -> tuple[Path, Path]:
    """A lumbar and a hip table of the same subjects; the ids begin with zeros."""
    generator = np.random.default_rng(7)
    rows = [
        {"subject_id": f"{k:03d}", "level": level, "muscle": muscle, "side": side}
        | {"csa_mm2": generator.uniform(300, 900), "fi": generator.uniform(0, 0.6), "fat_method": "dixon"}
        for k in range(n)
        for muscle, level in LEVELS.items()
        for side in ("left", "right")
    ]
    table = pd.DataFrame(rows)
    table["fcsa_mm2"] = table["csa_mm2"] * (1 - table["fi"])
    paths = folder / "lumbar.csv", folder / "hip.csv"
    table[table["muscle"] == "multifidus"].to_csv(paths[0], index=False)
    table[table["muscle"] == "sartorius"].drop(columns="csa_mm2").assign(n_valid=100).to_csv(paths[1], index=False)
    return paths


def test_tables_in_files_out(tmp_path: Path) -> None:
    relation = relate_cohort(write_measurements(tmp_path), out=tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*FILES, *BESIDE])
    written = pd.read_csv(tmp_path / "out" / "correlations.csv", dtype={"covariates": str})
    assert list(written.columns) == CORRELATIONS.column_names
    np.testing.assert_array_equal(written["rho"], relation.correlations["rho"])
    np.testing.assert_array_equal(written["p"], relation.correlations["p"])
    assert relation.values is not None
    assert relation.values.subjects[:2] == ("000", "001")
    page = (tmp_path / "out" / "correlations.html").read_text(encoding="utf-8")
    assert "hip.csv: " in page
    described = json.loads((tmp_path / "out" / "columns.json").read_text(encoding="utf-8"))["tables"]
    assert set(described) == {"correlations", "multiplicity", "families", "power"}
    for name, table in described.items():
        header = (tmp_path / "out" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert [column["name"] for column in table["columns"]] == header.split(",")
    stored = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert stored["command"] == "relate"
    assert stored["settings"]["family"] == "all"
    assert str(tmp_path) not in page
    for name in ("correlations.tex", "correlations.svg"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert "Not a medical device" in text
        assert "hip.csv: " in text
        assert str(tmp_path) not in text


def test_intervals_of_few_subjects_are_told(tmp_path: Path) -> None:
    few = relate_cohort(write_measurements(tmp_path, n=24))
    assert any(note.startswith("4 of 4 intervals rest on fewer than 25 subjects") for note in few.notes)
    enough = relate_cohort(write_measurements(tmp_path, n=25))
    assert not any("intervals rest on" in note for note in enough.notes)
    assert not any("have no interval" in note for note in enough.notes)
    seven = relate_cohort(write_measurements(tmp_path, n=7))
    assert any(note.startswith("4 coefficients have no interval: fewer than 8 subjects") for note in seven.notes)


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        relate_cohort(write_measurements(folder), out=folder / "out")
    for name in {*FILES, *BESIDE} - {"run.json"}:
        first, second = (tmp_path / run / "out" / name for run in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_frames_and_files_give_the_same_table(tmp_path: Path) -> None:
    paths = write_measurements(tmp_path)
    frames = [pd.read_csv(path, dtype={"subject_id": str}) for path in paths]
    from_files, from_frames = relate_cohort(paths), relate_cohort(frames)
    pd.testing.assert_frame_equal(from_files.correlations, from_frames.correlations)
    together = relate_cohort(pd.concat(frames))
    pd.testing.assert_frame_equal(from_files.correlations, together.correlations)


def test_a_refusal_writes_nothing(tmp_path: Path) -> None:
    lumbar, hip = write_measurements(tmp_path)
    out = tmp_path / "out"
    with pytest.raises(HipSpineError, match=r"rows of hip muscles, found none, in lumbar\.csv"):
        relate_cohort(lumbar, out=out)
    with pytest.raises(InvalidChoice, match="exact p"):
        relate_cohort([lumbar, hip], RelateRequest(p_method="exact"), out=out)
    with pytest.raises(TableInvalid, match=r"found several for subject_id 000.*n lumbar\.csv, hip\.csv, hip\.csv"):
        relate_cohort([lumbar, hip, hip], out=out)
    assert not out.exists()


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match=r"found no file, in .*absent\.csv"):
        relate_cohort(tmp_path / "absent.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(TableInvalid, match="one row of column names"):
        relate_cohort(tmp_path / "empty.csv")
    with pytest.raises(InvalidChoice, match="at least one measurement table"):
        relate_cohort([])


def test_the_published_table_says_where_it_comes_from_and_that_it_holds(tmp_path: Path) -> None:
    relation = relate_published(out=tmp_path)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {*FILES, "columns.json", "family.json", "power.csv", "sentences.txt"}
    assert "Check: 72 of 72 printed p are attainable" in " ".join(relation.notes)
    page = (tmp_path / "correlations.html").read_text(encoding="utf-8")
    assert "Check: 72 of 72" in page
    assert "Mielke AM" in page
    text = format_table1(relation.correlations, notes=relation.notes)
    assert "smallest q 0.27;" in text
    assert "Check: 72 of 72" in text


def test_covariates_are_held_constant_and_named(tmp_path: Path) -> None:
    tables = write_measurements(tmp_path)
    people = tmp_path / "people.tsv"
    ages = "\n".join(f"{k:03d}\t{50 + k % 7}\t{'fm'[k % 2]}" for k in range(20))
    people.write_text(f"subject_id\tage\tsex\n{ages}\n")
    request = RelateRequest(covariates=("age", "sex"))
    relation = relate_cohort(tables, request, participants=people, out=tmp_path / "out")
    assert set(relation.correlations["covariates"]) == {"age;sex"}
    assert set(relation.correlations["df"]) == {16.0}
    assert set(relation.extra["power"]["n_covariates"]) == {2}
    assert "given age and sex" in (tmp_path / "out" / "sentences.txt").read_text(encoding="utf-8")
    assert "sex: f = 0, m = 1." in relation.notes
    plain = relate_cohort(tables)
    assert (relation.correlations["rho"] != plain.correlations["rho"]).all()
    with pytest.raises(InvalidChoice, match="participants table together, found only age, sex"):
        relate_cohort(tables, request)
    with pytest.raises(InvalidChoice, match="found only the table"):
        relate_cohort(tables, participants=people)


def test_a_drawn_p_with_covariates_is_named_seeded_and_has_its_degrees_of_freedom(tmp_path: Path) -> None:
    tables = write_measurements(tmp_path, n=20)
    people = pd.DataFrame(
        {"subject_id": [f"{k:03d}" for k in range(20)], "age": np.arange(20) % 9, "sex": ["f", "m"] * 10}
    )
    request = RelateRequest(covariates=("age", "sex"), p_method="permutation", interval="bootstrap", seed=4)
    found = relate_cohort(tables, request, participants=people)
    table = found.correlations
    assert set(table["p_method"]) == {"permutation"}
    assert table["df"].tolist() == (table["n"] - 4).tolist()
    assert any("99999 drawn orders, from seed 4" in note and "Freedman and Lane" in note for note in found.notes)
    assert (table["rho_low"] < table["rho"]).all()
    pd.testing.assert_frame_equal(table, relate_cohort(tables, request, participants=people).correlations)
    by_t = relate_cohort(tables, RelateRequest(covariates=("age", "sex")), participants=people).correlations
    np.testing.assert_allclose(table["p"], by_t["p"], atol=0.03)


def test_a_family_changed_after_results_were_shown_is_noted_in_every_cell(tmp_path: Path) -> None:
    tables, out = write_measurements(tmp_path), tmp_path / "out"
    relate_cohort(tables, out=out)
    again = relate_cohort(tables, out=out)
    assert set(again.correlations["family"]) == {"all"}
    changed = relate_cohort(tables, RelateRequest(family="hip_muscle"), out=out)
    label = "hip_muscle (results were first shown with family all): sartorius"
    assert set(changed.correlations["family"]) == {label}
    assert set(changed.extra["multiplicity"]["family"]) == {label}
    assert "first shown with family all" in (out / "correlations.html").read_text(encoding="utf-8")
    back = relate_cohort(tables, out=out)
    assert set(back.correlations["family"]) == {"all (results were meanwhile shown with family hip_muscle)"}
    (out / "family.json").write_text('{"families_shown": ["none"]}')
    with pytest.raises(TableInvalid, match=r"list families_shown of all.*family\.json"):
        relate_cohort(tables, out=out)


def test_a_family_changed_is_noted_wherever_results_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder, in another folder, from a copy of the files, and of data frames of the same values."""
    tables = write_measurements(tmp_path)
    relate_cohort(tables)
    remark = "results were first shown with family all"
    changed = RelateRequest(family="hip_row")
    assert remark in relate_cohort(tables, changed, out=tmp_path / "other").correlations["family"].iloc[0]
    frames = [pd.read_csv(path, dtype={"subject_id": str}) for path in tables]
    copied = pd.concat(frames).sample(frac=1, random_state=1)
    assert remark in relate_cohort(copied, changed).correlations["family"].iloc[0]
    other = copied.assign(fi=copied["fi"] / 2)
    assert set(relate_cohort(other, changed).correlations["family"].str.count("first")) == {0}
    kept = list(families_folder().iterdir())
    assert kept
    assert all(str(tmp_path) not in path.read_text() and "003" not in path.read_text() for path in kept)
    for path in kept:
        path.write_text("spoilt")
    assert set(relate_cohort(copied, changed).correlations["family"].str.count("first")) == {0}
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    notes = relate_cohort(copied).notes
    assert any(note.startswith("The family could not be kept for this user (Not a directory)") for note in notes)


def test_a_family_is_kept_before_anything_is_shown(tmp_path: Path) -> None:
    """A crash between finding and showing the results must not let a second look pass for the first."""
    tables = write_measurements(tmp_path)
    (tmp_path / "out").write_text("no folder")
    with pytest.raises(HipSpineError, match="a folder that can be written"):
        relate_cohort(tables, out=tmp_path / "out")
    changed = relate_cohort(tables, RelateRequest(family="hip_row"))
    assert "first shown with family all" in changed.correlations["family"].iloc[0]


def test_the_interval_asked_for_is_named(tmp_path: Path) -> None:
    tables = write_measurements(tmp_path, n=16)
    drawn = relate_cohort(tables, RelateRequest(interval="bootstrap"))
    assert "4 bootstrap intervals rest on fewer than 20 subjects: too narrow." in drawn.notes
    assert not (drawn.correlations["rho_low"] == relate_cohort(tables).correlations["rho_low"]).any()


def test_implants_leave_the_tables_before_anything_is_related(tmp_path: Path) -> None:
    tables = write_measurements(tmp_path)
    (tmp_path / "implants.csv").write_text("subject_id,region,side\n003,hip,left\n")
    relation = relate_cohort(tables, implants=tmp_path / "implants.csv", out=tmp_path / "out")
    assert set(relation.correlations["n"]) == {19}
    assert "Implants: 1 rows of 1 subjects were left out." in relation.notes
    assert "implants.csv" in (tmp_path / "out" / "correlations.html").read_text(encoding="utf-8")
