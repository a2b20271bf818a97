"""Volume and WaterFat: what is refused, what is kept, and whose geometry a disagreeing pair takes."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.domain.errors import GridMismatch, InvalidChoice
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.volume import Contrast, FatPolarity, Source, Volume, WaterFat, accept_header_mismatch

from .counted_array import CountedArray
from .grids import affine_of, axial, turned

SHAPE = (5, 6, 7)


def volume_on(grid: Grid, contrast: Contrast = Contrast.UNKNOWN, **given: object) -> Volume:
    return Volume(np.zeros(grid.shape, np.int16), grid, contrast, **given)


def moved(step: np.ndarray, shape: tuple[int, int, int] = SHAPE) -> Grid:
    """The axial grid with other indices: `step` takes new indices to old ones."""
    return Grid(shape, axial().affine @ step)


def along_rows(n: float) -> np.ndarray:
    step = np.eye(4)
    step[1, 3] = n
    return step


def test_a_volume_has_the_shape_of_its_grid() -> None:
    with pytest.raises(InvalidChoice, match=r"Expected voxels of shape \(5, 6, 7\), found \(5, 6, 8\), in leg\.nii"):
        Volume(np.zeros((5, 6, 8)), axial(), source=Source("leg.nii"))


def test_contrast_and_polarity_are_words_of_ours() -> None:
    volume = volume_on(axial(), "T2", fat_polarity="bright")
    assert volume.contrast is Contrast.T2
    assert volume.fat_polarity is FatPolarity.BRIGHT
    with pytest.raises(InvalidChoice, match="as contrast, found 'T2star'"):
        volume_on(axial(), "T2star")
    with pytest.raises(InvalidChoice, match="as fat_polarity, found 'light'"):
        volume_on(axial(), fat_polarity="light")


@pytest.mark.parametrize("scale", [(0.0, 0.0), (float("nan"), 0.0), (1.0, float("inf"))])
def test_a_scale_that_loses_the_signal_is_refused(scale: tuple[float, float]) -> None:
    with pytest.raises(InvalidChoice, match="slope other than 0 and a finite intercept"):
        volume_on(axial(), voxel_scale=scale)


def test_flags_are_added_once_and_the_rest_stays() -> None:
    volume = volume_on(axial(), Contrast.PD, flags=("orientation_assumed",))
    flagged = volume.with_flags("touches_edge", "orientation_assumed")
    assert flagged.flags == ("orientation_assumed", "touches_edge")
    assert flagged.contrast is Contrast.PD
    assert volume.flags == ("orientation_assumed",)


def test_volumes_are_compared_without_looking_at_voxels() -> None:
    volume = volume_on(axial())
    assert volume == volume
    assert volume != volume_on(axial())
    assert len({volume, volume, WaterFat(volume, volume)}) == 2


def test_dask_gets_the_stored_chunks_and_reads_nothing_yet() -> None:
    voxels = CountedArray(np.arange(210, dtype=np.int16).reshape(SHAPE), chunks=(2, 6, 7))
    lazy = Volume(voxels, axial()).as_dask()
    assert lazy.chunks == ((2, 2, 1), (6,), (7,))
    assert all(voxels.array[key].size == 0 for key in voxels.asked)
    assert np.array_equal(lazy[3].compute(), voxels.array[3])


def test_water_and_fat_share_a_grid_or_are_refused_with_the_difference() -> None:
    pair = WaterFat(
        volume_on(axial(), Contrast.WATER, flags=("a", "b")), volume_on(axial(), Contrast.FAT, flags=("b", "c")), ("d",)
    )
    assert pair.grid == axial()
    assert pair.all_flags == ("d", "a", "b", "c")
    with pytest.raises(GridMismatch, match=r"water and fat on one grid, found first voxel 0\.50 mm apart") as refusal:
        WaterFat(volume_on(axial()), volume_on(moved(along_rows(0.5))))
    assert "--accept-header-mismatch" in refusal.value.hint


def test_swapped_water_and_fat_are_refused() -> None:
    water, fat = volume_on(axial(), Contrast.WATER), volume_on(axial(), Contrast.FAT)
    for pair in [(fat, water), (fat, volume_on(axial())), (volume_on(axial()), water)]:
        with pytest.raises(InvalidChoice, match="Expected water and then fat, found") as refusal:
            WaterFat(*pair)
        assert "other way round" in refusal.value.hint


HALF = moved(along_rows(0.5))
ONE = moved(along_rows(1))
FLIPPED = moved(np.diag([1.0, -1, 1, 1]) + np.outer([0, 5, 0, 0], [0, 0, 0, 1]))
TILTED = Grid(SHAPE, affine_of(turned(4, 0, 0) @ axial().affine[:3, :3], (1, 1, 1), (3, 2, 1)))


@pytest.mark.parametrize(
    ("water", "fat", "labels", "taken"),
    [
        (axial(), HALF, axial(), "water"),
        (axial(), HALF, HALF, "fat"),
        (axial(), TILTED, TILTED, "fat"),
        (axial(), HALF, moved(along_rows(0.5) @ np.diag([1, 1, 1, 1.0]), (5, 4, 7)), "fat"),
        (axial(), ONE, ONE, "fat"),
        (ONE, axial(), ONE, "water"),
        (axial(), FLIPPED, FLIPPED, "fat"),
        (ONE, axial(), FLIPPED, "fat"),
        (axial(), Grid(SHAPE, axial().affine + 0.015 * np.eye(4, k=3)), axial((5, 4, 7)), "water"),
    ],
    ids=[
        "labels-on-water",
        "labels-on-fat",
        "tilted",
        "cropped-labels-on-fat",
        "a-whole-voxel-apart-and-labels-on-fat",
        "a-whole-voxel-apart-and-labels-on-water",
        "flipped-and-labels-stored-as-fat",
        "labels-flipped-rather-than-cropped",
        "apart-by-less-than-a-voxel-can-tell",
    ],
)
def test_the_labels_decide_whose_geometry_is_taken(water: Grid, fat: Grid, labels: Grid, taken: str) -> None:
    volumes = {"water": volume_on(water, Contrast.WATER), "fat": volume_on(fat, Contrast.FAT)}
    pair = accept_header_mismatch(volumes["water"], volumes["fat"], labels_grid=labels)
    assert pair.grid == pair.fat.grid == volumes[taken].grid
    assert pair.flags == ("header_mismatch_accepted",)
    (note,) = pair.notes
    assert note.startswith("headers of water and fat disagree (")
    assert note.endswith(f"the geometry of {taken} was taken")
    assert pair.water.voxels is volumes["water"].voxels
    assert pair.fat.voxels is volumes["fat"].voxels
    assert (pair.water.contrast, pair.fat.contrast) == (Contrast.WATER, Contrast.FAT)


def test_a_pair_that_agrees_is_not_flagged() -> None:
    same_corners = axial(spacing=(4, 1, 1.0011))
    for fat in (axial(), same_corners):
        assert accept_header_mismatch(volume_on(axial()), volume_on(fat), labels_grid=TILTED).flags == ()


@pytest.mark.parametrize(
    ("fat", "difference"),
    [
        (Grid((5, 6, 8), axial().affine), "shape 5 x 6 x 7 against 5 x 6 x 8"),
        (axial(spacing=(4, 1, 1.003)), "spacing 4 x 1 x 1 against 4 x 1 x 1.003 mm"),
    ],
    ids=["shape", "spacing"],
)
def test_two_acquisitions_are_never_made_one(fat: Grid, difference: str) -> None:
    with pytest.raises(GridMismatch, match=r"one shape and spacings that agree to 0\.1 %") as refusal:
        accept_header_mismatch(volume_on(axial()), volume_on(fat), labels_grid=axial())
    assert difference in refusal.value.message


def test_labels_on_neither_and_labels_on_both_are_refused() -> None:
    with pytest.raises(GridMismatch, match=r"found neither: .* to water; .* to fat"):
        accept_header_mismatch(volume_on(axial()), volume_on(HALF), labels_grid=TILTED)
    with pytest.raises(GridMismatch, match="found both alike: shape 5 x 3 x 7 against 5 x 6 x 7"):
        accept_header_mismatch(volume_on(axial()), volume_on(ONE), labels_grid=moved(along_rows(2), (5, 3, 7)))
