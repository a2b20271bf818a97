"""Saving can be watched and cancelled: whole or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.viewer.conftest import draw

from napari_hipspine.domain.errors import Cancelled
from napari_hipspine.reading.label_maps import look_at_labels
from napari_hipspine.viewer.watched_labels import WatchedLabels
from napari_hipspine.writing.label_maps import write_label_map

FILES = ("x.nii.gz", "x.seg.nrrd", "x.label", "x.zarr")


@pytest.mark.parametrize("name", FILES)
def test_what_is_saved_is_what_is_painted(series, tmp_path, name):
    truth = draw(series, 1, 4)
    heard = []

    def hear(done: int, total: int, doing: str) -> None:
        heard.append((done, total, doing))

    store = series.label_work.store
    watched = WatchedLabels(store.snapshot(), hear, "saving")
    written = write_label_map(replace(store.label_map(), labels=watched), tmp_path / name)
    found = look_at_labels(written)
    assert found.counts == {value: int((truth[[1, 4]] == value).sum()) for value in (1, 2, 3, 4)}
    assert heard
    assert {(total, doing) for _, total, doing in heard} == {(6, "saving")}


@pytest.mark.parametrize("name", FILES)
def test_cancelled_saving_leaves_no_file(series, tmp_path, name):
    draw(series, 1, 4)

    def stop(done: int, total: int, doing: str) -> None:
        raise Cancelled("Cancelled.")

    store, folder = series.label_work.store, tmp_path / "saved"
    folder.mkdir()
    watched = WatchedLabels(store.snapshot(), stop, "saving")
    with pytest.raises(Cancelled):
        write_label_map(replace(store.label_map(), labels=watched), folder / name)
    assert list(folder.iterdir()) == []
    assert np.array_equal(np.unique(store.labels[4]), (0, 1, 2, 3, 4))
