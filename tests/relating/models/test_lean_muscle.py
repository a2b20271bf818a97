from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.models.activity import add_activity_groups
from napari_hipspine.relating.models.fitting import fit_model
from napari_hipspine.relating.models.lean_muscle import sum_lean_volumes
from napari_hipspine.relating.models.model_request import ModelRequest
from napari_hipspine.relating.models.normalise import add_z_scores
from napari_hipspine.relating.models.volume_indices import INTERMAT, LEAN, add_volume_indices


def volumes(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["subject_id", "muscle", "side", "volume_mm3", "fi"])


def test_lean_volume_is_volume_without_the_voxels_called_fat() -> None:
    table = volumes(
        ("a", "gluteus_maximus", "left", 800_000, 0.25),
        ("a", "gluteus_maximus", "right", 500_000, 0.2),
        ("a", "gluteus_maximus", "both", 1_300_000, 0.23),
        ("a", "sartorius", "left", 9e9, 0.0),
    )
    found = sum_lean_volumes(table, ["gluteus_maximus"])
    assert found[LEAN.volume].tolist() == [1000.0]
    assert found["n_muscles"].tolist() == [2]


def test_a_person_without_one_of_the_muscles_has_no_sum() -> None:
    table = volumes(
        ("a", "sartorius", "left", 1000, 0.0),
        ("b", "sartorius", "left", 1000, 0.0),
        ("b", "sartorius", "right", 1000, np.nan),
        ("c", "sartorius", "left", 1000, 0.0),
        ("c", "sartorius", "right", 1000, 0.0),
    )
    assert sum_lean_volumes(table, ["sartorius"])[LEAN.volume].isna().tolist() == [True, True, False]


def test_double_rows_and_missing_columns_are_refused() -> None:
    twice = volumes(("a", "sartorius", "left", 1000, 0.0), ("a", "sartorius", "left", 1000, 0.0))
    with pytest.raises(TableInvalid, match="found several for a, sartorius, left"):
        sum_lean_volumes(twice, ["sartorius"])
    with pytest.raises(TableInvalid, match="missing fi"):
        sum_lean_volumes(twice.drop(columns="fi"), ["sartorius"])
    with pytest.raises(InvalidChoice, match="Expected at least one muscle"):
        sum_lean_volumes(twice, [])


def test_index_of_1000_cm3_and_25_is_40() -> None:
    given = pd.DataFrame({LEAN.volume: [1000.0, 1000.0], "bmi_kg_m2": ["25", ""]})
    table, told = add_volume_indices(given, LEAN)
    found = table[LEAN.per_bmi]
    assert told == ("lmm_index_cm3_per_kg_m2: lean_volume_cm3 / bmi_kg_m2; an index, not a mass.",)
    assert found[0] == 40
    assert np.isnan(found[1])


def test_index_from_weight_and_height() -> None:
    given = pd.DataFrame({LEAN.volume: [1000.0], "weight_kg": [81.0], "height_m": [1.8]})
    found, _ = add_volume_indices(given, LEAN)
    assert found[LEAN.per_bmi][0] == pytest.approx(40)
    assert found[LEAN.per_height2][0] == pytest.approx(1000 / 3.24)


def test_residual_is_what_height_and_sex_leave() -> None:
    rng = np.random.default_rng(0)
    height, sex = rng.uniform(1.5, 2.0, 60), np.tile(["f", "m"], 30)
    own = rng.normal(size=60)
    people = pd.DataFrame({"height_m": height, "sex": sex, LEAN.volume: 900 * height + 50 * (sex == "m") + own})
    table, told = add_volume_indices(people, LEAN)
    residual = table[LEAN.residual].to_numpy()
    assert told[-1] == "lean_volume_residual_cm3: what a linear model on height_m and sex leaves over 60 rows."
    assert residual.mean() == pytest.approx(0, abs=1e-9)
    assert np.corrcoef(residual, height)[0, 1] == pytest.approx(0, abs=1e-9)
    assert np.corrcoef(residual, own)[0, 1] > 0.95


def test_other_units_and_missing_columns_are_refused() -> None:
    with pytest.raises(TableInvalid, match=r"Expected 0.4 to 2.6 in height_m, found 180: is it in another unit"):
        add_volume_indices(pd.DataFrame({LEAN.volume: [1.0], "height_m": [180]}), LEAN)
    with pytest.raises(TableInvalid, match=f"Expected the column {LEAN.volume}"):
        add_volume_indices(pd.DataFrame({"bmi_kg_m2": [25]}), LEAN)
    with pytest.raises(TableInvalid, match="Expected no lmm_index_cm3_per_kg_m2 in the table"):
        add_volume_indices(pd.DataFrame({LEAN.volume: [1.0], "bmi_kg_m2": [25], LEAN.per_bmi: [3]}), LEAN)


