"""How many numbers differ between two results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_hipspine.domain.anatomy import find_structure
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol
from napari_hipspine.domain.subject import SubjectKey
from napari_hipspine.domain.volume import Contrast, FatPolarity, Volume
from napari_hipspine.workflows.changed_numbers import ChangedNumbers, count_changed_numbers
from napari_hipspine.workflows.measure_subject import measure_subject


def test_changed_appeared_and_gone_numbers_are_counted_once_each():
    affine = np.array([[0.0, 0, 1, 0], [0, 1, 0, 0], [4, 0, 0, 0], [0, 0, 0, 1]])
    grid = Grid((3, 20, 40), affine)
    voxels = np.full(grid.shape, 100, np.int16)
    voxels[:, ::2, ::5] = 300
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, 2:18, 2:18], labels[:, 2:18, 22:38] = 1, 2
    sides = {1: find_structure("multifidus", "right"), 2: find_structure("multifidus", "left")}
    protocol = MeasurementProtocol(fat_method=FatMethod.MANUAL, manual_threshold=200.0)

    def measured(drawn):
        volume = Volume(voxels, grid, Contrast.T2, FatPolarity.BRIGHT)
        return measure_subject(volume, LabelMap(drawn, grid, sides), key=SubjectKey("s"), protocol=protocol)

    before = measured(labels)
    n_numbers = count_changed_numbers(before, before).n_numbers
    assert count_changed_numbers(before, before) == ChangedNumbers(0, n_numbers)
    moved = replace(before, slices=before.slices.assign(threshold=201.0))
    assert count_changed_numbers(before, moved).n_changed == len(before.slices)
    fewer = labels.copy()
    fewer[2] = 0
    gone = count_changed_numbers(before, measured(fewer))
    # Two rows of the slice table go with all their numbers; the sums of every level row change.
    n_in_row = (
        int(before.slices.iloc[0][["position_mm", "n_pixels", "n_valid", "csa_mm2", "fcsa_mm2", "fi"]].count()) + 2
    )
    assert gone.n_numbers == n_numbers
    assert gone.n_changed == 2 * n_in_row + 3 * len(("n_slices", "n_slices_expected", "volume_mm3"))
