"""Tables: cells of their kind, keys that are unique, and every problem of a table named at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.domain.tables import (
    CORRELATIONS,
    MEASUREMENTS,
    REGIONS,
    SLICES,
    TABLES,
    Column,
    Kind,
    Table,
    join_words,
    typed_cells,
)


def rows_of(*subjects: str, **cells: object) -> pd.DataFrame:
    """Measurement rows as a person might hand them in, with the fewest columns."""
    return pd.DataFrame(
        [{"subject_id": s, "level": "L4", "muscle": "sartorius", "side": "left", **cells} for s in subjects]
    )


def column(kind: Kind, name: str = "c") -> Column:
    return Column(name, kind, "1", "")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_contracts_hold_together(table: Table) -> None:
    names = table.column_names
    assert len(set(names)) == len(names)
    assert set(table.key) | set(table.required) <= set(names)
    assert all(one.meaning and (one.unit == "") == (one.kind in (Kind.TEXT, Kind.TRUTH)) for one in table.columns)
    assert all(one.name.endswith(f"_{one.unit}") for one in table.columns if one.unit in ("mm", "mm2", "mm3"))
    assert TABLES[table.name] is table
    assert list(table.empty().columns) == names
    assert len(table.empty()) == 0
    assert table.check(table.empty()).dtypes.equals(table.empty().dtypes)


def test_keys_and_columns_are_those_of_the_contract() -> None:
    assert " ".join(SLICES.column_names) == (
        "subject_id session series reader_id region level slice_position muscle side slice_index position_mm "
        "n_pixels n_valid csa_mm2 fcsa_mm2 fi ff ff_of_sums lean_area_mm2 mean_signal n_outside threshold "
        "fat_method flags reason"
    )
    assert " ".join(MEASUREMENTS.column_names) == (
        "subject_id session series reader_id region level slice_position muscle side n_slices n_slices_expected "
        "csa_mm2 fcsa_mm2 fi ff ff_of_sums ff_signal_calibrated lean_area_mm2 volume_mm3 severe severe_by "
        "severe_margin asymmetry_csa asymmetry_fcsa fi_difference threshold fat_method flags reason"
    )
    assert " ".join(REGIONS.column_names) == (
        "subject_id session series reader_id region muscles rule closing_radius_mm n_slices compartment_mm3 "
        "excluded_mm3 intermat_mm3 intramuscular_fat_mm3 lean_volume_mm3 lean_volume_of_ff_mm3 muscle_volume_mm3 "
        "n_invalid threshold fat_method flags reason"
    )
    assert " ".join(CORRELATIONS.column_names) == (
        "lumbar_muscle lumbar_measure lumbar_level hip_muscle hip_measure hip_level n rho rho_low rho_high p p_method "
        "q family family_size side_rule bilateral_rule missing_rule covariates df reason"
    )
    assert " ".join(MEASUREMENTS.key) == "subject_id session series reader_id level slice_position muscle side"


def test_optional_columns_are_filled_in_and_extra_ones_stay_at_the_end() -> None:
    checked = MEASUREMENTS.check(rows_of("a", "b", site="north", fi=0.5))
    assert list(checked.columns) == [*MEASUREMENTS.column_names, "site"]
    assert checked["session"].tolist() == ["", ""]
    assert checked["csa_mm2"].isna().all()
    assert checked["severe"].isna().all()
    assert checked["fi"].tolist() == [0.5, 0.5]
    assert checked.dtypes[["csa_mm2", "n_slices", "severe"]].astype(str).tolist() == ["float64", "Int64", "boolean"]


@pytest.mark.parametrize("index", [[7, 3, 5], [1, 1, 1], ["x", "y", "z"]], ids=["shuffled", "repeated", "named"])
def test_cells_stay_in_their_rows_whatever_the_index(index: list[object]) -> None:
    given = rows_of("a", "b", "c").assign(fi=[0.1, 0.2, 0.3]).set_axis(index)
    checked = MEASUREMENTS.check(given)
    assert dict(zip(checked["subject_id"], checked["fi"], strict=True)) == {"a": 0.1, "b": 0.2, "c": 0.3}
    assert given.index.tolist() == index
    assert "session" not in given


def test_checking_twice_changes_nothing() -> None:
    once = MEASUREMENTS.check(rows_of("a", "b", n_slices=3, severe="yes", fi="0.25"))
    pd.testing.assert_frame_equal(MEASUREMENTS.check(once), once)


def test_rows_become_typed_columns_in_order() -> None:
    frame = MEASUREMENTS.frame([{"subject_id": "a", "fi": 0.0, "severe": False}, {"subject_id": "b", "n_slices": 3}])
    assert list(frame.columns) == MEASUREMENTS.column_names
    assert frame["fi"].tolist()[0] == 0.0
    assert np.isnan(frame["fi"].tolist()[1])
    assert frame["n_slices"].tolist() == [pd.NA, 3]
    assert frame["severe"].tolist() == [False, pd.NA]
    with pytest.raises(TableInvalid, match="Expected columns of measurements, found csa, fat"):
        MEASUREMENTS.frame([{"subject_id": "a", "fat": 1, "csa": 2}])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_numbers_written_as_their_shortest_text_read_back_to_the_same_bits(numbers: list[float]) -> None:
    read = typed_cells([repr(x) for x in numbers], column(Kind.NUMBER))
    assert read.to_numpy().tobytes() == np.array(numbers).tobytes()
    again = typed_cells(typed_cells(numbers, column(Kind.TEXT)).tolist(), column(Kind.NUMBER))
    assert again.to_numpy().tobytes() == read.to_numpy().tobytes()


@pytest.mark.parametrize("missing", [None, "", float("nan"), np.float32("nan"), pd.NA, pd.NaT], ids=repr)
def test_missing_is_missing_in_every_kind_and_zero_is_not(missing: object) -> None:
    assert typed_cells([missing, 0], column(Kind.TEXT)).tolist() == ["", "0"]
    for kind in (Kind.NUMBER, Kind.INTEGER, Kind.TRUTH):
        cells = typed_cells([missing, 0], column(kind))
        assert cells.isna().tolist() == [True, False]
        assert cells[1] == 0


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (Kind.INTEGER, "3.0", 3),
        (Kind.INTEGER, np.int64(3), 3),
        (Kind.NUMBER, "1e-3", 0.001),
        (Kind.TRUTH, " TRUE ", True),
        (Kind.TRUTH, np.False_, False),
        (Kind.TRUTH, "no", False),
        (Kind.TRUTH, 1.0, True),
    ],
)
def test_cells_of_other_programs_are_understood(kind: Kind, value: object, cell: object) -> None:
    assert typed_cells([value], column(kind))[0] == cell


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INTEGER, 2.5),
        (Kind.INTEGER, float("inf")),
        (Kind.INTEGER, "nan"),
        (Kind.NUMBER, "0,5"),
        (Kind.NUMBER, [1]),
        (Kind.TRUTH, "maybe"),
        (Kind.TRUTH, 2),
    ],
    ids=repr,
)
def test_cells_of_another_kind_are_refused(kind: Kind, value: object) -> None:
    with pytest.raises(TableInvalid, match=f"Expected {kind.value} values in c, found") as refusal:
        typed_cells([None, value], column(kind))
    assert repr(value) in refusal.value.message


def test_every_problem_is_listed_at_once() -> None:
    given = rows_of("a", "a", "", csa_mm2="large", n_slices=1.5, fi=45, severe="perhaps")
    with pytest.raises(TableInvalid) as refusal:
        MEASUREMENTS.check(given, source="cohort.csv")
    for part in (
        "Expected number values in csa_mm2, found 'large'.",
        "Expected integer values in n_slices, found 1.5.",
        "Expected truth values in severe, found 'perhaps'.",
        "Expected values from 0 to 1 in fi, found 45; fractions are stored 0-1, not in %.",
        "Expected subject_id in every row, found none in row 3.",
        "found several for subject_id a, level L4, muscle sartorius, side left.",
        "In cohort.csv.",
    ):
        assert part in refusal.value.message


def test_missing_columns_are_named_beside_the_other_problems() -> None:
    given = rows_of("a", fi="x").drop(columns=["level", "side"])
    with pytest.raises(TableInvalid, match=r"missing level, side\. .*in fi, found 'x'\. In the given table") as refusal:
        MEASUREMENTS.check(given)
    assert refusal.value.hint == "Found: subject_id, muscle, fi."


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"fi": -0.001}, "values from 0 to 1 in fi, found -0.001"),
        ({"csa_mm2": -1.0}, "finite values from 0 on in csa_mm2, found -1"),
        ({"csa_mm2": float("inf")}, "finite values from 0 on in csa_mm2, found inf"),
        ({"n_slices": -2}, "finite values from 0 on in n_slices, found -2"),
        ({"asymmetry_csa": float("-inf")}, "finite values in asymmetry_csa, found -inf"),
    ],
)
def test_values_that_cannot_be_are_refused(cells: dict[str, float], problem: str) -> None:
    with pytest.raises(TableInvalid, match=f"Expected {problem}"):
        MEASUREMENTS.check(rows_of("a", **cells))


def test_noise_may_carry_fat_fractions_beyond_their_ends() -> None:
    checked = MEASUREMENTS.check(rows_of("a", ff=-0.02, ff_of_sums=1.01, fi=1.0, csa_mm2=0.0))
    assert checked.loc[0, ["ff", "ff_of_sums"]].tolist() == [-0.02, 1.01]


def test_double_rows_are_named_with_every_part_of_their_key() -> None:
    row = {"subject_id": "a", "muscle": "sartorius", "side": "left", "slice_index": 0}
    with pytest.raises(
        TableInvalid, match="several for subject_id a, muscle sartorius, side left, slice_index 0"
    ) as found:
        SLICES.check(pd.DataFrame([row, {**row, "slice_index": 1}, row]))
    assert "double rows" in found.value.hint
    assert len(SLICES.check(pd.DataFrame([row, {**row, "slice_index": 1}, {**row, "session": "2"}]))) == 3


def test_words_are_joined_once_in_the_order_given() -> None:
    assert join_words(["small_roi", "", "near_cut", "small_roi"]) == "small_roi;near_cut"
    assert join_words([]) == ""
