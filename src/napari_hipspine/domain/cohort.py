"""A cohort: the table that lists whom to measure from which files, and each of its rows."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cells import is_missing
from .errors import TableInvalid
from .tables import SEPARATOR, Table, read_columns

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = Table(
    name="manifest",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
session | t | | visit or time point; empty when there is one
reader_id | t | | who outlined; empty when not stated
image | t | | T1, T2 or PD image, or a folder with a two-echo series
water | t | | water image of a Dixon acquisition
fat | t | | fat image of a Dixon acquisition
fat_fraction | t | | fat-fraction map (0-1 or 0-100)
labels | t | | label map, or a folder with one file per structure
naming | t | | what the label values mean: a name, or a CSV with value,muscle,side
series | t | | series of the image, by its UID or its number from 0
labels_series | t | | series of the labels
contrast | t | | T2, PD or T1, where the header does not say
fat_polarity | t | | bright or dark: fat beside muscle, where contrast does not say
orientation | t | | where slices, rows and columns grow, for files that do not say, e.g. SPL
levels | t | | as after --level of hipspine measure, joined by semicolons; empty: every labelled slice
window | t | | slices read around each level: slices:3 or mm:20; empty: the nearest
fat_roi | t | | label map of macroscopic fat that was accepted or drawn
implants | t | | table of implants, fusions and slices to leave out
metal | t | | label map of metal or its artefact
accept_header_mismatch | b | | take water and fat whose headers disagree
allow_fat_suppressed | b | | measure FI of a fat-suppressed series all the same; flagged
ignore_unknown | b | | leave out label values the naming does not know
"""
    ),
    key=("subject_id", "session", "reader_id", "image", "water", "fat_fraction", "series"),
    required=("subject_id", "labels"),
)

FAILURES = Table(
    name="failures",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
session | t | | visit or time point; empty when there is one
reader_id | t | | who outlined; empty when not stated
entry | t | | folder of the row's results under subjects
step | t | | what was being done: opening, measuring, writing or working
message | t | | what was expected and what was found
hint | t | | what to do next
"""
    ),
    key=("entry",),
    required=("subject_id", "entry", "step", "message"),
)

_PICTURES = ("image", "water", "fat", "fat_fraction")
_PLACES = (*_PICTURES, "labels", "fat_roi", "implants", "metal")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class CohortEntry:
    """One row of a manifest: what `hipspine measure` is told of one series of one subject.

    Parameters
    ----------
    folder : Path
        Against which the row's places are resolved.
    subject_id, session, reader_id, labels, image, water, fat, fat_fraction, fat_roi, implants, metal, naming,
    series, labels_series, contrast, fat_polarity, orientation, window : str
        As in `MANIFEST`; empty when not stated.
    levels : tuple of str
        As `napari_hipspine.domain.written_levels.LEVEL_SHAPE` shows.
    accept_header_mismatch, allow_fat_suppressed, ignore_unknown : bool
        As in `MANIFEST`.
    """

    folder: Path
    subject_id: str
    labels: str
    session: str = ""
    reader_id: str = ""
    image: str = ""
    water: str = ""
    fat: str = ""
    fat_fraction: str = ""
    naming: str = ""
    series: str = ""
    labels_series: str = ""
    contrast: str = ""
    fat_polarity: str = ""
    orientation: str = ""
    levels: tuple[str, ...] = ()
    window: str = ""
    fat_roi: str = ""
    implants: str = ""
    metal: str = ""
    accept_header_mismatch: bool = False
    allow_fat_suppressed: bool = False
    ignore_unknown: bool = False

    @property
    def name(self) -> str:
        """Folder of the results: who and, shortened, from what; the same wherever the study lies."""
        who = _NOT_IN_A_NAME.sub("-", "_".join(filter(None, (self.subject_id, self.session, self.reader_id))))
        source = "\0".join((*self.who, *(getattr(self, name) for name in _PICTURES), self.series, self.labels))
        return f"{who[:60]}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"

    @property
    def who(self) -> tuple[str, str, str]:
        """Subject, session and reader: the order of rows in the cohort's tables."""
        return self.subject_id, self.session, self.reader_id

    def place(self, name: str) -> Path | None:
        """Where a file of this row lies; None where the cell is empty."""
        given = getattr(self, name)
        return self.folder / given if given else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file and folder the numbers rest on."""
        places = tuple(place for name in _PLACES if (place := self.place(name)) is not None)
        naming = self.folder / self.naming
        return (*places, naming) if self.naming.lower().endswith(".csv") else places

    def as_dict(self) -> dict[str, Any]:
        """Plain values, places as they were written."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "folder"}


def read_entries(frame: pd.DataFrame, folder: Path, *, source: str) -> tuple[CohortEntry, ...]:
    """The rows of a manifest, in the order of the tables they will fill.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, text as it was read.
    folder : Path
        Where relative places begin.
    source : str
        Name of the table, for messages.

    Raises
    ------
    TableInvalid
        Columns that no manifest has, missing files, rows without a picture or with several, rows that say the
        same; everything at once.
    """
    unknown = [name for name in frame.columns if name not in MANIFEST.column_names]
    if unknown:
        raise TableInvalid(
            f"Expected columns of a manifest, found {', '.join(map(str, unknown))}, in {source}.",
            hint=f"Known: {', '.join(MANIFEST.column_names)}. Age, sex and the like stay in a table of their own.",
        )
    rows = MANIFEST.check(frame, source=source).to_dict("records")
    if not rows:
        raise TableInvalid(f"Expected at least one row, found none, in {source}.")
    entries = [_entry(row, folder) for row in rows]
    problems = [
        f"Row {number} ({entry.subject_id}): {problem}"
        for number, entry in enumerate(entries, start=1)
        for problem in _problems(entry)
    ]
    if problems:
        raise TableInvalid(
            f"Expected rows with one picture and labels that exist, found otherwise, in {source}.\n"
            + "\n".join(problems),
            hint=f"Places are looked for from {folder} on.",
        )
    return tuple(sorted(entries, key=lambda entry: (*entry.who, entry.image, entry.water, entry.name)))


def _entry(row: dict[Any, Any], folder: Path) -> CohortEntry:
    given = {str(name): value for name, value in row.items() if not is_missing(value)}
    levels = tuple(text.strip() for text in given.pop("levels", "").split(SEPARATOR) if text.strip())
    return CohortEntry(folder=folder, levels=levels, **given)


def _problems(entry: CohortEntry) -> list[str]:
    kinds = [bool(entry.image), bool(entry.water or entry.fat), bool(entry.fat_fraction)]
    found = []
    if sum(kinds) != 1 or bool(entry.water) != bool(entry.fat):
        filled = ", ".join(name for name in _PICTURES if getattr(entry, name)) or "none"
        found.append(f"expected image, or water and fat, or fat_fraction; found {filled}.")
    found += [f"found nothing in {place}." for place in entry.paths if not place.exists()]
    return found
