"""What is measured over a store: blocks never painted are skipped, and only dirty slices are counted anew."""

from __future__ import annotations

import numpy as np

from napari_hipspine.domain.protocol import MeasurementProtocol
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
from napari_hipspine.measuring.slice_sums import sum_slices, update_sums

from .label_stores import SHAPE, new_store


class _CountedChunks:
    """A snapshot that notes which boxes were unpacked."""

    def __init__(self, snapshot):
        self.shape, self.dtype, self.ndim, self.block_shape = SHAPE, snapshot.dtype, 3, snapshot.block_shape
        self.is_empty, self._snapshot, self.boxes = snapshot.is_empty, snapshot, []

    def read(self, box):
        self.boxes.append(box)
        return self._snapshot.read(box)

    def __getitem__(self, key):
        return self._snapshot[key]


def test_edited_slices_are_counted_anew_and_the_result_is_that_of_all(tmp_path):
    protocol = MeasurementProtocol()
    signal = np.random.default_rng(0).integers(0, 900, SHAPE).astype(np.int16)
    with new_store(tmp_path) as store:
        volume = Volume(signal, store.grid, Contrast.T2, FatPolarity.BRIGHT)
        store.labels[0, 200:280, 100:270] = 1
        store.labels[1, 200:280, 100:270] = 2
        before = store.snapshot()
        sums = sum_slices(volume, store.label_map(before), protocol)
        with store.step("stroke"):
            store.labels[1, 220:290, 240:260] = 700
            seen_meanwhile = sum_slices(volume, store.label_map(store.snapshot()), protocol)
        after = store.snapshot()
        counted = _CountedChunks(after)
        again = update_sums(sums, volume, store.label_map(counted), protocol, slices=before.changed_slices())
        whole = sum_slices(volume, store.label_map(after), protocol)
    assert before.changed_slices() == {1}
    assert {(box[0].start, box[0].stop) for box in counted.boxes} == {(1, 2)}
    assert np.array_equal(seen_meanwhile.n_pixels, sums.n_pixels)
    assert np.array_equal(again.n_pixels, whole.n_pixels)
    assert again.n_pixels.tolist() == [[13_600, 0, 0], [0, 13_600 - 1_200, 1_400], [0, 0, 0]]
