"""Region tables of people as columns of a cohort."""

from __future__ import annotations

import pandas as pd
import pytest

from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.relating.models.region_volumes import list_region_volumes

ROW = {
    "region": "lumbar",
    "muscles": "multifidus_left;multifidus_right",
    "rule": "muscles_closed",
    "closing_radius_mm": "8.0",
    "n_slices": "24",
    "intermat_mm3": "50000",
    "intramuscular_fat_mm3": "",
    "lean_volume_mm3": "700000",
    "fat_method": "fat-reference",
}


def regions(*changes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{"subject_id": f"p{k}", **ROW, **change} for k, change in enumerate(changes)])


def test_volumes_are_in_cm3_and_what_nobody_has_is_no_column() -> None:
    found, told = list_region_volumes(regions({}, {"intermat_mm3": "0", "flags": "touches_edge", "n_slices": "20"}))
    assert list(found.columns) == ["subject_id", "intermat_cm3", "lean_volume_cm3"]
    assert found["intermat_cm3"].tolist() == [50.0, 0.0]
    assert found["lean_volume_cm3"].tolist() == [700.0, 700.0]
    muscles = "multifidus_left, multifidus_right"
    assert told == (
        f"InterMAT as defined here and lean volume: compartment muscles_closed, 8 mm; muscles {muscles}.",
        "Volumes grow with the slices measured: 20 to 24 slices per person.",
        "Flag touches_edge: 1 of 2 people.",
    )


def test_the_order_of_muscles_is_none_and_other_muscles_have_no_volumes() -> None:
    turned, more = "multifidus_right;multifidus_left", "multifidus_left;multifidus_right;psoas_major_left"
    found, told = list_region_volumes(regions({}, {"muscles": turned}, {"muscles": more}))
    assert found["intermat_cm3"].isna().tolist() == [False, False, True]
    assert found["lean_volume_cm3"].isna().tolist() == [False, False, True]
    assert "1 people with other muscles have no volumes: p2." in told
    with pytest.raises(InvalidChoice, match="Expected most people with the same muscles, found 2 sets, 1 people"):
        list_region_volumes(regions({}, {"muscles": more}))


def test_an_empty_cell_stays_empty_and_says_why() -> None:
    found, told = list_region_volumes(regions({}, {"intermat_mm3": "", "reason": "no_fat_class"}))
    assert found["intermat_cm3"].isna().tolist() == [False, True]
    assert "Empty (no_fat_class): 1 of 2 people." in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"closing_radius_mm": "5"}, "found by one rule, found muscles_closed, 5 mm; muscles_closed, 8 mm"),
        ({"rule": "drawn", "closing_radius_mm": ""}, "found by one rule, found drawn; muscles_closed, 8 mm"),
        ({"fat_method": "dixon"}, "fat told in one way, found Dixon: 1 people; threshold: 1 people"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        list_region_volumes(regions({}, change))


def test_mixed_contrast_may_be_allowed() -> None:
    found, _ = list_region_volumes(regions({}, {"fat_method": "dixon"}), mixed_contrast=True)
    assert len(found) == 2


def test_two_rows_of_a_person_are_refused_unless_they_are_two_sessions() -> None:
    twice = pd.concat([regions({}), regions({"region": "hip"})])
    with pytest.raises(TableInvalid, match=r"one region row per subject_id, found several for p0 \(hip, lumbar\)"):
        list_region_volumes(twice)
    found, _ = list_region_volumes(pd.concat([regions({"session": "a"}), regions({"session": "b"})]))
    assert found["session"].tolist() == ["a", "b"]
    with pytest.raises(TableInvalid, match="missing rule"):
        list_region_volumes(regions({}).drop(columns="rule"))
