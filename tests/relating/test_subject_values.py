from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import HipSpineError, InvalidChoice, TableInvalid, UnknownLabel
from napari_hipspine.relating.published import published_correlations
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.relating.subject_values import select_values

MakeCohort = Callable[..., pd.DataFrame]
Change = Callable[..., pd.DataFrame]
SIDES = {"subject_id": "003", "muscle": "sartorius"}


def value_of(table: pd.DataFrame, measure: str, **request: Any) -> float:
    """The one value of subject 003's sartorius."""
    values = select_values(table, RelateRequest(measures=(measure,), **request))
    return float(values.hip.column("sartorius", measure)[values.subjects.index("003")])


def reason_of(table: pd.DataFrame, measure: str, *, muscle: str = "sartorius", **request: Any) -> str:
    values = select_values(table, RelateRequest(measures=(measure,), **request))
    region = values.hip if muscle == "sartorius" else values.lumbar
    place = [name[:2] for name in region.columns].index((muscle, measure))
    return str(region.reasons[values.subjects.index("003"), place])


@pytest.fixture
def two_sides(make_cohort: MakeCohort, change: Change) -> pd.DataFrame:
    table = change(make_cohort(6), SIDES | {"side": "left"}, csa_mm2=300.0, fcsa_mm2=180.0, fi=0.4)
    return change(table, SIDES | {"side": "right"}, csa_mm2=100.0, fcsa_mm2=90.0, fi=0.1)


def test_columns_and_subjects_are_in_order(make_cohort: MakeCohort) -> None:
    shuffled = make_cohort(7).sample(frac=1, random_state=3)
    values = select_values(shuffled, RelateRequest())
    assert values.subjects == tuple(f"{k:03d}" for k in range(7))
    names = ("erector_spinae fcsa L4", "erector_spinae fi L4", "multifidus fcsa L4")
    assert tuple(map(" ".join, values.lumbar.columns[:3])) == names
    published = published_correlations()
    order = [list(dict.fromkeys(published[f"{region}_muscle"])) for region in ("lumbar", "hip")]
    assert [list(dict.fromkeys(c.muscle for c in one.columns)) for one in (values.lumbar, values.hip)] == order
    assert (values.lumbar.levels, values.hip.levels) == (("L4",), ("greater_trochanter",))
    np.testing.assert_array_equal(values.hip.values, select_values(make_cohort(7), RelateRequest()).hip.values)


@pytest.mark.parametrize(
    ("measure", "request_words", "expected"),
    [
        ("fcsa", {}, 270.0),
        ("csa", {"bilateral": "mean"}, 400.0),
        ("fi", {}, (0.4 * 300 + 0.1 * 100) / 400),
        ("fi", {"bilateral": "mean"}, 0.25),
        ("fi", {"bilateral": "sum"}, 0.5),
        ("fi", {"side": "left"}, 0.4),
        ("fcsa", {"side": "right"}, 90.0),
    ],
)
def test_sides_are_joined_as_asked(
    two_sides: pd.DataFrame, measure: str, request_words: dict[str, str], expected: float
) -> None:
    assert value_of(two_sides, measure, **request_words) == pytest.approx(expected, rel=1e-14)


def test_pooling_weighs_by_pixels_of_all_slices(two_sides: pd.DataFrame, change: Change) -> None:
    fewer = change(two_sides, SIDES | {"side": "right"}, n_slices=1)
    assert value_of(fewer, "fi") == pytest.approx((0.4 * 900 + 0.1 * 100) / 1000, rel=1e-14)
    two_sides["n_valid"] = np.where(two_sides["side"] == "left", 50, 150)
    assert value_of(two_sides, "fi") == pytest.approx((0.4 * 50 + 0.1 * 150) / 200, rel=1e-14)


def test_pooling_without_pixels_or_area_is_refused(two_sides: pd.DataFrame) -> None:
    bare = two_sides.drop(columns=["csa_mm2", "fcsa_mm2"])
    with pytest.raises(TableInvalid, match=r"n_valid, n_pixels or csa_mm2 .* found none for 6 subjects \(first: 000\)"):
        select_values(bare, RelateRequest(measures=("fi",)))
    assert value_of(bare, "fi", bilateral="mean") == 0.25


