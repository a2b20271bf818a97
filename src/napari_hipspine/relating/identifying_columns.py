"""Columns of people that may name somebody: by their heading, or by cells that few people share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from ..domain.cells import is_missing

FEWEST_PER_WORD = 2
"""Words that are no usual categories must each stand for this many people on average."""

_HEADINGS = re.compile(
    r"name|initials|birth(?! weight)|born|\bdob\b|\bmrn\b|\bssn\b|\bnhs\b|passport|insurance|address|street|"
    r"postcode|\bzip\b|mail|phone|\bid\b|identifier|case number|record number|\bdate\b"
)
_USUAL = frozenset(
    [
        "f",
        "m",
        "w",
        "d",
        "female",
        "male",
        "women",
        "men",
        "woman",
        "man",
        "diverse",
        "other",
        "yes",
        "no",
        "y",
        "n",
        "true",
        "false",
        "positive",
        "negative",
        "present",
        "absent",
        "left",
        "right",
        "both",
        "none",
        "never",
        "former",
        "current",
        "ex",
        "low",
        "moderate",
        "medium",
        "high",
        "mild",
        "severe",
        "normal",
        "abnormal",
        "under",
        "overweight",
        "obese",
        "underweight",
        "unknown",
        "missing",
        "na",
        "pre",
        "post",
        "before",
        "after",
        "case",
        "control",
        "cases",
        "controls",
        "i",
        "ii",
        "iii",
        "iv",
        "v",
        "a",
        "b",
        "c",
        "ab",
        "o",
    ]
)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T].*)?")
_COMPACT_DATE = re.compile(r"(18|19|20)\d{6}(\.0)?")


def why_identifying(name: str, cells: Sequence[Any]) -> str:
    """Why a column may name people, without repeating a cell; empty where it cannot.

    Told are headings such as name, birth date or record number; cells that are dates; and words of which most stand
    for one person. Usual categories (female, left, never, mild, ...) may stand for one person.

    Parameters
    ----------
    name
        Heading of the column.
    cells
        Its cells, one per person.
    """
    present = [str(cell).strip() for cell in cells if not is_missing(cell)]
    if _HEADINGS.search(re.sub(r"[^a-z]+", " ", _parted(name).lower())):
        return "a heading that names people or days"
    if any(is_date(text) for text in present):
        return "dates"
    if all(_is_number(text) for text in present):
        return ""
    odd = [text for text in present if text.lower() not in _USUAL and not _is_number(text)]
    if 0 < len(odd) < len(present) and any(_is_number(text) for text in present):
        return f"numbers mixed with {len(odd)} other cells"
    return f"{len(set(odd))} different words of {len(odd)} people" if len(odd) < FEWEST_PER_WORD * len(set(odd)) else ""


def _parted(name: str) -> str:
    """A heading whose humps are parted: PatientID as Patient ID."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def is_date(text: str) -> bool:
    """Whether a text is a day as people write it: 2020-12-31, 31.12.2020, 20201231."""
    if _DATE.fullmatch(text):
        return True
    if not _COMPACT_DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text[:8])
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
