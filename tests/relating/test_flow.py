from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.flow import FlowStep, close_counts, follow_flow, split_reasons, tabulate_flow
from napari_hipspine.relating.procedures import order_procedures
from napari_hipspine.relating.study_dates import DateRules, DayOfSurgery, days_between, find_date_reasons
from napari_hipspine.workflows.study_flow import find_study_flow

STEPS = [FlowStep("prior surgery", ("fusion", "hip_replacement")), FlowStep("poor images", ("poor_quality",))]


def make_people() -> dict[str, tuple[str, ...]]:
    """143 people: 60 with a fusion, 40 with a hip replacement, 7 with both, 5 with poor images, 31 without."""
    groups = [(60, ("fusion",)), (40, ("hip_replacement",)), (7, ("fusion", "hip_replacement"))]
    groups += [(4, ("poor_quality",)), (1, ("poor_quality",)), (31, ())]
    reasons = [words for n, words in groups for _ in range(n)]
    reasons[0] = ("fusion", "poor_quality")
    return {f"{k:03d}": words for k, words in enumerate(reasons)}


def test_overlaps_are_counted_once_and_the_flow_of_the_study_closes(shared_reference: Path) -> None:
    oracle = json.loads((shared_reference / "oracles" / "seed_arithmetic.json").read_text())["mielke"]["flow"]
    flow = follow_flow(make_people(), STEPS)
    assert [flow.n_screened, *(-step.n_excluded for step in flow.steps), flow.n_analysed] == oracle
    first, second = flow.steps
    assert first.with_reason == {"fusion": 67, "hip_replacement": 47}
    assert first.only_reason == {"fusion": 60, "hip_replacement": 40}
    assert second.with_reason == {"poor_quality": 5}
    assert len(flow.analysed) == 31
    assert close_counts(143, [("prior surgery", 107), ("poor images", 5)], 31).steps[1].n_after == 31


def test_the_sums_of_a_population_study_close_and_its_misprint_does_not(shared_reference: Path) -> None:
    nako = json.loads((shared_reference / "oracles" / "seed_arithmetic.json").read_text())["nako"]
    assert close_counts(nako["screened"], [("not analysed", 3350)], nako["n"]).n_analysed == nako["n"] == 27518
    assert close_counts(nako["n"], [("women", nako["women"])], nako["men_from_groups"]).n_analysed == 15325
    with pytest.raises(TableInvalid, match="27518 - 12193 = 15325, and 14605 analysed"):
        close_counts(nako["n"], [("women", nako["women"])], nako["men_printed_in_abstract"])


def test_the_table_has_a_row_per_step_and_reason() -> None:
    table = tabulate_flow(follow_flow(make_people(), STEPS))
    assert table["step"].tolist() == ["screened", *["prior surgery"] * 3, *["poor images"] * 2, "analysed"]
    assert table["n_after"].dropna().tolist() == [143, 36, 31, 31]
    assert table["n_with_reason"].dropna().tolist() == [67, 47, 5]


def test_sums_that_do_not_close_are_refused() -> None:
    with pytest.raises(TableInvalid, match="sums that close, found 143 - 107 - 5 = 31, and 30 analysed"):
        close_counts(143, [("a", 107), ("b", 5)], 30)
    with pytest.raises(TableInvalid, match="0 to 36 people to leave at b, found 37"):
        close_counts(143, [("a", 107), ("b", 37)], 0)
    with pytest.raises(TableInvalid, match="every reason in a step, found tumour in none"):
        follow_flow({"1": ("tumour",)}, STEPS)
    with pytest.raises(TableInvalid, match="each reason in one step, found fusion in prior surgery and again"):
        follow_flow({}, [*STEPS, FlowStep("again", ("fusion",))])


