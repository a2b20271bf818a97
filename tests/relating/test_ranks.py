from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.relating.ranks import mid_ranks, rank_within

columns = arrays(np.float64, st.integers(1, 40), elements=st.integers(-5, 5).map(float))


@given(columns)
@settings(max_examples=40, deadline=None)
def test_mid_ranks_are_those_of_scipy(values: np.ndarray) -> None:
    assert mid_ranks(values).tolist() == rankdata(values).tolist()


@given(columns, st.data())
@settings(max_examples=40, deadline=None)
def test_ranks_within_a_subset_are_those_of_the_subset_alone(values: np.ndarray, data: st.DataObject) -> None:
    subset = data.draw(arrays(np.bool_, values.shape))
    ranks = rank_within(values, subset[None])[0]
    expected = 2 * rankdata(values[subset]) - (subset.sum() + 1)
    assert ranks[subset].tolist() == expected.tolist()
    assert not ranks[~subset].any()


def test_values_equal_to_ten_decimals_share_a_rank() -> None:
    assert mid_ranks([0.1 + 0.2, 0.3, 0.3 + 1e-9]).tolist() == [1.5, 1.5, 3.0]


def test_large_values_keep_their_order() -> None:
    assert mid_ranks([1e300, 2e300, 1.0]).tolist() == [2.0, 3.0, 1.0]


def test_missing_values_have_no_rank_and_take_none() -> None:
    ranks = mid_ranks([5.0, np.nan, 1.0, np.nan, 5.0])
    np.testing.assert_array_equal(ranks, [2.5, np.nan, 1.0, np.nan, 2.5])


def test_infinite_values_are_refused() -> None:
    with pytest.raises(TableInvalid, match="found 2 infinite"):
        mid_ranks([1.0, np.inf, -np.inf])
