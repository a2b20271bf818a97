"""One pass over the voxels: what it counts, and what must never change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.blocks import ArrayBlocks
from napari_hipspine.domain.errors import Cancelled, GridMismatch, InvalidChoice
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.protocol import MeasurementProtocol
from napari_hipspine.measuring import slice_sums as slice_sums_module
from napari_hipspine.measuring import threads
from napari_hipspine.measuring.kernels import ALL_COUNTED, PLAIN, compiled_kernels
from napari_hipspine.measuring.slice_bins import BinStore, SliceBins
from napari_hipspine.measuring.slice_sums import sum_slices, update_sums
from napari_hipspine.writing.tables import table_as_csv


class CountedBlocks(ArrayBlocks):
    """Blocks that remember which of them were read."""

    read_boxes: list

    def read(self, box):
        self.read_boxes.append(box)
        return super().read(box)


def _counted(array, chunk):
    blocks = CountedBlocks(array, chunk)
    object.__setattr__(blocks, "read_boxes", [])
    return blocks


def _scene(seed=0, shape=(5, 40, 40), dtype=np.int16):
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, dtype=np.uint8)
    labels[:, 5:25, 4:17] = 1
    labels[1:, 5:25, 22:36] = 2
    labels[2, 30:35, 2:38] = 2
    if np.dtype(dtype).kind == "f":
        return rng.normal(100, 30, shape).astype(dtype), labels
    return rng.integers(0, 900, shape).astype(dtype), labels


def _tables(measured):
    return table_as_csv(measured.slices) + table_as_csv(measured.measurements)


def test_counts_equal_a_slow_loop(made):
    image, labels = _scene()
    sums = sum_slices(made.volume_of(image), made.labels_of(labels), MeasurementProtocol())
    for z in range(len(labels)):
        for number, value in enumerate((1, 2)):
            inside = image[z][labels[z] == value]
            assert sums.n_pixels[z, number] == inside.size
            (found,) = sums.histograms(z, [number])
            values, counts = np.unique(inside, return_counts=True)
            assert np.array_equal(found.values, values)
            assert np.array_equal(found.counts, counts)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    labels_dtype=st.sampled_from(["u1", "u2"]),
    dtype=st.sampled_from(["u1", "i2", "u2"]),
    n_columns=st.sampled_from([11, 16, 64]),
    n_bins=st.sampled_from([100, 256]),
)
def test_compiled_and_plain_kernels_give_the_same_integers(seed, labels_dtype, dtype, n_columns, n_bins):
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 0, 0, 1, 2, 7, 90], (2, 9, n_columns)).astype(labels_dtype)
    labels[:, 3:5] = rng.choice([0, 2])
    image = rng.integers(0, 250, labels.shape).astype(dtype)
    numbers = np.zeros(2**16, dtype=np.uint16)
    numbers[[1, 2, 7]] = 2, 1, 3
    found = []
    for kernels in (PLAIN, compiled_kernels()):
        assert kernels.has_measured(labels, numbers) == np.isin(labels, (1, 2, 7)).any()
        counts = np.zeros((2, 3, n_bins), dtype=np.int32)
        place = kernels.count(image, labels, numbers, 0, counts, 0)
        if place != ALL_COUNTED:
            assert n_bins < 250
            counts = np.pad(counts, ((0, 0), (0, 0), (0, 256 - n_bins)))
            assert kernels.count(image, labels, numbers, 0, counts, place) == ALL_COUNTED
        else:
            counts = np.pad(counts, ((0, 0), (0, 0), (0, 256 - n_bins)))
        assert counts.sum() == np.isin(labels, (1, 2, 7)).sum()
        found.append((counts.copy(), kernels.pack(counts)))
        assert not counts.any()
    assert np.array_equal(found[0][0], found[1][0])
    for name in ("first", "lengths", "n_pixels", "counts", "pooled"):
        assert np.array_equal(getattr(found[0][1], name), getattr(found[1][1], name)), name


CHUNKS = [(1, 40, 40), (2, 7, 40), (5, 16, 16), (3, 40, 9)]


@pytest.mark.parametrize("dtype", ["i2", "f4", "f8", "u1", ">i2"])
@pytest.mark.parametrize("erosion_mm", [0.0, 2.0])
def test_chunks_and_workers_never_change_a_bit(made, monkeypatch, dtype, erosion_mm):
    monkeypatch.setattr(threads, "_ONE_WORKER_BELOW", 0)
    image, labels = _scene(dtype=dtype)
    protocol = made.manual(120.0, erosion_mm=erosion_mm)
    whole = _tables(made.measure(made.volume_of(image), made.labels_of(labels), protocol, n_workers=1))
    for chunk in CHUNKS:
        in_blocks = made.volume_of(ArrayBlocks(image, chunk))
        of_labels = made.labels_of(ArrayBlocks(labels, chunk[::-1]))
        assert _tables(made.measure(in_blocks, of_labels, protocol, n_workers=3)) == whole


def test_chunks_never_change_a_bit_of_water_and_fat(made):
    water, labels = _scene(1, dtype="f4")
    fat = _scene(2, dtype="f8")[0]
    whole = _tables(made.measure(made.pair_of(water, fat), made.labels_of(labels), made.DIXON))
    for chunk in CHUNKS:
        pair = made.pair_of(ArrayBlocks(water, chunk), ArrayBlocks(fat, (5, 40, 8)))
        assert _tables(made.measure(pair, made.labels_of(labels), made.DIXON, n_workers=3)) == whole


def test_blocks_without_labels_are_not_read_from_the_image(made):
    image, labels = _scene(shape=(4, 40, 80))
    labels[1:] = 0
    blocks = _counted(image, (2, 20, 20))
    sum_slices(made.volume_of(blocks), made.labels_of(labels), MeasurementProtocol())
    starts = {(box[0].start, box[1].start, box[2].start) for box in blocks.read_boxes}
    assert starts == {(0, 0, 0), (0, 20, 0)}


def test_every_image_block_is_read_at_most_once(made):
    image, labels = _scene()
    blocks = _counted(image, (2, 20, 20))
    sum_slices(made.volume_of(blocks), made.labels_of(ArrayBlocks(labels, (1, 5, 5))), MeasurementProtocol())
    starts = [(box[0].start, box[1].start, box[2].start) for box in blocks.read_boxes]
    assert len(starts) == len(set(starts))


@pytest.mark.parametrize("dtype", ["i2", "f8"])
def test_spilled_histograms_give_the_same_table(made, monkeypatch, dtype):
    image, labels = _scene(dtype=dtype)
    volume, label_map = made.volume_of(image), made.labels_of(labels)
    kept = made.measure(volume, label_map, made.manual(110.0))
    monkeypatch.setattr(BinStore.__init__, "__defaults__", (100,))
    spilled = made.measure(volume, label_map, made.manual(110.0))
    assert spilled.sums._store.is_spilled
    assert not kept.sums._store.is_spilled
    assert _tables(spilled) == _tables(kept)


def test_updated_slices_equal_a_new_count_and_leave_the_old_one_alone(made):
    image, labels = _scene()
    protocol = MeasurementProtocol()
    volume = made.volume_of(image)
    before = sum_slices(volume, made.labels_of(labels), protocol)
    pixels_before = before.n_pixels.copy()
    edited = labels.copy()
    edited[3, 10:12, 4:17] = 0
    after = update_sums(before, volume, made.labels_of(edited), protocol, slices=[3])
    anew = sum_slices(volume, made.labels_of(edited), protocol)
    assert np.array_equal(after.n_pixels, anew.n_pixels)
    assert np.array_equal(before.n_pixels, pixels_before)
    assert after.histograms(3, [0])[0].n == anew.histograms(3, [0])[0].n == before.histograms(3, [0])[0].n - 26


def test_update_reads_touched_slices_only(made):
    image, labels = _scene()
    blocks = _counted(image, (1, 40, 40))
    volume, label_map = made.volume_of(blocks), made.labels_of(ArrayBlocks(labels, (1, 40, 40)))
    sums = sum_slices(volume, label_map, MeasurementProtocol())
    blocks.read_boxes.clear()
    update_sums(sums, volume, label_map, MeasurementProtocol(), slices={1, 4})
    assert [box[0].start for box in blocks.read_boxes] == [1, 4]


def test_wide_signals_are_exact(made):
    image, labels = _scene()
    wide = image.astype(np.uint16)
    wide[labels == 1] = 65535
    wide[labels == 2] = 3
    sums = sum_slices(made.volume_of(wide), made.labels_of(labels), MeasurementProtocol())
    assert sums.pooled([0]).values.tolist() == [65535.0]
    assert sums.pooled([1]).values.tolist() == [3.0]


def test_signals_too_wide_for_dense_counts_are_exact(made, monkeypatch):
    monkeypatch.setattr("napari_hipspine.measuring.signal_collector._MOST_BINS", 4096)
    image, labels = _scene()
    sums = sum_slices(made.volume_of(image), made.labels_of(labels), MeasurementProtocol())
    assert sums.pooled([0]).mean == pytest.approx(image[labels == 1].mean(), rel=1e-12)
    assert sums.pooled([0, 1]).n == np.isin(labels, (1, 2)).sum()


@pytest.mark.parametrize("dtype", ["u2", "i2", "i4", "i8"])
def test_large_label_values_are_kept_and_unknown_ones_left_out(made, dtype):
    image, labels = _scene()
    coded = np.array([0, 5101, 5102])[labels].astype(dtype)
    coded[0, 0, 0] = 9999
    structures = {5101: made.TWO_SIDES[1], 5102: made.TWO_SIDES[2]}
    sums = sum_slices(made.volume_of(image), made.labels_of(coded, structures), MeasurementProtocol())
    assert sums.n_pixels.sum() == (labels > 0).sum()


def test_scaled_voxels_are_signal(made):
    image, labels = _scene()
    scaled = made.volume_of(image, voxel_scale=(-2.0, 1000.0))
    signal = made.volume_of(1000 - 2.0 * image)
    one, other = (sum_slices(v, made.labels_of(labels), MeasurementProtocol()).pooled([0, 1]) for v in (scaled, signal))
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.counts, other.counts)


def test_memory_for_histograms_does_not_depend_on_slices(made):
    store = BinStore(spill_bytes=1000)
    for number in range(50):
        store.append(SliceBins(np.full(40, number), np.array([40], np.int32), np.arange(40, dtype=np.int32)))
        assert store._n_bytes <= 1000
    assert store.read(7).counts.tolist() == [7] * 40


def test_very_many_signals_are_pooled_into_bins(made, monkeypatch):
    image, labels = _scene(dtype="f8")
    exact = sum_slices(made.volume_of(image), made.labels_of(labels), MeasurementProtocol()).pooled([0, 1])
    monkeypatch.setattr(slice_sums_module, "MOST_BINS", 500)
    sums = sum_slices(made.volume_of(image), made.labels_of(labels), MeasurementProtocol())
    binned = sums.pooled([0, 1])
    assert len(binned.values) <= 500
    assert binned.n == exact.n
    width = (exact.values[-1] - exact.values[0]) / 500
    assert abs(binned.quantile(0.5) - exact.quantile(0.5)) <= width
    whole = sum_slices(made.volume_of(image.astype(np.int16)), made.labels_of(labels), MeasurementProtocol())
    assert np.array_equal(whole.pooled([0]).values, np.unique(image.astype(np.int16)[labels == 1]))


def test_cancelling_stops_the_work(made):
    def stop(done, total, doing):
        if done:
            raise Cancelled("Stopped.")

    image, labels = _scene()
    blocks = _counted(image, (1, 40, 40))
    with pytest.raises(Cancelled, match="Stopped"):
        sum_slices(
            made.volume_of(blocks),
            made.labels_of(ArrayBlocks(labels, (1, 40, 40))),
            MeasurementProtocol(),
            progress=stop,
        )
    assert len(blocks.read_boxes) == 1


def test_labels_on_another_grid_are_refused(made):
    image, labels = _scene()
    with pytest.raises(GridMismatch, match="spacing"):
        sum_slices(made.volume_of(image), made.labels_of(labels, spacing=(5.0, 1.0, 1.0)), MeasurementProtocol())


def test_labels_without_names_are_refused(made):
    image, labels = _scene()
    unnamed = LabelMap(labels, made.grid_of(labels.shape), {})
    with pytest.raises(InvalidChoice, match="at least one named structure"):
        sum_slices(made.volume_of(image), unnamed, MeasurementProtocol())


def test_updating_with_other_structures_is_refused(made):
    image, labels = _scene()
    volume = made.volume_of(image)
    sums = sum_slices(volume, made.labels_of(labels), MeasurementProtocol())
    with pytest.raises(InvalidChoice, match="structures that were summed"):
        update_sums(sums, volume, made.labels_of(labels, {1: made.TWO_SIDES[1]}), MeasurementProtocol(), slices=[0])