@given(st.lists(st.lists(st.sampled_from(["fusion", "hip_replacement", "poor_quality"])), max_size=30))
@settings(max_examples=40)
def test_every_flow_closes_and_only_people_without_a_reason_stay(people: list[list[str]]) -> None:
    flow = follow_flow({str(k): words for k, words in enumerate(people)}, STEPS)
    assert flow.n_screened - sum(step.n_excluded for step in flow.steps) == flow.n_analysed == people.count([])
    for step in flow.steps:
        assert sum(step.only_reason.values()) <= step.n_excluded <= sum(step.with_reason.values())


def test_reasons_of_a_cell() -> None:
    assert split_reasons("fusion; poor_quality;fusion;") == ("fusion", "poor_quality")
    assert split_reasons("") == split_reasons(None) == ()


@pytest.mark.parametrize("first", [date(2019, 3, 1), date(2020, 2, 29), date(2019, 6, 30), date(2020, 12, 31)])
def test_365_days_are_in_and_366_out_whatever_the_year(first: date) -> None:
    rules = DateRules(mri=("lumbar", "hip"))
    for days, expected in ((0, ()), (365, ()), (366, ("mri_interval_too_long",))):
        second = first + timedelta(days=days)
        for person in ({"lumbar": first, "hip": second}, {"lumbar": str(second), "hip": str(first)}):
            assert find_date_reasons(person, rules) == expected


def test_a_year_with_a_leap_day_is_too_long() -> None:
    assert days_between(date(2020, 1, 15), date(2021, 1, 15)) == 366
    assert days_between(date(2021, 1, 15), date(2022, 1, 15)) == 365


def test_surgery_and_window() -> None:
    person = {"mri": "2018-05-02", "surgery": "2018-05-02"}
    assert find_date_reasons(person, DateRules(mri=("mri",), surgery="surgery")) == ()
    strict = DateRules(mri=("mri",), surgery="surgery", day_of_surgery=DayOfSurgery.AFTER)
    assert find_date_reasons(person, strict) == ("mri_after_surgery",)
    assert find_date_reasons({"mri": "2018-05-02", "surgery": ""}, strict) == ()
    window = DateRules(window_column="surgery", first=date(2017, 1, 1), last=date(2023, 12, 31))
    for day, expected in (
        ("2016-12-31", ("outside_date_window",)),
        ("2017-01-01", ()),
        ("2023-12-31", ()),
        ("2024-01-01", ("outside_date_window",)),
        ("", ("date_missing",)),
    ):
        assert find_date_reasons({"surgery": day}, window) == expected


def test_dates_that_can_be_read_in_two_ways_are_refused_without_repeating_them() -> None:
    with pytest.raises(
        TableInvalid, match="dates written as 2020-12-31, found another form, in the column mri"
    ) as info:
        find_date_reasons({"mri": "03/04/2020"}, DateRules(mri=("mri",)))
    assert "03/04" not in str(info.value)
    people = pd.DataFrame({"subject_id": ["a", "b"], "exclusion_reasons": "", "mri": ["2020-04-03", "03/04/2020"]})
    with pytest.raises(TableInvalid, match="found another form, in the column mri, row 3"):
        find_study_flow(people, [], rules=DateRules(mri=("mri",)))
    done = pd.DataFrame({"subject_id": ["a"], "procedure": ["fusion"], "date": ["1.2.2020"]})
    with pytest.raises(TableInvalid, match="in the column date, row 2"):
        order_procedures(done)
    with pytest.raises(InvalidChoice, match="0 days or more, found -1"):
        DateRules(limit_days=-1)
    with pytest.raises(InvalidChoice, match="the column it holds for"):
        DateRules(first=date(2020, 1, 1))
    with pytest.raises(InvalidChoice, match="ends after it begins"):
        DateRules(window_column="x", first=date(2020, 1, 2), last=date(2020, 1, 1))


def test_flow_is_a_data_frame_that_can_be_empty() -> None:
    table = tabulate_flow(follow_flow({}, []))
    assert isinstance(table, pd.DataFrame)
    assert table["n_after"].tolist() == [0, 0]
