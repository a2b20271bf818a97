"""Grid: what shape and affine say about slices, areas, positions and orientation."""

from __future__ import annotations

import copy
import pickle
import re

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.grid import RAS_TO_LPS, Grid, arrange_axes

from .grids import affine_of, affines, axial, grids, positions_of, sizes, turned


def turned_over(turn: np.ndarray) -> Grid:
    """The axial grid turned about its first voxel."""
    return Grid((5, 6, 7), affine_of(turn @ np.eye(3)[:, [2, 1, 0]], (4, 1, 1), (0, 0, 0)))


few = settings(max_examples=25, deadline=None)


@few
@given(grids())
def test_spacing_area_and_volume_are_distances_between_voxels(grid: Grid) -> None:
    edges = [grid.affine[:3, k] for k in range(3)]
    assert grid.spacing_mm == pytest.approx([np.sqrt(e @ e) for e in edges], rel=1e-12)
    rows, columns = edges[1], edges[2]
    parallelogram = np.sqrt((rows @ rows) * (columns @ columns) - (rows @ columns) ** 2)
    assert grid.pixel_area_mm2 == pytest.approx(parallelogram, rel=1e-9)
    height = abs(edges[0] @ grid.slice_normal)
    assert grid.voxel_volume_mm3 == pytest.approx(parallelogram * height, rel=1e-9)


def test_a_sheared_slice_is_smaller_than_its_spacings_say() -> None:
    sheared = np.diag([4.0, 1.0, 1.0, 1.0])
    sheared[1, 2] = 1.0
    grid = Grid((3, 3, 3), sheared)
    assert grid.pixel_area_mm2 == pytest.approx(1.0)
    assert grid.spacing_mm[2] == pytest.approx(np.sqrt(2))


@few
@given(grids())
def test_position_is_the_same_for_every_voxel_of_a_slice(grid: Grid) -> None:
    along = positions_of(grid) @ grid.slice_normal
    assert np.allclose(along, grid.slice_positions_mm[:, None, None], atol=1e-9)
    assert [grid.slice_position_mm(i) for i in range(grid.shape[0])] == list(grid.slice_positions_mm)
    assert all(grid.nearest_slice(position) == i for i, position in enumerate(grid.slice_positions_mm))


@pytest.mark.parametrize("reverse", [1.0, -1.0])
@pytest.mark.parametrize(
    ("order", "normal"),
    [([2, 1, 0], (0, 0, 1)), ([0, 2, 1], (1, 0, 0)), ([1, 2, 0], (0, 1, 0))],
    ids=["axial-head", "sagittal-left", "coronal-back"],
)
def test_normal_points_to_the_head_else_left_else_back(
    order: list[int], normal: tuple[int, ...], reverse: float
) -> None:
    directions = np.eye(3)[:, order] * (reverse, 1, 1)
    grid = Grid((4, 5, 6), affine_of(directions, (3, 1, 1), (10, 20, 30)))
    assert grid.slice_normal.tolist() == list(normal)
    assert np.sign(np.diff(grid.slice_positions_mm)).tolist() == [reverse] * 3


@few
@given(grids(max_degrees=40.0))
def test_tilted_normal_points_to_the_head(grid: Grid) -> None:
    if abs(grid.slice_normal[2]) > 1e-6:
        assert grid.slice_normal[2] > 0
    assert np.linalg.norm(grid.slice_normal) == pytest.approx(1)


@few
@given(grids())
def test_orientation_agrees_with_nibabel(grid: Grid) -> None:
    assert grid.orientation == "".join(nib.aff2axcodes(RAS_TO_LPS @ grid.affine))


@pytest.mark.parametrize("degrees", [0.0, 3.0, 17.5, 44.0])
def test_obliquity_is_the_tilt_of_the_slices(degrees: float) -> None:
    grid = axial()
    tilted = affine_of(turned(degrees, 0, 0) @ grid.affine[:3, :3], (1, 1, 1), (0, 0, 0))
    assert Grid(grid.shape, tilted).obliquity_deg == pytest.approx(degrees, abs=1e-5)
    spun = affine_of(turned(0, 0, degrees) @ grid.affine[:3, :3], (1, 1, 1), (0, 0, 0))
    assert Grid(grid.shape, spun).obliquity_deg == pytest.approx(0, abs=1e-5)


@few
@given(grids(), st.floats(0.0, 0.03))
def test_same_as_holds_up_to_a_hundredth_of_a_millimetre(grid: Grid, shift: float) -> None:
    moved = grid.affine.copy()
    moved[1, 3] += shift
    other = Grid(grid.shape, moved)
    if abs(shift - 0.01) > 1e-6:
        assert grid.same_as(other) == other.same_as(grid) == (shift < 0.01)
    assert (grid.difference_from(other) == "") == grid.same_as(other)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (axial(shape=(5, 6, 8)), r"^shape 5 x 6 x 7 against 5 x 6 x 8$"),
        (axial(spacing=(4.4, 1, 1)), r"^spacing 4 x 1 x 1 against 4\.4 x 1 x 1 mm$"),
        (turned_over(np.diag([1, -1, 1])), r"^orientation SPL against SAL$"),
        (turned_over(turned(0, 0, 2)), r"^axes turned by 2\.00 degrees$"),
        (Grid((5, 6, 7), axial().affine + 12.5 * np.eye(4, k=3)), r"^first voxel 12\.50 mm apart$"),
        (axial(spacing=(4.0009, 1, 1), shape=(5, 6, 7)), "^$"),
    ],
    ids=["shape", "spacing", "orientation", "angle", "shift", "the-same"],
)
def test_difference_is_said_in_a_sentence(other: Grid, sentence: str) -> None:
    assert re.search(sentence, axial().difference_from(other))


