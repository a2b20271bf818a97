from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.relating.multiplicity import Adjustment, CellName, Family, adjust_p, adjust_within_families

many_p = st.lists(st.floats(0, 1), min_size=1, max_size=40)
CELL = CellName("multifidus", "fcsa", "sartorius", "fi")


@given(many_p)
@settings(max_examples=40, deadline=None)
def test_q_agrees_with_scipy_and_statsmodels(p: list[float]) -> None:
    q = adjust_p(p)
    np.testing.assert_allclose(q, false_discovery_control(p), atol=1e-14)
    np.testing.assert_allclose(q, multipletests(p, method="fdr_bh")[1], atol=1e-14)
    by = adjust_p(p, adjustment=Adjustment.BY)
    np.testing.assert_allclose(by, false_discovery_control(p, method="by"), atol=1e-14)


@given(many_p)
@settings(max_examples=40, deadline=None)
def test_q_is_never_below_p_and_keeps_the_order_of_p(p: list[float]) -> None:
    q = adjust_p(p)
    assert (q >= np.array(p)).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()
    shuffled = np.random.default_rng(len(p)).permutation(len(p))
    np.testing.assert_array_equal(adjust_p(np.array(p)[shuffled]), q[shuffled])


def test_empty_cells_do_not_count() -> None:
    full, sizes = adjust_within_families([0.01, 0.02, 0.5], ["all"] * 3)
    gappy, gappy_sizes = adjust_within_families([0.01, np.nan, 0.02, 0.5], ["all"] * 4)
    np.testing.assert_array_equal(gappy, [full[0], np.nan, full[1], full[2]])
    assert sizes.tolist() == [3, 3, 3]
    assert gappy_sizes.tolist() == [3, 3, 3, 3]


def test_families_are_adjusted_apart_and_cells_in_none_get_no_q() -> None:
    q, sizes = adjust_within_families([0.01, 0.04, 0.02, 0.03], ["a", "b", "a", ""])
    np.testing.assert_array_equal(q, [0.02, 0.04, 0.02, np.nan])
    assert sizes.tolist() == [2, 1, 2, 0]


@pytest.mark.parametrize(
    ("family", "label"),
    [
        (Family.ALL, "all"),
        (Family.HIP_MUSCLE, "hip_muscle: sartorius"),
        (Family.HIP_ROW, "hip_row: sartorius fi"),
        (Family.LUMBAR_MUSCLE, "lumbar_muscle: multifidus"),
        (Family.LUMBAR_COLUMN, "lumbar_column: multifidus fcsa"),
        (Family.MUSCLE_PAIR, "muscle_pair: multifidus with sartorius"),
        (Family.SAME_MEASURE, ""),
    ],
)
def test_every_family_names_its_members(family: Family, label: str) -> None:
    assert family.label(CELL) == label
    assert Family.SAME_MEASURE.label(CELL._replace(lumbar_measure="fi")) == "same_measure"


def test_p_outside_its_range_is_refused() -> None:
    with pytest.raises(TableInvalid, match=r"between 0 and 1, found 0\.2 to 1\.5"):
        adjust_p([0.2, 1.5])