def test_a_volume_without_height_weight_and_bmi_stays_alone() -> None:
    given = pd.DataFrame({INTERMAT.volume: [1.0], "weight_kg": [80]})
    table, told = add_volume_indices(given, INTERMAT)
    assert list(table.columns) == list(given.columns)
    assert told == ()


def test_nobody_with_height_and_sex_leaves_the_residual_empty() -> None:
    given = pd.DataFrame({INTERMAT.volume: [1.0, 2.0], "height_m": ["", "1.8"], "sex": ["f", ""]})
    table, _ = add_volume_indices(given, INTERMAT)
    assert table[INTERMAT.residual].isna().all()
    assert table[INTERMAT.per_height2].round(4).tolist()[1] == 0.6173


@given(
    values=st.lists(st.floats(-1e3, 1e3).map(lambda v: round(v, 3)), min_size=3, max_size=20, unique=True),
    ddof=st.sampled_from([0, 1]),
)
def test_z_scores_have_mean_zero_and_deviation_one(values: list[float], ddof: int) -> None:
    table, (reference,) = add_z_scores(pd.DataFrame({"x": values}), "x", ddof=ddof)
    assert table["x_z"].mean() == pytest.approx(0, abs=1e-9)
    assert table["x_z"].std(ddof=ddof) == pytest.approx(1)
    assert (reference.n, reference.ddof, reference.group) == (len(values), ddof, "all")


def test_z_scores_within_sex_leave_gaps_empty_and_tell_their_reference() -> None:
    table = pd.DataFrame({"x": ["1", "3", "10", "", "20", "5"], "sex": ["f", "f", "m", "m", "m", ""]})
    found, references = add_z_scores(table, "x", within="sex")
    assert found["x_z"].round(4).tolist()[:3] == [-0.7071, 0.7071, -0.7071]
    assert found["x_z"].isna().tolist() == [False, False, False, True, False, True]
    assert references[0].sentence == "x_z: (x - 2) / 1.41421, reference sex=f of this table (n 2, ddof 1)."


def test_z_scores_may_refer_to_some_rows_only() -> None:
    table = pd.DataFrame({"x": [1.0, 3.0, 10.0, 4.0], "pain": ["0", "0", "1", "0.0"], "sex": ["f", "f", "f", "m"]})
    found, (reference,) = add_z_scores(table, "x", reference=("pain", "0"))
    assert found["x_z"].round(4).tolist() == [-0.7071, 0.7071, 5.6569, 1.4142]
    assert reference.sentence == "x_z: (x - 2) / 1.41421, reference pain=0 of this table (n 2, ddof 1)."
    with pytest.raises(TableInvalid, match="at least two different values of x in sex=m, pain=0, found 0"):
        add_z_scores(table, "x", within="sex", reference=("pain", "0"))


def test_z_scores_that_cannot_be_are_refused() -> None:
    with pytest.raises(TableInvalid, match="at least two different values of x in all, found 1"):
        add_z_scores(pd.DataFrame({"x": [2, 2]}), "x")
    with pytest.raises(TableInvalid, match="missing sex"):
        add_z_scores(pd.DataFrame({"x": [2, 3]}), "x", within="sex")
    with pytest.raises(TableInvalid, match="found x_z already"):
        add_z_scores(pd.DataFrame({"x": [2, 3], "x_z": [0, 1]}), "x")


def test_activity_in_three_groups_with_the_ends_in_the_middle() -> None:
    table = pd.DataFrame({"met": ["0", "499.9", "500", "5000", "5000.1", ""]})
    found = add_activity_groups(table, "met")["activity"].tolist()
    assert found == ["low", "low", "moderate", "moderate", "high", ""]


def test_published_shares_of_pain_per_activity_group() -> None:
    """Outcome shares of 24.6, 19.4 and 22.0 % make odds ratios above 1 at both ends of a moderate reference."""
    rows = [(a, k) for a, n in (("low", 246), ("moderate", 194), ("high", 220)) for k in [1] * n + [0] * (1000 - n)]
    table = pd.DataFrame(rows, columns=["activity", "cbp"])
    fitted = fit_model(table, ModelRequest("cbp ~ activity", references={"activity": "moderate"}))
    odds = dict(zip(fitted.design.columns, np.exp(fitted.beta), strict=True))
    assert odds["activitylow"] == pytest.approx(0.246 / 0.754 / (0.194 / 0.806))
    assert odds["activityhigh"] == pytest.approx(0.220 / 0.780 / (0.194 / 0.806))


def test_activity_that_cannot_be_cut_is_refused() -> None:
    with pytest.raises(InvalidChoice, match="Expected cuts that rise, found 5 and 5"):
        add_activity_groups(pd.DataFrame({"met": [1]}), "met", cuts=(5, 5))
    with pytest.raises(TableInvalid, match="Expected 0 or more in met, found -1"):
        add_activity_groups(pd.DataFrame({"met": [-1]}), "met")
    with pytest.raises(TableInvalid, match="Expected met and no activity in the table"):
        add_activity_groups(pd.DataFrame({"met": [1], "activity": ["low"]}), "met")
