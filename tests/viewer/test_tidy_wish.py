"""Tidying by rules: each does what it says, other muscles stay, mixed-up sides are told."""

from __future__ import annotations

import numpy as np
import pytest
from tests.viewer.conftest import draw

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.segmenting.tidy import OverlapRule
from napari_hipspine.viewer.tidy_wish import TidyRules, tidied_slice, tidy_wish

NOTHING = TidyRules(keeps_largest=False, fills_holes=False, smooth_mm=0.0)
SPACING = (1.0, 1.0)


@pytest.fixture
def labels():
    """A square with a hole, in which another muscle has one pixel; and a stray pixel."""
    labels = np.zeros((20, 20), np.uint16)
    labels[2:12, 2:12] = 1
    labels[5:8, 5:8] = 0
    labels[6, 6] = 2
    labels[18, 18] = 1
    return labels


def tidy(labels, **rules):
    return tidied_slice(labels, (1,), TidyRules(**{**NOTHING.__dict__, **rules}), spacing_mm=SPACING)


def test_the_largest_part_stays(labels):
    found = tidy(labels, keeps_largest=True)
    assert (labels != found).sum() == 1
    assert found[18, 18] == 0


def test_holes_are_filled_around_other_muscles(labels):
    found = tidy(labels, fills_holes=True)
    assert (found[2:12, 2:12] == 1).sum() == 99
    assert found[6, 6] == 2
    assert found[18, 18] == 1


def test_smoothing_keeps_the_area(labels):
    found = tidy(labels, smooth_mm=3.0)
    assert (found == 1).sum() == (labels == 1).sum()
    assert (found != labels).any()
    assert found[6, 6] == 2


def test_contested_pixels_go_by_the_rule():
    labels = np.zeros((9, 20), np.uint16)
    labels[2:7, 2:9] = 1
    labels[2:7, 9:17] = 2
    labels[4, 9:12] = 1  # a tongue of one muscle in the other
    first, last = (
        tidied_slice(labels, (1, 2), TidyRules(True, True, 0.0, rule), spacing_mm=SPACING)
        for rule in (OverlapRule.FIRST, OverlapRule.LAST)
    )
    assert (first == labels).all()
    assert (last == labels).all()
    enclosed = labels.copy()
    enclosed[4, 12] = 1
    enclosed[4, 9] = 2
    deepest = tidied_slice(enclosed, (1, 2), TidyRules(True, True, 0.0, OverlapRule.DEEPEST), spacing_mm=SPACING)
    assert (deepest[4, 10:13] == 2).all()


def test_all_slices_in_one_step_without_the_locked(series):
    truth = draw(series, 1, 2)
    store = series.label_work.store
    for index in (1, 2):
        plane = store.labels[index]
        plane[0, 0], plane[0, 1] = 1, 2
        store.labels[index] = plane
    series.label_work.lock([2], locked=True)
    proposal = tidy_wish(series, (1, 2), range(6), TidyRules(smooth_mm=0.0)).run(stay_silent)
    assert proposal.slices == (1, 2)
    assert proposal.notes == ()
    proposal.accept(series.label_work)
    assert (store.labels[2] == 1).sum() == (truth[2] == 1).sum()
    assert (store.labels[1, 0, 0], store.labels[1, 0, 1]) == (0, 2)
    assert store.status(1, 1) is Status.DRAWN
    store.undo()
    assert store.labels[1, 0, 0] == 1


def test_sides_that_look_mixed_up_are_told(series):
    truth = draw(series, 1)
    store = series.label_work.store
    store.labels[3] = np.array([0, 2, 1, 3, 4])[truth[3]]
    notes = tidy_wish(series, (1, 2), (1, 3), TidyRules()).run(stay_silent).notes
    assert notes == ("on slice 3 multifidus left lies right of its partner: are the sides mixed up?",)


def test_rules_that_do_nothing_are_refused(series):
    draw(series, 1)
    with pytest.raises(InvalidChoice, match="at least one rule to tidy by"):
        tidy_wish(series, (1,), (1,), NOTHING)
    with pytest.raises(InvalidChoice, match="an unlocked muscle to tidy, found none"):
        tidy_wish(series, (1,), (2,), TidyRules())
