"""Table 1, warnings and acquisitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal, spearmanr

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.acquisitions import check_acquisitions, list_acquisitions
from napari_hipspine.relating.demographics import describe_people
from napari_hipspine.relating.plausibility import CSA_LIMITS_CM2, find_implausible

MakeCohort = Callable[..., pd.DataFrame]


def make_people() -> pd.DataFrame:
    ages = np.linspace(45, 82, 31)
    table = pd.DataFrame({"subject_id": [f"{k:03d}" for k in range(31)], "age": ages})
    return table.assign(sex=["f"] * 22 + ["m"] * 9, bmi=[np.nan, *np.linspace(18, 34, 30)])


def test_small_numbers_keep_their_figures_and_0_and_1_are_counted() -> None:
    people = pd.DataFrame({"subject_id": list("abcdef"), "height_m": [1.58, 1.61, 1.7, 1.75, 1.8, 1.83]})
    table = describe_people(people.assign(diabetes=[0, 1, 0, 0, "", 1], same=0.1))
    text = table.set_index(["variable", "category"])["text"]
    assert text["height_m", ""] == "1.71 ± 0.10; 1.73 [1.63, 1.79]"
    assert [text["diabetes", "0"], text["diabetes", "1"]] == ["3/5 (60.0 %)", "2/5 (40.0 %)"]
    assert table.set_index("variable").loc["same", "sd"] == 0
    assert describe_people(people.assign(none=""), variables=["none"])["text"].tolist() == ["no value"]


def test_women_of_31_are_71_0_percent_and_numbers_are_mean_sd_and_quartiles() -> None:
    people = make_people()
    table = describe_people(people).set_index(["variable", "category"])
    assert table.loc[("sex", "f"), "text"] == "22/31 (71.0 %)"
    assert table.loc[("sex", "m"), "share"] == pytest.approx(9 / 31)
    age = table.loc[("age", "")]
    assert [age["mean"], age["sd"]] == pytest.approx([people["age"].mean(), people["age"].std()])
    assert age["text"] == "63.5 ± 11.2; 63.5 [54.2, 72.8]"
    bmi = table.loc[("bmi", "")]
    assert [bmi["n"], bmi["n_missing"]] == [30, 1]


def test_groups_stand_beside_all_and_missing_is_a_group() -> None:
    people = make_people().assign(centre=["a"] * 20 + [""] * 11)
    table = describe_people(people, variables=["sex"], by="centre")
    assert table["group"].unique().tolist() == ["all", "centre: a", "centre: missing"]
    assert table.loc[table["category"] == "f", "text"].tolist() == [
        "22/31 (71.0 %)",
        "20/20 (100.0 %)",
        "2/11 (18.2 %)",
    ]


@pytest.mark.parametrize(
    ("heading", "cells", "found"),
    [
        ("who", ["Ada", "Bob", "Cleo"], "3 different words of 3 people in who"),
        ("who", ["Ada", "Ada", "Bob", "Cleo"], "3 different words of 4 people in who"),
        ("who", ["Ada"], "1 different words of 1 people in who"),
        ("weight", [70, "unmeasurable", 80], "numbers mixed with 1 other cells in weight"),
        ("seen", ["1957-03-02", "1957-03-02"], "dates in seen"),
        ("seen", ["2.3.1957", "2.3.1957"], "dates in seen"),
        ("seen", [19570302, 19570302.0], "dates in seen"),
        ("first_name", ["Ada", "Ada"], "a heading that names people or days in first_name"),
        ("birth_year", [1957, 1958], "a heading that names people or days in birth_year"),
        ("PatientID", [4711, 4712], "a heading that names people or days in PatientID"),
        ("mrn", [4711, 4712], "a heading that names people or days in mrn"),
    ],
)
def test_a_column_that_may_name_people_is_refused(heading: str, cells: list[object], found: str) -> None:
    people = pd.DataFrame({"subject_id": [f"{k}" for k in range(len(cells))], heading: cells, "age": 50})
    for choices in ({"variables": [heading]}, {"variables": ["age"], "by": heading}):
        with pytest.raises(TableInvalid, match=f"words that several people share, found {found}") as refusal:
            describe_people(people, **choices)
        assert not any(str(cell) in str(refusal.value) for cell in cells)
    table = describe_people(people).set_index("variable")
    assert table.loc[heading, "text"].startswith("left out, it may name people: ")
    assert table.loc[heading].drop(["text", "group", "category"]).isna().all()
    assert table.loc["age", "mean"] == 50


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("sex", ["f", "m"]),
        ("sex", ["female"]),
        ("side", ["left", "right", "both"]),
        ("centre", ["Kiel", "Kiel", "Ulm", "Ulm"]),
        ("asa", ["I", "II", "III"]),
        ("smoking", ["never", "former", ""]),
        ("idle_minutes", [2000, 19570399]),
    ],
)
def test_categories_and_numbers_of_few_people_are_described(heading: str, cells: list[object]) -> None:
    people = pd.DataFrame({"subject_id": [f"{k}" for k in range(len(cells))], heading: cells})
    assert set(describe_people(people)["variable"]) == {heading}


def test_unknown_columns_are_refused() -> None:
    people = make_people()
    with pytest.raises(InvalidChoice, match="found no weight"):
        describe_people(people, variables=["weight"])


def make_row(**cells: object) -> pd.DataFrame:
    row = {"subject_id": "1", "level": "L4", "muscle": "multifidus", "side": "left", "csa_mm2": 900.0, "fi": 0.3}
    return pd.DataFrame([row | cells])


@pytest.mark.parametrize(("muscle", "limits"), CSA_LIMITS_CM2.items())
def test_areas_at_the_limits_are_silent_and_beyond_warn(muscle: str, limits: tuple[float, float]) -> None:
    for cm2 in limits:
        assert find_implausible(make_row(muscle=muscle, csa_mm2=cm2 * 100)).empty
        assert find_implausible(make_row(muscle=muscle, side="both", csa_mm2=cm2 * 200)).empty
    for cm2 in (limits[0] * 0.99, limits[1] * 1.01):
        (row,) = find_implausible(make_row(muscle=muscle, csa_mm2=cm2 * 100)).to_dict("records")
        assert row["measure"] == "csa_mm2"
        assert ("no source" in row["text"]) == (muscle in ("sartorius", "tensor_fasciae_latae"))


def test_fat_and_fcsa_above_csa() -> None:
    assert find_implausible(make_row(fi=0.9)).empty
    (row,) = find_implausible(make_row(fi=0.91)).to_dict("records")
    assert row["text"] == "91 % is above 0 to 90 %: look again"
    (row,) = find_implausible(make_row(fi=0.9004)).to_dict("records")
    assert row["text"] == "90.04 % is above 0 to 90 %: look again"
    (row,) = find_implausible(make_row(fi=float(np.nextafter(0.9, 1)))).to_dict("records")
    assert row["text"] == "90.00000000000001 % is above 0 to 90 %: look again"
    assert find_implausible(make_row(muscle="psoas_major", fi=0.4)).empty
    assert find_implausible(make_row(fcsa_mm2=900.0)).empty
    assert find_implausible(make_row(fcsa_mm2=float(np.nextafter(900, 1000)))).empty
    (row,) = find_implausible(make_row(muscle="psoas_major", fi=0.41)).to_dict("records")
    assert row["high"] == 0.4
    (row,) = find_implausible(make_row(fcsa_mm2=901.0)).to_dict("records")
    assert row["text"] == "the area without fat is larger than the whole area"


def test_a_whole_number_is_one_value_however_it_was_written() -> None:
    rows = [("1", "80"), ("1", "80.0"), ("2", 80), ("3", 80.0), ("4", "80.5"), ("5", "1.10"), ("6", "1.1")]
    table = list_acquisitions(pd.DataFrame(rows, columns=["subject_id", "software"]))
    assert dict(zip(table["value"], table["n_subjects"], strict=True)) == {"80": 3, "80.5": 1, "1.10": 1, "1.1": 1}


def test_acquisitions_are_counted_by_region_and_person() -> None:
    rows = [("1", "lumbar", 80, "A"), ("1", "lumbar", 80, "A"), ("2", "lumbar", 100, "A"), ("2", "hip", 30, "B")]
    table = list_acquisitions(pd.DataFrame(rows, columns=["subject_id", "region", "echo_time_ms", "scanner"]))
    assert table.to_numpy().tolist() == [
        ["hip", "echo_time_ms", "30", 1],
        ["hip", "scanner", "B", 1],
        ["lumbar", "echo_time_ms", "100", 1],
        ["lumbar", "echo_time_ms", "80", 1],
        ["lumbar", "scanner", "A", 2],
    ]
    with pytest.raises(TableInvalid, match="a column subject_id, found TE"):
        list_acquisitions(pd.DataFrame({"TE": [1]}))


def test_fat_is_held_against_echo_time_and_scanner(make_cohort: MakeCohort) -> None:
    cohort = make_cohort(12)
    cohort = cohort[cohort["muscle"] == "multifidus"]
    people = sorted(set(cohort["subject_id"]))
    echo, scanner = np.arange(12) % 5 + 70.0, ["A", "B", "C"] * 4
    series = pd.DataFrame({"subject_id": people, "region": "lumbar", "te": echo, "scanner": scanner, "field": 3})
    table = check_acquisitions(cohort, series, measures=("fi",)).set_index("property")
    fat = cohort.groupby("subject_id")["fi"].mean().to_numpy()
    rho = spearmanr(fat, echo)
    assert table.loc["te", ["statistic", "p"]].tolist() == pytest.approx([rho.statistic, rho.pvalue])
    h = kruskal(*[fat[k::3] for k in range(3)])
    assert table.loc["scanner", ["statistic", "p"]].tolist() == pytest.approx([h.statistic, h.pvalue])
    assert table["test"].to_dict() == {"te": "spearman", "scanner": "kruskal_wallis"}
