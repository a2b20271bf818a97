"""The vocabulary: words that are all there, codes that are none of them wrong, and tables that are refused."""

from __future__ import annotations

import copy
import csv
import pickle
import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_hipspine.domain.anatomy import (
    CODE_COLUMNS,
    COLUMNS,
    Region,
    Side,
    Structure,
    Term,
    Vocabulary,
    core_muscles,
    find_level,
    find_muscle,
    find_structure,
    has_valid_check_digit,
    muscle_order,
    vocabulary,
)
from napari_hipspine.domain.errors import UnknownLabel, VocabularyInvalid
from napari_hipspine.domain.tables import TABLES

KNOWN_WRONG = {"64038003", "47560002", "49975005", "123037004"}

REASONS = (
    "no_fat_class too_few_pixels polarity_contradiction fat_suppressed no_valid_voxels constant_image "
    "one_side_missing two_echo_ambiguous level_not_set absent_at_level tendon_only outside_fov "
    "poor_quality implant not_measured excluded_outlier too_few_subjects psoas_threshold_unreliable"
)
FLAGS = (
    "small_roi polarity_unchecked fat_suppressed two_echo_ambiguous partial_window erosion_large "
    "threshold_stale fat_roi_proposed psoas_threshold_unreliable near_cut orientation_assumed "
    "header_mismatch_accepted touches_edge side_unchecked"
)
LEVELS = (
    "L1 L2 L3 L4 L5 S1 disc_L1_L2 disc_L2_L3 disc_L3_L4 disc_L4_L5 disc_L5_S1 greater_trochanter "
    "lesser_trochanter femoral_head"
)
SLICE_POSITIONS = "superior_endplate mid_vertebra inferior_endplate mid_disc tip most_lateral largest_section user"

UNITS = {
    **dict.fromkeys(("csa", "fcsa", "fat_area", "lean_area"), "mm2"),
    **dict.fromkeys(("fi", "ff", "ff_of_sums", "ff_signal_calibrated", "pdff", "asymmetry_index", "n_pixels"), "1"),
    **dict.fromkeys(("muscle_volume", "lean_volume", "intermat"), "cm3"),
    "volume": "mm3",
    "lmm": "cm3/(kg/m2)",
    "csa_height2": "cm2/m2",
    "bmi": "kg/m2",
    "hd95": "mm",
}


def a_row(**given: str) -> dict[str, str]:
    return {**dict.fromkeys(COLUMNS, ""), "kind": "muscle", "id": "one", "label": "one", **given}


def ids(kind: str) -> set[str]:
    return {term.id for term in vocabulary().of_kind(kind)}


def test_ids_are_unique_and_are_words() -> None:
    keys = [(term.kind, term.id) for term in vocabulary()]
    assert len(set(keys)) == len(keys) > 100
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", id) for _, id in keys)
    assert all(term.label for term in vocabulary())


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("reason", REASONS.split()),
        ("flag", FLAGS.split()),
        ("level", LEVELS.split()),
        ("slice_position", SLICE_POSITIONS.split()),
        ("side", ["left", "right", "both"]),
        ("measure", list(UNITS)),
    ],
)
def test_every_word_of_the_tables_is_there(kind: str, needed: list[str]) -> None:
    assert set(needed) - ids(kind) == set()


def test_flags_and_reasons_say_what_they_mean() -> None:
    assert [
        term.id for kind in ("flag", "reason", "measure") for term in vocabulary().of_kind(kind) if not term.definition
    ] == []


def test_the_ten_core_muscles_stand_in_their_regions() -> None:
    assert [term.id for term in core_muscles("lumbar")] == [
        "multifidus",
        "erector_spinae",
        "psoas_major",
        "quadratus_lumborum",
    ]
    assert [term.id for term in core_muscles("hip")] == [
        "gluteus_minimus",
        "gluteus_medius",
        "gluteus_maximus",
        "tensor_fasciae_latae",
        "sartorius",
        "rectus_femoris",
    ]
    assert len(core_muscles()) == 10
    assert {term.region for term in vocabulary().of_kind("muscle")} == set(Region)
    assert {find_muscle(id).region for id in ("iliopsoas", "iliacus")} == {"hip_extension"}
    assert find_muscle("autochthon").region == "group"


def test_levels_belong_to_the_region_they_are_marked_for() -> None:
    assert {find_level(id).region for id in LEVELS.split()[:11]} == {"lumbar"}
    assert {find_level(id).region for id in LEVELS.split()[11:]} == {"hip"}


