"""Outlines taken from slice to slice and from side to side: never over what a person or a file has there."""

from __future__ import annotations

import numpy as np
import pytest
from tests.viewer.conftest import SHAPE, dice, draw

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.domain.subject import stay_silent
from napari_hipspine.keeping.label_store_notes import Notes
from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.viewer.mirror_wish import MirrorWay, mirror_wish
from napari_hipspine.viewer.slice_wishes import carry_wish, copied_slice, pasted_slice


def test_outlines_are_carried_on_as_far_as_is_wanted_and_wait_for_a_person(series):
    truth = draw(series, 2)
    proposal = carry_wish(series, (1, 2), from_slice=2, n_slices=2).run(stay_silent)
    assert proposal.slices == (3, 4)
    assert dice(proposal.after[4] == 1, truth[4] == 1) > 0.9
    assert not (proposal.after[3] == 3).any()
    proposal.accept(series.label_work)
    assert series.label_work.store.status(4, 2) is Status.FILLED
    assert carry_wish(series, (3,), from_slice=2, n_slices=-1).run(stay_silent).slices == (1,)


def test_carrying_stops_where_somebody_has_outlined_or_a_slab_ends(series):
    draw(series, 1)
    draw(series, 3, values=(1,))
    wish = carry_wish(series, (1,), from_slice=1, n_slices=4)
    assert wish.run(stay_silent).slices == (2,)
    assert wish.notes == ("stops after 1: what follows is outlined, or no slice",)
    draw(series, 2, values=(1,))
    with pytest.raises(InvalidChoice, match="found the end of the slab or multifidus left outlined or imported there"):
        carry_wish(series, (1,), from_slice=1, n_slices=1)
    assert carry_wish(series, (1, 2), from_slice=1, n_slices=1).values == (2,)
    series.label_work.toggle_slab(2)
    with pytest.raises(InvalidChoice, match="found the end of the slab"):
        carry_wish(series, (2,), from_slice=1, n_slices=1)
    with pytest.raises(InvalidChoice, match="Expected an unlocked outline on slice 5 to carry on, found none"):
        carry_wish(series, (2,), from_slice=5, n_slices=1)


def test_imported_slices_are_not_carried_over(series):
    draw(series, 1, 2, values=(1,))
    series.label_work.store.say(Notes({(2, 1): Status.IMPORTED}), "as if imported")
    with pytest.raises(InvalidChoice, match="outlined or imported there"):
        carry_wish(series, (1,), from_slice=1, n_slices=1)


def test_locked_muscles_are_not_carried(series):
    draw(series, 1, values=(1, 2))
    series.label_work.lock([1], locked=True)
    assert carry_wish(series, (1, 2), from_slice=1, n_slices=1).values == (2,)


def test_a_copy_is_pasted_as_it_was_when_it_was_taken(series):
    truth = draw(series, 2)
    copied = copied_slice(series, 2)
    store = series.label_work.store
    store.labels[2] = 0
    store.labels[4, 30:40, 40:60] = 3
    proposal = pasted_slice(series, copied, to_slice=4, values=(1,))
    proposal.accept(series.label_work)
    found = store.labels[4]
    assert ((found == 3) >= (truth[2] == 3)).sum() > 0
    assert (found[30:40, 40:60] == 3).all()
    assert ((found == 1) == ((truth[2] == 1) & (np.indices(SHAPE[1:])[0] >= 40))).all()
    assert store.status(4, 1) is Status.DRAWN
    store.undo()
    assert not (store.labels[4] == 1).any()


def test_what_cannot_be_pasted_is_said(series):
    draw(series, 2, values=(1,))
    copied = copied_slice(series, 2)
    with pytest.raises(InvalidChoice, match="Expected multifidus right on the copied slice 2, found none"):
        pasted_slice(series, copied, to_slice=3, values=(2,))
    series.label_work.lock([1], locked=True)
    with pytest.raises(InvalidChoice, match="found a locked one"):
        pasted_slice(series, copied, to_slice=3, values=(1,))


@pytest.mark.parametrize("way", list(MirrorWay))
def test_mirror_proposes_the_side_that_is_not_drawn(series, way):
    truth = draw(series, 2, 3, values=(2,))
    series.label_work.store.labels[3] = truth[3] * np.isin(truth[3], (1, 2))
    wish = mirror_wish(series, 2, way)
    assert wish.slices == (2,)
    proposal = wish.run(stay_silent)
    assert proposal.title == way.value
    assert dice(proposal.after[2] == 1, truth[2] == 1) > 0.75
    assert (proposal.after[2] == 2).sum() == (truth[2] == 2).sum()
    with pytest.raises(InvalidChoice, match="where the other side is not drawn"):
        mirror_wish(series, 4)
    series.label_work.lock([1], locked=True)
    with pytest.raises(InvalidChoice, match="Expected multifidus left to be free, found it locked"):
        mirror_wish(series, 2, way)


def test_adapting_changes_the_reflection_where_the_picture_says_so(series):
    draw(series, 2, values=(2,))
    plain, adapted = (mirror_wish(series, 2, way).run(stay_silent).after[2] == 1 for way in MirrorWay)
    assert plain.any()
    assert (plain != adapted).any()
