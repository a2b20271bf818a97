"""Filling of real lumbar muscles between five outlined slices of 29, scored on the others."""

from __future__ import annotations

import numpy as np
import pytest

from napari_hipspine.reading.label_looks import label_voxels_of
from napari_hipspine.reading.volumes import open_volume
from napari_hipspine.segmenting.fill_between import fill_between

from .bodies import dice

KEYS = (0, 7, 14, 21, 28)
BETWEEN = [index for index in range(29) if index not in KEYS]


@pytest.fixture(scope="module")
def lumbar(shared_data):
    folder = shared_data / "lumbar-dixon-tum01"
    image = open_volume(folder / "TUM01_water_img_img_L2-L5.nii.gz")
    labels = open_volume(folder / "TUM01_water_manual_label_segmentation_L2-L5.nii.gz")
    return image, np.asarray(label_voxels_of(labels)[...])


def _mean_dice(image, grid, labels) -> float:
    drawn = np.zeros_like(labels)
    drawn[list(KEYS)] = labels[list(KEYS)]
    filled = fill_between(image, drawn, key_slices=KEYS, spacing_mm=grid.spacing_mm).labels
    return float(np.mean([dice(filled[BETWEEN], labels[BETWEEN], value) for value in (1, 2, 3, 4)]))


def test_five_outlined_slices_are_enough_for_the_spine(lumbar):
    image, labels = lumbar
    guided = _mean_dice(image.voxels, image.grid, labels)
    alone = _mean_dice(None, image.grid, labels)
    assert guided > 0.948
    assert alone > 0.935
    assert guided > alone + 0.01
