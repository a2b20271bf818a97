"""The synthetic cohort obeys the contract of the measurement table."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.domain.tables import MEASUREMENTS
from napari_hipspine.phantom.cohort import make_cohort


@pytest.fixture(scope="module")
def cohort():
    return make_cohort()


def test_is_a_measurement_table(cohort):
    checked = MEASUREMENTS.check(cohort)
    assert len(checked) == 31 * 9 * 3
    assert checked["subject_id"].str.startswith("synthetic").all()


def test_absent_muscles_are_empty_with_a_reason(cohort):
    n_present = cohort[cohort["csa_mm2"].notna() & (cohort["side"] == "both")].groupby("muscle")["csa_mm2"].count()
    assert n_present["gluteus_minimus"] == 14
    assert n_present["gluteus_medius"] == 23
    assert n_present["multifidus"] == 31
    empty = cohort[cohort["csa_mm2"].isna()]
    assert set(empty["reason"]) == {"absent_at_level"}
    assert empty["fi"].isna().all()
    assert (cohort.loc[cohort["csa_mm2"].notna(), "reason"] == "").all()


def test_both_sides_are_made_of_the_two(cohort):
    key = ["subject_id", "muscle"]
    by_side = {side: cohort[cohort["side"] == side].set_index(key) for side in ("left", "right", "both")}
    left, right, both = (by_side[side].astype({"csa_mm2": float, "fcsa_mm2": float, "fi": float}) for side in by_side)
    for name in ("csa_mm2", "fcsa_mm2"):
        np.testing.assert_allclose(both[name], left[name] + right[name], rtol=1e-12)
    np.testing.assert_allclose(both["fi"], 1 - both["fcsa_mm2"] / both["csa_mm2"], rtol=1e-9)
    np.testing.assert_allclose(left["fcsa_mm2"], left["csa_mm2"] * (1 - left["fi"]), rtol=1e-12)
    np.testing.assert_allclose(both["fi_difference"].astype(float), right["fi"] - left["fi"], atol=1e-15)
    assert both["severe"].isna().all()


def test_built_in_correlations_are_there():
    from scipy.stats import spearmanr

    large = make_cohort(n_subjects=400, seed=5)
    large = large[large["side"] == "both"]
    table = large.pivot(index="subject_id", columns="muscle", values=["fcsa_mm2", "fi"]).astype(float)

    def rho(lumbar, hip):
        pair = table[[lumbar, hip]].dropna()
        return spearmanr(pair[lumbar], pair[hip]).statistic

    assert rho(("fcsa_mm2", "erector_spinae"), ("fcsa_mm2", "gluteus_maximus")) > 0.4
    assert rho(("fi", "erector_spinae"), ("fi", "gluteus_maximus")) > 0.3
    assert abs(rho(("fcsa_mm2", "psoas_major"), ("fi", "tensor_fasciae_latae"))) < 0.2
