"""Fat between muscles, fat inside them and lean volume: known boxes, laws, a slow twin and refusals."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_closing, binary_fill_holes

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.blocks import ArrayBlocks
from napari_hipspine.domain.errors import GridMismatch, InvalidChoice, UnknownLabel
from napari_hipspine.domain.grid import RAS_TO_LPS, arrange_axes
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.tables import REGIONS
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume, WaterFat, accept_header_mismatch
from napari_hipspine.measuring import regions_walk, threads
from napari_hipspine.measuring.regions import measure_regions
from napari_hipspine.measuring.regions_compartment import close_muscles
from napari_hipspine.measuring.regions_rule import ClosedMuscles, DrawnCompartment, HoleRule
from napari_hipspine.writing.tables import table_as_csv

VOXEL_MM3 = 4.0
SHAPE = (3, 30, 60)
MARROW = np.s_[:, 12:14, 26:29]
STREAK = np.s_[:, 11:13, 12:15]


def boxes():
    """Two muscles of 10 x 15 voxels a slice, six columns of fat between them, fat around, a streak inside the left."""
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[:, 10:20, 10:25], labels[:, 10:20, 31:46] = 1, 2
    is_fat = labels == 0
    is_fat[STREAK] = True
    return labels, is_fat


def dixon_of(made, is_fat, **more):
    water = np.where(is_fat, 10, 90).astype(np.int16)
    return made.pair_of(water, (100 - water).astype(np.int16), **more)


def regions_of(made, image, labels, rule, protocol=None, *, excluded=None, drawn=None, **more):
    maps = {"excluded": excluded, "compartment": drawn}
    as_maps = {
        name: None if voxels is None else LabelMap(voxels, made.grid_of(voxels.shape), {})
        for name, voxels in maps.items()
    }
    settings = protocol or made.DIXON
    return measure_regions(image, made.labels_of(labels), rule, protocol=settings, key=made.KEY, **as_maps, **more)


def row(measured):
    assert len(measured.regions) == 1
    return measured.regions.iloc[0].to_dict()


def drawn_box():
    drawn = np.zeros(SHAPE, dtype=np.uint8)
    drawn[:, 8:22, 8:48] = 7
    return drawn


def test_known_boxes_give_known_volumes(made):
    labels, is_fat = boxes()
    found = row(regions_of(made, dixon_of(made, is_fat), labels, ClosedMuscles(4.0)))
    muscle, streak = 3 * 2 * 150, 3 * 6
    # The gap holds 10 rows of 6 voxels. From either end the disc enters with its two last rows, of 5 voxels and of 1,
    # in two places side by side: 6 + 2 voxels at each end stay background.
    between = 3 * (60 - 2 * (6 + 2))
    assert found["intermat_mm3"] == between * VOXEL_MM3
    assert found["intramuscular_fat_mm3"] == streak * VOXEL_MM3
    assert found["lean_volume_mm3"] == (muscle - streak) * VOXEL_MM3
    assert found["lean_volume_of_ff_mm3"] == pytest.approx(((muscle - streak) * 0.9 + streak * 0.1) * VOXEL_MM3)
    assert found["muscle_volume_mm3"] == muscle * VOXEL_MM3
    assert found["compartment_mm3"] == (muscle + between) * VOXEL_MM3
    assert (found["rule"], found["closing_radius_mm"], found["n_slices"]) == ("muscles_closed", 4.0, 3)
    assert (found["region"], found["fat_method"], found["threshold"]) == ("lumbar", "dixon", 0.5)
    assert found["muscles"] == "multifidus_right;multifidus_left"
    assert np.isnan(found["excluded_mm3"])
    assert (found["n_invalid"], found["reason"], found["flags"]) == (0, "", "")


def test_a_drawn_box_gives_known_volumes(made):
    labels, is_fat = boxes()
    is_fat[:, 8, 8:48] = False
    found = row(regions_of(made, dixon_of(made, is_fat), labels, DrawnCompartment(), drawn=drawn_box()))
    assert found["compartment_mm3"] == 3 * 14 * 40 * VOXEL_MM3
    assert found["intermat_mm3"] == 3 * (14 * 40 - 300 - 40) * VOXEL_MM3
    assert (found["rule"], np.isnan(found["closing_radius_mm"])) == ("drawn", True)


def test_excluded_voxels_count_nothing_and_where_they_are_muscle_they_are_muscle(made):
    labels, is_fat = boxes()
    image = dixon_of(made, is_fat)
    excluded = np.zeros(SHAPE, dtype=np.uint16)
    excluded[MARROW] = 900
    excluded[:, 10:20, 10:12] = 5
    plain = row(regions_of(made, image, labels, DrawnCompartment(), drawn=drawn_box()))
    without = row(regions_of(made, image, labels, DrawnCompartment(), drawn=drawn_box(), excluded=excluded))
    assert without["excluded_mm3"] == 3 * 6 * VOXEL_MM3
    assert plain["intermat_mm3"] - without["intermat_mm3"] == without["excluded_mm3"]
    for same in ("muscle_volume_mm3", "lean_volume_mm3", "intramuscular_fat_mm3", "compartment_mm3"):
        assert plain[same] == without[same]


def test_what_was_not_excluded_is_said(made):
    labels, is_fat = boxes()
    image = dixon_of(made, is_fat)
    nothing = np.zeros(SHAPE, dtype=np.uint8)
    said = regions_of(made, image, labels, ClosedMuscles(4.0))
    silent = regions_of(made, image, labels, ClosedMuscles(4.0), excluded=nothing)
    assert any(note.startswith("nothing was excluded") for note in said.notes)
    assert not any(note.startswith("nothing was excluded") for note in silent.notes)
    assert row(silent)["excluded_mm3"] == 0


def test_only_the_named_values_of_a_drawing_are_the_compartment(made):
    labels, is_fat = boxes()
    drawn = drawn_box()
    drawn[:, :, :28] = np.where(drawn[:, :, :28] > 0, 3, 0)
    image = dixon_of(made, is_fat)
    parts = [row(regions_of(made, image, labels, DrawnCompartment((v,)), drawn=drawn)) for v in (3, 7)]
    whole = row(regions_of(made, image, labels, DrawnCompartment((7, 3)), drawn=drawn))
    assert [one["rule"] for one in (*parts, whole)] == ["drawn:3", "drawn:7", "drawn:3,7"]
    assert sum(one["intermat_mm3"] for one in parts) == whole["intermat_mm3"]


def test_what_is_inside_muscles_never_changes_what_is_between_them(made):
    labels, is_fat = boxes()
    rng = np.random.default_rng(3)
    other = np.where(labels > 0, rng.random(SHAPE) < 0.5, is_fat)
    for rule, drawn in ((ClosedMuscles(4.0), None), (DrawnCompartment(), drawn_box())):
        one, two = (row(regions_of(made, dixon_of(made, fat), labels, rule, drawn=drawn)) for fat in (is_fat, other))
        assert one["intermat_mm3"] == two["intermat_mm3"] > 0
        assert one["intramuscular_fat_mm3"] < two["intramuscular_fat_mm3"]


def test_a_closing_by_nothing_leaves_nothing_between(made):
    labels, is_fat = boxes()
    labels[:, 13:16, 14:18] = 0
    image = dixon_of(made, is_fat | (labels == 0))
    for mask in labels > 0:
        assert np.array_equal(close_muscles(mask, ClosedMuscles(0.0), (4, 1, 1)), mask)
    filled = row(regions_of(made, image, labels, ClosedMuscles(0, HoleRule.FILLED)))
    assert filled["intermat_mm3"] == 3 * 12 * VOXEL_MM3
    assert (filled["rule"], filled["closing_radius_mm"]) == ("muscles_closed_holes_filled", 0)


def slow_closing(mask, radius_mm, spacing):
    reach = [int(radius_mm / step + 1e-9) for step in spacing]
    down, across = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
    disc = np.hypot(down * spacing[0], across * spacing[1]) <= radius_mm + 1e-9
    margin = [(n + 1, n + 1) for n in reach]
    closed = binary_closing(np.pad(mask, margin), disc)
    return closed[margin[0][0] : -margin[0][0], margin[1][0] : -margin[1][0]]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    radius=st.sampled_from([0.0, 0.9, 1.0, 2.0, 2.5, 3.7]),
    spacing=st.sampled_from([(1.0, 1.0), (0.5, 1.0), (0.8, 0.7)]),
)
def test_closing_equals_a_slow_one_and_keeps_its_laws(seed, radius, spacing):
    rng = np.random.default_rng(seed)
    mask = rng.random((17, 14)) < rng.choice([0.02, 0.1, 0.4])
    closed = close_muscles(mask, ClosedMuscles(radius), (4.0, *spacing))
    assert np.array_equal(closed, slow_closing(mask, radius, spacing))
    assert (closed | ~mask).all()
    assert np.array_equal(close_muscles(closed, ClosedMuscles(radius), (4.0, *spacing)), closed)
    filled = close_muscles(mask, ClosedMuscles(radius, HoleRule.FILLED), (4.0, *spacing))
    assert np.array_equal(filled, binary_fill_holes(closed))
    assert np.array_equal(close_muscles(mask[:, ::-1], ClosedMuscles(radius), (4.0, *spacing)), closed[:, ::-1])


def random_scene(seed=0, shape=(5, 40, 44)):
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, dtype=np.uint8)
    labels[:, 8:30, 6:18], labels[:, 8:30, 24:38] = 1, 2
    labels[rng.random(shape) < 0.1] = 0
    labels[3] = 0
    water, fat = (rng.integers(0, 100, shape).astype(np.float32) for _ in range(2))
    water[0, :10] = fat[0, :10] = 0
    excluded = (rng.random(shape) < 0.2).astype(np.uint8)
    return labels, water, fat, excluded


def test_chunks_and_workers_never_change_a_bit(made, monkeypatch):
    monkeypatch.setattr(threads, "_ONE_WORKER_BELOW", 0)
    labels, water, fat, excluded = random_scene()
    grid = made.grid_of(labels.shape)
    rule = ClosedMuscles(3.0)
    measured = regions_of(made, made.pair_of(water, fat), labels, rule, excluded=excluded)
    assert row(measured)["n_slices"] == 4
    whole = table_as_csv(measured.regions)
    for chunk, most in (((1, 40, 44), 2**24), ((2, 7, 44), 1), ((5, 16, 16), 40 * 44 * 3)):
        monkeypatch.setattr(regions_walk, "_MOST_VOXELS", most)
        pair = made.pair_of(ArrayBlocks(water, chunk), ArrayBlocks(fat, (5, 40, 8)))
        found = measure_regions(
            pair,
            made.labels_of(ArrayBlocks(labels, chunk[::-1])),
            rule,
            protocol=made.DIXON,
            key=made.KEY,
            excluded=LabelMap(ArrayBlocks(excluded, (3, 9, 9)), grid, {}),
            n_workers=3,
        )
        assert table_as_csv(found.regions) == whole


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), radius=st.sampled_from([1.0, 3.0, 6.0]))
def test_volumes_close(made, seed, radius):
    """The compartment is muscle, excluded, fat, not fat or not valid; muscle is lean, fat or not valid."""
    labels, water, fat, excluded = random_scene(seed)
    measured = regions_of(made, made.pair_of(water, fat), labels, ClosedMuscles(radius), excluded=excluded)
    found, count = row(measured), measured.counts
    voxels = {name: found[f"{name}_mm3"] / VOXEL_MM3 for name in ("compartment", "excluded", "muscle_volume")}
    assert voxels["compartment"] == voxels["muscle_volume"] + voxels["excluded"] + count.total("between")
    n_blank = count.total("between") - count.total("valid")
    parts = found["lean_volume_mm3"] + found["intramuscular_fat_mm3"]
    assert parts / VOXEL_MM3 + found["n_invalid"] - n_blank == voxels["muscle_volume"]
    with np.errstate(invalid="ignore"):
        is_fat = fat.astype(float) / (fat.astype(float) + water) >= 0.5
    closed = np.stack([slow_closing(one, radius, (1, 1)) for one in labels > 0])
    slow = closed & (labels == 0) & (excluded == 0) & is_fat
    assert found["intermat_mm3"] == slow.sum() * VOXEL_MM3


def t2_scene(made):
    image, labels, _ = made.body_with_fat(seed=4)
    return made.volume_of(image), labels, image


@pytest.mark.parametrize(("method", "given"), [("manual", 150.0), ("fat-reference", None), ("pooled", None)])
def test_one_threshold_tells_fat_on_a_single_image(made, method, given):
    image, labels, voxels = t2_scene(made)
    protocol = MeasurementProtocol(fat_method=FatMethod(method), manual_threshold=given)
    found = row(regions_of(made, image, labels, ClosedMuscles(10.0), protocol))
    closed = np.stack([slow_closing(one, 10.0, (1, 1)) for one in labels > 0])
    assert 130 < found["threshold"] < 170
    assert found["fat_method"] == method
    assert found["intermat_mm3"] == ((voxels > found["threshold"]) & closed & (labels == 0)).sum() * VOXEL_MM3 > 0
    share = found["intramuscular_fat_mm3"] / found["muscle_volume_mm3"]
    assert share == pytest.approx(0.2, abs=0.02)
    assert np.isnan(found["lean_volume_of_ff_mm3"])
    assert found["lean_volume_mm3"] == found["muscle_volume_mm3"] - found["intramuscular_fat_mm3"]


@pytest.mark.parametrize("unit", [1, 100])
def test_a_fat_fraction_map_gives_what_water_and_fat_give(made, unit):
    labels, is_fat = boxes()
    pair = row(regions_of(made, dixon_of(made, is_fat), labels, ClosedMuscles(4.0)))
    as_map = made.volume_of(np.where(is_fat, 0.9, 0.1) * unit, contrast=Contrast.FAT_FRACTION)
    found = row(regions_of(made, as_map, labels, ClosedMuscles(4.0)))
    for name in ("intermat_mm3", "intramuscular_fat_mm3", "lean_volume_mm3"):
        assert found[name] == pair[name]
    assert found["lean_volume_of_ff_mm3"] == pytest.approx(pair["lean_volume_of_ff_mm3"])


def test_a_muscle_alone_has_no_fat_class_and_no_volumes_of_fat(made):
    labels = np.zeros((3, 40, 60), dtype=np.uint8)
    labels[:, 10:30, 10:25], labels[:, 10:30, 31:46] = 1, 2
    image = np.random.default_rng(1).normal(100, 5, labels.shape).astype(np.float32)
    found = row(regions_of(made, made.volume_of(image), labels, ClosedMuscles(4.0), MeasurementProtocol()))
    assert "no_fat_class" in found["reason"].split(";")
    assert np.isnan([found[n] for n in ("intermat_mm3", "intramuscular_fat_mm3", "lean_volume_mm3")]).all()
    assert found["muscle_volume_mm3"] == 1800 * VOXEL_MM3


def test_two_echoes_cannot_show_fat(made):
    labels, is_fat = boxes()
    found = row(regions_of(made, dixon_of(made, is_fat, flags=("two_echo_ambiguous",)), labels, ClosedMuscles(4.0)))
    assert found["reason"] == "two_echo_ambiguous"
    assert np.isnan([found[n] for n in ("intermat_mm3", "intramuscular_fat_mm3", "lean_volume_mm3")]).all()
    assert "two_echo_ambiguous" in found["flags"].split(";")


def test_no_signal_is_not_no_fat(made):
    labels, is_fat = boxes()
    pair = dixon_of(made, is_fat)
    water, fat = pair.water.voxels.copy(), pair.fat.voxels.copy()
    water[labels == 0] = fat[labels == 0] = 0
    blank = regions_of(made, made.pair_of(water, fat), labels, ClosedMuscles(4.0))
    assert row(blank)["reason"] == "no_valid_voxels"
    assert np.isnan(row(blank)["intermat_mm3"])
    assert row(blank)["lean_volume_mm3"] > 0
    assert row(blank)["n_invalid"] == blank.counts.total("between") > 0


def test_only_slices_with_muscle_and_compartment_count(made):
    labels, is_fat = boxes()
    drawn = drawn_box()
    drawn[0] = 0
    labels[2] = 0
    measured = regions_of(made, dixon_of(made, is_fat), labels, DrawnCompartment(), drawn=drawn)
    found = row(measured)
    assert found["n_slices"] == 1
    assert found["muscle_volume_mm3"] == 300 * VOXEL_MM3
    assert found["compartment_mm3"] == 14 * 40 * VOXEL_MM3
    assert found["flags"] == "partial_window"
    assert any("left out: 0, 2" in note for note in measured.notes)


def test_muscle_outside_the_drawing_and_a_drawing_on_the_edge_are_said(made):
    labels, is_fat = boxes()
    drawn = drawn_box()
    drawn[:, :, 20:] = 0
    drawn[:, :, 0] = 1
    measured = regions_of(made, dixon_of(made, is_fat), labels, DrawnCompartment(), drawn=drawn)
    assert any("600 of 900 muscle voxels lie outside" in note for note in measured.notes)
    assert row(measured)["flags"] == "touches_edge"


def test_the_table_is_the_contract_and_reads_back(made):
    labels, is_fat = boxes()
    table = regions_of(made, dixon_of(made, is_fat), labels, ClosedMuscles(4.0)).regions
    assert list(REGIONS.check(table).columns) == REGIONS.column_names
    assert set(REGIONS.key) <= set(table.columns)


def test_settings_that_give_no_cut_are_refused(made):
    labels, is_fat = boxes()
    image, t2_labels, _ = t2_scene(made)
    with pytest.raises(InvalidChoice, match="one cut for the whole series, found mixture"):
        regions_of(made, image, t2_labels, ClosedMuscles(4.0), MeasurementProtocol(fat_method=FatMethod.MIXTURE))
    dark = replace(image, fat_polarity=FatPolarity.DARK)
    with pytest.raises(InvalidChoice, match="Expected fat brighter than muscle, found dark fat"):
        regions_of(made, dark, t2_labels, ClosedMuscles(4.0), made.manual(50.0))
    with pytest.raises(InvalidChoice, match=r"Expected no erosion for volumes of muscle .* found 2 mm"):
        regions_of(made, dixon_of(made, is_fat), labels, ClosedMuscles(4.0), replace(made.DIXON, erosion_mm=2))
    with pytest.raises(InvalidChoice, match="Expected the fat method dixon"):
        regions_of(made, dixon_of(made, is_fat), labels, ClosedMuscles(4.0), made.manual(50.0))


def test_rules_that_make_no_compartment_are_refused(made):
    labels, is_fat = boxes()
    image = dixon_of(made, is_fat)
    with pytest.raises(InvalidChoice, match="Expected a drawing for a drawn compartment, found none"):
        regions_of(made, image, labels, DrawnCompartment())
    with pytest.raises(InvalidChoice, match="Expected no drawing beside closed muscles, found one"):
        regions_of(made, image, labels, ClosedMuscles(4.0), drawn=drawn_box())
    with pytest.raises(InvalidChoice, match=r"at least one pixel \(1 mm\), found 0.5 mm: nothing but muscle"):
        regions_of(made, image, labels, ClosedMuscles(0.5))
    with pytest.raises(InvalidChoice, match="Expected a compartment on at least one slice with a labelled muscle"):
        regions_of(made, image, labels, DrawnCompartment((9,)), drawn=drawn_box())
    with pytest.raises(UnknownLabel, match="Expected at least one labelled muscle, found none"):
        regions_of(made, image, np.zeros_like(labels), ClosedMuscles(4.0))
    for name in ("excluded", "drawn"):
        rule = DrawnCompartment() if name == "drawn" else ClosedMuscles(4.0)
        with pytest.raises(GridMismatch, match="on the grid of the image, found shape 2 x 30 x 60 against 3 x 30 x 60"):
            regions_of(made, image, labels, rule, **{name: drawn_box()[:2]})


def test_radii_and_values_out_of_range_are_refused():
    for radius in (-1, 101, float("nan")):
        with pytest.raises(InvalidChoice, match="Expected a closing radius from 0 to 100 mm"):
            ClosedMuscles(radius)
    with pytest.raises(InvalidChoice, match="Expected holes kept or filled, found 'some'"):
        ClosedMuscles(3, "some")
    with pytest.raises(InvalidChoice, match="Expected label values of the compartment from 1 on, found 0"):
        DrawnCompartment((0, 1))


def test_lumbar_dixon_equals_a_slow_twin(shared_data, made):
    folder = shared_data / "lumbar-dixon-tum01"
    read = {}
    for name in ("water_img_img", "fat_img_img", "fat_manual_label_segmentation"):
        image = nibabel.load(folder / f"TUM01_{name}_L2-L5.nii.gz")
        grid, axes = arrange_axes(image.shape, RAS_TO_LPS @ image.affine)
        read[name] = (np.asarray(image.dataobj).transpose(axes), grid)
    (water, water_grid), (fat, fat_grid), (labels, grid) = read.values()
    names = (("erector_spinae", "right"), ("multifidus", "right"), ("multifidus", "left"), ("erector_spinae", "left"))
    label_map = LabelMap(labels, grid, {value: find_structure(*name) for value, name in enumerate(names, start=1)})
    pair = accept_header_mismatch(
        Volume(water, water_grid, Contrast.WATER), Volume(fat, fat_grid, Contrast.FAT), labels_grid=grid
    )
    assert isinstance(pair, WaterFat)
    found = row(measure_regions(pair, label_map, ClosedMuscles(8.0), protocol=made.DIXON, key=made.KEY))
    muscle = labels > 0
    closed = np.stack([slow_closing(one, 8.0, grid.spacing_mm[1:]) for one in muscle])
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = fat.astype(float) / (fat.astype(float) + water)
    voxel = float(np.prod(grid.spacing_mm))
    slow = {
        "intermat_mm3": (closed & ~muscle & (fraction >= 0.5)).sum() * voxel,
        "intramuscular_fat_mm3": (muscle & (fraction >= 0.5)).sum() * voxel,
        "lean_volume_mm3": (muscle & (fraction < 0.5)).sum() * voxel,
        "lean_volume_of_ff_mm3": np.nansum(1 - fraction[muscle]) * voxel,
        "muscle_volume_mm3": muscle.sum() * voxel,
    }
    assert {name: found[name] for name in slow} == pytest.approx(slow, rel=1e-6)
    assert 0 < found["intermat_mm3"] < 0.5 * found["muscle_volume_mm3"]
    assert 0 < found["intramuscular_fat_mm3"] < 0.2 * found["muscle_volume_mm3"]
    assert found["n_slices"] == 29
    assert "header_mismatch_accepted" in found["flags"].split(";")
