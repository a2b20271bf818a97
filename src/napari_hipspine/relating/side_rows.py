"""Numbers of one side of a person, such as hip strength: the rows that go with the muscles of that side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..domain.anatomy import Region
from ..domain.cells import is_missing
from ..domain.errors import InvalidChoice, TableInvalid
from .request import RelateRequest, SideRule

if TYPE_CHECKING:
    import pandas as pd

_SIDES = (SideRule.LEFT, SideRule.RIGHT)


def rows_of_side(
    people: pd.DataFrame, names: Sequence[str], request: RelateRequest, *, source: str = "the given table"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One row per subject for the side that is related, and which columns are of that side as a sentence.

    A table without a column ``side`` is returned as it is. A row without a side, or without a session, holds for
    all of them; where both are filled, the cell of the side and of the session goes first.

    Parameters
    ----------
    people
        subject_id, side, session where it changes between visits, and one column per number.
    names
        The columns asked for.
    request
        Which side and session is related.

    Raises
    ------
    InvalidChoice
        If both sides are related together and a column differs between them, or the session is not settled.
    TableInvalid
        If a side is neither left nor right, or a subject has two rows of one side and session.
    """
    if not {"subject_id", "side"} <= set(people.columns):
        return people, ()
    rows = _rows_by_place(people, source)
    session = _session(rows, request, source)
    sides = {side: _one_row_each(rows, side, session) for side in _SIDES}
    left, right = sides.values()
    sided = [name for name in names if any(_cell(left[who], name) != _cell(right[who], name) for who in left)]
    if request.side is SideRule.BOTH:
        if sided:
            raise InvalidChoice(
                f"Expected numbers of the person to relate both sides together, found {', '.join(sided)} of each side, "
                f"in {source}.",
                hint="Relate left or right alone by --side; its numbers go with the muscles of that side.",
            )
        return _as_table(left, people), ()
    chosen = _as_table(sides[request.side], people)
    return chosen, (f"Of the {request.side} side, as the muscles are: {', '.join(sided)}.",) if sided else ()


def numbers_of_sides(
    side_covariates: pd.DataFrame, *, besides: str, source: str = "the given table"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The numbers of each side laid out as measurements of no level and no muscle, and the names of their columns.

    Parameters
    ----------
    side_covariates
        subject_id, side, session where it changes between visits, and columns of words, marks and numbers.
    besides
        The column that marks a side, which is no number.

    Raises
    ------
    TableInvalid
        If a column holds numbers and words, or an infinite number.
    """
    import pandas as pd

    sessions = side_covariates["session"] if "session" in side_covariates.columns else [""] * len(side_covariates)
    found: dict[str, list[float | None]] = {}
    for name in side_covariates.columns:
        if name not in ("subject_id", "side", "session", besides):
            cells = [
                None if is_missing(side) else cell
                for side, cell in zip(side_covariates["side"], side_covariates[name], strict=True)
            ]
            numbers = _numbers(cells, str(name), source)
            if not {number for number in numbers if number is not None} <= {0.0, 1.0}:
                found[str(name)] = numbers
    sessions = [_word(cell) for cell in sessions]
    who = {
        "subject_id": side_covariates["subject_id"].astype(str),
        "session": sessions,
        "side": side_covariates["side"],
    }
    frame = pd.DataFrame({**who, "level": "", "muscle": "", "reason": "", **found})
    return frame[[not is_missing(side) for side in frame["side"]]], tuple(found)


def _numbers(cells: list[Any], name: str, source: str) -> list[float | None]:
    """Numbers of a column with None for gaps; nothing but gaps for a column of words."""
    read = [None if is_missing(cell) else _cell({name: cell}, name) for cell in cells]
    words = [number for number, cell in enumerate(read, start=2) if isinstance(cell, str)]
    if words and len(words) == sum(cell is not None for cell in read):
        return [None] * len(cells)
    wrong = words or [n for n, cell in enumerate(read, start=2) if cell is not None and not math.isfinite(cell)]
    if wrong:
        raise TableInvalid(
            f"Expected numbers alone or words alone in {name}, found {cells[wrong[0] - 2]!r} in row {wrong[0]} "
            f"of {source}.",
            hint="Write the number without its unit and leave the cell empty where there is none.",
        )
    return read


def _rows_by_place(people: pd.DataFrame, source: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Rows by subject, side and session; an empty side or session holds for all."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for number, record in enumerate(people.to_dict("records"), start=2):
        row = {str(name): cell for name, cell in record.items()}
        place = (_word(row["subject_id"]), _word(row["side"]), _word(row.get("session")))
        if place[1] not in ("", *_SIDES):
            raise TableInvalid(
                f"Expected the side left, right or empty, found {place[1]!r}, in row {number} of {source}.",
                hint="Side says which side the row is of; name a column that means another thing otherwise.",
            )
        if place in found:
            raise TableInvalid(
                f"Expected one row per subject_id, side and session, found two for {' '.join(filter(None, place))}, "
                f"in {source}.",
                hint="Keep one row of each; a side that changes between visits needs a column session.",
            )
        found[place] = row
    return found


def _session(rows: dict[tuple[str, str, str], dict[str, Any]], request: RelateRequest, source: str) -> str:
    """The session whose rows are read; empty where no row has one."""
    found = sorted({session for _, _, session in rows if session})
    wanted = {request.session_of(region) for region in (Region.LUMBAR, Region.HIP)} - {None}
    if not found or (len(found) == 1 and not wanted):
        return found[0] if found else ""
    if len(wanted) != 1:
        raise InvalidChoice(
            f"Expected one session of the numbers of each side, found {', '.join(found)}, in {source}.",
            hint="Choose with --session, or leave the column session out.",
        )
    return str(wanted.pop())


def _one_row_each(
    rows: dict[tuple[str, str, str], dict[str, Any]], side: str, session: str
) -> dict[str, dict[str, Any]]:
    """The row of each subject on one side, gaps filled from rows that hold for all sides or sessions."""
    places = list(dict.fromkeys([(side, session), (side, ""), ("", session), ("", "")]))
    people = dict.fromkeys(who for who, _, _ in rows)
    filled: dict[str, dict[str, Any]] = {}
    for who in people:
        filled[who] = {}
        for place in reversed(places):
            row = rows.get((who, *place), {})
            filled[who] |= {name: cell for name, cell in row.items() if not is_missing(cell)}
        filled[who]["subject_id"] = who
    return filled


def _as_table(rows: dict[str, dict[str, Any]], like: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows.values()), columns=like.columns)


def _cell(row: dict[str, Any], name: str) -> Any:
    """A cell as it compares: numbers by value, None where it is empty."""
    cell = row.get(name)
    try:
        return float(str(cell))
    except ValueError:
        return cell


def _word(cell: Any) -> str:
    return "" if is_missing(cell) else str(cell)
