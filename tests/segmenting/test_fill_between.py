"""Laws of filling: keys exact, others untouched, views alike, ends where they are marked, and what is refused."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.errors import Cancelled, InvalidChoice
from napari_hipspine.segmenting.fill_between import fill_between, fill_gaps, touching_slices
from napari_hipspine.segmenting.filled import FillMethod
from napari_hipspine.segmenting.flow_store import FlowMemory

from .bodies import SPACING_MM, Body, dice, make_body

BODY = make_body()


def fill(body: Body = BODY, *, keys=(0, 8), drawn=None, image=None, **changes):
    chosen = {"key_slices": keys, "spacing_mm": SPACING_MM, **changes}
    return fill_between(
        body.image if image is None else image, body.keys_only(*keys) if drawn is None else drawn, **chosen
    )


@pytest.fixture(params=["picture", "shape"])
def picture(request):
    return BODY.image if request.param == "picture" else None


def test_the_picture_is_followed_where_shapes_alone_are_wrong():
    """The muscles are at one place on both keys and elsewhere between; only the picture can tell."""
    guided = fill()
    alone = fill_between(None, BODY.keys_only(0, 8), key_slices=(0, 8), spacing_mm=SPACING_MM)
    assert guided.method is FillMethod.IMAGE_GUIDED
    for value in (1, 7):
        between = np.s_[1:8]
        assert dice(guided.labels[between], BODY.labels[between], value) > 0.9
        assert dice(alone.labels[between], BODY.labels[between], value) < 0.75


def test_shape_alone_says_so(monkeypatch):
    alone = fill_between(None, BODY.keys_only(0, 8), key_slices=(0, 8), spacing_mm=SPACING_MM)
    assert alone.method is FillMethod.SHAPE_ONLY
    assert "there is no picture" in alone.notes[0]
    monkeypatch.setitem(sys.modules, "cv2", None)
    without = fill()
    assert without.method is FillMethod.SHAPE_ONLY
    assert "opencv-python-headless" in without.notes[0]
    assert np.array_equal(without.labels, alone.labels)


@given(keys=st.sets(st.integers(0, 8), min_size=1, max_size=5), noise=st.integers(0, 3))
@settings(max_examples=8)
def test_key_slices_are_returned_as_drawn(keys, noise):
    keys = sorted(keys)
    drawn = BODY.keys_only(*keys)
    rng = np.random.default_rng(noise)
    specks = rng.random(drawn.shape) < 0.01
    drawn[specks & (drawn > 0)] = 0
    before = drawn.copy()
    filled = fill(keys=keys, drawn=drawn)
    assert np.array_equal(filled.labels[keys], before[keys])
    assert np.array_equal(drawn, before)
    assert not filled.disagreement_mm[keys].any()
    assert set(filled.filled_slices) == set(range(keys[0], keys[-1])) - set(keys)
    assert not filled.labels[: keys[0]].any()
    assert not filled.labels[keys[-1] + 1 :].any()


def test_locked_and_foreign_labels_are_untouched(picture):
    drawn = BODY.keys_only(0, 4, 8)
    drawn[3, 30:40, 20:50] = 900
    drawn[2, 10:14, 10:14] = 7
    filled = fill_between(picture, drawn, key_slices=(0, 4, 8), spacing_mm=SPACING_MM, locked=(7,))
    assert np.array_equal(filled.labels == 900, drawn == 900)
    assert np.array_equal(filled.labels == 7, drawn == 7)
    assert (filled.labels[1] == 1).any()


def test_earlier_fills_give_way_and_filling_again_changes_nothing():
    once = fill(keys=(0, 4, 8))
    again = fill(keys=(0, 4, 8), drawn=once.labels)
    assert np.array_equal(once.labels, again.labels)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1, 2)])
def test_flipped_volumes_fill_alike(axes, picture):
    keys = (1, 4, 8)
    straight = fill_between(picture, BODY.keys_only(*keys), key_slices=keys, spacing_mm=SPACING_MM).labels
    flipped_keys = tuple(8 - key for key in keys) if 0 in axes else keys
    flipped = fill_between(
        None if picture is None else np.flip(picture, axes),
        np.flip(BODY.keys_only(*keys), axes),
        key_slices=flipped_keys,
        spacing_mm=SPACING_MM,
    ).labels
    for value in (1, 7):
        assert dice(np.flip(flipped, axes), straight, value) > (0.999 if picture is None else 0.97)


def test_rows_and_columns_may_change_places():
    swapped = fill(
        drawn=BODY.keys_only(0, 4, 8).transpose(0, 2, 1), image=BODY.image.transpose(0, 2, 1), keys=(0, 4, 8)
    )
    assert dice(swapped.labels.transpose(0, 2, 1), fill(keys=(0, 4, 8)).labels, 1) > 0.97


def test_oblong_pixels():
    """Every second row left out, with the spacing that belongs to it."""
    oblong = fill_between(
        BODY.image[:, ::2], BODY.keys_only(0, 4, 8)[:, ::2], key_slices=(0, 4, 8), spacing_mm=(4.0, 2.0, 1.0)
    )
    assert dice(oblong.labels[1:8], BODY.labels[1:8, ::2], 1) > 0.9


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.float64])
def test_any_number_type_and_scale(kind):
    reference = fill(keys=(0, 4, 8)).labels
    assert dice(fill(keys=(0, 4, 8), image=np.rint(BODY.image).clip(0, 255).astype(kind)).labels, reference, 1) > 0.98


def test_scaled_and_broken_pixels():
    reference = fill(keys=(0, 4, 8)).labels
    scaled = BODY.image * 1e-6
    scaled[3, :4, :4] = np.nan
    assert dice(fill(keys=(0, 4, 8), image=scaled).labels, reference, 7) > 0.98


def test_a_picture_without_contrast_is_filled_all_the_same():
    filled = fill(image=np.zeros_like(BODY.image))
    assert all((filled.labels[index] == 7).any() for index in range(9))


def test_a_slice_smaller_than_the_search_window():
    drawn = np.zeros((5, 9, 60), np.uint16)
    drawn[[0, 4], 2:7, 10:30] = 3
    filled = fill_between(np.ones(drawn.shape), drawn, key_slices=(0, 4), spacing_mm=SPACING_MM)
    assert (filled.labels[2] == 3).any()


def test_empty_slices_in_the_picture_are_bridged():
    image = BODY.image.copy()
    image[2] = 0
    assert (fill(keys=(0, 4, 8), image=image).labels[2] == 1).any()


def test_one_key_fills_nothing_without_extents():
    filled = fill(keys=(4,))
    assert filled.filled_slices == ()
    assert np.array_equal(filled.labels, BODY.keys_only(4))


def test_one_key_and_an_extent_reach_both_ways(picture):
    filled = fill_between(
        picture, BODY.keys_only(4), key_slices=(4,), spacing_mm=SPACING_MM, extents={1: (2, 6)}
    ).labels
    assert [bool((one == 1).any()) for one in filled] == [2 <= index <= 6 for index in range(9)]
    assert [bool((one == 7).any()) for one in filled] == [index == 4 for index in range(9)]


@given(last=st.integers(0, 7))
@settings(max_examples=8)
def test_a_muscle_ends_where_it_is_marked(last):
    drawn = BODY.keys_only(0, 8)
    drawn[8][drawn[8] == 7] = 0
    filled = fill(drawn=drawn, extents={7: (0, last)})
    assert [bool((one == 7).any()) for one in filled.labels] == [index <= last for index in range(9)]
    areas = [np.count_nonzero(one == 7) for one in filled.labels[: last + 1]]
    assert all(after <= before for before, after in pairwise(areas))
    assert areas[-1] < 0.8 * areas[0] or last == 0


def test_an_unmarked_end_is_a_guess_half_way_and_said_to_be_one():
    drawn = BODY.keys_only(0, 8)
    drawn[8][drawn[8] == 7] = 0
    filled = fill(drawn=drawn)
    assert (filled.labels[2] == 7).any()
    assert not (filled.labels[6] == 7).any()
    assert any("label value 7" in note and "guess" in note for note in filled.notes)
    assert filled.disagreement_mm[2][filled.labels[2] == 7].max() > 3


def test_slabs_are_never_crossed():
    slabs = [0, 0, 0, 0, 0, 1, 1, 1, 1]
    drawn = BODY.keys_only(0, 3, 6, 8)
    filled = fill(keys=(0, 3, 6, 8), drawn=drawn, slabs=slabs)
    assert filled.filled_slices == (1, 2, 7)
    assert not filled.labels[4:6].any()
    marked = fill(keys=(0, 3, 6, 8), drawn=drawn, slabs=slabs, extents={1: (0, 8)})
    assert (marked.labels[4] == 1).any()
    assert (marked.labels[5] == 1).any()


def test_muscles_may_have_key_slices_of_their_own():
    drawn = np.where(BODY.labels == 1, BODY.labels, 0)
    drawn[[1, 2, 3, 5, 6, 7]] = 0
    sevens = np.isin(np.arange(9), (0, 3, 8))[:, np.newaxis, np.newaxis] & (BODY.labels == 7)
    drawn[sevens] = 7
    filled = fill(drawn=drawn, key_slices={1: (0, 4, 8), 7: (0, 3, 8)}, keys=())
    assert np.array_equal(filled.labels[4] == 1, drawn[4] == 1)
    assert np.array_equal(filled.labels[3] == 7, drawn[3] == 7)
    for value in (1, 7):
        assert dice(filled.labels, BODY.labels, value) > 0.93


def test_kept_flows_change_nothing_and_only_what_is_wanted_is_filled():
    store = FlowMemory()
    fresh = fill(keys=(0, 3, 6, 8), flows=store)
    kept = fill(keys=(0, 3, 6, 8), flows=store)
    assert np.array_equal(fresh.labels, kept.labels)
    edited = fresh.labels.copy()
    edited[3, 30:34, 20:24] = 0
    part = fill(keys=(0, 3, 6, 8), drawn=edited, flows=store, wanted=touching_slices((0, 3, 6, 8), 3))
    whole = fill(keys=(0, 3, 6, 8), drawn=edited)
    assert part.filled_slices == (1, 2, 4, 5)
    assert np.array_equal(part.labels, whole.labels)


def test_kept_flows_need_no_second_look_at_the_picture():
    """After an edit of an outline the dense search is not run again."""
    cv2 = pytest.importorskip("cv2")
    store = FlowMemory()
    first = fill(keys=(0, 4, 8), flows=store)

    def refuse(*_):
        raise RuntimeError("the picture was searched again")

    edited = first.labels.copy()
    edited[4, 34:38, 30:34] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cv2, "DISOpticalFlow_create", refuse)
        assert fill(keys=(0, 4, 8), drawn=edited, flows=store).filled_slices == (1, 2, 3, 5, 6, 7)


class Watched:
    """A lazily sliced picture that notes what was read of it."""

    def __init__(self, voxels):
        self.voxels, self.read = voxels, []
        self.shape, self.dtype = voxels.shape, voxels.dtype

    def __getitem__(self, key):
        found = self.voxels[key]
        self.read.append((key, found.size))
        return found


def test_only_the_window_around_the_labels_is_read():
    padded = np.pad(BODY.image, ((0, 0), (200, 200), (300, 300)))
    drawn = np.pad(BODY.keys_only(0, 8), ((0, 0), (200, 200), (300, 300)))
    image = Watched(padded)
    fill_between(image, drawn, key_slices=(0, 8), spacing_mm=SPACING_MM)
    assert max(size for _, size in image.read) < 100 * 120
    assert all(isinstance(key[0], int) for key, _ in image.read)


class Huge:
    """4,000 slices of a million pixels, made when they are asked for: the body somewhere in them, else nothing."""

    shape = (4000, 1000, 1000)
    begin = (2000, 400, 300)

    def __init__(self, small):
        self.small, self.dtype = small, small.dtype
        self.n_bytes, self.slices = 0, set()

    def __getitem__(self, key):
        index, *window = key if isinstance(key, tuple) else (key, slice(None), slice(None))
        plane = np.zeros(self.shape[1:], self.dtype)
        first, top, left = self.begin
        if 0 <= index - first < len(self.small):
            n_rows, n_columns = self.small.shape[1:]
            plane[top : top + n_rows, left : left + n_columns] = self.small[index - first]
        found = plane[tuple(window)]
        self.n_bytes += found.nbytes
        self.slices.add(int(index))
        return found


def test_of_a_volume_larger_than_memory_only_the_wanted_gap_is_read():
    image, drawn = Huge(BODY.image), Huge(BODY.keys_only(0, 3, 6, 8))
    keys = [2000, 2003, 2006, 2008]
    found = fill_gaps(image, drawn, key_slices=keys, spacing_mm=SPACING_MM, wanted=(2001, 2002))
    assert set(found.labels) == {2001, 2002}
    assert drawn.slices == {2000, 2001, 2002, 2003, 2006, 2008}
    # Besides the gap and its key slices, a dozen slices tell the range of grey.
    assert len(image.slices - {2000, 2001, 2002, 2003}) <= 12
    assert image.n_bytes < 2 * (12 + 4) * 100 * 120 * image.dtype.itemsize
    whole = fill(keys=(0, 3, 6, 8), image=BODY.image).labels
    n_rows, n_columns = BODY.labels.shape[1:]
    assert dice(found.labels[2001][400 : 400 + n_rows, 300 : 300 + n_columns], whole[1], 1) > 0.95


def test_slices_to_look_at_come_worst_first():
    filled = fill()
    means = [filled.disagreement_mm[i][filled.labels[i] > 0].mean() for i in filled.slices_to_look_at()]
    assert means == sorted(means, reverse=True)
    assert set(filled.slices_to_look_at()) == set(filled.filled_slices)


def test_progress_is_told_and_may_cancel():
    told = []
    fill(keys=(0, 4, 8), progress=lambda done, total, doing: told.append((done, total)))
    assert told[0] == (0, 2)
    assert told[-1] == (2, 2)

    def stop(*_):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        fill(progress=stop)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"keys": ()}, "at least one key slice, found none"),
        ({"keys": (0, 9), "drawn": BODY.keys_only(0)}, "from 0 to 8, found 0, 9"),
        ({"keys": (-1, 3), "drawn": BODY.keys_only(3)}, "from 0 to 8, found -1, 3"),
        ({"keys": (1, 2), "drawn": BODY.keys_only(0)}, "found none"),
        ({"keys": (), "drawn": BODY.keys_only(0, 8), "key_slices": {5: (0, 8)}}, "found none of label value 5"),
        ({"extents": {1: (2, 8)}}, "label value 1 on slices 2 to 8 only, found it outlined on slice 0"),
        ({"extents": {1: (5, 2)}}, "first before last, found 5-2"),
        ({"extents": {1: (0, 9)}}, "within the slices 0 to 8"),
        ({"slabs": [0, 1]}, "slab of each of 9 slices, found 2"),
        ({"spacing_mm": (4.0, 0.0, 1.0)}, "three positive spacings"),
        ({"image": np.zeros((9, 5, 5))}, "one shape"),
        ({"drawn": BODY.keys_only(0, 8) * 0.5}, "label values from 0 to 65535, found float64"),
        ({"drawn": BODY.keys_only(0, 8).astype(int) - 1}, "label values from 0 to 65535"),
    ],
)
def test_refused(changes, found):
    with pytest.raises(InvalidChoice, match=found):
        fill(**changes)
