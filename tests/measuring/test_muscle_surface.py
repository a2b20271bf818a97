"""Surfaces lie where the muscle lies, and enclose as much: ellipsoids whose volume and centre are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.errors import Cancelled, InvalidChoice
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.surface import Surface
from napari_hipspine.measuring.coarse_muscles import MOST_CELLS, CoarseGrid, MuscleCells, coarse_grid, count_coarsely
from napari_hipspine.measuring.muscle_surface import surface_of

LEFT, RIGHT = find_structure("psoas_major", "left"), find_structure("psoas_major", "right")
SHAPE, SPACING = (24, 110, 150), (4.0, 0.6, 0.6)
RADII = (36.0, 24.0, 14.0)
"""Along slices, rows and columns [mm]."""

AXIAL = {
    "SPL": [[0, 0, 1], [0, 1, 0], [1, 0, 0]],
    "IAR": [[0, 0, -1], [0, -1, 0], [-1, 0, 0]],
    "SAL": [[0, 0, 1], [0, -1, 0], [1, 0, 0]],
}


def grid_of(letters: str = "SPL", *, turned_deg: float = 0.0, shape=SHAPE, spacing=SPACING) -> Grid:
    """Axes as given, turned about the left-right axis, the middle of the volume at the patient's origin."""
    angle = np.radians(turned_deg)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = (turn @ np.array(AXIAL[letters], float)) * spacing
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


def ellipsoids(grid: Grid, *, apart_mm: float = 20.0) -> np.ndarray:
    """Label 1 on the patient's left, 2 on the right, off the middle of a voxel."""
    index = np.indices(grid.shape).reshape(3, -1)
    labels = np.zeros(grid.shape, np.uint16)
    for value, side in ((1, 1.0), (2, -1.0)):
        middle = np.linalg.solve(grid.affine, [side * apart_mm, 1.3, -0.7, 1.0])[:3]
        away = (index - middle[:, None]) * np.array(grid.spacing_mm)[:, None] / np.array(RADII)[:, None]
        labels[((away**2).sum(axis=0) <= 1).reshape(grid.shape)] = value
    return labels


def surfaces_of(labels, grid: Grid, *, most_cells: int = 10**9, fat=None) -> dict[int, Surface]:
    coarse = coarse_grid(grid, most_cells=most_cells)
    cells = count_coarsely(LabelMap(labels, grid, {1: LEFT, 2: RIGHT}), coarse, fat=fat)
    return {value: surface_of(one, coarse, (LEFT, RIGHT)[value - 1]) for value, one in cells.items()}


@pytest.mark.parametrize(("letters", "turned"), [("SPL", 0.0), ("IAR", 0.0), ("SAL", 0.0), ("SPL", 25.0)])
@pytest.mark.parametrize("most_cells", [10**9, 60_000])
def test_an_ellipsoid_has_its_volume_and_lies_where_it_is(letters, turned, most_cells):
    grid = grid_of(letters, turned_deg=turned)
    truth = 4 / 3 * np.pi * np.prod(RADII)
    for value, surface in surfaces_of(ellipsoids(grid), grid, most_cells=most_cells).items():
        middle = np.array([20.0 if value == 1 else -20.0, 1.3, -0.7])
        assert surface.volume_mm3 == pytest.approx(truth, rel=0.02)
        assert np.abs(np.linalg.solve(grid.affine[:3, :3], surface.centroid_mm - middle)).max() < 1
        assert np.linalg.norm(surface.centroid_mm - middle) < 0.6


def test_no_corner_lies_further_from_the_ellipsoid_than_a_pixel_or_half_a_slice():
    grid = grid_of()
    surface = surfaces_of(ellipsoids(grid), grid)[1]
    away = (surface.vertices_mm - np.array([20.0, 1.3, -0.7])) / np.array(RADII[::-1])
    scale = np.linalg.norm(away, axis=1)
    off_mm = np.abs(scale - 1) / np.linalg.norm(away / np.array(RADII[::-1]), axis=1)
    assert off_mm.max() < 2.0
    assert off_mm.mean() < 0.35


def test_the_left_muscle_is_on_the_left_and_seen_from_outside():
    grid = grid_of("IAR")
    found = surfaces_of(ellipsoids(grid), grid)
    assert found[1].structure == LEFT
    assert found[1].vertices_mm[:, 0].min() > 0 > found[2].vertices_mm[:, 0].max()
    assert found[1].volume_mm3 > 0
    assert found[2].volume_mm3 > 0


def test_the_ends_lie_half_a_slice_beyond_the_outer_slices():
    grid = grid_of()
    labels = np.zeros(SHAPE, np.uint16)
    labels[8:14, 30:80, 40:100] = 1
    surface = surfaces_of(labels, grid)[1]
    ends = grid.slice_positions_mm[[8, 13]] + np.array([-2.0, 2.0])
    assert surface.vertices_mm[:, 2].min() == pytest.approx(ends[0], abs=0.8)
    assert surface.vertices_mm[:, 2].max() == pytest.approx(ends[1], abs=0.8)
    assert surface.volume_mm3 == pytest.approx(6 * 4 * 50 * 60 * 0.36, rel=0.02)


