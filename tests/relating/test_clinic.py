"""Affected sides, implants, procedures, time points and 2x2 tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import proportion_confint

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid, UnknownLabel
from napari_hipspine.domain.implants import read_implants
from napari_hipspine.domain.tables import SLICES
from napari_hipspine.relating.affected_sides import compare_sides, summarise_sides
from napari_hipspine.relating.diagnostics import TwoByTwo, count_two_by_two, describe_diagnostics, wilson_interval
from napari_hipspine.relating.implants import leave_out_implants
from napari_hipspine.relating.procedures import order_procedures
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.relating.subject_values import select_values
from napari_hipspine.relating.time_points import find_changes, summarise_course

MakeCohort = Callable[..., pd.DataFrame]


def make_psoas(person: str, left: float, right: float) -> list[dict[str, object]]:
    where = {"subject_id": person, "level": "L4", "muscle": "psoas_major"}
    return [where | {"side": side, "csa_mm2": csa} for side, csa in (("left", left), ("right", right))]


def make_sides(**affected: tuple[str, str]) -> pd.DataFrame:
    rows = [
        {"subject_id": person.removeprefix("s"), "side": side, "pain": cell}
        for person, cells in affected.items()
        for side, cell in zip(("left", "right"), cells, strict=True)
    ]
    return pd.DataFrame(rows)


def test_a_smaller_affected_side_is_negative_asymmetry() -> None:
    table = pd.DataFrame(make_psoas("1", 900, 1100) + make_psoas("2", 900, 1100))
    sides = make_sides(s1=("yes", "no"), s2=("no", "yes"))
    first, second = compare_sides(table, sides, column="pain", measures=("csa",)).to_dict("records")
    assert [first["affected"], first["unaffected"], first["difference"]] == [900, 1100, -200]
    assert first["asymmetry"] == pytest.approx(-0.2)
    assert second["asymmetry"] == pytest.approx(0.2)


def test_people_without_one_affected_side_say_why() -> None:
    people = ["1", "2", "3", "4"]
    table = pd.DataFrame([row for person in people for row in make_psoas(person, 900, 1100)])
    sides = make_sides(s1=("yes", "yes"), s2=("no", "no"), s3=("yes", ""))
    compared = compare_sides(table, sides, column="pain", measures=("csa",))
    not_stated = "affected_side_not_stated"
    assert compared["reason"].tolist() == ["both_affected", "none_affected", not_stated, not_stated]
    one = compare_sides(table[:1], make_sides(s1=("yes", "no")), column="pain", measures=("csa",)).iloc[0]
    assert [one["affected"], one["reason"]] == [900, "one_side_missing"]


def test_summary_is_the_paired_t_test() -> None:
    generator = np.random.default_rng(0)
    values = generator.uniform(800, 1200, (8, 2))
    table = pd.DataFrame([row for k, pair in enumerate(values) for row in make_psoas(str(k), *pair)])
    sides = make_sides(**{f"s{k}": ("yes", "no") for k in range(7)})
    summary = summarise_sides(compare_sides(table, sides, column="pain", measures=("csa", "fi")))
    csa, fi = summary.to_dict("records")
    found = ttest_1samp(values[:7, 0] - values[:7, 1], 0)
    assert [csa["low"], csa["high"], csa["p"]] == pytest.approx([*found.confidence_interval(), found.pvalue])
    assert [csa["n"], csa["n_left_out"]] == [7, 1]
    assert [fi["n"], fi["reason"]] == [0, "too_few_subjects"]


def test_everybody_of_either_table_is_counted_and_gaps_keep_their_reason() -> None:
    rows = [row for k in range(4) for row in make_psoas(str(k), 900, 1100)]
    table = pd.DataFrame(rows).assign(reason="")
    table.loc[1, ["csa_mm2", "reason"]] = [np.nan, "implant"]
    table.loc[[2, 3], ["csa_mm2", "reason"]] = [np.nan, "outside_fov"]
    table.loc[[4, 5], "csa_mm2"] = 0
    sides = make_sides(**{f"s{k}": ("yes", "no") for k in (0, 1, 2, 9)})
    compared = compare_sides(table, sides, column="pain", measures=("csa",)).set_index("subject_id")
    reasons = ["one_side_missing;implant", "outside_fov", "zero_divisor", "affected_side_not_stated", "not_measured"]
    assert compared["reason"].tolist() == reasons
    assert compared.loc["2", "difference"] == 0
    summary = summarise_sides(compared.reset_index()).iloc[0]
    assert [summary["n"], summary["n_left_out"]] == [1, 4]
    with pytest.raises(TableInvalid, match="sides of the people who were measured, found none"):
        compare_sides(table, make_sides(s007=("yes", "no")), column="pain")


def test_a_side_may_become_affected_between_two_visits() -> None:
    visits = [row | {"session": name} for name in ("before", "after") for row in make_psoas("1", 900, 1100)]
    table = pd.concat([pd.DataFrame(visits), pd.DataFrame(make_psoas("2", 900, 1100)).assign(session="after")])
    of_visits = [make_sides(s1=cells).assign(session=name) for name, cells in _CHANGING.items()]
    sides = pd.concat([*of_visits, make_sides(s2=("no", "yes")).assign(session="")])
    compared = compare_sides(table, sides, column="pain", measures=("csa",))
    found = {(row["subject_id"], row["session"]): row["affected_side"] for row in compared.to_dict("records")}
    assert found == {
        ("1", "before"): "left",
        ("1", "after"): "right",
        ("2", "before"): "right",
        ("2", "after"): "right",
    }


_CHANGING = {"before": ("yes", "no"), "after": ("no", "yes")}


def test_equal_differences_have_no_interval_and_no_p() -> None:
    table = pd.DataFrame([row for k in range(6) for row in make_psoas(str(k), 900 + k, 1000 + k)])
    sides = make_sides(**{f"s{k}": ("yes", "no") for k in range(6)})
    row = summarise_sides(compare_sides(table, sides, column="pain", measures=("csa",))).iloc[0]
    assert [row["mean_difference"], row["reason"]] == [-100, "constant_values"]
    assert row[["low", "high", "p"]].isna().all()


def test_tables_of_sides_that_cannot_be_read_are_refused() -> None:
    table, sides = pd.DataFrame(make_psoas("1", 1, 2)), make_sides(s1=("yes", "no"))
    with pytest.raises(TableInvalid, match="missing limp"):
        compare_sides(table, sides, column="limp")
    with pytest.raises(TableInvalid, match="found two for 1 left"):
        compare_sides(table, pd.concat([sides, sides[:1]]), column="pain")
    with pytest.raises(TableInvalid, match="side left or right, found 'both'"):
        compare_sides(table, sides.assign(side="both"), column="pain")
    with pytest.raises(TableInvalid, match="yes or no, found 'maybe'"):
        compare_sides(table, sides.assign(pain="maybe"), column="pain")


def test_an_implant_empties_its_side_and_both_with_a_reason(make_cohort: MakeCohort) -> None:
    cohort = make_cohort(3)
    both = cohort[cohort["side"] == "left"].assign(side="both")
    table = pd.concat([cohort, both], ignore_index=True)
    implants = read_implants(pd.DataFrame({"subject_id": ["001"], "region": ["hip"], "side": ["right"]}))
    out, notes = leave_out_implants(table, implants)
    emptied = out[out["reason"] == "implant"]
    assert set(zip(emptied["subject_id"], emptied["side"], strict=True)) == {("001", "right"), ("001", "both")}
    assert set(emptied["region"]) == {"hip"}
    assert len(emptied) == 12
    assert emptied[["csa_mm2", "fcsa_mm2", "fi"]].isna().all(axis=None)
    untouched = out[out["reason"] != "implant"]
    np.testing.assert_array_equal(untouched["csa_mm2"], table.loc[untouched.index, "csa_mm2"])
    assert notes == ("Implants: 12 rows of 1 subjects were left out.",)


def test_a_fusion_takes_its_levels_and_what_is_kept_is_flagged(make_cohort: MakeCohort) -> None:
    cohort = make_cohort(2)
    rows = [("000", "lumbar", "L5;S1", ""), ("001", "lumbar", "L3;L4", ""), ("000", "hip", "", "yes")]
    implants = read_implants(pd.DataFrame(rows, columns=["subject_id", "region", "level", "keep"]))
    out, notes = leave_out_implants(cohort, implants)
    assert set(out.loc[out["reason"] == "implant", "subject_id"]) == {"001"}
    flagged = out[out["flags"] == "implant"]
    assert set(zip(flagged["subject_id"], flagged["region"], strict=True)) == {("000", "hip")}
    assert flagged["csa_mm2"].notna().all()
    assert notes[1] == "Implants: 12 rows were kept on demand."
    values = select_values(out, RelateRequest(measures=("fi",)))
    assert np.isnan(values.lumbar.values[1]).all()
    assert set(values.lumbar.reasons[1]) == {"implant"}


def test_implants_of_people_who_are_not_in_the_table_are_told(make_cohort: MakeCohort) -> None:
    rows = pd.DataFrame({"subject_id": ["sub-001", "000"], "region": ["hip", "hip"], "slice_first": ["1", ""]})
    implants = read_implants(rows.assign(slice_last=["2", ""]))
    out, notes = leave_out_implants(make_cohort(2), implants)
    assert notes[0] == "Implants: no rows of sub-001; are they called otherwise there?"
    assert set(out.loc[out["reason"] == "implant", "subject_id"]) == {"000"}


def test_slices_under_an_implant_leave_a_slice_table_only() -> None:
    base = {"subject_id": "1", "muscle": "sartorius", "side": "left", "csa_mm2": 300.0}
    slices = pd.DataFrame([base | {"slice_index": k, "level": ""} for k in range(5)])
    given_slices = pd.DataFrame([{"subject_id": "1", "region": "hip", "slice_first": "1", "slice_last": "2"}])
    implants = read_implants(given_slices)
    out, _ = leave_out_implants(slices, implants, table=SLICES)
    assert out["csa_mm2"].isna().tolist() == [False, True, True, False, False]
    with pytest.raises(TableInvalid, match="a slice table for implants that touch some slices"):
        leave_out_implants(pd.DataFrame([base | {"level": "L4"}]), implants)


def test_implants_that_cannot_be_read_are_refused() -> None:
    base = pd.DataFrame({"subject_id": ["1"], "region": ["hip"]})
    with pytest.raises(TableInvalid, match="region lumbar or hip and side left, right or both, found knee and both"):
        read_implants(base.assign(region="knee"))
    with pytest.raises(TableInvalid, match="missing region"):
        read_implants(base[["subject_id"]])
    with pytest.raises(UnknownLabel):
        read_implants(base.assign(level="L9"))
    with pytest.raises(TableInvalid, match="slice_first and slice_last together"):
        read_implants(base.assign(slice_first=1))
    for first, last in (("1.5", "3"), ("1", "inf")):
        with pytest.raises(TableInvalid, match="whole numbers of slices, found"):
            read_implants(base.assign(slice_first=first, slice_last=last))
    with pytest.raises(TableInvalid, match="a subject_id in every row"):
        read_implants(base.assign(subject_id=""))
    with pytest.raises(TableInvalid, match="slice_first up to slice_last, found 3 and 1"):
        read_implants(base.assign(slice_first=3, slice_last=1))


def test_procedures_are_put_in_order() -> None:
    rows = [
        ("1", "hip_replacement", "2015-03-01", "right", ""),
        ("1", "lumbar_fusion", "2012-03-01", "", "L4;L5"),
        ("1", "hip_replacement", "2017-03-01", "left", ""),
        ("2", "hip_replacement", "2015-03-01", "left", ""),
        ("2", "lumbar_fusion", "2015-03-01", "", ""),
        ("3", "lumbar_fusion", "", "", ""),
        ("3", "hip_replacement", "2015-03-01", "", ""),
        ("4", "lumbar_fusion", "", "", ""),
    ]
    table = order_procedures(pd.DataFrame(rows, columns=["subject_id", "procedure", "date", "side", "level"]))
    first, same, unknown, one = table.to_dict("records")
    assert first["procedures"] == "lumbar_fusion (L4;L5) > hip_replacement (right) > hip_replacement (left)"
    assert [first["kinds"], first["first_kind"]] == ["lumbar_fusion > hip_replacement", "lumbar_fusion"]
    assert first["days_to_next_kind"] == (date(2015, 3, 1) - date(2012, 3, 1)).days
    assert [same["kinds"], same["first_kind"], same["days_to_next_kind"]] == ["hip_replacement = lumbar_fusion", "", 0]
    assert [unknown["first_kind"], unknown["reason"]] == ["", "date_missing"]
    assert [one["first_kind"], one["reason"]] == ["lumbar_fusion", "date_missing"]
    assert not table.astype(str).apply(lambda column: column.str.contains("2015")).any(axis=None)
    with pytest.raises(TableInvalid, match="missing date"):
        order_procedures(pd.DataFrame({"subject_id": ["1"], "procedure": ["x"]}))


def make_visits() -> pd.DataFrame:
    generator = np.random.default_rng(2)
    rows = [
        {"subject_id": str(k), "session": session, "level": "L4", "muscle": "multifidus", "side": "left"}
        | {"csa_mm2": 900 + 50 * place + generator.normal()}
        for k in range(7)
        for place, session in enumerate(("before", "week6", "month8"))
        if (k, session) not in ((0, "before"), (1, "month8"))
    ]
    return pd.DataFrame(rows)


def test_changes_are_held_against_the_first_time_point() -> None:
    visits = make_visits()
    changes = find_changes(visits, ["before", "week6", "month8"], measures=("csa",))
    assert changes["session"].tolist() == ["before", "week6", "month8"] * 7
    of_first = changes[changes["subject_id"] == "0"]
    assert of_first["reason"].tolist() == ["not_measured", "no_first_time_point", "no_first_time_point"]
    assert of_first["change"].isna().all()
    course = summarise_course(changes).set_index("session")
    assert course[["n", "n_change"]].to_numpy().tolist() == [[6, 6], [7, 6], [6, 5]]
    wide = visits.pivot(index="subject_id", columns="session", values="csa_mm2")
    found = ttest_1samp((wide["week6"] - wide["before"]).dropna(), 0).confidence_interval()
    assert course.loc["week6", ["change_low", "change_high"]].tolist() == pytest.approx(list(found))
    assert course.loc["before", "mean_change"] == 0


def test_time_points_of_equal_values_have_no_deviation_and_no_interval() -> None:
    base = {"level": "L4", "muscle": "multifidus", "side": "left", "fi": 0.2, "csa_mm2": 0.0}
    visits = pd.DataFrame([base | {"subject_id": str(k), "session": name} for k in range(7) for name in ("a", "b")])
    changes = find_changes(visits, ["a", "b"], measures=("fi", "csa"))
    assert set(changes.loc[changes["measure"] == "csa", "reason"]) == {"zero_divisor"}
    course = summarise_course(changes)
    assert course["sd"].tolist() == [0.0] * 4
    assert course["mean"].tolist() == [0.2, 0.2, 0.0, 0.0]
    assert course[["change_low", "change_high"]].isna().all(axis=None)
    assert set(course["reason"]) == {"constant_values"}


def test_fat_told_in_another_way_has_no_change() -> None:
    base = {"level": "L4", "muscle": "multifidus", "side": "left", "subject_id": "1", "csa_mm2": 900.0}
    visits = pd.DataFrame(
        [
            base | {"session": "a", "fi": 0.2, "fat_method": "fat_reference"},
            base | {"session": "b", "fi": 0.3, "fat_method": "dixon"},
        ]
    )
    changes = find_changes(visits, ["a", "b"], measures=("fi", "csa")).set_index(["measure", "session"])
    assert changes.loc[("fi", "b"), "reason"] == "other_contrast"
    assert np.isnan(changes.loc[("fi", "b"), "change"])
    assert changes.loc[("csa", "b"), "change"] == 0


def test_time_points_must_be_there_and_single() -> None:
    visits = make_visits()
    for sessions in (["before"], ["before", "before"], ["before", "year5"]):
        with pytest.raises(InvalidChoice, match="at least two different time points of the table"):
            find_changes(visits, sessions)
    double = pd.concat([visits.assign(series="a"), visits[:1].assign(series="b")])
    with pytest.raises(TableInvalid, match="one row per person and time point, found several for 0 L4"):
        find_changes(double, ["week6", "month8"])


def test_60_80_and_64_percent_give_back_their_numbers() -> None:
    table = describe_diagnostics(TwoByTwo(12, 1, 8, 4), finding="CT", condition="tear").set_index("measure")
    shares = table.loc[["sensitivity", "specificity", "accuracy"], "value"].tolist()
    assert shares == pytest.approx([0.60, 0.80, 0.64])
    for name in ("sensitivity", "specificity", "positive_predictive_value", "accuracy", "prevalence"):
        row = table.loc[name]
        expected = proportion_confint(row["count"], row["n"], method="wilson")
        assert [row["low"], row["high"]] == pytest.approx(list(expected))
    assert table.loc["likelihood_ratio_positive", "value"] == pytest.approx(0.6 / 0.2)
    assert table.loc["likelihood_ratio_negative", "value"] == pytest.approx(0.4 / 0.8)
    other = Table2x2([[12, 1], [8, 4]])
    odds = table.loc["odds_ratio", ["value", "low", "high"]].tolist()
    assert odds == pytest.approx([other.oddsratio, *other.oddsratio_confint()])


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_of_a_share_holds_it_and_stays_within_0_and_1(count: tuple[int, int]) -> None:
    low, high = wilson_interval(*count)
    assert 0 <= low <= count[0] / count[1] <= high <= 1
    assert low < high


@pytest.mark.parametrize(
    ("count", "printed"),
    [
        ((81, 263), (0.2553, 0.3662)),
        ((0, 20), (0, 0.1611)),
        ((15, 148), (0.0624, 0.1605)),
        ((1, 29), (0.0061, 0.1718)),
    ],
)
def test_interval_of_a_share_is_the_published_one(count: tuple[int, int], printed: tuple[float, float]) -> None:
    """Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I."""
    assert wilson_interval(*count) == pytest.approx(printed, abs=5e-5)


def test_ratios_with_zero_counts_are_zero_empty_or_without_an_interval() -> None:
    none_missed = describe_diagnostics(TwoByTwo(4, 1, 0, 3), finding="a", condition="b").set_index("measure")
    negative = none_missed.loc["likelihood_ratio_negative"]
    assert [negative["value"], negative["reason"]] == [0, "zero_count"]
    assert np.isnan(negative["low"])
    assert np.isnan(none_missed.loc["odds_ratio", "value"])
    all_positive = describe_diagnostics(TwoByTwo(5, 4, 0, 0), finding="a", condition="b").set_index("measure")
    positive = all_positive.loc["likelihood_ratio_positive"]
    assert [positive["value"], positive["reason"]] == [1, "zero_count"]
    assert positive[["low", "high"]].isna().all()
    crossed = describe_diagnostics(TwoByTwo(0, 4, 5, 1), finding="a", condition="b").set_index("measure")
    assert crossed.loc["odds_ratio", "value"] == 0


def test_counts_of_cells_and_what_cannot_be_counted() -> None:
    counts = count_two_by_two(["yes", "No", "1", "", "positive"], [True, "no", "false", "yes", "true"])
    assert counts == TwoByTwo(2, 1, 0, 1, n_missing=1)
    table = describe_diagnostics(TwoByTwo(0, 3, 0, 2), finding="a", condition="b").set_index("measure")
    assert table.loc["sensitivity", "reason"] == "nobody_counted"
    assert table.loc["odds_ratio", "reason"] == "zero_count"
    assert table.loc["specificity", "value"] == pytest.approx(0.4)
    with pytest.raises(TableInvalid, match="yes or no, found 'perhaps'"):
        count_two_by_two(["perhaps"], ["yes"])
    with pytest.raises(TableInvalid, match="at least one person"):
        TwoByTwo(0, 0, 0, 0, n_missing=3)
