"""Implants, fusions, metal and single slices: what they touch is empty with its reason, what they do not stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.anatomy import find_level, find_structure, vocabulary
from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.domain.implants import KEPT_KINDS, KINDS, Implant, Implants, read_implants
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan, SlicesAround
from napari_hipspine.measuring.measures import measure_again

NUMBERS = ["csa_mm2", "fcsa_mm2", "fi", "volume_mm3"]


@pytest.fixture(scope="module")
def body(made):
    return made.body_with_fat(n_slices=7, seed=4)


@pytest.fixture(scope="module")
def measured_with(made, body):
    """Measures the body with a window of three slices around L4 at slice 2 and L5 at slice 5."""
    voxels, labels, _ = body
    placements = (LevelPlacement(find_level("L4"), 8.0), LevelPlacement(find_level("L5"), 20.0))
    plan = LevelPlan(placements, SlicesAround(3))

    def measure(*rows: dict[str, Any], plan: LevelPlan = plan, metal=None, keeps_metal: bool = False, **more: Any):
        table = pd.DataFrame([{"subject_id": "s1", "region": "lumbar"} | row for row in rows] or None)
        found = read_implants(table) if rows else ()
        implants = Implants(found, metal, metal_values=more.get("values", ()), keeps_metal=keeps_metal)
        return made.measure(
            made.volume_of(voxels), made.labels_of(labels), plan=plan, implants=implants if rows or metal else None
        )

    return measure


def test_a_slice_leaves_by_its_own_reason_and_the_window_is_measured_without_it(made, body, measured_with) -> None:
    whole = measured_with()
    out = measured_with({"slice_first": 2, "slice_last": 2, "kind": "poor_quality"})
    slices = out.slices.set_index(["side", "slice_index"])
    gone = slices.loc[[("left", 2), ("right", 2)]]
    assert set(gone["reason"]) == {"poor_quality"}
    assert gone[["n_pixels", "csa_mm2", "fi", "fcsa_mm2", "mean_signal"]].isna().all(axis=None)
    assert gone["position_mm"].tolist() == [8.0, 8.0]
    assert set(gone["level"]) == {"L4"}
    kept = slices.drop([("left", 2), ("right", 2)])
    pd.testing.assert_series_equal(
        kept["csa_mm2"], whole.slices.set_index(["side", "slice_index"])["csa_mm2"].loc[kept.index]
    )
    for side in ("left", "right", "both"):
        row = made.row_of(out.measurements, level="L4", side=side)
        assert (row["n_slices"], row["n_slices_expected"], row["reason"]) == (2, 3, "")
        assert {"partial_window", "slices_left_out"} <= set(row["flags"].split(";"))
        other = made.row_of(out.measurements, level="L5", side=side)
        assert "slices_left_out" not in other["flags"]
    left = kept.loc[[("left", 1), ("left", 3)], "csa_mm2"].mean()
    assert made.row_of(out.measurements, level="L4", side="left")["csa_mm2"] == left


def test_a_slice_of_one_side_leaves_that_side_alone_and_what_compares_both_is_flagged(made, measured_with) -> None:
    out = measured_with({"slice_first": 2, "slice_last": 2, "side": "right", "kind": "poor_quality"})
    left, right, both = (made.row_of(out.measurements, level="L4", side=side) for side in ("left", "right", "both"))
    whole = measured_with()
    assert left["csa_mm2"] == made.row_of(whole.measurements, level="L4", side="left")["csa_mm2"]
    assert [left["n_slices"], right["n_slices"], both["n_slices"]] == [3, 2, 2]
    assert "slices_left_out" not in left["flags"]
    for row in (right, both):
        assert {"partial_window", "slices_left_out"} <= set(row["flags"].split(";"))
    assert both["csa_mm2"] == left["csa_mm2"] + right["csa_mm2"]
    mean = (left["csa_mm2"] + right["csa_mm2"]) / 2
    assert both["asymmetry_csa"] == pytest.approx((right["csa_mm2"] - left["csa_mm2"]) / mean)
    assert both["fi_difference"] == pytest.approx(right["fi"] - left["fi"])


def test_an_implant_of_one_side_empties_it_and_both(made, measured_with) -> None:
    out = measured_with({"side": "right"})
    for level in ("L4", "L5"):
        right, both = (made.row_of(out.measurements, level=level, side=side) for side in ("right", "both"))
        assert (right["reason"], both["reason"]) == ("implant", "one_side_missing;implant")
        assert all(pd.isna(row[name]) for row in (right, both) for name in NUMBERS)
        assert made.row_of(out.measurements, level=level, side="left")["fi"] > 0
    assert set(out.slices.loc[out.slices["side"] == "right", "reason"]) == {"implant"}
    assert out.notes[-1] == "7 outlines on slices were left out: implant"


def test_a_fused_level_leaves_and_no_threshold_moves_with_it(made, measured_with) -> None:
    whole, out = measured_with(), measured_with({"level": "L4", "kind": "fusion"})
    of_l4 = out.measurements[out.measurements["level"] == "L4"]
    assert set(of_l4["reason"]) == {"fusion"}
    assert of_l4[NUMBERS].isna().all(axis=None)
    rest = out.measurements["level"] == "L5"
    pd.testing.assert_frame_equal(out.measurements[rest], whole.measurements[rest])
    assert out.thresholds.as_dict() == whole.thresholds.as_dict()
    assert set(out.slices.loc[out.slices["slice_index"].isin([1, 2, 3]), "reason"]) == {"fusion"}


def test_signals_of_slices_that_leave_do_not_find_thresholds(made, body) -> None:
    """A band of metal bright as nothing else moves the threshold of the whole picture unless its slices leave."""
    voxels, labels, _ = body
    clean = made.measure(made.volume_of(voxels[:5]), made.labels_of(labels[:5]))
    spoilt = voxels.copy()
    spoilt[5:][labels[5:] > 0] = 900
    implants = Implants((Implant("s1", "lumbar", slices=(5, 6)),))
    out = made.measure(made.volume_of(spoilt), made.labels_of(labels), implants=implants)
    for muscle, one in clean.thresholds.muscles.items():
        assert out.thresholds.muscles[muscle].threshold == pytest.approx(one.threshold, rel=0.01)
    row = made.row_of(out.measurements, side="left")
    assert (row["n_slices"], row["n_slices_expected"]) == (5, 7)
    assert row["fi"] == pytest.approx(made.row_of(clean.measurements, side="left")["fi"], abs=0.005)


def test_metal_takes_the_outlines_it_overlaps_unless_it_is_kept(made, body, measured_with) -> None:
    _, labels, _ = body
    region = np.zeros_like(labels)
    region[4:6, 30:33, 30:36] = 1
    metal = made.labels_of(region, {})
    out = measured_with(metal=metal)
    reasons = out.slices.set_index(["side", "slice_index"])["reason"]
    touched = {key for key, reason in reasons.items() if reason == "metal_artefact"}
    # Label 1 lies in the lower columns: the patient's right of these pictures.
    assert touched == {("right", 4), ("right", 5)}
    assert set(measured_with(metal=metal, values=(2,)).slices["reason"]) == {""}
    only = measured_with(metal=metal, values=(1,))
    pd.testing.assert_frame_equal(only.slices, out.slices)
    kept = measured_with(metal=metal, keeps_metal=True)
    flagged = kept.slices[kept.slices["flags"].str.contains("metal_artefact")]
    assert set(zip(flagged["side"], flagged["slice_index"], strict=True)) == touched
    np.testing.assert_array_equal(kept.slices["csa_mm2"], measured_with().slices["csa_mm2"])
    assert "metal_artefact" in made.row_of(kept.measurements, level="L5", side="both")["flags"]


def test_rows_of_others_change_nothing_and_that_is_said(measured_with) -> None:
    whole = measured_with()
    for row in ({"subject_id": "s2"}, {"region": "hip"}, {"muscle": "psoas_major"}, {"session": "later"}):
        out = measured_with(row)
        pd.testing.assert_frame_equal(out.measurements, whole.measurements)
        assert out.notes[-1] == "of the implants handed in none touches an outline of this subject"


def test_everything_may_leave(made, measured_with) -> None:
    out = measured_with({})
    assert set(out.measurements["reason"]) == {"implant"}
    assert len(out.measurements) == 6
    assert set(out.slices["reason"]) == {"implant"}


def test_after_an_edit_the_same_leaves(made, body, measured_with) -> None:
    voxels, labels, _ = body
    before = measured_with({"slice_first": 2, "slice_last": 2})
    edited = labels.copy()
    edited[3, 20:24] = 0
    implants = Implants((Implant("s1", "lumbar", slices=(2, 2)),))
    placements = (LevelPlacement(find_level("L4"), 8.0), LevelPlacement(find_level("L5"), 20.0))
    after = measure_again(
        *(before, [3], made.volume_of(voxels), made.labels_of(edited), LevelPlan(placements, SlicesAround(3))),
        made.manual(150.0),
        key=made.KEY,
        implants=implants,
    )
    gone = after.slices[after.slices["slice_index"] == 2]
    assert set(gone["reason"]) == {"implant"}
    assert made.row_of(after.slices, side="left", slice_index=3)["n_pixels"] == 400


def test_what_cannot_be_carried_out_is_refused(measured_with) -> None:
    with pytest.raises(InvalidChoice, match="Expected slices from 0 to 6 to leave out, found 5 to 7"):
        measured_with({"slice_first": 5, "slice_last": 7})
    with pytest.raises(InvalidChoice, match="Expected a marked level for what is left out at L4, found no level"):
        measured_with({"level": "L4"}, plan=LevelPlan())
    base = pd.DataFrame({"subject_id": ["1"], "region": ["hip"]})
    with pytest.raises(TableInvalid, match=r"Expected a kind of implant, fusion.*found 'screw'"):
        read_implants(base.assign(kind="screw"))
    with pytest.raises(TableInvalid, match="poor_quality to keep, found 'not_measured'"):
        read_implants(base.assign(kind="not_measured", keep="yes"))


def test_kinds_are_words_of_the_closed_list() -> None:
    known = {kind: {term.id for term in vocabulary().of_kind(kind)} for kind in ("reason", "flag")}
    assert set(KINDS) <= known["reason"]
    assert {*KEPT_KINDS, "slices_left_out"} <= known["flag"]


def test_the_thigh_belongs_to_the_hip() -> None:
    hip, lumbar = Implant("1", "hip", side="left"), Implant("1", "lumbar")
    touched = {"sartorius": hip, "adductor_magnus": hip, "quadriceps_femoris": hip, "autochthon": lumbar}
    for muscle, implant in touched.items():
        structure = find_structure(muscle, "left")
        assert implant.touches(structure.muscle, "left")
        assert not (lumbar if implant is hip else hip).touches(structure.muscle, "left")
    assert not hip.touches(find_structure("sartorius", "right").muscle, "right")
    assert hip.touches(find_structure("sartorius", "right").muscle, "both")
