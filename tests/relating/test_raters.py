from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.grade_agreement import KappaWeights
from napari_hipspine.relating.raters import (
    RaterColumn,
    pair_raters,
    tabulate_kappa,
    tabulate_limits,
    tabulate_reliability,
)
from napari_hipspine.relating.reliability import find_icc_agreement, find_limits, find_mean_squares

MakeCohort = Callable[..., pd.DataFrame]


@pytest.fixture
def two_readers(make_cohort: MakeCohort) -> pd.DataFrame:
    """Two readers of one muscle and side; the second reads 3 more mm2 and skipped the last subject."""
    table = make_cohort(10)
    table = table[(table["muscle"] == "sartorius") & (table["side"] == "left")].reset_index(drop=True)
    noise = np.random.default_rng(1).normal(size=len(table))
    other = table.assign(reader_id="b", fcsa_mm2=table["fcsa_mm2"] + 3 + noise)[:-1]
    return pd.concat([table.assign(reader_id="a"), other], ignore_index=True)


def test_raters_stand_side_by_side(two_readers: pd.DataFrame) -> None:
    (rated,) = pair_raters(two_readers, ["fcsa"])
    assert rated.what == ("greater_trochanter", "sartorius", "left", "fcsa")
    assert rated.raters == ("a", "b")
    assert rated.values.shape == (10, 2)
    assert np.isnan(rated.values[-1, 1])


def test_tables_hold_the_numbers_of_the_formulas(two_readers: pd.DataFrame) -> None:
    rated = pair_raters(two_readers, ["fcsa"])
    values = rated[0].values
    (row,) = tabulate_reliability(rated).to_dict("records")
    assert [row["raters"], row["n"]] == ["a;b", 9]
    assert row["icc21"] == find_icc_agreement(find_mean_squares(values)).value
    assert row["mdc95_within"] == pytest.approx(1.96 * 2**0.5 * row["sem_within"])
    (row,) = tabulate_limits(rated).to_dict("records")
    limits = find_limits(values[:, 0], values[:, 1])
    assert (row["bias"], row["bias_low"], row["bias_high"]) == limits.bias
    assert row["bias"] == pytest.approx(3, abs=1)
    assert [row["first"], row["second"], row["n"]] == ["a", "b", 9]


def test_grades_are_compared_within_all_that_are_possible(two_readers: pd.DataFrame) -> None:
    graded = two_readers.assign(grade=[0, 1, 2, 3, 2, 1, 0, 0, 1, 2, 0, 1, 2, 3, 3, 1, 0, 1, 1])
    rated = pair_raters(graded, ["grade"])
    (row,) = tabulate_kappa(rated, weights=KappaWeights.QUADRATIC).to_dict("records")
    assert [row["measure"], row["n"], row["grades"]] == ["grade", 9, "0;1;2;3"]
    assert row["same_grade"] == pytest.approx(7 / 9)
    assert row["kappa_low"] < row["kappa"] < row["kappa_high"]
    wider = tabulate_kappa(rated, weights=KappaWeights.QUADRATIC, grades=range(5)).iloc[0]
    assert wider["kappa"] == pytest.approx(row["kappa"])
    with pytest.raises(TableInvalid, match="Expected grades of 0, 1, found 2"):
        tabulate_kappa(rated, weights=KappaWeights.NONE, grades=(0, 1))
    alike = pair_raters(two_readers.assign(grade=2), ["grade"])
    (row,) = tabulate_kappa(alike, weights=KappaWeights.NONE).to_dict("records")
    assert (row["reason"], row["n"]) == ("one_grade_only", 9)
    assert np.isnan(row["kappa"])
    same = tabulate_reliability(alike).iloc[0]
    assert same["reason"] == "constant_values"


def test_too_few_subjects_are_a_reason_not_a_number(two_readers: pd.DataFrame) -> None:
    few = two_readers[two_readers["subject_id"].isin(["000", "001"])]
    for table in (tabulate_reliability(pair_raters(few, ["fi"])), tabulate_limits(pair_raters(few, ["fi"]))):
        assert table["n"].tolist() == [2]
        assert table["reason"].tolist() == ["too_few_rated"]


def test_what_tells_raters_apart_is_found_or_asked_for(two_readers: pd.DataFrame) -> None:
    one = two_readers[two_readers["reader_id"] == "a"]
    with pytest.raises(InvalidChoice, match="at least two raters of a subject apart, found none"):
        pair_raters(one, ["fi"])
    both = two_readers.assign(session=["1"] * 10 + ["2"] * 9)
    with pytest.raises(InvalidChoice, match="found reader_id, session"):
        pair_raters(both, ["fi"])
    assert pair_raters(both, ["fi"], by=RaterColumn.SESSION)[0].raters == ("1", "2")
    by_file = two_readers.assign(reader_id="", file=["a.csv"] * 10 + ["b.csv"] * 9)
    assert pair_raters(by_file, ["fi"])[0].raters == ("a.csv", "b.csv")
    per_region = two_readers.assign(series=["hip 1" if s < "005" else "hip 2" for s in two_readers["subject_id"]])
    assert pair_raters(per_region, ["fi"])[0].raters == ("a", "b")


def test_double_rows_and_unknown_columns_are_refused(two_readers: pd.DataFrame) -> None:
    double = pd.concat([two_readers.assign(session="1"), two_readers[:1].assign(session="2")])
    with pytest.raises(TableInvalid, match="one row per subject and reader_id, found several for 000, a"):
        pair_raters(double, ["fi"], by=RaterColumn.READER)
    with pytest.raises(InvalidChoice, match="a measure or a column of grades, found 'goutallier'"):
        pair_raters(two_readers, ["goutallier"])
    with pytest.raises(TableInvalid, match="numbers in grade, found 'II'"):
        pair_raters(two_readers.assign(grade="II"), ["grade"])


def test_an_interval_of_no_width_is_none_and_says_why(two_readers: pd.DataFrame) -> None:
    first = two_readers[two_readers["reader_id"] == "a"].assign(grade=range(10))
    again = pd.concat([first, first.assign(reader_id="b", fcsa_mm2=first["fcsa_mm2"] + 0.1)])
    (kappa,) = tabulate_kappa(pair_raters(again, ["grade"]), weights=KappaWeights.LINEAR).to_dict("records")
    assert (kappa["kappa"], kappa["same_grade"], kappa["reason"]) == (1.0, 1.0, "no_spread")
    assert np.isnan([kappa["kappa_low"], kappa["kappa_high"]]).all()
    rated = pair_raters(again, ["fi", "fcsa"])
    alike, apart = tabulate_reliability(rated).to_dict("records")
    assert (alike["icc21"], alike["icc31"], alike["reason"]) == (1.0, 1.0, "no_spread")
    assert (apart["icc31"], apart["reason"]) == (1.0, "no_spread")
    assert np.isnan([apart["icc21_low"], apart["icc31_high"]]).all()
    alike, apart = tabulate_limits(rated).to_dict("records")
    assert (alike["bias"], alike["sd_difference"], alike["reason"]) == (0.0, 0.0, "no_spread")
    assert (apart["bias"], apart["lower"], apart["upper"]) == pytest.approx((0.1, 0.1, 0.1))
    assert (apart["sd_difference"], apart["reason"]) == (0.0, "no_spread")
    assert np.isnan([apart["bias_low"], apart["upper_high"]]).all()
