"""LabelMap: what labels may be, and how they come onto an image's grid."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from napari_hipspine.domain.anatomy import Structure, find_structure
from napari_hipspine.domain.errors import GridMismatch, UnknownLabel
from napari_hipspine.domain.grid import Grid
from napari_hipspine.domain.label_map import LabelMap, Origin

from .grids import axial

LEFT, RIGHT = find_structure("psoas_major", "left"), find_structure("psoas_major", "right")


def labels_of(dtype: type = np.uint16, shape: tuple[int, int, int] = (5, 6, 7)) -> np.ndarray:
    labels = np.zeros(shape, dtype)
    labels[1:3, 1:3, :2], labels[1:3, 1:3, 5:] = 1, 2
    return labels


@pytest.mark.parametrize(
    ("labels", "structures", "message"),
    [
        (labels_of(shape=(5, 6, 8)), {1: LEFT}, r"labels of shape \(5, 6, 7\), found \(5, 6, 8\), in memory"),
        (labels_of(np.float32), {1: LEFT}, "whole numbers as labels, found float32, in memory"),
        (labels_of(bool), {1: LEFT}, "whole numbers as labels, found bool"),
        (labels_of(), {0: LEFT}, "label values from 1 on, found 0"),
        (labels_of(), {1: LEFT, -4: RIGHT}, "label values from 1 on, found -4"),
        (labels_of(), {1: LEFT, 2: LEFT, 3: RIGHT}, "one value per structure, found several for psoas_major_left"),
    ],
    ids=["shape", "fractions", "mask", "background", "negative", "twice"],
)
def test_labels_that_cannot_be_measured_are_refused(
    labels: np.ndarray, structures: dict[int, Structure], message: str
) -> None:
    with pytest.raises(UnknownLabel, match=message):
        LabelMap(labels, axial(), structures)


def test_meanings_are_kept_apart_from_the_givers_and_locked() -> None:
    given = {1: LEFT}
    label_map = LabelMap(labels_of(), axial(), given)
    given[2] = RIGHT
    assert dict(label_map.structures) == {1: LEFT}
    with pytest.raises(TypeError, match="item assignment"):
        label_map.structures[2] = RIGHT


def test_labels_travel_to_workers() -> None:
    label_map = LabelMap(labels_of(), axial(), {1: LEFT, 2: RIGHT}, Origin.IMPORTED, "tool 1", "a.nii", ("x",), ("y",))
    arrived = pickle.loads(pickle.dumps(label_map))
    assert np.array_equal(arrived.labels, label_map.labels)
    for name in ("grid", "structures", "origin", "tool", "path", "flags", "notes"):
        assert getattr(arrived, name) == getattr(label_map, name)


def test_lossless_steps_lead_to_the_images_grid_and_are_noted() -> None:
    stored = axial()
    step = np.diag([1.0, 1, -1, 1])
    step[2, 3] = 6
    image = Grid((4, 6, 7), stored.affine @ step)
    label_map = LabelMap(labels_of(), stored, {1: LEFT, 2: RIGHT}, notes=("drawn",)).on_grid(image)
    assert np.array_equal(np.asarray(label_map.labels), labels_of()[:4, :, ::-1])
    assert label_map.grid == image
    assert label_map.notes == ("drawn", "labels columns flipped", "labels cropped")
    assert label_map.blocks() is label_map.labels


def test_labels_on_their_own_grid_stay_as_they_are() -> None:
    label_map = LabelMap(labels_of(), axial(), {1: LEFT})
    same = label_map.on_grid(axial())
    assert same.labels is label_map.labels
    assert same.notes == ()


def test_labels_that_would_have_to_be_resampled_are_refused() -> None:
    with pytest.raises(GridMismatch, match=r"spacing 4 x 1 x 1 against 4 x 0\.5 x 0\.5 mm"):
        LabelMap(labels_of(), axial(), {1: LEFT}).on_grid(axial(spacing=(4, 0.5, 0.5)))
