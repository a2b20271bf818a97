"""Names and codes of segments: read as people write them, never as something narrower."""

from __future__ import annotations

import pytest

from napari_hipspine.domain.anatomy import Side, Structure, find_structure, vocabulary
from napari_hipspine.domain.errors import UnknownLabel
from napari_hipspine.reading.structure_words import meaning_of_segment

LEFT, RIGHT = ("SCT", "7771000"), ("SCT", "24028007")


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("muscle", vocabulary().of_kind("muscle"), ids=str)
def test_every_muscle_is_known_by_id_and_label(muscle, side):
    expected = Structure(muscle, side)
    for name in (expected.id, expected.label, f"{side.value}_{muscle.id}", f"{muscle.label.upper()} ({side.value[0]})"):
        assert meaning_of_segment(name).structure == expected


@pytest.mark.parametrize(
    ("name", "muscle", "side"),
    [
        ("gluteus_maximus_left", "gluteus_maximus", "left"),
        ("Left gluteus maximus muscle", "gluteus_maximus", "left"),
        ("RightPsoasMajor", "psoas_major", "right"),
        ("MF R", "multifidus", "right"),
        ("L_MF", "multifidus", "left"),
        ("GMed-Rt", "gluteus_medius", "right"),
        ("M. tensor fascia lata (left)", "tensor_fasciae_latae", "left"),
        ("Psoas left", "psoas_major", "left"),
        ("biceps femoris long head left", "biceps_femoris_long_head", "left"),
    ],
)
def test_names_as_people_write_them(name, muscle, side):
    assert meaning_of_segment(name).structure == find_structure(muscle, side)


@pytest.mark.parametrize(
    ("name", "muscle"),
    [
        ("iliopsoas left", "iliopsoas"),
        ("autochthon_left", "autochthon"),
        ("quadriceps_femoris_left", "quadriceps_femoris"),
        ("transversospinalis_left", "transversospinalis"),
        ("posterior_paraspinal_left", "posterior_paraspinal"),
    ],
)
def test_wider_structures_stay_what_they_are(name, muscle):
    """They never become multifidus, psoas or rectus femoris."""
    assert meaning_of_segment(name).structure == find_structure(muscle, "left")


@pytest.mark.parametrize("name", ["femur_left", "Sacrum", "vertebrae_L4", "kidney_right", "hip left", "spinal cord"])
def test_bones_and_organs_are_known_and_no_muscle(name):
    assert meaning_of_segment(name).structure is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Segment_1", "Expected a structure of the vocabulary, found 'Segment_1'"),
        ("paraspinal left", "Expected a structure of the vocabulary"),
        ("multifidus", "one side, left or right, found none"),
        ("multifidus left right", "one side, left or right, found none"),
        ("multifidus L4 left 2", "Expected a structure of the vocabulary"),
        ("", "Expected a structure of the vocabulary"),
    ],
)
def test_names_that_say_too_little_are_refused(name, message):
    with pytest.raises(UnknownLabel, match=message):
        meaning_of_segment(name)


@pytest.mark.parametrize("code", ["206007", "181674001"])
def test_codes_of_structure_and_entire_structure(code):
    meaning = meaning_of_segment("Segment 3", codes=[("SCT", "85756007"), ("SCT", code)], modifiers=[RIGHT])
    assert meaning.structure == find_structure("gluteus_maximus", "right")


def test_side_of_an_older_coding_scheme():
    meaning = meaning_of_segment("x", codes=[("FMA", "22314")], modifiers=[("SRT", "G-A101")])
    assert meaning.structure == find_structure("gluteus_maximus", "left")


def test_generic_codes_leave_it_to_the_name():
    meaning = meaning_of_segment("psoas left", codes=[("SCT", "85756007"), ("SCT", "127954009")])
    assert meaning.structure == find_structure("psoas_major", "left")


def test_name_and_code_that_contradict_are_refused():
    with pytest.raises(UnknownLabel, match="gluteus_maximus and gluteus_medius"):
        meaning_of_segment("gluteus medius left", codes=[("SCT", "206007")])


def test_side_in_name_and_code_that_contradict_are_refused():
    with pytest.raises(UnknownLabel, match="found left and right"):
        meaning_of_segment("gluteus medius left", modifiers=[RIGHT])
    assert meaning_of_segment("gluteus medius left", modifiers=[LEFT]).structure.side == "left"
