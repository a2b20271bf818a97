"""Naming tables: complete, true to their tools, and never narrower than what was segmented."""

from __future__ import annotations

import csv

import openpyxl
import pytest

from napari_hipspine.domain.anatomy import core_muscles, find_structure
from napari_hipspine.domain.errors import InvalidChoice, TableInvalid
from napari_hipspine.reading.namings import CARRIED, TABLED, naming_names, read_naming

N_VALUES = {
    "musclemap-wholebody": 113,
    "musclemap-abdomen": 8,
    "musclemap-pelvis": 13,
    "musclemap-thigh": 28,
    "totalsegmentator-total": 117,
    "totalsegmentator-total-mr": 50,
    "totalsegmentator-vertebrae-mr": 25,
    "vibesegmentator": 71,
    "totalspineseg": 52,
}


def _structures(name):
    return {value: meaning.structure for value, meaning in read_naming(name).meanings.items() if meaning.structure}


@pytest.mark.parametrize("name", TABLED)
def test_every_shipped_naming_is_complete(name):
    meanings = read_naming(name).meanings
    assert len(meanings) == N_VALUES[name]
    assert all(meaning.name for meaning in meanings.values())
    structures = [meaning.structure for meaning in meanings.values() if meaning.structure]
    assert len(structures) == len(set(structures))
    assert {structure.other_side for structure in structures} == set(structures)


def test_names_of_namings():
    assert naming_names() == (*TABLED, *CARRIED)
    assert {"slicer", "itksnap", "dicom-seg"} <= set(naming_names())


@pytest.mark.parametrize(
    ("name", "value", "muscle", "side"),
    [
        ("musclemap-wholebody", 5101, "multifidus", "left"),
        ("musclemap-wholebody", 7132, "rectus_femoris", "right"),
        ("musclemap-wholebody", 7192, "biceps_femoris_short_head", "right"),
        ("musclemap-abdomen", 1, "multifidus", "right"),
        ("musclemap-abdomen", 6, "psoas_major", "left"),
        ("musclemap-pelvis", 1, "gluteus_minimus", "left"),
        ("musclemap-thigh", 10, "sartorius", "right"),
        ("totalsegmentator-total-mr", 40, "gluteus_maximus", "left"),
        ("totalsegmentator-total", 85, "gluteus_minimus", "right"),
        ("vibesegmentator", 55, "gluteus_medius", "left"),
    ],
)
def test_published_values(name, value, muscle, side):
    assert _structures(name)[value] == find_structure(muscle, side)


def test_side_parity_of_the_two_musclemap_schemes_is_opposite():
    """README trap: odd is right in the abdomen model, the last digit 1 is left in the whole-body model."""
    assert {s.side for value, s in _structures("musclemap-abdomen").items() if value % 2} == {"right"}
    assert {s.side for value, s in _structures("musclemap-wholebody").items() if value % 10 == 1} == {"left"}


@pytest.mark.parametrize("name", ["totalsegmentator-total", "totalsegmentator-total-mr", "vibesegmentator"])
def test_wider_structures_stay_what_they_are(name):
    """Autochthon is no multifidus and iliopsoas is no psoas, whatever one would like to measure."""
    muscles = {structure.muscle.id for structure in _structures(name).values()}
    assert muscles == {"gluteus_maximus", "gluteus_medius", "gluteus_minimus", "autochthon", "iliopsoas"}


@pytest.mark.parametrize("value", [1111, 6151, 6160, 6171, 6221, 8151])
def test_bones_and_merged_muscles_of_musclemap_are_no_muscle(value):
    """README trap: some codes are bone; neck multifidus and gemelli with quadratus femoris are merged structures."""
    assert read_naming("musclemap-wholebody").meanings[value].structure is None


