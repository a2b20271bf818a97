"""The Excel workbook holds the numbers of the tables, with units in its headings and text that is no formula."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest

from napari_hipspine.domain.errors import PackageMissing
from napari_hipspine.domain.provenance import RESEARCH_ONLY, Fingerprint, Provenance
from napari_hipspine.domain.subject import SubjectKey, SubjectResult
from napari_hipspine.domain.tables import MEASUREMENTS, SLICES
from napari_hipspine.writing.workbook import result_as_workbook

ROW = {"subject_id": "=1+1", "muscle": "multifidus", "side": "left", "fat_method": "otsu", "flags": "small_roi"}


@pytest.fixture
def result() -> SubjectResult:
    measurements = MEASUREMENTS.frame([{**ROW, "level": "L4", "csa_mm2": 512.25, "fi": 0.0, "severe": False}])
    slices = SLICES.frame(
        [{**ROW, "level": "L4", "slice_index": 3, "position_mm": -35.2, "csa_mm2": 512.25, "fi": 0.125}]
    )
    settings = {"protocol": {"fat_method": "otsu"}, "levels": [{"level": "L4", "position_mm": -35.2}]}
    inputs = (Fingerprint("/scans/somebody/t2.nii", "ab" * 32, 9),)
    provenance = Provenance("measure", settings, inputs, ("a note",), {"python": "3.11"})
    return SubjectResult(SubjectKey("=1+1"), slices, measurements, provenance)


def opened(result):
    return openpyxl.load_workbook(io.BytesIO(result_as_workbook(result)))


def column(sheet, heading):
    (found,) = (cells for cells in sheet.iter_cols() if cells[0].value == heading)
    return found[1]


def test_numbers_are_stored_as_in_the_tables_and_shown_with_units(result):
    book = opened(result)
    assert book.sheetnames == ["measurements", "slices", "columns", "about"]
    sheet = book["measurements"]
    assert column(sheet, "CSA [mm²]").value == 512.25
    assert column(sheet, "CSA [mm²]").number_format == "0"
    fi = column(sheet, "FI [%]")
    assert (fi.value, fi.number_format) == (0, "0.0%")
    assert column(sheet, "fCSA [mm²]").value is None
    assert column(sheet, "≥ 50 %").value is False
    assert column(book["slices"], "Position [mm]").value == -35.2
    assert column(book["slices"], "FI [%]").value == 0.125
    assert column(book["slices"], "Threshold [signal]").value is None


def test_text_is_never_a_formula(result):
    cell = column(opened(result)["measurements"], "subject_id")
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_what_it_rests_on_stands_in_it_and_no_folder_of_the_machine(result):
    book = opened(result)
    about = {(row[0].value, row[1].value) for row in book["about"].iter_rows()}
    assert {("about", RESEARCH_ONLY), ("settings.protocol.fat_method", "otsu"), ("file", "t2.nii")} <= about
    assert ("settings.levels.0.position_mm", -35.2) in about
    assert not any("somebody" in str(words) for pair in about for words in pair)
    assert all(sheet.oddFooter.center.text == RESEARCH_ONLY for sheet in book.worksheets)


def test_a_fat_fraction_is_cut_and_not_a_signal(result):
    dixon = replace(result, measurements=result.measurements.assign(fat_method="dixon", threshold=0.5))
    assert column(opened(dixon)["measurements"], "Threshold [fat fraction]").value == 0.5


def test_without_the_package_the_refusal_says_what_to_do(result, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(PackageMissing, match="Expected openpyxl for Excel workbooks") as refused:
        result_as_workbook(result)
    assert "the CSV files hold the same numbers" in refused.value.hint
