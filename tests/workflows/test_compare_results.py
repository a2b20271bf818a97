"""Two folders of results on one table, by the command as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from napari_hipspine.cli import main

ROW = {"level": "L4", "muscle": "multifidus", "side": "left", "fat_method": "fat-reference", "n_slices": 1}


def write(folder: Path, rows: list[dict]) -> Path:
    folder.mkdir()
    pd.DataFrame([ROW | row for row in rows]).to_csv(folder / "measurements.csv", index=False)
    return folder


def test_two_folders_become_one_table_with_what_it_rests_on(tmp_path, capsys):
    a = write(tmp_path / "a", [{"subject_id": "007", "csa_mm2": 800.0, "fi": 0.2}])
    b = write(tmp_path / "b", [{"subject_id": "008", "csa_mm2": 700.0, "fi": 0.3}])
    assert main(["compare", str(a), str(b / "measurements.csv"), "--out", str(tmp_path / "out")]) == 0
    assert "007 (A) and 008 (B): 2 values, 2 with a difference B - A." in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out" / "comparison.csv")
    assert table.set_index("measure")["difference"].round(9).to_dict() == {"csa_mm2": -100.0, "fi": 0.1}
    rests_on = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [Path(one["path"]).parent.name for one in rests_on["inputs"]] == ["a", "b"]
    assert rests_on["settings"] == {"a": "007", "b": "008"}


def test_time_points_of_one_table_are_chosen_by_their_words(tmp_path, capsys):
    rows = [{"subject_id": "007", "session": one, "csa_mm2": area} for one, area in (("1", 800.0), ("2", 760.0))]
    both = str(write(tmp_path / "both", rows))
    out = ["--out", str(tmp_path / "out")]
    assert main(["compare", both, both, *out]) == 2
    assert "session 1 and 2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main(["compare", both, both, "--a", "session=1", "--b", "session=2", *out]) == 0
    assert pd.read_csv(tmp_path / "out" / "comparison.csv")["difference"].tolist() == [-40.0]
    for words, said in (
        ("session=3", "There are: 1, 2"),
        ("muscle=x", "chosen by subject_id"),
        ("session", "--a sess"),
    ):
        assert main(["compare", both, both, "--a", words, *out]) == 2
        assert said in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "nowhere"), both, *out]) == 2
    assert "found no file" in capsys.readouterr().err
