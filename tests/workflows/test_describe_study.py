from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
import pytest

from napari_hipspine.cli import describe
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.workflows.describe_study import describe_study, list_series_acquisitions


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    describe.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["describe", *arguments])
    return int(parsed.run(parsed))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.tsv").write_text("subject_id\tsex\tage\n007\tf\t60\n008\tm\t50\n")
    rows = [
        {"subject_id": person, "level": "L4", "muscle": "multifidus", "side": "left", "csa_mm2": csa, "fi": 0.2}
        for person, csa in (("007", 900), ("008", 100))
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "measurements.csv", index=False)
    (tmp_path / "series.csv").write_text("subject_id,region,te\n007,lumbar,80\n008,lumbar,90\n")
    (tmp_path / "norms.csv").write_text("muscle,measure,mean,sd,n,sex\nmultifidus,fi,0.1,0.1,40,f\n")
    return tmp_path


def test_every_table_that_can_be_made_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"participants": "people.tsv", "measurements": "measurements.csv"}
    given |= {"acquisitions": "series.csv", "reference-values": "norms.csv"}
    options = [word for name, file in given.items() for word in (f"--{name}", str(folder / file))]
    assert run(*options, "--out", str(folder / "out")) == 0
    tables = ["acquisition_checks", "acquisitions", "demographics", "norms", "warnings"]
    written = sorted(path.name for path in (folder / "out").iterdir())
    assert written == sorted([*(f"{name}.csv" for name in tables), "columns.json", "run.json"])
    described = json.loads((folder / "out" / "columns.json").read_text())["tables"]
    assert {name: [one["name"] for one in table["columns"]] for name, table in described.items()} == {
        name: list(pd.read_csv(folder / "out" / f"{name}.csv").columns) for name in tables
    }
    norms = pd.read_csv(folder / "out" / "norms.csv", dtype={"subject_id": str}, keep_default_na=False)
    fi = norms[norms["measure"] == "fi"].set_index("subject_id")
    assert float(fi.loc["007", "z"]) == pytest.approx(1)
    assert fi.loc["007", "reference_group"] == "n 40, age not stated, f"
    assert fi.loc["008", "reason"] == "no_reference"
    told = capsys.readouterr().out
    assert "sex f: 1/2 (50.0 %)" in told
    assert "008 multifidus left csa_mm2: 1 cm² is below 2 to 20 cm²: look again" in told


def test_nothing_to_describe_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidChoice, match="to describe, found none"):
        run("--out", str(folder / "out"))
    with pytest.raises(InvalidChoice, match="measurements beside reference values"):
        describe_study(participants=folder / "people.tsv", reference=folder / "norms.csv")
    with pytest.raises(InvalidChoice, match="from a table or from images, found both"):
        run("--images", str(folder), "--acquisitions", str(folder / "series.csv"), "--out", str(folder / "out"))


def test_acquisitions_of_images_name_no_person(shared_data: Path) -> None:
    folders = sorted(path for path in shared_data.iterdir() if path.is_dir())
    assert folders
    nifti = sorted((shared_data / "lumbar-dixon-tum01").rglob("*.nii.gz"))[:1]
    table = list_series_acquisitions(nifti)
    assert {"subject_id", "series", "EchoTime", "pixel_mm"} <= set(table.columns)
    assert not {"PatientName", "PatientID"} & set(table.columns)


def test_what_a_clinic_asks(folder: Path) -> None:
    rows = [
        {"subject_id": person, "session": session, "level": "L4", "muscle": "psoas_major", "side": side, "csa_mm2": csa}
        for person, csa in (("007", 900), ("008", 1100))
        for session in ("a", "b")
        for side in ("left", "right")
    ]
    pd.DataFrame(rows).to_csv(folder / "visits.csv", index=False)
    (folder / "sides.csv").write_text("subject_id,side,pain\n007,left,yes\n007,right,no\n")
    (folder / "done.csv").write_text("subject_id,procedure,date\n007,lumbar_fusion,2012-01-01\n")
    (folder / "tests.csv").write_text("subject_id,mri,tear\n007,yes,yes\n008,no,yes\n")
    given = {"measurements": "visits.csv", "sides": "sides.csv", "procedures": "done.csv", "participants": "tests.csv"}
    options = [word for name, file in given.items() for word in (f"--{name}", str(folder / file))]
    choices = ("--affected", "pain", "--sessions", "a,b", "--two-by-two", "mri,tear", "--measures", "csa")
    assert run(*options, *choices, "--out", str(folder / "out")) == 0
    written = {path.stem for path in (folder / "out").iterdir()}
    assert {"affected_sides", "affected_summary", "procedure_order", "changes", "course", "diagnostics"} <= written
    rests_on = json.loads((folder / "out" / "run.json").read_text())
    assert rests_on["settings"]["affected_column"] == "pain"
    assert rests_on["settings"]["sessions"] == ["a", "b"]
    assert [Path(one["path"]).name for one in rests_on["inputs"]] == [
        "tests.csv",
        "visits.csv",
        "sides.csv",
        "done.csv",
    ]
    assert "2012" not in (folder / "out" / "procedure_order.csv").read_text()


def test_clinic_tables_need_what_they_describe(folder: Path) -> None:
    out = ("--out", str(folder / "out"))
    with pytest.raises(InvalidChoice, match="measurements for time points"):
        run("--participants", str(folder / "people.tsv"), "--sessions", "a,b", *out)
    with pytest.raises(InvalidChoice, match="missing tear, in people"):
        run("--participants", str(folder / "people.tsv"), "--two-by-two", "sex,tear", *out)
    with pytest.raises(InvalidChoice, match="two columns as FINDING,CONDITION, found 'sex'"):
        run("--participants", str(folder / "people.tsv"), "--two-by-two", "sex", *out)