def test_measures_have_their_ucum_units() -> None:
    assert {id: vocabulary().find("measure", id).unit for id in UNITS} == UNITS
    assert all(term.unit for term in vocabulary().of_kind("measure"))


def test_columns_named_after_a_measure_have_its_unit() -> None:
    # Volumes stand in tables in mm3, also those that are reported in cm3.
    units = {"mm3": ("mm3", "cm3")}
    named = {
        column.name: vocabulary().find("measure", column.name.removesuffix(f"_{column.unit}")).unit
        in units.get(column.unit, (column.unit,))
        for table in TABLES.values()
        for column in table.columns
        if column.name.removesuffix(f"_{column.unit}") in ids("measure")
    }
    assert {"csa_mm2", "fcsa_mm2", "lean_area_mm2", "volume_mm3", "fi", "ff", "threshold"} <= set(named)
    assert {"intermat_mm3", "lean_volume_mm3", "muscle_volume_mm3"} <= set(named)
    assert all(named.values())


def test_every_code_has_a_source_and_no_code_stands_for_two_muscles_or_levels() -> None:
    for term in vocabulary():
        assert set(term.sources) == set(term.codes)
        assert all(term.sources.values())
    for name in ("ta98", "ta2", "fma", "uberon", "sct", "sct_entire", "other_code"):
        codes = [
            term.codes[name]
            for kind in ("muscle", "level")
            for term in vocabulary().of_kind(kind)
            if name in term.codes
        ]
        assert len(set(codes)) == len(codes), name


def test_every_snomed_code_passes_its_check_digit_and_none_is_known_to_be_wrong() -> None:
    codes = [term.codes[name] for term in vocabulary() for name in ("sct", "sct_entire") if name in term.codes]
    assert len(codes) > 50
    assert all(has_valid_check_digit(code) for code in codes)
    assert ids("refused_code") == KNOWN_WRONG
    written = " ".join(code for term in vocabulary() for code in term.codes.values())
    assert not [code for code in KNOWN_WRONG if code in written]


def test_the_table_has_codes_and_no_text_of_snomed() -> None:
    header = files("napari_hipspine.domain").joinpath("anatomy.csv").read_text(encoding="utf-8").splitlines()[0]
    assert tuple(header.split(",")) == COLUMNS
    assert [name for name in COLUMNS if name.startswith("sct")] == [
        "sct",
        "sct_source",
        "sct_entire",
        "sct_entire_source",
    ]
    assert not re.search("meaning|preferred|synonym.*sct|fsn", header)


@pytest.fixture
def reference_rows(shared_reference: Path) -> list[dict[str, str]]:
    with (shared_reference / "vocabulary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ours_of(row: dict[str, str]) -> list[Term]:
    kinds = ("reason", "flag") if row["kind"] == "missing_reason" else (row["kind"],)
    return [term for term in vocabulary() if term.kind in kinds and term.id == row["id"]]


def test_codes_agree_with_the_reference_table(reference_rows: list[dict[str, str]]) -> None:
    for row in reference_rows:
        assert ours_of(row) or (row["kind"], row["id"]) == ("side", "unilateral")
        for name in ("ta98", "ta2", "fma", "uberon", "sct", "sct_entire", "unit_ucum"):
            assert all(term.codes.get(name, "") == row[name] for term in ours_of(row)), (row["id"], name)


def test_descriptions_of_snomed_longer_than_a_name_are_nowhere(reference_rows: list[dict[str, str]]) -> None:
    texts = [(term.id, row["sct_meaning"].lower()) for row in reference_rows for term in ours_of(row)]
    descriptions = {text for _, text in texts if len(text.split()) > 2 or "(" in text}
    assert len(descriptions) > 5
    cells = "\n".join(cell.lower() for term in vocabulary() for cell in term.entry.values())
    assert not [text for text in descriptions if text in cells]


@pytest.mark.parametrize("code", ["44947003", "74400008", "22298006", "91723000", "900000000000207008"])
def test_identifiers_in_use_pass(code: str) -> None:
    assert has_valid_check_digit(code)


@pytest.mark.parametrize("code", ["47560002", "49975005", "44947004", "44497003", "", "4494700x", "²"])
def test_identifiers_with_a_slip_fail(code: str) -> None:
    assert not has_valid_check_digit(code)


@settings(max_examples=60, deadline=None)
@given(st.integers(10_000, 10**17).map(str), st.data())
def test_one_digit_completes_a_code_and_a_wrong_or_swapped_one_is_seen(stem: str, data: st.DataObject) -> None:
    complete = [stem + digit for digit in "0123456789" if has_valid_check_digit(stem + digit)]
    assert len(complete) == 1
    code = complete[0]
    at = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != code[at]]))
    assert not has_valid_check_digit(code[:at] + other + code[at + 1 :])
    if at and code[at - 1] != code[at]:
        assert not has_valid_check_digit(code[: at - 1] + code[at] + code[at - 1] + code[at + 1 :])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([a_row(), a_row(label="again")], "every id once, found muscle one twice"),
        ([a_row(sct="44947003")], "source beside every code, found none for sct of one"),
        ([a_row(unit_ucum="mm2")], "source beside every code, found none for unit_ucum of one"),
        ([a_row(sct="44947004", sct_source="book")], r"valid check digit, found 44947004 \(sct\) at one"),
        ([a_row(sct_entire="x", sct_entire_source="book")], r"valid check digit, found x \(sct_entire\)"),
        ([{**a_row(), "sct_meaning": "text"}], "Expected the columns kind, id, label"),
        ([{k: v for k, v in a_row().items() if k != "notes"}], "Expected the columns kind, id, label"),
        ([{**a_row(), "notes": None}], "a row of another length, at muscle one"),
    ],
    ids=["twice", "no-source", "no-unit-source", "slip", "no-number", "more-columns", "fewer-columns", "short-row"],
)
def test_tables_that_contradict_themselves_are_refused(rows: list[dict[str, str]], message: str) -> None:
    with pytest.raises(VocabularyInvalid, match=message):
        Vocabulary(rows)


