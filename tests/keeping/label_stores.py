"""Small stores for the tests of this folder: two by two chunks on each of three slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.keeping.label_store import LabelStore
from napari_hipspine.keeping.label_store_creation import create_empty_label_store
from napari_hipspine.keeping.label_store_opening import open_label_store

SHAPE = (3, 300, 280)
STRUCTURES = {
    1: find_structure("multifidus", "left"),
    2: find_structure("multifidus", "right"),
    700: find_structure("erector_spinae", "left"),
}


def axial_grid(shape: tuple[int, int, int] = SHAPE) -> Grid:
    affine = np.array([[0.0, 0.0, 0.7, -90.1], [0.0, 0.7, 0.0, 12.3], [4.4, 0.0, 0.0, -7.7], [0.0, 0.0, 0.0, 1.0]])
    return Grid(shape, affine, "1.2.3")


def new_store(folder: Path, *, journal_bytes: int = 2**24, shape: tuple[int, int, int] = SHAPE) -> LabelStore:
    place = folder / "subject.labels"
    create_empty_label_store(place, axial_grid(shape), STRUCTURES)
    return open_label_store(place, journal_bytes=journal_bytes)


def voxels(store: LabelStore) -> np.ndarray:
    """All labels as zarr itself reads them from the disk."""
    import zarr

    return np.asarray(zarr.open_array(str(store.folder / "labels.zarr"), mode="r")[...])
