"""Rows per muscle and side as columns of a person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.wide_columns import choose_where, spread_measures


def rows(*changes: dict[str, str]) -> pd.DataFrame:
    row = {"subject_id": "a", "level": "L4", "muscle": "multifidus", "side": "left", "fi": "0.3", "csa_mm2": "900"}
    return pd.DataFrame([row | change for change in changes]).fillna("")


def test_every_muscle_and_side_is_a_column_and_gaps_are_gaps() -> None:
    table = rows({}, {"side": "both", "fi": "0.25"}, {"subject_id": "b", "fi": ""}, {"subject_id": "c", "muscle": "x"})
    wide, told = spread_measures(table, ["fi", "csa"])
    assert list(wide.columns) == [
        "subject_id",
        "fi_multifidus_left",
        "fi_multifidus_both",
        "fi_x_left",
        "csa_multifidus_left",
        "csa_multifidus_both",
        "csa_x_left",
    ]
    assert wide["fi_multifidus_left"].tolist() == pytest.approx([0.3, np.nan, np.nan], nan_ok=True)
    assert wide["csa_multifidus_left"].tolist() == pytest.approx([900, 900, np.nan], nan_ok=True)
    assert told == ()


def test_psoas_fat_of_a_threshold_is_left_out_unless_it_is_allowed() -> None:
    flagged = {"muscle": "psoas_major", "flags": "near_cut;psoas_threshold_unreliable"}
    wide, told = spread_measures(rows({}, flagged), ["fi", "csa"])
    assert wide["fi_psoas_major_left"].isna().all()
    assert wide["csa_psoas_major_left"].tolist() == [900]
    assert told == ("fi of the psoas was told by a signal threshold and left out for 1 people.",)
    wide, told = spread_measures(rows({}, flagged), ["fi"], allow_psoas_threshold_fi=True)
    assert wide["fi_psoas_major_left"].tolist() == [0.3]


def test_mixed_contrast_is_refused_where_fat_matters() -> None:
    table = rows({"fat_method": "dixon"}, {"subject_id": "b", "fat_method": "pooled"})
    with pytest.raises(InvalidChoice, match="one way for fi, found Dixon: 1 people; threshold: 1 people"):
        spread_measures(table, ["fi"])
    assert len(spread_measures(table, ["csa"])[0]) == 2
    assert len(spread_measures(table, ["fi"], mixed_contrast=True)[0]) == 2


def test_several_levels_have_to_be_chosen_from() -> None:
    table = rows({}, {"level": "L5"})
    with pytest.raises(TableInvalid, match="several for a, multifidus, left"):
        spread_measures(table, ["fi"])
    assert len(choose_where(table, level=["L4"])) == 1
    assert len(choose_where(table, level=["L4", "L5"], session=[])) == 2
    with pytest.raises(TableInvalid, match="Expected rows of level L3, found L4, L5"):
        choose_where(table, level=["L3", "L4"])
    with pytest.raises(TableInvalid, match="Expected rows of session a, found none"):
        choose_where(table, session=["a"])


def test_what_is_no_measure_is_refused() -> None:
    with pytest.raises(InvalidChoice, match="fatness"):
        spread_measures(rows({}), ["fatness"])
    with pytest.raises(TableInvalid, match="missing ff"):
        spread_measures(rows({}), ["ff"])
