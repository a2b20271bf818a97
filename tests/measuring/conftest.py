"""Small subjects for the tests of this folder: images and outlines made of numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.level_plan import LevelPlan
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume, WaterFat
from napari_hipspine.measuring.measures import measure_volume

KEY = SubjectKey("s1")

TWO_SIDES = {1: find_structure("multifidus", "right"), 2: find_structure("multifidus", "left")}

DIXON = MeasurementProtocol(fat_method=FatMethod.DIXON)


def manual(threshold, **settings):
    return MeasurementProtocol(fat_method=FatMethod.MANUAL, manual_threshold=threshold, **settings)


def grid_of(shape, spacing=(4.0, 1.0, 1.0)):
    """Axial slices to the head, rows to the back, columns to the left."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1.0
    return Grid(shape, affine)


def volume_of(voxels, *, contrast=Contrast.T2, polarity=FatPolarity.BRIGHT, spacing=(4.0, 1.0, 1.0), **more):
    return Volume(voxels, grid_of(voxels.shape, spacing), contrast, polarity, **more)


def pair_of(water, fat, **more):
    return WaterFat(volume_of(water, contrast=Contrast.WATER), volume_of(fat, contrast=Contrast.FAT), **more)


def labels_of(labels, structures=None, *, spacing=(4.0, 1.0, 1.0), **more):
    return LabelMap(labels, grid_of(labels.shape, spacing), structures or TWO_SIDES, **more)


def measure(image, label_map, protocol=None, plan=None, **more):
    return measure_volume(image, label_map, plan or LevelPlan(), protocol or MeasurementProtocol(), key=KEY, **more)


def body_with_fat(*, share=0.2, lean=100.0, fat=200.0, spread=5.0, seed=0, n_slices=3, around=None, size=(64, 80)):
    """A body of fat in air with one muscle on each side: image, labels, and which pixels are fat.

    ``around`` is the signal of what surrounds the muscles instead of fat; None for fat.
    """
    rng = np.random.default_rng(seed)
    shape = (n_slices, *size)
    image = rng.normal(0, 1, shape)
    labels = np.zeros(shape, dtype=np.uint8)
    image[:, 6:-6, 6:-6] = rng.normal(fat if around is None else around, spread, (n_slices, size[0] - 12, size[1] - 12))
    labels[:, 20:44, 14:34], labels[:, 20:44, 46:66] = 1, 2
    muscle = labels > 0
    is_fat = muscle & (rng.random(shape) < share)
    image[muscle] = rng.normal(lean, spread, int(muscle.sum()))
    image[is_fat] = rng.normal(fat, spread, int(is_fat.sum()))
    return np.clip(np.rint(image), 0, None).astype(np.int16), labels, is_fat


def row_of(table, **cells):
    """The one row of a table with these cells, as a dictionary."""
    chosen = table
    for name, value in cells.items():
        chosen = chosen[chosen[name] == value]
    assert len(chosen) == 1, f"{len(chosen)} rows for {cells}"
    return chosen.iloc[0].to_dict()


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """Functions that make small subjects and measure them."""
    return SimpleNamespace(
        KEY=KEY,
        TWO_SIDES=TWO_SIDES,
        DIXON=DIXON,
        manual=manual,
        grid_of=grid_of,
        volume_of=volume_of,
        pair_of=pair_of,
        labels_of=labels_of,
        measure=measure,
        body_with_fat=body_with_fat,
        row_of=row_of,
    )
