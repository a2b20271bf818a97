"""What is drawn on one slice made into a muscle: outlines in every way, scribbles, never over what is locked."""

from __future__ import annotations

import numpy as np
import pytest
from tests.viewer.conftest import SHAPE, dice, draw, muscle_pixels

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.keeping.label_store_status import Status
from napari_hipspine.segmenting.outline import outline_to_mask
from napari_hipspine.viewer.drawn_wishes import Effect, OutlineWay, Sides, outlined, scribbled

SQUARE = np.array([(10.0, 30.0), (10.0, 45.0), (25.0, 45.0), (25.0, 30.0)])
STRAIGHT = OutlineWay(Sides.STRAIGHT)


def test_an_outline_becomes_the_muscle_and_a_second_one_takes_its_place(series):
    outlined(series, 1, 2, SQUARE, STRAIGHT).accept(series.label_work)
    store = series.label_work.store
    assert ((store.labels[2] == 1) == outline_to_mask(SQUARE, SHAPE[1:])).all()
    assert store.status(2, 1) is Status.DRAWN
    outlined(series, 1, 2, SQUARE + 9, STRAIGHT).accept(series.label_work)
    assert ((store.labels[2] == 1) == outline_to_mask(SQUARE + 9, SHAPE[1:])).all()
    store.undo()
    store.undo()
    assert not store.labels[2].any()


@pytest.mark.parametrize(
    ("effect", "mine", "other", "locked"),
    [
        (Effect.REPLACES, 136, 60, 60),
        (Effect.ADDS, 236, 60, 60),
        (Effect.TAKES, 296, 0, 60),
        (Effect.CUTS, 60, 60, 60),
    ],
)
def test_an_outline_does_what_is_chosen_and_leaves_the_locked(series, effect, mine, other, locked):
    labels = np.zeros(SHAPE[1:], np.uint16)
    labels[0:20, 30:38] = 1
    labels[10:20, 38:44] = 2
    labels[20:26, 30:40] = 3
    series.label_work.store.labels[2] = labels
    series.label_work.lock([3], locked=True)
    after = outlined(series, 1, 2, SQUARE, OutlineWay(Sides.STRAIGHT, effect)).after[2]
    inside = outline_to_mask(SQUARE, SHAPE[1:])
    was = labels == 1
    expected = {
        Effect.REPLACES: inside & ~np.isin(labels, (2, 3)),
        Effect.ADDS: was | (inside & ~np.isin(labels, (2, 3))),
        Effect.TAKES: was | (inside & (labels != 3)),
        Effect.CUTS: was & ~inside,
    }[effect]
    assert ((after == 1) == expected).all()
    assert ((after == 3) == (labels == 3)).all()
    assert ((after == 2) == ((labels == 2) & ~expected)).all()


def test_sides_are_bent_unless_they_are_wanted_straight(series):
    area = {
        sides: int((outlined(series, 1, 2, SQUARE, OutlineWay(sides)).after[2] == 1).sum())
        for sides in (Sides.STRAIGHT, Sides.ROUNDED)
    }
    assert area[Sides.STRAIGHT] < area[Sides.ROUNDED] < 1.3 * area[Sides.STRAIGHT]


def test_livewire_finds_the_border_between_few_clicks(series):
    truth = muscle_pixels(series.volume.grid)[2] == 3
    rows, columns = np.nonzero(truth)
    corners = np.array(
        [
            (rows.min(), columns.min()),
            (rows.min(), columns.max()),
            (rows.max(), columns.max()),
            (rows.max(), columns.min()),
        ],
        dtype=float,
    )
    found = outlined(series, 3, 2, corners, OutlineWay(Sides.LIVEWIRE)).after[2] == 3
    assert dice(found, truth) > 0.85


def test_limits_keep_the_signal_between_them(series):
    picture = np.asarray(series.volume.voxels[2])
    after = outlined(series, 1, 2, SQUARE, OutlineWay(Sides.STRAIGHT, highest=600.0)).after[2]
    inside = outline_to_mask(SQUARE, SHAPE[1:])
    assert ((after == 1) == (inside & (picture <= 600))).all()


def test_scribble_makes_a_drawn_muscle_and_leaves_the_others(series):
    truth = draw(series, 2, values=(3,))
    strokes = np.zeros(SHAPE[1:], np.uint8)
    rows, columns = np.nonzero(truth[2] == 1)
    strokes[rows.min() + 3 : rows.max() - 2, int(columns.mean())] = 1
    scribbled(series, 1, 2, strokes).accept(series.label_work)
    assert series.label_work.store.status(2, 1) is Status.DRAWN
    assert ((series.label_work.store.labels[2] == 3) == (truth[2] == 3)).all()


def test_a_locked_muscle_cannot_be_drawn(series):
    series.label_work.lock([1], locked=True)
    for draw_it in (
        lambda: outlined(series, 1, 2, SQUARE, STRAIGHT),
        lambda: scribbled(series, 1, 2, np.ones(SHAPE[1:], np.uint8)),
    ):
        with pytest.raises(InvalidChoice, match="found a locked one"):
            draw_it()


def test_too_few_clicks_are_refused(series):
    with pytest.raises(InvalidChoice, match="at least 3 vertices"):
        outlined(series, 1, 2, SQUARE[:2], STRAIGHT)