def test_rows_of_both_sides_are_taken_as_they_stand(two_sides: pd.DataFrame) -> None:
    both = two_sides[two_sides["muscle"] == "sartorius"].drop_duplicates("subject_id")
    both = both.assign(side="both", fi=0.33, fcsa_mm2=5.0)
    table = pd.concat([two_sides, both])
    assert value_of(table, "fi") == 0.33
    assert value_of(table, "fcsa") == 5.0
    assert value_of(table, "fi", bilateral="mean") == 0.25
    only_both = table[(table["side"] == "both") | (table["muscle"] != "sartorius")]
    with pytest.raises(TableInvalid, match="left and right rows for the mean of two fi, found only rows of both"):
        select_values(only_both, RelateRequest(measures=("fi",), bilateral="mean"))


@pytest.mark.parametrize("measure", ["fcsa", "fi"])
def test_one_missing_side_leaves_no_value(two_sides: pd.DataFrame, change: Change, measure: str) -> None:
    column = {"fcsa": "fcsa_mm2", "fi": "fi"}[measure]
    gap = change(two_sides, SIDES | {"side": "left"}, **{column: np.nan}, reason="implant")
    assert np.isnan(value_of(gap, measure))
    assert reason_of(gap, measure) == "one_side_missing;implant"
    assert reason_of(gap, measure, side="left") == "implant"
    no_row = two_sides.drop(two_sides[(two_sides["subject_id"] == "003") & (two_sides["side"] == "left")].index)
    assert reason_of(no_row, measure) == "one_side_missing"
    assert reason_of(no_row, measure, side="left") == "not_measured"


def test_zero_stays_zero(two_sides: pd.DataFrame, change: Change) -> None:
    assert value_of(change(two_sides, SIDES, fi=0.0), "fi") == 0.0
    assert reason_of(change(two_sides, SIDES, fi=0.0), "fi") == ""


def test_psoas_fi_of_a_threshold_is_left_empty_unless_allowed(make_cohort: MakeCohort) -> None:
    threshold = make_cohort(6, fat_method="fat-reference")
    assert reason_of(threshold, "fi", muscle="psoas_major") == "psoas_threshold_unreliable"
    assert reason_of(threshold, "fcsa", muscle="psoas_major") == ""
    assert reason_of(threshold, "fi", muscle="psoas_major", allow_psoas_threshold_fi=True) == ""
    assert reason_of(threshold, "fi", muscle="multifidus") == ""
    assert reason_of(make_cohort(6), "fi", muscle="psoas_major") == ""
    unstated = make_cohort(6).drop(columns="fat_method")
    assert reason_of(unstated, "fi", muscle="psoas_major") == "psoas_threshold_unreliable"


def test_subjects_of_different_contrast_are_refused_unless_mixed(make_cohort: MakeCohort, change: Change) -> None:
    mixed = change(make_cohort(6), {"subject_id": "004"}, fat_method="otsu")
    with pytest.raises(
        InvalidChoice, match="erector_spinae fi, found Dixon: 5 subjects; threshold: 1 subjects"
    ) as refusal:
        select_values(mixed, RelateRequest(measures=("fi",)))
    assert "--mixed-contrast" in refusal.value.hint
    assert select_values(mixed, RelateRequest(measures=("csa",))).subjects == tuple(f"{k:03d}" for k in range(6))
    assert not np.isnan(value_of(mixed, "fi", mixed_contrast=True))


def test_a_column_of_contrasts_tells_more_than_the_method(make_cohort: MakeCohort, change: Change) -> None:
    table = make_cohort(6, fat_method="fat-reference").assign(contrast="T2")
    assert not np.isnan(value_of(table, "fi"))
    per_region = change(table, {"region": "hip"}, contrast="PD")
    assert not np.isnan(value_of(per_region, "fi"))
    with pytest.raises(InvalidChoice, match="found PD, threshold: 1 subjects; T2, threshold: 5 subjects"):
        select_values(change(table, {"subject_id": "001"}, contrast="PD"), RelateRequest())
    with pytest.raises(InvalidChoice, match="found T2, threshold: 5 subjects; not stated, threshold: 1 subjects"):
        select_values(change(table, {"subject_id": "001"}, contrast=""), RelateRequest())


