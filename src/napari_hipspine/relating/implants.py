"""Which measurements implants and fusions touch, and how those leave the tables with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.anatomy import find_muscle
from ..domain.cells import Kind
from ..domain.errors import TableInvalid
from ..domain.implants import Implant
from ..domain.tables import MEASUREMENTS, SEPARATOR, SLICES, Table, join_words

if TYPE_CHECKING:
    import pandas as pd

KEPT = ("position_mm", "threshold")
"""Numbers that say where and how something was measured, not how much muscle there is."""


def leave_out_implants(
    rows: pd.DataFrame, implants: Sequence[Implant], *, table: Table = MEASUREMENTS, source: str = "the given table"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with every number an implant touches emptied for its kind as the reason, and sentences on it.

    Rows of both sides are emptied when either side is touched. An implant that the user keeps flags its rows instead.
    Implants with slices touch rows of a slice table only.

    Parameters
    ----------
    rows
        A measurement or slice table.
    table
        Which of the two.

    Raises
    ------
    TableInvalid
        If an implant names slices and the table has none: its rows must be measured anew.
    """
    checked = table.check(rows, source=source)
    numbers = [c.name for c in table.columns if c.kind in (Kind.NUMBER, Kind.TRUTH) and c.name not in KEPT]
    people = set(checked["subject_id"])
    strangers = sorted({one.subject_id for one in implants} - people)
    implants = [one for one in implants if one.subject_id in people]
    if table is not SLICES and any(one.slices for one in implants):
        raise TableInvalid(
            f"Expected a slice table for implants that touch some slices, found {table.name}, in {source}.",
            hint="Measure with --implants, which leaves the slices out of every window, or name the level instead.",
        )
    out = checked.copy()
    emptied, flagged = np.zeros(len(checked), dtype=bool), np.zeros(len(checked), dtype=bool)
    for implant in implants:
        touched = _touched(checked, implant)
        column = "flags" if implant.is_kept else "reason"
        out.loc[touched, column] = [
            join_words([*cell.split(SEPARATOR), implant.kind]) for cell in out.loc[touched, column]
        ]
        emptied |= touched & (not implant.is_kept)
        flagged |= touched & implant.is_kept
    out.loc[emptied, numbers] = None
    notes = [f"Implants: no rows of {', '.join(strangers)}; are they called otherwise there?"] if strangers else []
    if emptied.any():
        n = checked.loc[emptied, "subject_id"].nunique()
        notes.append(f"Implants: {int(emptied.sum())} rows of {n} subjects were left out.")
    if (flagged & ~emptied).any():
        notes.append(f"Implants: {int((flagged & ~emptied).sum())} rows were kept on demand.")
    return out, tuple(notes)


def _touched(rows: pd.DataFrame, implant: Implant) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows an implant touches."""
    touched = rows["subject_id"] == implant.subject_id
    if implant.session:
        touched &= rows["session"] == implant.session
    of_muscle = [
        implant.touches(find_muscle(muscle), side) for muscle, side in zip(rows["muscle"], rows["side"], strict=True)
    ]
    touched &= np.array(of_muscle, dtype=bool)
    if implant.levels:
        wanted = set(implant.levels)
        touched &= rows["level"].map(lambda cell: bool(wanted & set(cell.split(SEPARATOR))))
    if implant.slices is not None:
        touched &= rows["slice_index"].between(*implant.slices)
    return touched.to_numpy(dtype=bool)
