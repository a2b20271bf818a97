from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
import pytest

from napari_hipspine.cli import flow
from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.figures.flow_diagram import flow_diagram
from napari_hipspine.relating.flow import FlowStep, close_counts, follow_flow


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    flow.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["flow", *arguments])
    return int(parsed.run(parsed))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    rows = [
        ("007", "", "2019-01-01", "2019-06-01", "2019-07-01"),
        ("008", "fusion;poor", "2019-01-01", "2019-06-01", "2019-07-01"),
        ("009", "", "2019-01-01", "2020-06-01", "2021-07-01"),
        ("010", "poor", "2019-01-01", "2019-01-01", "2018-07-01"),
        ("011", "", "2019-01-01", "2019-01-01", "2018-07-01"),
    ]
    columns = ["subject_id", "exclusion_reasons", "lumbar", "hip", "surgery"]
    path = tmp_path / "people.csv"
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def test_people_and_dates_become_a_flow(people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    steps = ("--step", "prior surgery=fusion", "--step", "poor images=poor")
    assert run(str(people), *steps, "--mri-dates", "lumbar,hip", "--surgery-date", "surgery", "--out", str(out)) == 0
    table = pd.read_csv(out / "flow.csv", keep_default_na=False)
    totals = table[table["reason"] == ""]
    assert totals["step"].tolist() == [
        "screened",
        "prior surgery",
        "poor images",
        "mri interval too long",
        "mri after surgery",
        "analysed",
    ]
    assert totals["n_after"].astype(int).tolist() == [5, 4, 3, 2, 1, 1]
    assert (out / "analysed.csv").read_text() == "subject_id\n007\n"
    assert "2019" not in (out / "flow.csv").read_text()
    assert "analysed: 1" in capsys.readouterr().out
    described = json.loads((out / "columns.json").read_text())["tables"]
    assert {name: [one["name"] for one in table["columns"]] for name, table in described.items()} == {
        name: list(pd.read_csv(out / f"{name}.csv").columns) for name in ("flow", "analysed")
    }
    rests_on = json.loads((out / "run.json").read_text())
    assert rests_on["settings"]["steps"] == {"prior surgery": ["fusion"], "poor images": ["poor"]}
    assert rests_on["settings"]["reason_column"] == "exclusion_reasons"
    assert rests_on["inputs"][0]["path"] == str(people)


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("fusoin", "Did you mean fusion?"),
        ("poor_qualty", "Did you mean poor_quality?"),
        ("tumour", "Reasons of the people: fusion, poor. Leave out what nobody has."),
        ("outside_fow", "Did you mean outside_fov?"),
        ("mri_after_surgery", "Reasons of the people: fusion, poor. Leave out what nobody has."),
    ],
)
def test_a_misspelt_reason_does_not_count_0(people: Path, tmp_path: Path, reason: str, hint: str) -> None:
    steps = ("--step", "prior surgery=fusion", "--step", f"others=poor,{reason}")
    with pytest.raises(TableInvalid, match=f"found '{reason}' at 'others', which nobody has") as refusal:
        run(str(people), *steps, "--out", str(tmp_path / "out"))
    assert refusal.value.hint == hint
    assert not (tmp_path / "out").exists()


def test_a_known_reason_that_nobody_has_counts_0(people: Path, tmp_path: Path) -> None:
    steps = ("--step", "prior surgery=fusion", "--step", "images=poor,outside_fov,mri_after_surgery")
    assert run(str(people), *steps, "--surgery-date", "surgery", "--mri-dates", "lumbar", "--out", str(tmp_path)) == 0
    table = pd.read_csv(tmp_path / "flow.csv").set_index("reason")
    assert table.loc["outside_fov", "n_with_reason"] == 0
    assert table.loc["mri_after_surgery", "n_with_reason"] == 2


def test_counts_close_or_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("--counts", "screened=143", "prior=107", "poor=5", "analysed=31", "--out", str(out)) == 0
    assert sorted(path.name for path in out.iterdir()) == ["columns.json", "flow.csv", "flow.png", "run.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either a table of people or --counts, found neither"),
        (("--counts", "143"), "a count as NAME=N, found '143'"),
        (("--counts", "screened=143"), "screened and analysed, found one"),
        (("PEOPLE", "--step", "prior"), "a step as NAME=REASON,REASON, found 'prior'"),
        (("PEOPLE", "--window", "surgery=2017"), "a window as COLUMN="),
        (("PEOPLE", "--surgery-date", "operation"), "missing operation, in people.csv"),
        (("PEOPLE", "--reason-column", "why"), "missing why, in people.csv"),
    ],
)
def test_what_does_not_fit_is_refused(people: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    given = [str(people) if word == "PEOPLE" else word for word in arguments]
    with pytest.raises(InvalidChoice, match=message):
        run(*given, "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_figure_names_every_count_and_says_that_reasons_overlap() -> None:
    reasons = {"1": ("fusion", "hip_replacement"), "2": ("fusion",), "3": ()}
    figure = flow_diagram(follow_flow(reasons, [FlowStep("prior surgery", ("fusion", "hip_replacement"))]))
    words = [text.get_text() for text in figure.axes[0].texts]
    for expected in ("Screened: n = 3", "prior surgery: n = 2", "fusion: 2", "hip replacement: 1", "Analysed: n = 1"):
        assert expected in words
    assert words[-1].startswith("Several reasons can hold for one person")
    plain = [text.get_text() for text in flow_diagram(close_counts(3, [("a", 1)], 2)).axes[0].texts]
    assert plain[-1].startswith("Research software")