def test_fat_fractions_have_no_contrast_and_unstated_ones_are_counted(make_cohort: MakeCohort, change: Change) -> None:
    dixon = change(make_cohort(6).assign(contrast=""), {"subject_id": "001"}, contrast="T2")
    assert not np.isnan(value_of(dixon, "fi"))
    said = "Contrast not stated for 6 subjects of the hip rows: T1, T2 and PD cannot be told apart."
    threshold = make_cohort(6, fat_method="otsu")
    assert said in select_values(threshold, RelateRequest()).notes
    assert said not in select_values(threshold.assign(contrast="T2"), RelateRequest()).notes
    assert said not in select_values(threshold, RelateRequest(measures=("csa",))).notes
    assert said not in select_values(dixon, RelateRequest()).notes


def test_rows_whose_level_was_not_set_take_no_part(make_cohort: MakeCohort, change: Change) -> None:
    unset = {"level": "", "reason": "level_not_set", "fi": np.nan, "fcsa_mm2": np.nan, "csa_mm2": np.nan}
    table = change(make_cohort(6), {"subject_id": "000", "muscle": "sartorius"}, **unset)
    values = select_values(table, RelateRequest())
    assert values.hip.levels == ("greater_trochanter",)
    assert np.isnan(values.hip.column("sartorius", "fi")[0])
    assert np.isfinite(values.hip.column("sartorius", "fi")[1:]).all()
    with pytest.raises(TableInvalid, match=r"Expected level in every row, found none in row 19, 20\."):
        select_values(change(table, {"subject_id": "001", "muscle": "multifidus"}, level=""), RelateRequest())


def test_complete_cases_leave_out_subjects_with_a_gap(make_cohort: MakeCohort, change: Change) -> None:
    gap = change(make_cohort(8), {"subject_id": "005", "muscle": "multifidus"}, fi=np.nan)
    pairwise, complete = (select_values(gap, RelateRequest(missing=rule)) for rule in ("pairwise", "complete"))
    assert len(pairwise.subjects) == 8
    assert "005" not in complete.subjects
    assert complete.hip.values.shape[0] == 7
    assert pairwise.notes[0].startswith("7 of 8 subjects have every value")
    assert complete.notes[0] == "7 of 8 subjects have every value and were used."


def test_complete_cases_do_not_count_columns_without_any_value(make_cohort: MakeCohort) -> None:
    complete = select_values(make_cohort(8, fat_method="otsu"), RelateRequest(missing="complete"))
    assert len(complete.subjects) == 8


def test_differences_that_are_no_refusal_are_noted(make_cohort: MakeCohort, change: Change) -> None:
    table = change(make_cohort(6, fat_method="otsu"), {"subject_id": "002"}, fat_method="pooled")
    table = change(table, {"subject_id": "002", "muscle": "rectus_femoris"}, muscle="iliopsoas")
    notes = select_values(table, RelateRequest(measures=("fcsa",))).notes
    assert "Fat methods differ among the lumbar rows: otsu, pooled." in notes
    assert "Muscles of the table that take no part: iliopsoas." in notes


def other_level(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table[table["region"] == "lumbar"].assign(level="L5")])


def other_session(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table.assign(session="first"), table.assign(session="second")])


def other_series(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table.assign(series="a"), table[table["subject_id"] == "002"].assign(series="b")])


def other_reader(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table.assign(reader_id="A"), table.assign(reader_id="B")])