def test_wholebody_codes_agree_with_the_published_table(shared_data):
    book = openpyxl.load_workbook(shared_data / "musclemap-labels" / "MuscleMap_labels.xlsx", read_only=True)
    ours = read_naming("musclemap-wholebody").meanings
    compared = 0
    for sheet, offset in (("Lumbar", 3), ("Hip", 3), ("Thigh", 3)):
        for row in book[sheet].iter_rows(min_row=2, values_only=True):
            name, side, value = str(row[offset]).strip().lower(), str(row[5]).lower(), row[6]
            mine = ours[int(value)]
            words = {"lattisimus": "latissimus", "fascia": "fasciae"}
            name = " ".join(words.get(word, word) for word in name.split())
            assert name in mine.name
            assert mine.structure is None or mine.structure.side == side
            compared += 1
    assert compared == 10 + 15 + 26


def test_wholebody_covers_all_core_muscles():
    assert {s.muscle for s in _structures("musclemap-wholebody").values()} >= set(core_muscles())


def test_own_table(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("value,muscle,side,name\n3,multifidus,left,\n7,,,femur\n", encoding="utf-8")
    meanings = read_naming(table).meanings
    assert meanings[3].structure == find_structure("multifidus", "left")
    assert (meanings[7].name, meanings[7].structure) == ("femur", None)


@pytest.mark.parametrize(
    ("name", "value", "level", "side"),
    [
        ("totalsegmentator-vertebrae-mr", 3, "L4", None),
        ("totalsegmentator-total", 28, "L4", None),
        ("totalsegmentator-total", 76, "greater_trochanter", "right"),
        ("totalspineseg", 44, "L4", None),
        ("totalspineseg", 95, "disc_L4_L5", None),
        ("musclemap-wholebody", 6171, "greater_trochanter", "left"),
        ("musclemap-pelvis", 10, "greater_trochanter", "right"),
        ("vibesegmentator", 48, "greater_trochanter", "left"),
    ],
)
def test_bones_that_tell_a_level(name, value, level, side):
    bone = read_naming(name).meanings[value].bone
    assert (bone.level.id, bone.side) == (level, side)


def test_own_table_may_tell_levels(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("value,muscle,side,name,level\n7,,right,femur,greater_trochanter\n", encoding="utf-8")
    assert read_naming(table).meanings[7].bone.side == "right"
    table.write_text("value,muscle,side,name,level\n7,,,femur,greater_trochanter\n8,,,a,L9\n", encoding="utf-8")
    with pytest.raises(TableInvalid, match=r"line 2: Expected a side for a femur.*line 3: "):
        read_naming(table)


def test_own_table_with_semicolons_as_spreadsheets_write_it(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("\ufeffvalue;muscle;side\n3;multifidus;Left\n", encoding="utf-8")
    assert read_naming(table).meanings[3].structure == find_structure("multifidus", "left")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("value", "muscle")], "Expected columns value, muscle, side"),
        ([("value", "muscle", "side")], "found no rows"),
        ([("value", "muscle", "side"), ("1", "multifidus", "")], "line 2: Expected side left or right"),
        ([("value", "muscle", "side"), ("1", "brain", "left")], "line 2: Expected a muscle of the vocabulary"),
        ([("value", "muscle", "side"), ("1.5", "multifidus", "left")], "found '1.5'"),
        ([("value", "muscle", "side"), ("0", "multifidus", "left")], "found '0'"),
        ([("value", "muscle", "side"), ("1", "", "")], "found neither"),
        (
            [("value", "muscle", "side"), ("1", "multifidus", "left"), ("1", "multifidus", "right")],
            "line 3: value 1 is given twice",
        ),
    ],
)
def test_wrong_tables_are_refused_with_the_line(tmp_path, rows, message):
    table = tmp_path / "mine.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(TableInvalid, match=message):
        read_naming(table)


def test_a_table_in_another_encoding_is_refused(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_bytes("value,muscle,side,name\n1,,,h\u00fcfte\n".encode("latin-1"))
    with pytest.raises(TableInvalid, match="UTF-8"):
        read_naming(table)


def test_unknown_naming_lists_those_there_are():
    with pytest.raises(InvalidChoice, match="found 'musclemap'") as caught:
        read_naming("musclemap")
    assert "musclemap-wholebody" in caught.value.hint
