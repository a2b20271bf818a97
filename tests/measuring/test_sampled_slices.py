"""Slices on which fat is looked for: chosen by the picture alone, kept while they pass by, never read twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_hipspine.domain.blocks import ArrayBlocks
from napari_hipspine.domain.protocol import MeasurementProtocol
from napari_hipspine.domain.volume import FatPolarity
from napari_hipspine.measuring import sampled_slices, threads
from napari_hipspine.measuring.fat_region import find_fat_region
from napari_hipspine.measuring.sampled_slices import SampledSlices
from napari_hipspine.measuring.slice_sums import sum_slices
from napari_hipspine.measuring.surroundings import FatSearch
from napari_hipspine.measuring.threshold_finding import find_thresholds

SEARCH = FatSearch(100.0, FatPolarity.BRIGHT, 20.0, 1.5)
PROTOCOL = MeasurementProtocol()


class CountedBlocks(ArrayBlocks):
    """Blocks that remember how often each of them was read."""

    def read(self, box):
        self.seen.append(tuple((part.start, part.stop) for part in box))
        return super().read(box)


def _counted(array, chunk):
    blocks = CountedBlocks(array, chunk)
    object.__setattr__(blocks, "seen", [])
    return blocks


def _subject(made, n_slices=60):
    image, labels, _ = made.body_with_fat(n_slices=n_slices, seed=3)
    labels[: n_slices // 4] = 0
    labels[n_slices // 2] = 0
    return image, labels


@pytest.mark.parametrize("chunk", [(1, 64, 80), (16, 16, 16), (7, 20, 33), (60, 64, 9)])
@pytest.mark.parametrize("label_chunk", [(1, 64, 80), (16, 32, 16), (5, 24, 80)])
def test_blocks_and_workers_change_nothing(made, monkeypatch, chunk, label_chunk):
    monkeypatch.setattr(threads, "_ONE_WORKER_BELOW", 0)
    image, labels = _subject(made)
    whole = made.measure(made.volume_of(image), made.labels_of(labels), n_workers=1)
    in_blocks = made.measure(
        made.volume_of(ArrayBlocks(image, chunk)), made.labels_of(ArrayBlocks(labels, label_chunk)), n_workers=3
    )
    assert in_blocks.thresholds.fat_region == whole.thresholds.fat_region
    assert in_blocks.measurements.equals(whole.measurements)
    assert in_blocks.slices.equals(whole.slices)
    assert len(whole.thresholds.fat_region.slices) == sampled_slices.MOST_SLICES


def test_what_was_kept_equals_what_is_read_again(made):
    image, labels = _subject(made)
    volume = made.volume_of(ArrayBlocks(image, (8, 16, 16)))
    label_map = made.labels_of(labels)
    labelled = np.flatnonzero(labels.any(axis=(1, 2))).tolist()
    sample = SampledSlices(volume, label_map, reach_mm=SEARCH.distance_mm)
    sum_slices(volume, label_map, PROTOCOL, sample=sample)
    kept = find_fat_region(volume, label_map, labelled, SEARCH, sample=sample)
    assert kept == find_fat_region(volume, label_map, labelled, SEARCH)
    assert kept.is_found


@pytest.mark.parametrize("chunk", [(8, 16, 16), (5, 24, 20)])
@pytest.mark.parametrize("label_chunk", [(8, 16, 16), (4, 32, 32), (3, 20, 24), (60, 64, 80)])
def test_no_block_of_the_image_is_read_twice(made, chunk, label_chunk):
    image, labels = _subject(made)
    blocks = _counted(image, chunk)
    volume, label_map = made.volume_of(blocks), made.labels_of(ArrayBlocks(labels, label_chunk))
    sample = SampledSlices(volume, label_map, reach_mm=PROTOCOL.fat_search_mm)
    sums = sum_slices(volume, label_map, PROTOCOL, sample=sample, n_workers=1)
    assert len({corner[1:] for corner in blocks.seen}) < -(-64 // chunk[1]) * -(-80 // chunk[2])
    find_thresholds(volume, label_map, sums, PROTOCOL, sample=sample, n_workers=1)
    voxels = np.zeros(image.shape, dtype=int)
    for (a, b), (c, d), (e, f) in blocks.seen:
        voxels[a:b, c:d, e:f] += 1
    assert voxels.max() == 1


class UnwrittenBlocks(ArrayBlocks):
    """Blocks that know which of them hold nothing."""

    def is_empty(self, box):
        return not self.array[box].any()


def test_where_few_slices_are_labelled_none_is_read_twice(made):
    image, labels = _subject(made, n_slices=960)
    labels[8:] = np.where(np.arange(8, 960)[:, None, None] // 8 % 40 == 0, labels[8:], 0)
    found = {}
    for kind in (ArrayBlocks, UnwrittenBlocks):
        blocks = _counted(image, (8, 64, 80))
        volume, label_map = made.volume_of(blocks), made.labels_of(kind(labels, (8, 64, 80)))
        sample = SampledSlices(volume, label_map, reach_mm=PROTOCOL.fat_search_mm)
        sums = sum_slices(volume, label_map, PROTOCOL, sample=sample, n_workers=1)
        fat = find_thresholds(volume, label_map, sums, PROTOCOL, sample=sample).fat_region
        found[kind] = fat, len(blocks.seen), len(set(blocks.seen))
    (unknowing, n_read, _), (knowing, n_read_once, n_blocks) = found.values()
    assert knowing == unknowing
    assert n_read_once == n_blocks < n_read


def test_chosen_slices_spread_over_those_that_are_labelled(made):
    image, labels = _subject(made, n_slices=200)
    sample = SampledSlices(made.volume_of(image), made.labels_of(labels), reach_mm=20.0)
    chosen = sample.chosen(range(50, 200))
    assert len(chosen) == 24
    assert chosen[0] < 60
    assert chosen[-1] > 190
    assert max(np.diff(chosen)) <= 4 * 150 / 24
    assert sample.chosen([3, 9]) == (3, 9)


def test_large_slices_are_looked_at_on_every_nth_row_and_column(made, monkeypatch):
    image, labels = _subject(made, n_slices=6)
    volume = made.volume_of(image, spacing=(4.0, 0.5, 0.5))
    label_map = made.labels_of(labels, spacing=(4.0, 0.5, 0.5))
    fine = find_fat_region(volume, label_map, range(1, 6), SEARCH)
    monkeypatch.setattr(sampled_slices, "_WHOLE_PIXELS", 64 * 80 // 4)
    sample = SampledSlices(volume, label_map, reach_mm=20.0)
    assert sample.step == 2
    coarse = find_fat_region(volume, label_map, range(1, 6), SEARCH)
    assert coarse.signal == pytest.approx(fine.signal, abs=1.0)
    assert coarse.n_pixels == pytest.approx(fine.n_pixels / 4, rel=0.2)


@pytest.mark.parametrize("whole_pixels", [10**6, 64 * 80 // 4, 64 * 80 // 9])
def test_what_is_cut_out_lies_where_it_says(made, monkeypatch, whole_pixels):
    monkeypatch.setattr(sampled_slices, "_WHOLE_PIXELS", whole_pixels)
    image, labels = _subject(made, n_slices=6)
    volume = made.volume_of(image, spacing=(4.0, 0.4, 0.4))
    sample = SampledSlices(volume, made.labels_of(labels, spacing=(4.0, 0.4, 0.4)), reach_mm=2.0)
    (one,) = sample.complete([4])
    assert one.stored.shape < image[4, :: sample.step, :: sample.step].shape
    assert np.array_equal(one.stored, image[4][one.place])
    assert np.array_equal(one.numbers, labels[4][one.place])


def test_a_large_volume_is_looked_at_on_fewer_slices(made, monkeypatch):
    image, labels = _subject(made)
    monkeypatch.setattr(sampled_slices, "_SAMPLED_VOXELS", image.size // 2)
    assert SampledSlices(made.volume_of(image), made.labels_of(labels), reach_mm=20.0).most == 12


def test_pixels_at_the_edge_of_labels_that_erosion_took_are_still_muscle(made):
    image, labels = _subject(made, n_slices=6)
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    plain = made.measure(volume, label_map).thresholds.fat_region
    eroded = made.measure(volume, label_map, replace(PROTOCOL, erosion_mm=3.0)).thresholds.fat_region
    assert eroded == plain
