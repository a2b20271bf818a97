"""Left is left of right, judged on slices that show both, wherever the patient lies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.blocks import ArrayBlocks
from napari_hipspine.domain.errors import SideContradiction
from napari_hipspine.domain.grid import Grid
from napari_hipspine.reading.label_looks import tally_labels
from napari_hipspine.reading.sides import check_sides, count_side_votes

STRUCTURES = {1: find_structure("multifidus", "left"), 2: find_structure("multifidus", "right")}


def _grid(n_slices, *, x_mm=0.0, column_step=1.0):
    return Grid(
        (n_slices, 4, 10),
        [[0, 0, column_step, x_mm], [0, 1, 0, 0], [5, 0, 0, 0], [0, 0, 0, 1]],
    )


def _labels(n_slices, *, left_columns=slice(7, 9), right_columns=slice(1, 3)):
    """Columns grow to the patient's left."""
    labels = np.zeros((n_slices, 4, 10), np.uint16)
    labels[:, 1:3, left_columns] = 1
    labels[:, 1:3, right_columns] = 2
    return labels


def _check(labels, grid, structures=STRUCTURES):
    return check_sides(tally_labels(ArrayBlocks(labels), grid), structures, path="a.nii", naming="mine")


@given(x_mm=st.floats(-500, 500), step=st.floats(0.2, 3))
@settings(max_examples=20, deadline=None)
def test_agreement_does_not_depend_on_where_the_patient_lies(x_mm, step):
    """Never judged against x = 0: both sides may lie at negative x."""
    assert _check(_labels(3), _grid(3, x_mm=x_mm, column_step=step)) == ((), ())
    with pytest.raises(SideContradiction, match="multifidus"):
        _check(_labels(3), _grid(3, x_mm=x_mm, column_step=-step))


@pytest.mark.parametrize(("n_swapped", "refused"), [(0, False), (2, False), (3, True), (5, True)])
def test_the_majority_of_slices_decides(n_swapped, refused):
    labels = _labels(5)
    labels[:n_swapped] = labels[:n_swapped, :, ::-1]
    if refused:
        with pytest.raises(SideContradiction, match=rf"multifidus \({n_swapped} of 5 slices\)"):
            _check(labels, _grid(5))
    else:
        assert _check(labels, _grid(5)) == ((), ())


def test_each_muscle_is_judged_for_itself():
    """A swapped muscle is found although all others agree."""
    labels = _labels(3)
    labels[:, 0, 8], labels[:, 0, 1] = 12, 11
    structures = {11: find_structure("psoas_major", "left"), 12: find_structure("psoas_major", "right"), **STRUCTURES}
    with pytest.raises(SideContradiction, match="found the opposite for psoas major") as caught:
        _check(labels, _grid(3), structures)
    assert "multifidus" not in caught.value.message


def test_one_sided_map_is_noted():
    labels = _labels(3)
    labels[labels == 2] = 0
    flags, notes = _check(labels, _grid(3), {1: STRUCTURES[1]})
    assert flags == ("side_unchecked",)
    assert notes == ("side not checked, no slice shows both sides: multifidus",)


def test_sides_on_different_slices_are_not_judged():
    labels = _labels(4)
    labels[:2][labels[:2] == 1] = 0
    labels[2:][labels[2:] == 2] = 0
    assert _check(labels, _grid(4))[0] == ("side_unchecked",)


def test_a_one_sided_muscle_beside_a_checked_one_is_a_note_and_no_flag():
    labels = _labels(3)
    labels[:, 0, 8] = 11
    flags, notes = _check(labels, _grid(3), {11: find_structure("iliacus", "left"), **STRUCTURES})
    assert flags == ()
    assert notes == ("side not checked, no slice shows both sides: iliacus",)


def test_votes_are_counted_block_by_block_as_in_one_piece():
    labels = _labels(6)
    labels[4:] = labels[4:, :, ::-1]
    grid = _grid(6, x_mm=-37.5, column_step=0.7)
    whole = tally_labels(ArrayBlocks(labels), grid)
    pieces = tally_labels(ArrayBlocks(labels, (2, 3, 4)), grid)
    assert np.array_equal(whole.value, pieces.value)
    assert np.array_equal(whole.n_voxels, pieces.n_voxels)
    np.testing.assert_allclose(whole.x_mm, pieces.x_mm, atol=1e-9)
    (votes,) = count_side_votes(pieces, STRUCTURES)
    assert (votes.n_agreeing, votes.n_contradicting) == (4, 2)


def test_tally_equals_a_slow_loop():
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, (3, 4, 10)).astype(np.uint16) * 9000
    grid = Grid((3, 4, 10), [[0.3, 0.1, 0.9, 4.0], [0, 1, 0.2, 1], [5, 0.3, 0, 2], [0, 0, 0, 1]])
    tally = tally_labels(ArrayBlocks(labels, (2, 4, 5)), grid)
    for value, slice_index, n_voxels, x_mm in zip(
        tally.value, tally.slice_index, tally.n_voxels, tally.x_mm, strict=True
    ):
        rows, columns = np.nonzero(labels[slice_index] == value)
        assert n_voxels == rows.size
        expected = np.mean(0.3 * slice_index + 0.1 * rows + 0.9 * columns + 4.0)
        assert x_mm == pytest.approx(expected, abs=1e-9)
    assert tally.counts() == {v: int((labels == v).sum()) for v in (9000, 18000, 27000)}
