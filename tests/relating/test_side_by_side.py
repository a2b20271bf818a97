"""Two results beside each other: differences against arithmetic by hand, and a reason for every gap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.anatomy import vocabulary
from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.relating.side_by_side import SIDE_BY_SIDE, set_side_by_side


def row(muscle: str, side: str, **cells) -> dict:
    usual = {"subject_id": "sub-1", "level": "L4", "slice_position": "", "n_slices": 1, "fat_method": "fat-reference"}
    return {**usual, "muscle": muscle, "side": side, "reason": "", **cells}


def one(table: pd.DataFrame, muscle: str, side: str, measure: str) -> pd.Series:
    found = table[(table["muscle"] == muscle) & (table["side"] == side) & (table["measure"] == measure)]
    assert len(found) == 1
    return found.iloc[0]


A = pd.DataFrame(
    [
        row("multifidus", "left", csa_mm2=800.0, fcsa_mm2=600.0, fi=0.25),
        row("multifidus", "right", csa_mm2=0.0, fcsa_mm2=None, fi=None, reason="too_few_pixels"),
        row("psoas_major", "left", csa_mm2=1000.0, fcsa_mm2=900.0, fi=0.1),
    ]
)
B = pd.DataFrame(
    [
        row("erector_spinae", "left", csa_mm2=1500.0, fcsa_mm2=1200.0, fi=0.2),
        row("multifidus", "right", csa_mm2=700.0, fcsa_mm2=630.0, fi=0.1, n_slices=3),
        row("multifidus", "left", csa_mm2=600.0, fcsa_mm2=480.0, fi=0.2),
    ]
)


def test_rows_are_matched_and_differences_are_b_less_a_in_the_unit_of_the_measure():
    table = set_side_by_side(A, B)
    csa = one(table, "multifidus", "left", "csa_mm2")
    assert (csa["value_a"], csa["value_b"], csa["difference"], csa["unit"]) == (800.0, 600.0, -200.0, "mm2")
    assert csa["difference_share"] == -0.25
    fi = one(table, "multifidus", "left", "fi")
    assert fi["difference"] == pytest.approx(-0.05)
    assert np.isnan(fi["difference_share"]), "a share of a share is read wrongly too easily"
    assert set(table["measure"]) == {"csa_mm2", "fcsa_mm2", "fi"}, "what neither has is left out"


def test_every_gap_has_a_reason_of_the_vocabulary():
    table = set_side_by_side(A, B)
    assert one(table, "psoas_major", "left", "fi")["reason_b"] == "not_measured"
    assert one(table, "erector_spinae", "left", "fi")["reason_a"] == "not_measured"
    assert one(table, "multifidus", "right", "fi")["reason_a"] == "too_few_pixels"
    zero = one(table, "multifidus", "right", "csa_mm2")
    assert (zero["value_a"], zero["difference"], zero["reason"]) == (0.0, 700.0, "zero_divisor")
    assert (zero["slices_a"], zero["slices_b"]) == (1, 3)
    known = {term.id for term in vocabulary().of_kind("reason")}
    for name in ("a", "b"):
        empty = table[table[f"value_{name}"].isna()]
        assert set(empty[f"reason_{name}"]) <= known
    both = table["value_a"].notna() & table["value_b"].notna()
    assert (table.loc[~both, "difference"].isna()).all()
    assert (table.loc[both & table["difference"].isna(), "reason"] != "").all()


def test_fat_told_from_other_contrasts_is_not_subtracted_and_areas_are():
    dixon = B.assign(fat_method="dixon")
    table = set_side_by_side(A, dixon)
    assert one(table, "multifidus", "left", "fi")["reason"] == "other_contrast"
    assert np.isnan(one(table, "multifidus", "left", "fcsa_mm2")["difference"])
    assert one(table, "multifidus", "left", "csa_mm2")["difference"] == -200.0
    stated = set_side_by_side(A.assign(contrast="T1"), B.assign(contrast="T2"))
    assert one(stated, "multifidus", "left", "fi")["reason"] == "other_contrast"
    same = set_side_by_side(A.assign(contrast="T2"), B.assign(contrast="T2"))
    assert one(same, "multifidus", "left", "fi")["reason"] == ""
    half = set_side_by_side(A.assign(contrast="T2"), B)
    assert one(half, "multifidus", "left", "fi")["reason"] == "", "what is not stated is not another contrast"
    mixed = B.assign(fat_method=["dixon", "fat-reference", "dixon"])
    assert one(set_side_by_side(A, mixed), "multifidus", "left", "fi")["reason"] == "other_contrast", "row by row"


def test_swapping_turns_the_sign_and_nothing_else():
    there, back = set_side_by_side(A, B), set_side_by_side(B, A)
    assert list(there[list(SIDE_BY_SIDE.key)].itertuples(index=False)) == list(
        back[list(SIDE_BY_SIDE.key)].itertuples(index=False)
    )
    np.testing.assert_allclose(there["difference"], -back["difference"])
    assert (set_side_by_side(A, A)["difference"].dropna() == 0).all()


def test_two_time_points_in_one_table_are_refused_with_their_names():
    double = pd.concat([A.assign(session="1"), A.assign(session="2")])
    with pytest.raises(TableInvalid, match=r"one row for L4 multifidus left, found several: session 1 and 2, in first"):
        set_side_by_side(double, B, sources=("first", "second"))
    with pytest.raises(TableInvalid, match="missing"):
        set_side_by_side(A.drop(columns="muscle"), B)
