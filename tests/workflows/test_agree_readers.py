from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.cli import agree
from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.workflows.agree_readers import agree_outlines, agree_readers, outlines_in_words


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    agree.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["agree", *arguments])
    return int(parsed.run(parsed))


def write_readers(folder: Path, *, names: tuple[str, ...] = ("a.csv", "b.csv")) -> list[Path]:
    generator = np.random.default_rng(0)
    truth = generator.uniform(400, 900, 12)
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {"subject_id": f"{k:03d}", "level": "L4", "muscle": "multifidus", "side": "left", "grade": k % 4}
            | {"fcsa_mm2": truth[k] + generator.normal(), "fi": generator.uniform(0, 0.5)}
            for k in range(12)
        ]
        pd.DataFrame(rows).to_csv(path, index=False)
    return paths


def test_two_files_become_tables_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = write_readers(tmp_path)
    assert run(*map(str, paths), "--grades", "grade", "--out", str(tmp_path / "out")) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "bland_altman_L4_multifidus_left_fcsa.png",
        "bland_altman_L4_multifidus_left_fi.png",
        "columns.json",
        "kappa.csv",
        "limits.csv",
        "reliability.csv",
        "run.json",
    ]
    table = pd.read_csv(tmp_path / "out" / "reliability.csv").set_index("measure")
    assert table.loc["fcsa", "icc21"] > 0.99
    assert table.loc["fcsa", "raters"] == "a.csv;b.csv"
    assert pd.read_csv(tmp_path / "out" / "kappa.csv")["kappa"].tolist() == [1.0]
    described = json.loads((tmp_path / "out" / "columns.json").read_text())["tables"]
    assert {name: [one["name"] for one in kind["columns"]] for name, kind in described.items()} == {
        name: list(pd.read_csv(tmp_path / "out" / f"{name}.csv").columns) for name in ("reliability", "limits", "kappa")
    }
    rests_on = json.loads((tmp_path / "out" / "run.json").read_text())
    assert rests_on["settings"]["raters"] == ["a.csv", "b.csv"]
    assert [one["path"] for one in rests_on["inputs"]] == list(map(str, paths))
    printed = capsys.readouterr().out
    assert "multifidus fcsa left L4: n 12, ICC(2,1) 1.000" in printed
    (fcsa, fi) = (line for line in printed.splitlines() if ", b.csv - a.csv: n 12, bias" in line)
    assert re.search(r"fcsa left L4.* bias \S+ mm², limits of agreement \S+ mm² to \S+ mm²$", fcsa)
    assert re.search(r"fi left L4.* bias \S+ percentage points, limits of agreement \S+ percentage points to", fi)
    assert re.search(r"multifidus fcsa left L4: .* SEM \S+ mm²$", printed, re.MULTILINE)
    limits = pd.read_csv(tmp_path / "out" / "limits.csv").set_index("measure")
    assert f"bias {100 * limits.loc['fi', 'bias']:.4g} percentage points" in fi
    assert "multifidus grade left L4, a.csv and b.csv: n 12, kappa 1.000" in printed


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = write_readers(tmp_path, names=("ann/measurements.csv", "bob/measurements.csv"))
    assert agree_readers(paths).rated[0].raters == ("ann/measurements.csv", "bob/measurements.csv")


def test_choices_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    paths = [str(path) for path in write_readers(tmp_path)]
    out = ("--out", str(tmp_path / "out"))
    with pytest.raises(InvalidChoice, match="either measurement tables or --labels, found neither"):
        run(*out)
    with pytest.raises(InvalidChoice, match="weights to be one of none, linear, quadratic, found 'cubic'"):
        run(*paths, "--weights", "cubic", *out)
    with pytest.raises(InvalidChoice, match="numbers as grades, found 'II'"):
        run(*paths, "--possible-grades", "II", *out)
    with pytest.raises(InvalidChoice, match="at least one measurement table"):
        agree_readers([])
    assert not (tmp_path / "out").exists()


def test_a_flipped_label_map_is_seen_on_the_grid_of_the_first() -> None:
    labels = np.zeros((2, 6, 6), dtype=np.uint8)
    labels[:, 1:3, 1:5] = 1
    structures = {1: find_structure("multifidus", "left")}
    first = LabelMap(labels, Grid(labels.shape, np.diag([4.0, 1.0, 1.0, 1.0])), structures)
    affine = np.diag([4.0, -1.0, 1.0, 1.0])
    affine[1, 3] = 5
    second = LabelMap(labels[:, ::-1], Grid(labels.shape, affine), structures)
    (row,) = agree_outlines(first, second).to_dict("records")
    assert [row["dice"], row["hd95_mm"], row["distance_rule"]] == [1.0, 0.0, "max_of_directed"]


def test_a_structure_that_neither_map_holds_has_a_reason_and_no_number() -> None:
    labels = np.zeros((1, 4, 4), dtype=np.uint8)
    one = LabelMap(labels, Grid(labels.shape, np.diag([4.0, 1.0, 1.0, 1.0])), {1: find_structure("multifidus", "left")})
    table = agree_outlines(one, one)
    assert table[["dice", "hd95_mm", "hd_mm"]].isna().all(axis=None)
    assert [table["n_first"].item(), table["n_second"].item(), table["reason"].item()] == [0, 0, "not_measured"]
    assert outlines_in_words(table).splitlines()[0] == "multifidus left: not measured"


def test_label_files_become_a_table(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    labels = np.zeros((8, 8, 3), dtype=np.uint8)
    labels[2:5, 2:5, 1] = 1
    for name, moved in (("a", 0), ("b", 1)):
        image = nibabel.Nifti1Image(np.roll(labels, moved, axis=0), np.diag([-1.0, -1.0, 4.0, 1.0]))
        nibabel.save(image, tmp_path / f"{name}.nii.gz")
    (tmp_path / "naming.csv").write_text("value,muscle,side\n1,multifidus,left\n")
    files = [str(tmp_path / "a.nii.gz"), str(tmp_path / "b.nii.gz")]
    assert run("--labels", *files, "--naming", str(tmp_path / "naming.csv"), "--out", str(tmp_path / "out")) == 0
    (row,) = pd.read_csv(tmp_path / "out" / "overlaps.csv").to_dict("records")
    assert row["dice"] == pytest.approx(2 / 3)
    assert row["hd_mm"] == 1.0