@pytest.mark.parametrize("code", sorted(KNOWN_WRONG))
@pytest.mark.parametrize("column", [name for name in CODE_COLUMNS if name != "unit_ucum"])
def test_a_table_with_a_code_known_to_be_wrong_is_refused(code: str, column: str) -> None:
    shipped = [dict(term.entry) for term in vocabulary()]
    wrong = a_row(**{column: code, f"{column}_source": "book"})
    with pytest.raises(VocabularyInvalid, match=rf"known to be wrong, found {code} \({column}\) at one"):
        Vocabulary([*shipped, wrong])


def test_words_that_are_not_there_are_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownLabel, match="Expected a slice position of the vocabulary, found 'middle'") as refusal:
        vocabulary().find("slice_position", "middle")
    assert all(id in refusal.value.hint for id in SLICE_POSITIONS.split())
    for find in (find_muscle, muscle_order):
        with pytest.raises(UnknownLabel, match="Expected a muscle of the vocabulary, found 'psoas'"):
            find("psoas")
    with pytest.raises(UnknownLabel, match="Expected a level of the vocabulary, found 'psoas_major'"):
        find_level("psoas_major")
    for side in ("both", "L", ""):
        with pytest.raises(UnknownLabel, match=f"side left or right, found {side!r}"):
            find_structure("psoas_major", side)
    with pytest.raises(UnknownLabel, match="Expected a muscle, found the level L4"):
        Structure(find_level("L4"), Side.LEFT)


def test_a_structure_is_a_muscle_on_the_patients_side() -> None:
    left = find_structure("psoas_major", "left")
    assert (left.id, left.label) == ("psoas_major_left", "psoas major left")
    assert left.other_side == Structure(find_muscle("psoas_major"), Side.RIGHT)
    assert left.other_side.other_side == left
    assert Structure(find_muscle("psoas_major"), "left").side is Side.LEFT


def test_terms_travel_to_workers_and_back() -> None:
    for term in vocabulary():
        for arrived in (pickle.loads(pickle.dumps(term)), copy.deepcopy(term)):
            assert arrived == term
            assert hash(arrived) == hash(term)
    with pytest.raises(TypeError, match="item assignment"):
        find_muscle("sartorius").codes["sct"] = "1"


def test_muscles_are_ordered_as_in_the_table() -> None:
    muscles: tuple[Term, ...] = vocabulary().of_kind("muscle")
    assert [muscle_order(term.id) for term in muscles] == list(range(len(muscles)))


def test_no_name_stands_for_two_muscles_and_a_language_without_ids_names_none() -> None:
    """Labels and synonyms hang on one id each, so that no translation can exchange two muscles."""
    names: dict[str, set[str]] = {}
    for term in vocabulary().of_kind("muscle"):
        for name in (term.id, term.label, *term.entry["synonyms"].split("|")):
            if name and "ambiguous" not in name:
                names.setdefault(name.casefold(), set()).add(term.id)
    assert {name: ids for name, ids in names.items() if len(ids) > 1} == {}
    for word in ("\u591a\u88c2\u808c", "\u8170\u5927\u808c"):
        with pytest.raises(UnknownLabel):
            find_muscle(word)
        assert word not in names
