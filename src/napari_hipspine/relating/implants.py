"""Implants and fusions: which measurements they touch, and how those leave the tables with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.anatomy import Region, find_level, find_muscle
from ..domain.cells import Kind, is_missing
from ..domain.errors import TableInvalid
from ..domain.tables import BOTH_SIDES, MEASUREMENTS, SEPARATOR, SLICES, Table, join_words
from .diagnostics import read_yes_no

if TYPE_CHECKING:
    import pandas as pd

IMPLANT = "implant"
"""Reason of an emptied row, and flag of one that was kept on demand."""

KEPT = ("position_mm", "threshold")
"""Numbers that say where and how something was measured, not how much muscle there is."""


@dataclass(frozen=True)
class Implant:
    """One implant or fusion.

    Attributes
    ----------
    subject_id
        Whose.
    region
        ``lumbar`` or ``hip``.
    side
        ``left``, ``right`` or ``both``.
    levels
        Levels it touches; none means all of its region.
    slices
        First and last slice index it touches; None means all.
    is_kept
        Whether the user wants the measurements all the same.
    """

    subject_id: str
    region: str
    side: str = BOTH_SIDES
    levels: tuple[str, ...] = ()
    slices: tuple[int, int] | None = None
    is_kept: bool = False


def read_implants(table: pd.DataFrame, *, source: str = "the given table") -> list[Implant]:
    """Implants of a table with subject_id and region, optionally side, level, slice_first, slice_last, keep.

    Raises
    ------
    TableInvalid
        If a region or side is none, or one of two slices is missing.
    UnknownLabel
        If a level is unknown.
    """
    absent = [name for name in ("subject_id", "region") if name not in table.columns]
    if absent:
        raise TableInvalid(
            f"Expected subject_id and region, missing {', '.join(absent)}, in {source}.",
            hint="One row per implant or fusion: region lumbar or hip.",
        )
    found = []
    for record in table.to_dict("records"):
        row = {str(name): cell for name, cell in record.items() if not is_missing(cell)}
        region, side = str(row.get("region", "")), str(row.get("side", BOTH_SIDES))
        if region not in (Region.LUMBAR, Region.HIP) or side not in ("left", "right", BOTH_SIDES):
            raise TableInvalid(
                f"Expected region lumbar or hip and side left, right or both, found {region or 'none'} and {side}, "
                f"in {source}."
            )
        found.append(
            Implant(
                subject_id=str(row["subject_id"]),
                region=region,
                side=side,
                levels=tuple(find_level(word).id for word in str(row.get("level", "")).split(SEPARATOR) if word),
                slices=_slices(row, source),
                is_kept=read_yes_no(row.get("keep", "no")),
            )
        )
    return found


def leave_out_implants(
    rows: pd.DataFrame, implants: list[Implant], *, table: Table = MEASUREMENTS, source: str = "the given table"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with every number an implant touches emptied for the reason ``implant``, and sentences on it.

    Rows of both sides are emptied when either side is touched. An implant that the user keeps flags its rows instead.
    Implants with slices touch rows of a slice table; in a measurement table, which holds no slices, they touch
    nothing, since its rows must be measured anew.

    Parameters
    ----------
    rows
        A measurement or slice table.
    table
        Which of the two.

    Raises
    ------
    TableInvalid
        If an implant names slices and the table has none.
    """
    checked = table.check(rows, source=source)
    numbers = [c.name for c in table.columns if c.kind in (Kind.NUMBER, Kind.TRUTH) and c.name not in KEPT]
    if table is not SLICES and any(one.slices for one in implants):
        raise TableInvalid(
            f"Expected a slice table for implants that touch some slices, found {table.name}, in {source}.",
            hint="Leave the slices out of the window when measuring, or name the level instead.",
        )
    emptied, flagged = np.zeros(len(checked), dtype=bool), np.zeros(len(checked), dtype=bool)
    regions = checked["muscle"].map(lambda muscle: find_muscle(muscle).region)
    for implant in implants:
        touched = _touched(checked, regions, implant)
        if implant.is_kept:
            flagged |= touched
        else:
            emptied |= touched
    out = checked.copy()
    out.loc[emptied, numbers] = None
    for column, chosen in (("reason", emptied), ("flags", flagged & ~emptied)):
        out.loc[chosen, column] = [join_words([*cell.split(SEPARATOR), IMPLANT]) for cell in out.loc[chosen, column]]
    notes = []
    if emptied.any():
        n = checked.loc[emptied, "subject_id"].nunique()
        notes.append(f"Implants: {int(emptied.sum())} rows of {n} subjects were left out.")
    if (flagged & ~emptied).any():
        notes.append(f"Implants: {int((flagged & ~emptied).sum())} rows were kept on demand.")
    return out, tuple(notes)


def _touched(rows: pd.DataFrame, regions: pd.Series[str], implant: Implant) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows an implant touches."""
    touched = (rows["subject_id"] == implant.subject_id) & (regions == implant.region)
    if implant.side != BOTH_SIDES:
        touched &= rows["side"].isin([implant.side, BOTH_SIDES])
    if implant.levels:
        wanted = set(implant.levels)
        touched &= rows["level"].map(lambda cell: bool(wanted & set(cell.split(SEPARATOR))))
    if implant.slices is not None:
        touched &= rows["slice_index"].between(*implant.slices)
    return touched.to_numpy(dtype=bool)


def _slices(row: dict[str, Any], source: str) -> tuple[int, int] | None:
    given = [row[name] for name in ("slice_first", "slice_last") if name in row]
    if not given:
        return None
    try:
        first, last = (int(float(cell)) for cell in given)
    except ValueError:
        raise TableInvalid(f"Expected slice_first and slice_last together, found {given}, in {source}.") from None
    if first > last:
        raise TableInvalid(f"Expected slice_first up to slice_last, found {first} and {last}, in {source}.")
    return first, last