def test_differences_are_said_together_and_creeping_ones_too() -> None:
    other = Grid((5, 6, 8), axial(spacing=(4, 2, 1)).affine + 3 * np.eye(4, k=3))
    assert axial().difference_from(other).split("; ") == [
        "shape 5 x 6 x 7 against 5 x 6 x 8",
        "spacing 4 x 1 x 1 against 4 x 2 x 1 mm",
        "first voxel 3.00 mm apart",
    ]
    wide = [axial(shape=(5, 6, 70), spacing=(4, 1, step)) for step in (1, 1.0009)]
    assert "small steps that add up" in wide[0].difference_from(wide[1])


@pytest.mark.parametrize("shape", [(0, 3, 3), (3, 3), (3, 3, 3, 3), (3, 2.5, 3), (-1, 3, 3)], ids=str)
def test_shapes_that_are_none_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidChoice, match="Expected three positive sizes"):
        Grid(shape, np.eye(4))
    with pytest.raises(InvalidChoice, match="Expected three positive sizes"):
        arrange_axes(shape, np.eye(4))


@pytest.mark.parametrize(
    "affine",
    [
        np.eye(3),
        np.zeros((4, 4)),
        np.diag([1.0, np.nan, 1.0, 1.0]),
        np.diag([1.0, 0.0, 1.0, 1.0]),
        np.array([[1.0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
        np.diag([1.0, 1.0, 1.0, 2.0]),
    ],
    ids=["3x3", "zero", "nan", "no-extent", "in-one-plane", "projective"],
)
def test_affines_without_geometry_are_refused(affine: np.ndarray) -> None:
    with pytest.raises(InvalidChoice, match="finite, invertible 4 x 4 affine"):
        Grid((3, 3, 3), affine)
    with pytest.raises(InvalidChoice, match="finite, invertible 4 x 4 affine"):
        arrange_axes((3, 3, 3), affine)


def test_grids_are_values() -> None:
    grid = axial()
    zero_signs = Grid(grid.shape, np.where(grid.affine == 0, -0.0, grid.affine))
    assert grid == zero_signs
    assert hash(grid) == hash(zero_signs)
    assert grid != axial(shape=(5, 6, 8))
    for one in (grid, pickle.loads(pickle.dumps(grid)), copy.deepcopy(grid)):
        assert one == grid
        with pytest.raises(ValueError, match="read-only"):
            one.affine[0, 3] = 5
        with pytest.raises(ValueError, match="read-only"):
            one.slice_positions_mm[0] = 5


@few
@given(sizes, affines())
def test_arranging_moves_no_voxel(shape: tuple[int, int, int], stored: np.ndarray) -> None:
    grid, axes = arrange_axes(shape, stored)
    index = np.moveaxis(np.indices(shape), 0, -1)
    positions = index @ stored[:3, :3].T + stored[:3, 3]
    assert sorted(axes) == [0, 1, 2]
    assert np.allclose(positions.transpose(*axes, 3), positions_of(grid), rtol=0, atol=1e-9)


@few
@given(sizes, affines(max_degrees=20.0))
def test_slice_axis_has_the_largest_spacing_within_a_hundredth_nearest_to_the_head(
    shape: tuple[int, int, int], stored: np.ndarray
) -> None:
    grid, axes = arrange_axes(shape, stored)
    lengths = np.linalg.norm(stored[:3, :3], axis=0)
    to_head = np.abs(stored[2, :3]) / lengths
    assert lengths[axes[0]] >= 0.99 * lengths.max()
    rivals = [axis for axis in range(3) if lengths[axis] >= 0.99 * lengths.max()]
    assert to_head[axes[0]] == max(to_head[axis] for axis in rivals)
    across = "LR" if grid.orientation[0] not in "LR" else "AP"
    assert grid.orientation[2] in across


@pytest.mark.parametrize(
    ("thickest", "slices_are"),
    [((1.0, 1.0, 1.0), "S"), ((1.009, 1.0, 1.0), "S"), ((1.02, 1.0, 1.0), "L"), ((1.0, 1.5, 1.0), "P")],
)
def test_one_per_cent_decides_between_spacing_and_head(thickest: tuple[float, ...], slices_are: str) -> None:
    grid, _ = arrange_axes((4, 5, 6), np.diag([*thickest, 1.0]))
    assert grid.orientation[0] == slices_are
