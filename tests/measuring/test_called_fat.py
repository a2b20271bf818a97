"""The picture of what is called fat shows exactly the pixels that are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.measuring.called_fat import called_fat, cuts_by_value, fat_scale, measured_labels
from napari_hipspine.measuring.slice_fat import SliceFat

KINDS = ("signal", "dark", "equal", "eroded", "range", "pair", "fraction", "per cent")


def _case(made, kind):
    """Image, labels and protocol of one kind of measurement."""
    image, labels, _ = made.body_with_fat()
    label_map, protocol = made.labels_of(labels), MeasurementProtocol()
    volume = made.volume_of(image)
    if kind == "dark":
        image, labels, _ = made.body_with_fat(lean=200, fat=100)
        volume, label_map = made.volume_of(image, polarity=FatPolarity.DARK), made.labels_of(labels)
    elif kind == "equal":
        # A threshold that many pixels carry: fat lies beyond it, not on it.
        protocol = made.manual(float(np.median(image[labels > 0])))
    elif kind == "eroded":
        protocol = replace(protocol, erosion_mm=2.0)
    elif kind == "range":
        protocol = replace(protocol, valid_low=95.0, valid_high=203.0)
    elif kind in ("pair", "fraction", "per cent"):
        protocol = made.DIXON
        fat = np.where(labels > 0, image // 2, image).astype(np.float32)
        water = np.full_like(fat, 75.0)
        fraction = fat / (fat + water)
        volume = made.volume_of(fraction * (100 if kind == "per cent" else 1), contrast=Contrast.FAT_FRACTION)
        if kind == "pair":
            volume = made.pair_of(water, fat)
    return volume, label_map, protocol


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_called_fat_are_those_that_are_counted(made, kind):
    image, label_map, protocol = _case(made, kind)
    measured = made.measure(image, label_map, protocol)
    cuts = cuts_by_value(label_map, measured.thresholds)
    for z in range(image.grid.shape[0]):
        labels = measured_labels(label_map, z, protocol)
        scale = fat_scale(image, z, protocol, per_unit=100.0 if kind == "per cent" else 1.0)
        seen = called_fat(image, scale, labels, cuts)
        for value, structure in label_map.structures.items():
            row = made.row_of(measured.slices, slice_index=z, side=structure.side.value)
            n_valid = int(np.isfinite(scale[labels == value]).sum())
            assert n_valid == row["n_valid"]
            assert 0 < seen[labels == value].sum() < n_valid
            assert seen[labels == value].sum() / n_valid == row["fi"]
        assert not seen[labels == 0].any()


@pytest.mark.parametrize("kind", KINDS)
def test_judged_pixels_are_those_of_the_table_on_whole_slices_and_on_some_pixels(made, kind):
    image, label_map, protocol = _case(made, kind)
    measured = made.measure(image, label_map, protocol)
    per_unit = 100.0 if kind == "per cent" else 1.0
    fat = SliceFat(image, label_map, measured.thresholds, protocol, per_unit=per_unit)
    for z in range(image.grid.shape[0]):
        counted, called = fat.on_slice(z)
        for value, structure in label_map.structures.items():
            rows, columns = np.nonzero(np.asarray(label_map.labels[z]) == value)
            some = fat.on_pixels(z, rows, columns)
            np.testing.assert_array_equal(some[0], counted[rows, columns])
            np.testing.assert_array_equal(some[1], called[rows, columns])
            row = made.row_of(measured.slices, slice_index=z, side=structure.side.value)
            assert some[0].sum() == row["n_valid"]
            assert some[1].sum() / some[0].sum() == row["fi"]


def test_histograms_of_fat_fractions_hold_every_valid_pixel(made):
    image, labels, _ = made.body_with_fat()
    water = np.where(labels > 0, 150, 10).astype(np.int16)
    water[0, 20, 14:20] = -image[0, 20, 14:20]
    pair, label_map = made.pair_of(water, image), made.labels_of(labels)
    measured = made.measure(pair, label_map, made.DIXON)
    both = image[labels == 1].astype(float) + water[labels == 1]
    fraction = image[labels == 1][both != 0] / both[both != 0]
    pooled = measured.sums.pooled([0])
    assert pooled.n == int(measured.sums.dixon["n_valid"][:, 0].sum()) == len(fraction) < int((labels == 1).sum())
    assert pooled.mean == pytest.approx(fraction.mean(), abs=0.003)
    below = pooled.between(None, 0.5).n / pooled.n
    row = made.row_of(measured.measurements, side="right")
    assert 1 - below == pytest.approx(row["fi"], abs=1e-12)
    assert row["fi"] == (fraction >= 0.5).mean()


def test_a_pair_whose_outline_is_erased_leaves_no_histogram(made):
    from napari_hipspine.domain.level_plan import LevelPlan
    from napari_hipspine.measuring.measures import measure_again

    image, labels, _ = made.body_with_fat()
    pair = made.pair_of(image, image)
    before = made.measure(pair, made.labels_of(labels), made.DIXON)
    labels[1] = 0
    after = measure_again(before, [1], pair, made.labels_of(labels), LevelPlan(), made.DIXON, key=made.KEY)
    assert after.sums.bins(1) is None
    assert before.sums.bins(1) is not None
    assert MeasurementProtocol(fat_method=FatMethod.DIXON) == made.DIXON
