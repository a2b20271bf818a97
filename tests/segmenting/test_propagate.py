"""One outline carried to other slices."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from napari_hipspine.domain.errors import InvalidChoice, PackageMissing
from napari_hipspine.segmenting.flow_store import FlowMemory
from napari_hipspine.segmenting.propagate import propagate

from .bodies import SPACING_MM, dice, make_body

BODY = make_body()


def carry(drawn=None, *, to_slice=4, from_slice=0, **changes):
    labels = BODY.keys_only(from_slice) if drawn is None else drawn
    return propagate(BODY.image, labels, from_slice=from_slice, to_slice=to_slice, spacing_mm=SPACING_MM, **changes)


@pytest.mark.parametrize(("from_slice", "to_slice"), [(0, 4), (8, 4)])
def test_the_muscle_is_found_again_on_either_side(from_slice, to_slice):
    reached = carry(from_slice=from_slice, to_slice=to_slice)
    expected = BODY.labels[1:5] if from_slice == 0 else BODY.labels[4:8]
    assert reached.shape == expected.shape
    for value in (1, 7):
        assert dice(reached, expected, value) > 0.9
        assert dice(reached, expected, value) > dice(np.stack([BODY.labels[from_slice]] * 4), expected, value)


def test_others_stay_and_locked_ones_are_not_carried():
    drawn = BODY.keys_only(0)
    drawn[1, 30:40, 20:30] = 50
    drawn[2, 5:9, 5:9] = 1
    reached = carry(drawn, locked=(7,))
    assert np.array_equal(reached[0] == 50, drawn[1] == 50)
    assert not (reached == 7).any()
    assert not (reached[1][5:9, 5:9] == 1).any()


def test_chosen_values_only_and_kept_flows_change_nothing():
    store = FlowMemory()
    first = carry(values=(7,), flows=store)
    assert set(np.unique(first)) == {0, 7}
    assert np.array_equal(first, carry(values=(7,), flows=store))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"to_slice": 9}, "two slices from 0 to 8, found 0 and 9"),
        ({"to_slice": 0}, "two slices"),
        ({"values": (5,)}, "Expected outlines to carry on, found label values \\[1, 7\\], on slice 0"),
        ({"drawn": BODY.keys_only(3)}, "found label values none, on slice 0"),
    ],
)
def test_refused(changes, found):
    with pytest.raises(InvalidChoice, match=found):
        carry(**changes)


def test_without_opencv_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(PackageMissing, match="Expected OpenCV"):
        carry()
