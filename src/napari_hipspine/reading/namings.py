"""What the values of other tools' label maps mean, read from one table per tool."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from ..domain.anatomy import Structure, find_structure
from ..domain.bones import Bone, find_bone
from ..domain.errors import HipSpineError, InvalidChoice, TableInvalid, UnknownLabel

TABLED = MappingProxyType(
    {
        "musclemap-wholebody": "MuscleMap whole-body model",
        "musclemap-abdomen": "MuscleMap abdomen model 0.0",
        "musclemap-pelvis": "MuscleMap pelvis model 0.0",
        "musclemap-thigh": "MuscleMap thigh model 0.0",
        "totalsegmentator-total-mr": "TotalSegmentator total_mr",
        "totalsegmentator-total": "TotalSegmentator total",
        "totalsegmentator-vertebrae-mr": "TotalSegmentator vertebrae_mr",
        "vibesegmentator": "VIBESegmentator model 100",
        "totalspineseg": "TotalSpineSeg",
    }
)
"""Namings with a table of their own, and the tool each belongs to."""

FILE_NAMES = "file-names"
"""Naming of folders with one mask per structure."""

CARRIED = MappingProxyType(
    {
        "slicer": "3D Slicer",
        "itksnap": "ITK-SNAP",
        "dicom-seg": "DICOM segmentation",
        "ome-zarr": "OME-Zarr labels",
        FILE_NAMES: "one file per structure",
    }
)
"""Namings that read the names a file carries with it, and the tool each belongs to."""

_REQUIRED = ("value", "muscle", "side")


@dataclass(frozen=True)
class Meaning:
    """What one label value stands for.

    Parameters
    ----------
    name : str
        The tool's own name for it.
    structure : Structure or None
        The muscle it is; None for a known structure that is no muscle we measure.
    bone : Bone or None
        The level that can be found from it: a vertebra, a disc, or a femur with its side.
    """

    name: str
    structure: Structure | None = None
    bone: Bone | None = None


@dataclass(frozen=True)
class Naming:
    """Meanings of the label values of one tool.

    Parameters
    ----------
    name : str
        Word by which it is asked for.
    tool : str
        Tool that makes such labels.
    meanings : mapping of int to Meaning
        What each value stands for.
    """

    name: str
    tool: str
    meanings: Mapping[int, Meaning]


def naming_names() -> tuple[str, ...]:
    """Every word that names a naming; an own table is given by its path instead."""
    return (*TABLED, *CARRIED)


def namings_of_bones() -> tuple[str, ...]:
    """Words of the namings that know bones from which levels can be found."""
    return tuple(name for name in TABLED if any(meaning.bone for meaning in read_naming(name).meanings.values()))


def read_naming(name: str | PathLike[str]) -> Naming:
    """A naming that is a table: one of ours by its name, or an own CSV by its path.

    Parameters
    ----------
    name : str or path
        One of `TABLED`, or a CSV file with columns value, muscle, side and optionally name and level.

    Raises
    ------
    InvalidChoice
        If it is neither; the message lists the namings.
    TableInvalid
        If the table lacks columns, or a value is given twice, is no whole number from 1 on, or means no structure.
    """
    if str(name) in TABLED:
        rows = files(__package__).joinpath("naming", f"{name}.csv").read_text(encoding="utf-8").splitlines()
        return Naming(str(name), TABLED[str(name)], read_meanings(csv.DictReader(rows), source=f"naming {name}"))
    path = Path(name)
    if not path.is_file():
        raise InvalidChoice(
            f"Expected a naming or a CSV file, found {str(name)!r}.",
            hint=f"Namings: {', '.join(naming_names())}; or a CSV with columns {', '.join(_REQUIRED)}.",
        )
    return read_own_naming(path)


def read_own_naming(path: Path) -> Naming:
    """A naming from a user's CSV with columns value, muscle, side and optionally name and level."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise TableInvalid(
            f"Expected a text table in UTF-8, found other bytes, in {path}.",
            hint=f"Save it as CSV with columns {', '.join(_REQUIRED)}.",
        ) from None
    delimiter = ";" if text.partition("\n")[0].count(";") >= 2 else ","
    rows = csv.DictReader(text.splitlines(), delimiter=delimiter)
    missing = [name for name in _REQUIRED if name not in (rows.fieldnames or ())]
    if missing:
        raise TableInvalid(
            f"Expected columns {', '.join(_REQUIRED)}, found {', '.join(rows.fieldnames or ()) or 'none'}, in {path}.",
            hint="The first line names the columns; an empty muscle marks a structure that is not measured.",
        )
    return Naming(str(path), f"own naming {path.name}", read_meanings(rows, source=str(path)))


def read_meanings(rows: Iterable[Mapping[str, str | None]], *, source: str) -> Mapping[int, Meaning]:
    """Meanings from rows with value, muscle, side and optionally name and level; every wrong row is listed.

    Raises
    ------
    TableInvalid
        If any row is wrong or the table is empty.
    """
    meanings: dict[int, Meaning] = {}
    wrong = []
    for number, row in enumerate(rows, start=2):
        try:
            value, meaning = _read_row(row)
        except HipSpineError as error:
            wrong.append(f"line {number}: {error.message.removesuffix('.')}")
            continue
        if value in meanings:
            wrong.append(f"line {number}: value {value} is given twice")
        meanings[value] = meaning
    if wrong or not meanings:
        raise TableInvalid(
            f"Expected one meaning per label value, found {'; '.join(wrong) or 'no rows'}, in {source}.",
            hint="Muscles and sides are words of the vocabulary: `hipspine vocabulary export` lists them.",
        )
    return MappingProxyType(meanings)


def _read_row(row: Mapping[str, str | None]) -> tuple[int, Meaning]:
    cells = {name: (row.get(name) or "").strip() for name in (*_REQUIRED, "name", "level")}
    if not cells["value"].isascii() or not cells["value"].isdigit() or int(cells["value"]) == 0:
        raise TableInvalid(f"Expected a whole number from 1 on as value, found {cells['value']!r}.")
    value, muscle, side = int(cells["value"]), cells["muscle"], cells["side"].lower()
    if muscle:
        structure = find_structure(muscle, side)
        return value, Meaning(cells["name"] or structure.label, structure)
    if not cells["name"] and not side:
        raise UnknownLabel(f"Expected a muscle or at least a name for value {value}, found neither.")
    bone = find_bone(cells["level"], side) if cells["level"] else None
    return value, Meaning(cells["name"] or side, bone=bone)
