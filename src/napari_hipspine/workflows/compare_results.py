"""Two measured results on one table: folders or tables as they were written, or tables in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import InvalidChoice, TableInvalid
from ..domain.provenance import Provenance, fingerprints
from ..relating.side_by_side import SIDE_BY_SIDE, set_side_by_side
from ..writing.tables import as_json, columns_as_json, table_as_csv
from .read_tables import read_table

if TYPE_CHECKING:
    import pandas as pd

MEASUREMENTS_FILE = "measurements.csv"
WHO = ("subject_id", "session", "series", "reader_id")
"""Columns by which rows of a table with several people, time points or readers are chosen."""


@dataclass(frozen=True)
class OneResult:
    """One of two results that are compared.

    Parameters
    ----------
    name : str
        Who and when, in words.
    measurements : pandas.DataFrame
        Its measurement table; an additional column ``contrast`` is heeded.
    path : Path, optional
        The file it was read from.
    """

    name: str
    measurements: pd.DataFrame
    path: Path | None = None


@dataclass(frozen=True)
class Comparison:
    """Two results beside each other.

    Parameters
    ----------
    table : pandas.DataFrame
        As `SIDE_BY_SIDE`.
    names : tuple of str
        What A and B are.
    provenance : Provenance
        Files, choices and versions.
    """

    table: pd.DataFrame
    names: tuple[str, str]
    provenance: Provenance


def read_result(path: str | Path, *, only: Mapping[str, str] | None = None) -> OneResult:
    """One result from a folder of results or a measurement table.

    Parameters
    ----------
    path : path
        A folder with measurements.csv, or such a table.
    only : mapping of str to str, optional
        Rows that are meant, by columns of `WHO`, where the table holds several people, time points or readers.

    Raises
    ------
    InvalidChoice
        If rows are chosen by another column, or none is left.
    TableInvalid
        If there is no such table.
    """
    place = Path(path)
    file = place / MEASUREMENTS_FILE if place.is_dir() else place
    table = read_table(file, what="a folder of results or a measurement table")
    for column, word in (only or {}).items():
        if column not in WHO:
            raise InvalidChoice(f"Expected rows chosen by {', '.join(WHO)}, found {column!r}.")
        there = sorted(set(table[column])) if column in table.columns else []
        if word not in there:
            raise InvalidChoice(
                f"Expected {column} {word!r} in the table, found none, in {file}.",
                hint=f"There are: {', '.join(one or '(none)' for one in there[:12]) or 'no such column'}.",
            )
        table = table[table[column] == word]
    if "subject_id" not in table.columns:
        raise TableInvalid(f"Expected a measurement table with subject_id, found none, in {file}.")
    return OneResult(name_of(table) or file.stem, table.reset_index(drop=True), file)


def name_of(measurements: pd.DataFrame) -> str:
    """Who and when, as far as it is the same in all rows."""
    words = (set(measurements[column]) for column in ("subject_id", "session", "reader_id") if column in measurements)
    return " · ".join(str(word) for found in words if len(found) == 1 for word in found if word)


def compare_results(first: OneResult, second: OneResult) -> Comparison:
    """Both results row by row, matched by level, muscle and side.

    Raises
    ------
    TableInvalid
        If a result holds several rows for one level, muscle and side.
    """
    names = (f"A ({first.name})", f"B ({second.name})")
    table = set_side_by_side(first.measurements, second.measurements, sources=names)
    paths = [one.path for one in (first, second) if one.path is not None]
    provenance = Provenance("compare", {"a": first.name, "b": second.name}, fingerprints(dict.fromkeys(paths)))
    return Comparison(table, (first.name, second.name), provenance)


def comparison_files(comparison: Comparison) -> dict[str, str]:
    """The table, what its columns mean and what it rests on, by file name."""
    return {
        f"{SIDE_BY_SIDE.name}.csv": table_as_csv(comparison.table),
        "columns.json": columns_as_json(SIDE_BY_SIDE),
        "run.json": as_json(comparison.provenance.as_dict()),
    }
