"""What people read in the table: units, digits, dashes with a reason, and the order of rows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from napari_hipspine.domain.tables import MEASUREMENTS
from napari_hipspine.viewer.result_columns import MISSING, cell_text, reasons_of_row, shown_columns


@pytest.mark.parametrize(
    ("name", "cell", "text"),
    [
        ("csa_mm2", 12_345.6, "12 346"),
        ("fi", 0.123456, "12.3"),
        ("fi", 0.0, "0.0"),
        ("asymmetry_csa", -0.05, "−5.0"),
        ("position_mm", -35.24, "−35.2"),
        ("severe", True, "yes"),
        ("severe", np.bool_(False), "no"),
        ("flags", "small_roi;near_cut", "small roi, near cut"),
        ("fi", math.nan, MISSING),
        ("fi", None, MISSING),
        ("reason", "", MISSING),
    ],
)
def test_cells_are_written_for_people(name, cell, text):
    assert cell_text(name, cell) == text


def test_columns_have_units_and_empty_ones_are_left_out():
    frame = MEASUREMENTS.frame(
        [
            {"subject_id": "a", "level": "L4", "muscle": "multifidus", "side": "left", "csa_mm2": 500.0, "fi": 0.2},
            {"subject_id": "a", "level": "L4", "muscle": "multifidus", "side": "right", "csa_mm2": 400.0},
        ]
    )
    shown = {column.name: column for column in shown_columns(frame, "measurements")}
    assert [shown[name].heading for name in ("csa_mm2", "fi")] == ["CSA [mm²]", "FI [%]"]
    assert shown["fi"].texts == ["20.0", MISSING]
    assert "ff" not in shown
    assert "subject_id" not in shown


def test_missing_numbers_stay_last_in_both_orders():
    rows = [
        {"subject_id": "a", "level": "L4", "muscle": "multifidus", "side": s, "fi": f}
        for s, f in zip("abc", (0.1, None, 0.3), strict=True)
    ]
    (fi,) = (column for column in shown_columns(MEASUREMENTS.frame(rows), "measurements") if column.name == "fi")
    assert fi.order(descending=False).tolist() == [0, 2, 1]
    assert fi.order(descending=True).tolist() == [2, 0, 1]


def test_reasons_are_said_in_the_words_of_the_vocabulary():
    assert reasons_of_row({"reason": "too_few_pixels;no_fat_class"}) == "too few pixels; no fat class"
    assert reasons_of_row({"reason": ""}) == ""
