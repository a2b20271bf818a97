"""Labels in a store answer to every index as a numpy array does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

from .label_stores import SHAPE, new_store, voxels


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A store and an array that is treated alike."""
    with new_store(tmp_path_factory.mktemp("keys")) as store:
        yield store, np.zeros(SHAPE, dtype=np.uint16)


def _integers(n):
    return st.lists(st.integers(-n, n - 1), min_size=0, max_size=5).map(lambda found: np.array(found, dtype=int))


@st.composite
def arrays_beside_slices(draw):
    """Whole numbers, masks of one axis and slices side by side."""
    keys = []
    n_points = draw(st.integers(1, 4))
    for n in SHAPE:
        points = st.lists(st.integers(-n, n - 1), min_size=n_points, max_size=n_points).map(np.array)
        keys.append(draw(st.one_of(points, st.slices(n), st.integers(0, n - 1))))
    return tuple(keys)


@st.composite
def masks(draw):
    """Masks of all axes, of the last two, and of one."""
    seed = np.random.default_rng(draw(st.integers(0, 99)))
    share = draw(st.sampled_from([0.0, 0.001, 0.5]))
    whole = seed.random(SHAPE) < share
    at = draw(st.integers(0, SHAPE[0] - 1))
    return draw(
        st.sampled_from([whole, (at, whole[at]), (slice(None), whole[0]), (whole[:, 0, 0],), (..., whole[0, 0])])
    )


keys = st.one_of(
    basic_indices(SHAPE, allow_newaxis=False),
    _integers(SHAPE[0]),
    arrays_beside_slices(),
    masks(),
)


@given(key=keys, value=st.integers(0, 3))
@settings(max_examples=120)
def test_a_number_is_assigned_as_in_numpy(pair, key, value):
    store, array = pair
    array[key] = value
    store.labels[key] = value
    assert np.array_equal(store.labels[...], array)
    assert np.array_equal(np.asarray(store.labels[key]), array[key])


@given(key=keys, seed=st.integers(0, 9), n_leading=st.integers(0, 2))
@settings(max_examples=80)
def test_values_are_assigned_as_in_numpy(pair, key, seed, n_leading):
    store, array = pair
    shape = array[key].shape
    # To one voxel, and to a mask by itself, numpy assigns no values with more axes.
    leading = (1,) * (0 if isinstance(key, np.ndarray) or not shape else n_leading)
    values = np.random.default_rng(seed).integers(0, 4, leading + shape)
    array[key] = values
    store.labels[key] = values
    assert np.array_equal(store.labels[...], array)


def test_the_disk_holds_the_same(pair):
    store, array = pair
    for labels in (array, store.labels):
        labels[0, :3, 1:5] = 2
        labels[2, [5, 7], 6] = 3
    assert np.array_equal(voxels(store), array)


@given(seed=st.integers(0, 99), n=st.integers(0, 400))
@settings(max_examples=10)
def test_points_all_over_the_volume(pair, seed, n):
    store, array = pair
    draw = np.random.default_rng(seed)
    index = tuple(draw.integers(0, size, n) for size in SHAPE)
    # The same point may be given several times; the last value counts.
    values = draw.integers(0, 9, n)
    array[index] = values
    store.labels[index] = values
    assert np.array_equal(store.labels[...], array)
    assert np.array_equal(store.labels[index], array[index])


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ((0, 0, 0, 0), "3 axes"),
        ((None, 0), "new axis"),
        ((..., ...), "ellipsis"),
        (3, "out of bounds"),
        ((slice(None), np.array([300])), "within an axis of 300"),
        ((np.array([0.5]),), "whole numbers"),
        ((np.ones((2, 2), bool),), "mask of the shape"),
        ((True,), "mask"),
    ],
)
def test_indices_that_do_not_fit_are_refused(pair, key, message):
    store, array = pair
    with pytest.raises(IndexError, match=message):
        store.labels[key]
    with pytest.raises(IndexError, match=message):
        store.labels[key] = 1
    assert np.array_equal(store.labels[...], array)


def test_values_that_do_not_fit_are_refused(pair):
    store, array = pair
    for key in ((0, slice(0, 3), 0), ([0, 1, 2], 0, 0), (slice(None, None, 2), slice(0, 3), [1, 2, 3])):
        with pytest.raises(ValueError, match="broadcast"):
            store.labels[key] = np.array([1, 2])
    assert np.array_equal(store.labels[...], array)


def test_what_is_read_is_free_to_be_changed(pair):
    store, array = pair
    for key in (0, (0, slice(3, 9), slice(3, 9)), ([0, 1], [3, 4], [5, 6]), ...):
        region = store.labels[key]
        region += 1
    assert np.array_equal(store.labels[...], array)
    assert (store.labels.ndim, store.labels.shape, store.labels.dtype) == (3, SHAPE, np.uint16)
    assert len(store.labels) == SHAPE[0]
    assert np.array_equal(np.asarray(store.labels), array)