def other_position(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table[table["subject_id"] == "002"].assign(slice_position="tip")])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (other_level, "one level of the lumbar muscles, found L4, L5"),
        (other_session, "one session of the lumbar muscles, found first, second"),
        (other_series, "one series per subject, found 002: a, b, in the lumbar rows"),
        (other_reader, "one reader_id per subject, found 000: A, B; .* and 1 more, in the lumbar rows"),
        (other_position, "found several for 002 .*multifidus left"),
        (lambda table: pd.concat([table, table.head(1)]), "found several for subject_id 000"),
        (lambda table: table.replace("sartorius", "Sartorius"), "muscles of the vocabulary, found 'Sartorius'"),
        (lambda table: table.replace("left", "L"), "sides left, right or both, found 'L'"),
        (lambda table: table.drop(columns="level"), "missing level"),
        (lambda table: table[table["region"] == "hip"], "rows of lumbar muscles, found none"),
        (lambda table: table.drop(columns="fi"), "values of fcsa, fi, found none of fi"),
        (lambda table: table.assign(fi="much"), "Expected number values in fi, found 'much'"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    make_cohort: MakeCohort, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    with pytest.raises(HipSpineError, match=message):
        select_values(spoil(make_cohort(6)), RelateRequest())


def test_unknown_measures_are_refused_with_those_present(make_cohort: MakeCohort) -> None:
    with pytest.raises(TableInvalid, match="found none of ff") as refusal:
        select_values(make_cohort(6), RelateRequest(measures=("fi", "ff")))
    assert refusal.value.hint == "Measures with values: csa, fcsa, fi."


def test_rows_keep_their_values_whatever_the_index_of_the_frame(make_cohort: MakeCohort) -> None:
    gappy = make_cohort(8).query("subject_id >= '002'")
    assert value_of(gappy, "fcsa") == value_of(make_cohort(8), "fcsa")


def test_a_choice_settles_levels_and_sessions(make_cohort: MakeCohort) -> None:
    table = other_session(other_level(make_cohort(6)))
    values = select_values(table, RelateRequest(lumbar_level="L5", session="second"))
    assert values.lumbar.levels == ("L5",)
    with pytest.raises(InvalidChoice, match="level L3 of the lumbar muscles, found L4, L5"):
        select_values(table, RelateRequest(lumbar_level="L3", session="second"))
    with pytest.raises(InvalidChoice, match=r"session third of the hip muscles, found first, second"):
        select_values(table, RelateRequest(lumbar_level="L5", session="second", hip_session="third"))
    apart = table[(table["region"] == "hip") ^ (table["session"] == "first")]
    visits = RelateRequest(lumbar_level="L5", lumbar_session="first", hip_session="second")
    assert np.isfinite(select_values(apart, visits).lumbar.values).all()
    with pytest.raises(InvalidChoice, match="session first of the hip muscles, found second"):
        select_values(apart, RelateRequest(lumbar_level="L5", session="first"))


def test_several_levels_are_groups_of_columns(make_cohort: MakeCohort, change: Change) -> None:
    cohort = make_cohort(6)
    lower = change(make_cohort(6, seed=8), {"region": "lumbar"}, level="L5").query("region == 'lumbar'")
    table = pd.concat([cohort, lower[lower["muscle"] != "psoas_major"]])
    values = select_values(table, RelateRequest(measures=("fi",), lumbar_level=("L5", "L4")))
    l5, l4 = ([name.muscle for name in values.lumbar.columns if name.level == level] for level in ("L5", "L4"))
    assert (l5, l4) == (["erector_spinae", "multifidus"], ["erector_spinae", "multifidus", "psoas_major"])
    alone = {level: select_values(table, RelateRequest(measures=("fi",), lumbar_level=level)) for level in ("L4", "L5")}
    for level, one in alone.items():
        np.testing.assert_array_equal(
            values.lumbar.column("multifidus", "fi", level), one.lumbar.column("multifidus", "fi")
        )
    assert "psoas_major" in [name.muscle for name in alone["L5"].lumbar.columns]
    with pytest.raises(InvalidChoice, match="at one level, found multifidus fi at 2 levels"):
        values.lumbar.column("multifidus", "fi")
    with pytest.raises(InvalidChoice, match="each lumbar level once, found L4, L4"):
        RelateRequest(lumbar_level=("L4", "L4"))


def test_unknown_muscles_are_refused_by_their_own_error(make_cohort: MakeCohort) -> None:
    with pytest.raises(UnknownLabel, match=r"found 'psoas', in cohort\.csv"):
        select_values(make_cohort(6).replace("psoas_major", "psoas"), RelateRequest(), source="cohort.csv")
