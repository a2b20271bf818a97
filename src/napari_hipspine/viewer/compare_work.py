"""Two results beside each other in the window: what can be chosen, rows as shown, slices that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.cells import is_missing
from ..domain.headings import PER_CENT, heading_of
from ..domain.subject import Progress
from ..domain.tables import MEASUREMENTS, join_words
from ..domain.volume import Contrast
from ..workflows.compare_results import WHO, Comparison, OneResult, comparison_files, name_of, read_result
from ..writing.tables import write_whole
from .result_columns import MISSING, ShownColumn, cell_text, reasons_of_row, shown_column
from .series_work import SeriesWork

if TYPE_CHECKING:
    import pandas as pd

MIDDLE = "middle"
"""In place of a level: the middle of the labelled slices, which every measured series has."""

_MOST_OFFERED = 500
_UNITS = {column.name: column.unit for column in MEASUREMENTS.columns}
_POINTS = "percentage points"


@dataclass(frozen=True, eq=False)
class OneSide:
    """What can be chosen as A or as B.

    Parameters
    ----------
    words : str
        As it is offered.
    result : OneResult
        Its measurements.
    work : SeriesWork, optional
        The open series they are of, for pictures.
    """

    words: str
    result: OneResult
    work: SeriesWork | None = None


def side_of_series(work: SeriesWork) -> OneSide | None:
    """An open series, once it is measured."""
    if work.measured is None:
        return None
    contrast = work.volume.contrast
    said = "" if contrast is Contrast.UNKNOWN else contrast.value
    measurements = work.measured.result.measurements.assign(contrast=said)
    return OneSide(work.name, OneResult(name_of(measurements) or work.name, measurements), work)


def sides_of_file(path: str | Path, progress: Progress) -> tuple[OneSide, ...]:
    """What a folder of results or a measurement table holds: one choice per person, time point and reader.

    Raises
    ------
    TableInvalid
        If there is no such table.
    """
    progress(0, 0, "reading the table")
    whole = read_result(path)
    table = whole.measurements
    who = [column for column in WHO if column in table.columns and column != "series"]
    people = table[who].drop_duplicates().to_dict("records")[:_MOST_OFFERED]
    if len(people) == 1:
        return (OneSide(f"{whole.name}, {_place(whole)}", whole),)
    found = []
    for done, one in enumerate(people):
        progress(done, len(people), "reading the table")
        rows = table[(table[who] == [one[column] for column in who]).all(axis=1)].reset_index(drop=True)
        name = name_of(rows)
        found.append(OneSide(f"{name}, {_place(whole)}", OneResult(name, rows, whole.path)))
    return tuple(found)


def write_comparison(comparison: Comparison, folder: str | Path, progress: Progress) -> tuple[Path, ...]:
    """The comparison as files, as the command line writes them."""
    return write_whole(folder, comparison_files(comparison), progress=progress)


def measures_of(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Measures that are compared, each with its heading."""
    names = dict.fromkeys(comparison.table["measure"].tolist())
    return tuple((heading_of(name, _UNITS[name]), name) for name in names)


def shown_comparison(comparison: Comparison, measure: str) -> tuple[pd.DataFrame, list[ShownColumn]]:
    """Rows of one measure and their columns; both values, and the difference B − A."""
    rows = comparison.table[comparison.table["measure"] == measure].reset_index(drop=True)
    heading = heading_of(measure, _UNITS[measure])
    title, _, unit = heading.partition(" [")
    unit = unit.rstrip("]")
    reasons = [_reasons(row) for row in _dicts(rows)]
    rows = rows.assign(why=rows["reason"], reason=[join_words(words) for words in reasons])
    columns = [shown_column(rows[name].tolist(), name, name.capitalize(), "") for name in ("level", "muscle", "side")]
    for name in ("a", "b"):
        columns.append(
            _number(rows, f"value_{name}", measure, f"{name.upper()} [{unit}]", f"{title} of {name.upper()}")
        )
    of_difference = _POINTS if measure in PER_CENT else unit
    columns.append(_number(rows, "difference", measure, f"B − A [{of_difference}]", "Positive where B is larger"))
    if measure not in PER_CENT:
        columns.append(_number(rows, "difference_share", "fi", "B − A [% of A]", "Difference as a share of A"))
    if any(reasons):
        columns.append(shown_column([_why(row) for row in _dicts(rows)], "why", "Why empty", "Of A, of B, or of B − A"))
    return rows, columns


def levels_beside(works: tuple[SeriesWork | None, ...]) -> tuple[str, ...]:
    """Levels that are marked on all series, then the middle of what was labelled, which all have."""
    marked = [set(_levels(work)) for work in works if work is not None]
    shared = set.intersection(*marked) if marked else set()
    first = next((work for work in works if work is not None), None)
    return (*(level for level in (_levels(first) if first else {}) if level in shared), MIDDLE)


def slice_beside(work: SeriesWork, level: str, offset_mm: float) -> int | None:
    """Slice of a series so far above a level, towards the head; None where the series does not reach.

    Parameters
    ----------
    work : SeriesWork
        Measured.
    level : str
        One of `levels_beside`.
    offset_mm : float
        Along the slice normal [mm].
    """
    grid = work.volume.grid
    start = _middle_mm(work) if level == MIDDLE else _levels(work).get(level)
    if start is None:
        return None
    index = grid.nearest_slice(start + offset_mm)
    is_there = abs(grid.slice_position_mm(index) - start - offset_mm) <= grid.spacing_mm[0] * 0.51
    return index if is_there else None


def _levels(work: SeriesWork) -> Mapping[str, float]:
    """Positions of marked levels along the slice normal [mm], those of all muscles before those of one."""
    placements = sorted(work.level_plan.placements, key=lambda placed: placed.muscle is not None)
    found: dict[str, float] = {}
    for placed in placements:
        found.setdefault(placed.level.id, placed.position_mm)
    return found


def _middle_mm(work: SeriesWork) -> float | None:
    if work.measured is None:
        return None
    positions = work.measured.result.slices["position_mm"]
    return float((positions.min() + positions.max()) / 2)


def _place(result: OneResult) -> str:
    return result.path.parent.name if result.path is not None else ""


def _dicts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in rows.to_dict("records")]


def _reasons(row: Mapping[str, Any]) -> list[str]:
    return [str(row[name]) for name in ("reason_a", "reason_b", "reason") if not is_missing(row[name])]


def _why(row: Mapping[str, Any]) -> str:
    """Why cells of a row are empty, in words, each after what it is said of."""
    names = {"reason_a": "A", "reason_b": "B", "why": "B − A"}
    said = {shown: reasons_of_row({"reason": row[name]}) for name, shown in names.items() if not is_missing(row[name])}
    return "; ".join(f"{shown}: {words}" for shown, words in said.items())


def _number(rows: pd.DataFrame, name: str, like: str, heading: str, meaning: str) -> ShownColumn:
    made = shown_column(rows[name].tolist(), name, heading, meaning)
    plus = "+" if name.startswith("difference") else ""
    texts = [MISSING if is_missing(cell) else _text(like, float(cell), plus=plus) for cell in rows[name].tolist()]
    return ShownColumn(name, heading, meaning, made.values, texts, is_number=True)


def _text(like: str, value: float, *, plus: str) -> str:
    words = cell_text(like, abs(value))
    is_zero = not any(letter in "123456789" for letter in words)
    sign = "" if is_zero else "−" if value < 0 else plus
    return f"{sign}{words}"
