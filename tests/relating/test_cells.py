from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from napari_hipspine.domain.tables import CORRELATIONS
from napari_hipspine.relating.cells import correlate_values
from napari_hipspine.relating.request import RelateRequest
from napari_hipspine.relating.subject_values import select_values

MakeCohort = Callable[..., pd.DataFrame]
Change = Callable[..., pd.DataFrame]


def relate(table: pd.DataFrame, **request: object) -> pd.DataFrame:
    asked = RelateRequest(**request)
    return correlate_values(select_values(table, asked), asked)


def cell(correlations: pd.DataFrame, lumbar: str, hip: str) -> pd.Series:
    names = ["lumbar_muscle", "lumbar_measure", "hip_muscle", "hip_measure"]
    chosen = (correlations[names] == [*lumbar.split(), *hip.split()]).all(axis=1)
    return correlations[chosen].iloc[0]


def test_every_cell_is_there_in_reading_order(make_cohort: MakeCohort) -> None:
    table = relate(make_cohort())
    assert list(table.columns) == CORRELATIONS.column_names
    assert len(table) == 72
    assert table["hip_muscle"].drop_duplicates().tolist()[0] == "gluteus_minimus"
    assert table.loc[:2, "lumbar_measure"].tolist() == ["fcsa", "fi", "fcsa"]
    assert table.loc[:5, "hip_measure"].eq("fcsa").all()
    assert (table["n"] == 31).all()
    assert (table["df"] == 29).all()
    assert (table["family_size"] == 72).all()
    assert (table["q"] >= table["p"]).all()


def test_a_cell_agrees_with_scipy_on_the_given_values(make_cohort: MakeCohort) -> None:
    table = make_cohort()
    fi = table.pivot(index="subject_id", columns=["muscle", "side"], values="fi")
    expected = spearmanr(fi["multifidus"].sum(axis=1), fi["sartorius"].sum(axis=1))
    found = cell(relate(table, bilateral="mean"), "multifidus fi", "sartorius fi")
    assert found["rho"] == pytest.approx(expected.statistic, abs=1e-14)
    assert found["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert found["rho_low"] < found["rho"] < found["rho_high"]


def test_mean_and_sum_give_the_same_ranks(make_cohort: MakeCohort) -> None:
    mean, added = (relate(make_cohort(), bilateral=rule) for rule in ("mean", "sum"))
    pd.testing.assert_series_equal(mean["rho"], added["rho"])
    assert mean["bilateral_rule"].unique().tolist() == ["mean"]
    assert relate(make_cohort(), side="left")["bilateral_rule"].unique().tolist() == [""]


def test_subjects_and_rows_in_another_order_give_the_same_table(make_cohort: MakeCohort, change: Change) -> None:
    few = change(make_cohort(12), {"subject_id": "001", "muscle": "sartorius"}, fi=0.2, fcsa_mm2=100.0)
    few = change(few, {"subject_id": "002", "muscle": "sartorius"}, fi=0.2, fcsa_mm2=100.0)
    shuffled = few.sample(frac=1, random_state=1).assign(
        subject_id=lambda t: t["subject_id"].map(lambda s: f"{99 - int(s):03d}")
    )
    pd.testing.assert_frame_equal(relate(shuffled), relate(few))
    assert set(relate(few)["p_method"]) == {"exact", "permutation"}


def test_empty_cells_have_n_and_reason_and_do_not_count(make_cohort: MakeCohort, change: Change) -> None:
    table = make_cohort(9)
    for subject in ("000", "001", "002", "003", "004"):
        where = {"subject_id": subject, "muscle": "gluteus_minimus"}
        table = change(table, where, fi=np.nan, reason="absent_at_level")
    table = change(table, {"muscle": "sartorius"}, fcsa_mm2=100.0)
    correlations = relate(table)
    few, constant = (cell(correlations, "multifidus fi", hip) for hip in ("gluteus_minimus fi", "sartorius fcsa"))
    assert (few["n"], few["reason"]) == (4, "too_few_subjects;absent_at_level")
    assert (constant["n"], constant["reason"]) == (9, "constant_values")
    for empty in (few, constant):
        assert empty[["rho", "rho_low", "rho_high", "p", "q", "df"]].isna().all()
        assert empty["p_method"] == ""
    assert (correlations["family_size"] == 72 - 6 - 6).all()


def test_psoas_of_a_threshold_is_an_empty_cell_with_its_reason(make_cohort: MakeCohort) -> None:
    psoas = cell(relate(make_cohort(fat_method="otsu")), "psoas_major fi", "sartorius fcsa")
    assert (psoas["n"], psoas["reason"]) == (0, "psoas_threshold_unreliable")
    allowed = relate(make_cohort(fat_method="otsu"), allow_psoas_threshold_fi=True)
    assert allowed["reason"].eq("").all()


def test_families_are_adjusted_apart(make_cohort: MakeCohort) -> None:
    rows = relate(make_cohort(), family="hip_row")
    assert rows["family"].nunique() == 12
    assert (rows["family_size"] == 6).all()
    same = relate(make_cohort(), family="same_measure")
    assert same["q"].notna().sum() == 36
    assert (same["family"] == "").sum() == 36


def test_no_subject_with_every_value_leaves_only_empty_cells(make_cohort: MakeCohort, change: Change) -> None:
    table = make_cohort(2)
    table = change(table, {"subject_id": "000", "muscle": "sartorius"}, fi=np.nan)
    table = change(table, {"subject_id": "001", "muscle": "multifidus"}, fi=np.nan)
    correlations = relate(table, missing="complete")
    assert (correlations["n"] == 0).all()
    assert correlations["reason"].eq("too_few_subjects").all()


@pytest.mark.parametrize(
    ("family", "n_families", "size", "label"),
    [
        ("all", 1, 216, "all"),
        ("hip_row", 12, 18, "hip_row: sartorius fi"),
        ("lumbar_muscle", 3, 72, "lumbar_muscle: multifidus"),
        ("lumbar_column", 18, 12, "lumbar_column: multifidus fi L3"),
        ("muscle_pair", 18, 12, "muscle_pair: multifidus with sartorius"),
    ],
)
def test_families_cover_all_levels_of_a_run(
    make_cohort: MakeCohort, change: Change, family: str, n_families: int, size: int, label: str
) -> None:
    cohort = make_cohort()
    others = [
        change(make_cohort(seed=seed), {"region": "lumbar"}, level=level).query("region == 'lumbar'")
        for seed, level in ((5, "L3"), (6, "L5"))
    ]
    levels = ("L3", "L4", "L5")
    table = relate(pd.concat([cohort, *others]), lumbar_level=levels, family=family)
    assert len(table) == 216
    assert table["lumbar_level"].drop_duplicates().tolist() == list(levels)
    assert not table.duplicated(list(CORRELATIONS.key)).any()
    counts = table.groupby("family")["family_size"].agg(["size", "first"])
    assert len(counts) == n_families
    assert (counts == size).all(axis=None)
    assert label in counts.index
    alone = relate(cohort)
    at_l4 = table[table["lumbar_level"] == "L4"].reset_index(drop=True)
    pd.testing.assert_series_equal(at_l4["rho"], alone["rho"])