def test_a_thin_sheet_and_one_pixel_keep_their_volume_or_at_least_a_surface():
    grid = grid_of()
    labels = np.zeros(SHAPE, np.uint16)
    labels[6:18, 50:52, 30:110] = 1
    labels[3, 5, 5] = 2
    found = surfaces_of(labels, grid)
    assert found[1].volume_mm3 == pytest.approx(12 * 4 * 2 * 80 * 0.36, rel=0.1)
    assert len(found[2].triangles) > 0


def test_cells_are_as_many_as_asked_for_and_nearly_cubes():
    fine = grid_of()
    assert coarse_grid(fine) == CoarseGrid(fine, 1, 2), "two pixels of 0.6 mm are about a millimetre"
    wide = Grid(SHAPE, np.diag([4.0, 1.4, 1.4, 1.0]))
    assert coarse_grid(wide) == CoarseGrid(wide, 1, 1)
    huge = Grid((2560, 2048, 2048), np.diag([0.5, 0.25, 0.25, 1.0]))
    coarse = coarse_grid(huge)
    assert np.prod(coarse.shape) <= MOST_CELLS
    assert max(coarse.cell_mm) / min(coarse.cell_mm) < 1.5
    assert len(coarse.slices) < 400


class SparseLabels:
    """Labels of 20 GB of which four blocks are there; reading any other is a failure."""

    shape, dtype, block_shape = (2560, 2048, 2048), np.dtype(np.uint16), (1, 256, 256)

    def __init__(self) -> None:
        self.n_read = 0

    def is_empty(self, box) -> bool:
        return not (1000 <= box[0].start < 1200 and 512 <= box[1].start < 1024 and 768 <= box[2].start < 1280)

    def read(self, box):
        assert not self.is_empty(box)
        self.n_read += 1
        return np.full([one.stop - one.start for one in box], 1, np.uint16)

    def __getitem__(self, key):
        raise AssertionError("labels were read whole")


def test_of_a_huge_sparse_store_a_few_blocks_are_read_and_kept_small():
    labels = SparseLabels()
    grid = Grid(labels.shape, np.diag([0.5, 0.25, 0.25, 1.0]))
    coarse = coarse_grid(grid)
    cells = count_coarsely(LabelMap(labels, grid, {1: LEFT}), coarse)
    read = [index for index in coarse.slices if 1000 <= index < 1200]
    assert labels.n_read == 4 * len(read)
    assert cells[1].n_pixels.nbytes < 200_000
    assert int(cells[1].n_pixels.sum()) == 4 * 256**2 * len(read)
    truth = 200 * 0.5 * (512 * 0.25) ** 2
    assert surface_of(cells[1], coarse, LEFT).volume_mm3 == pytest.approx(truth, rel=0.06)


def test_local_fat_is_the_share_around_a_place_and_unknown_where_nothing_is_judged():
    grid = grid_of()
    n_pixels = np.zeros((10, 60, 60), np.uint8)
    n_pixels[2:8, 10:50, 10:50] = 1
    counted, fat = n_pixels.copy(), n_pixels.copy()
    fat[:, :, :30] = 0
    fat[:, ::2, 30:] = 0
    coarse = CoarseGrid(grid)
    surface = surface_of(MuscleCells((0, 0, 0), n_pixels, counted, fat), coarse, LEFT)
    column = (surface.vertices_mm[:, 0] - grid.affine[0, 3]) / 0.6
    assert surface.fat_shares[column < 12].max() < 0.01
    assert surface.fat_shares[column > 48] == pytest.approx(0.5, abs=0.05)
    nowhere = surface_of(MuscleCells((0, 0, 0), n_pixels, np.zeros_like(counted), np.zeros_like(fat)), coarse, LEFT)
    assert np.isnan(nowhere.fat_shares).all()
    assert surface_of(MuscleCells((0, 0, 0), n_pixels), coarse, LEFT).fat_shares is None


def test_counting_can_be_stopped():
    def stop(done: int, total: int, doing: str) -> None:
        if done == 3:
            raise Cancelled("Cancelled.")

    grid = grid_of()
    with pytest.raises(Cancelled):
        count_coarsely(LabelMap(ellipsoids(grid), grid, {1: LEFT}), CoarseGrid(grid), progress=stop)


def test_triangles_of_corners_that_are_not_there_are_refused():
    corners, triangles = np.zeros((3, 3), np.float32), np.array([[0, 1, 3]], np.int32)
    with pytest.raises(InvalidChoice, match="corners 0 to 2, found up to 3, in psoas major left"):
        Surface(LEFT, corners, triangles)
    with pytest.raises(InvalidChoice, match="Expected 3 shares of fat"):
        Surface(LEFT, corners, np.array([[0, 1, 2]], np.int32), np.zeros(2, np.float32))
