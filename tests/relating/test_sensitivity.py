from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.domain.tables import CORRELATIONS
from napari_hipspine.relating.request import BilateralRule, RelateRequest
from napari_hipspine.relating.sensitivity import (
    USUAL_VARIATIONS,
    Origin,
    Variation,
    compare_variations,
    describe_variations,
    find_missing,
    other_bilateral,
)
from napari_hipspine.relating.shifted_slices import shift_levels


def make_correlations(*cells: tuple[str, float | None, float | None, float | None]) -> pd.DataFrame:
    rows = [
        {"lumbar_muscle": "multifidus", "lumbar_measure": "fi", "hip_muscle": hip, "hip_measure": "fi", "n": 20}
        | {"rho": rho, "p": p, "q": q, "family": "all", "reason": "" if rho is not None else "too_few_subjects"}
        for hip, rho, p, q in cells
    ]
    return CORRELATIONS.frame(rows)


def test_each_cell_stands_beside_itself_and_what_changes_is_named() -> None:
    main = make_correlations(("sartorius", 0.5, 0.02, 0.2), ("gluteus_minimus", None, None, None))
    other = make_correlations(("sartorius", -0.1, 0.6, 0.04), ("gluteus_minimus", 0.3, 0.1, 0.1))
    same = make_correlations(("sartorius", 0.4, 0.049, 0.3))
    table = compare_variations(
        main, [Variation("threshold_plus_10_percent", Origin.GIVEN, other), Variation("x", Origin.COMPUTED, same)]
    )
    assert table["variation"].tolist() == ["main", "threshold_plus_10_percent", "x"] * 2
    assert table["source"].tolist()[:3] == ["computed", "given", "computed"]
    assert table["changes"].tolist() == ["", "sign;p_05;q_05", "", "", "", ""]
    assert table["rho_difference"].tolist()[:3] == pytest.approx([0, -0.6, -0.1])
    assert table["rho_difference"].isna().tolist()[3:] == [True, True, True]
    assert table["reason"].tolist()[3:] == ["too_few_subjects", "", "not_measured"]


def test_names_are_used_once() -> None:
    main = make_correlations(("sartorius", 0.5, 0.02, 0.2))
    with pytest.raises(InvalidChoice, match="its own name other than main, found main"):
        compare_variations(main, [Variation("main", Origin.GIVEN, main)])


def test_sides_are_joined_otherwise_only_where_that_can_change_a_rank() -> None:
    assert other_bilateral(RelateRequest(bilateral="sum")).bilateral is BilateralRule.POOLED
    assert other_bilateral(RelateRequest()).bilateral is BilateralRule.MEAN
    assert other_bilateral(RelateRequest(side="left")) is None
    assert other_bilateral(RelateRequest(measures=("csa", "fcsa"))) is None


def test_what_was_not_looked_at_stands_in_the_table_with_its_reason() -> None:
    main = make_correlations(("sartorius", 0.5, 0.02, 0.2))
    given = ["bilateral_mean", *USUAL_VARIATIONS[3:], *USUAL_VARIATIONS[:2]]
    assert find_missing([Variation(name, Origin.GIVEN, main) for name in given], RelateRequest()) == []
    missing = find_missing([Variation("slice_plus_1", Origin.MEASURED, main)], RelateRequest(side="left"))
    assert [one.name for one in missing] == [name for name in USUAL_VARIATIONS if name != "slice_plus_1"]
    assert {one.name: one.reason for one in missing}["bilateral"] == "not_applicable"
    table = compare_variations(main, missing).set_index("variation")
    assert set(table["source"].drop("main")) == {"missing"}
    assert table.loc["threshold_plus_10_percent", "reason"] == "not_measured"
    assert table["rho"].drop("main").isna().all()


def test_each_variation_is_told_in_one_sentence() -> None:
    main = make_correlations(("sartorius", 0.5, 0.02, 0.2), ("gluteus_minimus", 0.1, 0.6, 0.6))
    other = make_correlations(("sartorius", 0.3, 0.06, 0.2), ("gluteus_minimus", -0.1, 0.7, 0.04)).assign(n=18)
    gone = Variation("outline_plus_half_pixel", Origin.MISSING, None, "not_measured")
    table = compare_variations(main, [Variation("slice_plus_1", Origin.MEASURED, other), gone])
    moved, missing, how = describe_variations(table)
    assert moved == (
        "Held against slice_plus_1: rho moves by 0.200 (median) to 0.200 in 2 cells; 1 p and 1 q cross .05, "
        "1 change sign; not on the same subjects in every cell."
    )
    assert missing == "Not held against outline_plus_half_pixel: not_measured."
    assert "hipspine measure … --variations" in how
    assert len(describe_variations(compare_variations(main, [Variation("slice_plus_1", Origin.MEASURED, other)]))) == 1


def make_slices() -> pd.DataFrame:
    """Slices 0 to 4; the window of L4 takes 1 and 2; the last slice has no labels."""
    rows = [
        {"subject_id": "007", "region": "lumbar", "muscle": "multifidus", "side": "left", "slice_index": k}
        | {"level": "L4" if k in (1, 2) else "", "csa_mm2": 100.0 * (k + 1), "fcsa_mm2": 80.0 * (k + 1)}
        | {"fi": 0.1 * (k + 1), "n_valid": 10 * (k + 1), "fat_method": "dixon"}
        for k in range(4)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("offset", "csa", "fi", "n_slices"),
    [(0, 250.0, (0.2 * 20 + 0.3 * 30) / 50, 2), (1, 350.0, (0.3 * 30 + 0.4 * 40) / 70, 2), (2, 400.0, 0.4, 1)],
)
def test_windows_move_along_the_slices(offset: int, csa: float, fi: float, n_slices: int) -> None:
    (row,) = shift_levels(make_slices(), offset).to_dict("records")
    assert row["csa_mm2"] == csa
    assert row["fcsa_mm2"] == pytest.approx(0.8 * csa)
    assert row["fi"] == pytest.approx(fi)
    assert [row["n_slices"], row["n_slices_expected"], row["level"]] == [n_slices, 2, "L4"]


def test_farther_is_towards_the_head_whatever_the_order_of_the_file() -> None:
    ascending = make_slices().assign(position_mm=lambda table: 4.0 * table["slice_index"])
    descending = make_slices().assign(position_mm=lambda table: -4.0 * table["slice_index"])
    areas = [shift_levels(table, 1)["csa_mm2"].iloc[0] for table in (ascending, descending)]
    assert areas == [350.0, 150.0]


def test_slices_that_were_left_out_do_not_count() -> None:
    table = make_slices()
    table.loc[2, ["csa_mm2", "fcsa_mm2", "fi", "n_valid"]] = np.nan
    table["reason"] = ["", "", "fusion", ""]
    (row,) = shift_levels(table, 0).to_dict("records")
    assert [row["csa_mm2"], row["n_slices"], row["n_slices_expected"], row["reason"]] == [200.0, 1, 2, ""]
    (row,) = shift_levels(table[1:3].assign(reason="fusion", csa_mm2=np.nan), 0).to_dict("records")
    assert [row["n_slices"], row["reason"]] == [0, "fusion"]


def test_a_muscle_that_ends_is_absent_not_zero() -> None:
    (row,) = shift_levels(make_slices(), 3).to_dict("records")
    assert np.isnan(row["csa_mm2"])
    assert row["reason"] == "absent_at_level"


def test_slices_without_a_level_are_refused() -> None:
    with pytest.raises(TableInvalid, match="slices that belong to a level, found none in 4 rows"):
        shift_levels(make_slices().assign(level=""), 1)
