"""A real Labels layer over a label store: every way to paint passes the store once and is on the disk."""

from __future__ import annotations

import numpy as np
import zarr
from tests.viewer.conftest import STRUCTURES, oriented_grid

from napari_hipspine.domain.grid import Grid
from napari_hipspine.keeping.label_store_changes import Stage
from napari_hipspine.keeping.label_store_creation import create_empty_label_store
from napari_hipspine.keeping.label_store_opening import open_label_store
from napari_hipspine.viewer.layers import placement

SHAPE = (4, 400, 300)
SQUARE = np.array([[1, 240, 240], [1, 240, 280], [1, 280, 280], [1, 280, 240]])


def test_napari_paints_into_the_store(make_napari_viewer_proxy, tmp_path):
    grid = Grid(SHAPE, oriented_grid().affine)
    store = open_label_store(create_empty_label_store(tmp_path / "labels", grid, STRUCTURES))
    viewer = make_napari_viewer_proxy()
    layer = viewer.add_labels(store.labels, name="labels", **placement(grid))
    viewer.dims.set_point(0, 4.0)
    n_dirty = []
    store.observe(lambda change: n_dirty.append(sorted(change.slices)) if change.stage is Stage.WRITTEN else None)

    def on_disk():
        assert n_dirty.pop() == [1], "the store is told of each act once"
        assert n_dirty == []
        return zarr.open_array(str(store.folder / "labels.zarr"), mode="r")[1]

    layer.brush_size = 20
    layer.paint((1, 256, 256), 1)
    brushed = on_disk()
    assert (brushed == 1).sum() > 150
    assert brushed[256, 256] == 1

    layer.paint_polygon(SQUARE, 2)
    drawn = on_disk()
    assert (drawn == 2).sum() == 41 * 41

    layer.fill((1, 0, 0), 3)
    filled = on_disk()
    assert (filled == 3).sum() == 400 * 300 - 41 * 41

    layer.data_setitem((np.array([1, 1]), np.array([5, 6]), np.array([7, 299])), 4)
    set_by_index = on_disk()
    assert set_by_index[[5, 6], [7, 299]].tolist() == [4, 4]

    for expected in (filled, drawn, brushed, np.zeros_like(brushed)):
        layer.undo()
        assert np.array_equal(on_disk(), expected)
    for expected in (brushed, drawn, filled, set_by_index):
        layer.redo()
        assert np.array_equal(on_disk(), expected)

    store.set_locked([2])
    layer.undo()
    layer.undo()
    assert n_dirty == [[1], [1]]
    n_dirty.clear()
    layer.undo()
    layer.paint((1, 260, 260), 1)
    layer.paint_polygon(SQUARE, 0)
    layer.fill((1, 260, 260), 1)
    assert not any(n_dirty)
    assert np.array_equal(store.labels[1], drawn)
    store.set_locked([])

    while store.undo():
        layer.refresh()
    assert not store.labels[...].any()
    store.redo()
    layer.refresh()
    assert np.array_equal(store.labels[1], brushed)
    assert layer.get_value((1, 256, 256)) == 1
    store.close()
