"""Two results beside each other: two subjects, or one subject at two time points, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.anatomy import muscle_order
from ..domain.cells import is_missing
from ..domain.errors import TableInvalid
from ..domain.tables import MEASUREMENTS, Table, join_words, read_columns
from .comparability import NOT_STATED, describe_contrast
from .request import MEASURES, Measure
from .time_points import OTHER_CONTRAST, ZERO_DIVISOR

if TYPE_CHECKING:
    import pandas as pd

_WHERE = ("level", "slice_position", "muscle", "side")
_SIDES = ("left", "right", "both")

SIDE_BY_SIDE = Table(
    name="comparison",
    columns=read_columns(
        """
level | t | | anatomical level; all = every labelled slice, because no level was marked
slice_position | t | | where on the level the slice lies
muscle | t | | muscle, from the vocabulary
side | t | | left, right (the patient's) or both
measure | t | | column of the measurement tables that is compared
unit | t | | unit of value_a, value_b and difference
value_a | n | | value of A
value_b | n | | value of B
difference | n | | value of B less that of A, in the same unit
difference_share | n | 1 | difference / value of A; areas and volumes only
slices_a | i | 1 | slices the value of A was read on
slices_b | i | 1 | slices the value of B was read on
reason_a | t | | why A has no value, from the vocabulary
reason_b | t | | why B has no value, from the vocabulary
reason | t | | why difference or difference_share is empty where both have a value, from the vocabulary
"""
    ),
    key=(*_WHERE, "measure"),
    required=(*_WHERE[:1], "muscle", "side", "measure"),
)


def set_side_by_side(
    first: pd.DataFrame, second: pd.DataFrame, *, sources: tuple[str, str] = ("A", "B")
) -> pd.DataFrame:
    """Every measure of two measurement tables, as `SIDE_BY_SIDE`; rows are matched by level, muscle and side.

    Parameters
    ----------
    first, second : pandas.DataFrame
        Measurements of one person at one time point by one reader each; the contrast may stand in an additional
        column ``contrast``.
    sources : tuple of str
        Where they come from, for messages.

    Raises
    ------
    TableInvalid
        If a table does not have the columns, or has several rows for one level, muscle and side.
    """
    tables = tuple(_by_place(one, source) for one, source in zip((first, second), sources, strict=True))
    places = sorted({place for table in tables for place in table}, key=_order)
    used = [m for m in MEASURES if any(_has(row, m) for table in tables for row in table.values())]
    rows = []
    for place in places:
        pair = tuple(table.get(place) for table in tables)
        where = dict(zip(_WHERE, place, strict=True))
        rows += [where | _compared(pair, m) for m in used]
    return SIDE_BY_SIDE.frame(rows)


Place = tuple[str, ...]
Row = dict[str, Any]


def _by_place(frame: pd.DataFrame, source: str) -> dict[Place, Row]:
    table = MEASUREMENTS.check(frame, source=source)
    table = table.assign(_told=describe_contrast(table))
    found: dict[Place, Row] = {}
    for row in table.to_dict("records"):
        place = tuple("" if is_missing(row[name]) else str(row[name]) for name in _WHERE)
        if place in found:
            differing = [n for n in ("subject_id", "session", "series", "reader_id") if row[n] != found[place][n]]
            values = "; ".join(f"{n} {found[place][n] or '(none)'} and {row[n] or '(none)'}" for n in differing)
            raise TableInvalid(
                f"Expected one row for {' '.join(filter(None, place))}, found several: {values}, in {source}.",
                hint="Say which one is meant, e.g. session=1; one person at one time point by one reader is compared.",
            )
        found[place] = {str(name): cell for name, cell in row.items()}
    return found


def _is_other_contrast(first: Row, second: Row) -> bool:
    """Whether fat was told from another contrast; what is not stated is not another one."""
    one, other = (str(row["_told"]).split(", ") for row in (first, second))
    kinds = {one[-1], other[-1]} - {NOT_STATED}
    stated = {parts[0] for parts in (one, other) if len(parts) > 1} - {NOT_STATED}
    return len(kinds) > 1 or len(stated) > 1


def _order(place: Place) -> tuple[Any, ...]:
    level, position, muscle, side = place
    return (level, position, muscle_order(muscle), _SIDES.index(side) if side in _SIDES else len(_SIDES))


def _has(row: Row, measure: Measure) -> bool:
    return not is_missing(row[measure.column])


def _compared(pair: tuple[Row | None, ...], measure: Measure) -> Row:
    unit = next(column.unit for column in MEASUREMENTS.columns if column.name == measure.column)
    found: Row = {"measure": measure.column, "unit": unit}
    values = []
    for row, name in zip(pair, ("a", "b"), strict=True):
        value = None if row is None or not _has(row, measure) else float(row[measure.column])
        values.append(value)
        found[f"value_{name}"] = value
        found[f"slices_{name}"] = None if row is None else row["n_slices"]
        found[f"reason_{name}"] = _reason(row) if value is None else ""
    (a, b), (first, second) = values, pair
    if a is None or b is None or first is None or second is None:
        return found
    if measure.needs_one_contrast and _is_other_contrast(first, second):
        return found | {"reason": OTHER_CONTRAST}
    found["difference"] = b - a
    if measure.is_fraction:
        return found
    return found | ({"difference_share": (b - a) / a} if a else {"reason": ZERO_DIVISOR})


def _reason(row: Row | None) -> str:
    """Why there is no value: as its own row says, or because there is no row."""
    if row is None:
        return "not_measured"
    said = "" if is_missing(row["reason"]) else str(row["reason"])
    return join_words([said]) or "not_applicable"
