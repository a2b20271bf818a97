"""IndexMap and MappedVoxels: permuting, flipping, cropping and padding, checked voxel by voxel in the patient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.blocks import ArrayBlocks, blocks_of
from napari_hipspine.domain.errors import GridMismatch
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.index_map import IndexMap, MappedVoxels, basic_box, index_map_between, seen_on

from .grids import affine_of, axial, grids, positions_of, turned

few = settings(max_examples=40, deadline=None)


def shift(by: int) -> np.ndarray:
    """What to add to an index step to start so many voxels later along every axis."""
    step = np.zeros((4, 4))
    step[:3, 3] = by
    return step


def numbered(grid: Grid) -> np.ndarray:
    """A different number in every voxel, none of them the background."""
    return np.arange(1, np.prod(grid.shape) + 1, dtype=np.uint16).reshape(grid.shape)


def by_position(voxels: np.ndarray, source: Grid, target: Grid) -> np.ndarray:
    """The slow way: every target voxel takes the source voxel at its place in the patient, else 0."""
    places = {
        tuple(np.round(p, 3) + 0.0): v for p, v in zip(positions_of(source).reshape(-1, 3), voxels.ravel(), strict=True)
    }
    found = [places.get(tuple(np.round(p, 3) + 0.0), 0) for p in positions_of(target).reshape(-1, 3)]
    return np.array(found, dtype=voxels.dtype).reshape(target.shape)


@st.composite
def grid_pairs(draw: st.DrawFn) -> tuple[Grid, Grid]:
    """A grid of whole millimetres and another that shares voxels with it, permuted, flipped, shifted and resized."""
    source = draw(grids(max_degrees=0, max_shear=0))
    source = Grid(source.shape, np.rint(source.affine * (2, 2, 2, 1)))
    order = draw(st.permutations(range(3)))
    signs = draw(st.tuples(*[st.sampled_from([1, -1])] * 3))
    shape = draw(st.tuples(*[st.integers(1, 6)] * 3))
    step = np.zeros((4, 4))
    for axis, (of, sign, n) in enumerate(zip(order, signs, shape, strict=True)):
        step[of, axis] = sign
        low = -(n - 1) if sign > 0 else 0
        high = source.shape[of] - 1 if sign > 0 else source.shape[of] - 1 + n - 1
        step[of, 3] = draw(st.integers(low, high))
    step[3, 3] = 1
    return source, Grid(shape, source.affine @ step)


@few
@given(grid_pairs())
def test_seen_on_another_grid_every_voxel_keeps_its_place(pair: tuple[Grid, Grid]) -> None:
    source, target = pair
    voxels = numbered(source)
    assert np.array_equal(np.asarray(seen_on(voxels, source, target)), by_position(voxels, source, target))


@few
@given(grid_pairs(), st.data())
def test_any_box_equals_the_same_part_of_the_whole(pair: tuple[Grid, Grid], data: st.DataObject) -> None:
    source, target = pair
    voxels = numbered(source)
    view = MappedVoxels(ArrayBlocks(voxels), index_map_between(source, target))
    whole = by_position(voxels, source, target)
    box = tuple(slice(*sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))) for n in target.shape)
    assert np.array_equal(view.read(box), whole[box])
    if view.is_empty(box):
        assert not whole[box].any()


@few
@given(grid_pairs())
def test_there_and_back_leaves_what_both_grids_hold(pair: tuple[Grid, Grid]) -> None:
    source, target = pair
    voxels = numbered(source)
    there = seen_on(voxels, source, target)
    back = np.asarray(seen_on(there, target, source))
    kept = np.isin(voxels, np.asarray(there))
    assert np.array_equal(back, np.where(kept, voxels, 0))
    one, other = index_map_between(source, target), index_map_between(target, source)
    assert [one.axes[other.axes[k]] for k in range(3)] == [0, 1, 2]
    assert [one.signs[other.axes[k]] * other.signs[k] for k in range(3)] == [1, 1, 1]


@few
@given(grid_pairs())
def test_a_detour_over_a_grid_that_holds_everything_changes_nothing(pair: tuple[Grid, Grid]) -> None:
    source, target = pair
    roomy = Grid(tuple(n + 24 for n in source.shape), source.affine @ (np.eye(4) + shift(-12)))
    voxels = numbered(source)
    detour = seen_on(seen_on(voxels, source, roomy), roomy, target)
    assert np.array_equal(np.asarray(detour), np.asarray(seen_on(voxels, source, target)))


def view_of_everything() -> tuple[MappedVoxels, np.ndarray]:
    """A view that permutes, flips, crops and pads, and the same as a numpy array."""
    source = axial()
    step = np.array([[0, -1, 0, 3], [1, 0, 0, -2], [0, 0, 1, 1], [0, 0, 0, 1]], dtype=float)
    target = Grid((6, 4, 5), source.affine @ step)
    view = MappedVoxels(ArrayBlocks(numbered(source)), index_map_between(source, target))
    return view, by_position(numbered(source), source, target)


@pytest.mark.parametrize(
    "key",
    [
        2,
        -1,
        np.int64(3),
        slice(None),
        slice(1, 4),
        slice(None, None, -1),
        slice(5, 0, -2),
        slice(None, None, 3),
        slice(2, 2),
        slice(-3, None),
        ...,
        (..., 1),
        (1, ...),
        (..., slice(3, 1, -1)),
        (2, slice(1, 3)),
        (0, -2, 3),
        (slice(1, 6, 2), 1, slice(None, None, -2)),
        (slice(None), slice(4, 9), slice(0)),
    ],
    ids=str,
)
def test_indexing_is_numpys(key: object) -> None:
    view, array = view_of_everything()
    assert view.shape == array.shape
    assert view.ndim == 3
    assert view.dtype == array.dtype
    found = view[key]
    assert found.shape == array[key].shape
    assert np.array_equal(found, array[key])


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (6, IndexError, "out of bounds"),
        ((0, -5), IndexError, "out of bounds"),
        ((0, 0, 0, 0), IndexError, "too many indices"),
        (1.0, TypeError, "cannot be interpreted as an integer"),
    ],
)
def test_indices_numpy_refuses_are_refused(key: object, error: type[Exception], words: str) -> None:
    view, _ = view_of_everything()
    with pytest.raises(error, match=words):
        view[key]


def test_an_index_reads_no_more_than_its_box() -> None:
    assert basic_box((2, slice(5, 1, -2)), (6, 6, 6))[0] == (slice(2, 3), slice(3, 6), slice(0, 6))


def test_empty_is_known_outside_the_source_and_where_the_source_knows() -> None:
    class Hollow(ArrayBlocks):
        def is_empty(self, box: tuple[slice, slice, slice]) -> bool:
            return box[0].start >= 3

    source = axial()
    target = Grid((9, 6, 7), source.affine)
    view = MappedVoxels(Hollow(numbered(source)), index_map_between(source, target))
    assert view.is_empty((slice(5, 9), slice(0, 6), slice(0, 7)))
    assert view.is_empty((slice(3, 9), slice(0, 6), slice(0, 7)))
    assert not view.is_empty((slice(2, 9), slice(0, 6), slice(0, 7)))
    assert blocks_of(view) is view


def test_blocks_follow_the_views_axes() -> None:
    source = axial((8, 6, 4))
    turned_axes = Grid((4, 8, 6), source.affine[:, [2, 0, 1, 3]])
    view = MappedVoxels(ArrayBlocks(numbered(source), (2, 3, 4)), index_map_between(source, turned_axes))
    assert view.block_shape == (4, 2, 3)


@pytest.mark.parametrize(
    ("step", "shape", "steps"),
    [
        (np.eye(4), (5, 6, 7), ()),
        (np.eye(4)[:, [1, 0, 2, 3]], (6, 5, 7), ("axes permuted",)),
        (np.diag([1.0, -1, 1, 1]) + 5 * np.eye(4)[:, [1]] * np.eye(4)[3], (5, 6, 7), ("rows flipped",)),
        (np.eye(4), (4, 6, 7), ("cropped",)),
        (np.eye(4), (5, 6, 9), ("padded with background",)),
        (np.eye(4) + shift(1), (5, 6, 7), ("cropped", "padded with background")),
    ],
    ids=["nothing", "permuted", "flipped", "cropped", "padded", "shifted"],
)
def test_what_is_done_is_said(step: np.ndarray, shape: tuple[int, int, int], steps: tuple[str, ...]) -> None:
    found = index_map_between(axial(), Grid(shape, axial().affine @ step))
    assert found.steps == steps
    assert found.is_identity == (not steps)
    assert found.crops_or_pads == ("cropped" in steps or "padded with background" in steps)


def test_the_same_grid_gives_the_array_itself() -> None:
    voxels = numbered(axial())
    assert seen_on(voxels, axial(), Grid((5, 6, 7), axial().affine + 1e-6 * np.eye(4, k=3))) is voxels


@pytest.mark.parametrize(
    ("target", "difference"),
    [
        (Grid((5, 6, 7), axial().affine + 0.5 * np.eye(4, k=3)), "first voxel 0.50 mm apart"),
        (
            Grid((5, 6, 7), affine_of(turned(3, 0, 0) @ axial().affine[:3, :3], (1, 1, 1), (0, 0, 0))),
            "turned by 3.00 degrees",
        ),
        (Grid((5, 6, 7), axial().affine + 500 * np.eye(4, k=3)), "first voxel 500.00 mm apart"),
        (axial(spacing=(4, 1, 1.1)), "spacing 4 x 1 x 1 against 4 x 1 x 1.1 mm"),
        (axial(spacing=(4, 2, 2)), "spacing 4 x 1 x 1 against 4 x 2 x 2 mm"),
        (axial(shape=(5, 6, 300), spacing=(4, 1, 1.0002)), "shape 5 x 6 x 7 against 5 x 6 x 300"),
    ],
    ids=["half-a-voxel", "rotated", "disjoint", "spacing", "every-second-voxel", "creeping"],
)
def test_what_needs_resampling_is_refused_with_the_difference(target: Grid, difference: str) -> None:
    with pytest.raises(GridMismatch, match="up to flips, permuted axes, whole-voxel crops and pads") as refusal:
        index_map_between(axial(), target)
    assert difference in refusal.value.message
    assert "hipspine labels resample" in refusal.value.hint


def test_rounding_of_32_bit_headers_is_no_difference() -> None:
    grid = Grid((40, 400, 400), affine_of(turned(12, -7, 3), (3.3, 0.7421875, 0.7421875), (-151.2, 98.7, -412.9)))
    rounded = Grid(grid.shape, grid.affine.astype(np.float32))
    assert index_map_between(rounded, grid) == IndexMap((0, 1, 2), (1, 1, 1), (0, 0, 0), grid.shape, grid.shape)
